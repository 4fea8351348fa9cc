"""The budget of one provider, and what one consumer holds: granted, used, free, and where the trend leads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from awayteam.allocations import use
from awayteam.allocations.actions.looking import Granted, owners
from awayteam.allocations.machine import WAITING
from awayteam.allocations.measuring import holding
from awayteam.allocations.models import Allocation, Budget, Growth, Measured
from awayteam.allocations.permissions import can_ask, can_declare, visible, visible_growth
from awayteam.allocations.queries.lists import RELATED, AllocationRow, shown
from awayteam.allocations.rules import Grant, Period, percent
from awayteam.catalog.models import Entity
from awayteam.catalog.permissions import visible as visible_entities
from awayteam.kernel.actor import Actor
from awayteam.kernel.permissions import Decision
from awayteam.organisation.models import Team
from awayteam.usage import growth
from awayteam.usage.growth import DAYS, Trend

MOST = 200
"""Rows of one kind that a budget's page shows."""


@dataclass(frozen=True, slots=True)
class Point:
    """A day: calls that were made, and calls that were granted."""

    day: date
    used: float
    granted: int


@dataclass(frozen=True, slots=True)
class UseRow:
    """What one consumer uses: `granted` calls a day by its own grant or its team's (`shared`), None without any."""

    consumer: Entity | None
    name: str
    team: Team | None
    week: float
    busiest: float
    share: float | None
    granted: int | None
    shared: bool
    sampling: float | None


@dataclass(frozen=True, slots=True)
class ProviderBudget:
    """A provider's page. Figures are calls a day: `used` the median of the newest week, `free` what is granted and not
    used, `left` what could still be granted (None: its team doesn't say what it can serve)."""

    provider: Entity
    budget: Budget
    granted: int
    used: float
    share: float | None
    left: int | None
    points: Sequence[Point]
    trend: Trend
    exhausted_on: date | None
    uses: Sequence[UseRow]
    hidden_uses: int
    held: Sequence[AllocationRow]
    waiting: Sequence[AllocationRow]
    ended: Sequence[AllocationRow]
    growths: Sequence[Growth]
    day: date
    sampling: float | None
    may_declare: Decision

    @property
    def free(self) -> float:
        return max(self.granted - self.used, 0.0)


def provider_budget(actor: Actor, provider: Entity, now: datetime) -> ProviderBudget:
    """The budget of a provider that the actor was shown; some fifteen statements, and one read of the counts."""
    day, today = use.last_whole_day(now), now.date()
    budget = Budget.objects.filter(provider=provider).select_related("declared_by").first() or Budget(provider=provider)
    daily = use.of_provider(provider, day)
    total = daily.total()
    grants = _grants(provider, day - timedelta(days=DAYS))
    points = [Point(one, float(total[place]), _granted_on(grants, one)) for place, one in enumerate(daily.days)]
    trend, granted = growth.trend(total), _granted_on(grants, today)
    used = sorted(one.used for one in points[-7:])[3] if len(points) >= 7 else 0.0
    until = trend.days_until(granted) if granted and total.any() else None
    rows = visible(actor, Allocation.objects.filter(provider=provider), now).select_related(*RELATED)
    held = shown(rows.filter(holding(today)).order_by("-daily", "pk")[:MOST], today)
    waiting = shown(rows.filter(state__in=[one.value for one in WAITING]).order_by("due_at", "pk")[:MOST], today)
    over = rows.exclude(holding(today)).exclude(state__in=[one.value for one in WAITING])
    uses, hidden = _uses(actor, provider, now)
    found = visible_growth(actor, Growth.objects.filter(provider=provider, closed_at__isnull=True), now)
    sampled = list(daily.sampling)
    return ProviderBudget(
        provider=provider, budget=budget, granted=granted, used=used,
        share=percent(used, granted), left=max(budget.capacity - granted, 0) if budget.capacity is not None else None,
        points=points, trend=trend, exhausted_on=day + timedelta(days=until) if until is not None else None, uses=uses,
        hidden_uses=hidden, held=held, waiting=waiting, ended=shown(over.order_by("-changed_at")[:20], today),
        growths=list(found.select_related("consumer", "clock", "turn_team").order_by("-level")[:MOST]), day=day,
        sampling=None if None in sampled else min((one for one in sampled if one is not None), default=None),
        may_declare=can_declare(actor, provider),
    )  # fmt: skip


def _grants(provider: Entity, since: date) -> list[Grant]:
    rows = Allocation.objects.filter(provider=provider, granted__isnull=False, last_day__gte=since)
    return [
        Grant(daily, Period(starts, last))
        for daily, starts, last in rows.values_list("daily", "starts", "last_day")
        if last is not None
    ]


def _granted_on(grants: Sequence[Grant], day: date) -> int:
    return sum(one.daily for one in grants if one.period.holds(day))


def _uses(actor: Actor, provider: Entity, now: datetime) -> tuple[list[UseRow], int]:
    """What consumers used as of the last look, most first; and how many of them the actor may not see."""
    rows = list(Measured.objects.filter(provider=provider).order_by("-week", "pk")[:MOST])
    ids = [row.consumer_id for row in rows if row.consumer_id is not None]
    seen = visible_entities(actor, Entity.objects.filter(pk__in=ids), now).select_related("owner__team")
    things = {one.pk: one for one in seen.defer("document")}
    granted, teams = Granted.on(now.date(), provider.pk), owners(ids)
    found = []
    for row in rows:
        if row.consumer_id is not None and row.consumer_id not in things:
            continue
        found.append(_use(row, things.get(row.consumer_id or 0), granted, teams))
    return found, len(rows) - len(found)


def _use(row: Measured, consumer: Entity | None, granted: Granted, teams: dict[int, int]) -> UseRow:
    own = granted.services.get((row.provider_id, row.consumer_id or 0))
    team = granted.teams.get((row.provider_id, teams.get(row.consumer_id or 0, 0)))
    calls = own if own is not None else team
    owner = consumer.owner.team if consumer is not None and consumer.owner is not None else None
    return UseRow(
        consumer, row.name, owner, row.week, row.busiest, percent(row.week, calls) if calls else None, calls,
        own is None and team is not None, row.sampling,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ConsumerBudget:
    """What a service or a team holds and uses, by provider. `bare` are uses without any grant."""

    consumer: Entity | Team
    held: Sequence[AllocationRow]
    waiting: Sequence[AllocationRow]
    ended: Sequence[AllocationRow]
    bare: Sequence[tuple[Entity, float]]
    growths: Sequence[Growth]
    points: Sequence[Point]
    day: date
    may_ask: Decision


def consumer_budget(actor: Actor, consumer: Entity | Team, now: datetime) -> ConsumerBudget:
    """What a consumer that the actor was shown holds; a team stands for itself and for all its services."""
    day, today = use.last_whole_day(now), now.date()
    team = consumer if isinstance(consumer, Team) else None
    services = _services(consumer)
    rows = Allocation.objects.filter(asking_team=team) if team else Allocation.objects.filter(consumer_id__in=services)
    seen = visible(actor, rows, now).select_related(*RELATED)
    daily = use.of_consumers(services, day)
    visible_ids = _providers_seen(actor, {pair.provider for pair in daily.pairs}, now)
    places = [place for place, pair in enumerate(daily.pairs) if pair.provider in visible_ids]
    total = daily.counts[places].sum(axis=0) if places else [0.0] * daily.counts.shape[1]
    waits = [one.value for one in WAITING]
    held = shown(seen.filter(holding(today)).order_by("-daily", "pk")[:MOST], today)
    condition = {"consumer_team": team} if team else {"consumer__in": services}
    found = visible_growth(actor, Growth.objects.filter(closed_at__isnull=True, **condition), now)
    owner = team or (consumer.owner.team if isinstance(consumer, Entity) and consumer.owner is not None else None)
    nobody = Decision(False, "No team answers for it; give it an owner first.", "unowned")
    return ConsumerBudget(
        consumer=consumer, held=held,
        waiting=shown(seen.filter(state__in=waits).order_by("due_at", "pk")[:MOST], today),
        ended=shown(
            seen.exclude(holding(today)).exclude(state__in=waits).order_by("-changed_at")[:20], today
        ),
        bare=_bare(services, {row.row.provider_id for row in held}, visible_ids),
        growths=list(found.select_related("provider", "clock", "turn_team").order_by("-level")[:MOST]),
        points=[Point(one, float(total[place]), 0) for place, one in enumerate(daily.days)], day=day,
        may_ask=can_ask(actor, owner) if owner is not None else nobody,
    )  # fmt: skip


def _services(consumer: Entity | Team) -> list[int]:
    if isinstance(consumer, Entity):
        return [consumer.pk]
    return list(Entity.objects.filter(owner__team=consumer).values_list("pk", flat=True))


def _providers_seen(actor: Actor, ids: set[int], now: datetime) -> set[int]:
    return set(visible_entities(actor, Entity.objects.filter(pk__in=ids), now).values_list("pk", flat=True))


def _bare(services: Sequence[int], granted: set[int], seen: set[int]) -> list[tuple[Entity, float]]:
    """Providers that are used without a grant, most first, with calls a day."""
    sums: dict[int, float] = {}
    rows = Measured.objects.filter(consumer__in=services, provider__in=seen - granted, week__gt=0)
    for provider, week in rows.values_list("provider", "week"):
        sums[provider] = sums.get(provider, 0.0) + week
    things = Entity.objects.defer("document").in_bulk(sorted(sums, key=lambda pk: -sums[pk])[:MOST])
    return [(things[pk], sums[pk]) for pk in sorted(sums, key=lambda pk: -sums[pk]) if pk in things]
