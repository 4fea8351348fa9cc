"""Asking for, confirming and taking back a change of many rows. Works without JavaScript: list, confirmation, list."""

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpResponse, QueryDict
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from awayteam.kernel import rulebook
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.pages import PageForm, ReasonForm, done, render
from awayteam.kernel.requests import Request
from awayteam.lists import actions, bulk, queries
from awayteam.lists.bulk import BulkAction, Offer, Step

LONGEST_IDS = 200_000


@require_POST
def ask(request: Request, key: str) -> HttpResponse:
    """The confirmation: what would be changed and what not, and the fields that the change needs; then the change."""
    offer, now = bulk.offer(key), timezone.now()
    action = offer.action(request.POST.get("action", ""))
    ids = actions.check_size(offer, _ids(request, offer))
    form = _form(action)(request.POST if "confirmed" in request.POST else None)
    if form.is_bound and form.is_valid():
        values = dict(form.cleaned_data)
        reason = values.pop("reason")
        made = form.attempt(
            lambda: actions.change_many(
                actor=request.actor, now=now, offer=offer, action=action.key, ids=ids, values=values, reason=reason,
                address=_here(request)
            )
        )  # fmt: skip
        if made:
            return _seen(request, made.pk, _here(request))
    steps = action.plan(request.actor, now, ids)
    return render(request, "lists/bulk.html", _context(request, offer, action, form, steps, ids), _status(form))


def _status(form: PageForm) -> int:
    return 422 if form.is_bound else 200


def _context(
    request: Request, offer: Offer, action: BulkAction, form: PageForm, steps: list[Step], ids: list[int]
) -> dict[str, Any]:
    refused = [step for step in steps if step.refusal]
    return {
        "offer": offer,
        "action": action,
        "form": form,
        "ids": ",".join(str(id) for id in ids),
        "unseen": len(ids) - len(steps),
        "allowed": [step for step in steps if not step.refusal],
        "refused": refused,
        "here": _here(request),
        "suggestions": action.suggestions(),
    }


def _form(action: BulkAction) -> type[ReasonForm]:
    """The fields of the action with the reason after them."""
    return type("BulkForm", (ReasonForm, action.form), {"field_order": [*action.form.base_fields, "reason"]})


def _ids(request: Request, offer: Offer) -> list[int]:
    """The rows that were ticked, or all that the list at `here` has; raises `InvalidInput` for what is no number."""
    if request.POST.get("all") == "yes":
        parts = urlsplit(_here(request))
        route = resolve(parts.path).view_name
        return offer.matching(request.actor, route, QueryDict(parts.query), rulebook.current().lists.bulk_rows_max)
    text = ",".join(request.POST.getlist("ids"))
    words = [word for word in text.split(",") if word]
    if len(text) > LONGEST_IDS or not all(word.isdecimal() and len(word) < 19 for word in words):
        raise InvalidInput("The chosen rows are no list of numbers.", "Go back and choose again.")
    return [int(word) for word in words]


def _here(request: Request) -> str:
    """The address of the list from which one came; only one of our own."""
    here = request.POST.get("here", "")
    try:
        parts = urlsplit(here)
        if not parts.scheme and not parts.netloc and resolve(parts.path):
            return here
    except (Resolver404, ValueError):
        pass
    return reverse("home")


def _seen(request: Request, change_id: int, here: str) -> HttpResponse:
    """Back to the list, which tells what was done and offers to undo it."""
    parts = urlsplit(here)
    query = QueryDict(parts.query, mutable=True)
    query.pop("bulk", None)
    query["bulk"] = str(change_id)
    told = queries.told(request.actor, change_id, timezone.now())
    return done(
        request, f"{told.change.words}: done for {told.counts.get('done', 0):,}.", f"{parts.path}?{query.urlencode()}"
    )


@require_safe
def change(request: Request, id: int) -> HttpResponse:
    """What became of each row."""
    told = queries.told(request.actor, id, timezone.now())
    return render(request, "lists/change.html", {"told": told, "rows": queries.rows(told.change)})


@require_POST
def undo(request: Request, id: int) -> HttpResponse:
    actions.undo_change(actor=request.actor, now=timezone.now(), change_id=id)
    told = queries.told(request.actor, id, timezone.now())
    back, kept = told.counts.get("undone", 0), told.counts.get("kept", 0)
    words = f"Taken back for {back:,}." + (f" {kept:,} stayed, since they were changed again." if kept else "")
    return done(request, words, reverse("bulk_change", args=[id]))
