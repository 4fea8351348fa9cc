"""Reading JSON that people wrote, strictly and within limits, so that an error names its line."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

LONGEST = 4 * 1024 * 1024
"""Characters of a file of flags."""
DEEPEST = 100
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong: `where` is the path of a field ("flags.cart.variants"), `line` counts from 1 (None: not known)."""

    where: str
    what: str
    line: int | None = None

    def __str__(self) -> str:
        place = f"line {self.line}, " if self.line is not None else ""
        return f"{place}{self.where}: {self.what}" if self.where else f"{place}{self.what}"


class BadDefinition(ValueError):
    """A text or definition that can't be used; `problems` says everything that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(str(one) for one in problems[:5]))
        self.problems = tuple(problems)


def written(path: Path) -> str:
    """A path as people read it: `flags.cart.targeting.if[0]`."""
    made = ""
    for part in path:
        made += f"[{part}]" if isinstance(part, int) else f".{part[:100]}" if made else part[:100]
    return made


def read(text: str | bytes, longest: int = LONGEST) -> Any:
    """The JSON in a text. Raises `BadDefinition` for what is too long or deep, names a key twice, or is no JSON."""
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise _bad(f"isn't UTF-8 at byte {error.start}") from None
    if len(text) > longest:
        raise _bad(f"has {len(text):,} characters; at most {longest:,} are read")
    try:
        found = json.loads(
            text, object_pairs_hook=_once, parse_constant=_constant, parse_int=_integer, parse_float=_fraction
        )
    except json.JSONDecodeError as error:
        raise BadDefinition([Problem("", f"no JSON: {error.msg} (column {error.colno})", error.lineno)]) from None
    except _Twice as error:
        raise _bad(f"the key {error.args[0][:80]!r} stands twice in one object") from None
    except RecursionError:
        raise _bad(f"is nested deeper than {DEEPEST}") from None
    except ValueError as error:
        raise _bad(str(error)) from None
    if too_deep(found):
        raise _bad(f"is nested deeper than {DEEPEST}")
    _require_whole_characters(text, found)
    return found


def _require_whole_characters(text: str, found: Any) -> None:
    """Half a character ("\\ud800") is legal in JSON, and nobody could write it again."""
    if "\\u" not in text and text.isascii():
        return
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        before = error.object[max(error.start - 20, 0) : error.start].encode("utf-8", "replace").decode()
        raise _bad(f"holds half of a character (a lone surrogate) after {before!r}") from None


def _bad(what: str) -> BadDefinition:
    return BadDefinition([Problem("", what)])


class _Twice(Exception):
    pass


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        raise _Twice(next(key for key, _value in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]
    return made


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is no value of JSON")


def _integer(digits: str) -> int:
    if len(digits) > 19 or not -(2**63) <= (value := int(digits)) < 2**63:
        raise ValueError(f"the number {digits[:24]}... is too large; at most 64 bits are read")
    return value


def _fraction(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"the number {digits[:24]} is too large")
    return value


def too_deep(value: Any, deepest: int = DEEPEST) -> bool:
    """Whether lists and objects stand in each other deeper than that; needs no recursion."""
    level = [value]
    for _depth in range(deepest + 1):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def with_lines(text: str, problems: Iterable[tuple[Path, str]]) -> list[Problem]:
    """Problems at paths of a JSON text, with the lines on which they stand; the text has been read before."""
    return [Problem(written(path), what, line_of(text, path)) for path, what in problems]


def line_of(text: str, path: Path) -> int | None:
    """The line on which the value at `path` begins, or the nearest one around it that there is."""
    at = _skip(text, 0)
    for part in path:
        inner = _find(text, at, part)
        if inner is None:
            break
        at = inner
    return text.count("\n", 0, at) + 1


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _find(text: str, at: int, part: str | int) -> int | None:
    """Where the member `part` of the object or list at `at` begins."""
    if text[at : at + 1] not in ("{", "["):
        return None
    closing, number = ("}" if text[at] == "{" else "]"), 0
    keyed, at = text[at] == "{", _skip(text, at + 1)
    while at < len(text) and text[at] != closing:
        key: str | int = number
        if keyed:
            key, at = scanstring(text, at + 1)
            at = _skip(text, _skip(text, at) + 1)
        if key == part:
            return at
        at = _skip(text, _end(text, at))
        at, number = (_skip(text, at + 1) if text[at : at + 1] == "," else at), number + 1
    return None


def _end(text: str, at: int) -> int:
    """Behind the value that begins at `at`."""
    open_ones = 0
    while at < len(text):
        char = text[at]
        if char == '"':
            at = scanstring(text, at + 1)[1]
        elif char in "[{":
            open_ones, at = open_ones + 1, at + 1
        elif char in "]}":
            if not open_ones:
                return at
            open_ones, at = open_ones - 1, at + 1
        elif char == "," and not open_ones:
            return at
        else:
            at += 1
            continue
        if not open_ones and char in '"]}':
            return at
    return at
