"""One shape for what files of any tracker say of a request, and for what is wrong with a row. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from awayteam.requests.rules import MOST_VALUE

KINDS = ("feature", "bug", "performance", "access")
STATES = ("open", "done", "dropped", "withdrawn")
OWN_KEY = "awayteam-"
"""Begins the key of an exported request that has none of its own; its number follows."""
LONGEST = {"title": 200, "need": 20_000, "grounds": 5_000, "customer_value": 5_000, "key": 300, "url": 2_000}

COLUMNS = {
    "key": "the request's key where it comes from: it is imported once, and changed after that",
    "url": "its address there",
    "kind": "feature, bug, performance or access (default: feature)",
    "title": "what is asked, in a line",
    "need": "what is needed, and why",
    "home_team": "the team that is asked",
    "asking_team": "the team that asks",
    "asker": "the person who asks: a name, handle or e-mail address of the organisation",
    "also_asking": "further teams that ask, separated by blanks or commas",
    "about": "reference of the service or API that it is about",
    "value_per_week": "what a week of delay costs",
    "grounds": "where that figure comes from",
    "customer_value": "what customers get from it",
    "wanted_by": "a day",
    "state": "open, done, dropped or withdrawn (default: open)",
    "created_at": "when it was asked",
    "closed_at": "when it was closed, where it isn't open",
}
"""What the own files hold, and what `--map` may name. Only `title` is always needed."""


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with one row: the file, its line (or number of the object, from 1), the field, and why."""

    file: str
    line: int
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Row:
    """A request as a file says it; teams and people are words that the import looks up. `askers` are tried in turn."""

    file: str
    line: int
    title: str
    need: str = ""
    kind: str = "feature"
    key: str = ""
    url: str = ""
    home_team: str = ""
    asking_team: str = ""
    askers: tuple[str, ...] = ()
    also_asking: tuple[str, ...] = ()
    about: str = ""
    value_per_week: Decimal = Decimal(0)
    grounds: str = ""
    customer_value: str = ""
    wanted_by: date | None = None
    state: str = "open"
    created_at: datetime | None = None
    closed_at: datetime | None = None


@dataclass(slots=True)
class Read:
    """The rows that can be used, and what is wrong with the others."""

    rows: list[Row] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)


def add(found: Read, file: str, line: int, cells: Mapping[str, Any]) -> None:
    """Make a row of named cells (texts, numbers, lists of texts), or note each one that can't be used."""
    problems: dict[str, str] = {}
    given = {name: value for name, value in cells.items() if value not in (None, "", [])}
    values: dict[str, Any] = {"file": file, "line": line}
    for name in ("key", "url", "title", "need", "grounds", "customer_value", "home_team", "asking_team", "about"):
        values[name] = _text(problems, name, given.get(name, ""))
    values["title"] = " ".join(values["title"].split())
    values["askers"] = _words(problems, "asker", given.get("asker", ()))
    values["also_asking"] = _words(problems, "also_asking", given.get("also_asking", ()))
    for name, known, default in (("kind", KINDS, "feature"), ("state", STATES, "open")):
        values[name] = _text(problems, name, given.get(name, default)).lower()
        if name not in problems and values[name] not in known:
            problems[name] = f"{values[name][:40]!r} is none of {', '.join(known)}"
    values["value_per_week"] = _number(problems, given.get("value_per_week", 0))
    for name, read in (("wanted_by", day), ("created_at", moment), ("closed_at", moment)):
        try:
            values[name] = read(given[name]) if name in given else None
        except (TypeError, ValueError, OverflowError):
            problems[name] = f"{str(given[name])[:40]!r} is no day or time; write 2026-01-31"
    if not values["title"] and "title" not in problems:
        problems["title"] = "is needed"
    if problems:
        found.errors += [RowError(file, line, name, message) for name, message in problems.items()]
    else:
        found.rows.append(Row(**values))


def _text(problems: dict[str, str], name: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        problems[name] = "must be a text"
        return ""
    text = str(value).replace("\r\n", "\n").strip()
    if "\0" in text:
        problems[name] = "holds a NUL character"
    elif len(text) > LONGEST.get(name, 300):
        problems[name] = f"has more than {LONGEST.get(name, 300):,} characters"
    return text


def _words(problems: dict[str, str], name: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [value] if name == "asker" else re.split(r"[\s,;]+", value)
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        problems[name] = "must be a text, or a list of texts"
        return ()
    return tuple(dict.fromkeys(one.strip()[:300] for one in value if one.strip()))[:50]


def _number(problems: dict[str, str], value: Any) -> Decimal:
    try:
        number = Decimal(str(value).strip())
        if not number.is_finite() or not 0 <= number <= MOST_VALUE:
            raise InvalidOperation
        return number.quantize(Decimal("0.01"))
    except InvalidOperation:
        problems["value_per_week"] = f"{str(value)[:40]!r} is no value; write a number from 0"
        return Decimal(0)


JIRA_TIMES = ("%d/%b/%y %I:%M %p", "%d/%b/%y", "%d/%b/%Y %H:%M", "%Y/%m/%d %H:%M")
"""How Jira's CSV export writes times, by its usual settings."""


def moment(value: Any) -> datetime:
    """A time: ISO 8601 (a day means its noon), or one of Jira's; without zone it is UTC. Raises `ValueError`."""
    text = str(value).strip()
    if len(text) == len("2026-01-31"):
        return datetime.combine(date.fromisoformat(text), time(12), UTC)
    try:
        at = datetime.fromisoformat(re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", text))
    except ValueError:
        at = _jira(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _jira(text: str) -> datetime:
    for form in JIRA_TIMES:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - the zone is set by whoever called
        except ValueError:
            continue
    raise ValueError(text)


def day(value: Any) -> date:
    """A day; of a time the day on which it falls there. Raises `ValueError`."""
    return moment(value).date()
