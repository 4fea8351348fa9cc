"""What two commits differ in, and what stands in a commit, by git's own objects.

Objects never change, so that nothing can be exchanged between two questions (a list of a pull request's files can, by a
push in between), and what was read once needn't be read again.
"""

import base64
import binascii
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import Lock

from awayteam.forges.github import reading
from awayteam.forges.github.api import Repository
from awayteam.forges.http import HttpError
from awayteam.forges.port import ForgeError

LARGEST_FILE = 3_000_000
"""GitHub itself ignores a CODEOWNERS above this."""
MOST_TREES = 400
"""Trees that are asked for to compare two commits that are too large to be listed whole."""
FEW_FOLDERS = 20
_KEPT = 2_000
_KEPT_ENTRIES = 2_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A name in a tree: a file, a link, a submodule, or another tree."""

    path: str
    mode: str
    kind: str
    sha: str
    size: int

    @property
    def is_file(self) -> bool:
        return self.kind == "blob" and self.mode in {"100644", "100755"}

    @property
    def is_tree(self) -> bool:
        return self.kind == "tree"


Tree = dict[str, Entry]


class Objects:
    """Git objects of GitHub's repositories, those that are small kept in memory."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], Tree | bytes] = OrderedDict()
        self._lock = Lock()

    def differing(self, where: Repository, old: str, new: str) -> set[str]:
        """Paths that differ between two commits or trees; a rename counts with both names.

        Raises `ForgeError(final=True)` where that can't be said within bounds.
        """
        asked = 0
        found: set[str] = set()
        waiting = [("", old, new)]
        while waiting:
            prefix, before, after = waiting.pop()
            asked += 1
            if asked > MOST_TREES:
                raise ForgeError(f"{where.place.slug}: the change touches too many folders to be compared", final=True)
            left, right = self._whole(where, before), self._whole(where, after)
            if left is None or right is None:
                left, right = self.level(where, before), self.level(where, after)
            for path in _changed(left, right):
                one, other = left.get(path), right.get(path)
                if any(entry is not None and not entry.is_tree for entry in (one, other)):
                    found.add(prefix + path)
                folders = _tree_sha(one), _tree_sha(other)
                if any(folders):
                    waiting.append((f"{prefix}{path}/", *folders))
        return found

    def _whole(self, where: Repository, sha: str) -> Tree | None:
        """All files below a tree, None where GitHub can't list them at once."""
        if not sha:
            return {}
        told = where.object("git", "trees", sha, recursive=1)
        if told.get("truncated") is not False:
            return None
        return {path: entry for path, entry in _entries(told) if not entry.is_tree}

    def level(self, where: Repository, sha: str) -> Tree:
        """What stands directly in a tree or commit; {} where there is none."""
        if not sha:
            return {}
        key = where.place.id, sha
        with self._lock:
            known = self._kept.get(key)
        if isinstance(known, dict):
            return known
        tree = dict(_entries(where.object("git", "trees", sha)))
        if len(tree) <= _KEPT_ENTRIES:
            self._keep(key, tree)
        return tree

    def files(self, where: Repository, commit: str, paths: Sequence[str]) -> dict[str, bytes]:
        """Contents of those `paths` that are files of at most 3 MB at `commit`; links aren't followed."""
        folders = {path.rpartition("/")[0] for path in paths}
        whole = self._whole(where, commit) if len(folders) > FEW_FOLDERS else None
        found: dict[str, bytes] = {}
        for path in dict.fromkeys(paths):
            entry = whole.get(path) if whole is not None else self._entry(where, commit, path)
            if entry is not None and entry.is_file and entry.size <= LARGEST_FILE:
                found[path] = self.blob(where, entry.sha)
        return found

    def _entry(self, where: Repository, commit: str, path: str) -> Entry | None:
        sha = commit
        *folders, name = path.split("/")
        for folder in folders:
            entry = self.level(where, sha).get(folder)
            if entry is None or not entry.is_tree:
                return None
            sha = entry.sha
        return self.level(where, sha).get(name)

    def blob(self, where: Repository, sha: str) -> bytes:
        key = where.place.id, sha
        with self._lock:
            known = self._kept.get(key)
        if isinstance(known, bytes):
            return known
        told = where.object("git", "blobs", sha)
        try:
            if told.get("encoding") != "base64":
                raise ValueError("another encoding")
            content = base64.b64decode(str(told.get("content", "")))
        except (ValueError, binascii.Error) as error:
            raise HttpError(f"The content of {sha} in {where.place.slug} can't be read.") from error
        if len(content) <= 100_000:
            self._keep(key, content)
        return content

    def _keep(self, key: tuple[str, str], value: Tree | bytes) -> None:
        with self._lock:
            self._kept[key] = value
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)


def _changed(left: Tree, right: Tree) -> Iterator[str]:
    for path in left.keys() | right.keys():
        one, other = left.get(path), right.get(path)
        if one is None or other is None or (one.sha, one.mode, one.kind) != (other.sha, other.mode, other.kind):
            yield path


def _tree_sha(entry: Entry | None) -> str:
    return entry.sha if entry is not None and entry.is_tree else ""


def _entries(told: reading.Json) -> Iterator[tuple[str, Entry]]:
    for one in reading.entries(told.get("tree"), "trees"):
        path = one.get("path")
        if not isinstance(path, str) or not path or not reading.sha(one, "sha"):
            raise ForgeError("GitHub listed a tree with an entry without name or id")
        kind, mode = reading.text(one, "type", 20), reading.text(one, "mode", 10)
        yield path, Entry(path, mode, kind, reading.sha(one, "sha"), reading.number(one, "size"))
