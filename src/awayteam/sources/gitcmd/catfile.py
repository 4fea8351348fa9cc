"""Objects out of a repository, one after another, through one process."""

import os
import subprocess
import threading
from collections.abc import Sequence
from typing import IO

from awayteam.sources.gitcmd import process as git
from awayteam.sources.gitcmd.process import CHUNK, GitError


class CatFile:
    """One `git cat-file --batch` process that hands out objects; use as a context manager, from one thread.

    `protocols` lets it fetch missing objects of a partial clone. Each read is bounded by `timeout` seconds.
    """

    def __init__(self, repo: str | os.PathLike[str], *, timeout: float = 60.0, protocols: Sequence[str] = ()) -> None:
        self._repo = repo
        self._timeout = timeout
        self._process = git.start(
            repo, ["cat-file", "--batch"], protocols, None, with_input=True, stderr=subprocess.DEVNULL
        )

    def __enter__(self) -> "CatFile":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        git.end(self._process)

    @property
    def alive(self) -> bool:
        """Whether the process still answers."""
        return self._process.poll() is None

    def read(self, name: str, *, max_bytes: int | None = None) -> bytes | None:
        """The content of the object `name` (an id, or `ref:path`); None where there is no such object.

        Raises `GitError` where it is larger than `max_bytes` (the process stays usable) or git died.
        """
        if "\n" in name or "\0" in name:
            raise GitError(f"{name!r} is no object name")
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        expired = threading.Event()
        watchdog = threading.Timer(self._timeout, git.expire, (self._process, expired))
        watchdog.daemon = True
        watchdog.start()
        try:
            stdin.write(os.fsencode(name) + b"\n")
            stdin.flush()
            header = stdout.readline()
            fields = header.rstrip(b"\n").rsplit(b" ", 2)
            if header.endswith((b" missing\n", b" ambiguous\n")):
                return None
            if len(fields) != 3 or not fields[2].isdigit():
                raise self._dead(expired)
            size = int(fields[2])
            if max_bytes is not None and size > max_bytes:
                self._skip(stdout, size + 1)
                raise GitError(f"{name} has {size} bytes; at most {max_bytes} are read")
            data = stdout.read(size)
            if len(data) != size or stdout.read(1) != b"\n":
                raise self._dead(expired)
            return data
        except OSError as error:
            raise self._dead(expired) from error
        finally:
            watchdog.cancel()

    @staticmethod
    def _skip(stdout: IO[bytes], size: int) -> None:
        while size > 0:
            chunk = stdout.read(min(size, CHUNK))
            if not chunk:
                return
            size -= len(chunk)

    def _dead(self, expired: threading.Event) -> GitError:
        why = f"took longer than {self._timeout:g} s and was stopped" if expired.is_set() else "ended unexpectedly"
        return GitError(f"git cat-file in {git.shown(self._repo)} {why}; check the repository with `git fsck`")
