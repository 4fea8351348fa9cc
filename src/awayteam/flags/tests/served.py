"""A real server with flags, for tests that ask it over the network."""

import contextlib
import socket
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from awayteam.kernel.tests.processes import Installation

FILL = """
import sys, orjson
from pathlib import Path
from django.utils import timezone
from awayteam.flags import actions
from awayteam.flags.rules import Reach
from awayteam.kernel.actor import SYSTEM
from awayteam.organisation.models import Team
now = timezone.now()
team, _ = Team.objects.get_or_create(ref="group:default/flags", defaults={"name": "flags"})
made = {}
for name, files in orjson.loads(sys.argv[1]).items():
    place = actions.create_environment(name, name, actor=SYSTEM, now=now)
    refused = {}
    for file in files:
        done = actions.import_document(
            Path(file).read_bytes(), place, team, actor=SYSTEM, now=now, reason="for the tests", as_is=True
        )
        refused |= done.refused
        place.refresh_from_db()
    _row, secret = actions.create_token(place, "tests", Reach.SERVER, actor=SYSTEM, now=now)
    made[name] = {"token": secret, "refused": refused}
print(orjson.dumps(made).decode())
"""


@dataclass(frozen=True)
class Served:
    """`tokens` by environment; `refused` are the flags of its files that weren't taken, with the reason."""

    url: str
    tokens: dict[str, str]
    refused: dict[str, dict[str, str]]
    installation: Installation


@contextmanager
def serve(folder: Path, files: Mapping[str, list[Path]]) -> Iterator[Served]:
    """Import flags into environments of a new installation, and serve it on a free port."""
    with Installation(folder) as installation:
        asked = orjson.dumps({name: [str(one) for one in many] for name, many in files.items()}).decode()
        made = orjson.loads(installation.run(FILL, asked))
        port = free_port()
        installation.start("-m", "awayteam", "serve", "--port", str(port), heard=False)
        url = f"http://127.0.0.1:{port}"
        _wait(f"{url}/healthz")
        yield Served(
            url, {name: one["token"] for name, one in made.items()},
            {name: one["refused"] for name, one in made.items()}, installation,
        )  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(url: str, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2):
            return
        time.sleep(0.1)
    raise AssertionError(f"{url} doesn't answer")
