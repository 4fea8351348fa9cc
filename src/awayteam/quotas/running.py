"""An Envoy of our own: started, given its limits as they change, its log read, and stopped with us."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.db import DatabaseError

from awayteam.kernel import rulebook
from awayteam.kernel.errors import AwayteamError, Unavailable
from awayteam.kernel.log import Log
from awayteam.quotas.actions.counting import read_log
from awayteam.quotas.envoy import binary, files
from awayteam.quotas.envoy.bootstrap import bootstrap, from_files
from awayteam.quotas.envoy.planning import plan
from awayteam.quotas.envoy.upstreams import Settings
from awayteam.quotas.models import Revision

log = Log(__name__)
LOOK_SECONDS, READ_SECONDS, ANEW_SECONDS = 0.5, 2.0, 30.0
"""Between two looks whether limits changed; two readings of the log; two makings of all, for changes of the catalog."""
LARGEST_LOG = 256 * 2**20
BOOTSTRAP, ACCESS_LOG = "envoy.json", "access.log"
STOP_SECONDS = 10


def revision() -> int:
    """Counts changes of limits."""
    return Revision.objects.filter(pk=1).values_list("number", flat=True).first() or 0


@dataclass
class Writer:
    """Keeps the scopes in a watched folder as they are in the database."""

    settings: Settings
    watched: Path
    known: tuple[int, str] | None = None
    made_at: float = float("-inf")

    def look(self) -> bool:
        """Write what changed; True where anything did. What can't be read now stays as it is, and is tried again."""
        try:
            now = (revision(), rulebook.current().version)
            if now == self.known and time.monotonic() - self.made_at < ANEW_SECONDS:
                return False
            written = files.write_scopes(plan(self.settings.upstreams), self.watched)
        except (DatabaseError, OSError, AwayteamError) as error:
            log.warning("quotas.limits-stay", why=str(error)[:300])
            return False
        self.known, self.made_at = now, time.monotonic()
        return written


def prepare(settings: Settings, folder: Path, node: str) -> Writer:
    """Write bootstrap and first scopes into a folder; raises `OSError`."""
    watched = folder / "watched"
    watched.mkdir(parents=True, exist_ok=True)
    found = plan(settings.upstreams)
    files.write_first(found, watched)
    tree = bootstrap(
        found, settings.listener, from_files(watched.resolve()), node=node, log=(folder / ACCESS_LOG).resolve()
    )
    files.write_tree(folder / BOOTSTRAP, tree)
    writer = Writer(settings, watched)
    writer.look()
    return writer


def run(
    settings: Settings, folder: Path, *, stopping: Callable[[], bool], say: Callable[[str], None]
) -> None:  # fmt: skip
    """Run until `stopping`. Raises `Unavailable` where there is no Envoy, or it ends by itself."""
    program = binary.find()
    writer = prepare(settings, folder, "awayteam")
    path = folder / ACCESS_LOG
    command = [str(program), "-c", str(folder / BOOTSTRAP), "--use-dynamic-base-id", "-l", "warning"]
    with subprocess.Popen(command, start_new_session=True) as process:  # noqa: S603 - a program of ours, no shell
        try:
            say(f"Envoy listens at {settings.listener.address}:{settings.listener.port} (stop it with Ctrl-C)")
            _watch(process, writer, path, stopping, say)
        finally:
            _stop(process)
            _read(path, writer.settings)


def _watch(
    process: "subprocess.Popen[bytes]", writer: Writer, path: Path, stopping: Callable[[], bool],
    say: Callable[[str], None],
) -> None:  # fmt: skip
    read_at = time.monotonic()
    while not stopping():
        try:
            process.wait(LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        else:
            what = f"Envoy ended by itself ({process.returncode})."
            raise Unavailable(what, "What it said stands above; another may use its port.")
        if writer.look():
            say("Limits changed; Envoy has them.")
        if time.monotonic() - read_at >= READ_SECONDS:
            _read(path, writer.settings)
            _turn_over(process, path, writer.settings)
            read_at = time.monotonic()


def _read(path: Path, settings: Settings, name: str = "") -> None:
    """Count what the log says; what can't be stored now is read again later."""
    from awayteam.usage.spool import SpoolFull

    try:
        read_log(path, settings.upstreams, name=name)
    except FileNotFoundError:
        return
    except (DatabaseError, OSError, SpoolFull) as error:
        log.warning("quotas.log-waits", why=str(error)[:300])


def _turn_over(process: "subprocess.Popen[bytes]", path: Path, settings: Settings) -> None:
    """Begin a new log where this one is large: Envoy opens its files again on SIGUSR1."""
    if not path.exists() or path.stat().st_size < LARGEST_LOG:
        return
    aside = path.with_name(f"{path.name}.1")
    path.rename(aside)
    os.kill(process.pid, signal.SIGUSR1)
    end = time.monotonic() + STOP_SECONDS
    while not path.exists() and time.monotonic() < end:
        time.sleep(0.05)
    _read(aside, settings, str(path))


def _stop(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
