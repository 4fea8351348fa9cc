"""Allocations as CSV, for finance: rows with what is wrong by line and field, and the columns of an export. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from awayteam.allocations.rules import A_DAY, MOST_DAILY, Per, Period, Rate, wrong_rate
from awayteam.kernel.errors import InvalidInput
from awayteam.requests.exchange.rows import Read as RequestsRead
from awayteam.requests.exchange.rows import RowError
from awayteam.requests.exchange.tables import table, text_of

COLUMNS = {
    "reference": "your own key of the row: it is imported once, and changed when it comes again",
    "provider": "reference of the service or API that is used",
    "consumer": "reference of the service that uses it, or of a team (group:default/payments)",
    "rate": "whole calls in each `per`",
    "per": "second, hour or day",
    "starts": "the first day, 2026-01-31",
    "ends": "the last day",
    "why": "what it is for",
}
NEEDED = ("provider", "consumer", "rate", "per", "starts", "ends")
EXPORTED = (
    *COLUMNS,
    "number",
    "state",
    "asked",
    "last_day",
    "used_a_day",
    "granted_a_day",
    "reason",
    "home_team",
    "asking_team",
)
LONGEST = {"reference": 200, "why": 10_000}

__all__ = ["COLUMNS", "EXPORTED", "Read", "Row", "RowError", "read"]


@dataclass(frozen=True, slots=True)
class Row:
    """A row that can be used as far as it goes: its references are still to be looked up."""

    line: int
    reference: str
    provider: str
    consumer: str
    rate: Rate
    period: Period
    why: str


@dataclass(slots=True)
class Read:
    """Rows of a file, and what is wrong with the others."""

    file: str
    rows: list[Row] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)


def read(data: bytes, name: str) -> Read:
    """The rows of a CSV file (commas, semicolons or tabs; columns in any order; others are passed over).

    Raises `InvalidInput` where it is no CSV of ours at all: not UTF-8, too large, a column missing.
    """
    found, problems = Read(name), RequestsRead()
    places: Mapping[str, int] | None = None
    seen: dict[str, int] = {}
    for line, cells in table(text_of(data, name), name, problems):
        if places is None:
            places = _head(cells, name)
            continue
        given = {column: cells[at].strip() if at < len(cells) else "" for column, at in places.items()}
        row = _row(found, line, given)
        if row is not None and row.reference and row.reference in seen:
            first = seen[row.reference]
            found.errors.append(RowError(name, line, "reference", f"stands in line {first} already"))
        elif row is not None:
            seen.setdefault(row.reference, line)
            found.rows.append(row)
    if places is None:
        raise InvalidInput(f"{name} holds no rows.", f"Its head names the columns: {', '.join(COLUMNS)}.")
    found.errors += problems.errors
    return found


def _head(cells: Sequence[str], name: str) -> dict[str, int]:
    places: dict[str, int] = {}
    for at, cell in enumerate(cells):
        column = cell.strip().casefold().replace(" ", "_").replace("-", "_")
        if column in COLUMNS and column not in places:
            places[column] = at
    if missing := [column for column in NEEDED if column not in places]:
        what = f"{name} has no column {', '.join(missing)}."
        raise InvalidInput(what, f"The columns are {', '.join(COLUMNS)}.", {"text": what})
    return places


def _row(found: Read, line: int, given: Mapping[str, str]) -> Row | None:
    problems: dict[str, str] = {name: "is needed" for name in NEEDED if not given[name]}
    for name, most in LONGEST.items():
        if len(given.get(name, "")) > most:
            problems[name] = f"has more than {most:,} characters"
    for name in ("provider", "consumer"):
        if len(given[name]) > 300:
            problems[name] = "is no reference"
    rate = _rate(given, problems)
    days = {name: _day(given, name, problems) for name in ("starts", "ends")}
    if problems or rate is None:
        found.errors += [RowError(found.file, line, name, message) for name, message in problems.items()]
        return None
    period = Period(days["starts"] or date.min, days["ends"] or date.min)
    return Row(
        line, given.get("reference", ""), given["provider"], given["consumer"], rate, period, given.get("why", "")
    )


def _rate(given: Mapping[str, str], problems: dict[str, str]) -> Rate | None:
    per, text = given["per"].casefold().removeprefix("per ").removeprefix("a "), given["rate"].replace(" ", "")
    if given["per"] and per not in A_DAY:
        problems["per"] = f"{given['per'][:40]!r} is none of {', '.join(Per)}"
    if given["rate"] and not (text.isascii() and text.isdecimal() and len(text) <= len(str(MOST_DAILY))):
        problems["rate"] = f"{given['rate'][:40]!r} is no whole number of calls"
    if "per" in problems or "rate" in problems:
        return None
    rate = Rate(int(text), Per(per))
    problems.update(wrong_rate(rate))
    return rate


def _day(given: Mapping[str, str], name: str, problems: dict[str, str]) -> date | None:
    if not given[name]:
        return None
    try:
        return date.fromisoformat(given[name])
    except ValueError:
        problems[name] = f"{given[name][:40]!r} is no day; write 2026-01-31"
        return None


def lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Any, ...]]:
    """The cells of rows in the order of `EXPORTED`."""
    for row in rows:
        yield tuple(row[name] for name in EXPORTED)
