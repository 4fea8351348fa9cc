"""YAML and JSON files of several documents, read fast and without trust.

`documents` splits a file at its `---` lines and reads each document apart, so that a broken one never sinks its
neighbours. Values are plain and JSON-serialisable; scalars follow the core schema of YAML 1.2 as Backstage's parser has
it (`yes` and dates are strings); map keys are text as written. `<<` merges. The bounds stand at their constants.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from awayteam.sources.declared import Problem
from awayteam.sources.yamldoc import block, events
from awayteam.sources.yamldoc.events import MAX_DEPTH, MAX_EXPANDED, RefusedError
from awayteam.sources.yamldoc.jsontext import parse_json
from awayteam.sources.yamldoc.text import NotTextError, decode, unreadable

__all__ = ["MAX_BYTES", "MAX_DEPTH", "MAX_DOCUMENTS", "MAX_EXPANDED", "Document", "documents", "is_too_large", "load"]

MAX_BYTES = 32 * 1024 * 1024
"""The largest file that is read where the caller names no other bound."""
MAX_DOCUMENTS = 300_000
"""Documents of one file, empty ones included; what comes after them is left out with a problem."""

_SEPARATOR = re.compile(r"^(?:---|\.\.\.)(?=[ \n]|\Z)", re.MULTILINE)
_DIRECTIVE = re.compile(r"^%", re.MULTILINE)
_REMARK = re.compile(r"---(?: +#.*| *)\n?")


@dataclass(frozen=True, slots=True)
class Document:
    """One document: its value, or the problem that keeps it from having one.

    `index` counts all documents of the file from 0, empty ones too (which are never handed out); `line` is the line of
    its first value, from 1.
    """

    index: int
    line: int
    value: Any = None
    problem: Problem | None = None
    text: str = field(default="", repr=False, compare=False)
    base: int = field(default=1, repr=False, compare=False)
    remarks: tuple[Problem, ...] = field(default=(), compare=False)
    """What was left out of the value: tags that mean nothing here."""

    def line_of(self, *path: str | int) -> int:
        """The line in the file of the key or list item at `path`, or of its nearest parent that exists.

        It reads the document again: meant for messages, not for every value.
        """
        found = events.line_of(self.text, path)
        return self.line if found is None else self.base + found


def load(data: bytes, *, max_bytes: int = MAX_BYTES) -> list[Document]:
    """All documents of a file; see `documents`."""
    return list(documents(data, max_bytes=max_bytes))


def documents(data: bytes, *, max_bytes: int = MAX_BYTES) -> Iterator[Document]:
    """The documents of a YAML or JSON file, one by one; nothing is raised, each bad document carries its problem."""
    if len(data) > max_bytes:
        yield _bad(0, 1, is_too_large(len(data), max_bytes))
        return
    try:
        text = decode(data)
    except NotTextError as error:
        yield _bad(0, error.line, str(error))
        return
    if text.lstrip(" \n\t")[:1] in ("{", "["):
        try:
            value = parse_json(text)
        except ValueError:
            pass
        else:
            yield Document(0, 1, value, None, text, 1)
            return
    clean = unreadable(text) is None
    index = 0
    for start_line, explicit, chunk in _chunks(text):
        if index >= MAX_DOCUMENTS:
            yield _bad(index, start_line, f"the file has more than {MAX_DOCUMENTS} documents; split it into several")
            return
        count = 0
        for document in _read(chunk, index, start_line, clean):
            count += 1
            if document.problem is not None or document.value is not None:
                yield document
        index += count or int(explicit)


def is_too_large(size: int, max_bytes: int) -> str:
    """What to say about a file of `size` bytes where at most `max_bytes` are read."""
    return f"the file has {size / 1048576:.1f} MiB; at most {max_bytes / 1048576:g} MiB are read: split it into several"


def _chunks(text: str) -> Iterator[tuple[int, bool, str]]:
    """(line from 1 on which it begins, whether a `---` begins it, text) of each stretch between separators."""
    begin, line, explicit, head = 0, 1, False, ""
    for match in [*_SEPARATOR.finditer(text), None]:
        end = match.start() if match else len(text)
        chunk = text[begin:end]
        if explicit or chunk.strip(" \n"):
            if match and _only_directives(chunk, explicit):
                head = chunk
            else:
                yield line - head.count("\n"), explicit, head + chunk
                head = ""
        line += chunk.count("\n")
        begin, explicit = end, match is not None and match[0] == "---"
        if match and not explicit:
            begin = text.index("\n", end)


def _only_directives(chunk: str, explicit: bool) -> bool:
    """Whether this stretch before a `---` holds only `%` directives, which belong to the document after it."""
    if explicit or not _DIRECTIVE.search(chunk):
        return False
    return all(not line.strip() or line[0] in "%#" for line in chunk.split("\n"))


def _read(chunk: str, index: int, start: int, clean: bool) -> Iterator[Document]:
    if not clean and (found := unreadable(chunk)) is not None:
        yield _bad(index, start + found.line, str(found), chunk, start)
        return
    head = _REMARK.match(chunk)
    skipped = head.end() if head else 0
    if not chunk.startswith("---") or skipped:
        try:
            value = block.parse(chunk[skipped:])
        except block.UnsureError:
            pass
        else:
            if value is not None:
                yield Document(index, start + _blank_lines(chunk, skipped), value, None, chunk, start)
            return
    odd: list[tuple[str, int]] = []
    try:
        for line, value in events.parse(chunk, odd):
            remarks = tuple(_odd_tag(tag, index, start + place) for tag, place in odd)
            yield Document(index, start + line, value, None, chunk, start, remarks)
            index += 1
    except RefusedError as error:
        yield _bad(index, start + error.line, str(error), chunk, start)


def _odd_tag(tag: str, index: int, line: int) -> Problem:
    message = f"the tag {tag[:60]} means nothing here, so its value was taken as written; remove the tag"
    return Problem(message, document=index, line=line)


_BLANK = re.compile(r"(?: *(?:#.*)?\n)*")


def _blank_lines(chunk: str, skipped: int) -> int:
    """How many lines stand before the first value."""
    match = _BLANK.match(chunk, skipped)
    return chunk.count("\n", 0, match.end() if match else skipped)


def _bad(index: int, line: int, message: str, text: str = "", base: int = 1) -> Document:
    return Document(index, line, None, Problem(message, document=index, line=line), text, base)
