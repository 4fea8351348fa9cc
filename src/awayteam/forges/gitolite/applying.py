"""Bringing our files into force: straight into gitolite's own folder, or by commits to its repository of settings.

Local: Awayteam runs as gitolite's user on the same machine; it writes the files beside `gitolite.conf`, compiles, and
asks gitolite itself who may do what. By commits: it pushes to `gitolite-admin` as any administrator does, and gitolite
compiles; what is in force is then what was pushed.
"""

import fcntl
import hashlib
import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from awayteam.forges.gitolite.lines import CONF, HELPER, INCLUDE, PATHS
from awayteam.forges.port import Finding, ForgeError

SECONDS = 60
MOST_OUTPUT = 5_000_000
BRANCH = "master"
"""The only branch of gitolite-admin that gitolite compiles."""
_INCLUDED = re.compile(rf"""^\s*include\s+(["'])(?:{re.escape(CONF)}|\*\.conf)\1\s*(?:#.*)?$""", re.MULTILINE)
_PASSED_ON = ("PATH", "TMPDIR", "SSH_AUTH_SOCK", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT")
SCRIPT = (Path(__file__).parent / "awayteam.vref").read_text()


class Local:
    """gitolite in the home directory of the user that we run as."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.conf = home / ".gitolite" / "conf"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else of ours reads or writes the files meanwhile, in whatever process."""
        try:
            handle = (self.conf / ".awayteam.lock").open("a")
        except OSError as error:
            raise ForgeError(f"{self.conf} can't be written: {error.strerror}.") from error
        with handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def read(self) -> str:
        try:
            return (self.conf / PATHS).read_text(encoding="ascii")
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as error:
            raise ForgeError(f"{self.conf / PATHS} can't be read: {error}.") from error

    def change(self, conf: str, paths: str) -> None:
        self._check()
        stamp = hashlib.sha256(f"{conf}\0{paths}".encode()).hexdigest()
        applied = self.conf / ".awayteam.applied"
        same = [(self.conf / name).exists() and (self.conf / name).read_text() == text
                for name, text in ((CONF, conf), (PATHS, paths))]  # fmt: skip
        if all(same) and applied.exists() and applied.read_text() == stamp:
            return
        applied.unlink(missing_ok=True)
        self._install()
        for name, text in ((PATHS, paths), (CONF, conf)):
            _replace(self.conf / name, text)
        self.gitolite("compile")
        self.gitolite("trigger", "POST_COMPILE")
        _replace(applied, stamp)

    def _check(self) -> None:
        try:
            own = (self.conf / "gitolite.conf").read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise ForgeError(f"There is no gitolite in {self.home}: {error.strerror}.", final=True) from error
        if not _INCLUDED.search(own):
            raise ForgeError(f"gitolite.conf has no line {INCLUDE}; add it at its end and push.", final=True)

    def findings(self) -> list[Finding]:
        """What was found, good and bad. Raises `ForgeError` where there is no gitolite."""
        head = self.home / "repositories" / "gitolite-admin.git" / "HEAD"
        on_master = head.is_file() and head.read_text().strip() == f"ref: refs/heads/{BRANCH}"
        code = self.gitolite("query-rc", "LOCAL_CODE", check=False).strip()
        return [
            _include(self.conf / "gitolite.conf"),
            Finding(bool(code), f"Helpers are looked for in {code}." if code else "Set LOCAL_CODE in .gitolite.rc."),
            Finding(on_master, "gitolite-admin is on master." if on_master else
                    "gitolite-admin isn't on master: gitolite compiles nothing else (see init.defaultBranch)."),
        ]  # fmt: skip

    def _install(self) -> None:
        """Put the helper where gitolite looks for it."""
        local = self.gitolite("query-rc", "LOCAL_CODE", check=False).strip()
        if not local:
            raise ForgeError("LOCAL_CODE isn't set in .gitolite.rc; VREF/awayteam can't be installed.", final=True)
        place = Path(local) / "VREF" / HELPER
        if not place.exists() or place.read_text() != SCRIPT or not os.access(place, os.X_OK):
            place.parent.mkdir(parents=True, exist_ok=True)
            _replace(place, SCRIPT, 0o755)

    def allowed(self, repository: str, users: Sequence[str]) -> dict[str, bool]:
        """Whether gitolite lets each of these users write somewhere in a repository, as it is in force now."""
        if not users:
            return {}
        said = self.gitolite("access", repository, "%", "W", "any", typed="".join(f"{user}\n" for user in users))
        found = dict.fromkeys(users, False)
        for line in said.splitlines():
            parts = line.split("\t")
            if len(parts) == 3 and parts[1] in found:
                found[parts[1]] = "DENIED" not in parts[2]
        return found

    def users(self) -> list[str]:
        """Everybody whom gitolite's configuration or keys name."""
        keys = self.home / ".gitolite" / "keydir"
        known = (
            {path.name.removesuffix(".pub").split("@")[0] for path in keys.rglob("*.pub")} if keys.is_dir() else set()
        )
        said = self.gitolite("list-users", check=False)
        return sorted(known | {line for line in said.split() if not line.startswith("@")})

    def repositories(self) -> list[str]:
        return sorted({line for line in self.gitolite("list-phy-repos").split() if line})

    def gitolite(self, *arguments: str, typed: str = "", check: bool = True) -> str:
        """What a command of gitolite prints. Raises `ForgeError` where it fails."""
        return _run(["gitolite", *arguments], self.home, {"HOME": str(self.home)}, typed=typed, check=check)


class ByCommits:
    """gitolite somewhere else: a clone of its repository of settings, made anew where it is lost."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder

    @contextmanager
    def locked(self) -> Iterator[None]:
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with self.folder.with_suffix(".lock").open("a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            self._fetch()
            yield

    def _fetch(self) -> None:
        if not (self.folder / ".git").is_dir():
            self._git("clone", "--quiet", "--branch", BRANCH, "--", self.url, str(self.folder), at=self.folder.parent)
            return
        self._git("fetch", "--quiet", "origin", BRANCH)
        self._git("reset", "--quiet", "--hard", f"origin/{BRANCH}")
        self._git("clean", "--quiet", "-fd")

    def read(self) -> str:
        place = self.folder / "conf" / PATHS
        return place.read_text(encoding="ascii", errors="replace") if place.is_file() else ""

    def change(self, conf: str, paths: str) -> None:
        own = self.folder / "conf" / "gitolite.conf"
        if not own.is_file() or not _INCLUDED.search(own.read_text(encoding="utf-8", errors="replace")):
            raise ForgeError(f"gitolite.conf has no line {INCLUDE}; add it at its end and push.", final=True)
        (self.folder / "local" / "VREF").mkdir(parents=True, exist_ok=True)
        _replace(self.folder / "local" / "VREF" / HELPER, SCRIPT, 0o755)
        _replace(self.folder / "conf" / PATHS, paths)
        _replace(self.folder / "conf" / CONF, conf)
        self._git("add", "--", "conf", "local")
        if self._git("status", "--porcelain"):
            self._git("commit", "--quiet", "-m", "Set the access of away teams")
            self._git("push", "--quiet", "origin", f"HEAD:refs/heads/{BRANCH}")

    def findings(self) -> list[Finding]:
        """What was found, good and bad."""
        return [_include(self.folder / "conf" / "gitolite.conf")]

    def _git(self, *arguments: str, at: Path | None = None) -> str:
        who = ["-c", "user.name=Awayteam", "-c", "user.email=awayteam@localhost", "-c", "core.hooksPath=/dev/null"]
        with tempfile.TemporaryDirectory() as home:
            return _run(["git", *who, *arguments], at or self.folder, {
                "HOME": home, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
                "GIT_ALLOW_PROTOCOL": "ssh:https:file",
            })  # fmt: skip


def _include(own: Path) -> Finding:
    there = own.is_file() and _INCLUDED.search(own.read_text(encoding="utf-8", errors="replace")) is not None
    return Finding(there, f"gitolite.conf has the line {INCLUDE}." if there else f"Add {INCLUDE} to gitolite.conf.")


def _replace(place: Path, text: str, mode: int = 0o644) -> None:
    """Write a file whole or not at all."""
    number, name = tempfile.mkstemp(dir=place.parent, prefix=".awayteam-")
    try:
        with os.fdopen(number, "w", encoding="utf-8", newline="\n") as handle:
            handle.write(text)
            handle.flush()
            os.fsync(handle.fileno())
        Path(name).chmod(mode)
        Path(name).replace(place)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _run(
    command: Sequence[str], at: Path, environment: Mapping[str, str], *, typed: str = "", check: bool = True
) -> str:
    env = {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {"LC_ALL": "C", **environment}
    try:
        process = subprocess.Popen(  # noqa: S603 - no shell, and names were checked
            command, cwd=at, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        raise ForgeError(f"{command[0]} can't be run: {error.strerror}.") from error
    try:
        out, err = process.communicate(typed.encode(), timeout=SECONDS)
    except subprocess.TimeoutExpired as error:
        raise ForgeError(f"{command[0]} {command[1]} took longer than {SECONDS} seconds.") from error
    finally:
        if process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if check and process.returncode:
        said = err.decode("utf-8", "replace").strip()[-500:]
        raise ForgeError(f"{command[0]} {command[1]} failed: {said or process.returncode}")
    return out[:MOST_OUTPUT].decode("utf-8", "replace")
