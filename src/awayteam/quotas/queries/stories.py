"""One limit, and one spike, with what the actor may do now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import NotFound
from awayteam.kernel.models import Event
from awayteam.kernel.permissions import Decision
from awayteam.quotas import past
from awayteam.quotas.actions.setting import KIND, why_not
from awayteam.quotas.models import Count, Limit, Spike
from awayteam.quotas.permissions import can_limit, visible, visible_spikes
from awayteam.quotas.queries.lists import LimitRow, counted
from awayteam.quotas.queries.previews import PreviewTold, preview_of
from awayteam.quotas.rules import STEPS, SpikeState, State, Verb

SHOWN_HOURS = 48
EVENTS = 50


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that could be done: `why_not` says why the state doesn't allow it, "" where it does."""

    verb: str
    decision: Decision
    why_not: str = ""

    @property
    def possible(self) -> bool:
        return self.decision.allowed and not self.why_not


@dataclass(frozen=True, slots=True)
class LimitTold:
    """`hours` are what proxies counted, the oldest first: (hour, allowed, over, denied)."""

    row: LimitRow
    may: Decision
    offers: Sequence[Offer]
    preview: PreviewTold
    hours: Sequence[tuple[int, int, int, int]]
    events: Sequence[Event]


@dataclass(frozen=True, slots=True)
class SpikeTold:
    """`series` are calls by hour since 1970, the oldest first, up to the spike and after."""

    spike: Spike
    may: Decision
    offers: Sequence[Offer]
    series: Sequence[tuple[int, float]]


def limit(actor: Actor, pk: int, now: datetime) -> LimitTold:
    """Raises `NotFound`."""
    rows = visible(actor, Limit.objects.filter(pk=pk), now)
    found = rows.select_related("api__owner__team", "consumer__owner__team", "set_by").first()
    if found is None:
        raise NotFound(f"There is no limit {pk}.", "Look at the list.")
    may = can_limit(actor, found.api, now)
    state = State(found.state)
    offers = [Offer(verb.value, may, "" if (state, verb) in STEPS else why_not(state, verb)) for verb in Verb]
    since = past.hour_of(now) - SHOWN_HOURS
    hours = Count.objects.filter(limit=found, hour__gt=since).order_by("hour")
    told = Event.objects.filter(subject_kind=KIND, subject_id=pk).order_by("-pk")[:EVENTS]
    return LimitTold(
        counted([found], now)[0], may, offers, preview_of(actor, found, now),
        list(hours.values_list("hour", "allowed", "over", "denied")), list(told),
    )  # fmt: skip


def spike(actor: Actor, pk: int, now: datetime) -> SpikeTold:
    """Raises `NotFound`."""
    rows = visible_spikes(actor, Spike.objects.filter(pk=pk), now)
    related = ("api__owner__team", "consumer__owner__team", "limit", "answered_by")
    found = rows.select_related(*related).first()
    if found is None:
        raise NotFound(f"There is no spike {pk}.", "Look at the list.")
    may = can_limit(actor, found.api, now)
    first, last = found.hour - SHOWN_HOURS, min(found.hour + 12, past.hour_of(now) - 1)
    counts = past.hourly(found.api, since=first, until=last + 1, consumers=[found.consumer_id])
    series = counts.get(found.consumer_id, {})
    return SpikeTold(
        found, may, _spike_offers(found, may), [(hour, series.get(hour, 0.0)) for hour in range(first, last + 1)]
    )  # fmt: skip


def _spike_offers(row: Spike, may: Decision) -> list[Offer]:
    state = SpikeState(row.state)
    waiting = {"shadow": SpikeState.OPEN, "enforce": SpikeState.SHADOW, "planned": SpikeState.OPEN}
    said = "it is answered." if state is not SpikeState.OPEN else "it goes into shadow first."
    return [Offer(verb, may, "" if state is wanted else said) for verb, wanted in waiting.items()]
