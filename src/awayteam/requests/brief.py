"""The brief of an escalation: what a manager needs to decide in minutes, made from data.

It holds the request with its history, what every rank on the home team's roadmap would cost, what slips at the ranks
that matter, what an away team or a duplicate would take, and how cases like it were decided.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from statistics import median
from typing import Any

from awayteam.duplicates.models import Duplicate
from awayteam.organisation.models import Team
from awayteam.requests import rules
from awayteam.requests.machine import State
from awayteam.requests.models import Asker, Escalation, Request, Step
from awayteam.requests.rules import REASON_WORDS, DeclineReason
from awayteam.roadmaps import loading
from awayteam.roadmaps.models import Item
from awayteam.roadmaps.rules import NEW, Insert, PlanItem, RankOption, at_each_rank, plan, what_if

Effort = tuple[Decimal, Decimal, Decimal]
ASSUMED: Effort = (Decimal(1), Decimal(2), Decimal(4))
"""Team-weeks that are taken where nobody estimated, and the home team has no past: they are marked as assumed."""
MOST_PAST, MOST_PRECEDENTS, MOST_SLIPS = 50, 5, 30


def brief(request: Request, *, now: datetime, effort: Effort | None = None) -> dict[str, Any]:
    """All of it as plain values, ready for JSON; dates in ISO form, value in the rulebook's unit."""
    estimate, grounds = (effort, "estimated") if effort else _usual_effort(request)
    return {
        "request": _request(request),
        "history": _history(request),
        "askers": _askers(request),
        "effort": {"low": str(estimate[0]), "likely": str(estimate[1]), "high": str(estimate[2]), "grounds": grounds},
        "ranks": _ranks(request, estimate, now),
        "away": _away(request),
        "duplicate": _duplicate(request),
        "precedents": _precedents(request),
    }


def _request(request: Request) -> dict[str, Any]:
    return {
        "id": request.pk,
        "title": request.title,
        "need": request.need,
        "kind": request.kind,
        "home_team": str(request.home_team),
        "asking_team": str(request.asking_team),
        "value_per_week": str(request.value_per_week),
        "asked_at": request.created_at.isoformat(),
        "wanted_by": request.wanted_by.isoformat() if request.wanted_by else None,
        "declined_because": REASON_WORDS[DeclineReason(request.decline_reason)] if request.decline_reason else None,
    }


def _history(request: Request) -> list[dict[str, Any]]:
    steps = Step.objects.filter(request=request).order_by("pk")
    return [
        {"at": step.at.isoformat(), "what": step.verb, "to": step.target, "who": step.label, "words": step.words}
        for step in steps
    ]


def _askers(request: Request) -> list[dict[str, Any]]:
    rows = Asker.objects.filter(request=request, left_at__isnull=True).select_related("team", "person", "goal")
    return [
        {
            "team": str(row.team),
            "person": str(row.person),
            "value_per_week": str(row.value_per_week),
            "grounds": row.grounds,
            "customer_value": row.customer_value,
            "goal": row.goal.title if row.goal else None,
        }
        for row in rows
    ]


def _usual_effort(request: Request) -> tuple[Effort, str]:
    """The medians of what the home team estimated for things of this kind; assumed where it never did."""
    past = Item.objects.filter(team=request.home_team, kind=request.kind).order_by("-pk")
    rows = list(past.values_list("effort_low", "effort_likely", "effort_high")[:MOST_PAST])
    if not rows:
        return ASSUMED, "assumed: the home team has estimated nothing of this kind"
    low, likely, high = (median(column) for column in zip(*rows, strict=True))
    one = "the only thing of this kind" if len(rows) == 1 else f"the median of {len(rows)} things of this kind"
    return (low, likely, high), f"{one} on the home team's roadmap"


def _ranks(request: Request, effort: Effort, now: datetime) -> dict[str, Any]:
    """Every rank with its dates and price, and what slips, for whom, at the first, the cheapest and the last."""
    loaded = loading.load([request.home_team_id], now)
    low, likely, high = map(float, effort)
    value = float(request.value_per_week)
    new = PlanItem(NEW, request.home_team_id, 1, low, likely, high, value)
    before = plan(loaded.inputs)
    options = at_each_rank(loaded.inputs, new, before)
    waits = [_waits(request, option, loading.today(now)) for option in options]
    best = min(range(len(options)), key=lambda at: options[at].cost + (waits[at] or 0), default=0)
    chosen = sorted({0, best, len(options) - 1}) if options else []
    slips = {}
    for at in chosen:
        found = what_if(loaded.inputs, [Insert(new._replace(rank=options[at].rank))], before)
        slips[options[at].rank] = _slips(found.slips, loaded)
    return {
        "options": [_option(option, wait) for option, wait in zip(options, waits, strict=True)],
        "cheapest": options[best].rank if options else None,
        "slips": slips,
    }


def _waits(request: Request, option: RankOption, today: Any) -> float | None:
    """What those who ask lose until it is done at this rank."""
    return None if option.p50 is None else float(rules.cost_until(request.value_per_week, (option.p50 - today).days))


def _option(option: RankOption, waits: float | None) -> dict[str, Any]:
    return {
        "rank": option.rank,
        "p50": option.p50.isoformat() if option.p50 else None,
        "p85": option.p85.isoformat() if option.p85 else None,
        "slipped": option.slipped,
        "cost": round(option.cost, 2),
        "waiting_cost": waits,
    }


def _slips(slips: Sequence[Any], loaded: loading.Loaded) -> list[dict[str, Any]]:
    rows = sorted(slips, key=lambda slip: -(slip.cost or 0))[:MOST_SLIPS]
    whom = _behind([slip.item for slip in rows])
    return [
        {
            "item": slip.item,
            "title": loaded.items[slip.item].title,
            "team": str(loaded.teams[slip.team]),
            "days": slip.days50,
            "until": slip.after.p50.isoformat() if slip.after.p50 else None,
            "cost": None if slip.cost is None else round(slip.cost, 2),
            "for": whom[slip.item],
        }
        for slip in rows
    ]


def _behind(items: Sequence[int]) -> dict[int, list[str]]:
    """The teams that wait for each item, by the requests behind it."""
    found: dict[int, list[str]] = defaultdict(list)
    waiting = Asker.objects.filter(request__item__in=items, left_at__isnull=True, request__closed_at__isnull=True)
    for item, name, title in waiting.values_list("request__item", "team__name", "team__title").order_by("pk"):
        found[item].append(title or name)
    return found


def _away(request: Request) -> dict[str, Any]:
    tried = Step.objects.filter(request=request, verb="stop-away").order_by("-pk").first()
    past = Request.objects.filter(home_team=request.home_team, state=State.DONE, steps__verb="finish-away").distinct()
    return {
        "possible": request.can_send_away and not request.away_refused,
        "why_not": request.away_impossible or ("The home team refused it in time." if request.away_refused else ""),
        "tried": {"at": tried.at.isoformat(), "words": tried.words} if tried else None,
        "visits_before": past.count(),
    }


def _duplicate(request: Request) -> dict[str, Any]:
    same = Duplicate.objects.filter(closed_at__isnull=True, entity=request.entity) if request.entity_id else None
    return {"others": same.count() if same is not None else 0}


def _precedents(request: Request) -> list[dict[str, Any]]:
    """How the latest escalations about this home team, and then those of the same unit, were decided."""
    decided = Escalation.objects.filter(decided_at__isnull=False).exclude(request=request)
    decided = decided.exclude(request__entity__restricted=True)  # whoever reads the brief may not see those
    about = decided.filter(request__home_team=request.home_team).select_related("request__asking_team", "manager")
    rows = list(about.order_by("-decided_at")[:MOST_PRECEDENTS])
    if len(rows) < MOST_PRECEDENTS and request.home_team.parent_id:
        near = Team.objects.filter(parent=request.home_team.parent_id).exclude(pk=request.home_team_id)
        others = decided.filter(request__home_team__in=near).select_related("request__asking_team", "manager")
        rows += list(others.order_by("-decided_at")[: MOST_PRECEDENTS - len(rows)])
    return [
        {
            "request": row.request_id,
            "asking_team": str(row.request.asking_team),
            "outcome": row.outcome,
            "manager": str(row.manager) if row.manager else None,
            "decided_at": row.decided_at.isoformat() if row.decided_at else None,
        }
        for row in rows
    ]
