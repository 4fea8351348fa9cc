"""Use by day and hour, from the files: for growth over all edges, and for one thing's trend."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from awayteam.catalog.models import Ownership
from awayteam.catalog.queries.rows import EntityLink, link
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput
from awayteam.usage.models import Edge, Evidence, Grain, Name
from awayteam.usage.queries.evidence import behind
from awayteam.usage.queries.parties import Parties, Who
from awayteam.usage.queries.rows import Answer, Party

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

MOST_DAYS, MOST_HOURLY_DAYS = 396, 14


@dataclass(frozen=True, slots=True)
class Daily:
    """Calls by day. `edges` (n,) are ids of `Edge`; `keys` (n, 4) ids of consumer, provider, operation and source;
    `calls` (n, days) what was counted, estimates where spans were sampled, 0 where nothing was; the first column is
    `since`."""

    since: date
    edges: "npt.NDArray[np.int64]"
    keys: "npt.NDArray[np.int64]"
    calls: "npt.NDArray[np.float32]"


def all_daily(days: int, *, until: date, source: str = "", complete: bool = False) -> Daily:
    """Every edge's calls over `days` days up to `until`, included; for the software itself, not filtered by sight.

    `source` limits it to one kind of evidence. `complete`: with a row of zeros for edges without calls in these days.
    """
    import numpy as np

    from awayteam.usage.store import reading

    since = until - timedelta(days=days - 1)
    found = reading.series(since, until)
    rows = Edge.objects.order_by("pk").values_list("pk", "consumer_id", "provider_id", "operation_id", "source_id")
    if source:
        rows = rows.filter(source__name=source)
    known = np.array(list(rows), dtype=np.int64).reshape(-1, 5)
    words = (known[:, 3] << 36) | (known[:, 1] << 12) | known[:, 4]
    order = np.argsort(words)
    mine = (found.keys[:, 2] << 36) | (found.keys[:, 0] << 12) | found.keys[:, 3]
    at = np.searchsorted(words[order], mine)
    at = np.minimum(at, max(0, len(order) - 1))
    good = words[order][at] == mine if len(order) else np.zeros(len(mine), bool)
    places = order[at[good]] if len(order) else np.zeros(0, np.int64)
    if not complete:
        return Daily(since, known[places, 0], known[places, 1:], found.calls[good])
    calls = np.zeros((len(known), days), np.float32)
    calls[places] = found.calls[good]
    return Daily(since, known[:, 0], known[:, 1:], calls)


def daily(edges: Sequence[int], days: int, *, until: date) -> "npt.NDArray[np.float32]":
    """Calls by day of these edges (ids of `Edge`), (len(edges), days), in their order; unknown ones are 0 throughout.

    The last column is `until`. Not filtered by sight: whoever shows it asks `uses` which edges may be seen.
    """
    import numpy as np

    from awayteam.usage.store import reading

    wanted = {pk: place for place, pk in enumerate(edges)}
    rows = Edge.objects.filter(pk__in=list(wanted)).values_list(
        "pk", "consumer_id", "operation_id", "source_id", "provider_id"
    )
    places = {(consumer, operation, source): wanted[pk] for pk, consumer, operation, source, _ in rows}
    providers = {row[4] for row in rows}
    found = reading.series(
        until - timedelta(days=days - 1), until, providers=providers, operations={key[1] for key in places}
    )
    calls = np.zeros((len(edges), days), np.float32)
    for (consumer, _, operation, source), row in zip(found.keys.tolist(), found.calls, strict=True):
        place = places.get((consumer, operation, source))
        if place is not None:
            calls[place] = row
    return calls


@dataclass(frozen=True, slots=True)
class Point:
    """Calls in one day or hour, that begins at `at`."""

    at: datetime
    calls: float
    failed: float


@dataclass(frozen=True, slots=True)
class Trend:
    """One source's points, without gaps: 0 where nothing was counted."""

    source: str
    points: Sequence[Point]


def trend(
    actor: Actor,
    *,
    now: datetime,
    days: int = 84,
    grain: str = "day",
    provider: Who | None = None,
    consumer: Who | None = None,
    operation: str = "",
) -> Answer[Trend]:
    """Calls by day (or by hour, over 14 days at most) of what is asked for, for each source, most calls first."""
    from awayteam.usage.queries.uses import wanted
    from awayteam.usage.store import reading

    asked = wanted(actor, now, provider=provider, consumer=consumer, operation=operation)
    hourly = grain == "hour"
    if grain not in ("day", "hour") or not 1 <= days <= (MOST_HOURLY_DAYS if hourly else MOST_DAYS):
        raise InvalidInput(
            f"Ask for 1 to {MOST_DAYS} days, or for {MOST_HOURLY_DAYS} at most by hour.", fields={"days": "too many"}
        )
    until = now.date()
    since = until - timedelta(days=days - 1)
    ids = asked.ids()
    step = timedelta(hours=1) if hourly else timedelta(days=1)
    found = {
        what: reading.series(since, until, **ids, grain=Grain.HOUR if hourly else Grain.DAY, what=what)
        for what in ("calls", "failed")
    }
    start = datetime.combine(since, time.min, UTC)
    sources = dict(Evidence.objects.values_list("pk", "name"))
    trends = []
    for pk in sorted(set(found["calls"].keys[:, 3].tolist())):
        calls, failed = (one.calls[one.keys[:, 3] == pk].sum(axis=0).tolist() for one in found.values())
        width = int((now - start) / step) + 1
        points = [Point(start + step * n, calls[n], failed[n]) for n in range(min(width, len(calls)))]
        trends.append(Trend(sources[pk], points))
    trends.sort(key=lambda one: -sum(point.calls for point in one.points))
    return Answer(trends, since, until, behind(now, days))


@dataclass(frozen=True, slots=True)
class TeamUse:
    """What the services that `owner` owned at the time used, by day; `owner` None: nobody owned them, or nobody knows
    which service it was. `consumers` are those services."""

    owner: EntityLink | None
    source: str
    calls: Sequence[float]
    consumers: Sequence[Party]

    @property
    def total(self) -> float:
        return sum(self.calls)


def by_team(actor: Actor, provider: Who, *, now: datetime, days: int = 30, operation: str = "") -> Answer[TeamUse]:
    """Who used a provider, by the team that owned the using service on each day; most calls first.

    An owner holds a day that began under it. Consumers that are restricted to others stand under no owner.
    """
    import numpy as np

    from awayteam.usage.queries.uses import wanted
    from awayteam.usage.store import reading

    asked = wanted(actor, now, provider=provider, operation=operation)
    until = now.date()
    since = until - timedelta(days=days - 1)
    found = reading.series(since, until, **asked.ids())
    parties = Parties(actor, now)
    parties.load(found.keys[:, 0].tolist())
    sources = dict(Evidence.objects.values_list("pk", "name"))
    held = _owners(parties, set(found.keys[:, 0].tolist()), since, days)
    sums: dict[tuple[int | None, str], Any] = defaultdict(lambda: np.zeros(days))
    links: dict[int, EntityLink] = {}
    users: dict[tuple[int | None, str], dict[str, Party]] = defaultdict(dict)
    for (consumer, _, _, source), calls in zip(found.keys.tolist(), found.calls, strict=True):
        party = parties[consumer]
        rest = np.ones(days, bool)
        for owner, mask in held.get(consumer, ()):
            if calls[mask].any():
                links[owner.id] = owner
                sums[owner.id, sources[source]][mask] += calls[mask]
                users[owner.id, sources[source]][party.name] = party
            rest &= ~mask
        if calls[rest].any():
            sums[None, sources[source]][rest] += calls[rest]
            users[None, sources[source]][party.name] = party
    rows = [
        TeamUse(links[owner] if owner else None, source, calls.tolist(), list(users[owner, source].values()))
        for (owner, source), calls in sums.items()
    ]
    rows.sort(key=lambda one: (-one.total, one.source))
    return Answer(rows, since, until, behind(now, days))


def _owners(
    parties: Parties, consumers: Iterable[int], since: date, days: int
) -> dict[int, list[tuple[EntityLink, Any]]]:
    """Name -> its owners with the days that each held."""
    import numpy as np

    entities: dict[int, list[int]] = defaultdict(list)
    for pk in consumers:
        party = parties[pk]
        if party.entity is not None:
            entities[party.entity.id].append(pk)
    starts = [datetime.combine(since + timedelta(days=n), time.min, UTC) for n in range(days)]
    found: dict[int, list[tuple[EntityLink, Any]]] = defaultdict(list)
    rows = Ownership.objects.filter(entity__in=entities).select_related("owner").defer("owner__document")
    for row in rows.order_by("pk"):
        mask = np.array(
            [(row.starts is None or row.starts <= at) and (row.ends is None or at < row.ends) for at in starts]
        )
        if mask.any():
            for pk in entities[row.entity_id]:
                found[pk].append((link(row.owner), mask))
    return found


def party_keys() -> dict[int, int]:
    """Name -> the party that it is: its entity, or itself (negative). Over all names, for the software itself."""
    return {pk: entity or -pk for pk, entity in Name.objects.values_list("pk", "entity_id")}
