"""Operations of GraphQL schemas: the fields of Query, Mutation and Subscription.

A small reader of the schema definition language of our own: the libraries that exist build and validate a whole schema,
which a catalog doesn't need, and stop at the first mistake. Introspection results (JSON) are read as well.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from awayteam.sources.declared import Operation
from awayteam.sources.shapes import Notes, first_line, list_of, object_of, text

_TOKEN = re.compile(
    r'''(?P<space>[\s,\ufeff]+)
    |(?P<comment>\#[^\n]*)
    |(?P<block>"""(?:[^"\\]|\\"""|\\|"(?!""))*""")
    |(?P<string>"(?:[^"\\\n]|\\.)*")
    |(?P<name>[A-Za-z_]\w*)
    |(?P<number>-?\d[\w.+-]*)
    |(?P<sign>\.\.\.|[!$&()=:@\[\]{}|])''',
    re.VERBOSE | re.ASCII,
)
_VERBS = ("query", "mutation", "subscription")
_KEYWORDS = ("schema", "scalar", "type", "interface", "union", "enum", "input", "directive", "extend")
_CLOSING = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    summary: str
    deprecated: bool


@dataclass(slots=True)
class _Reader:
    """Walks over the words; `roots` maps a type's name to its verb."""

    words: list[tuple[str, int]]
    notes: Notes
    position: int = 0
    roots: dict[str, str] = field(default_factory=dict)
    types: dict[str, list[_Field]] = field(default_factory=dict)

    def peek(self) -> str:
        return self.words[self.position][0] if self.position < len(self.words) else ""

    def line(self) -> int:
        return self.words[min(self.position, len(self.words) - 1)][1]

    def take(self) -> str:
        word = self.peek()
        self.position += 1
        return word

    def pass_group(self) -> None:
        """Pass over a bracketed group that begins here, with all that is nested in it."""
        start = self.line()
        opened = [_CLOSING[self.take()]]
        while opened and self.peek():
            word = self.take()
            if word in _CLOSING:
                opened.append(_CLOSING[word])
            elif word == opened[-1]:
                opened.pop()
        if opened:
            self.notes.add(f"a bracket is never closed; add the missing {opened[-1]!r}", line=start)

    def pass_directives(self) -> bool:
        """Pass over directives; true where one of them is @deprecated."""
        deprecated = False
        while self.peek() == "@":
            self.take()
            deprecated |= self.take() == "deprecated"
            if self.peek() == "(":
                self.pass_group()
        return deprecated


def read_operations(source: str, notes: Notes) -> list[Operation]:
    """One operation for each field of a root type (`query orders`), deprecated where it carries @deprecated."""
    if source.lstrip()[:1] == "{":
        return _introspection(source, notes)
    reader = _Reader(_words(source, notes), notes)
    while reader.peek():
        _definition(reader)
    roots = reader.roots or {"Query": "query", "Mutation": "mutation", "Subscription": "subscription"}
    operations = {}
    for type_name, verb in roots.items():
        for one in reader.types.get(type_name, ()):
            operations[f"{verb} {one.name}"] = _operation(verb, one)
    if not operations and not notes.problems:
        notes.add("the schema has no type Query, Mutation or Subscription with fields, so nothing can be asked of it")
    return list(operations.values())


def _operation(verb: str, one: _Field) -> Operation:
    return Operation(f"{verb} {one.name}", verb, one.name, one.summary, one.deprecated, name=one.name)


def _words(source: str, notes: Notes) -> list[tuple[str, int]]:
    words: list[tuple[str, int]] = []
    position, line, bad_line = 0, 1, 0
    while position < len(source):
        # a quote on a line where one was left open isn't looked at again, or a hostile line would cost its square
        match = None if bad_line == line and source[position] == '"' else _TOKEN.match(source, position)
        if match is None:
            if bad_line != line:
                notes.add(f"unexpected character {source[position]!r}; is a quote left open?", line=line)
            bad_line = line
            position += 1
            continue
        if match.lastgroup == "string" and source.startswith('"""', position):
            notes.add('a description is opened here and never closed; add the missing """', line=line)
            break
        if match.lastgroup not in ("space", "comment"):
            words.append((match.group(), line))
        line += match.group().count("\n")
        position = match.end()
    return words


def _definition(reader: _Reader) -> None:
    start = reader.line()
    word = reader.take()
    if word.startswith('"') or word == "extend":
        return
    if word == "schema":
        reader.pass_directives()
        _schema(reader)
    elif word in ("type", "interface"):
        name = reader.take()
        while reader.peek() not in ("", "{", "@", *_KEYWORDS) and not reader.peek().startswith('"'):
            reader.take()  # implements A & B
        reader.pass_directives()
        fields = _fields(reader) if reader.peek() == "{" else []
        if word == "type":
            reader.types.setdefault(name, []).extend(fields)
    elif word in _CLOSING:
        reader.position -= 1
        reader.pass_group()
    elif word in ("}", ")", "]"):
        reader.notes.add(f"there is one {word!r} too many", line=start)


def _schema(reader: _Reader) -> None:
    if reader.peek() != "{":
        return
    reader.take()
    while reader.peek() not in ("", "}"):
        verb = reader.take()
        if reader.peek() == ":":
            reader.take()
            if verb in _VERBS:
                reader.roots[reader.take()] = verb
    reader.take()


def _fields(reader: _Reader) -> list[_Field]:
    start = reader.line()
    reader.take()
    found: list[_Field] = []
    summary = ""
    while reader.peek() not in ("", "}"):
        line = reader.line()
        word = reader.take()
        if word.startswith('"'):
            summary = first_line(word.strip('"'))
            continue
        if reader.peek() == "(":
            reader.pass_group()
        if reader.peek() != ":" or not word.isidentifier():
            reader.notes.add(f"expected a field such as name: Type, found {word!r}", line=line)
            summary = ""
            continue
        reader.take()
        while reader.peek() == "[":
            reader.take()
        reader.take()
        while reader.peek() in ("]", "!"):
            reader.take()
        found.append(_Field(word, summary, reader.pass_directives()))
        summary = ""
    if not reader.take():
        reader.notes.add("the fields of a type are never closed; add the missing '}'", line=start)
    return found


def _introspection(source: str, notes: Notes) -> list[Operation]:
    try:
        root: Any = orjson.loads(source.encode("utf-8", "replace"))
    except orjson.JSONDecodeError as error:
        notes.add(f"no valid JSON: {error.msg}", line=error.lineno)
        return []
    root = object_of(root, "introspection", notes)
    schema = object_of(object_of(root.get("data", root), "data", notes).get("__schema"), "__schema", notes)
    if not schema:
        notes.add("expected a GraphQL schema or an introspection result with __schema")
        return []
    listed = list_of(schema.get("types"), "types", notes)
    types = {text(one.get("name")): one for one in listed if isinstance(one, Mapping)}
    operations = []
    for verb in _VERBS:
        root_type = schema.get(f"{verb}Type")
        name = text(root_type.get("name")) if isinstance(root_type, Mapping) else ""
        for one in list_of(types.get(name, {}).get("fields"), f"{name}.fields", notes) if name else ():
            if isinstance(one, Mapping) and text(one.get("name")):
                summary = first_line(one.get("description"))
                operations.append(_operation(verb, _Field(text(one["name"]), summary, one.get("isDeprecated") is True)))
    return operations
