"""Lists of like things: CSV with any usual delimiter, or a list of objects in YAML or JSON."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from awayteam.sources.lines import Lines
from awayteam.sources.shapes import Notes, decoded, kind_of, text
from awayteam.sources.yamldoc import MAX_BYTES, is_too_large, load

_DELIMITERS = (",", ";", "\t", "|")
_MAX_CELL = 100_000


@dataclass(frozen=True, slots=True)
class Row:
    """One thing of a list: its line in the file, from 1, and its values by column. Cells of CSV are stripped texts."""

    line: int
    values: dict[str, Any]


def rows(path: str, data: bytes, notes: Notes, at: Sequence[str] = (), max_bytes: int = MAX_BYTES) -> Iterator[Row]:
    """The rows of a file, CSV by the ending of its name (csv, tsv, txt), YAML or JSON otherwise.

    `at` are the keys that lead to the list in YAML or JSON; a list may also be an object whose keys are names,
    which are then found under the column `(key)`. A row that can't be read is noted, and the next one is read.
    """
    if path.lower().endswith((".csv", ".tsv", ".txt")):
        if len(data) > max_bytes:
            notes.add(is_too_large(len(data), max_bytes))
            return
        content = decoded(data, notes)
        if content is not None:
            yield from _csv(content, notes)
    else:
        yield from _tree(data, notes, at, max_bytes)


def _csv(content: str, notes: Notes) -> Iterator[Row]:
    lines = content.splitlines(keepends=True)
    first = next((number for number, line in enumerate(lines) if line.strip()), None)
    if first is None:
        notes.add("the file is empty; its first line must name the columns", line=1)
        return
    reader = csv.reader(lines[first:], delimiter=delimiter_of(lines[first]), skipinitialspace=True, strict=True)
    header: list[str] | None = None
    while True:
        line = first + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            notes.add(_csv_problem(error), line=line)
            continue
        if header is None:
            header = _header(cells, notes, line)
        elif any(cell.strip() for cell in cells):
            yield from _csv_row(header, cells, notes, line)


def _csv_problem(error: csv.Error) -> str:
    if "end of data" in str(error):
        return "a quote that is opened here is never closed, so the rows after it could not be read; close it"
    return f"this row is no valid CSV ({error}); put cells that hold the delimiter or quotes into double quotes"


def _csv_row(header: list[str], cells: list[str], notes: Notes, line: int) -> Iterator[Row]:
    if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
        notes.add(f"this row has {len(cells)} cells for {len(header)} columns; quote cells that hold commas", line=line)
        return
    if any(len(cell) > _MAX_CELL for cell in cells):
        notes.add(f"a cell of this row is longer than {_MAX_CELL} characters; is a quote left open?", line=line)
        return
    values = {name: text(cell) for name, cell in zip(header, cells, strict=False) if name}
    yield Row(line, values)


def _header(cells: list[str], notes: Notes, line: int) -> list[str]:
    header: list[str] = []
    for cell in map(text, cells):
        if cell and cell in header:
            notes.add(f"the column {cell!r} stands twice; the first one counts, rename the other", line=line)
            cell = ""
        header.append(cell)
    return header


def delimiter_of(header: str) -> str:
    """The delimiter that stands most often in a header outside of quotes; a comma where there is none."""
    bare = "".join(header.split('"')[::2])
    return max(_DELIMITERS, key=lambda one: (bare.count(one), -_DELIMITERS.index(one)))


def _tree(data: bytes, notes: Notes, at: Sequence[str], max_bytes: int) -> Iterator[Row]:
    for document in load(data, max_bytes=max_bytes):
        if document.problem is not None:
            notes.add(document.problem.message, line=document.problem.line)
            continue
        lines = Lines(document)
        value: Any = document.value
        for depth, key in enumerate(at):
            if not isinstance(value, dict) or key not in value:
                notes.add(f"there is no {'.'.join(at[: depth + 1])!r} in this file", line=lines.of(*at[:depth]))
                return
            value = value[key]
        if isinstance(value, dict) and value and all(isinstance(one, dict) for one in value.values()):
            for name, one in value.items():
                yield Row(lines.of(*at, name), {"(key)": name, **one})
        elif isinstance(value, list):
            for position, one in enumerate(value):
                line = lines.of(*at, position)
                if isinstance(one, dict):
                    yield Row(line, one)
                elif isinstance(one, str | int):
                    yield Row(line, {"(value)": text(one)})
                else:
                    notes.add(f"item {position + 1} of the list must be an object, found {kind_of(one)}", line=line)
        else:
            notes.add(f"expected a list of objects, found {kind_of(value)}", line=lines.of(*at))
