"""The own files: CSV with named columns in any order, and JSON. Other tables come in by a mapping of their columns."""

import codecs
import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from awayteam.kernel.errors import InvalidInput
from awayteam.requests.exchange import rows
from awayteam.requests.exchange.rows import COLUMNS, Read, RowError

MOST_BYTES = 50_000_000
MOST_ROWS = 100_000
LONGEST_CELL = 1_000_000
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def text_of(data: bytes, name: str) -> str:
    """The text of a file in UTF-8, or in UTF-16 with its mark. Raises `InvalidInput` with the place."""
    if len(data) > MOST_BYTES:
        raise InvalidInput(f"{name} is larger than {MOST_BYTES:,} bytes.", "Import it in parts.")
    encoding = next((found for mark, found in MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{name} isn't UTF-8 (at byte {error.start}).", "Save it as UTF-8.") from None
    if "\0" in text:
        raise InvalidInput(f"{name} holds NUL characters.", "Save it as plain text.")
    return text


def json_of(data: bytes, name: str) -> Any:
    """The value of a JSON file. Raises `InvalidInput`."""
    try:
        return orjson.loads(text_of(data, name))
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"{name} isn't JSON: {error}.", "Mend it at that place.") from None


def objects(value: Any, name: str, *keys: str) -> list[Any]:
    """The list in a JSON value: the value itself, or what stands under one of `keys`. Raises `InvalidInput`."""
    if isinstance(value, dict):
        value = next((value[key] for key in keys if isinstance(value.get(key), list)), None)
    if not isinstance(value, list):
        raise InvalidInput(f"{name} holds no list of requests.", f"Write a list, or an object with {keys[0]!r}.")
    if len(value) > MOST_ROWS:
        raise InvalidInput(f"{name} has more than {MOST_ROWS:,} rows.", "Import it in parts.")
    return value


def read_json(data: bytes, name: str, mapping: Mapping[str, str]) -> Read:
    """The own JSON: a list of objects whose names are those of `COLUMNS`, or mapped to them."""
    found = Read()
    for line, one in enumerate(objects(json_of(data, name), name, "items", "requests"), 1):
        if isinstance(one, dict):
            rows.add(found, name, line, _named(one, mapping))
        else:
            found.errors.append(RowError(name, line, "", "is no object"))
    return found


def read_csv(data: bytes, name: str, mapping: Mapping[str, str]) -> Read:
    """The own CSV, or any other one whose columns are mapped. Columns that nobody knows are passed over."""
    found, head = Read(), None
    for line, cells in table(text_of(data, name), name, found):
        if head is None:
            head = _named({cell: cell for cell in cells}, mapping)
            if "title" not in head:
                known = ", ".join(COLUMNS)
                raise InvalidInput(f"{name} has no column 'title'.", f"Name one, or map it; these are known: {known}.")
            places = {meant: cells.index(cell) for meant, cell in head.items()}
            continue
        rows.add(found, name, line, {meant: cells[at] if at < len(cells) else "" for meant, at in places.items()})
    return found


def table(text: str, name: str, found: Read) -> Iterable[tuple[int, list[str]]]:
    """The lines of a CSV text that hold anything; the first is the head. Raises `InvalidInput` where it ends."""
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    before = csv.field_size_limit(LONGEST_CELL)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        for number, cells in enumerate(reader):
            if number > MOST_ROWS:
                raise InvalidInput(f"{name} has more than {MOST_ROWS:,} rows.", "Import it in parts.")
            if any(cell.strip() for cell in cells):
                yield reader.line_num, [_unguarded(cell) for cell in cells]
    except csv.Error as error:
        found.errors.append(RowError(name, reader.line_num, "", f"isn't CSV from here on: {error}"))
    finally:
        csv.field_size_limit(before)


def _unguarded(cell: str) -> str:
    """Without the apostrophe that exports put before what a spreadsheet would take for a formula."""
    return cell[1:] if len(cell) > 1 and cell[0] == "'" and cell[1] in "=+-@\t\r" else cell


def _named(cells: Mapping[str, Any], mapping: Mapping[str, str]) -> dict[str, Any]:
    """The cells by our names: mapped ones first, then those whose own name is one of ours."""
    wanted = {theirs.strip().casefold(): ours for theirs, ours in mapping.items()}
    named: dict[str, Any] = {}
    for name, value in cells.items():
        plain = str(name).strip().casefold()
        ours = wanted.get(plain) or plain.replace(" ", "_").replace("-", "_")
        if ours in COLUMNS and ours not in named:
            named[ours] = value
    return named
