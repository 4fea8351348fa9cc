"""The nightly look at every use: what was measured, which grows unusually, and what the budgets come to."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction

from awayteam.allocations import use
from awayteam.allocations.actions.budgets import recount
from awayteam.allocations.actions.finding import Seen, find, pass_by
from awayteam.allocations.measuring import holding
from awayteam.allocations.models import Allocation, Budget, Look, Measured
from awayteam.allocations.rules import Kind, Sign
from awayteam.allocations.use import Daily, Pair
from awayteam.catalog.models import Entity
from awayteam.kernel import rulebook
from awayteam.kernel.log import Log
from awayteam.usage import growth

log = Log(__name__)
PART = 2_000
"""Budgets that are made anew in one go."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look came to."""

    day: date
    series: int
    weeks: int
    flagged: int
    found: int
    risen: int
    passed: int
    seconds: float


def is_due(now: datetime) -> bool:
    """Whether yesterday (UTC) is still to be looked at."""
    if now.hour < rulebook.current().allocations.growth_hour:
        return False
    return not Look.objects.filter(day__gte=use.last_whole_day(now)).exists()


def look(now: datetime) -> Looked:
    """Look at every use until yesterday (UTC). Looking again finds nothing twice; one bad use sinks no other."""
    began, day = time.perf_counter(), use.last_whole_day(now)
    daily = use.everything(day)
    granted = Granted.on(day)
    seen = _signs(daily, granted)
    _measure(daily)
    found = find(seen, now=now, day=day)
    passed = pass_by(set(seen), now=now, day=day)
    _budgets(daily, now)
    weeks = growth.whole_weeks(daily.counts).shape[1] // 7 if daily.pairs else 0
    seconds = time.perf_counter() - began
    with transaction.atomic():
        row, _new = Look.objects.select_for_update(of=("self",)).get_or_create(pk=1)
        row.day, row.at, row.series, row.flagged, row.teamless = day, now, len(daily.pairs), len(seen), found.teamless
        row.weeks, row.seconds = weeks, seconds
        row.save()
    return Looked(day, len(daily.pairs), weeks, len(seen), found.found, found.risen, passed, seconds)


class Granted:
    """What consumers may use on a day, in calls: a service's own grant, else its team's, which its services share."""

    def __init__(self, services: dict[tuple[int, int], int], teams: dict[tuple[int, int], int]) -> None:
        self.services, self.teams = services, teams

    @classmethod
    def on(cls, day: date, provider: int | None = None) -> "Granted":
        rows = Allocation.objects.filter(holding(day))
        if provider is not None:
            rows = rows.filter(provider=provider)
        services: dict[tuple[int, int], int] = {}
        teams: dict[tuple[int, int], int] = {}
        for row in rows.only("provider", "consumer", "team", "daily"):
            if row.consumer_id is not None:
                services[row.provider_id, row.consumer_id] = row.daily
            elif row.team_id is not None:
                teams[row.provider_id, row.team_id] = row.daily
        return cls(services, teams)


def owners(entities: Iterable[int]) -> dict[int, int]:
    """The team that answers for each entity, where one does."""
    ids, found = sorted(set(entities)), dict[int, int]()
    for start in range(0, len(ids), PART):
        rows = Entity.objects.filter(pk__in=ids[start : start + PART], owner__team__isnull=False)
        found.update((pk, team) for pk, team in rows.values_list("pk", "owner__team") if team is not None)
    return found


def _signs(daily: Daily, granted: Granted) -> dict[Pair, Seen]:
    """The uses that are unusual, or near what was granted, each with what was seen."""
    if not daily.pairs:
        return {}
    book = rulebook.current().allocations
    week = np.median(daily.counts[:, -7:], axis=1)
    shares = _shares(daily, granted, week)
    signs: dict[int, Sign] = {}
    counts = growth.whole_weeks(daily.counts)
    if counts.shape[1] >= growth.WEEKS_MIN * 7:
        scores = growth.score(counts)
        ramps = scores.ramps(book.score_min, book.calls_min, book.ramp_times)
        for kind, mask in (
            (Kind.RAMP, ramps),
            (Kind.SPIKE, scores.spikes(book.score_min, book.calls_min)),
            (Kind.STEP, scores.steps(book.score_min, book.calls_min)),
        ):
            for place in np.flatnonzero(mask).tolist():
                signs[place] = _sign(kind, scores, place, shares.get(place))
    for place, share in shares.items():
        if share >= book.share_percent and place not in signs:
            signs[place] = Sign(Kind.SHARE, 0.0, float(week[place]), float(week[place]), share)
    return {daily.pairs[place]: Seen(sign, daily.sampling[place]) for place, sign in signs.items()}


def _sign(kind: Kind, scores: growth.Scores, place: int, share: float | None) -> Sign:
    if kind is Kind.SPIKE:
        return Sign(
            kind, float(scores.day[place]), float(scores.usual_day[place]), float(scores.last_day[place]), share
        )
    level = float(scores.last_week[place])
    if kind is Kind.RAMP:
        return Sign(kind, float(scores.ramp[place]), level / max(float(scores.times[place]), 1.0), level, share)
    return Sign(kind, float(scores.week[place]), float(scores.usual_week[place]), level, share)


def _shares(daily: Daily, granted: Granted, week: Any) -> dict[int, float]:
    """Use of its allocation in per cent, by place; services that share their team's count together."""
    own, shared = {}, {}
    teams = owners(pair.consumer for pair in daily.pairs if pair.consumer is not None) if granted.teams else {}
    together: dict[tuple[int, int], float] = {}
    for place, pair in enumerate(daily.pairs):
        if pair.consumer is None:
            continue
        if (pair.provider, pair.consumer) in granted.services:
            own[place] = 100 * float(week[place]) / granted.services[pair.provider, pair.consumer]
        elif (key := (pair.provider, teams.get(pair.consumer, 0))) in granted.teams:
            shared[place] = key
            together[key] = together.get(key, 0.0) + float(week[place])
    return own | {place: 100 * together[key] / granted.teams[key] for place, key in shared.items()}


def _measure(daily: Daily) -> None:
    """Keep what each use came to, in place of what was kept before."""
    week = np.median(daily.counts[:, -7:], axis=1) if daily.pairs else ()
    busiest = daily.counts[:, -7:].max(axis=1) if daily.pairs else ()
    rows = (
        Measured(
            provider_id=pair.provider, consumer_id=pair.consumer, name=pair.name[:300], week=float(week[place]),
            busiest=float(busiest[place]), last=float(daily.counts[place, -1]), sampling=daily.sampling[place],
            day=daily.last,
        )
        for place, pair in enumerate(daily.pairs)
        if daily.counts[place, -30:].any()
    )  # fmt: skip
    with transaction.atomic():
        Measured.objects.all().delete()
        Measured.objects.bulk_create(rows, batch_size=2_000)


def _budgets(daily: Daily, now: datetime) -> None:
    """Make all budgets anew, with the day on which each provider's trend reaches what is granted."""
    places: dict[int, list[int]] = {}
    for place, pair in enumerate(daily.pairs):
        places.setdefault(pair.provider, []).append(place)
    known = set(Allocation.objects.values_list("provider", flat=True).distinct()) | places.keys()
    known |= set(Budget.objects.values_list("provider", flat=True))
    for start in range(0, len(known), PART):
        recount(sorted(known)[start : start + PART], now=now)
    Budget.objects.update(day=daily.last, exhausted_on=None)
    changed = []
    for row in Budget.objects.filter(granted__gt=0, provider__in=list(places)):
        trend = growth.trend(daily.counts[places[row.provider_id]].sum(axis=0))
        days = trend.days_until(row.granted)
        if days is not None:
            row.exhausted_on = daily.last + timedelta(days=days)
            changed.append(row)
    Budget.objects.bulk_update(changed, ["exhausted_on"], batch_size=500)
