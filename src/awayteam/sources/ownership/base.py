"""The one interface of all ownership formats: a path goes in, owners and the deciding rule come out."""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Status(StrEnum):
    """Whether somebody owns a path, a rule says that nobody does, or no rule speaks of it."""

    OWNED = "owned"
    UNOWNED = "unowned"
    UNMATCHED = "unmatched"


class Severity(StrEnum):
    """`error`: the forge ignores or misreads it; `warning`: it works, but hardly as meant; `note`: worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as its file writes it; `line` counts from 1, `section` is GitLab's or MAINTAINERS' section name."""

    file: str
    line: int
    pattern: str
    section: str = ""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One approval that a change of the path needs, where a format asks for several (GitLab sections, Gitea rules)."""

    owners: tuple[str, ...]
    rule: Rule
    approvals: int = 1
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Resolution:
    """The answer for one path.

    `owners` stand as the file writes them, in its order. `requirements` has an entry for each separate approval where
    the format knows several. `reviewers` may be asked but can't approve. `waived` says that the forge approves the path
    without anybody's word (GitLab without valid owners, Prow's `auto_approve_unowned_subfolders`, Gerrit's `*`).
    """

    owners: tuple[str, ...] = ()
    status: Status = Status.UNMATCHED
    rule: Rule | None = None
    requirements: tuple[Requirement, ...] = ()
    reviewers: tuple[str, ...] = ()
    waived: bool = False


UNMATCHED = Resolution()


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a rule file, where, and what to do; `line` is 0 where the whole file is meant."""

    severity: Severity
    code: str
    message: str
    file: str
    line: int = 0
    suggestion: str = ""


class Tree(Protocol):
    """The files of one commit."""

    def paths(self) -> Sequence[str]:
        """All file paths; bytes that are no UTF-8 stand as surrogate escapes."""
        ...

    def size(self, path: str) -> int | None:
        """Bytes of a file, None where there is no such file."""
        ...

    def read(self, path: str) -> bytes | None:
        """The content of a file, None where there is no such file."""
        ...


@dataclass
class MemoryTree:
    """A tree held in memory: rule files with content, other files by name alone."""

    contents: dict[str, bytes] = field(default_factory=dict)
    names: Sequence[str] = ()

    def paths(self) -> Sequence[str]:
        return [*self.contents, *(name for name in self.names if name not in self.contents)]

    def size(self, path: str) -> int | None:
        data = self.contents.get(path)
        return None if data is None else len(data)

    def read(self, path: str) -> bytes | None:
        return self.contents.get(path)


class Resolver(ABC):
    """What every format offers. Subclasses fill `rules` and `problems` while they parse, and answer `_resolve`."""

    format = ""
    file = ""
    """The rule file that was read, "" where there is none; formats with one file per folder name the root's."""

    def __init__(self) -> None:
        self.rules: list[tuple[Rule, tuple[str, ...]]] = []
        self.problems: list[Finding] = []

    def resolve(self, path: str | bytes) -> Resolution:
        """Who owns the path, which need not exist. A leading `/` or `./` is dropped; `/` separates on every system."""
        return self._resolve(normal(path))

    def resolve_git(self, path: str) -> Resolution:
        """`resolve` for a path in git's own form, which needs no normalising."""
        return self._resolve(path)

    def resolve_many(self, paths: Iterable[str]) -> Iterator[Resolution]:
        """`resolve` for repository paths in git's own form, without normalising each."""
        return map(self._resolve, paths)

    @abstractmethod
    def _resolve(self, path: str) -> Resolution:
        """`resolve` for a path in git's own form."""

    def expand(self, owner: str) -> tuple[str, ...]:
        """The people behind an owner that the format itself defines (Prow's aliases); others stand for themselves."""
        return (owner,)

    @abstractmethod
    def used(self, paths: Iterable[str]) -> set[int]:
        """Indices in `rules` of the rules that match at least one path, whether or not they decide."""

    def problem(
        self, severity: Severity, code: str, message: str, line: int = 0, *, file: str = "", suggestion: str = ""
    ) -> None:
        self.problems.append(Finding(severity, code, message, file or self.file, line, suggestion))


def normal(path: str | bytes) -> str:
    """A path as git names it: text with surrogate escapes, no leading `/` or `./`."""
    if isinstance(path, bytes):
        path = path.decode("utf-8", "surrogateescape")
    while path.startswith("./"):
        path = path[2:]
    return path.lstrip("/")


def text_of(data: bytes) -> str:
    """A rule file's text: a UTF-8 byte order mark is dropped, other bytes survive as surrogate escapes."""
    return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")


def shown(path: str) -> str:
    """A path or rule for people: bytes that are no UTF-8 and control characters appear escaped."""
    if path.isprintable():
        return path
    raw = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in raw)
