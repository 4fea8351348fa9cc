"""What charts of quotas show: points with their words; the templates draw them, each with its table."""

from collections import defaultdict
from collections.abc import Sequence

from awayteam.quotas.past import moment_of
from awayteam.quotas.queries import PreviewTold

Points = list[tuple[str, float | None]]


def hour_words(hour: int) -> str:
    """ "Nov 23, 14:00 UTC"."""
    return f"{moment_of(hour):%b %d, %H:00} UTC"


def preview(told: PreviewTold) -> Points:
    """Calls over the limit by day, at most, of all consumers that it is for; every day of the preview."""
    by_day: dict[int, int] = defaultdict(int)
    for _, one in told.consumers:
        for hour in one.hours:
            by_day[hour.hour // 24] += hour.most
    return [
        (f"{moment_of(day * 24):%b %d}", by_day.get(day, 0)) for day in range(told.since // 24, told.until // 24 + 1)
    ]


def counted(hours: Sequence[tuple[int, int, int, int]]) -> Points:
    """Requests over a limit (let through in shadow, or refused) by hour; hours without requests are gaps."""
    if not hours:
        return []
    known = {hour: over + denied for hour, _, over, denied in hours}
    return [(hour_words(hour), known.get(hour)) for hour in range(hours[0][0], hours[-1][0] + 1)]


def hours(series: Sequence[tuple[int, float]]) -> Points:
    """Calls by hour."""
    return [(hour_words(hour), round(calls)) for hour, calls in series]
