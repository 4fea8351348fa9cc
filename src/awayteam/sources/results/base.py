"""What every format of results gives."""

import hashlib
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

MAX_BYTES = 50 * 1024 * 1024
MAX_ITEMS = 10_000
"""Items that one file may give; a service with more open findings needs another kind of list."""
MAX_PROBLEMS = 100
MAX_KEY = 500
MAX_WORDS = 2_000
MAX_PATH = 1_000


class Kind(StrEnum):
    CHECK = "check"
    """A test that failed."""
    FINDING = "finding"
    """Something that an analysis found."""
    COVERAGE = "coverage"
    """How much of a file, or of all, tests run through."""


class ResultError(Exception):
    """The file can't be read as a whole; `line` counts from 1, 0 where no line can be told."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(f"line {line}: {message}" if line else message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Item:
    """`key` is the same in each run of the build; `value` is a percentage with two places, for coverage alone."""

    kind: Kind
    key: str
    words: str = ""
    path: str = ""
    value: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """An entry that couldn't be taken: `where` is "line 12", or a place such as "runs[0].results[3]"."""

    where: str
    message: str


@dataclass
class Results:
    """`items` by key, in the file's order; `seen` counts all tests, results or files, also those that were fine."""

    format: str
    items: dict[tuple[Kind, str], Item] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    seen: int = 0
    too_many: int = 0

    def add(self, item: Item) -> None:
        """Take an item; a second one with its key adds nothing."""
        key = (item.kind, item.key)
        if key in self.items:
            return
        if len(self.items) >= MAX_ITEMS:
            self.too_many += 1
            return
        self.items[key] = item

    def problem(self, where: str | int, message: str) -> None:
        """Note what couldn't be taken; a number is a line."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(f"line {where}" if isinstance(where, int) else where, message))

    def done(self) -> "Results":
        """Say what was left out, once all is read."""
        if self.too_many:
            what = f"{self.too_many:,} more items than the {MAX_ITEMS:,} that are taken from one file were left out"
            self.problem("the file", what)
        return self


def key(text: str) -> str:
    """A key of at most `MAX_KEY` characters; a longer one keeps its start and ends with its hash."""
    text = clean(text, MAX_KEY * 20)
    if len(text) <= MAX_KEY:
        return text
    mark = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f"{text[: MAX_KEY - 17]}~{mark}"


def clean(text: str, most: int = MAX_WORDS) -> str:
    """One line of text without control characters or lone surrogates, cut to `most` characters."""
    text = text[: most * 4].encode("utf-8", "replace").decode()
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:most]


def percentage(part: int, whole: int) -> Decimal:
    """Two places; what isn't whole never shows as 100, and what isn't nothing never as 0."""
    value = (Decimal(part) * 100 / Decimal(whole)).quantize(Decimal("0.01"))
    if value == 100 and part < whole:
        return Decimal("99.99")
    return Decimal("0.01") if value == 0 and part else value


def file_path(name: str) -> str:
    """A path with `/`, relative where a tool wrote `./`; as it is otherwise, since its root isn't known."""
    path = clean(name, MAX_PATH).replace("\\", "/")
    return path[2:] if path.startswith("./") else path
