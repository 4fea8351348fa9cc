"""Gerrit's OWNERS (Chromium, Android): e-mails per folder, `set noparent`, `per-file` (docs/ownership.md, "Gerrit").

Follows the find-owners backend of Gerrit's code-owners plugin, which Chromium uses.
"""

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass, field

from awayteam.sources.ownership.base import UNMATCHED, Resolution, Resolver, Rule, Severity, Status, Tree, shown
from awayteam.sources.ownership.gerritfile import File, Grant, read
from awayteam.sources.ownership.regular import RegularSet

NAME = "OWNERS"
MAX_BYTES = 1024 * 1024
_MAX_IMPORTS = 100


@dataclass(slots=True)
class _Folder:
    """What one folder's OWNERS file says once its imports are followed."""

    path: str
    everywhere: list[Grant] = field(default_factory=list)
    noparent: bool = False
    per_file: list[Grant] = field(default_factory=list)
    globs: RegularSet = field(default_factory=lambda: RegularSet(()))


class Gerrit(Resolver):
    """Answers as Gerrit's code-owners plugin does for one commit, the default owners of refs/meta/config left out."""

    format = "gerrit"

    def __init__(self, files: dict[str, bytes]) -> None:
        """`files` maps each OWNERS file, and each `*_OWNERS` or `OWNERS_*` that may be imported, to its content."""
        super().__init__()
        names = [path for path in files if path.rpartition("/")[2] == NAME]
        self.file = NAME if NAME in names else min(names, default="")
        self._files: dict[str, File] = {}
        for path in sorted(files):
            if len(files[path]) > MAX_BYTES:
                self.problem(Severity.ERROR, "too-large", f"over {MAX_BYTES} bytes; it is left out", file=path)
                continue
            self._files[path] = read(files[path], path)
            self.problems += self._files[path].problems
        self._folders = {path.rpartition("/")[0]: self._open(path) for path in names if path in self._files}
        for folder in self._folders.values():
            self.rules += [(g.rule, g.owners) for g in (*folder.everywhere, *folder.per_file) if g.owners]
        self._index = {rule: index for index, (rule, _) in enumerate(self.rules)}
        self._kept: dict[str, Resolution] = {}
        self._chains: dict[str, list[_Folder]] = {}

    def _open(self, path: str) -> _Folder:
        folder = _Folder(path.rpartition("/")[0])
        self._include(path, folder, {path}, whole=True)
        folder.globs = RegularSet([expression for grant in folder.per_file for expression in grant.expressions])
        return folder

    def _include(self, path: str, folder: _Folder, seen: set[str], *, whole: bool) -> None:
        """Add what `path` says: all of it, or (`file:`) only its unrestricted grants."""
        file = self._files[path]
        folder.noparent = folder.noparent or (whole and file.noparent)
        for grant in file.grants:
            if grant.expressions and not whole:
                continue
            target = folder.per_file if grant.expressions else folder.everywhere
            if not grant.imports:
                target.append(grant)
                continue
            imported = self._found(grant, path, seen)
            if imported is None:
                continue
            if grant.expressions:
                inner = _Folder(folder.path)
                self._include(imported, inner, seen | {imported}, whole=False)
                owners = tuple(owner for one in inner.everywhere for owner in one.owners)
                target.append(Grant(grant.rule, owners, grant.expressions))
            else:
                self._include(imported, folder, seen | {imported}, whole=whole and grant.whole)

    def _found(self, grant: Grant, path: str, seen: set[str]) -> str | None:
        """The imported file's path; None, with a finding, where there is none or it would go round."""
        target, rule = grant.imports, grant.rule
        message = ""
        if ":" in target:
            message = (
                f"{shown(target)!r} is in another project or branch, which isn't read here; its owners are missing"
            )
        else:
            base = "" if target.startswith("/") else path.rpartition("/")[0]
            target = posixpath.normpath(posixpath.join(base, target.lstrip("/")))
            if target in seen:
                message = f"{shown(target)!r} imports itself; Gerrit reads it once"
            elif len(seen) > _MAX_IMPORTS:
                message = f"more than {_MAX_IMPORTS} imports one in another; the rest is left out"
            elif target not in self._files:
                message = f"{shown(target)!r} isn't there, or isn't named OWNERS; Gerrit ignores the import"
        if message:
            self.problem(Severity.WARNING, "unresolved-import", message, rule.line, file=rule.file)
            return None
        return target

    def _resolve(self, path: str) -> Resolution:
        here = path.rpartition("/")[0]
        chain = self._chains.get(here)
        if chain is None:
            chain = self._chains[here] = self._chain(here)
        if any(folder.per_file for folder in chain):
            return self._answer(chain, path)
        answer = self._kept.get(here)
        if answer is None:
            answer = self._kept[here] = self._answer(chain, path)
        return answer

    def _chain(self, here: str) -> list[_Folder]:
        """OWNERS files from the folder up to the root or to the first `set noparent`."""
        chain = []
        while True:
            folder = self._folders.get(here)
            if folder is not None:
                chain.append(folder)
                if folder.noparent:
                    return chain
            if not here:
                return chain
            here = here.rpartition("/")[0]

    def _answer(self, chain: list[_Folder], path: str) -> Resolution:
        owners: dict[str, None] = {}
        rule: Rule | None = None
        for folder in chain:
            restricted = self._restricted(folder, path)
            alone = any(grant.noparent for grant in restricted)
            for grant in (*restricted, *(() if alone else folder.everywhere)):
                owners.update(dict.fromkeys(grant.owners))
                if rule is None and (grant.owners or grant.noparent):
                    rule = grant.rule
            if alone:
                break
        if not owners:
            cut = any(folder.noparent for folder in chain)
            return UNMATCHED if rule is None and not cut else Resolution((), Status.UNOWNED, rule)
        return Resolution(tuple(owners), Status.OWNED, rule, waived="*" in owners)

    @staticmethod
    def _restricted(folder: _Folder, path: str) -> list[Grant]:
        if not folder.per_file:
            return []
        relative = path[len(folder.path) + 1 :] if folder.path else path
        found = folder.globs.search(relative)
        matching = []
        at = 0
        for grant in folder.per_file:
            if any(at + offset in found for offset in range(len(grant.expressions))):
                matching.append(grant)
            at += len(grant.expressions)
        return matching

    def used(self, paths: Iterable[str]) -> set[int]:
        seen: set[int] = set()
        for path in paths:
            for folder in self._chain(path.rpartition("/")[0]):
                grants = (*folder.everywhere, *self._restricted(folder, path))
                seen.update(self._index[grant.rule] for grant in grants if grant.rule in self._index)
        return seen


def load(tree: Tree) -> Gerrit:
    """The resolver of a tree: every OWNERS file in it, and files that these may import."""
    files = {}
    for path in tree.paths():
        name = path.rpartition("/")[2]
        if name == NAME or name.endswith("_OWNERS") or name.startswith("OWNERS_"):
            size = tree.size(path) or 0
            files[path] = (tree.read(path) or b"") if size <= MAX_BYTES else b"#" * (MAX_BYTES + 1)
    return Gerrit(files)
