"""What a pass over a repository's history leaves behind: a few numbers for each commit, everything else interned.

Pure values: commits come in as a stream, ownership as a function of the rule files' versions; no git, no files here.
"""

from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from awayteam.contributions.identities import Author
from awayteam.contributions.rules import Window
from awayteam.sources.githistory.log import MAX_FILES, Commit
from awayteam.sources.ownership import maintainers
from awayteam.sources.ownership.base import Resolution, Resolver, Rule

MAX_KNOWN = 500_000
"""Paths whose group is kept for one version of the rules."""


@dataclass(frozen=True, slots=True)
class Owners:
    """Owners as a rule writes them, and the same with the rules' own aliases replaced by their members."""

    written: tuple[str, ...]
    people: tuple[str, ...]


@dataclass(slots=True)
class Area:
    """The files that one rule decides about; `owners` as the newest version of the rules has them."""

    repo: str
    name: str
    owners: tuple[str, ...]
    file: str = ""
    line: int = 0


@dataclass(slots=True)
class Branch:
    """A branch merged with a merge commit: when, and its first commit so far as seen."""

    merged: int
    first: int
    commits: int = 0


@dataclass
class Interned:
    """Areas, sets of owners and authors of all repositories of one scan, by number."""

    areas: list[Area] = field(default_factory=list)
    owners: list[Owners] = field(default_factory=list)
    authors: list[Author] = field(default_factory=list)
    groups: list[tuple[int, int]] = field(default_factory=list)
    """(area, owners) pairs; a commit's touches name these."""
    touches: list[tuple[tuple[int, int], ...]] = field(default_factory=list)
    """Sorted (group, number of files) pairs; group -1 stands for files without owner."""

    def __post_init__(self) -> None:
        self._areas: dict[tuple[str, str], int] = {}
        self._owners: dict[Owners, int] = {}
        self._authors: dict[tuple[str, str], int] = {}
        self._groups: dict[tuple[int, int], int] = {}
        self._touches: dict[tuple[tuple[int, int], ...], int] = {}

    def author(self, name: str, email: str) -> int:
        index = self._authors.get((name, email))
        if index is None:
            index = self._authors[(name, email)] = len(self.authors)
            self.authors.append(Author(name, email))
        return index

    def group(self, repo: str, answer: Resolution, resolver: Resolver) -> int:
        """The number of an owned answer's (area, owners); -1 where nobody owns the path."""
        if not answer.owners or answer.rule is None:
            return -1
        written = answer.owners
        if resolver.format == maintainers.Maintainers.format:
            written = answer.requirements[0].owners  # sections further up, such as THE REST, watch but don't own
        people = tuple(dict.fromkeys(person for owner in written for person in resolver.expand(owner)))
        name = area_name(answer.rule, resolver.format)
        area = self._areas.get((repo, name))
        if area is None:
            area = self._areas[(repo, name)] = len(self.areas)
            self.areas.append(Area(repo, name, written, answer.rule.file, answer.rule.line))
        key = Owners(written, people)
        owners = self._owners.get(key)
        if owners is None:
            owners = self._owners[key] = len(self.owners)
            self.owners.append(key)
        group = self._groups.get((area, owners))
        if group is None:
            group = self._groups[(area, owners)] = len(self.groups)
            self.groups.append((area, owners))
        return group

    def touch(self, counts: Iterable[tuple[int, int]]) -> int:
        """The number of (group, files) pairs, which come sorted."""
        key = tuple(counts)
        index = self._touches.get(key)
        if index is None:
            index = self._touches[key] = len(self.touches)
            self.touches.append(key)
        return index


def area_name(rule: Rule, format: str) -> str:
    """What an area is called: the rule's pattern, or in MAINTAINERS the section's title."""
    if format == maintainers.Maintainers.format:
        return rule.section or rule.pattern
    return f"[{rule.section}] {rule.pattern}" if rule.section else rule.pattern


@dataclass
class Records:
    """One repository's commits in the window, newest first: parallel arrays, one place for each commit."""

    repo: str
    shas: bytearray = field(default_factory=bytearray)
    author: "array[int]" = field(default_factory=lambda: array("l"))
    committed: "array[int]" = field(default_factory=lambda: array("q"))
    touch: "array[int]" = field(default_factory=lambda: array("l"))
    """What the commit touched under the rules of its own time."""
    touch_at_head: "array[int]" = field(default_factory=lambda: array("l"))
    branch: "array[int]" = field(default_factory=lambda: array("l"))
    branches: list[Branch] = field(default_factory=list)
    total: int = 0
    merges: int = 0
    duplicates: int = 0
    cut: int = 0
    """Commits with more files than are looked at."""
    odd_dates: int = 0
    rule_versions: int = 1
    notes: list[str] = field(default_factory=list)

    def sha(self, place: int) -> str:
        return self.shas[20 * place : 20 * place + 20].hex()


class Collector:
    """Takes the commits of one repository, newest first, and fills its `Records`."""

    def __init__(self, records: Records, interned: Interned, window: Window, resolver: Resolver, *, tip: str) -> None:
        self.records = records
        self._interned = interned
        self._window = window
        self._head = _Memo(records.repo, interned, resolver)
        self._now = self._head
        self._mainline = tip
        self._labels: dict[str, int] = {}
        self._branch_owners: dict[str, str] = {}

    def rules(self, resolver: Resolver) -> None:
        """From the next (older) commit on, these rules are in force."""
        self._now = _Memo(self.records.repo, self._interned, resolver)
        self.records.rule_versions += 1

    def take(self, commit: Commit, *, duplicate: bool = False) -> None:
        branch = self._follow(commit)
        records = self.records
        if len(commit.parents) > 1:
            records.merges += commit.committed in self._window
            return
        if commit.committed not in self._window:
            records.odd_dates += commit.committed > self._window.end
            return
        records.total += 1
        if duplicate:
            records.duplicates += 1
            return
        author = self._interned.author(commit.name, commit.email)
        self._interned.authors[author].commits += 1
        if owner := self._branch_owners.pop(commit.sha, ""):
            self._interned.authors[author].branches[owner] += 1
        records.cut += commit.file_count > MAX_FILES
        touch = self._now.touch(commit.files)
        records.shas += bytes.fromhex(commit.sha[:40])
        records.author.append(author)
        records.committed.append(commit.committed)
        records.touch.append(touch)
        records.touch_at_head.append(touch if self._now is self._head else self._head.touch(commit.files))
        records.branch.append(branch)

    def _follow(self, commit: Commit) -> int:
        """The merged branch that a commit belongs to, -1 for the main line; notes merges on the way down.

        A branch is what its merge brought: commits reached through the second parent before the main line is met.
        """
        sha, parents = commit.sha, commit.parents
        if sha == self._mainline:
            self._labels.pop(sha, None)
            self._mainline = parents[0] if parents else ""
            if len(parents) == 2 and commit.committed in self._window:
                self._labels.setdefault(parents[1], len(self.records.branches))
                self.records.branches.append(Branch(commit.committed, commit.committed))
                if owner := _branch_owner(commit.subject):
                    self._branch_owners[parents[1]] = owner
            return -1
        label = self._labels.pop(sha, -1)
        if label >= 0:
            branch = self.records.branches[label]
            branch.first = min(branch.first, commit.authored)
            branch.commits += len(parents) < 2
            for parent in parents[:1]:
                if parent != self._mainline:
                    self._labels.setdefault(parent, label)
        return label


def _branch_owner(subject: str) -> str:
    """The login in GitHub's `Merge pull request #1 from login/branch`, lower case; "" otherwise."""
    start, found, rest = subject.partition(" from ")
    if not found or not start.startswith("Merge pull request #"):
        return ""
    owner, slash, _ = rest.partition("/")
    return owner.strip().lower() if slash and " " not in owner else ""


class _Memo:
    """Groups of paths under one version of the rules."""

    def __init__(self, repo: str, interned: Interned, resolver: Resolver) -> None:
        self._repo = repo
        self._interned = interned
        self._resolver = resolver
        self._known: dict[bytes, int] = {}
        self._groups: dict[int, tuple[Resolution, int]] = {}

    def touch(self, files: list[bytes]) -> int:
        if not files:
            return self._interned.touch(())
        if not self._resolver.rules:
            return self._interned.touch(((-1, len(files)),))
        known = self._known
        try:
            groups = [known[path] for path in files]
        except KeyError:
            self._learn(files)
            groups = [known[path] for path in files]
        first = groups[0]
        if groups.count(first) == len(groups):
            return self._interned.touch(((first, len(groups)),))
        return self._interned.touch(sorted(Counter(groups).items()))

    def _learn(self, files: list[bytes]) -> None:
        """Ask the rules about those paths that aren't known yet, all at once."""
        known, groups = self._known, self._groups
        if len(known) > MAX_KNOWN:
            known.clear()
        new = [path for path in files if path not in known]
        texts = [path.decode("utf-8", "surrogateescape") for path in new]
        for path, answer in zip(new, self._resolver.resolve_many(texts), strict=True):
            kept = groups.get(id(answer))
            if kept is None:
                kept = groups[id(answer)] = (answer, self._interned.group(self._repo, answer, self._resolver))
            known[path] = kept[1]
