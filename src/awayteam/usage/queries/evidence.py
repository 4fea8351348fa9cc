"""What stands behind figures: by source, what was received in a window, and what was lost of it."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min, Sum

from awayteam.usage.models import Coverage, Edge
from awayteam.usage.queries.rows import WINDOW_DAYS, Behind

_SUMS = ("spans", "paired", "by_word", "unpaired", "expired", "foreign", "dropped", "capped", "refused")


def window(now: datetime, days: int = WINDOW_DAYS) -> tuple[date, date]:
    """First and last day of the last `days`, today included."""
    today = now.date()
    return today - timedelta(days=days - 1), today


def behind(now: datetime, days: int = WINDOW_DAYS) -> tuple[Behind, ...]:
    """What every source of the window rests on, by name; two statements. `sampling` is the smallest of its edges."""
    since, until = window(now, days)
    rows = Coverage.objects.filter(day__gte=since, day__lte=until).values("source__name").order_by("source__name")
    some: Any = rows.annotate(
        since=Min("day"), until=Max("day"), days=Count("day", distinct=True), **{f"n_{one}": Sum(one) for one in _SUMS}
    )  # fmt: skip
    least = dict(Edge.objects.filter(calls__gt=0).values_list("source__name").annotate(Min("sampling")).order_by())
    unsaid = set(Edge.objects.filter(calls__gt=0, sampling=None).values_list("source__name", flat=True).distinct())
    return tuple(
        Behind(
            source=row["source__name"], since=row["since"], until=row["until"], days=row["days"],
            sampling=None if row["source__name"] in unsaid else least.get(row["source__name"]),
            **{one: int(row[f"n_{one}"]) for one in _SUMS},
        )
        for row in some
    )  # fmt: skip
