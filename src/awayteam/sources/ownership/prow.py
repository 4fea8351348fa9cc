"""Prow's OWNERS (Kubernetes): a YAML file per folder, aliases at the root (docs/ownership.md, "Prow")."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from awayteam.sources.ownership.base import (
    UNMATCHED,
    Finding,
    Requirement,
    Resolution,
    Resolver,
    Rule,
    Severity,
    Status,
    Tree,
    shown,
)
from awayteam.sources.ownership.prowfile import File, Owners, read_aliases, read_owners
from awayteam.sources.ownership.regular import RegularSet

NAME = "OWNERS"
ALIASES = "OWNERS_ALIASES"
MAX_BYTES = 1024 * 1024
_IGNORED = re.compile(r"(?:\.git|_output)(?:/|\Z)|vendor/.*/")
"""Folders that Prow's default configuration leaves out."""


@dataclass(slots=True)
class _Folder:
    """One OWNERS file: whose words count for everything in it, and whose for files that a filter matches."""

    path: str
    file: File
    everywhere: list[Owners] = field(default_factory=list)
    filtered: list[Owners] = field(default_factory=list)
    filters: RegularSet = field(default_factory=lambda: RegularSet(()))


class Prow(Resolver):
    """Answers as Prow's approve plugin does for one commit: approvers of a file's folder and of those above."""

    format = "prow"

    def __init__(
        self, files: dict[str, bytes], aliases: bytes | None = None, cache: dict[tuple[str, bytes], File] | None = None
    ) -> None:
        """`files` maps the path of each OWNERS file to its content; `cache` keeps what was read, for many versions."""
        super().__init__()
        self.file = NAME if NAME in files else min(files, default="")
        self.aliases: dict[str, tuple[str, ...]] = {}
        if aliases is not None:
            self.aliases, problems = read_aliases(aliases, ALIASES)
            self.problems += problems
        self._cache = {} if cache is None else cache
        self._folders: dict[str, _Folder] = {}
        for path in sorted(files):
            self._read(path, files[path])
        self._kept: dict[str, Resolution] = {}
        self._chains: dict[str, list[_Folder]] = {}
        self._index = {rule: index for index, (rule, _) in enumerate(self.rules)}

    def _read(self, path: str, data: bytes) -> None:
        folder = path.rpartition("/")[0]
        if _IGNORED.search(f"{folder}/"):
            return
        if len(data) > MAX_BYTES:
            self.problem(Severity.ERROR, "too-large", f"{len(data)} bytes; at most {MAX_BYTES} are read", file=path)
            return
        file = self._cache.get((path, data)) or read_owners(data, path)
        self._cache[(path, data)] = file
        self.problems += file.problems
        entry = _Folder(folder, file)
        for owners in file.entries:
            (entry.everywhere if owners.expression is None else entry.filtered).append(owners)
            self.rules.append((owners.rule, owners.approvers))
            self._check_aliases(owners)
        entry.filters = RegularSet([owners.expression or "" for owners in entry.filtered])
        self._folders[folder] = entry

    def _check_aliases(self, owners: Owners) -> None:
        for name in (*owners.approvers, *owners.reviewers):
            members = self.aliases.get(name.lower().lstrip("@"))
            if members == ():
                message = f"the alias {shown(name)!r} has no members, so it approves nothing"
                self.problem(Severity.WARNING, "empty-alias", message, owners.rule.line, file=owners.rule.file)

    def _resolve(self, path: str) -> Resolution:
        folder = path.rpartition("/")[0]
        chain = self._chains.get(folder)
        if chain is None:
            chain = self._chains[folder] = self._chain(folder)
        if any(entry.filtered for entry in chain):
            return self._answer(chain, path)
        answer = self._kept.get(folder)
        if answer is None:
            answer = self._kept[folder] = self._answer(chain, path)
        return answer

    def _chain(self, folder: str) -> list[_Folder]:
        """OWNERS files from the folder up to the root; cuts are decided per file, since filters may not match it."""
        chain = []
        while True:
            if folder in self._folders:
                chain.append(self._folders[folder])
            if not folder:
                return chain
            folder = folder.rpartition("/")[0]

    def _answer(self, chain: list[_Folder], path: str) -> Resolution:
        approvers: dict[str, None] = {}
        reviewers: dict[str, None] = {}
        required: list[Requirement] = []
        rule: Rule | None = None
        nearest: _Folder | None = None
        open_above = reviewed_above = True
        for entry in chain:
            for owners in self._matching(entry, path):
                if open_above:
                    approvers.update(dict.fromkeys(owners.approvers))
                    if owners.approvers and rule is None:
                        rule, nearest = owners.rule, entry
                if reviewed_above:
                    reviewers.update(dict.fromkeys(owners.reviewers))
                required += [Requirement((name,), owners.rule) for name in owners.required_reviewers]
            cut = entry.file.no_parent_owners
            open_above = open_above and not (cut and approvers)
            reviewed_above = reviewed_above and not (cut and reviewers)
        if not approvers:
            return UNMATCHED if not reviewers else Resolution((), Status.UNMATCHED, None, (), tuple(reviewers))
        here = path.rpartition("/")[0]
        waived = nearest is not None and nearest.file.auto_approve_unowned_subfolders and nearest.path != here
        return Resolution(tuple(approvers), Status.OWNED, rule, tuple(required), tuple(reviewers), waived)

    @staticmethod
    def _matching(entry: _Folder, path: str) -> list[Owners]:
        if not entry.filtered:
            return entry.everywhere
        relative = path[len(entry.path) + 1 :] if entry.path else path
        found = entry.filters.search(relative)
        return [*entry.everywhere, *(entry.filtered[i] for i in sorted(found))]

    def expand(self, owner: str) -> tuple[str, ...]:
        """The members of an alias; Prow doesn't look into members for further aliases, so cycles end here."""
        return self.aliases.get(owner.lower().lstrip("@"), (owner,))

    def used(self, paths: Iterable[str]) -> set[int]:
        seen: set[int] = set()
        for path in paths:
            for entry in self._chain(path.rpartition("/")[0]):
                seen.update(self._index[owners.rule] for owners in self._matching(entry, path))
        return seen


def load(tree: Tree) -> Prow:
    """The resolver of a tree: every OWNERS file in it."""
    files: dict[str, bytes] = {}
    large: list[Finding] = []
    for path in tree.paths():
        if path == NAME or path.endswith("/" + NAME):
            if (tree.size(path) or 0) > MAX_BYTES:
                large.append(Finding(Severity.ERROR, "too-large", f"over {MAX_BYTES} bytes; it is left out", path))
                continue
            files[path] = tree.read(path) or b""
    resolver = Prow(files, tree.read(ALIASES) if (tree.size(ALIASES) or 0) <= MAX_BYTES else None)
    resolver.problems += large
    return resolver
