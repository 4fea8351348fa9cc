"""The demonstration is built once: a second start finds it, also after imports; a build that was cut off says so."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from awayteam.demo import build, world
from awayteam.imports import actions, engine
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.errors import Conflict
from awayteam.sources.models import Source

NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def told(_what: str, _done: int, _total: int) -> None:
    pass


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """One day of imports, and no repositories."""
    monkeypatch.setattr(build, "_days", lambda _first, last: [last])
    monkeypatch.setattr(build, "_follow", lambda *_: None)


def test_a_second_start_finds_it_also_after_an_import(small: None, tmp_path: Path) -> None:
    folder = tmp_path / "demonstration"
    assert not build.exists(folder)
    build.build(folder, now=NOW, progress=told)
    assert build.exists(folder)
    source = actions.source_for(
        actions.Wanted(str(folder), name=build.NAME, watched=True), actor=SYSTEM, now=NOW
    )  # fmt: skip
    engine.run(source, actor=SYSTEM, now=NOW, workers=1)
    assert build.exists(folder)
    assert Source.objects.get().counts["errors"] == 0


def test_a_build_that_was_cut_off_says_what_to_do(small: None, tmp_path: Path, monkeypatch: Any) -> None:
    def cut_off(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(build, "_follow", cut_off)
    folder = tmp_path / "demonstration"
    with pytest.raises(KeyboardInterrupt):
        build.build(folder, now=NOW, progress=told)
    with pytest.raises(Conflict, match="was cut off while it was built"):
        build.exists(folder)


def test_the_same_seed_and_day_give_the_same_organisation() -> None:
    one, other = world.create(NOW.date()), world.create(NOW.date())
    assert one == other
