"""Pages of the kernel: histories, the rulebook, deliveries that failed, and webhooks."""

import dataclasses
from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from awayteam.kernel import events, outbox, paging, rulebook, subjects, webhooks
from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.kernel.events import EventName
from awayteam.kernel.models import OutboxMessage, OutboxState, Webhook
from awayteam.kernel.pages import PageForm, back, done, render
from awayteam.kernel.permissions import administrators_only
from awayteam.kernel.requests import Request
from awayteam.kernel.rulebook.build import sections

PAGE = 50
MESSAGES = 100


@require_safe
def history(request: Request, kind: str, id: int) -> HttpResponse:
    """The history of anything that has no page with a history of its own."""
    address = subjects.seen(request, kind, {id})
    page = events.history(kind, id, before=request.GET.get("cursor") or None, limit=PAGE)
    if id not in address or not page.items:
        raise NotFound(f"There is no history of {kind} {id}.", "Look through everything that happened instead.")
    context = {"events": page, "kind": kind, "label": page.items[0].subject_label, "address": address[id]}
    return render(request, "kernel/history.html", context)


@require_safe
def rules(request: Request) -> HttpResponse:
    """The rulebook in force: every key with its value, its documentation, and where it was overridden."""
    book, shipped = rulebook.current(), rulebook.values(rulebook.defaults())
    parts = [
        {
            "name": section.name,
            "doc": (section.type.__doc__ or "").split("\n\n")[0],
            "keys": [_key(book, shipped, section.name, key) for key in dataclasses.fields(section.type)],
        }
        for section in sections()
    ]
    context = {"book": book, "sections": parts, "problem": rulebook.problem()}
    return render(request, "kernel/rulebook.html", context)


def _key(book: rulebook.Rulebook, shipped: dict[str, Any], section: str, key: dataclasses.Field[Any]) -> dict[str, Any]:
    name = f"{section}.{key.name}"
    return {
        "name": name,
        "value": getattr(getattr(book, section), key.name),
        "shipped": shipped[name],
        "overridden": name in book.overridden,
        "doc": key.metadata["doc"],
    }


@require_safe
def deliveries(request: Request) -> HttpResponse:
    """Messages that were given up, or that still try; for administrators."""
    administrators_only(request.actor, "see deliveries").require()
    state = request.GET.get("state", OutboxState.DEAD.value)
    if state not in OutboxState.values:
        raise InvalidInput(f"There is no state {state[:40]!r}.", f"Choose from {', '.join(OutboxState.values)}.")
    rows = OutboxMessage.objects.filter(state=state).select_related("webhook").order_by("-pk")
    before = request.GET.get("cursor", "")
    if before:
        rows = rows.filter(pk__lt=paging.decode_cursor(before, int)[0])
    page = paging.page_of(list(rows[: MESSAGES + 1]), MESSAGES, lambda row: (row.pk,))
    counts = {one: OutboxMessage.objects.filter(state=one).count() for one in OutboxState.values}
    tabs = [
        (one, one.capitalize(), f"{reverse('deliveries')}?state={one}", counts[one])
        for one in ("dead", "waiting", "delivered")
    ]
    return render(request, "kernel/deliveries.html", {"page": page, "state": state, "tabs": tabs})


@require_POST
def retry(request: Request, id: int) -> HttpResponseBase:
    message = OutboxMessage.objects.filter(pk=id).first()
    if message is None:
        raise NotFound("There is no such message.")
    outbox.retry(message, actor=request.actor, now=timezone.now(), reason=request.POST.get("reason", "")[:2000])
    return done(request, "The message is tried again.", back(request, reverse("deliveries")))


class WebhookForm(PageForm):
    name = forms.CharField(max_length=100)
    url = forms.CharField(
        max_length=2000, label="Address", widget=forms.URLInput, help_text="Gets a signed POST for each event."
    )
    wanted = forms.MultipleChoiceField(
        required=False,
        label="Events",
        choices=[(thing, thing) for thing in sorted({name.split(".")[0] for name in EventName})],
        widget=forms.CheckboxSelectMultiple,
        help_text="None chosen means all.",
    )
    active = forms.BooleanField(required=False, initial=True)


@require_safe
def hooks(request: Request) -> HttpResponse:
    administrators_only(request.actor, "see webhooks").require()
    rows = list(Webhook.objects.order_by("name"))
    return render(request, "kernel/webhooks.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
def hook_new(request: Request) -> HttpResponseBase:
    administrators_only(request.actor, "enter webhooks").require()
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        made = form.attempt(
            lambda: webhooks.create(
                name=given["name"], url=given["url"], wanted=given["wanted"], actor=request.actor, now=timezone.now()
            )
        )
        if made:
            return render(request, "kernel/webhook_secret.html", {"hook": made.webhook, "secret": made.secret})
    return render(
        request, "kernel/webhook_form.html", {"form": form, "hook": None}, status=422 if form.is_bound else 200
    )


def _hook(id: int) -> Webhook:
    hook = Webhook.objects.filter(pk=id).first()
    if hook is None:
        raise NotFound("There is no such webhook.")
    return hook


@require_http_methods(["GET", "HEAD", "POST"])
def hook_edit(request: Request, id: int) -> HttpResponseBase:
    administrators_only(request.actor, "change webhooks").require()
    hook = _hook(id)
    present = {"name": hook.name, "url": hook.url, "wanted": hook.events, "active": hook.active}
    form = WebhookForm(request.POST or None, initial=present)
    if request.method == "POST" and form.is_valid():
        given, now = form.cleaned_data, timezone.now()
        if form.attempt(lambda: webhooks.update(hook, actor=request.actor, now=now, **given)):
            return done(request, f"The webhook {hook.name} is changed.", reverse("webhooks"))
    return render(
        request, "kernel/webhook_form.html", {"form": form, "hook": hook}, status=422 if form.is_bound else 200
    )


@require_POST
def hook_rotate(request: Request, id: int) -> HttpResponseBase:
    made = webhooks.rotate_secret(_hook(id), actor=request.actor, now=timezone.now())
    return render(request, "kernel/webhook_secret.html", {"hook": made.webhook, "secret": made.secret})


@require_POST
def hook_remove(request: Request, id: int) -> HttpResponseBase:
    hook = _hook(id)
    webhooks.remove(hook, actor=request.actor, now=timezone.now(), reason=request.POST.get("reason", "")[:2000])
    return done(request, f"The webhook {hook.name} is removed.", reverse("webhooks"))
