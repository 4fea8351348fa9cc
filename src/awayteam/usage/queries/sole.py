"""What one service alone uses, and on which evidence: the ground on which an owner may change."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from awayteam.kernel.actor import Actor
from awayteam.usage.graph import missed_below
from awayteam.usage.models import Evidence, Operation
from awayteam.usage.queries.evidence import behind
from awayteam.usage.queries.parties import Parties, Who
from awayteam.usage.queries.rows import Answer, Party
from awayteam.usage.queries.series import MOST_DAYS, party_keys


@dataclass(frozen=True, slots=True)
class SoleEvidence:
    """What one source saw. `missed_below`: other users with fewer calls than that in the window would have been missed
    more often than once in a thousand; 1 where nothing was left out, None where nobody says what was."""

    source: str
    calls: float
    sampling: float | None
    missed_below: int | None
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class SoleUse:
    """A provider (`operation` None: all of it) that `consumer` alone used in the window, as far as any source saw.

    `calls` are those of the source that saw most; sources are never added up.
    """

    provider: Party
    operation: str | None
    consumer: Party
    calls: float
    evidence: Sequence[SoleEvidence]

    @property
    def missed_below(self) -> int | None:
        """By the best evidence."""
        return min((one.missed_below for one in self.evidence if one.missed_below is not None), default=None)

    @property
    def is_unsampled(self) -> bool:
        return self.missed_below == 1


def sole(
    actor: Actor, *, now: datetime, days: int = 30, group: str = "service", provider: Who | None = None
) -> Answer[SoleUse]:
    """Providers, or their operations (`group` "operation"), with one user in the last `days`, by name.

    A provider that is restricted to others is left out. A user is an entity with all its names, or an unmatched name;
    the provider itself doesn't count as one.
    """
    from awayteam.usage.queries.uses import wanted

    asked = wanted(actor, now, provider=provider)
    until = now.date()
    since = until - timedelta(days=min(days, MOST_DAYS) - 1)
    by_operation = group == "operation"
    rows = _rows(since, until, asked.ids(), by_operation=by_operation)
    parties = Parties(actor, now)
    parties.load({name for row in rows for name in row[:2]})
    sources = dict(Evidence.objects.values_list("pk", "name"))
    texts = _texts({row[2] for row in rows}) if by_operation else {}
    evidence: dict[tuple[int, int, int], list[SoleEvidence]] = defaultdict(list)
    for provider_id, consumer_id, operation, source, calls, sampling, first, last in rows:
        evidence[provider_id, operation, consumer_id].append(
            SoleEvidence(sources[source], calls, sampling, missed_below(sampling), _day(first), _day(last))
        )
    found = [
        SoleUse(
            parties[name], texts.get(operation), parties[user], max(one.calls for one in some),
            sorted(some, key=lambda one: one.source),
        )
        for (name, operation, user), some in evidence.items()
        if not parties[name].is_hidden
    ]  # fmt: skip
    found.sort(key=lambda one: (one.provider.label, one.operation or "", one.provider.name))
    return Answer(found, since, until, behind(now, days))


def _day(number: int) -> date:
    from awayteam.usage.store.files import day_of

    return day_of(number)


def _texts(operations: set[int]) -> dict[int, str]:
    from awayteam.usage.names import chunks

    return {
        pk: text
        for some in chunks(sorted(operations))
        for pk, text in Operation.objects.filter(pk__in=some).values_list("pk", "text")
    }


def _rows(since: date, until: date, ids: dict[str, Any], *, by_operation: bool) -> list[Any]:
    """(a name of the provider, a name of its one user, operation or 0, source, calls, sampling, first, last)."""
    import numpy as np

    from awayteam.usage.models import Grain
    from awayteam.usage.store import files, reading

    first, last = files.number_of(since), files.number_of(until)
    paths = files.parts(Grain.DAY, first, last)
    if not paths:
        return []
    keys = party_keys()
    connection = files.connect()
    arrays = {"name": np.array(list(keys), np.int32), "party": np.array(list(keys.values()), np.int64)}
    connection.register("parties", arrays)
    operation = "o.operation" if by_operation else "0"
    try:
        found: list[Any] = connection.execute(
            f"""
            WITH summed AS (
                SELECT consumer, provider, operation, source, sum(seen) + sum(extra) AS calls, min(bucket) AS first,
                    max(bucket) AS last, CASE WHEN count(*) = count(sampling) THEN min(sampling) END AS sampling
                FROM read_parquet({files.listed(paths)}) WHERE {reading.narrowing(first, last, **ids)} GROUP BY ALL
            ), pairs AS (
                SELECT p.party AS p, c.party AS c, min(o.provider) AS provider, min(o.consumer) AS consumer,
                    {operation} AS operation, source, sum(calls) AS calls,
                    CASE WHEN count(*) = count(sampling) THEN min(sampling) END AS sampling, min(first) AS first,
                    max(last) AS last
                FROM summed o JOIN parties p ON p.name = o.provider JOIN parties c ON c.name = o.consumer
                WHERE p.party <> c.party GROUP BY ALL
            )
            SELECT one, least_user, operation, source, calls, sampling, first, last FROM (
                SELECT *, min(c) OVER whole AS least, max(c) OVER whole AS most, min(provider) OVER whole AS one,
                    min(consumer) OVER whole AS least_user
                FROM pairs WINDOW whole AS (PARTITION BY p, operation)
            ) WHERE least = most"""  # noqa: S608
        ).fetchall()
    finally:
        connection.unregister("parties")
    return found
