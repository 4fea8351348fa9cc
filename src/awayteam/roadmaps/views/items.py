"""The page of one item, and what can be done with it."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from awayteam.discussions import queries as discussions
from awayteam.kernel import markdown
from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.kernel.pages import back, done, render
from awayteam.kernel.requests import Request
from awayteam.roadmaps import actions, queries
from awayteam.roadmaps.actions.base import subject
from awayteam.roadmaps.choices import ItemKind, ItemState, pairs
from awayteam.roadmaps.models import Item
from awayteam.roadmaps.views.roadmaps import effect
from awayteam.roadmaps.views.shared import (
    EffortForm,
    GoalChoice,
    decimal_of,
    goals_for,
    number,
    page_of_team,
    whole,
)

CLOSED = {ItemState.DONE, ItemState.DROPPED}


@require_safe
def item(request: Request, id: int) -> HttpResponse:
    """One item: where it stands in the plan, what it waits for, its story and discussion."""
    row = queries.item(request.actor, id)
    page = page_of_team(request, row.team)
    view = queries.view(request.actor, row, page.now)
    text = markdown.parse(row.description)
    here = reverse("roadmap_item", args=[row.pk])
    context = page.context("roadmap") | {
        "item": row,
        "view": view,
        "risk": queries.risk(row.promised_on, view.slot.p50, view.slot.p85) if view.slot else "",
        "description": text.html(markdown.resolve(request.actor, text.names)),
        "closed": row.state in CLOSED,
    }
    context |= discussions.box(request, subject(row), address=here)
    return render(request, "roadmaps/item.html", context)


class EditForm(EffortForm):
    title = forms.CharField(max_length=300)
    kind = forms.ChoiceField(choices=pairs(ItemKind))
    description = forms.CharField(
        required=False, max_length=50_000, widget=forms.Textarea(attrs={"rows": 6}), help_text="Markdown."
    )
    value_per_week = number(label="Value", help_text="Points for each week by which it is done earlier.")
    goal = GoalChoice(help_text="Debt that loses its goal loses its rank.")
    promised_on = forms.DateField(required=False, label="Promised for", widget=forms.DateInput(attrs={"type": "date"}))
    field_order = (
        "title", "kind", "description", "effort_low", "effort_likely", "effort_high", "value_per_week", "goal",
        "promised_on", "reason",
    )  # fmt: skip


FACTS = ("title", "kind", "description", "goal", "promised_on")
NUMBERS = ("effort_low", "effort_likely", "effort_high", "value_per_week")


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: Request, id: int) -> HttpResponseBase:
    """Change facts, effort and value of an item; all of them or none."""
    row = queries.item(request.actor, id)
    page = page_of_team(request, row.team)
    page.edit.require()
    form = EditForm(request.POST or None, initial={name: getattr(row, name) for name in (*FACTS, *NUMBERS)})
    form.fields["goal"].queryset = goals_for(row.team, row.goal)  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        if form.attempt(lambda: _change(request, row, form, given)):
            return done(request, f"“{given['title']}” is changed.", reverse("roadmap_item", args=[row.pk]))
    context = page.context("roadmap") | {"form": form, "item": row}
    return render(request, "roadmaps/item_edit.html", context, status=422 if form.is_bound else 200)


def _change(request: Request, row: Item, form: EditForm, given: dict[str, Any]) -> bool:
    now, reason = timezone.now(), given["reason"]
    changed = {name: given[name] for name in FACTS if given[name] != getattr(row, name)}
    effort = form.effort()
    other_effort = effort != (row.effort_low, row.effort_likely, row.effort_high)
    other_value = given["value_per_week"] != row.value_per_week
    if not (changed or other_effort or other_value):
        raise InvalidInput("Nothing is different.", "Change a value, or go back.")
    with transaction.atomic():
        if changed:
            actions.edit(actor=request.actor, now=now, item=row, fields=changed, reason=reason)
        if other_effort:
            actions.reestimate(actor=request.actor, now=now, item=row, effort=effort, reason=reason)
        if other_value:
            actions.revalue(
                actor=request.actor, now=now, item=row, value_per_week=given["value_per_week"], reason=reason
            )
    return True


@require_POST
def act(request: Request, id: int, verb: str) -> HttpResponseBase:
    """Begin, finish or drop an item, or tie it to what it needs; every change has its reason."""
    row = queries.item(request.actor, id)
    given = request.POST
    common: dict[str, Any] = {
        "actor": request.actor, "now": timezone.now(), "item": row, "reason": given.get("reason", "")[:2000]
    }  # fmt: skip
    verbs: dict[str, tuple[Callable[[], actions.Displaced], str]] = {
        "start": (lambda: actions.start(**common), "Work on it has begun."),
        "finish": (lambda: actions.finish(real_effort=_real(given.get("real_effort", "")), **common), "It is done."),
        "drop": (lambda: actions.drop(**common), "It is given up."),
        "depend": (lambda: actions.depend(needs=_other(request), **common), "It waits for that now."),
        "undepend": (lambda: actions.undepend(needs=_other(request), **common), "It no longer waits for that."),
    }
    if verb not in verbs:
        raise NotFound(f"One can't {verb[:30]} an item.")
    action, words = verbs[verb]
    displaced = action()
    return done(request, f"{words} {effect(displaced)}", back(request, reverse("roadmap_item", args=[row.pk])))


def _real(text: str) -> Any:
    return decimal_of(text, "real_effort") if text.strip() else None


def _other(request: Request) -> Item:
    """The item that the field `needs` names by its number (with or without #)."""
    id = whole(request.POST.get("needs", "").strip().removeprefix("#"), "needs")
    if id is None:
        raise InvalidInput("Say which item it needs.", "Write its number; it stands on its page.", {"needs": "missing"})
    return queries.item(request.actor, id)
