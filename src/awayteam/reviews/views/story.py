"""The page of a review, the form of its document, and a page for each thing that can be done."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from awayteam.catalog import queries as catalog
from awayteam.catalog.models import Entity
from awayteam.discussions.queries import box
from awayteam.kernel import events, subjects
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import AwayteamError, NotFound
from awayteam.kernel.events import Subject
from awayteam.kernel.models import Event
from awayteam.kernel.pages import PageForm, done, render
from awayteam.kernel.requests import Request
from awayteam.requests import deciders
from awayteam.reviews import actions, queries
from awayteam.reviews.forms.reviewing import (
    AskForm,
    AssignForm,
    DocumentForm,
    FollowForm,
    MeetForm,
    OverrideForm,
    WordsForm,
)
from awayteam.reviews.plots import REVIEW
from awayteam.reviews.queries import Story
from awayteam.reviews.triggers import Verdict

QUIET = ("clock.", "review.drafted")

ACTS: dict[str, tuple[str, Callable[..., Any]]] = {
    "assign": ("Assign", actions.assign),
    "decline": ("Decline with a reason", actions.decline),
    "follow": ("Follow the recommendation", actions.follow),
    "override": ("Override in public", actions.override),
    "withdraw": ("Withdraw", actions.withdraw),
}
"""Verbs with their buttons, and the action that takes what the form of each asks for."""
DONE = {
    "assign": "It is assigned.", "decline": "You are relieved; somebody else is assigned.",
    "follow": "The recommendation is followed.", "override": "It stands in the public register now.",
    "withdraw": "The review is withdrawn.",
}  # fmt: skip


def form_for(verb: str, actor: Actor, data: Any = None) -> PageForm:
    """The form of a verb; its ids carry the verb, so that several can stand on one page."""
    auto = f"id_{verb}_%s"
    if verb == "assign":
        return AssignForm(actor, data, auto_id=auto)
    kinds: dict[str, type[PageForm]] = {"override": OverrideForm, "follow": FollowForm}
    return kinds.get(verb, WordsForm)(data, auto_id=auto)


@require_safe
def story(request: Request, pk: int) -> HttpResponseBase:
    """A review from top to bottom."""
    told = queries.story(request.actor, pk, timezone.now())
    row = told.row.review
    history = events.history("review", pk, limit=200)
    context = {
        "told": told, "row": told.row, "review": row, "words": {verb: words for verb, (words, _) in ACTS.items()},
        "can": [one for one in told.offers if one.possible], "cannot": [one for one in told.offers if not one.possible],
        "forms": {one.verb.value: form_for(one.verb.value, request.actor) for one in told.offers if one.possible},
        "events": [one for one in history.items if not one.name.startswith(QUIET)],
        "meet_forms": _meet_forms(told), **box(request, REVIEW.subject(row), address=REVIEW.address(row)),
    }  # fmt: skip
    return render(request, "reviews/story.html", context)


def _meet_forms(told: Story) -> dict[int, MeetForm]:
    if not told.may_meet:
        return {}
    return {one.number: MeetForm(auto_id=f"id_met_{one.number}_%s") for one in told.conditions if one.met_at is None}


@require_http_methods(["GET", "HEAD", "POST"])
def verb(request: Request, pk: int, verb: str) -> HttpResponseBase:
    """One verb on a page of its own: for those who come by a link, and where a form was refused."""
    if verb not in ACTS:
        raise NotFound(f"Nobody can {verb[:30]!r} a review.", "What can be done stands on its page.")
    now = timezone.now()
    told = queries.story(request.actor, pk, now)
    offer = next((one for one in told.offers if one.verb == verb), None)
    words, act = ACTS[verb]
    form = form_for(verb, request.actor, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        made = form.attempt(lambda: act(told.row.review, actor=request.actor, now=now, **said))
        if made is not None:
            return done(request, DONE[verb], reverse("review", args=[pk]))
    why_not = "" if offer and offer.possible else _why_not(offer)
    context = {"told": told, "row": told.row, "review": told.row.review, "form": form, "words": words,
               "why_not": why_not}  # fmt: skip
    return render(request, "reviews/verb.html", context, status=422 if form.is_bound else 200)


def _why_not(offer: Any) -> str:
    return (offer.why_not or offer.decision.reason) if offer else "The review doesn’t allow it as it stands."


@require_http_methods(["GET", "HEAD", "POST"])
def write(request: Request, pk: int) -> HttpResponseBase:
    """The document: saved as often as one likes, delivered once."""
    now = timezone.now()
    told = queries.story(request.actor, pk, now)
    row = told.row.review
    offer = next((one for one in told.offers if one.verb == "deliver"), None)
    form = DocumentForm(row, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        act = actions.save_draft if request.POST.get("save") else actions.deliver
        if form.attempt(lambda: act(row, form.said(), actor=request.actor, now=now)) is not None:
            words = "The draft is saved." if request.POST.get("save") else "Delivered; the decider has the turn."
            return done(request, words, request.path if request.POST.get("save") else reverse("review", args=[pk]))
    why_not = "" if offer and offer.possible else _why_not(offer)
    context = {"told": told, "row": told.row, "review": row, "form": form, "why_not": why_not}
    return render(request, "reviews/write.html", context, status=422 if form.is_bound else 200)


@require_POST
def settle(request: Request, pk: int, number: int) -> HttpResponseBase:
    """Say that a condition is met."""
    row = queries.review(request.actor, pk)
    evidence = request.POST.get("evidence", "")
    actions.meet(row, number, evidence=evidence, actor=request.actor, now=timezone.now())
    return done(request, f"Condition {number} is met.", reverse("review", args=[pk]))


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponseBase:
    """Ask for a review: of a service (`?entity=`), of something else with a page (`?kind=&id=`), or on its own."""
    given, now = request.GET, timezone.now()
    about = _about(request)
    entity = _entity(request, given.get("entity", ""))
    form = AskForm(
        request.actor, request.POST or None, about=about, initial=_start(request, entity, about, now)
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        made = form.attempt(lambda: actions.request_review(form.wanted(), actor=request.actor, now=now))
        if made is not None:
            who = f"{made.bar_raiser} reviews it" if made.bar_raiser else "nobody is free yet; the keepers are asked"
            return done(request, f"The review is asked for: {who}.", reverse("review", args=[made.pk]))
    verdict = queries.needed_for(entity) if entity is not None else Verdict((), ())
    context = {"form": form, "verdict": verdict, "entity": entity, "about": about}
    return render(request, "reviews/new.html", context, status=422 if form.is_bound else 200)


def _entity(request: Request, text: str) -> Entity | None:
    try:
        return catalog.resolve(request.actor, text[:300]) if text else None
    except AwayteamError:
        return None


def _about(request: Request) -> tuple[Subject, str] | None:
    """The subject that the address names, if this person sees it; its label is that of its last event."""
    kind, text = request.GET.get("kind", "")[:30], request.GET.get("id", "")
    if not kind or not text.isdecimal() or len(text) > 18:
        return None
    pk = int(text)
    address = subjects.seen(request, kind, [pk]).get(pk)
    if address is None:
        raise NotFound(f"There is no {kind} {pk}.")
    last = Event.objects.filter(subject_kind=kind, subject_id=pk).order_by("-id").first()
    return Subject(kind, pk, last.subject_label if last else f"{kind} {pk}"), address


def _start(
    request: Request, entity: Entity | None, about: tuple[Subject, str] | None, now: datetime
) -> dict[str, Any]:  # fmt: skip
    start = {
        name: request.GET.get(name, "")[:2000] for name in ("field", "title", "question", "team", "decider", "teams")
    }
    if about is not None and not start["title"]:
        start["title"] = about[0].label[:200]
    owner = entity.owner.team if entity is not None and entity.owner is not None else None
    if owner is not None and not start["team"]:
        start["team"] = owner.ref
        first = deciders.deciders(owner, askers=(), asking_teams=(), now=now).first
        person = owner.memberships.filter(person=first).select_related("person").first() if first else None
        start["decider"] = start["decider"] or (person.person.ref if person else "")
    return {**start, "entity": entity.ref if entity is not None else ""}
