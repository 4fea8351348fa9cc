"""Repositories that mean harm, written by `git fast-import` and `git hash-object --literally`."""

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

T0 = 1_700_000_000
File = tuple[bytes, bytes]


def git(folder: Path, *args: str, input: bytes | None = None) -> str:
    env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(["git", *args], cwd=folder, env=env, input=input, check=True, capture_output=True)
    return done.stdout.decode("utf-8", "surrogateescape").strip()


def bare(folder: Path, *init: str) -> Path:
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "--bare", "-b", "main", *init)
    return folder


def commit(files: Iterable[File], *, who: bytes = b"Ada <ada@x.org>", when: int = T0, subject: bytes = b"x") -> bytes:
    """One commit of the branch main for `fast_import`; paths and names may hold any bytes that git takes."""
    out = b"commit refs/heads/main\nauthor %s %d +0000\ncommitter %s %d +0000\n" % (who, when, who, when)
    out += b"data %d\n%s\n" % (len(subject), subject)
    for path, content in files:
        quoted = path.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
        out += b'M 100644 inline "%s"\ndata %d\n%s\n' % (quoted, len(content), content)
    return out


def fast_import(folder: Path, *commits: bytes) -> Path:
    git(folder, "fast-import", "--quiet", "--date-format=raw-permissive", input=b"".join(commits))
    return folder


def literal(folder: Path, who: bytes, when: bytes) -> str:
    """A commit on top of main that no honest git would write."""
    tree, parent = git(folder, "rev-parse", "main^{tree}"), git(folder, "rev-parse", "main")
    text = f"tree {tree}\nparent {parent}\n".encode() + b"author %s %s\ncommitter %s %s\n\nx\n" % (who, when, who, when)
    sha = git(folder, "hash-object", "-t", "commit", "-w", "--stdin", "--literally", input=text)
    git(folder, "update-ref", "refs/heads/main", sha)
    return sha
