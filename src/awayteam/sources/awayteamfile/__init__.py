"""Our own small file, `awayteam.yaml`: units, teams, people and services for whoever has no other file, and `lists`,
which make entities of any list that an organisation already keeps.

Every mistake is named with its line and what was probably meant; what is right beside it is taken.
"""

from pathlib import PurePosixPath
from typing import Any

from awayteam.sources.awayteamfile.build import Builder
from awayteam.sources.awayteamfile.lists import read_list
from awayteam.sources.awayteamfile.schema import KINDS, LIST, ROOT, Checker, advice
from awayteam.sources.context import Context
from awayteam.sources.declared import Problem, Reading
from awayteam.sources.entities import Place
from awayteam.sources.lines import Lines
from awayteam.sources.shapes import Notes, kind_of, reference, slug, text
from awayteam.sources.yamldoc import Document, load

NAME = "awayteam.yaml"
_NAMES = ("awayteam.yaml", "awayteam.yml", "awayteam.json")


def recognises(path: str, data: bytes) -> bool:
    """Whether the file is called `awayteam.yaml` or `something.awayteam.yaml` (yml and json as well)."""
    name = PurePosixPath(path.lower()).name
    return (name in _NAMES or name.endswith(tuple(f".{one}" for one in _NAMES))) and b"\0" not in data[:1024]


def read(path: str, data: bytes, context: Context | None = None) -> Reading:
    """Everything the file declares itself and through its lists; files behind lists are reported as embedded."""
    context = context or Context()
    notes = Notes(file=path)
    builder = Builder(notes, context.namespace)
    embedded: dict[str, None] = {}
    for document in load(data, max_bytes=context.max_bytes):
        notes.document = document.index
        if document.problem is not None:
            notes.add(document.problem.message, line=document.problem.line)
        elif not isinstance(document.value, dict):
            sections = ", ".join(KINDS)
            notes.add(
                f"expected an object with {sections} or lists, found {kind_of(document.value)}", line=document.line
            )
        else:
            _read_document(document, builder, path, context, embedded)
            for remark in document.remarks:
                notes.add(remark.message, line=remark.line, entity=_around(remark, builder))
    return Reading(builder.declared(), notes.all(), embedded=tuple(embedded))


def _around(remark: Problem, builder: Builder) -> str | None:
    """The entity within which something stands."""
    above = [
        one for one in builder.declared() if one.document_index == remark.document and one.line <= (remark.line or 0)
    ]
    return max(above, key=lambda one: one.line).ref if above else None


def _read_document(
    document: Document, builder: Builder, path: str, context: Context, embedded: dict[str, None]
) -> None:
    lines = Lines(document)
    checker = Checker(builder.notes, lines)
    for key, value in document.value.items():
        checker.path = [key]
        if key not in ROOT:
            if not key.startswith("x-"):
                checker.note(f"there is no section {key!r}; {advice(key, ROOT)}")
        elif key == "version":
            checker.value(value, ROOT[key])
        elif key != "lists" and value is not None:
            _read_section(key, value, checker, builder, lines)
    checker.path = ["lists"]
    lists = document.value.get("lists")
    for step, one in _as_list(lists, checker, "file"):
        checker.path = ["lists", step]
        checked = checker.object(one, LIST)
        if checked is not None:
            place = Place(document.index, lines.of("lists", step))
            read_list(checked, path, place, builder, context, embedded)


def _read_section(section: str, value: Any, checker: Checker, builder: Builder, lines: Lines) -> None:
    word, kind, schema = KINDS[section]
    key = "handle" if kind == "User" else "name"
    for step, one in _as_list(value, checker, key):
        checker.path = [section, step]
        values = {key: one} if isinstance(one, str) else one
        called = text(values.get(key)) if isinstance(values, dict) else ""
        checker.entity = reference(kind, slug(called), builder.namespace) if called else None
        checked = checker.object(values, schema)
        checker.entity = None
        if checked is not None:
            place = Place(lines.document.index, lines.of(*checker.path))
            builder.add(kind, word, checked, one, place)


def _as_list(value: Any, checker: Checker, key: str) -> list[tuple[str | int, Any]]:
    """The things of a section, which is a list or an object whose keys are the names, each with its position or key."""
    if isinstance(value, list):
        return list(enumerate(value))
    if isinstance(value, dict):
        rows: list[tuple[str | int, Any]] = []
        for name, one in value.items():
            if one is None or isinstance(one, dict):
                rows.append((name, {key: name, **(one or {})}))
            else:
                checker.path.append(name)
                checker.note(f"expected an object (key: value), found {kind_of(one)}")
                checker.path.pop()
        return rows
    if value is not None:
        checker.note(f"expected a list, found {kind_of(value)}")
    return []
