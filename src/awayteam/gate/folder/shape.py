"""Reading TOML of strangers strictly: every value has the shape that was promised, every mistake its line and key."""

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from awayteam.gate.folder.files import Wrong

LONGEST_TEXT = 4_000
MOST = 5_000
"""Elements of one list."""
_LINE = re.compile(r"line (\d+)")
_DEEP = re.compile(r"[\[{]")
MAX_BRACKETS = 200_000
_T = TypeVar("_T")
_Word = TypeVar("_Word", bound=StrEnum)

Where = tuple[str | int, ...]


@dataclass
class Document:
    """One file: `lines` tells where a key stands, `wrong` collects what was found."""

    file: str
    root: dict[str, Any] = field(default_factory=dict)
    lines: Mapping[Where, int] = field(default_factory=dict)
    wrong: list[Wrong] = field(default_factory=list)

    def complain(self, where: Where, message: str) -> None:
        line = 0
        for length in range(len(where), 0, -1):
            if line := self.lines.get(where[:length], 0):
                break
        said = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in where).removeprefix(".")
        self.wrong.append(Wrong(self.file, message, line or (1 if where else 0), said))


def parse(file: str, data: bytes) -> Document:
    """The document in these bytes; where they are no TOML, an empty one that says why."""
    made = Document(file)
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
        if len(_DEEP.findall(text)) > MAX_BRACKETS:
            raise ValueError("it has too many brackets")
        made.root = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        made.wrong.append(Wrong(file, "this is not UTF-8; save it as UTF-8", line))
    except (ValueError, RecursionError) as error:
        found = _LINE.search(str(error))
        said = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
        made.wrong.append(Wrong(file, f"this is not TOML: {said}", int(found[1]) if found else 1))
    else:
        from awayteam.kernel.rulebook import tomllines

        try:
            made.lines = tomllines.locate(text)
        except Exception:  # only line numbers are lost
            made.lines = {}
    return made


class Table:
    """One table of a document; each reader notes what is wrong and gives the usual value instead."""

    def __init__(self, document: Document, values: Mapping[str, Any], where: Where, known: Sequence[str]) -> None:
        self._document, self._values, self.where = document, values, where
        for key in values:
            if key not in known:
                near = difflib.get_close_matches(key[:60], known, n=1)
                hint = f"did you mean {near[0]}?" if near else f"known here are {', '.join(known)}"
                document.complain((*where, key), f"there is no such key; {hint}")

    def complain(self, key: str, message: str) -> None:
        self._document.complain((*self.where, key), message)

    def has(self, key: str) -> bool:
        return key in self._values

    def text(self, key: str, usual: str | None = "") -> str:
        """A text without control characters; `usual` None means that it must be given."""
        value = self._given(key, usual)
        if value is None:
            return ""
        if not isinstance(value, str):
            return self._instead(key, "this must be a text in quotes", usual or "")
        if len(value) > LONGEST_TEXT or (value != usual and not value.strip()):
            return self._instead(key, f"this must have 1 to {LONGEST_TEXT} characters", usual or "")
        if any(ord(mark) < 32 and mark not in "\n\t" for mark in value):
            return self._instead(key, "this holds control characters", usual or "")
        return value

    def word(self, key: str, kind: type[_Word], usual: _Word | None = None) -> _Word:
        """One of the words of an enumeration."""
        value = self._given(key, usual)
        if not isinstance(value, str) or value not in list(kind):
            if value is not None:
                self.complain(key, f"this must be one of {', '.join(kind)}")
            return usual if usual is not None else next(iter(kind))
        return kind(value)

    def number(self, key: str) -> int:
        """A whole number from 1 on, which must be given."""
        value = self._given(key, None)
        if type(value) is not int or not 0 < value < 2**63:
            if value is not None:
                self.complain(key, "this must be a whole number from 1 on")
            return 0
        return value

    def flag(self, key: str) -> bool:
        value = self._values.get(key, False)
        if not isinstance(value, bool):
            return self._instead(key, "this must be true or false", False)
        return value

    def texts(self, key: str, *, needed: bool = False) -> tuple[str, ...]:
        """A list of texts, in its order, each once."""
        value = self._given(key, None if needed else [])
        if value is None:
            return ()
        if not isinstance(value, list) or len(value) > MOST:
            return self._instead(key, f"this must be a list of at most {MOST} texts in quotes", ())
        if not all(isinstance(one, str) and one.strip() and len(one) <= LONGEST_TEXT and "\0" not in one
                   for one in value):  # fmt: skip
            return self._instead(key, "each element must be a text in quotes", ())
        if needed and not value:
            return self._instead(key, "this names nothing", ())
        return tuple(dict.fromkeys(value))

    def day(self, key: str, *, needed: bool = False) -> date | None:
        """A day without a time: `2026-12-31`."""
        value = self._given(key, None) if needed else self._values.get(key)
        if value is None:
            return None
        if not isinstance(value, date) or isinstance(value, datetime) or not 1900 <= value.year <= 9000:
            return self._instead(key, "this must be a day, such as 2026-12-31", None)
        return value

    def moment(self, key: str, *, needed: bool = False) -> datetime | None:
        """A moment with its offset: `2026-12-31T17:00:00Z`."""
        value = self._given(key, None) if needed else self._values.get(key)
        if value is None:
            return None
        if not isinstance(value, datetime) or value.tzinfo is None or not 1900 <= value.year <= 9000:
            return self._instead(key, "this must be a moment with an offset, such as 2026-12-31T17:00:00Z", None)
        return value.astimezone(UTC)

    def tables(self, key: str, known: Sequence[str]) -> list["Table"]:
        """A list of tables, `[[key]]`."""
        value = self._values.get(key, [])
        if not isinstance(value, list) or len(value) > MOST or not all(isinstance(one, dict) for one in value):
            return self._instead(key, f"this must be a list of at most {MOST} tables, each begun by [[{key}]]", [])
        where: Callable[[int], Where] = lambda number: (*self.where, key, number)  # noqa: E731
        return [Table(self._document, one, where(number), known) for number, one in enumerate(value)]

    def _given(self, key: str, usual: Any) -> Any:
        if key not in self._values:
            if usual is None:
                self._document.complain(self.where or (key,), f"{key} must be given")
            return usual
        return self._values[key]

    def _instead(self, key: str, message: str, usual: _T) -> _T:
        self.complain(key, message)
        return usual
