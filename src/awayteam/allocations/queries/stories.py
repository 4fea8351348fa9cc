"""One allocation, one finding of growth, one agenda, each as its page shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from awayteam.allocations import use
from awayteam.allocations.measuring import used
from awayteam.allocations.models import (
    Agenda,
    AgendaItem,
    Allocation,
    AllocationStep,
    Budget,
    Growth,
    GrowthStep,
)
from awayteam.allocations.permissions import can_answer, visible, visible_agendas, visible_growth
from awayteam.allocations.plots import ALLOCATION, GROWTH
from awayteam.allocations.queries.budget import Point
from awayteam.allocations.queries.lists import GROWTH_RELATED, RELATED
from awayteam.allocations.rules import Per, Rate, percent
from awayteam.allocations.words import (
    GROWTH_STATE_WORDS,
    GROWTH_TODO_WORDS,
    GROWTH_TONES,
    GROWTH_VERB_WORDS,
    KIND_SAYS,
    KIND_WORDS,
    STATE_WORDS,
    TODO_WORDS,
    TONES,
    TOPIC_WORDS,
    VERB_WORDS,
)
from awayteam.handovers.queries.story import Next, next_of
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import NotFound
from awayteam.kernel.permissions import Decision
from awayteam.organisation.models import Team
from awayteam.stories.stepping import look
from awayteam.usage.growth import DAYS


@dataclass(frozen=True, slots=True)
class AllocationStory:
    """Everything on an allocation's page. `follows` is the one that came in its place, or after it."""

    row: Allocation
    next: Next
    steps: Sequence[AllocationStep]
    used: float
    follows: Allocation | None
    capacity: int | None
    granted_in_all: int

    @property
    def words(self) -> str:
        return STATE_WORDS[self.row.state]

    @property
    def tone(self) -> tuple[str, str]:
        return TONES[self.row.state]

    @property
    def asked(self) -> Rate:
        return Rate(self.row.rate, Per(self.row.per))

    @property
    def granted(self) -> Rate | None:
        return Rate(self.row.granted, Per(self.row.per)) if self.row.granted is not None else None

    @property
    def share(self) -> float | None:
        return percent(self.used, self.row.daily)


def allocation(actor: Actor, pk: int, now: datetime) -> Allocation:
    """The allocation, if the actor may see it. Raises `NotFound`."""
    related = (*RELATED, "unit", "replaces", "decided_by", "provider__owner__team", "consumer__owner__team")
    found = visible(actor, Allocation.objects.filter(pk=pk), now).select_related(*related).first()
    if found is None:
        raise NotFound(f"There is no allocation {pk}.", "Look at the list.")
    return found


def allocation_story(actor: Actor, pk: int, now: datetime) -> AllocationStory:
    """An allocation for its page; some fifteen statements. Raises `NotFound`."""
    row = allocation(actor, pk, now)
    held = look(ALLOCATION, row, actor=actor, now=now)
    budget = Budget.objects.filter(provider=row.provider).first()
    later = visible(actor, Allocation.objects.filter(replaces=row, granted__isnull=False), now)
    return AllocationStory(
        row=row, next=next_of(held, TODO_WORDS, VERB_WORDS),
        steps=list(row.steps.select_related("person", "team").order_by("-pk")[:200]),
        used=used([row], now.date())[row.pk], follows=later.order_by("-pk").first(),
        capacity=budget.capacity if budget else None,
        granted_in_all=budget.granted if budget else 0,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class GrowthStory:
    """Everything on a finding's page. `points` are the days that it was found in, and those since."""

    row: Growth
    next: Next
    steps: Sequence[GrowthStep]
    points: Sequence[Point]
    may_answer: Decision

    @property
    def words(self) -> str:
        return GROWTH_STATE_WORDS[self.row.state]

    @property
    def tone(self) -> tuple[str, str]:
        return GROWTH_TONES[self.row.state]

    @property
    def kind_words(self) -> str:
        return KIND_WORDS[self.row.kind]

    @property
    def kind_says(self) -> str:
        return KIND_SAYS[self.row.kind]


def growth(actor: Actor, pk: int, now: datetime) -> Growth:
    """The finding, if the actor may see it. Raises `NotFound`."""
    related = (*GROWTH_RELATED, "answered_by", "turn_person", "provider__owner__team", "consumer__owner__team")
    found = visible_growth(actor, Growth.objects.filter(pk=pk), now).select_related(*related).first()
    if found is None:
        raise NotFound(f"There is no finding of growth {pk}.", "Look at the list.")
    return found


def growth_story(actor: Actor, pk: int, now: datetime) -> GrowthStory:
    """A finding for its page, with the counts that it was made from. Raises `NotFound`."""
    row = growth(actor, pk, now)
    held = look(GROWTH, row, actor=actor, now=now)
    steps = list(row.steps.select_related("person", "team").order_by("-pk")[:200])
    return GrowthStory(row, next_of(held, GROWTH_TODO_WORDS, GROWTH_VERB_WORDS), steps, _points(row, now),
                       can_answer(actor, row))  # fmt: skip


def _points(row: Growth, now: datetime) -> list[Point]:
    """Twelve weeks up to a fortnight after the finding, or until yesterday."""
    last = min(use.last_whole_day(now), row.day + timedelta(days=14))
    daily = use.of_provider(row.provider, last, DAYS)
    for place, pair in enumerate(daily.pairs):
        same = pair.consumer == row.consumer_id if row.consumer_id is not None else pair.name == row.name
        if same:
            return [Point(day, float(daily.counts[place, at]), 0) for at, day in enumerate(daily.days)]
    return []


@dataclass(frozen=True, slots=True)
class AgendaTold:
    """An agenda with those of its points that the actor may see, by topic; `hidden` are left out."""

    agenda: Agenda
    topics: Sequence[tuple[str, Sequence[AgendaItem]]]
    hidden: int


def agendas(actor: Actor, now: datetime, *, team: Team | None = None, limit: int = 50) -> list[Agenda]:
    """The newest agendas, of one team or of all."""
    rows = visible_agendas(actor, Agenda.objects.all(), now).select_related("team")
    if team is not None:
        rows = rows.filter(team=team)
    return list(rows.order_by("-on", "team__name")[:limit])


def agenda(actor: Actor, pk: int, now: datetime) -> AgendaTold:
    """One agenda. Raises `NotFound`."""
    row = visible_agendas(actor, Agenda.objects.filter(pk=pk), now).select_related("team").first()
    if row is None:
        raise NotFound(f"There is no agenda {pk}.", "Look at the list.")
    related = [f"{one}__{end}" for one in ("growth", "allocation") for end in ("provider", "consumer")]
    items = list(row.items.select_related(*related, "allocation__team").order_by("pk"))
    findings = visible_growth(actor, Growth.objects.filter(pk__in=[one.growth_id for one in items]), now)
    grants = visible(actor, Allocation.objects.filter(pk__in=[one.allocation_id for one in items]), now)
    seen = (set(findings.values_list("pk", flat=True)), set(grants.values_list("pk", flat=True)))
    told = [one for one in items if one.growth_id in seen[0] or one.allocation_id in seen[1]]
    topics = [(TOPIC_WORDS[topic], list(some)) for topic, some in groupby(told, key=lambda one: one.topic)]
    return AgendaTold(row, topics, len(items) - len(told))
