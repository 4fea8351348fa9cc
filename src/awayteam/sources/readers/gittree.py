"""The files of one commit in a git repository, bare or not."""

import os
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import IO, Any, Self

from awayteam.sources import gitcmd
from awayteam.sources.declared import Problem
from awayteam.sources.gitcmd import CatFile, GitError
from awayteam.sources.readers.base import FileStat, ReadError
from awayteam.sources.readers.folder import too_large
from awayteam.sources.readers.paths import Globs, encode_path, join
from awayteam.sources.yamldoc import MAX_BYTES

_LINK, _SUBMODULE = b"120000", b"160000"
_LONGEST_TARGET = 4096


class GitReader:
    """Reads the commit that `ref` stands for when it is opened; the work tree and its changes play no part.

    Symbolic links are treated as in a folder. `remote` names the remote of a partial clone, from which `prepare` (and,
    one by one, `read`) fetches missing blobs by `protocols`; without it nothing ever reaches out. Raises `ReadError`.
    """

    exact = True

    def __init__(
        self,
        repo: str | os.PathLike[str],
        ref: str = "HEAD",
        *,
        root: str = "",
        remote: str = "",
        protocols: Sequence[str] = (),
        only: Sequence[str] = (),
        timeout: float = 600.0,
    ) -> None:
        self._repo = os.path.abspath(os.fspath(repo))
        self.root = root or encode_path(os.fsencode(self._repo))
        self.problems: list[Problem] = []
        self._remote, self._protocols, self._timeout = remote, tuple(protocols), timeout
        self.only = tuple(only)
        self._tree: dict[str, tuple[str, int | None]] | None = None
        self._links: dict[str, str] = {}
        self._objects: CatFile | None = None
        try:
            self.revision = gitcmd.resolve(self._repo, ref)
        except GitError as error:
            raise ReadError(str(error)) from error

    @property
    def repo(self) -> str:
        """The folder of the repository (of a remote one: of its mirror)."""
        return self._repo

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_objects": None}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._objects is not None:
            self._objects.close()
            self._objects = None

    def files(self, globs: Sequence[str] = ()) -> Iterator[FileStat]:
        self.problems.clear()
        wanted = Globs(globs or self.only)
        tree = self._list()
        for path in sorted((*tree, *self._links)):
            if wanted and not wanted.match(path):
                continue
            if any(wanted.passes_by(folder) for folder in path.split("/")[:-1]):
                continue
            if path in tree:
                yield FileStat(path, *tree[path])
            elif (target := self._target(path)) is None:
                message = "this symbolic link leaves the repository and isn't followed; copy the file"
                self.problems.append(Problem(message, path))
            elif wanted and target in tree:
                yield FileStat(path, *tree[target])

    def stat(self, path: str) -> FileStat | None:
        tree = self._list()
        for _ in range(10):
            if path in tree:
                return FileStat(path, *tree[path])
            target = self._target(path) if path in self._links else None
            if target is None:
                return None
            path = target
        return None

    def read(self, path: str, *, max_bytes: int = MAX_BYTES) -> bytes:
        found = self.stat(path)
        if found is None:
            if path in self._links:
                raise ReadError(f"{path} is a symbolic link that leads out of the repository or to nothing")
            raise ReadError(f"there is no file {path} in {self.revision[:12]}")
        if found.size is not None and found.size > max_bytes:
            raise ReadError(too_large(path, found.size, max_bytes))
        try:
            data = self._cat().read(found.fingerprint, max_bytes=max_bytes)
        except GitError as error:
            if self._objects is not None and not self._objects.alive:
                self.close()
            raise ReadError(f"{path}: {error}") from error
        if data is None:
            raise ReadError(f"{path} is missing in the repository; check it with `git fsck`")
        return data

    def prepare(self, paths: Sequence[str]) -> None:
        if not self._remote:
            return
        wanted = {found.fingerprint for path in paths if (found := self.stat(path)) is not None}
        try:
            listed = gitcmd.run(
                self._repo, ["rev-list", "--objects", "--missing=print", "--max-count=1", self.revision], timeout=300
            )
            missing = {line[1:].decode("ascii") for line in listed.split(b"\n") if line.startswith(b"?")} & wanted
            if missing:
                self._fetch(sorted(missing))
        except GitError as error:
            raise ReadError(f"files of {self.root} can't be fetched: {error}") from error

    def _fetch(self, objects: list[str]) -> None:
        gitcmd.run(
            self._repo,
            ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--filter=blob:none", "--stdin", self._remote],
            input="".join(f"{each}\n" for each in objects).encode("ascii"),
            protocols=self._protocols,
            config={"fetch.negotiationAlgorithm": "noop"},
            timeout=self._timeout,
        )
        self.close()

    def _cat(self) -> CatFile:
        if self._objects is None:
            self._objects = CatFile(self._repo, protocols=self._protocols if self._remote else ())
        return self._objects

    def _target(self, path: str) -> str | None:
        """Where a link leads, or None where that is outside."""
        try:
            data = self._cat().read(self._links[path], max_bytes=_LONGEST_TARGET)
        except GitError:
            return None
        return join(path, encode_path(data)) if data else None

    def _list(self) -> dict[str, tuple[str, int | None]]:
        if self._tree is None:
            tree: dict[str, tuple[str, int | None]] = {}
            sizes = [] if self._remote else ["-l"]
            try:
                with gitcmd.stream(self._repo, ["ls-tree", "-r", "-z", *sizes, "--full-tree", self.revision]) as out:
                    for mode, blob, size, path in _entries(out):
                        if mode == _LINK:
                            self._links[path] = blob
                        elif mode != _SUBMODULE:
                            tree[path] = (blob, size)
            except GitError as error:
                raise ReadError(str(error)) from error
            self._tree = tree
        return self._tree


def _entries(out: IO[bytes]) -> Iterator[tuple[bytes, str, int | None, str]]:
    """(mode, blob, size where listed, path) of each entry of `ls-tree -z`."""
    rest = b""
    while chunk := out.read(1 << 18):
        *entries, rest = (rest + chunk).split(b"\0")
        for entry in entries:
            meta, _, path = entry.partition(b"\t")
            mode, _, blob, *size = meta.split()
            listed = int(size[0]) if size and size[0].isdigit() else None
            yield mode, blob.decode("ascii"), listed, encode_path(path)
