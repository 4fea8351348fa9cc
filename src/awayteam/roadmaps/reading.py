"""Reads items of a roadmap from CSV or JSON: typed rows, and for each bad value its line, field and reason. Pure."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from awayteam.kernel.errors import AwayteamError, InvalidInput
from awayteam.roadmaps import facts
from awayteam.roadmaps.choices import ItemKind, ItemState

MOST_BYTES = 20_000_000
MOST_ROWS = 50_000
LONGEST_CELL = 100_000

COLUMNS = {
    "key": "the item's key where it comes from; a row whose key is known changes that item",
    "team": "reference of the team; may be left out where the command names one",
    "title": "what it is",
    "kind": "feature, bug, performance, access, debt or other",
    "description": "Markdown",
    "effort": "likely effort in team-weeks (also `effort_likely`)",
    "effort_low": "left empty: the likely one",
    "effort_high": "left empty: the likely one",
    "value_per_week": "points for each week of delay",
    "goal": "number or title of an open goal of the team or of a unit above it",
    "rank": "1 is first; left empty: at the end",
    "state": "planned, started, done or dropped",
    "promised_on": "day promised to others",
    "started_at": "day or time at which work began",
    "done_at": "day or time at which it was done (of dropped ones: given up)",
    "real_effort": "team-weeks that it took",
    "needs": "keys or numbers of items that must be done first, separated by blanks, commas or semicolons",
}
"""What a file may hold. Order doesn't matter, capitals don't, and only `title` and `effort` are needed."""

OTHER_NAMES = {
    "effort_likely": "effort", "external_key": "key", "id": "key", "low": "effort_low", "likely": "effort",
    "high": "effort_high", "value": "value_per_week", "promised": "promised_on",
}  # fmt: skip
PASSED_OVER = frozenset({"begins", "p50", "p85"})
"""Columns of our own exports that follow from the others."""


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with one row of the file; `line` counts from 1, the head of a CSV file included."""

    line: int
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item of the file. `given` names the columns that weren't empty: only these change an item that is known."""

    line: int
    key: str
    team: str
    title: str
    effort: tuple[Decimal, Decimal, Decimal]
    given: frozenset[str]
    kind: str = ItemKind.FEATURE
    description: str = ""
    value_per_week: Decimal = Decimal(0)
    goal: str = ""
    rank: int | None = None
    state: str = ItemState.PLANNED
    promised_on: date | None = None
    started_at: datetime | None = None
    done_at: datetime | None = None
    real_effort: Decimal | None = None
    needs: tuple[str, ...] = ()


@dataclass(slots=True)
class Read:
    """The rows that can be used, and what is wrong with the others."""

    rows: list[ItemRow] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)


def read(data: bytes, name: str = "") -> Read:
    """The items of a file: CSV, or JSON (a list of objects, or {"items": [...]}). Raises `InvalidInput`."""
    if len(data) > MOST_BYTES:
        raise InvalidInput(f"{name or 'The file'} is larger than {MOST_BYTES:,} bytes.", "Import it in parts.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{name or 'The file'} isn't UTF-8 (at byte {error.start}).", "Save it as UTF-8.") from None
    if "\0" in text:
        raise InvalidInput(f"{name or 'The file'} holds NUL characters.", "Save it as plain text.")
    found = Read()
    rows = _json_rows(text, found) if text.lstrip()[:1] in "[{" and text.strip() else _csv_rows(text, found)
    for line, cells in rows:
        if line > MOST_ROWS:
            raise InvalidInput(f"{name or 'The file'} has more than {MOST_ROWS:,} rows.", "Import it in parts.")
        _row(found, line, cells)
    return found


def _json_rows(text: str, found: Read) -> Iterable[tuple[int, Mapping[str, Any]]]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"The file isn't JSON: {error}.", "Mend it at that place.") from None
    items = value.get("items") if isinstance(value, dict) else value
    if not isinstance(items, list):
        raise InvalidInput("The file has no list of items.", 'Write [{"title": ...}, ...] or {"items": [...]}.')
    for line, one in enumerate(items, 1):
        if isinstance(one, dict):
            yield line, one
        else:
            found.errors.append(RowError(line, "", "is no object"))


def _csv_rows(text: str, found: Read) -> Iterable[tuple[int, Mapping[str, Any]]]:
    head = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if head.count(";") > head.count(",") else ",")
    try:
        names = next(reader, [])
        if not any(name.strip() for name in names):
            raise InvalidInput("The file is empty.", f"Its first line names columns: {', '.join(COLUMNS)}.")
        _check_columns(names)
        for cells in reader:
            if len(cells) > len(names):
                found.errors.append(RowError(reader.line_num, "", f"has {len(cells)} cells for {len(names)} columns"))
            elif any(cell.strip() for cell in cells):
                yield reader.line_num, dict(zip(names, cells, strict=False))
    except csv.Error as error:
        raise InvalidInput(f"The file isn't CSV: {error} (line {reader.line_num}).", "Mend it there.") from None


def column(name: str) -> str:
    """The column that a head means: "Value per week" is value_per_week."""
    plain = "_".join(name.strip().lower().replace("-", " ").split())
    return OTHER_NAMES.get(plain, plain)


def _check_columns(names: Iterable[str]) -> None:
    meant = [column(name) for name in names if name.strip()]
    unknown = [name for name in meant if name not in COLUMNS and name not in PASSED_OVER]
    if unknown:
        raise InvalidInput(f"There is no column {unknown[0][:40]!r}.", f"These are known: {', '.join(COLUMNS)}.")
    twice = [name for name in meant if meant.count(name) > 1]
    if twice:
        raise InvalidInput(f"Two columns mean {twice[0]}.", "Leave one out.")


def _row(found: Read, line: int, cells: Mapping[str, Any]) -> None:
    problems: dict[str, str] = {}
    values: dict[str, Any] = {}
    for name, value in cells.items():
        meant = column(str(name))
        if meant in PASSED_OVER or value in (None, "", []):
            continue
        if meant not in COLUMNS:
            problems[str(name)[:40]] = "is no column that is known here"
        else:
            values[meant] = value
    texts = {name: _text(problems, name, value) for name, value in values.items()}
    made = {name: _value(problems, name, texts[name]) for name in texts if name not in problems}
    if not problems:
        _check(problems, made)
    if problems:
        found.errors += [RowError(line, name, message) for name, message in problems.items()]
        return
    effort = made.pop("effort")
    low, high = made.pop("effort_low", effort), made.pop("effort_high", effort)
    made |= {"key": made.get("key", ""), "team": made.get("team", ""), "title": made["title"].strip()}
    found.rows.append(ItemRow(line=line, effort=(low, effort, high), given=frozenset(texts), **made))


def _text(problems: dict[str, str], name: str, value: Any) -> str:
    if isinstance(value, list) and name == "needs":
        value = " ".join(str(one) for one in value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        problems[name] = "must be a text or a number"
        return ""
    text = str(value)
    if len(text) > LONGEST_CELL:
        problems[name] = f"has more than {LONGEST_CELL:,} characters"
    return text if name in {"description", "title"} else text.strip()


def _check(problems: dict[str, str], made: Mapping[str, Any]) -> None:
    for name in ("title", "effort"):
        if name not in made:
            problems[name] = "is needed"
    if problems:
        return
    effort = made["effort"]
    facts.effort(problems, made.get("effort_low", effort), effort, made.get("effort_high", effort))
    facts.item(
        problems, title=made["title"], description=made.get("description", ""), kind=made.get("kind", "feature"),
        value_per_week=made.get("value_per_week", Decimal(0)), promised=made.get("promised_on"),
    )  # fmt: skip
    facts.choice(problems, "state", made.get("state", "planned"), [one.value for one in ItemState])
    facts.text(problems, "key", made.get("key", ""), facts.LONGEST_WORD)
    if "real_effort" in made:
        facts.number(problems, "real_effort", made["real_effort"], least=Decimal("0.001"), most=Decimal(10_000))
    began, done = made.get("started_at"), made.get("done_at")
    if began and done and done < began:
        problems["done_at"] = "lies before started_at"


def _decimal(text: str) -> Decimal:
    value = Decimal(text)
    if not value.is_finite():
        raise ValueError(text)
    return value.quantize(Decimal("0.01")) if abs(value) < facts.MOST_NUMBER else value


def _rank(text: str) -> int:
    rank = int(text)
    if not 1 <= rank <= MOST_ROWS:
        raise ValueError(text)
    return rank


def _moment(text: str) -> datetime:
    """A day means its noon (UTC)."""
    if len(text) == len("2026-01-31"):
        return datetime.combine(date.fromisoformat(text), time(12), UTC)
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _word(text: str) -> str:
    return text.lower()


def _needs(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.replace(",", " ").replace(";", " ").split()))


CONVERTERS: Mapping[str, tuple[Callable[[str], Any], str]] = {
    "kind": (_word, ""),
    "state": (_word, ""),
    "effort": (_decimal, "must be a number such as 2 or 2.5"),
    "effort_low": (_decimal, "must be a number such as 2 or 2.5"),
    "effort_high": (_decimal, "must be a number such as 2 or 2.5"),
    "value_per_week": (_decimal, "must be a number such as 20"),
    "real_effort": (_decimal, "must be a number such as 2 or 2.5"),
    "rank": (_rank, "must be a whole number from 1"),
    "promised_on": (date.fromisoformat, "must be a day such as 2026-01-31"),
    "started_at": (_moment, "must be a day or time such as 2026-01-31"),
    "done_at": (_moment, "must be a day or time such as 2026-01-31"),
    "needs": (_needs, ""),
}


def _value(problems: dict[str, str], name: str, text: str) -> Any:
    convert, message = CONVERTERS.get(name, (str, ""))
    try:
        return convert(text)
    except (ValueError, InvalidOperation, OverflowError):
        problems[name] = f"{text[:40]!r} {message}"
        return None


def problems_of(error: AwayteamError) -> list[tuple[str, str]]:
    """An action's refusal as (field, message) pairs."""
    return [(name, message) for name, message in error.fields.items()] or [("", error.what)]
