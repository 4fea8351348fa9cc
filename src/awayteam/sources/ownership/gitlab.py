"""GitLab's CODEOWNERS: sections, each with its own last match and its own approval (docs/ownership.md, "GitLab")."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

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
from awayteam.sources.ownership.fnmatch import NeverMatchesError, segments
from awayteam.sources.ownership.globset import End, GlobSet, Pattern

PLACES = ("CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
"""Where GitLab looks, first found first."""
MAX_BYTES = 32 * 1024 * 1024
"""GitLab names no limit; this one keeps memory bounded."""
DEFAULT_SECTION = "codeowners"

_HEADER = re.compile(r"(\^)?\[(.*?)\](?:\[(\d*?)\])?(\s+[@\w_.\-/\s+]*)?", re.ASCII)
_BROKEN_HEADER = re.compile(r"\^?\[[^\]]+\Z")
_REFERENCE = re.compile(
    r"[^@\s]{1,100}@[^@\s]{1,255}|(?<![\w@])@[A-Za-z0-9_.][\w./-]*|@@(?:developer|maintainer|owner)s?\Z", re.I
)
_GAP = re.compile(r"(?<!\\)\s+")


@dataclass(slots=True)
class _Section:
    name: str
    optional: bool = False
    approvals: int = 0
    defaults: tuple[str, ...] = ()


@dataclass(slots=True)
class _Entry:
    rule: Rule
    section: _Section
    owners: tuple[str, ...]
    excludes: bool
    compiled: Pattern | None


@dataclass(slots=True)
class _Table:
    """The entries of one section by normalised pattern: a repeated pattern keeps its first place, its last content."""

    entries: dict[str, _Entry] = field(default_factory=dict)


class GitLab(Resolver):
    """Answers as GitLab does for the CODEOWNERS of one commit."""

    format = "gitlab"

    def __init__(self, data: bytes | None, file: str = PLACES[0]) -> None:
        super().__init__()
        self.file = file if data is not None else ""
        self._tables: dict[str, _Table] = {DEFAULT_SECTION: _Table()}
        if data is not None and len(data) > MAX_BYTES:
            self.problem(Severity.ERROR, "too-large", f"{len(data)} bytes; at most {MAX_BYTES} are read")
            data = b""
        if b"\0" in (data or b""):
            self.problem(Severity.ERROR, "binary", "GitLab takes a file with NUL bytes for binary and ignores it")
            data = b""
        section = _Section(DEFAULT_SECTION)
        for number, raw in enumerate(text_of(data or b"").split("\n"), start=1):
            line = raw.strip()
            if line and not line.startswith("#"):
                section = self._read_line(line, number, section)
        entries = [(table, e) for table in self._tables.values() for e in table.entries.values() if e.compiled]
        self._entries = entries
        self._globs = GlobSet(e.compiled for _, e in entries if e.compiled)
        self._plain = len({id(table) for table, _ in entries}) == 1 and not any(e.excludes for _, e in entries)
        """One section without exclusions: the last match says everything."""
        self._kept: dict[frozenset[int], Resolution] = {}
        self._by_last = [self._answer(frozenset({n})) for n in range(len(entries))] if self._plain else []
        self._by_last.append(UNMATCHED)

    def _read_line(self, line: str, number: int, section: _Section) -> _Section:
        header = _HEADER.match(line)
        if header:
            return self._read_header(header, number)
        if _BROKEN_HEADER.match(line):
            message = f"{shown(line)!r} isn't closed with ]; GitLab takes it for a path, not for a section"
            self.problem(Severity.ERROR, "broken-heading", message, number, suggestion=line + "]")
        self._read_entry(line, number, section)
        return section

    def _read_header(self, header: re.Match[str], number: int) -> _Section:
        optional, name, approvals, defaults = header.groups()
        if list(self._tables)[-1] != DEFAULT_SECTION:
            name = next((known for known in self._tables if known.lower() == name.lower()), name)
        section = _Section(name, bool(optional), int(approvals or 0), tuple((defaults or "").split()))
        if not name.strip():
            self.problem(Severity.ERROR, "unnamed-section", "a section needs a name between [ and ]", number)
        if section.optional and section.approvals:
            message = (
                f"section [{shown(name)}] is optional (^), so its {section.approvals} approvals are never asked for"
            )
            self.problem(Severity.WARNING, "optional-approvals", message, number)
        self._tables.setdefault(name, _Table())
        return section

    def _read_entry(self, line: str, number: int, section: _Section) -> None:
        parts = _GAP.split(line, maxsplit=1)
        pattern, written = parts[0], tuple(parts[1].split()) if len(parts) > 1 else ()
        excludes = pattern.startswith("!")
        owners = () if excludes else written or section.defaults
        for owner in () if excludes else written:
            if not _REFERENCE.search(owner):
                message = f"{shown(owner)!r} is no @name, @@role or e-mail address; GitLab ignores it"
                self.problem(Severity.ERROR, "invalid-owner", message, number)
        valid = tuple(owner for owner in owners if _REFERENCE.search(owner))
        if excludes and written:
            self.problem(
                Severity.WARNING, "exclusion-owners", "an exclusion (!) has no owners; these are ignored", number
            )
        if not excludes and not valid:
            message = f"{shown(pattern)!r} has no valid owner: GitLab approves changes without anybody; name an owner"
            self.problem(Severity.WARNING, "auto-approved", message, number)
        normalised = _normalise(pattern[excludes:])
        try:
            compiled: Pattern | None = (segments(normalised), End.FILE)
        except NeverMatchesError as error:
            self.problem(Severity.ERROR, "invalid-pattern", f"{shown(pattern)!r}: {error}; it matches nothing", number)
            compiled = None
        rule = Rule(self.file, number, pattern, "" if section.name == DEFAULT_SECTION else section.name)
        table = self._tables[section.name].entries
        if normalised in table:
            message = f"{shown(pattern)!r} replaces line {table[normalised].rule.line} in its place, not at this one"
            self.problem(Severity.WARNING, "repeated-pattern", message, number)
        table[normalised] = _Entry(rule, section, valid, excludes, compiled)
        self.rules.append((rule, valid))

    def _resolve(self, path: str) -> Resolution:
        if self._plain:
            return self._by_last[self._globs.last(path)]
        found = self._globs.matching(path)
        answer = self._kept.get(found)
        if answer is None:
            answer = self._kept[found] = self._answer(found)
        return answer

    def _answer(self, found: frozenset[int]) -> Resolution:
        """Section by section the last match, unless an exclusion matches as well."""
        last: dict[int, _Entry] = {}
        excluded: dict[int, _Entry] = {}
        tables: dict[int, _Table] = {}
        for index in sorted(found):
            table, entry = self._entries[index]
            tables[id(table)] = table
            (excluded if entry.excludes else last)[id(table)] = entry
        requirements: list[Requirement] = []
        for key, entry in last.items():
            if key not in excluded:
                optional = all(e.section.optional for e in tables[key].entries.values())
                approvals = 0 if optional or not entry.owners else max(1, entry.section.approvals)
                requirements.append(Requirement(entry.owners, entry.rule, approvals, optional))
        if not requirements:
            return UNMATCHED if not excluded else Resolution((), Status.UNOWNED, next(iter(excluded.values())).rule)
        owners = tuple(dict.fromkeys(owner for need in requirements for owner in need.owners))
        deciding = next((n for n in requirements if n.owners and not n.optional), None)
        deciding = deciding or next((n for n in requirements if n.owners), requirements[0])
        status = Status.OWNED if owners else Status.UNOWNED
        return Resolution(owners, status, deciding.rule, tuple(requirements), waived=not owners)

    def used(self, paths: Iterable[str]) -> set[int]:
        place = {rule: index for index, (rule, _) in enumerate(self.rules)}
        return {place[self._entries[index][1].rule] for index in self._globs.used(paths)}


def load(tree: Tree) -> GitLab:
    """The resolver of a tree: the first CODEOWNERS found; none is an empty one."""
    for place in PLACES:
        if tree.size(place) is not None:
            return GitLab(tree.read(place), place)
    return GitLab(None)


def _normalise(pattern: str) -> str:
    """GitLab's own rewriting of a pattern before `File.fnmatch` with FNM_PATHNAME and FNM_DOTMATCH."""
    if pattern == "*":
        return "/**/*"
    pattern = pattern.removeprefix("\\") if pattern.startswith("\\#") else pattern
    pattern = re.sub(r"\\\s+", " ", pattern)
    if not pattern.startswith("/"):
        pattern = f"/**/{pattern}"
    return f"{pattern}**/*" if pattern.endswith("/") else pattern
