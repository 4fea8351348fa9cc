"""What was worked already: time between two days, shared among the items that were in work together."""

from collections.abc import Sequence
from datetime import date

from awayteam.kernel.businesstime import Calendar
from awayteam.roadmaps.rules.capacity import working_share

LEAST = 0.01
"""Team-weeks that a finished item took at least: what is done within a day took some of it."""


def weeks_shared(calendar: Calendar, starts: date, ends: date, others: Sequence[tuple[date, date]]) -> float:
    """Team-weeks that an item took from `starts` until `ends` (exclusive), one lane for the team: each working day is
    divided evenly among the item and those of `others` (from, until) that were in work on it."""
    days = (ends - starts).days
    if days <= 0:
        return 0.0
    share = working_share(calendar.country, calendar.subdivision, calendar.weekdays, starts, days)
    together = [1] * (days + 1)
    for begin, end in others:
        for number in range(max((begin - starts).days, 0), min((end - starts).days, days)):
            together[number] += 1
    return sum(part / count for part, count in zip(share, together, strict=False))
