"""From TOML text to a `Rulebook`, or to a list of everything that is wrong with it."""

import dataclasses
import difflib
import hashlib
import re
import tomllib
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import orjson

from awayteam.kernel.errors import AwayteamError
from awayteam.kernel.rulebook import tomllines
from awayteam.kernel.rulebook.relations import contradictions
from awayteam.kernel.rulebook.schema import Rulebook

DEFAULTS = Path(__file__).with_name("defaults.toml")
WORDS: dict[Any, str] = {bool: "true or false", int: "a whole number", float: "a number", str: "a text in quotes"}
_TOML_LINE = re.compile(r"line (\d+)")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where, in which key (`section.key`), what and, where we know, what was meant."""

    file: str
    line: int
    key: str
    message: str
    suggestion: str = ""

    def __str__(self) -> str:
        said = f"{self.file}:{self.line}: " + (f"{self.key}: " if self.key else "") + self.message
        return f"{said} {self.suggestion}".rstrip()


@dataclass
class RulebookError(AwayteamError):
    """The rulebook can't be used; `problems` has every reason."""

    problems: list[Problem] = field(default_factory=list)

    title = "Rulebook refused"
    status = 422


@dataclass(frozen=True, slots=True)
class Difference:
    """A key whose value in force differs between two rulebooks."""

    key: str
    old: Any
    new: Any


@cache
def defaults() -> Rulebook:
    """The rulebook as it ships."""
    return parse("")


def parse(text: str, file: str = "rulebook.toml") -> Rulebook:
    """The rulebook of an organisation whose own file holds `text`; raises `RulebookError` with every problem."""
    book, problems = _read(text, file)
    if book is None:
        raise RulebookError(
            "The rulebook can't be used: " + "; ".join(map(str, problems)),
            "Mend the lines that are named; docs/rulebook.md explains every key.",
            problems=problems,
        )
    return book


def check(text: str, file: str = "rulebook.toml") -> list[Problem]:
    """Everything that is wrong with an organisation's own file, in the order of its lines."""
    return _read(text, file)[1]


def values(book: Rulebook) -> dict[str, Any]:
    """Every key in force, `section.key` -> value, in the order of the schema."""
    return {
        f"{section.name}.{key.name}": getattr(getattr(book, section.name), key.name)
        for section in sections()
        for key in dataclasses.fields(section.type)
    }


def diff(old: Rulebook, new: Rulebook) -> list[Difference]:
    """The keys whose values differ, in the order of the schema."""
    before, after = values(old), values(new)
    return [Difference(key, before[key], after[key]) for key in before if before[key] != after[key]]


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the schema: its name in the file and its dataclass."""

    name: str
    type: Any


@cache
def sections() -> tuple[Section, ...]:
    hints = typing.get_type_hints(Rulebook)
    named = [(each.name, hints[each.name]) for each in dataclasses.fields(Rulebook)]
    return tuple(Section(name, type) for name, type in named if dataclasses.is_dataclass(type))


def _read(text: str, file: str) -> tuple[Rulebook | None, list[Problem]]:
    try:
        own = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _TOML_LINE.search(str(error))
        line = int(found.group(1)) if found else text.count("\n") + 1
        return None, [Problem(file, line, "", f"this is not TOML: {error}.")]
    reading = _Reading(file, tomllines.locate(text))
    shipped = tomllib.loads(DEFAULTS.read_text(encoding="utf-8"))
    reading.refuse_unknown((), own, [section.name for section in sections()])
    built = {each.name: reading.section(each, shipped[each.name], own.get(each.name, {})) for each in sections()}
    if not reading.problems:
        for keys, message in contradictions(**built):
            reading.complain(next((key for key in keys if key in reading.lines), keys[0]), message)
    if reading.problems:
        return None, sorted(reading.problems, key=lambda problem: problem.line)
    return Rulebook(**built, version=_version(built), overridden=frozenset(reading.overridden)), []


def _version(built: Mapping[str, Any]) -> str:
    """SHA-256 over the values in force: the same however the file is formatted, ordered or commented."""
    plain = {name: dataclasses.asdict(section) for name, section in built.items()}
    return hashlib.sha256(orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)).hexdigest()


@dataclass
class _Reading:
    file: str
    lines: dict[tomllines.Path, int]
    problems: list[Problem] = field(default_factory=list)
    overridden: set[str] = field(default_factory=set)

    def complain(self, path: tomllines.Path, message: str, suggestion: str = "") -> None:
        line = self.lines.get(path) or self.lines.get(path[:1]) or 1
        self.problems.append(Problem(self.file, line, ".".join(map(str, path)), message, suggestion))

    def refuse_unknown(self, path: tomllines.Path, given: Mapping[str, Any], known: list[str]) -> None:
        for name in given:
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1)
                what = "section" if not path else "key"
                hint = f"Did you mean `{close[0]}`?" if close else f"Known here: {', '.join(known)}."
                self.complain((*path, name), f"there is no such {what}.", hint)

    def section(self, section: Section, shipped: Mapping[str, Any], own: Any) -> Any:
        if not isinstance(own, dict):
            self.complain((section.name,), "this must be a section.", f"Write [{section.name}] on a line of its own.")
            own = {}
        fields, hints = dataclasses.fields(section.type), typing.get_type_hints(section.type)
        self.refuse_unknown((section.name,), own, [key.name for key in fields])
        chosen: dict[str, Any] = {}
        for key in fields:
            chosen[key.name] = self.value(hints[key.name], shipped[key.name])
            if key.name in own:
                problem = wrong(hints[key.name], key.metadata, own[key.name])
                if problem:
                    self.complain((section.name, key.name), problem)
                else:
                    chosen[key.name] = self.value(hints[key.name], own[key.name])
                    self.overridden.add(f"{section.name}.{key.name}")
        return section.type(**chosen)

    @staticmethod
    def value(hint: Any, raw: Any) -> Any:
        if isinstance(raw, list):
            return tuple(raw)
        return float(raw) if hint is float else raw


def wrong(hint: Any, metadata: Mapping[str, Any], raw: Any) -> str | None:
    """What is wrong with a raw TOML value for a key of type `hint` with these bounds, or None."""
    own = metadata["check"] or (lambda _raw: None)
    return _wrong_type(hint, raw) or _out_of_bounds(metadata, raw) or own(raw)


def _wrong_type(hint: Any, raw: Any) -> str | None:
    if typing.get_origin(hint) is Literal:
        choices = typing.get_args(hint)
        if type(raw) is str and raw in choices:
            return None
        return f"this must be one of {', '.join(map(repr, choices))}, not {raw!r}"
    if typing.get_origin(hint) is tuple:
        element = typing.get_args(hint)[0]
        if isinstance(raw, list) and all(type(each) is element for each in raw):
            return None
        return f"this must be a list, each element {WORDS[element]}, not {raw!r}"
    accepted = (int, float) if hint is float else (hint,)
    return None if type(raw) in accepted else f"this must be {WORDS[hint]}, not {raw!r}"


def _out_of_bounds(metadata: Mapping[str, Any], raw: Any) -> str | None:
    least, most = metadata["minimum"], metadata["maximum"]
    for number in _numbers(raw):
        if least is not None and not number >= least:
            return f"{number} is too small; the least is {least}"
        if most is not None and not number <= most:
            return f"{number} is too large; the most is {most}"
    return None


def _numbers(raw: Any) -> Iterator[float]:
    for each in raw if isinstance(raw, list) else [raw]:
        if type(each) in (int, float):
            yield each
