"""The rules of a base commit: out of the clone of a followed repository, else as whoever told of the change told them.

Nothing is fetched here. A rule file that the commit has and the clone hasn't makes the rules unknown, never absent:
what nobody owns is judged otherwise than what can't be read. Rules are kept in this process, by commit and by content.
"""

import os
import threading
from collections import OrderedDict
from collections.abc import Hashable, Sequence

from django.conf import settings

from awayteam.contributions.models import Repository
from awayteam.contributions.reading import RULE_FILES
from awayteam.gate import rulefiles
from awayteam.gate.facts import Ownership
from awayteam.gate.fromgit import is_none
from awayteam.gate.models import RuleSet
from awayteam.sources import gitcmd
from awayteam.sources.gitcmd import GitError
from awayteam.sources.githistory.tree import GitTree
from awayteam.sources.ownership import detect, gitea, github, gitlab
from awayteam.sources.ownership.base import MemoryTree, Resolver
from awayteam.sources.readers import is_remote
from awayteam.sources.readers.remote import mirror_of

KEPT = 64
"""Rules that are kept; those used longest ago go first."""
MOST_BYTES = 64 * 1024 * 1024
_PLACES = (*github.PLACES, *gitlab.PLACES, *gitea.PLACES)
_OF_ONE_FILE = frozenset({"github", "gitlab", "gitea"})
_SECONDS = 60


class RulesUnknown(Exception):
    """The rules of the base can't be read; the text says why, as a sentence."""


class _Recent:
    """The values used last, by key; one for all threads."""

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, threading.Lock()
        self._values: OrderedDict[Hashable, Resolver] = OrderedDict()

    def get(self, key: Hashable) -> Resolver | None:
        with self._lock:
            found = self._values.pop(key, None)
            if found is not None:
                self._values[key] = found
            return found

    def keep(self, key: Hashable, value: Resolver) -> None:
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            if len(self._values) > self._most:
                self._values.popitem(last=False)


_by_commit, _by_content = _Recent(KEPT), _Recent(KEPT)


def named(name: str) -> Repository | None:
    """The followed repository of this name: by its own, else by a location or slug that no other has."""
    for column in ("name", "location", "slug"):
        found = list(Repository.objects.filter(**{column: name})[:2]) if name else []
        if len(found) == 1:
            return found[0]
    return None


def clone_of(repository: Repository) -> str:
    """Where the history of a repository is on this machine; "" where it isn't."""
    place = repository.location
    if is_remote(place):
        place = str(mirror_of(place, settings.DATA / "histories"))
    return place if os.path.isdir(place) else ""


def rules_of(followed: Repository | None, base: str, told: str) -> Ownership:
    """The rules at `base`; `told` is the digest of a `RuleSet`, "" for none. Raises `RulesUnknown`."""
    why = "Nobody told the rules of its base, and its repository isn't followed here."
    if followed is not None:
        try:
            return _from_clone(followed, base)
        except (GitError, OSError, ValueError) as error:
            why = f"The rules of its base can't be read from the clone of {followed.name}: {_short(error)}"
    if not told:
        raise RulesUnknown(why)
    key = ("told", told)
    found = _by_content.get(key)
    if found is None:
        files = rulefiles.unpacked(bytes(RuleSet.objects.values_list("files", flat=True).get(digest=told)))
        found = detect.resolver(MemoryTree(files))
        _by_content.keep(key, found)
    return found


def _short(error: Exception) -> str:
    said = " ".join(str(error).split())[:300]
    return said if said.endswith(".") else f"{said}."


def _from_clone(repository: Repository, base: str) -> Resolver:
    clone = clone_of(repository)
    if not clone:
        raise GitError("it isn't there yet; refresh it")
    commit = (repository.tip or "HEAD") if is_none(base) else base
    key = (clone, commit, repository.format)
    found = _by_commit.get(key) if commit != "HEAD" else None
    if found is None:
        found = _load(clone, commit, repository.format)
        _by_commit.keep(key, found)
    return found


def _load(clone: str, commit: str, format: str) -> Resolver:
    """A format of one file is read without a look at all the others; the rest from the list of all files."""
    blobs = _listed(clone, commit)
    if not blobs or format not in _OF_ONE_FILE:
        return _load_whole(clone, commit)
    key = (clone, format, tuple(sorted(blobs.items())))
    found = _by_content.get(key)
    if found is None:
        found = detect.resolver(MemoryTree(_contents(clone, blobs)), format)
        if not found.file:  # it has another format than the newest commit that was read
            return _load_whole(clone, commit)
        _by_content.keep(key, found)
    return found


def _listed(clone: str, commit: str) -> dict[str, str]:
    """The rule files that formats of one file know, with their blobs."""
    out = gitcmd.run(clone, ["ls-tree", "-z", "--full-tree", commit, "--", *dict.fromkeys(_PLACES)], timeout=_SECONDS)
    found = {}
    for entry in out.split(b"\0"):
        meta, _, path = entry.partition(b"\t")
        if path and meta.split(b" ")[1] == b"blob":
            found[path.decode("utf-8", "surrogateescape")] = meta.split(b" ")[2].decode("ascii")
    return found


def _load_whole(clone: str, commit: str) -> Resolver:
    tree = GitTree(clone, commit)
    paths: Sequence[str] = tree.paths()
    rules = {path: blob for path in paths if path.endswith(RULE_FILES) and (blob := tree.blob(path)) is not None}
    contents = _contents(clone, rules)
    return detect.resolver(_Files(contents, paths))


def _contents(clone: str, blobs: dict[str, str]) -> dict[str, bytes]:
    """Contents by path. Raises `GitError` where one isn't in the clone, or they are too many."""
    found, size = {}, 0
    with gitcmd.CatFile(clone, timeout=_SECONDS) as objects:
        for path, blob in blobs.items():
            data = objects.read(blob, max_bytes=MOST_BYTES)
            if data is None:
                raise GitError(f"{path[:200]} isn't in the clone; refresh it")
            size += len(data)
            if size > MOST_BYTES:
                raise GitError(f"its rule files have more than {MOST_BYTES} bytes")
            found[path] = data
    return found


class _Files(MemoryTree):
    """Rule files with their contents; of the others it is known that they are there."""

    def __init__(self, contents: dict[str, bytes], names: Sequence[str]) -> None:
        super().__init__(contents, names)
        self._all = frozenset(names)

    def size(self, path: str) -> int | None:
        known = super().size(path)
        return 0 if known is None and path in self._all else known
