"""The full way through YAML: libyaml's events, built into values under bounds.

Everything that YAML 1.2 allows and JSON can hold is read; `<<` merges as Backstage's `$yaml` does. Refused, with the
line: duplicate keys, keys that are no scalars, aliases to themselves, nesting deeper than `MAX_DEPTH`, aliases blowing
a document up beyond `MAX_EXPANDED`, the character U+0000.
"""

from collections.abc import Callable, Iterator
from typing import Any

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined]
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from awayteam.sources.yamldoc.scalars import Scalar, resolve
from awayteam.sources.yamldoc.wording import explained

MAX_DEPTH = 100
"""Levels of nesting."""
MAX_EXPANDED = 100_000
"""What aliases may add to one document: each value counts one, and one more for every 100 characters of text."""
MOST_TAGS = 20
"""Unknown tags of a document that are told of."""
_CORE = "tag:yaml.org,2002:"
_MERGE = "<<"


class RefusedError(Exception):
    """This document can't be read. `line` counts from 0 within the text."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def parse(text: str, odd_tags: list[tuple[str, int]] | None = None) -> Iterator[tuple[int, Any]]:
    """Each document of `text` as (line of its first node, counted from 0; value). Raises `RefusedError`.

    Tags that aren't known are left out of the values; `odd_tags` gets those of the document, each with its line.
    """
    try:
        parser = CParser(text)
        while (event := parser.get_event()) is not None:
            if isinstance(event, DocumentStartEvent):
                yield _Builder(parser, odd_tags if odd_tags is not None else []).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line if mark else 0
        raise RefusedError(f"this isn't YAML: {explained(error, text)}", line) from error
    except yaml.YAMLError as error:
        raise RefusedError(f"this isn't YAML: {error}", 0) from error
    except UnicodeEncodeError as error:
        raise RefusedError("this holds half of a surrogate pair, which no text may hold", 0) from error


class _Builder:
    """Builds one document from the events that follow its start."""

    def __init__(self, parser: CParser, odd_tags: list[tuple[str, int]]) -> None:
        self.next: Callable[[], Any] = parser.get_event
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.size = 0
        self.expanded = 0
        self.odd_tags = odd_tags
        odd_tags.clear()

    def document(self) -> tuple[int, Any]:
        event = self.next()
        line = event.start_mark.line
        value = self.node(event, 1)
        self.next()
        return line, value

    def node(self, event: Any, depth: int) -> Any:
        kind = type(event)
        if kind is ScalarEvent:
            value: Any = self.scalar(event)
            if event.anchor is not None:
                self.anchors[event.anchor] = (value, 1 + len(event.value) // 100)
            return value
        if kind is AliasEvent:
            return self.alias(event)
        if depth > MAX_DEPTH:
            raise RefusedError(f"this is nested deeper than {MAX_DEPTH} levels; flatten it", event.start_mark.line)
        self.tagged(event)
        before = self.size + self.expanded
        if event.anchor is not None:
            self.anchors.pop(event.anchor, None)
        value = self.sequence(depth) if kind is SequenceStartEvent else self.mapping(depth)
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, 1 + self.size + self.expanded - before)
        return value

    def sequence(self, depth: int) -> list[Any]:
        self.size += 1
        out = []
        while type(event := self.next()) is not SequenceEndEvent:
            out.append(self.node(event, depth + 1))
        return out

    def mapping(self, depth: int) -> dict[str, Any]:
        self.size += 1
        out: dict[str, Any] = {}
        merged: list[tuple[Any, int]] = []
        while type(event := self.next()) is not MappingEndEvent:
            line = event.start_mark.line
            key = self.key(event)
            value = self.node(self.next(), depth + 1)
            if key == _MERGE and event.implicit[0]:
                merged.append((value, line))
            elif key in out:
                raise RefusedError(f"the key {_short(key)} stands twice in one map; remove one", line)
            else:
                out[key] = value
        for value, line in merged:
            self.merge(out, value, line)
        return out

    def key(self, event: Any) -> str:
        """Keys are text as written: JSON knows no others."""
        if type(event) is AliasEvent:
            value = self.alias(event)
            if isinstance(value, str):
                return value
        elif type(event) is ScalarEvent:
            if event.anchor is not None:
                self.anchors[event.anchor] = (event.value, 1 + len(event.value) // 100)
            self.checked(event)
            return str(event.value)
        raise RefusedError("a key here is a list or a map; use plain text as key", event.start_mark.line)

    def scalar(self, event: Any) -> Scalar:
        self.checked(event)
        text: str = event.value
        if event.implicit[0]:
            return resolve(text)
        tag = event.tag or ""
        if tag.startswith(_CORE) and tag[len(_CORE) :] in ("int", "float", "bool", "null"):
            return resolve(text)
        self.tagged(event)
        return text

    def tagged(self, event: Any) -> None:
        """Note a tag that means nothing here. Those of YAML itself are fine; `!` alone says that it is a text."""
        tag = event.tag
        if tag and tag != "!" and not tag.startswith(_CORE) and len(self.odd_tags) < MOST_TAGS:
            self.odd_tags.append((tag, event.start_mark.line))

    def checked(self, event: Any) -> None:
        self.size += 1 + len(event.value) // 100
        if "\0" in event.value:
            raise RefusedError("a text here holds the character U+0000; remove it", event.start_mark.line)

    def alias(self, event: Any) -> Any:
        line = event.start_mark.line
        if event.anchor not in self.anchors:
            raise RefusedError(
                f"*{event.anchor} stands for nothing before it (or for itself); define &{event.anchor}", line
            )
        value, size = self.anchors[event.anchor]
        self.expand(size, line)
        return value

    def expand(self, size: int, line: int) -> None:
        self.expanded += size
        if self.expanded > MAX_EXPANDED:
            raise RefusedError(
                f"aliases expand this document beyond {MAX_EXPANDED} values; write less with aliases", line
            )

    def merge(self, out: dict[str, Any], value: Any, line: int) -> None:
        """`<<`: keys of the map itself win, then those of the first map that has them."""
        for each in value if isinstance(value, list) else [value]:
            if not isinstance(each, dict):
                raise RefusedError("<< takes a map or a list of maps; name an anchor of a map", line)
            self.expand(len(each), line)
            for key, inner in each.items():
                out.setdefault(key, inner)


def line_of(text: str, path: tuple[str | int, ...]) -> int | None:
    """The line (from 0) of the key or item at `path` in the first document of `text`, or of its nearest parent there.

    None where the text can't be read.
    """
    try:
        parser = CParser(text)
        while (event := parser.get_event()) is not None:
            if isinstance(event, DocumentStartEvent):
                tree = _lines(parser.get_event, parser.get_event(), 1)
                break
        else:
            return None
    except (yaml.YAMLError, RefusedError, UnicodeEncodeError):
        return None
    for step in path:
        if step not in tree[1]:
            break
        tree = tree[1][step]
    return tree[0]


_Lines = tuple[int, dict[str | int, Any]]


def _lines(following: Any, event: Any, depth: int) -> _Lines:
    line: int = event.start_mark.line
    below: dict[str | int, Any] = {}
    if depth > MAX_DEPTH:
        raise RefusedError("too deep", line)
    if type(event) is MappingStartEvent:
        while type(key := following()) is not MappingEndEvent:
            inner = _lines(following, following(), depth + 1)
            below[getattr(key, "value", "")] = (key.start_mark.line, inner[1])
    elif type(event) is SequenceStartEvent:
        while type(item := following()) is not SequenceEndEvent:
            below[len(below)] = _lines(following, item, depth + 1)
    return line, below


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
