"""GitHub's CODEOWNERS: the last matching rule decides, one file, no sections (docs/ownership.md, "GitHub")."""

import re
from collections.abc import Iterable, Iterator

from awayteam.sources.ownership.base import (
    UNMATCHED,
    Resolution,
    Resolver,
    Rule,
    Severity,
    Status,
    Tree,
    shown,
    text_of,
)
from awayteam.sources.ownership.globset import DEEP, End, GlobSet, Pattern, Segment, wild

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""Where GitHub looks, first found first."""
MAX_BYTES = 3 * 1024 * 1024
"""A larger file isn't loaded by GitHub."""

_OWNER = re.compile(
    r"@[A-Za-z0-9](?:[A-Za-z0-9_-]*)(?:\[bot\])?\Z|@[A-Za-z0-9][A-Za-z0-9_-]*/[A-Za-z0-9_.-]+\Z|[^\s@]+@[^\s@]+\.[^\s@.]+\Z"
)
_ANY = re.compile(".")
_SPLIT = re.compile(r"((?:\\.|[^\s\\]|\\\Z)+)(.*)", re.DOTALL)


class InvalidPatternError(ValueError):
    """GitHub skips the line; the text says why."""


class GitHub(Resolver):
    """Answers as GitHub does for the CODEOWNERS of one commit."""

    format = "github"

    def __init__(self, data: bytes | None, file: str = PLACES[0], *, size: int | None = None) -> None:
        """`data` is None where there is no file; `size` replaces its length where the content wasn't even read."""
        super().__init__()
        self.file = file if data is not None else ""
        self._answers: list[Resolution] = []
        patterns: list[Pattern] = []
        size = len(data or b"") if size is None else size
        if size > MAX_BYTES:
            message = f"{size} bytes; GitHub loads no CODEOWNERS over 3 MB, so nobody owns anything: merge rules"
            self.problem(Severity.ERROR, "too-large", message)
            data = None
        for number, line in enumerate(text_of(data or b"").split("\n"), start=1):
            if line.strip() and not line.lstrip().startswith("#"):
                self._read_line(line.strip(), number, patterns)
        self._globs = GlobSet(patterns)
        self._answers.append(UNMATCHED)  # so that -1, no rule, finds it

    def _read_line(self, line: str, number: int, patterns: list[Pattern]) -> None:
        match = _SPLIT.match(line)
        pattern, rest = match.groups() if match else (line, "")
        owners = tuple(rest.partition("#")[0].split())
        try:
            compiled = compile_pattern(pattern)
        except InvalidPatternError as error:
            self.problem(Severity.ERROR, "invalid-pattern", f"{shown(pattern)!r}: {error}; the line is skipped", number)
            return
        wrong = [owner for owner in owners if not _OWNER.match(owner)]
        if wrong:
            message = f"{shown(' '.join(wrong))!r} is no @user, @organisation/team or e-mail address; line skipped"
            self.problem(Severity.ERROR, "invalid-owner", message, number, suggestion=_mended(wrong[0]))
            return
        rule = Rule(self.file, number, pattern)
        status = Status.OWNED if owners else Status.UNOWNED
        self.rules.append((rule, owners))
        self._answers.append(Resolution(owners, status, rule))
        patterns.append(compiled)

    def _resolve(self, path: str) -> Resolution:
        return self._answers[self._globs.last(path)]

    def resolve_many(self, paths: Iterable[str]) -> Iterator[Resolution]:
        return map(self._answers.__getitem__, self._globs.last_many(paths))

    def used(self, paths: Iterable[str]) -> set[int]:
        return self._globs.used(paths)


def load(tree: Tree) -> GitHub:
    """The resolver of a tree: the first CODEOWNERS found; none is an empty one."""
    for place in PLACES:
        size = tree.size(place)
        if size is not None:
            return GitHub(tree.read(place) if size <= MAX_BYTES else b"", place, size=size)
    return GitHub(None)


def compile_pattern(pattern: str) -> Pattern:
    """GitHub's reading of one pattern. Raises `InvalidPatternError` for what GitHub reports as invalid."""
    if pattern.startswith("!"):
        raise InvalidPatternError("GitHub knows no negation with !")
    if pattern.startswith("\\#"):
        raise InvalidPatternError("GitHub doesn't let \\# begin a pattern")
    if "***" in pattern:
        raise InvalidPatternError("three asterisks in a row; use ** for any number of folders")
    if pattern.endswith("\\") and (len(pattern) - len(pattern.rstrip("\\"))) % 2:
        raise InvalidPatternError("ends with a backslash that escapes nothing")
    if pattern == "/":
        return ("", DEEP, ""), End.FILE  # matches nothing
    parts = pattern.split("/")
    if parts[0] == "":
        parts = parts[1:]
    elif (len(parts) == 1 or (len(parts) == 2 and parts[1] == "")) and parts[0] != "**":
        parts = ["**", *parts]
    end = End.TREE
    if parts[-1] == "":
        parts, end = parts[:-1], End.BELOW
    elif parts[-1] == "*":
        end = End.FILE
    while parts and parts[-1] == "**":
        parts, end = parts[:-1], End.BELOW
    return [_segment(part) for part in parts], end


def _segment(part: str) -> Segment:
    if part == "**":
        return DEEP
    pieces: list[str | re.Pattern[str] | None] = []
    literal = True
    escaped = False
    for char in part:
        if escaped:
            pieces.append(char)
            escaped = False
        elif char == "\\":
            escaped = True
        elif char in "*?":
            literal = False
            if char == "?":
                pieces.append(_ANY)
            elif not pieces or pieces[-1] is not None:
                pieces.append(None)
        else:
            pieces.append(char)
    if literal:
        return "".join(str(piece) for piece in pieces)
    return wild(part, _joined(pieces))


def _joined(pieces: list[str | re.Pattern[str] | None]) -> list[str | re.Pattern[str] | None]:
    """Neighbouring characters as one piece."""
    joined: list[str | re.Pattern[str] | None] = []
    for piece in pieces:
        if joined and isinstance(piece, str) and isinstance(joined[-1], str):
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined


def _mended(owner: str) -> str:
    guess = "@" + owner.strip("@,;")
    return guess if _OWNER.match(guess) and guess != owner else ""
