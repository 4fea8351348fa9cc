"""Checks of single values that bounds can't express: each returns what is wrong, or None."""

import re
import zoneinfo
from collections.abc import Sequence

HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")


def time_zone(value: str) -> str | None:
    if value in zoneinfo.available_timezones():
        return None
    return f"there is no time zone {value!r}; write a name such as Europe/Berlin or UTC"


def country(value: str) -> str | None:
    import holidays

    if not value or value in holidays.list_supported_countries():
        return None
    return f"no public holidays are known for {value!r}; write an ISO 3166 code such as DE, or leave it empty"


def subdivision(country: str, value: str) -> str | None:
    import holidays

    if not value:
        return None
    if not country:
        return "a subdivision needs a country"
    known = holidays.list_supported_countries().get(country, [])
    if value in known:
        return None
    return f"{country} has no subdivision {value!r}; known: {', '.join(known) or 'none'}"


def weekdays(value: Sequence[int]) -> str | None:
    if not value:
        return "nobody would ever work; name at least one day, 0 (Monday) to 6 (Sunday)"
    if not set(value) <= set(range(7)):
        return "the days are 0 (Monday) to 6 (Sunday)"
    return "a day is named twice" if len(set(value)) != len(value) else None


def hours(value: Sequence[str]) -> str | None:
    if len(value) != 2 or not all(HOUR.fullmatch(hour) for hour in value):
        return 'write start and end as ["09:00", "17:00"]'
    return None if value[0] < value[1] else "the working day must end after it starts"


def time_of_day(value: str) -> str | None:
    if HOUR.fullmatch(value) and value != "24:00":
        return None
    return f"{value!r} is no time of day; write it as 08:30"


def author_patterns(value: Sequence[str]) -> str | None:
    if len(value) > 500:
        return "at most 500 patterns"
    for pattern in value:
        if pattern != "$*" and len(pattern.replace("*", "").strip()) < 2:
            return f"{pattern!r} would match nearly everybody; name at least two characters"
        if len(pattern) > 200 or pattern.count("*") > 8:
            return f"{pattern[:40]!r}... is too long; at most 200 characters and eight stars"
    return None
