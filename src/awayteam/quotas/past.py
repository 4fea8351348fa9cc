"""Past use of an API by the hour: what telemetry counted, else what proxies counted under limits.

Kinds of evidence see the same calls and are never added up. For each consumer the best one that knows it counts:
proxies' own reports first, then meshes, service graphs, and traces last.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import F, Q, Sum

from awayteam.catalog.models import Entity, Relation
from awayteam.kernel.actor import SYSTEM
from awayteam.quotas.models import Count
from awayteam.sources.declared import RelationType

Series = dict[int, dict[int, float]]
"""Number of the consumer's entity -> hour since 1970 -> calls."""

BEST = ("envoy", "rlqs", "mesh", "istio", "servicegraph")
"""Kinds of evidence that leave nothing out, the best first; all others come after them."""


def hour_of(at: datetime) -> int:
    """Hours since 1970, UTC."""
    return int(at.timestamp()) // 3600


def moment_of(hour: int) -> datetime:
    """When an hour since 1970 began, UTC."""
    return datetime.fromtimestamp(hour * 3600, UTC)


def hourly(
    api: Entity, *, since: int, until: int, consumers: Collection[int] | None = None, operation: str = ""
) -> Series:
    """Calls of an API by consumer and hour, `since` inclusive, `until` exclusive; of one operation, or of all ("")."""
    return _counted(api, since, until, consumers, operation) | _observed(api, since, until, consumers, operation)


def busy(hour: int, *, calls_min: int) -> Iterator[tuple[Entity, set[int]]]:
    """APIs with the consumers that asked at least `calls_min` times in that hour."""
    candidates = _asked_much(hour, calls_min) | set(
        Count.objects.filter(hour=hour).values_list("limit__api", flat=True).distinct()
    )
    for api in Entity.objects.select_related("owner").filter(pk__in=candidates, kind="API").order_by("pk"):
        found = hourly(api, since=hour, until=hour + 1)
        consumers = {pk for pk, counts in found.items() if counts.get(hour, 0) >= calls_min}
        if consumers:
            yield api, consumers


def _asked_much(hour: int, calls_min: int) -> set[int]:
    """APIs of the providers that were asked so often in that hour, by anybody."""
    from awayteam.usage.models import Grain, Name
    from awayteam.usage.store import reading

    day = _day(hour)
    found = reading.series(day, day, grain=Grain.HOUR)
    sums: dict[int, float] = defaultdict(float)
    for provider, calls in zip(found.keys[:, 1].tolist(), found.calls[:, hour - found.first].tolist(), strict=True):
        sums[provider] += calls
    names = [pk for pk, calls in sums.items() if calls >= calls_min]
    entities = set(Name.objects.filter(pk__in=names, entity__isnull=False).values_list("entity_id", flat=True))
    provided = Relation.objects.filter(type=RelationType.PROVIDES_API, source__in=entities)
    return set(provided.values_list("target_id", flat=True)) | {pk for pk in entities if pk is not None}


def _observed(
    api: Entity, since: int, until: int, consumers: Collection[int] | None, operation: str
) -> Series:  # fmt: skip
    """What telemetry counted."""
    from awayteam.usage.models import Evidence, Grain, Name
    from awayteam.usage.queries.uses import wanted
    from awayteam.usage.store import reading

    ids = wanted(SYSTEM, moment_of(until), provider=api).ids()
    if not ids["providers"]:
        return {}
    if operation:
        ids["operations"] = _spelt_so(ids, operation)
    callers = Name.objects.filter(entity__isnull=False)
    if consumers is not None:
        callers = callers.filter(entity__in=consumers)
        ids["consumers"] = list(callers.values_list("pk", flat=True))
    found = reading.series(_day(since), _day(until - 1), grain=Grain.HOUR, **ids)
    entities = dict(callers.filter(pk__in=found.keys[:, 0].tolist()).values_list("pk", "entity_id"))
    sources = dict(Evidence.objects.values_list("pk", "name"))
    columns = slice(since - found.first, until - found.first)
    by_source: dict[tuple[int, str], Any] = {}
    for (consumer, _, _, source), calls in zip(found.keys.tolist(), found.calls[:, columns], strict=True):
        entity = entities.get(consumer)
        if entity is not None:
            key = (entity, sources[source])
            by_source[key] = calls + by_source[key] if key in by_source else calls
    return _best(by_source, since)


def _best(by_source: dict[tuple[int, str], Any], since: int) -> Series:
    """For each consumer the counts of the best evidence that saw any call of it."""
    chosen: dict[int, tuple[tuple[int, float], Any]] = {}
    for (entity, source), calls in by_source.items():
        total = float(calls.sum())
        rank = (BEST.index(source) if source in BEST else len(BEST), -total)
        if total > 0 and (entity not in chosen or rank < chosen[entity][0]):
            chosen[entity] = (rank, calls)
    return {
        entity: {since + place: value for place, value in enumerate(calls.tolist()) if value > 0}
        for entity, (_, calls) in chosen.items()
    }


def _spelt_so(ids: dict[str, Any], operation: str) -> set[int]:
    """The telemetry's operations that are this one of the API, however parameters are written."""
    from awayteam.usage.models import Operation
    from awayteam.usage.operations import operation_key

    rows = Operation.objects.filter(provider__in=ids["providers"]).values_list("pk", "text")
    found = {pk for pk, text in rows if operation_key(text) == operation_key(operation)}
    return found if ids["operations"] is None else found & set(ids["operations"])


def _day(hour: int) -> date:
    return moment_of(hour).date()


def _counted(
    api: Entity, since: int, until: int, consumers: Collection[int] | None, operation: str
) -> Series:  # fmt: skip
    """What proxies counted under limits of these consumers."""
    wanted = Q(limit__api=api, limit__consumer__isnull=False, hour__gte=since, hour__lt=until)
    if operation:
        wanted &= Q(limit__operation=operation)
    if consumers is not None:
        wanted &= Q(limit__consumer__in=consumers)
    rows = Count.objects.filter(wanted).values_list("limit__consumer", "hour").order_by()
    found: Series = defaultdict(dict)
    for consumer, hour, calls in rows.annotate(calls=Sum(F("allowed") + F("over") + F("denied"))):
        found[consumer][hour] = float(calls)
    return dict(found)
