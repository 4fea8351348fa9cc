"""Repositories made for tests, with commits of any author, date and bytes."""

import os
import subprocess
from pathlib import Path


class Repo:
    """A repository in a temporary folder; `commit` writes files and gives the new commit's id."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *args: str, input: bytes | None = None, env: dict[str, str] | None = None) -> str:
        full = {
            **os.environ,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_COMMITTER_NAME": "C",
            "GIT_COMMITTER_EMAIL": "c@x.org",
            **(env or {}),
        }
        done = subprocess.run(["git", *args], cwd=self.path, env=full, input=input, capture_output=True, check=True)
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    def commit(
        self,
        files: dict[str, str | None],
        *,
        name: str = "Ada Lovelace",
        email: str = "ada@x.org",
        when: int = 1_700_000_000,
        message: str = "change",
    ) -> str:
        for path, text in files.items():
            target = self.path / path
            if text is None:
                target.unlink()
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text)
        self.git("add", "-A")
        date = f"@{when} +0000"
        env = {
            "GIT_AUTHOR_NAME": name,
            "GIT_AUTHOR_EMAIL": email,
            "GIT_AUTHOR_DATE": date,
            "GIT_COMMITTER_DATE": date,
        }
        self.git("commit", "-q", "--allow-empty", "-m", message, env=env)
        return self.git("rev-parse", "HEAD")

    def merge(self, branch: str, *, when: int, message: str) -> str:
        env = {"GIT_AUTHOR_NAME": "M", "GIT_AUTHOR_EMAIL": "m@x.org", "GIT_COMMITTER_DATE": f"{when} +0000"}
        self.git("merge", "-q", "--no-ff", "-m", message, branch, env={**env, "GIT_AUTHOR_DATE": f"{when} +0000"})
        return self.git("rev-parse", "HEAD")
