"""The fast way through plain block YAML, such as nearly every descriptor is.

`parse` understands maps and lists in block style, one-line scalars, folded plain scalars, literal and folded blocks,
and short flow lists. At the first thing that it isn't sure of it raises `UnsureError`, and the caller lets libyaml read
the document instead: this reader never decides that a document is wrong, and what it accepts it reads as libyaml does
(a property test holds the two together). It takes about half the time of building values from libyaml's events.
"""

import re
from typing import Any

from awayteam.sources.yamldoc.scalars import AMBIGUOUS, resolve

Row = tuple[str, str, str, str]

_ROW = re.compile(
    r"""^([ ]*)                                                        # indentation
        (-[ ]+|-$)?                                                    # one dash of a list
        (?:([A-Za-z0-9_$./][\w$./@+-]{0,200}|"[^"\\\n]{1,200}"|'[^'\n]{1,200}'):(?:[ ]+|$))?   # a key
        ((?:.*[^ \n])?)[ ]*$                                           # the rest""",
    re.MULTILINE | re.VERBOSE,
)
_OTHER_BREAKS = re.compile(r"[\x85\u2028\u2029\ufeff]")
_PLAIN_FIRST = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_/.+~$(;<=^\\")
_DOUBLE = re.compile(r'"([^"\\]*)"(?: +#.*)?\Z')
_ESCAPED = re.compile(r'"((?:[^"\\]|\\["\\/nrt])*)"(?: +#.*)?\Z')
_SINGLE = re.compile(r"'((?:[^']|'')*)'(?: +#.*)?\Z")
_FLOW_ITEM = r"""(?:[A-Za-z0-9_./$][\w./$+@-]*(?::[\w./$+@-]+)*|"[^"\\,]*"|'[^',]*')"""
_FLOW_LIST = re.compile(rf"\[ *(?:({_FLOW_ITEM}(?: *, *{_FLOW_ITEM})*) *)?\](?: +#.*)?\Z")
_EMPTY_MAP = re.compile(r"\{ *\}(?: +#.*)?\Z")
_BLOCK_HEAD = re.compile(r"([|>])([+-]?)(?: +#.*)?\Z")
_BREAKS = re.compile(r"\n+")
_BACKSLASH = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "/": "/"}
_END: Row = ("", "", "", "\0")
_MAX_DEPTH = 60


class UnsureError(Exception):
    """This document needs the full parser."""


def parse(text: str) -> Any:
    """The value of one document without its `---` line. Raises `UnsureError`. An empty document is None."""
    if "\t" in text or "\n%" in text or "\n..." in text or text[:1] in ("%", "."):
        raise UnsureError
    if not text.isascii() and _OTHER_BREAKS.search(text):
        raise UnsureError
    return _Block(text).document()


class _Block:
    __slots__ = ("at", "depth", "lines", "rows", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.rows: list[Row] = _ROW.findall(text)
        self.rows.append(_END)
        self.at = 0
        self.depth = 0
        self.lines: list[str] = []

    def document(self) -> Any:
        indent, dash, key, _ = self.skip()
        if indent:
            raise UnsureError
        if dash:
            value: Any = self.sequence("")
        elif key:
            value = self.mapping("", None)
        elif self.at == len(self.rows) - 1:
            return None
        else:
            raise UnsureError
        self.skip()
        if self.at != len(self.rows) - 1:
            raise UnsureError
        return value

    def skip(self) -> Row:
        """Move to the next row that is neither blank nor a comment; that row."""
        rows, at = self.rows, self.at
        while True:
            row = rows[at]
            if row[1] or row[2] or (row[3] and row[3][0] != "#"):
                self.at = at
                return row
            at += 1

    def mapping(self, indent: str, first: Row | None) -> dict[str, Any]:
        """A map whose keys stand under `indent`; `first` is its first row where that stands behind a dash."""
        self.enter()
        rows = self.rows
        out: dict[str, Any] = {}
        last, plain_at = "", -1
        row = first or rows[self.at]
        while True:
            here, dash, key, value = row
            if key and ((here == indent and not dash) or row is first):
                if key[0] in "\"'":
                    key = key[1:-1]
                if key in out:
                    raise UnsureError
                at = self.at
                self.at = at + 1
                if not value:
                    plain_at = -1
                    out[key] = self.nested(indent, True)
                elif value[0] in _PLAIN_FIRST:
                    if " #" in value or ": " in value or value[-1] == ":":
                        raise UnsureError
                    last, plain_at = key, at
                    out[key] = resolve(value) if value[0] in AMBIGUOUS else value
                else:
                    plain_at = -1
                    out[key] = self.special(value, indent, True)
                row = rows[self.at]
                continue
            row = self.skip()
            if len(row[0]) > len(indent) and row is not first:
                if plain_at < 0:
                    raise UnsureError
                out[last] = self.continued(plain_at, len(indent))
                plain_at = -1
                row = self.skip()
            if row[0] != indent or row[1] or not row[2]:
                self.depth -= 1
                return out

    def sequence(self, indent: str) -> list[Any]:
        """A list whose dashes stand under `indent`."""
        self.enter()
        rows = self.rows
        out: list[Any] = []
        plain_at = -1
        row = rows[self.at]
        while True:
            here, dash, key, value = row
            if dash and here == indent:
                at = self.at
                if key:
                    plain_at = -1
                    out.append(self.mapping(" " * (len(here) + len(dash)), row))
                elif not value:
                    plain_at = -1
                    self.at = at + 1
                    out.append(self.nested(indent, False))
                elif value[0] in _PLAIN_FIRST:
                    if " #" in value or ": " in value or value[-1] == ":":
                        raise UnsureError
                    plain_at = at
                    self.at = at + 1
                    out.append(resolve(value) if value[0] in AMBIGUOUS else value)
                else:
                    plain_at = -1
                    self.at = at + 1
                    out.append(self.special(value, indent, False))
                row = rows[self.at]
                continue
            row = self.skip()
            if len(row[0]) > len(indent):
                if plain_at < 0:
                    raise UnsureError
                out[-1] = self.continued(plain_at, len(indent))
                plain_at = -1
                row = self.skip()
            if row[0] != indent or not row[1]:
                self.depth -= 1
                return out

    def enter(self) -> None:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise UnsureError

    def nested(self, indent: str, in_map: bool) -> Any:
        """What stands below a key or a dash that has nothing behind it."""
        here, dash, key, _ = self.skip()
        if dash:
            if len(here) > len(indent) or (in_map and here == indent):
                return self.sequence(here)
            return None
        if len(here) <= len(indent):
            return None
        if key:
            return self.mapping(here, None)
        raise UnsureError

    def special(self, value: str, indent: str, in_map: bool) -> Any:
        """A value that begins with an indicator."""
        mark = value[0]
        if mark == '"':
            if match := _DOUBLE.match(value):
                return match[1]
            if match := _ESCAPED.match(value):
                return _BACKSLASH.sub(lambda found: _ESCAPES[found[1]], match[1])
        elif mark == "'":
            if match := _SINGLE.match(value):
                return match[1].replace("''", "'")
        elif mark == "[":
            if match := _FLOW_LIST.match(value):
                return [_flow_item(item.strip(" ")) for item in match[1].split(",")] if match[1] else []
        elif mark == "{":
            if _EMPTY_MAP.match(value):
                return {}
        elif mark in "|>":
            if match := _BLOCK_HEAD.match(value):
                return self.block(match[1], match[2], len(indent))
        elif mark == "#":
            return self.nested(indent, in_map)
        elif (mark == "-" and value[1:2] not in ("", " ")) or mark.isalpha():
            return _plain(value)
        raise UnsureError

    def block(self, style: str, chomp: str, indent: int) -> str:
        """A literal or folded block that begins at the current row."""
        if chomp == "+":
            raise UnsureError
        lines = self.raw()
        first = at = self.at
        while at < len(lines) and not lines[at].strip(" "):
            at += 1
        if at == len(lines):
            raise UnsureError
        width = len(lines[at]) - len(lines[at].lstrip(" "))
        if width <= indent or any(len(line) > width for line in lines[first:at]):
            raise UnsureError
        content = [""] * (at - first)
        pad = " " * width
        for at in range(at, len(lines)):  # noqa: B020  (goes on from where the blanks ended)
            line = lines[at]
            if line.startswith(pad):
                content.append(line[width:])
            elif not line.strip(" "):
                content.append("")
            else:
                break
        else:
            at = len(lines)
        self.at = at
        while content and not content[-1]:
            content.pop()
        if not content[-1].strip(" "):
            raise UnsureError
        text = _fold(content) if style == ">" else "\n".join(content)
        return text if chomp else text + "\n"

    def continued(self, plain_at: int, indent: int) -> str:
        """A plain scalar that goes on over several lines; `plain_at` is the row on which it begins."""
        lines = self.raw()
        parts = [self.rows[plain_at][3]]
        blanks = 0
        at = plain_at + 1
        while at < len(lines):
            line = lines[at]
            text = line.strip(" ")
            if text:
                if len(line) - len(line.lstrip(" ")) <= indent:
                    break
                if text[0] == "#" or " #" in text or ": " in text or text[-1] == ":":
                    raise UnsureError
                parts.append("\n" * blanks if blanks else " ")
                parts.append(text)
                blanks = 0
            else:
                blanks += 1
            at += 1
        self.at = min(at, len(self.rows) - 1)
        return "".join(parts)

    def raw(self) -> list[str]:
        """The lines as they stand; row n is line n."""
        if not self.lines:
            self.lines = self.text.split("\n")
        return self.lines


def _plain(value: str) -> Any:
    if " #" in value or ": " in value or value[-1] == ":":
        raise UnsureError
    return resolve(value)


def _flow_item(text: str) -> Any:
    if text[0] in "\"'":
        return text[1:-1]
    return resolve(text)


def _fold(content: list[str]) -> str:
    if any(line.startswith(" ") for line in content):
        raise UnsureError
    blanks = 0
    while not content[blanks]:
        blanks += 1
    text = "\n".join(content[blanks:])
    return "\n" * blanks + _BREAKS.sub(lambda found: "\n" * (len(found[0]) - 1) or " ", text)
