"""Lists: experiments, and what was learnt."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from awayteam.experiments import queries, words
from awayteam.experiments.queries import ExperimentFilter
from awayteam.experiments.rules import Outcome
from awayteam.kernel.pages import csv_file, render
from awayteam.kernel.requests import Request

PAGE = 50
CSV_PAGE = 1_000
HEADER = ("number", "key", "title", "state", "team", "owner", "decider", "surface", "layer", "days", "outcome",
          "recommended", "due at", "started at", "stopped at")  # fmt: skip


def tabs() -> list[tuple[str, str, str, None]]:
    """The lists of this app."""
    return [
        ("experiments", "Experiments", reverse("experiments"), None),
        ("learnings", "Learnings", reverse("learnings"), None),
        ("metrics", "Metrics", reverse("metrics"), None),
        ("sources", "Facts", reverse("experiment_sources"), None),
    ]


def filter_of(request: Request) -> ExperimentFilter:
    """The filter that the address says."""
    given = request.GET
    names = ("state", "team", "outcome", "surface")
    chosen = {name: tuple(dict.fromkeys(one[:300] for one in given.getlist(name)))[:50] for name in names}
    return ExperimentFilter(
        **chosen, live=given.get("ended") != "yes", mine=given.get("mine") == "yes",
        text=given.get("q", "").strip()[:200],
    )  # fmt: skip


@require_safe
def index(request: Request) -> HttpResponseBase:
    wanted, sort, now = filter_of(request), request.GET.get("sort", "due"), timezone.now()
    if request.GET.get("format") == "csv":
        return csv_file("experiments", HEADER, _cells(request, wanted, sort))
    cursor = request.GET.get("cursor") or None
    context = {
        "page": queries.experiments(request.actor, wanted, now=now, sort=sort, cursor=cursor, limit=PAGE),
        "facets": [one for one in queries.facets(request.actor, wanted) if one.values],
        "numbers": queries.numbers(request.actor), "narrowed": wanted != ExperimentFilter(), "sort": sort,
        "tabs": tabs(), "words": words,
    }  # fmt: skip
    return render(request, "experiments/list.html", context)


def _cells(request: Request, wanted: ExperimentFilter, sort: str) -> Iterator[tuple[Any, ...]]:
    cursor, now = None, timezone.now()
    while True:
        page = queries.experiments(request.actor, wanted, now=now, sort=sort, cursor=cursor, limit=CSV_PAGE)
        for row in page.items:
            one = row.experiment
            yield (
                one.pk, one.key, one.title, one.state, one.team.ref, one.owner.ref if one.owner else "",
                one.decider.ref if one.decider else "", one.surface, one.layer, one.days, one.outcome, one.recommended,
                one.due_at, one.started_at, one.stopped_at,
            )  # fmt: skip
        cursor = page.next_cursor
        if cursor is None:
            return


@require_safe
def learnings(request: Request) -> HttpResponseBase:
    """What ended experiments taught, and what they say together."""
    given = request.GET
    text, outcome, team = (given.get(name, "").strip()[:300] for name in ("q", "outcome", "team"))
    outcome = outcome if outcome in set(Outcome) else ""
    page = queries.learnings(request.actor, text=text, outcome=outcome, team=team, cursor=given.get("cursor") or None)
    context = {
        "page": page, "outcomes": words.OUTCOMES, "outcome": outcome, "team": team, "tabs": tabs(), "words": words,
        "pooled": queries.pooled(request.actor, by_team=given.get("by") == "team", team=team),
        "by_team": given.get("by") == "team", "Outcome": Outcome,
    }  # fmt: skip
    return render(request, "experiments/learnings.html", context)
