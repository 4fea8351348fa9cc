"""What stands behind figures: by source, what was received in a window, and what was lost of it."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min, Sum

from awayteam.usage.models import Coverage
from awayteam.usage.queries.rows import WINDOW_DAYS, Behind

_SUMS = ("spans", "paired", "by_word", "unpaired", "expired", "foreign", "dropped", "capped", "refused")


def window(now: datetime, days: int = WINDOW_DAYS) -> tuple[date, date]:
    """First and last day of the last `days`, today included."""
    today = now.date()
    return today - timedelta(days=days - 1), today


def behind(now: datetime, days: int = WINDOW_DAYS) -> tuple[Behind, ...]:
    """What every source of the window rests on, by name; one statement. `sampling` is the smallest of its edges."""
    since, until = window(now, days)
    rows = Coverage.objects.filter(day__gte=since, day__lte=until).order_by("source__name")
    some: Any = rows.values("source__name", "source__sampling").annotate(
        since=Min("day"), until=Max("day"), days=Count("day", distinct=True), **{f"n_{one}": Sum(one) for one in _SUMS}
    )  # fmt: skip
    return tuple(
        Behind(
            source=row["source__name"], since=row["since"], until=row["until"], days=row["days"],
            sampling=row["source__sampling"], **{one: int(row[f"n_{one}"]) for one in _SUMS},
        )
        for row in some
    )  # fmt: skip
