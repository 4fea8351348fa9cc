"""Running git on repositories that nobody vouched for.

A repository is input: its configuration, attributes and hooks may name programs to run, files to read, hosts to call.
Every git process started here therefore ignores the system's and the user's configuration, overrides every setting of
the repository that could start a program, never prompts, may talk to no host unless the caller allows protocols, and is
bounded in time and output. Local reads never fetch missing objects of a partial clone.
"""

import os
import selectors
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

DEFAULT_TIMEOUT = 120.0
"""Seconds that one command may take where the caller names no other bound."""
MAX_OUTPUT = 1 << 30
"""Bytes that `run` collects before it gives up; streams are bounded in time only."""
_STDERR_KEPT = 64 * 1024
_CHUNK = 1 << 16

NETWORK_PROTOCOLS = ("https", "ssh", "git", "file")

_OVERRIDES: tuple[tuple[str, str], ...] = (
    ("safe.directory", "*"),
    ("core.hooksPath", os.devnull),
    ("core.fsmonitor", "false"),
    ("core.untrackedCache", "false"),
    ("core.pager", "cat"),
    ("core.editor", "false"),
    ("core.askPass", ""),
    ("core.attributesFile", os.devnull),
    ("core.excludesFile", os.devnull),
    ("core.alternateRefsCommand", "false"),
    ("core.gitProxy", ""),
    ("core.quotePath", "true"),
    ("credential.helper", ""),
    ("diff.external", ""),
    ("log.showSignature", "false"),
    ("gpg.program", "false"),
    ("gpg.ssh.program", "false"),
    ("gpg.x509.program", "false"),
    ("mailmap.file", os.devnull),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("fetch.recurseSubmodules", "false"),
    ("submodule.recurse", "false"),
    ("protocol.allow", "never"),
    ("protocol.ext.allow", "never"),
    ("color.ui", "false"),
    ("advice.detachedHead", "false"),
)
_DIFF_VERBS = frozenset({"log", "show", "diff-tree"})
_VERBS = _DIFF_VERBS | {
    "cat-file", "config", "count-objects", "fetch", "for-each-ref", "init", "ls-remote", "ls-tree", "merge-base",
    "name-rev", "rev-list", "rev-parse", "shortlog", "show-ref", "symbolic-ref", "version",
}  # fmt: skip
"""What may be run: nothing that looks at a work tree, as its attributes could start the repository's own filters."""
_PASSED_ON = (
    "PATH", "SYSTEMROOT", "TMPDIR", "SSH_AUTH_SOCK", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO",
    "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
)  # fmt: skip
_SSH = "ssh -oBatchMode=yes -oConnectTimeout=20"


class GitError(Exception):
    """A git command failed, ran out of time or gave too much output; the text says which and what git said."""

    def __init__(self, message: str, *, stderr: str = "", returncode: int | None = None) -> None:
        super().__init__(message)
        self.stderr = stderr
        self.returncode = returncode


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
    process = _start(repo, args, protocols, config, with_input=input is not None)
    name = _name(args)
    try:
        out, err, bound = _pump(process, input, time.monotonic() + timeout, max_output)
    finally:
        _end(process)
    if bound == "time":
        raise GitError(f"{name} in {_shown(repo)} took longer than {timeout:g} s and was stopped", stderr=_text(err))
    if bound == "output":
        raise GitError(f"{name} in {_shown(repo)} gave more than {max_output} bytes and was stopped", stderr=_text(err))
    if process.returncode:
        raise _failure(repo, name, process.returncode, _text(err))
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
    process = _start(repo, args, protocols, config, with_input=input is not None)
    name = _name(args)
    expired = threading.Event()
    watchdog = threading.Timer(timeout, _expire, (process, expired))
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
        _end(process)
        for helper in helpers:
            helper.join(1)
    if expired.is_set():
        raise GitError(f"{name} in {_shown(repo)} took longer than {timeout:g} s and was stopped")
    if at_end and process.returncode:
        raise _failure(repo, name, process.returncode, _text(b"".join(tail)))


class CatFile:
    """One `git cat-file --batch` process that hands out objects; use as a context manager, from one thread.

    `protocols` lets it fetch missing objects of a partial clone. Each read is bounded by `timeout` seconds.
    """

    def __init__(self, repo: str | os.PathLike[str], *, timeout: float = 60.0, protocols: Sequence[str] = ()) -> None:
        self._repo = repo
        self._timeout = timeout
        self._process = _start(
            repo, ["cat-file", "--batch"], protocols, None, with_input=True, stderr=subprocess.DEVNULL
        )

    def __enter__(self) -> "CatFile":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        _end(self._process)

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
        watchdog = threading.Timer(self._timeout, _expire, (self._process, expired))
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
            chunk = stdout.read(min(size, _CHUNK))
            if not chunk:
                return
            size -= len(chunk)

    def _dead(self, expired: threading.Event) -> GitError:
        why = f"took longer than {self._timeout:g} s and was stopped" if expired.is_set() else "ended unexpectedly"
        return GitError(f"git cat-file in {_shown(self._repo)} {why}; check the repository with `git fsck`")


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
            raise GitError(f"{_shown(repo)} has no branch, tag or commit {ref!r}; name one that exists") from error
        raise
    return out.decode("ascii").strip().splitlines()[-1]


def _environment(protocols: Sequence[str], repo: str | os.PathLike[str]) -> dict[str, str]:
    env = {key: os.environ[key] for key in _PASSED_ON if key in os.environ}
    ceiling = os.path.dirname(os.path.realpath(os.fspath(repo)))
    env.update(
        HOME="",
        XDG_CONFIG_HOME="",
        LC_ALL="C",
        GIT_CONFIG_NOSYSTEM="1",
        GIT_CONFIG_SYSTEM=os.devnull,
        GIT_CONFIG_GLOBAL=os.devnull,
        GIT_ATTR_NOSYSTEM="1",
        GIT_TERMINAL_PROMPT="0",
        GIT_ASKPASS="",
        SSH_ASKPASS="",
        GIT_PAGER="cat",
        GIT_EDITOR="false",
        GIT_OPTIONAL_LOCKS="0",
        GIT_NO_REPLACE_OBJECTS="1",
        GIT_ALLOW_PROTOCOL=":".join(protocols),
        GIT_SSH_COMMAND=_SSH,
        GIT_CEILING_DIRECTORIES=ceiling,
    )
    if not protocols:
        env["GIT_NO_LAZY_FETCH"] = "1"
    return env


def _start(
    repo: str | os.PathLike[str],
    args: Sequence[str],
    protocols: Sequence[str],
    config: Mapping[str, str] | None,
    *,
    with_input: bool,
    stderr: int = subprocess.PIPE,
) -> subprocess.Popen[bytes]:
    if not args or args[0] not in _VERBS:
        raise GitError(
            f"git {args[0] if args else ''} isn't run on repositories of others; use {', '.join(sorted(_VERBS))}"
        )
    if unknown := set(protocols) - set(NETWORK_PROTOCOLS):
        raise GitError(f"protocol {', '.join(sorted(unknown))} isn't allowed; allowed: {', '.join(NETWORK_PROTOCOLS)}")
    command = ["git", "--no-pager", "--literal-pathspecs"]
    for key, value in (*_OVERRIDES, *(config or {}).items()):
        command += ["-c", f"{key}={value}"]
    command.append(args[0])
    if args[0] in _DIFF_VERBS:
        command += ["--no-ext-diff", "--no-textconv"]
    command += args[1:]
    try:
        return subprocess.Popen(  # noqa: S603  (arguments are a list, never a shell's line)
            command,
            cwd=repo,
            env=_environment(protocols, repo),
            stdin=subprocess.PIPE if with_input else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
        )
    except FileNotFoundError as error:
        if not os.path.isdir(repo):
            raise GitError(f"{_shown(repo)} is no folder") from error
        raise GitError("git isn't installed or not on the PATH; install git 2.36 or later") from error
    except OSError as error:
        raise GitError(f"git can't be started in {_shown(repo)}: {error.strerror}") from error


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
                    chunk = os.read(key.fd, _CHUNK)
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
        return left[os.write(descriptor, left[:_CHUNK]) :]
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


def _expire(process: subprocess.Popen[bytes], expired: threading.Event) -> None:
    expired.set()
    _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _end(process: subprocess.Popen[bytes]) -> None:
    """No process and no pipe is left, whatever happened."""
    if process.poll() is None:
        _kill(process)
        process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()


def _failure(repo: str | os.PathLike[str], name: str, returncode: int, stderr: str) -> GitError:
    if "not a git repository" in stderr:
        return GitError(
            f"{_shown(repo)} is no git repository; name its root folder", stderr=stderr, returncode=returncode
        )
    said = "; ".join(line for line in stderr.splitlines()[:3] if line) or f"exit status {returncode}"
    return GitError(f"{name} in {_shown(repo)} failed: {said}", stderr=stderr, returncode=returncode)


def _name(args: Sequence[str]) -> str:
    return f"git {args[0]}" if args else "git"


def _shown(repo: str | os.PathLike[str]) -> str:
    return os.fsencode(repo).decode("utf-8", "backslashreplace")


def _text(data: bytes | bytearray) -> str:
    return bytes(data).decode("utf-8", "backslashreplace").strip()
