"""The files of one commit, read from git without a work tree."""

import os

from awayteam.sources import gitcmd

MAX_PATHS = 5_000_000
"""Files of one commit beyond which a tree is refused rather than held in memory."""


class GitTree:
    """`ownership.base.Tree` over a commit of a repository (bare or not). Raises `GitError` with a clear message."""

    def __init__(self, repo: str | os.PathLike[str], ref: str = "HEAD") -> None:
        self.repo = repo
        self.commit = head(repo, ref)
        self._blobs: dict[str, str] = {}
        out = gitcmd.run(repo, ["ls-tree", "-r", "-z", "--full-tree", self.commit], timeout=600)
        if out.count(b"\0") > MAX_PATHS:
            raise gitcmd.GitError(f"{self.commit} has more than {MAX_PATHS} files; they can't be held at once")
        for entry in out.split(b"\0"):
            meta, _, path = entry.partition(b"\t")
            if path:
                self._blobs[path.decode("utf-8", "surrogateescape")] = meta.split(b" ")[2].decode("ascii")
        self._sizes: dict[str, int] = {}

    def paths(self) -> list[str]:
        return list(self._blobs)

    def blob(self, path: str) -> str | None:
        """The object id of a file's content."""
        return self._blobs.get(path)

    def size(self, path: str) -> int | None:
        blob = self._blobs.get(path)
        if blob is None:
            return None
        if path not in self._sizes:
            self._measure(path)
        return self._sizes.get(path)

    def _measure(self, path: str) -> None:
        """Sizes of this file and, since formats with a file per folder ask for all, of every file of that name."""
        name = path.rpartition("/")[2]
        wanted = [(p, b) for p, b in self._blobs.items() if p.rpartition("/")[2] == name]
        request = "".join(f"{b}\n" for _, b in wanted).encode("ascii")
        out = gitcmd.run(self.repo, ["cat-file", "--batch-check=%(objecttype) %(objectsize)"], input=request)
        for (known, _), line in zip(wanted, out.split(b"\n"), strict=False):
            kind, _, size = line.partition(b" ")
            if kind == b"blob":
                self._sizes[known] = int(size)

    def read(self, path: str) -> bytes | None:
        blob = self._blobs.get(path)
        if blob is None or self.size(path) is None:
            return None
        return self.read_all([path]).get(path)

    def read_all(self, paths: list[str]) -> dict[str, bytes]:
        """The contents of many files through one process; files whose content isn't in the repository are left out."""
        found = {}
        with gitcmd.CatFile(self.repo) as objects:
            for path in paths:
                data = objects.read(self._blobs[path])
                if data is not None:
                    found[path] = data
        return found


def head(repo: str | os.PathLike[str], ref: str = "HEAD") -> str:
    """The commit id of `ref`. Raises `GitError` that tells an empty repository from a wrong name."""
    if not os.path.exists(repo):
        raise gitcmd.GitError(f"{os.fspath(repo)} doesn't exist; name the folder of a git repository")
    try:
        return gitcmd.resolve(repo, ref)
    except gitcmd.GitError as error:
        if ref == "HEAD" and "no git repository" not in str(error):
            refs = gitcmd.run(repo, ["for-each-ref", "--count=1", "--format=%(refname)"])
            if not refs.strip():
                raise gitcmd.GitError(f"{os.fspath(repo)} has no commits yet; there is nothing to read") from error
        raise
