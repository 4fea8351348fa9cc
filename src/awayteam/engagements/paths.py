"""Paths that an engagement names: patterns in CODEOWNERS syntax, compiled once, asked often."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from awayteam.sources.ownership.github import InvalidPatternError, compile_pattern
from awayteam.sources.ownership.globset import GlobSet, Pattern

WHOLE = "/"
"""All of a repository. (In a CODEOWNERS file this matches nothing; as a scope that would be of no use.)"""
LONGEST = 1000
_NOT_IN_A_PATH = frozenset({"", ".", ".."})


def compiled(pattern: str) -> Pattern:
    """A pattern for a `GlobSet`. Raises `InvalidPatternError`, whose text says why."""
    return compile_pattern("**" if pattern == WHOLE else pattern)


def problem(pattern: str) -> str:
    """What is wrong with a pattern, as a sentence for people; "" where nothing is."""
    if not pattern.strip():
        return f"Write a pattern, such as src/payments/; {WHOLE} is all of the repository."
    if len(pattern) > LONGEST:
        return f"A pattern has at most {LONGEST} characters."
    if any(ord(character) < 32 for character in pattern) or pattern != pattern.strip():
        return "A pattern has no control characters, and no spaces around it."
    try:
        compiled(pattern)
    except InvalidPatternError as error:
        return f"{pattern!r}: {error}."
    return ""


def repository_path(path: str) -> str | None:
    """A path as git names it: `/` or `./` before it dropped; None for what no file of a repository is called."""
    while path.startswith("./"):
        path = path[2:]
    if path.startswith("/"):
        path = path.lstrip("/")
    if not path or "\0" in path:
        return None
    if "//" in path or "./" in path or path.endswith((".", "/")):
        parts = path.removesuffix("/").split("/")
        if not _NOT_IN_A_PATH.isdisjoint(parts):
            return None
    return path


def repository_name(name: str) -> str:
    """How repositories are compared: without a `.git`, a slash at the end, or upper case."""
    return name.strip().rstrip("/").removesuffix(".git").lower()


class Scope:
    """What may be changed: patterns, each with the names under which its repository is known."""

    __slots__ = ("_any", "_of", "patterns")

    def __init__(self, patterns: Iterable[tuple[frozenset[str], str]]) -> None:
        self.patterns = tuple(patterns)
        every: list[Pattern] = []
        of: dict[str, list[Pattern]] = defaultdict(list)
        for names, pattern in self.patterns:
            try:
                one = compiled(pattern)
            except InvalidPatternError:
                continue
            every.append(one)
            for name in {repository_name(each) for each in names}:
                of[name].append(one)
        self._any = GlobSet(every)
        self._of = {name: GlobSet(some) for name, some in of.items()}

    def _globs(self, repository: str | None) -> GlobSet | None:
        return self._any if repository is None else self._of.get(repository_name(repository))

    def covers(self, path: str, repository: str | None) -> bool:
        """Whether it names the path, which is as `repository_path` gives it."""
        globs = self._globs(repository)
        return globs is not None and globs.last(path) >= 0

    def covers_many(self, paths: Sequence[str], repository: str | None) -> list[bool]:
        """`covers` for many paths at once."""
        globs = self._globs(repository)
        return [False] * len(paths) if globs is None else [index >= 0 for index in globs.last_many(paths)]
