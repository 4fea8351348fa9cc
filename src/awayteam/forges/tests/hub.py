"""A forge for the kill tests: rights are lines of a file, shared by processes, and every call may be the last one.

Run as `python -m awayteam.forges.tests.hub`, it is a worker on that forge with short leases.
"""

import fcntl
import json
import os
import random
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from awayteam.forges.port import Account, ForgeError, ForgeKind, Held, Level, Place, Settings, Wanted

FILE = "AWAYTEAM_TEST_HUB"


class HubRights:
    """`port.Grants` in a file that is replaced whole; now and then it fails, is slow, or kills its process."""

    def __init__(self, place: Path) -> None:
        self.place = place

    @contextmanager
    def _open(self) -> Iterator[dict[str, str]]:
        with self.place.with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            known: dict[str, str] = json.loads(self.place.read_text()) if self.place.exists() else {}
            yield known
            made = self.place.with_suffix(".new")
            made.write_text(json.dumps(known))
            made.replace(self.place)

    def _fate(self, *, deadly: bool) -> None:
        chance = random.random()
        time.sleep(chance / 50)
        if os.environ.get("AWAYTEAM_TEST_CALM"):
            return
        if deadly and chance < 0.12:
            os.kill(os.getpid(), signal.SIGKILL)
        if chance > 0.9:
            raise ForgeError("the forge is out of order")

    def held(self, place: Place) -> Sequence[Held]:
        self._fate(deadly=False)
        with self._open() as known:
            here = [(key.split("/")[1], level) for key, level in known.items() if key.split("/")[0] == place.id]
        return [Held(Account(key, key), Level(level)) for key, level in here]

    def give(self, place: Place, wanted: Wanted) -> None:
        self._set(f"{place.id}/{wanted.account.id}", wanted.level.value)

    def take(self, place: Place, held: Held) -> None:
        self._set(f"{place.id}/{held.account.id}", "")

    def _set(self, key: str, level: str) -> None:
        self._fate(deadly=True)
        with self._open() as known:
            known.pop(key, None)
            if level:
                known[key] = level
        self._fate(deadly=True)


def connect(_settings: Settings) -> tuple[None, HubRights]:
    return None, HubRights(Path(os.environ[FILE]))


KIND = ForgeKind("hub", "Hub", (), connect, needs_address=False)


def main() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "awayteam.settings")
    django.setup()
    from awayteam.forges import registry
    from awayteam.kernel import worker

    registry.register(KIND)
    print("ready", flush=True)
    worker.run_until_signalled()


if __name__ == "__main__":
    main()
