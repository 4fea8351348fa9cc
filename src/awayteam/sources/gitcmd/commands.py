"""Commands that run to their end, and streams of output too long to hold."""

import os
import selectors
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from awayteam.sources.gitcmd import process as git
from awayteam.sources.gitcmd.process import CHUNK, GitError

DEFAULT_TIMEOUT = 120.0
"""Seconds that one command may take where the caller names no other bound."""
MAX_OUTPUT = 1 << 30
"""Bytes that `run` collects before it gives up; streams are bounded in time only."""
_STDERR_KEPT = 64 * 1024


def run(
    repo: str | os.PathLike[str],
    args: Sequence[str],
    *,
    timeout: float = DEFAULT_TIMEOUT,
    input: bytes | None = None,
    max_output: int = MAX_OUTPUT,
    protocols: Sequence[str] = (),
    config: Mapping[str, str] | None = None,
) -> bytes:
    """The standard output of `git ARGS` in the repository `repo` (its work tree, its .git folder, or a bare one).

    `protocols` are the ones that this command may use to reach a remote (none by default); `config` adds settings for
    this command alone. Raises `GitError`.
    """
    process = git.start(repo, args, protocols, config, with_input=input is not None)
    name = git.name(args)
    try:
        out, err, bound = _pump(process, input, time.monotonic() + timeout, max_output)
    finally:
        git.end(process)
    if bound == "time":
        raise GitError(
            f"{name} in {git.shown(repo)} took longer than {timeout:g} s and was stopped", stderr=git.text(err)
        )
    if bound == "output":
        raise GitError(
            f"{name} in {git.shown(repo)} gave more than {max_output} bytes and was stopped", stderr=git.text(err)
        )
    if process.returncode:
        raise git.failure(repo, name, process.returncode, git.text(err))
    return bytes(out)


@contextmanager
def stream(
    repo: str | os.PathLike[str],
    args: Sequence[str],
    *,
    timeout: float = 3600.0,
    input: bytes | None = None,
    protocols: Sequence[str] = (),
    config: Mapping[str, str] | None = None,
) -> Iterator[IO[bytes]]:
    """The standard output of `git ARGS` as a buffered byte stream, for output too long to hold.

    Leaving the block early stops git without an error; leaving it at the end raises `GitError` if git failed or
    ran out of `timeout` seconds.
    """
    process = git.start(repo, args, protocols, config, with_input=input is not None)
    name = git.name(args)
    expired = threading.Event()
    watchdog = threading.Timer(timeout, git.expire, (process, expired))
    watchdog.daemon = True
    watchdog.start()
    tail: deque[bytes] = deque(maxlen=_STDERR_KEPT // 1024)
    helpers = [threading.Thread(target=_drain, args=(process.stderr, tail), daemon=True)]
    if input is not None:
        helpers.append(threading.Thread(target=_feed, args=(process.stdin, input), daemon=True))
    for helper in helpers:
        helper.start()
    assert process.stdout is not None
    at_end = False
    try:
        yield process.stdout
        at_end = not process.stdout.read(1)
    finally:
        watchdog.cancel()
        if at_end and not expired.is_set():
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
        git.end(process)
        for helper in helpers:
            helper.join(1)
    if expired.is_set():
        raise GitError(f"{name} in {git.shown(repo)} took longer than {timeout:g} s and was stopped")
    if at_end and process.returncode:
        raise git.failure(repo, name, process.returncode, git.text(b"".join(tail)))


def is_repository(path: str | os.PathLike[str]) -> bool:
    """Whether `path` itself is a work tree's root or a bare repository (no process is started)."""
    folder = Path(path)
    if (folder / ".git").exists():
        return True
    return (folder / "HEAD").is_file() and (folder / "objects").is_dir() and (folder / "refs").is_dir()


def resolve(repo: str | os.PathLike[str], ref: str = "HEAD") -> str:
    """The commit id that `ref` stands for. Raises `GitError` that names the ref where there is none."""
    if not ref or ref.startswith("-") or any(ord(c) < 33 for c in ref):
        raise GitError(f"{ref!r} is no name of a branch, tag or commit")
    try:
        out = run(repo, ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"], timeout=30)
    except GitError as error:
        if error.returncode == 1 and not error.stderr:
            raise GitError(f"{git.shown(repo)} has no branch, tag or commit {ref!r}; name one that exists") from error
        raise
    return out.decode("ascii").strip().splitlines()[-1]


def _pump(
    process: subprocess.Popen[bytes], data: bytes | None, deadline: float, max_output: int
) -> tuple[bytearray, bytearray, str]:
    """Feed and drain the process; what it wrote, and which bound ("time", "output" or "") stopped it."""
    out, err = bytearray(), bytearray()
    left = memoryview(data or b"")
    with selectors.DefaultSelector() as selector:
        for pipe in (process.stdout, process.stderr):
            assert pipe is not None
            selector.register(pipe, selectors.EVENT_READ)
        if process.stdin is not None:
            os.set_blocking(process.stdin.fileno(), False)
            selector.register(process.stdin, selectors.EVENT_WRITE)
        while selector.get_map():
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                return out, err, "time"
            for key, _ in selector.select(remaining):
                if key.fileobj is process.stdin:
                    left = _push(key.fd, left)
                    done = not left
                else:
                    chunk = os.read(key.fd, CHUNK)
                    done = not chunk
                    (out if key.fileobj is process.stdout else err).extend(chunk)
                if done:
                    selector.unregister(key.fileobj)
                    key.fileobj.close()  # type: ignore[union-attr]
            del err[:-_STDERR_KEPT]
            if len(out) > max_output:
                return out, err, "output"
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return out, err, "time"
    return out, err, ""


def _push(descriptor: int, left: memoryview) -> memoryview:
    try:
        return left[os.write(descriptor, left[:CHUNK]) :]
    except BlockingIOError:
        return left
    except BrokenPipeError:
        return left[:0]


def _feed(pipe: IO[bytes] | None, data: bytes) -> None:
    assert pipe is not None
    with suppress(OSError):
        pipe.write(data)
    with suppress(OSError):
        pipe.close()


def _drain(pipe: IO[bytes] | None, tail: deque[bytes]) -> None:
    assert pipe is not None
    with suppress(OSError, ValueError):
        while chunk := os.read(pipe.fileno(), 1024):
            tail.append(chunk)
