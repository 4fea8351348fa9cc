"""A real Gitea or Forgejo, started for tests from a program that is on the machine.

`AWAYTEAM_GITEA` names the program (else `gitea` or `forgejo` on the PATH), `AWAYTEAM_GITEA_STATIC` the folder of its
templates where they aren't built in. It listens on loopback only, keeps everything in a temporary folder, and ends
with the tests.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

PASSWORD = "Correct-horse-9"
CONFIG = """
APP_NAME = Tests
RUN_MODE = prod
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = {port}
ROOT_URL = http://127.0.0.1:{port}/
DISABLE_SSH = true
OFFLINE_MODE = true
{static}
[database]
DB_TYPE = sqlite3
PATH = {folder}/gitea.db
SQLITE_TIMEOUT = 20000
[repository]
ROOT = {folder}/repositories
DEFAULT_BRANCH = main
[security]
INSTALL_LOCK = true
SECRET_KEY = only-for-tests
PASSWORD_HASH_ALGO = pbkdf2
[service]
DISABLE_REGISTRATION = true
[webhook]
ALLOWED_HOST_LIST = 127.0.0.1/8
DELIVER_TIMEOUT = 5
[mailer]
ENABLED = false
[cron.update_checker]
ENABLED = false
[log]
MODE = file
ROOT_PATH = {folder}/log
LEVEL = Warn
[queue]
TYPE = channel
"""


def program() -> str:
    """The program to run, "" where there is none."""
    named = os.environ.get("AWAYTEAM_GITEA", "")
    return named if named and Path(named).is_file() else shutil.which("gitea") or shutil.which("forgejo") or ""


class RealGitea:
    """A running one: its address, and calls as one of its users."""

    def __init__(self, address: str, folder: Path) -> None:
        self.address, self.folder = address, folder
        self.tokens: dict[str, str] = {}

    def command(self, *words: str) -> str:
        done = subprocess.run(
            [program(), *words, "--config", str(self.folder / "app.ini")],
            cwd=self.folder, env=_environment(self.folder), capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def user(self, name: str, *, admin: bool = False) -> int:
        """A new user with a token; returns the id."""
        extra = ["--admin"] if admin else []
        self.command("admin", "user", "create", "--username", name, "--password", PASSWORD, "--email",
                     f"{name}@example.com", "--must-change-password=false", *extra)  # fmt: skip
        scopes = {"scopes": ["all"]} if "Forgejo" in self.version or not self.version.startswith("1.1") else {}
        made = httpx.post(f"{self.address}/api/v1/users/{name}/tokens", auth=(name, PASSWORD),
                          json={"name": "tests", **scopes}, timeout=30)  # fmt: skip
        assert made.status_code == 201, made.text
        self.tokens[name] = made.json()["sha1"]
        return int(self.ask(name, "GET", "/user").json()["id"])

    @property
    def version(self) -> str:
        return str(httpx.get(f"{self.address}/api/v1/version", timeout=30).json()["version"])

    def ask(self, user: str, method: str, path: str, json: Any = None) -> httpx.Response:
        answer = httpx.request(method, f"{self.address}/api/v1{path}", json=json, timeout=30,
                               headers={"Authorization": f"token {self.tokens[user]}"})  # fmt: skip
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer


def _environment(folder: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "USER": os.environ.get("USER") or "root",
            "GITEA_WORK_DIR": str(folder), "GITEA_CUSTOM": str(folder / "custom")}  # fmt: skip


@contextmanager
def running(folder: Path) -> Iterator[RealGitea]:
    """Started, and stopped at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    static = os.environ.get("AWAYTEAM_GITEA_STATIC", "")
    text = CONFIG.format(port=port, folder=folder, static=f"STATIC_ROOT_PATH = {static}" if static else "")
    (folder / "app.ini").write_text(text, encoding="utf-8")
    real = RealGitea(f"http://127.0.0.1:{port}", folder)
    real.command("migrate")
    with (folder / "out.txt").open("wb") as out:
        process = subprocess.Popen(
            [program(), "web", "--config", str(folder / "app.ini")],
            cwd=folder, env=_environment(folder), stdout=out, stderr=out,
        )  # fmt: skip
        try:
            _wait(real, process, folder)
            yield real
        finally:
            process.terminate()
            process.wait(30)


def _wait(real: RealGitea, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert process.poll() is None, (folder / "out.txt").read_text(errors="replace")[:3000]
        try:
            if httpx.get(f"{real.address}/api/v1/version", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("it didn't start within 60 s")
