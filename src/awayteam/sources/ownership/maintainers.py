"""Linux's MAINTAINERS and edk2's Maintainers.txt: sections with files, people and a state (docs/ownership.md)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

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
from awayteam.sources.ownership.globset import DEEP, End, GlobSet, Pattern, Segment, Wild, wild
from awayteam.sources.ownership.regular import RegularError, RegularSet

PLACES = ("MAINTAINERS", "Maintainers.txt")
MAX_BYTES = 32 * 1024 * 1024
_DEFAULT = "<default>"
_LINE = re.compile(r"([A-Z]):\s*(.*)\Z")
_PLAIN = re.compile(r"[\w./*?@,:=%~ #&'!<>-]*\Z")
_STATES = {"supported", "maintained", "odd fixes", "orphan", "obsolete"}


@dataclass(slots=True)
class Section:
    """One section; `patterns` are indices into the resolver's list, `state` is the text of `S:`."""

    title: str
    line: int
    maintainers: list[str] = field(default_factory=list)
    reviewers: list[str] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)
    state: str = ""
    files: int = 0


@dataclass(frozen=True, slots=True)
class _Pattern:
    section: int
    excludes: bool
    depth: int
    rule: Rule


class Maintainers(Resolver):
    """Answers as `get_maintainer.pl` (or edk2's GetMaintainer.py) does without git history or file contents."""

    format = "maintainers"

    def __init__(self, data: bytes | None, file: str = PLACES[0], folders: Iterable[str] = ()) -> None:
        """`folders` are the paths of the tree's folders: `F: drivers/net` means all of it where that is a folder."""
        super().__init__()
        self.file = file if data is not None else ""
        self.edk2 = file.lower().endswith("maintainers.txt")
        self.sections: list[Section] = []
        self._folder_names = frozenset(folders)
        self._by_glob: list[_Pattern] = []
        self._by_expression: list[_Pattern] = []
        self._globs: list[Pattern] = []
        self._expressions: list[str] = []
        if data is not None and len(data) > MAX_BYTES:
            self.problem(Severity.ERROR, "too-large", f"{len(data)} bytes; at most {MAX_BYTES} are read")
            data = None
        self._read(text_of(data or b""))
        self._glob_set = GlobSet(self._globs)
        self._regular_set = RegularSet(self._expressions)
        self._index = {rule: index for index, (rule, _) in enumerate(self.rules)}
        self._kept: dict[tuple[frozenset[int], frozenset[int]], Resolution] = {}
        self._default: Resolution | None = None

    def _read(self, text: str) -> None:
        title, titled = "", 0
        inside = False
        for number, raw in enumerate(text.split("\n"), start=1):
            line = raw.rstrip()
            match = _LINE.match(line)
            if match is None:
                if self.edk2 or (line.strip() and not line.lstrip().startswith("#")):
                    inside = False  # the scripts differ: for Linux' neither a blank line nor a comment ends a section
                    title, titled = (line.strip(), number) if line.strip() else ("", 0)
                continue
            if not inside:
                self.sections.append(Section(title, titled or number))
                inside = True
            self._field(match[1], match[2].strip(), number)
        for section in self.sections:
            if section.files and section.state and section.state.lower() not in _STATES:
                message = f"the state {shown(section.state)!r} isn't one of {', '.join(sorted(_STATES))}"
                self.problem(Severity.NOTE, "unknown-state", message, section.line)

    def _field(self, letter: str, value: str, number: int) -> None:
        section = self.sections[-1]
        if letter == "M":
            section.maintainers.append(value)
        elif letter == "R":
            section.reviewers.append(value)
        elif letter == "L":
            section.lists.append(value)
        elif letter == "S":
            section.state = value
        elif letter in "FXN" and value:
            try:
                self._pattern(letter, value, number)
            except RegularError as error:
                message = f"{letter}: {shown(value)!r} can't be read: {error}; the line is skipped"
                self.problem(Severity.ERROR, "invalid-pattern", message, number)

    def _pattern(self, letter: str, value: str, number: int) -> None:
        section = self.sections[-1]
        rule = Rule(self.file, number, value, section.title)
        section.files += letter != "X"
        if letter != "X":
            self.rules.append((rule, tuple(section.maintainers)))
        if letter == "N":
            expression, glob, depth = re.sub(r"\s", "", value), None, 0
        elif self.edk2:
            expression, glob, depth = _edk2(value), None, 0
        else:
            if not value.endswith("/") and value in self._folder_names:
                value += "/"
            depth = -1 if value.startswith("*") else value.count("/") + (not value.endswith("/"))
            glob = _glob(value)
            expression = "" if glob else _linux(value)
        pattern = _Pattern(len(self.sections) - 1, letter == "X", depth, rule)
        if glob:
            self._by_glob.append(pattern)
            self._globs.append(glob)
        else:
            RegularSet([expression])
            self._by_expression.append(pattern)
            self._expressions.append(expression)

    def _resolve(self, path: str) -> Resolution:
        found = (self._glob_set.matching(path), self._regular_set.search(path))
        answer = self._kept.get(found)
        if answer is None:
            answer = self._kept[found] = self._answer(found)
        if not answer.owners and self.edk2 and path != _DEFAULT:
            return self._with_default(answer)
        return answer

    def _with_default(self, answer: Resolution) -> Resolution:
        """GetMaintainer.py asks the section with `F: *` where nobody else maintains a path; its reviewers stay."""
        if self._default is None:
            self._default = self._resolve(_DEFAULT)
        if not self._default.owners:
            return answer
        reviewers = tuple(dict.fromkeys((*answer.reviewers, *self._default.reviewers)))
        return replace(self._default, reviewers=reviewers)

    def _answer(self, found: tuple[frozenset[int], frozenset[int]]) -> Resolution:
        patterns = [self._by_glob[i] for i in sorted(found[0])] + [self._by_expression[i] for i in sorted(found[1])]
        excluded = {pattern.section for pattern in patterns if pattern.excludes}
        best: dict[int, _Pattern] = {}
        for pattern in sorted(patterns, key=lambda p: p.rule.line):
            if not pattern.excludes and pattern.section not in excluded:
                best[pattern.section] = pattern  # as get_maintainer.pl has it, the section's last match sets its depth
        if not best:
            return UNMATCHED
        order = sorted(best.values(), key=lambda p: (-p.depth, p.section) if not self.edk2 else (0, p.section))
        needs, reviewers = [], []
        for pattern in order:
            section = self.sections[pattern.section]
            reviewers += section.reviewers
            if section.maintainers:
                needs.append(Requirement(tuple(section.maintainers), pattern.rule))
        owners = tuple(dict.fromkeys(owner for need in needs for owner in need.owners))
        rule = needs[0].rule if needs else order[0].rule
        status = Status.OWNED if owners else Status.UNOWNED
        return Resolution(owners, status, rule, tuple(needs), tuple(dict.fromkeys(reviewers)))

    def used(self, paths: Iterable[str]) -> set[int]:
        seen: set[int] = set()
        for path in paths:
            globs = (self._by_glob[i] for i in self._glob_set.matching(path))
            others = (self._by_expression[i] for i in self._regular_set.search(path))
            seen.update(self._index[p.rule] for p in (*globs, *others) if not p.excludes)
        return seen


def load(tree: Tree) -> Maintainers:
    """The resolver of a tree: MAINTAINERS or Maintainers.txt at its root; none is an empty one."""
    for place in PLACES:
        if tree.size(place) is not None:
            folders = {path.rpartition("/")[0] for path in tree.paths()}
            for folder in list(folders):
                while folder := folder.rpartition("/")[0]:
                    folders.add(folder)
            return Maintainers(tree.read(place), place, folders)
    return Maintainers(None)


def _glob(value: str) -> Pattern | None:
    """The pattern as segments where that says the same as the script's regular expression; None where it doesn't.

    Without a final slash the script wants as many slashes in the path as in the pattern and no end of the match, so
    every segment stands alone and the last one is a beginning.
    """
    if not _PLAIN.match(value) or "**" in value:
        return None
    parts = value.split("/")
    if value.endswith("/"):
        segments: list[Segment] = []
        for part in parts[:-1]:
            if part == "*":
                segments += [wild("*", [None]), DEEP]
            elif "*" in part or "?" in part:
                return None
            else:
                segments.append(part)
        return segments, End.BELOW
    return [*(_wild(part) for part in parts[:-1]), _wild(parts[-1] + "*")], End.FILE


def _wild(part: str) -> str | Wild:
    if "*" not in part and "?" not in part:
        return part
    pieces: list[str | re.Pattern[str] | None] = []
    for char in part:
        if char == "*":
            if not pieces or pieces[-1] is not None:
                pieces.append(None)
        elif char == "?":
            pieces.append(re.compile("."))
        elif pieces and isinstance(pieces[-1], str):
            pieces[-1] += char
        else:
            pieces.append(char)
    return wild(re.sub(r"\*+", "*", part), pieces)


def _linux(value: str) -> str:
    """The regular expression that get_maintainer.pl makes of a file pattern, its count of slashes included."""
    deep = "**" in value
    body = value.replace(".", "\\.").replace("**", "\0").replace("?", ".")
    if value.endswith("/") or deep:
        return "^" + body.replace("*", ".*" if not deep else "[^/]*").replace("\0", ".*")
    return "^" + body.replace("*", "[^/]*").replace(".", ".") + "[^/]*$"


def _edk2(value: str) -> str:
    """The regular expression that GetMaintainer.py makes of a pattern; its look-ahead says: no slash from here on."""
    body = value.replace(".", "\\.").replace("?", ".").replace("*", ".*")
    if body.endswith("/"):
        return f"^{body}"
    if body.endswith(".*"):
        return f"^{body[:-2]}[^/]*$"
    return f"^{body}"
