"""What is registered by name exists, and starting the software doesn't bring along what only few commands need."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from awayteam.kernel import jobs, outbox
from awayteam.kernel.later import Later

HEAVY = ("cryptography", "httpx", "ninja", "rapidfuzz", "unittest")
START = "import sys, django; django.setup(); print(*sorted(set(sys.modules) & set(sys.argv[1:])))"


def test_a_function_is_found_when_it_is_called() -> None:
    assert Later("math", "hypot")(3, 4) == 5.0
    with pytest.raises(ModuleNotFoundError):
        Later("awayteam.kernel.nowhere", "deliver")()


def test_every_function_that_is_registered_by_name_exists() -> None:
    known = [*outbox.channels.values()]
    known += [function for job in jobs.registered.values() for function in (job.run, job.pending) if function]
    named = [function for function in known if isinstance(function, Later)]
    assert len(named) >= 6
    assert all(callable(function.find()) for function in named)


def test_starting_leaves_large_libraries_out(tmp_path: Path) -> None:
    environment = os.environ | {"AWAYTEAM_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "awayteam.settings"}
    command = [sys.executable, "-c", START, *HEAVY]
    started = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert started.stdout.split() == []
