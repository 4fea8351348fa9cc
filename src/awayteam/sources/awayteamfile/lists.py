"""`lists:` in an `awayteam.yaml`: rows of a YAML, JSON or CSV file become entities by naming its columns."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from awayteam.sources.awayteamfile.build import Builder
from awayteam.sources.awayteamfile.schema import KINDS, Checker, Schema, advice
from awayteam.sources.context import Context, UnreachableError
from awayteam.sources.entities import Place
from awayteam.sources.shapes import Notes, json_safe
from awayteam.sources.table import Row, rows

_BY_WORD = {word: (kind, schema) for word, kind, schema in KINDS.values()}


def read_list(
    wanted: Mapping[str, Any], base: str, place: Place, builder: Builder, context: Context, embedded: dict[str, None]
) -> None:
    """Read one list. Problems of its rows name the list's file and line; its entities stand at `place` in `base`."""
    kind, schema = _BY_WORD[wanted["as"]]
    columns = _columns(wanted, schema, builder.notes, place)
    try:
        fetched = context.fetch(base, wanted["file"])
    except UnreachableError as error:
        builder.notes.add(f"lists: {error}", line=place.line)
        return
    path = fetched.path or wanted["file"]
    embedded[path] = None
    notes = Notes(file=path, limit=builder.notes.limit)
    found = list(rows(path, fetched.data, notes, wanted.get("at", ()), context.max_bytes))
    _missing_columns(columns, found, builder.notes, place)
    rows_builder = Builder(notes, builder.namespace, builder.found, builder.parents, builder.where)
    for row in found:
        values = _values(row, columns, wanted.get("defaults"))
        if len(columns) == 1 and "(value)" in row.values:
            values[next(iter(columns))] = row.values["(value)"]
        checked = Checker(notes, line=row.line, lenient=True).object(values, schema)
        if checked is not None:
            one = rows_builder.add(kind, wanted["as"], checked, json_safe(row.values), Place(0, row.line))
            if one is not None:
                builder.where[one.ref] = f"line {row.line} of {path}"
                one.document["metadata"].setdefault("annotations", {})["awayteam/list"] = f"{path}:{row.line}"
                builder.found[one.ref] = replace(one, document_index=place.document, line=place.line)
    builder.notes.problems.extend(notes.all())


def _columns(wanted: Mapping[str, Any], schema: Schema, notes: Notes, place: Place) -> dict[str, str]:
    """Our key -> the file's column; without `columns` every column is called as ours."""
    columns = {}
    for key, column in wanted.get("columns", {}).items():
        if key in schema:
            columns[key] = column
        else:
            notes.add(
                f"lists.columns: there is no key {key!r} in {wanted['as']}; {advice(key, schema)}", line=place.line
            )
    return columns if wanted.get("columns") else {key: key for key in schema}


def _missing_columns(columns: Mapping[str, str], found: list[Row], notes: Notes, place: Place) -> None:
    """Name columns that no row has; a mapping of all columns by our own names needs none of them."""
    there = {name for row in found for name in row.values}
    if not found or all(key == column for key, column in columns.items()):
        return
    for column in columns.values():
        if not there.intersection([*alternatives(column), "(value)"]):
            notes.add(
                f"lists.columns: no row has a column {column!r}; {advice(column, sorted(there))}", line=place.line
            )


def _values(row: Row, columns: Mapping[str, str], defaults: Any) -> dict[str, Any]:
    """The row under our keys; an empty cell takes the default."""
    values = {}
    for key, column in columns.items():
        filled = (row.values[one] for one in alternatives(column) if row.values.get(one) not in (None, ""))
        if (value := next(filled, None)) is not None:
            values[key] = value
    return {**defaults, **values} if isinstance(defaults, Mapping) else values


def alternatives(column: str) -> list[str]:
    """The columns of `app | repo`: the first one that a row fills counts."""
    return [one.strip() for one in column.split("|")]
