"""A real gitolite in a folder, spoken with as over ssh but without sshd: for tests, where the package is installed."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

SHELL = Path("/usr/share/gitolite3/gitolite-shell")
MISSING = "no gitolite3 here (apt-get install gitolite3)"
SSH = """#!/bin/sh
HOME={home} SSH_CONNECTION="127.0.0.1 1 127.0.0.1 22" SSH_ORIGINAL_COMMAND="$2"
export HOME SSH_CONNECTION SSH_ORIGINAL_COMMAND
exec {shell} "${{1%%@*}}"
"""
OWN = """repo gitolite-admin
    RW+ = admin
repo orders aXb a.b
    RW+ = olga
repo payments
    RW+ = pia
"""


def is_there() -> bool:
    return shutil.which("gitolite") is not None and SHELL.exists()


needs_gitolite = pytest.mark.skipif(not is_there(), reason=MISSING)


@dataclass
class Server:
    """gitolite's home, and clones in `folder`; `run` is git as somebody."""

    home: Path
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"], "HOME": str(self.folder), "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull, "GIT_SSH": str(self.folder / "ssh"), "GIT_SSH_VARIANT": "simple",
            "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@x.org", "GIT_COMMITTER_NAME": "A",
            "GIT_COMMITTER_EMAIL": "a@x.org", "LC_ALL": "C",
        }  # fmt: skip

    def address(self, user: str, repository: str) -> str:
        return f"{user}@hub:{repository}"

    def git(self, *arguments: str, at: Path | None = None) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["git", *arguments],
            cwd=at or self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def clone(self, user: str, repository: str) -> "Clone":
        place = self.folder / f"{user}-{repository}"
        done = self.git("clone", "--quiet", self.address(user, repository), str(place))
        assert done.returncode == 0, done.stderr
        self.git("symbolic-ref", "HEAD", "refs/heads/master", at=place)
        return Clone(self, place)

    def configure(self, text: str) -> None:
        """Push another gitolite.conf, as gitolite's administrator."""
        place = self.folder / "admin"
        if not place.exists():
            self.git("clone", "--quiet", self.address("admin", "gitolite-admin"), str(place))
        self.git("pull", "--quiet", at=place)
        (place / "conf" / "gitolite.conf").write_text(text)
        self.git("add", ".", at=place)
        self.git("commit", "--quiet", "-m", "Configure", at=place)
        done = self.git("push", "--quiet", "origin", "HEAD:master", at=place)
        assert done.returncode == 0, done.stderr

    def gitolite(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        env = {**self.environment, "HOME": str(self.home)}
        return subprocess.run(["gitolite", *arguments], env=env, capture_output=True, text=True, timeout=120)


@dataclass
class Clone:
    """A work tree of one user."""

    server: Server
    place: Path

    def commit(self, *paths: str, text: str = "x") -> str:
        for path in paths:
            (self.place / path).parent.mkdir(parents=True, exist_ok=True)
            (self.place / path).write_text(text)
        self.git("add", "-A")
        self.git("commit", "--quiet", "-m", "Work")
        return self.git("rev-parse", "HEAD").stdout.strip()

    def push(self, ref: str, *more: str) -> "subprocess.CompletedProcess[str]":
        return self.git("push", *more, "origin", f"HEAD:{ref}")

    def git(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return self.server.git(*arguments, at=self.place)


def serve(folder: Path) -> Server:
    """A new gitolite with the repositories of `OWN`, ours included."""
    home = folder / "gitolite-home"
    home.mkdir()
    made = Server(home, folder)
    (folder / "ssh").write_text(SSH.format(home=home, shell=SHELL))
    (folder / "ssh").chmod(0o755)
    done = made.gitolite("setup", "-a", "admin")
    assert done.returncode == 0, done.stderr
    rc = home / ".gitolite.rc"
    text = rc.read_text()
    assert '# LOCAL_CODE                =>  "$ENV{HOME}/local"' in text
    rc.write_text(
        text.replace('# LOCAL_CODE                =>  "$ENV{HOME}/local"', 'LOCAL_CODE => "$ENV{HOME}/local"')
    )
    (home / ".gitolite" / "conf" / "awayteam.conf").write_text("")
    made.configure(f'{OWN}include "awayteam.conf"\n')
    return made
