"""Past use of an API by the hour, from what was counted without sampling where there is such a count."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import UTC, datetime

from django.db.models import F, Q, Sum

from awayteam.catalog.models import Entity
from awayteam.quotas.models import Count

Series = dict[int, dict[int, float]]
"""Number of the consumer's entity -> hour since 1970 -> calls."""


def hour_of(at: datetime) -> int:
    """Hours since 1970, UTC."""
    return int(at.timestamp()) // 3600


def hourly(
    api: Entity, *, since: int, until: int, consumers: Collection[int] | None = None, operation: str = ""
) -> Series:
    """Calls of an API by consumer and hour, `since` inclusive, `until` exclusive; of one operation, or of all ("")."""
    return _counted(api, since, until, consumers, operation)


def busy(hour: int, *, calls_min: int) -> Iterator[tuple[Entity, set[int]]]:
    """APIs with the consumers that asked at least `calls_min` times in that hour."""
    rows = (
        Count.objects.filter(hour=hour, limit__consumer__isnull=False)
        .values("limit__api", "limit__consumer")
        .annotate(calls=Sum(F("allowed") + F("over") + F("denied")))
        .filter(calls__gte=calls_min)
    )
    found: dict[int, set[int]] = defaultdict(set)
    for row in rows:
        found[row["limit__api"]].add(row["limit__consumer"])
    for pk, api in Entity.objects.select_related("owner").in_bulk(list(found)).items():
        yield api, found[pk]


def _counted(api: Entity, since: int, until: int, consumers: Collection[int] | None, operation: str) -> Series:
    """What proxies counted under limits."""
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


def moment_of(hour: int) -> datetime:
    """When an hour since 1970 began, UTC."""
    return datetime.fromtimestamp(hour * 3600, UTC)
