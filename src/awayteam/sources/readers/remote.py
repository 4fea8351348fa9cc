"""A repository on another machine, by way of a bare mirror in a cache folder."""

import fcntl
import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from awayteam.sources import gitcmd
from awayteam.sources.gitcmd import NETWORK_PROTOCOLS, GitError
from awayteam.sources.readers.base import ReadError
from awayteam.sources.readers.gittree import GitReader

_SCP = re.compile(r"(?:[\w.-]+@)?([\w.-]+):(?!//)([^\s:][^\s]*)\Z")
_USERINFO = re.compile(r"(?<=//)[^/@\s]*@")
_NOT_SLUG = re.compile(r"[^a-z0-9.-]+")
_REF = "refs/awayteam/read"
_LOCAL_UPLOAD = "git -c 'safe.directory=*' upload-pack"
_SLOW = {"http.lowSpeedLimit": "1000", "http.lowSpeedTime": "60"}


def protocol_of(url: str) -> str:
    """The protocol by which `url` is fetched. Raises `ReadError` for addresses and protocols that aren't allowed."""
    if not url or url.startswith("-") or any(ord(mark) < 33 or mark == "\x7f" for mark in url):
        raise ReadError("this is no address of a repository: it is empty, begins with - or holds spaces")
    scheme, mark, _ = url.partition("://")
    if mark:
        if scheme.lower() not in NETWORK_PROTOCOLS:
            allowed = ", ".join(NETWORK_PROTOCOLS)
            raise ReadError(f"repositories can't be read by {scheme}://; allowed: {allowed}")
        host = urlsplit(url).hostname or ""
        if host.startswith("-") or (not host and scheme.lower() != "file"):
            raise ReadError(f"{redacted(url)} names no host")
        return scheme.lower()
    match = _SCP.match(url)
    if match and "::" not in url and not match[1].startswith("-"):
        return "ssh"
    raise ReadError(f"{redacted(url)} is no address of a repository; write https://host/path or user@host:path")


def redacted(text: str) -> str:
    """`text` without the user names, passwords and tokens of addresses in it."""
    return _USERINFO.sub("", text)


def open_remote(
    url: str,
    cache: str | os.PathLike[str],
    ref: str | None = None,
    *,
    history: bool = False,
    refresh: bool = True,
    timeout: float = 600.0,
    only: Sequence[str] = (),
) -> GitReader:
    """A reader of the repository at `url`, at its default branch or at `ref` (branch, tag, or commit if allowed there).

    The mirror in the folder `cache` holds one commit (all, with `history`) without blobs; these come when they are
    asked for. Without `refresh` the mirror is read as it is. Raises `ReadError`; the mirror then stays as it was.
    """
    protocol = protocol_of(url)
    if ref is not None and (not ref or ref.startswith(("-", "+")) or ":" in ref or any(ord(c) < 33 for c in ref)):
        raise ReadError(f"{ref!r} is no name of a branch, tag or commit")
    mirror = mirror_of(url, cache)
    try:
        with _locked(mirror):
            if not gitcmd.is_repository(mirror):
                _create(mirror, url)
                refresh = True
            if refresh:
                _update(mirror, ref or "HEAD", protocol, history=history, timeout=timeout)
    except GitError as error:
        raise ReadError(_explained(url, error, mirror)) from None
    except OSError as error:
        raise ReadError(f"the folder of mirrors in the data folder can't be written: {error.strerror}") from error
    return GitReader(
        mirror, _REF, root=redacted(url), remote="origin", protocols=[protocol], only=only, timeout=timeout
    )


def mirror_of(url: str, cache: str | os.PathLike[str]) -> Path:
    """Where the mirror of `url` is below `cache`, there or not: commits and folders, without the contents of files."""
    return Path(cache) / _folder(url)


def _folder(url: str) -> str:
    slug = _NOT_SLUG.sub("-", redacted(url).lower().rpartition("://")[2]).strip("-.")[:80]
    return f"{slug}-{hashlib.sha256(url.encode()).hexdigest()[:12]}.git"


def _create(mirror: Path, url: str) -> None:
    mirror.mkdir(parents=True, exist_ok=True)
    gitcmd.run(mirror, ["init", "--quiet", "--bare", "--template=", "."], timeout=30)
    for key, value in (
        ("remote.origin.url", url),
        ("remote.origin.promisor", "true"),
        ("remote.origin.partialclonefilter", "blob:none"),
    ):
        gitcmd.run(mirror, ["config", key, value], timeout=30)


def _update(mirror: Path, ref: str, protocol: str, *, history: bool, timeout: float) -> None:
    depth = _unshallow(mirror) if history else ["--depth=1"]
    gitcmd.run(
        mirror,
        [
            "fetch", "--quiet", "--no-tags", "--force", "--filter=blob:none", "--no-write-fetch-head", *depth,
            f"--upload-pack={_LOCAL_UPLOAD if protocol == 'file' else 'git-upload-pack'}", "origin", f"+{ref}:{_REF}",
        ],
        protocols=[protocol],
        config=_SLOW,
        timeout=timeout,
    )  # fmt: skip


def _unshallow(mirror: Path) -> list[str]:
    return ["--unshallow"] if (mirror / "shallow").exists() else []


@contextmanager
def _locked(mirror: Path) -> Iterator[None]:
    """One process at a time touches a mirror."""
    mirror.parent.mkdir(parents=True, exist_ok=True)
    with open(mirror.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _explained(url: str, error: GitError, mirror: Path) -> str:
    """Without the place of the mirror, which is nobody's concern but ours."""
    said = redacted(str(error)).replace(str(mirror), "its mirror").rstrip(". ")
    lower = error.stderr.lower()
    if "could not read username" in lower or "authentication" in lower or "permission denied" in lower:
        return f"{redacted(url)} wants credentials that this program hasn't; give it a key or use a readable address"
    if "couldn't find remote ref" in lower:
        return f"{redacted(url)} has no such branch, tag or commit; name one that exists"
    return f"{redacted(url)} can't be fetched: {said}"
