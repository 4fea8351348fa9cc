"""What is a good value for a fact of a team or a person. Pure."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from awayteam.kernel.rulebook import checks

EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")
MAX_TEXT = 20_000
CALENDAR_KEYS = ("country", "subdivision", "hours", "weekdays")


def wrong_of_team(field: str, value: Any) -> str | None:
    """What is wrong with a value for this fact of a team, or None."""
    return _wrong(TEAM, field, value)


def wrong_of_person(field: str, value: Any) -> str | None:
    """What is wrong with a value for this fact of a person, or None."""
    return _wrong(PERSON, field, value)


def _wrong(facts: Mapping[str, Callable[[Any], str | None]], field: str, value: Any) -> str | None:
    if field not in facts:
        return f"is no fact that can be edited; these can: {', '.join(facts)}"
    return facts[field](value)


def _text(longest: int) -> Callable[[Any], str | None]:
    def check(value: Any) -> str | None:
        if not isinstance(value, str):
            return "must be a text"
        if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            return "holds a character that can't be stored"
        return f"has {len(value)} characters; at most {longest} fit" if len(value) > longest else None

    return check


def _email(value: Any) -> str | None:
    if value == "":
        return None
    return _text(320)(value) or (None if EMAIL.fullmatch(value) else "is no e-mail address")


def _address(value: Any) -> str | None:
    if value == "":
        return None
    problem = _text(2_000)(value)
    return problem or (None if value.startswith(("https://", "http://")) else "must start with https:// or http://")


def _time_zone(value: Any) -> str | None:
    if value == "":
        return None
    return _text(60)(value) or checks.time_zone(value)


def _contacts(value: Any) -> str | None:
    if not isinstance(value, dict) or len(value) > 30:
        return "must be an object of at most 30 contacts"
    texts = all(isinstance(key, str) and not _text(100)(key) and not _text(2_000)(one) for key, one in value.items())
    return None if texts else "must map names to texts"


def _calendar(value: Any) -> str | None:
    if not isinstance(value, dict):
        return "must be an object"
    unknown = sorted(set(value) - set(CALENDAR_KEYS))
    if unknown:
        return f"has no {unknown[0]!r}; it has {', '.join(CALENDAR_KEYS)}"
    country, subdivision = value.get("country", ""), value.get("subdivision", "")
    if not isinstance(country, str) or not isinstance(subdivision, str):
        return "country and subdivision must be texts"
    problem = checks.country(country) or checks.subdivision(country, subdivision)
    if problem:
        return problem
    return _hours(value.get("hours", ["09:00", "17:00"])) or _weekdays(value.get("weekdays", [0]))


def _hours(value: Any) -> str | None:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        return "hours must be a list of two texts such as 09:00"
    return checks.hours(value)


def _weekdays(value: Any) -> str | None:
    if not isinstance(value, list) or not all(type(one) is int for one in value):
        return "weekdays must be a list of numbers from 0 (Monday) to 6"
    return checks.weekdays(value)


TEAM: Mapping[str, Callable[[Any], str | None]] = {
    "calendar": _calendar,
    "contacts": _contacts,
    "email": _email,
    "mission": _text(MAX_TEXT),
    "on_call_url": _address,
    "picture": _address,
    "time_zone": _time_zone,
}
PERSON: Mapping[str, Callable[[Any], str | None]] = {
    "display_name": _text(300),
    "email": _email,
    "picture": _address,
    "time_zone": _time_zone,
}
