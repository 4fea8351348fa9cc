"""What a sender hands in: read row by row, so that a bad row never sinks its neighbours. Pure.

A batch is JSON: {"exposures": [{"experiment", "unit", "arm", "at", "properties"}], "events": [{"unit", "name", "value",
"at", "id"}]}. `at` is a time with its offset. An event without `id` is known by what it says: sent twice it counts
once. An exposure counts by its unit, arm and time, however often it comes.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

import orjson

from awayteam.experiments.design import KEY

LONGEST = {"experiment": 63, "unit": 200, "arm": 63, "name": 100, "id": 200}
MOST_PROPERTIES, LONGEST_PROPERTY = 20, 200
OLDEST = datetime(2000, 1, 1, tzinfo=UTC)
KNOWN = {"exposures", "events"}


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that can't be used: in which list, at which place, and why."""

    list: str
    index: int
    why: str


@dataclass(slots=True)
class Taken:
    """Rows to keep, as JSON lines of the spool have them, and those refused."""

    exposures: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


class BadBatch(ValueError):
    """A body that is no batch at all; the text says what is wrong."""


class _BadRow(ValueError):
    pass


def take(body: bytes, *, now: datetime, most: int, ahead_seconds: int) -> Taken:
    """The rows of a batch. Raises `BadBatch` for a body that isn't one, or holds more than `most` rows."""
    try:
        values = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadBatch(f"The body is no JSON: {error}.") from None
    if not isinstance(values, dict) or not values or set(values) - KNOWN:
        raise BadBatch('The body must be an object with "exposures", "events" or both, and nothing else.')
    if any(not isinstance(rows, list) for rows in values.values()):
        raise BadBatch('"exposures" and "events" are lists.')
    if sum(map(len, values.values())) > most:
        raise BadBatch(f"A batch has at most {most:,} rows.")
    taken, latest = Taken(), now + timedelta(seconds=ahead_seconds)
    readers = (("exposures", _exposure, taken.exposures), ("events", _event, taken.events))
    for name, read, kept in readers:
        for index, row in enumerate(values.get(name, ())):
            try:
                kept.append(read(row, now, latest))
            except _BadRow as error:
                taken.refused.append(Refused(name, index, str(error)))
    return taken


def _exposure(row: Any, now: datetime, latest: datetime) -> dict[str, Any]:
    given = _fields(row, {"experiment", "unit", "arm", "at"}, {"properties"})
    properties = given.get("properties") or {}
    if not isinstance(properties, dict) or len(properties) > MOST_PROPERTIES:
        raise _BadRow(f"properties is an object of at most {MOST_PROPERTIES} texts")
    for name, value in properties.items():
        if not KEY.fullmatch(name) or not isinstance(value, str) or len(value) > LONGEST_PROPERTY:
            raise _BadRow(f"the property {name[:40]!r} must be a name in small letters with a short text")
    return {
        "experiment": _text(given, "experiment"), "unit": _text(given, "unit"), "arm": _text(given, "arm"),
        "moment": _time(given["at"], latest),
        "props": _json({name: _clean(value, name) for name, value in properties.items()}),
        "got": now.isoformat(),
    }  # fmt: skip


def _event(row: Any, now: datetime, latest: datetime) -> dict[str, Any]:
    given = _fields(row, {"unit", "name", "at"}, {"value", "id"})
    value = given.get("value", 1)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or abs(value) > 1e15:
        raise _BadRow("value must be a number, at most 1e15 either way")
    unit, name, at = _text(given, "unit"), _text(given, "name"), _time(given["at"], latest)
    own = _text(given, "id") if given.get("id") not in (None, "") else ""
    known = f"{name}\n{own}" if own else f"{name}\n{unit}\n{at}\n{float(value)!r}"
    id = hashlib.blake2b(known.encode(), digest_size=16).hexdigest()
    return {"unit": unit, "name": name, "value": float(value), "moment": at, "id": id, "got": now.isoformat()}


def _fields(row: Any, needed: set[str], more: set[str]) -> Mapping[str, Any]:
    if not isinstance(row, dict):
        raise _BadRow("a row is an object")
    if missing := needed - set(row):
        raise _BadRow(f"{min(missing)} is missing")
    if extra := set(row) - needed - more:
        raise _BadRow(f"there is no field {min(extra)[:40]!r}")
    return row


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row[name]
    if isinstance(value, int) and not isinstance(value, bool) and name == "unit":
        value = str(value)
    if not isinstance(value, str) or not value or len(value) > LONGEST[name]:
        raise _BadRow(f"{name} must be a text of 1 to {LONGEST[name]} characters")
    return _clean(value, name)


def _clean(value: str, name: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _BadRow(f"{name} is no valid Unicode") from None
    if "\0" in value:
        raise _BadRow(f"{name} holds a NUL")
    return value


def _time(value: Any, latest: datetime) -> str:
    """In UTC, to the microsecond. A time without offset could mean any of 38 hours: it is refused."""
    if not isinstance(value, str) or len(value) > 40:
        raise _BadRow("at must be a time as text, with its offset: 2026-01-31T12:00:00Z")
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise _BadRow(f"at is no time: {value!r}; write 2026-01-31T12:00:00Z") from None
    if at.tzinfo is None:
        raise _BadRow("at has no offset; write 2026-01-31T12:00:00Z or +01:00")
    try:
        at = at.astimezone(UTC)
    except OverflowError:
        raise _BadRow("at is outside of the calendar") from None
    if at > latest:
        raise _BadRow("at lies in the future; is that clock right?")
    if at < OLDEST:
        raise _BadRow("at lies before the year 2000")
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _json(values: Mapping[str, str]) -> str:
    return orjson.dumps(values, option=orjson.OPT_SORT_KEYS).decode()
