"""Starting and ending one git process so that nothing in the repository can start another one (see the package)."""

import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar

CHUNK = 1 << 16
"""Bytes read or written at once."""
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
    ("diff.orderFile", os.devnull),
    ("i18n.logOutputEncoding", "UTF-8"),
    ("log.follow", "false"),
    ("log.mailmap", "false"),
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
    "blame", "cat-file", "config", "count-objects", "fetch", "for-each-ref", "init", "ls-remote", "ls-tree",
    "merge-base", "name-rev", "rev-list", "rev-parse", "shortlog", "show-ref", "symbolic-ref", "version",
}  # fmt: skip
"""What may be run: nothing that looks at a work tree, as its attributes could start the repository's own filters.
(Blame does where no commit is named: `start` refuses that.)"""
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_PASSED_ON = (
    "PATH", "SYSTEMROOT", "TMPDIR", "SSH_AUTH_SOCK", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO",
    "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
)  # fmt: skip
_QUARANTINE = ("GIT_QUARANTINE_PATH", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES")
_SSH = "ssh -oBatchMode=yes -oConnectTimeout=20"


class GitError(Exception):
    """A git command failed, ran out of time or gave too much output; the text says which and what git said."""

    def __init__(self, message: str, *, stderr: str = "", returncode: int | None = None) -> None:
        super().__init__(message)
        self.stderr = stderr
        self.returncode = returncode


_incoming: ContextVar[Mapping[str, str]] = ContextVar("incoming")
"""Where git keeps what a push brings until it is accepted."""


@contextmanager
def incoming(environ: Mapping[str, str]) -> Iterator[None]:
    """Within a hook that judges a push: see its objects too, which git keeps apart until the hook accepts them.

    `environ` is the environment that git gave the hook; without a quarantine in it nothing changes.
    """
    given = {key: environ[key] for key in _QUARANTINE if environ.get(key)}
    token = _incoming.set(given if "GIT_QUARANTINE_PATH" in given else {})
    try:
        yield
    finally:
        _incoming.reset(token)


def environment(protocols: Sequence[str], repo: str | os.PathLike[str]) -> dict[str, str]:
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
        GIT_FLUSH="0",  # a log is written whole blocks at a time, not commit by commit
        GIT_NO_REPLACE_OBJECTS="1",
        GIT_ALLOW_PROTOCOL=":".join(protocols),
        GIT_SSH_COMMAND=_SSH,
        GIT_CEILING_DIRECTORIES=ceiling,
    )
    if not protocols:
        env["GIT_NO_LAZY_FETCH"] = "1"
    env.update(_incoming.get({}))
    return env


def start(
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
    if args[0] == "blame" and (len(args) < 4 or args[-2] != "--" or not _COMMIT.fullmatch(args[-3])):
        raise GitError("git blame isn't run without the full id of a commit, as that would read the work tree")
    if unknown := set(protocols) - set(NETWORK_PROTOCOLS):
        raise GitError(f"protocol {', '.join(sorted(unknown))} isn't allowed; allowed: {', '.join(NETWORK_PROTOCOLS)}")
    command = ["git", "--no-pager", "--literal-pathspecs"]
    for key, value in (*_OVERRIDES, *(config or {}).items()):
        command += ["-c", f"{key}={value}"]
    command.append(args[0])
    if args[0] in _DIFF_VERBS:
        command += ["--no-ext-diff", "--no-textconv"]
    if args[0] == "blame":
        command += ["--no-textconv"]
    command += args[1:]
    try:
        return subprocess.Popen(  # noqa: S603  (arguments are a list, never a shell's line)
            command,
            cwd=repo,
            env=environment(protocols, repo),
            stdin=subprocess.PIPE if with_input else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
        )
    except FileNotFoundError as error:
        if not os.path.isdir(repo):
            raise GitError(f"{shown(repo)} is no folder") from error
        raise GitError("git isn't installed or not on the PATH; install git 2.36 or later") from error
    except OSError as error:
        raise GitError(f"git can't be started in {shown(repo)}: {error.strerror}") from error


def expire(process: subprocess.Popen[bytes], expired: threading.Event) -> None:
    expired.set()
    kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def end(process: subprocess.Popen[bytes]) -> None:
    """No process and no pipe is left, whatever happened."""
    if process.poll() is None:
        kill(process)
        process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()


def failure(repo: str | os.PathLike[str], name: str, returncode: int, stderr: str) -> GitError:
    if "not a git repository" in stderr:
        return GitError(
            f"{shown(repo)} is no git repository; name its root folder", stderr=stderr, returncode=returncode
        )
    said = "; ".join(line for line in stderr.splitlines()[:3] if line) or f"exit status {returncode}"
    return GitError(f"{name} in {shown(repo)} failed: {said}", stderr=stderr, returncode=returncode)


def name(args: Sequence[str]) -> str:
    return f"git {args[0]}" if args else "git"


def shown(repo: str | os.PathLike[str]) -> str:
    return os.fsencode(repo).decode("utf-8", "backslashreplace")


def text(data: bytes | bytearray) -> str:
    return bytes(data).decode("utf-8", "backslashreplace").strip()
