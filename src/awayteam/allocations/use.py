"""What was counted, as allocations need it: daily calls between things of the catalog. All else asks here.

Several kinds of evidence see the same calls, so they are never added up: of each day the kind that saw most counts.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db.models import Count, Min

from awayteam.catalog.models import Entity
from awayteam.kernel.actor import SYSTEM
from awayteam.usage.growth import DAYS
from awayteam.usage.models import Edge, Name
from awayteam.usage.queries import meant
from awayteam.usage.queries.uses import wanted
from awayteam.usage.store import reading

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Pair:
    """A use: `consumer` and `provider` are ids of entities; a consumer that the catalog doesn't know has a `name`."""

    provider: int
    consumer: int | None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Daily:
    """Calls of each pair (rows) on each day (columns, the last being `last`, UTC).

    `sampling` is the smallest probability with which a call of the pair was seen, None where nobody says. `unmatched`
    counts uses of what the catalog doesn't know; nothing can be granted there.
    """

    last: date
    pairs: Sequence[Pair]
    counts: Floats
    sampling: Sequence[float | None]
    unmatched: int = 0

    @property
    def days(self) -> list[date]:
        width = self.counts.shape[1]
        return [self.last - timedelta(days=width - 1 - place) for place in range(width)]

    def total(self) -> Floats:
        """Calls of all pairs together on each day."""
        whole: Floats = self.counts.sum(axis=0)
        return whole


def last_whole_day(now: datetime) -> date:
    """The newest day (UTC) that is over; counts of it may still come in for a while."""
    return now.date() - timedelta(days=1)


def everything(last: date, days: int = DAYS) -> Daily:
    """Every use there is of what the catalog knows; for the nightly look."""
    return _daily(last, days)


def of_provider(provider: Entity, last: date, days: int = DAYS) -> Daily:
    """All uses of one provider; of an API those of its operations."""
    asked = meant(SYSTEM, provider)
    operations: Collection[int] | None = None
    if asked.api is not None:
        narrowed = wanted(SYSTEM, datetime.now().astimezone(), provider=provider).edges()
        operations = sorted(set(narrowed.values_list("operation", flat=True)))
    return _daily(last, days, providers=asked.names, operations=operations, as_provider=provider.pk)


def of_consumers(consumers: Collection[int], last: date, days: int = DAYS) -> Daily:
    """All that these entities use."""
    names = Name.objects.filter(entity__in=consumers).values_list("pk", flat=True)
    return _daily(last, days, consumers=list(names))


def _daily(
    last: date,
    days: int,
    *,
    providers: Collection[int] | None = None,
    consumers: Collection[int] | None = None,
    operations: Collection[int] | None = None,
    as_provider: int | None = None,
) -> Daily:
    since = last - timedelta(days=days - 1)
    found = reading.series(since, last, providers=providers, consumers=consumers, operations=operations)
    known = _Known(np.unique(found.keys[:, :2]).tolist())
    pairs: dict[Pair, int] = {}
    where = np.full(len(found.keys), -1, dtype=np.int64)
    unmatched = set()
    for place, (consumer, provider) in enumerate(found.keys[:, :2].tolist()):
        pair = known.pair(consumer, provider, as_provider)
        if pair is None:
            unmatched.add((consumer, provider))
        elif pair.consumer != pair.provider:
            where[place] = pairs.setdefault(pair, len(pairs))
    counts = _largest(found, where, len(pairs), days)
    kept = list(pairs)
    return Daily(last, kept, counts, known.sampling(kept, as_provider), len(unmatched))


def _largest(found: reading.Series, where: npt.NDArray[np.int64], pairs: int, days: int) -> Floats:
    """Operations of one pair and kind of evidence added up, then the largest kind of each day."""
    counts: Floats = np.zeros((pairs, days), np.float32)
    sources = found.keys[:, 3]
    for source in np.unique(sources):
        rows = np.flatnonzero((sources == source) & (where >= 0))
        one = np.zeros_like(counts)
        order = rows[np.argsort(where[rows], kind="stable")]
        if order.size:
            starts = np.flatnonzero(np.r_[True, np.diff(where[order]) != 0])
            one[where[order][starts]] = np.add.reduceat(found.calls[order], starts, axis=0)
        np.maximum(counts, one, out=counts)
    return counts


class _Known:
    """Names of the telemetry, looked up once."""

    def __init__(self, ids: Sequence[int]) -> None:
        self.names: dict[int, tuple[int | None, str]] = {}
        self.skipped: set[int] = set()
        for start in range(0, len(ids), 5_000):
            some = Name.objects.filter(pk__in=ids[start : start + 5_000])
            for pk, entity, text, ignored in some.values_list("pk", "entity_id", "text", "ignored"):
                self.names[pk] = (entity, text)
                if ignored:
                    self.skipped.add(pk)

    def pair(self, consumer: int, provider: int, as_provider: int | None) -> Pair | None:
        """None where the provider isn't in the catalog, or either is no service of ours."""
        if consumer in self.skipped or provider in self.skipped or not {consumer, provider} <= self.names.keys():
            return None
        target = as_provider if as_provider is not None else self.names[provider][0]
        if target is None:
            return None
        entity, text = self.names[consumer]
        return Pair(target, entity, "" if entity is not None else text)

    def sampling(self, pairs: Sequence[Pair], as_provider: int | None) -> list[float | None]:
        """The smallest probability of the last 30 days, by the names of each pair."""
        rows = Edge.objects.order_by().filter(calls__gt=0)
        if len(self.names) <= 5_000:
            rows = rows.filter(consumer__in=list(self.names), provider__in=list(self.names))
        least: dict[Pair, float | None] = {}
        asked = rows.values("consumer", "provider").annotate(
            least=Min("sampling"), said=Count("sampling"), edges=Count("pk")
        )
        for row in asked.values_list("consumer", "provider", "least", "said", "edges").iterator():
            consumer, provider, sampled, said, edges = row
            pair = self.pair(consumer, provider, as_provider)
            if pair is None:
                continue
            value = sampled if said == edges else None
            before: Any = least.get(pair, 1.0)
            least[pair] = None if value is None or before is None else min(value, before)
        return [least.get(pair) for pair in pairs]
