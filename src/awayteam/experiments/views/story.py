"""The page of an experiment, its scorecard, and a page for each thing that can be done."""

from collections.abc import Callable, Sequence
from typing import Any

from django.http import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from awayteam.discussions.queries import box
from awayteam.experiments import actions, drawing, queries, words
from awayteam.experiments.design import Design
from awayteam.experiments.forms.verbs import (
    AllocateForm,
    CleanForm,
    DecideForm,
    PlainForm,
    SubmitForm,
    WordsForm,
)
from awayteam.experiments.machine import State
from awayteam.experiments.measuring import powering
from awayteam.experiments.plots import EXPERIMENT
from awayteam.experiments.queries import Story
from awayteam.kernel import events
from awayteam.kernel.errors import NotFound
from awayteam.kernel.pages import PageForm, done, render
from awayteam.kernel.requests import Request

ACTS: dict[str, tuple[str, Callable[..., Any]]] = {
    "check": ("Check the design", actions.check),
    "submit": ("Register the design", actions.submit),
    "revise": ("Back to the draft", actions.revise),
    "withdraw": ("Withdraw", actions.withdraw),
    "start": ("Start", actions.start),
    "reallocate": ("Change the allocation", actions.reallocate),
    "stop": ("Stop", actions.stop),
    "decide": ("Decide", actions.decide),
    "clean-up": ("The flag is gone", actions.clean_up),
}
"""Verbs with their buttons, and the action that takes what the form of each asks for."""
FIRST = frozenset({"check", "submit", "start", "decide", "clean-up"})
QUIET = ("clock.",)


def form_for(verb: str, design: Design | None, data: Any = None, recommended: str = "") -> PageForm:
    auto = f"id_{verb}_%s"
    if verb == "reallocate":
        return AllocateForm(design, data, auto_id=auto)
    if verb == "decide":
        return DecideForm(design, data, auto_id=auto, initial={"outcome": recommended})
    kinds: dict[str, type[PageForm]] = {
        "check": PlainForm,
        "start": PlainForm,
        "submit": SubmitForm,
        "clean-up": CleanForm,
    }
    return kinds.get(verb, WordsForm)(data, auto_id=auto)


@require_safe
def story(request: Request, pk: int) -> HttpResponseBase:
    """An experiment from top to bottom."""
    told = queries.story(request.actor, pk, timezone.now())
    row = told.experiment
    history = events.history("experiment", pk, limit=200)
    possible = [one for one in told.offers if one.possible and one.verb.value in ACTS]
    said = _recommended(told)
    context = {
        "told": told, "row": told.row, "experiment": row, "design": told.design, "words": words,
        "verbs": {verb: text for verb, (text, _act) in ACTS.items()}, "first": FIRST, "can": possible,
        "cannot": [one for one in told.offers if not one.possible and one.verb.value in ACTS],
        "forms": {one.verb.value: form_for(one.verb.value, told.design, recommended=said) for one in possible},
        "events": [one for one in history.items if not one.name.startswith(QUIET)], "doing": words.DOING,
        "powered": powering.powered(told.design) if told.design and not told.problems else (),
        "expected": powering.expected_units(told.design) if told.design else None,
        "card": told.card.result if told.card else None,
        **box(request, EXPERIMENT.subject(row), address=EXPERIMENT.address(row)),
    }  # fmt: skip
    return render(request, "experiments/story.html", context)


def _recommended(told: Story) -> str:
    return told.card.result["recommendation"]["outcome"] if told.card and told.card.result else ""


@require_safe
def scorecard(request: Request, pk: int) -> HttpResponseBase:
    """The newest scorecard as a page that a person reads, and prints."""
    told = queries.story(request.actor, pk, timezone.now())
    card = told.card.result if told.card else None
    context = {
        "told": told, "experiment": told.experiment, "design": told.design, "card": card, "words": words,
        "arms": [_drawn(one, card) for one in card["arms"]] if card else [], "row": told.row,
        "segments": _segments(card) if card else [],
    }  # fmt: skip
    return render(request, "experiments/scorecard.html", context)


def _drawn(arm: dict[str, Any], card: dict[str, Any]) -> dict[str, Any]:
    """An arm with its charts: all intervals, and each metric by day."""
    name = arm["title"] or arm["key"]
    by_day = []
    for one in arm["metrics"]:
        found = card["series"].get(one["metric"], {})
        for part, title in (("so_far", "so far"), ("alone", "each day alone")):
            rows = [point for point in found.get(part, ()) if point["arm"] == arm["key"]]
            if rows:
                by_day.append(
                    {"title": one["title"], "part": part, "chart": drawing.days(f"{one['title']}, {title}", rows)}
                )
    return {
        **arm,
        "name": name,
        "chart": drawing.intervals(f"{name} beside the control", arm["metrics"]),
        "days": by_day,
    }


def _segments(card: dict[str, Any]) -> Sequence[dict[str, Any]]:
    """Rows of the table of segments."""
    return [
        {"arm": arm["key"], "title": one["title"], **part}
        for arm in card["arms"] for one in arm["metrics"] for part in one["segments"]
    ]  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def verb(request: Request, pk: int, verb: str) -> HttpResponseBase:
    """One verb on a page of its own: for those who come by a link, and where a form was refused."""
    if verb not in ACTS:
        raise NotFound(f"Nobody can {verb[:30]!r} an experiment.", "What can be done stands on its page.")
    now = timezone.now()
    told = queries.story(request.actor, pk, now)
    offer = next((one for one in told.offers if one.verb == verb), None)
    text, act = ACTS[verb]
    form = form_for(verb, told.design, request.POST if request.method == "POST" else None, _recommended(told))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        made = form.attempt(lambda: act(told.experiment, actor=request.actor, now=now, **said))
        if made is not None:
            return done(request, _told(verb, made), reverse("experiment", args=[pk]))
    why_not = "" if offer and offer.possible else _why_not(offer)
    context = {"told": told, "row": told.row, "experiment": told.experiment, "form": form, "verb_words": text,
               "why_not": why_not, "words": words}  # fmt: skip
    return render(request, "experiments/verb.html", context, status=422 if form.is_bound else 200)


def _told(verb: str, made: Any) -> str:
    if verb == "check" and made.state == State.DRAFT:
        return "The checks found what forbids it; see below."
    if verb == "submit":
        asks = "A bar raiser looks first." if made.state == State.IN_REVIEW else "It is ready to start."
        return f"The design is registered. {asks}"
    if verb == "decide" and made.entry_id:
        return "Decided against the rule; it stands in the public register now."
    return {
        "check": "Nothing forbids it. Register the design next.", "start": "It runs.", "stop": "It is stopped.",
        "reallocate": "A new epoch has begun.", "decide": "Decided. The flag has to go next.",
        "revise": "It is a draft again.",
        "clean-up": "Done; what was learnt stays.", "withdraw": "It is withdrawn.",
    }[verb]  # fmt: skip


def _why_not(offer: Any) -> str:
    return (offer.why_not or offer.decision.reason) if offer else "The experiment doesn’t allow it as it stands."


@require_POST
def look(request: Request, pk: int) -> HttpResponseBase:
    """Ask for a look at the facts."""
    row = queries.experiment(request.actor, pk)
    actions.ask_analysis(row, actor=request.actor, now=timezone.now())
    return done(request, "The facts are being looked at.", reverse("experiment", args=[pk]))


@require_POST
def cancel(request: Request, pk: int) -> HttpResponseBase:
    """Call the look off."""
    told = queries.story(request.actor, pk, timezone.now())
    if told.analysis is None:
        raise NotFound("Nobody looks at its facts now.", "See its page.")
    actions.cancel(told.analysis, actor=request.actor, now=timezone.now())
    return done(request, "It is called off.", reverse("experiment", args=[pk]))
