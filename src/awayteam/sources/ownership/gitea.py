"""Gitea's and Forgejo's CODEOWNERS: regular expressions, every match counts (docs/ownership.md, "Gitea")."""

from collections.abc import Iterable

from awayteam.sources.ownership.base import (
    UNMATCHED,
    Requirement,
    Resolution,
    Resolver,
    Rule,
    Severity,
    Status,
    Tree,
    shown,
    text_of,
)
from awayteam.sources.ownership.regular import RegularError, RegularSet

PLACES = ("CODEOWNERS", "docs/CODEOWNERS", ".gitea/CODEOWNERS", ".forgejo/CODEOWNERS")
"""Where Gitea looks, first found first; the last place is Forgejo's own."""
MAX_BYTES = 8 * 1024 * 1024
"""Gitea's default for the largest file that it shows, which bounds this one too."""


class Gitea(Resolver):
    """Answers as Gitea does for the CODEOWNERS of one commit."""

    format = "gitea"

    def __init__(self, data: bytes | None, file: str = PLACES[0]) -> None:
        super().__init__()
        self.file = file if data is not None else ""
        self._negative: set[int] = set()
        expressions: list[str] = []
        if data is not None and len(data) > MAX_BYTES:
            message = f"{len(data)} bytes; Gitea reads no CODEOWNERS over {MAX_BYTES} bytes (its default)"
            self.problem(Severity.ERROR, "too-large", message)
            data = None
        for number, line in enumerate(text_of(data or b"").split("\n"), start=1):
            self._read_line(line, number, expressions)
        self._expressions = RegularSet(expressions)
        self._kept: dict[frozenset[int], Resolution] = {}

    def _read_line(self, line: str, number: int, expressions: list[str]) -> None:
        tokens = _tokens(line)
        if not tokens:
            return
        written, owners = tokens[0], tuple(tokens[1:])
        if not owners:
            self.problem(Severity.ERROR, "no-owner", f"{shown(written)!r} names no owner; the line is skipped", number)
            return
        wrong = [owner for owner in owners if owner.removeprefix("@").count("/") > 1]
        for owner in wrong:
            message = f"{shown(owner)!r} is no @user and no @organisation/team; it is ignored"
            self.problem(Severity.ERROR, "invalid-owner", message, number)
        owners = tuple(owner for owner in owners if owner not in wrong)
        expression = written.removeprefix("!").removeprefix("/")
        try:
            RegularSet([f"^{expression}$"])
        except RegularError as error:
            message = f"{shown(written)!r} is no regular expression: {error}; the line is skipped"
            self.problem(Severity.ERROR, "invalid-pattern", message, number)
            return
        if not owners:
            return
        if expression.endswith("/"):
            message = f"{shown(written)!r} matches no file: Gitea's patterns are regular expressions for the whole path"
            self.problem(Severity.WARNING, "looks-like-a-glob", message, number, suggestion=f"{expression}.*")
        if written.startswith("!"):
            self._negative.add(len(expressions))
        expressions.append(f"^{expression}$")
        self.rules.append((Rule(self.file, number, written), owners))

    def _resolve(self, path: str) -> Resolution:
        found = self._expressions.search(path)
        answer = self._kept.get(found)
        if answer is None:
            answer = self._kept[found] = self._answer(found)
        return answer

    def _answer(self, found: frozenset[int]) -> Resolution:
        deciding = [i for i in range(len(self.rules)) if (i in found) != (i in self._negative)]
        if not deciding:
            return UNMATCHED
        needs = tuple(Requirement(self.rules[i][1], self.rules[i][0]) for i in deciding)
        owners = tuple(dict.fromkeys(owner for need in needs for owner in need.owners))
        return Resolution(owners, Status.OWNED, needs[0].rule, needs)

    def used(self, paths: Iterable[str]) -> set[int]:
        seen: set[int] = set()
        for path in paths:
            found = self._expressions.search(path)
            seen.update(i for i in range(len(self.rules)) if (i in found) != (i in self._negative))
        return seen


def load(tree: Tree) -> Gitea:
    """The resolver of a tree: the first CODEOWNERS found; none is an empty one."""
    for place in PLACES:
        if tree.size(place) is not None:
            return Gitea(tree.read(place), place)
    return Gitea(None)


def _tokens(line: str) -> list[str]:
    """Gitea's splitting: a backslash takes the next character as it stands, `#` begins a comment anywhere."""
    tokens: list[str] = []
    token = ""
    escaped = False
    for char in line.strip().replace("\t", " "):
        if escaped:
            token += char
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == "#":
            break
        elif char == " ":
            if token:
                tokens.append(token)
            token = ""
        else:
            token += char
    return [*tokens, token] if token else tokens
