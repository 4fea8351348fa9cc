"""Apps register once, at the first look; what goes wrong is seen, and a command that only reads never looks."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier, Thread
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import AppConfig, apps

import awayteam
from awayteam.kernel import doctor, jobs, registries, worker
from awayteam.kernel.doctor import Health
from awayteam.kernel.registries import App, Registry

LOOK = """
import sys, django, pkgutil, importlib, threading, collections
django.setup()
from awayteam.kernel import panels, registries
count = collections.Counter()
for config in registries.apps.get_app_configs():
    if isinstance(config, registries.App):
        def register(name=config.name, usual=config.register):
            count[name] += 1
            usual()
        config.register = register
print(*registries.settled())
print(len([m for m in sys.modules if m.startswith("awayteam.") and m.endswith((".places", ".actions", ".queries"))]))
looks = [threading.Thread(target=panels.panels, args=("team",)) for _ in range(4)]
[look.start() for look in looks]
[look.join() for look in looks]
print(*registries.settled())
print(set(count.values()), len(count))
print(*sorted(m for m in sys.modules if m.startswith("awayteam.") and m.endswith(".places")))
"""
IMPORT = """
import pkgutil, importlib, django
django.setup()
import awayteam
for found in pkgutil.walk_packages(awayteam.__path__, "awayteam."):
    if not set(found.name.split(".")) & {"tests", "migrations", "wsgi", "embedded", "__main__"}:
        importlib.import_module(found.name)
from awayteam.kernel import registries
print(len(registries.settled()))
"""


def run(script: str, folder: Path) -> list[str]:
    environment = os.environ | {"AWAYTEAM_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "awayteam.settings"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def ours() -> list[str]:
    return [config.name for config in apps.get_app_configs() if config.name.startswith("awayteam.")]


def test_every_app_registers_once_at_the_first_look_of_many_threads(tmp_path: Path) -> None:
    before, loaded, after, counted, places = run(LOOK, tmp_path)
    assert (before, loaded) == ("", "0")
    assert after.split() == ours()
    assert counted == f"{{1}} {len(ours())}"
    folder = Path(awayteam.__path__[0])
    assert set(places.split()) >= {f"awayteam.{path.parent.name}.places" for path in folder.glob("*/places.py")}


def test_every_app_of_ours_registers_lazily() -> None:
    for name in ours():
        config = apps.get_app_config(name.rpartition(".")[2])
        assert isinstance(config, App)
        assert type(config).ready is AppConfig.ready, f"{name} does something in ready(); let it stand in register()"


def test_no_module_looks_while_it_is_imported(tmp_path: Path) -> None:
    assert run(IMPORT, tmp_path) == ["0"]


@pytest.fixture
def afresh(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Nobody has registered; the apps are those that a test puts into the list."""
    found: list[Any] = []
    registries.settle()
    monkeypatch.setattr(registries, "_settling", registries._Settling())
    monkeypatch.setattr(registries, "apps", SimpleNamespace(ready=True, get_app_configs=lambda: found))
    return found


class Telling(App):
    def __init__(self, name: str, told: Any) -> None:
        self.name, self.told = name, told

    def register(self) -> None:
        self.told()


def fails() -> None:
    raise ImportError("no module named nowhere")


def test_the_first_look_fills_and_later_words_win(afresh: list[Any]) -> None:
    known: Registry[str, int] = Registry()

    def one() -> None:
        assert "a" not in known  # an app that looks while it registers sees what there is
        known["a"] = 1

    afresh += [Telling("one", one), Telling("two", lambda: known.update(b=2))]
    known["a"] = 7
    assert dict(known) == {"a": 7, "b": 2}
    assert registries.settled() == ("one", "two")
    del known["a"]
    assert (len(known), repr(known), known.get("a")) == (1, "Registry({'b': 2})", None)


def test_before_django_is_ready_there_is_nothing(afresh: list[Any]) -> None:
    registries.apps.ready = False  # type: ignore[misc]
    known: Registry[str, int] = Registry()
    afresh.append(Telling("one", lambda: known.update(a=1)))
    assert (dict(known), registries.settled()) == ({}, ())


def test_what_goes_wrong_is_raised_at_each_look_and_mended_once(afresh: list[Any]) -> None:
    known: Registry[str, int] = Registry()
    count: list[str] = []
    afresh += [Telling("one", lambda: count.append("one")), Telling("two", fails)]
    for _ in range(2):
        with pytest.raises(ImportError, match="nowhere"):
            known.get("a")
    assert (registries.settled(), count) == (("one",), ["one"])
    afresh[1].told = lambda: known.update(a=1)
    assert known["a"] == 1
    assert count == ["one"]


def test_others_wait_until_everybody_has_registered(afresh: list[Any]) -> None:
    known: Registry[str, int] = Registry()
    begun, seen = Barrier(2), []

    def slowly() -> None:
        begun.wait()
        looking.join(0.1)
        known["a"] = 1

    looking = Thread(target=lambda: (begun.wait(), seen.append(known.get("a"))))
    looking.start()
    afresh.append(Telling("slow", slowly))
    registries.settle()
    looking.join()
    assert seen == [1]


def test_a_worker_does_not_start_without_a_part(afresh: list[Any]) -> None:
    afresh.append(Telling("two", fails))
    with pytest.raises(ImportError, match="nowhere"):
        worker.run()
    with pytest.raises(ImportError, match="nowhere"):
        jobs.run_due(datetime(2026, 3, 2, tzinfo=UTC))


@pytest.mark.django_db
def test_the_doctor_says_what_could_not_be_loaded(afresh: list[Any]) -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    afresh.append(Telling("two", fails))
    assert [(one.health, one.finding) for one in doctor.examine(now) if one.subject == "apps"] == [
        (Health.BAD, "something can't be loaded: no module named nowhere")
    ]
    afresh.clear()
    assert [one.health for one in doctor.examine(now) if one.subject == "apps"] == [Health.GOOD]
