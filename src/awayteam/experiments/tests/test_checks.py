"""What the machine checks before a start: from the past where there is one, and by the design."""

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from awayteam.experiments import actions, checks
from awayteam.experiments import design as designs
from awayteam.experiments.checks import AaRun, Level, Other
from awayteam.experiments.models import Experiment
from awayteam.experiments.queries.past import random_effects
from awayteam.experiments.tests import town as towns
from awayteam.experiments.tests.town import NOON, Town, event

pytestmark = pytest.mark.django_db


@pytest.fixture
def town(settings: Any, tmp_path: Path) -> Town:
    settings.DATA = tmp_path
    return towns.found()


def checked(town: Town, **more: Any) -> Experiment:
    olga = town.actor("olga", NOON)
    row = actions.design(towns.wanted(town, **more), actor=olga, now=NOON)
    return actions.check(row, actor=olga, now=NOON)


def found(row: Experiment, key: str) -> list[str]:
    return [one["level"] for one in row.findings if one["key"] == key]


def test_traffic_means_and_aa_come_from_the_past(town: Town) -> None:
    chance, events = random.Random(3), []
    for number in range(3000):
        at = NOON - timedelta(days=10 * chance.random() + 0.1)
        events.append(event(f"p{number}", "wait", at, 1 + chance.random()))
        if number % 4 == 0:
            events.append(event(f"p{number}", "order", at, 20.0))
    towns.send([], events)
    uses = [towns.use("bought"), towns.use("slow", "guardrail")]
    row = checked(town, uses=uses, daily_units=None, days=28)
    assert row.state == "checked", row.findings
    design = designs.read(row.design)
    assert design.daily_units == pytest.approx(300, rel=0.15)
    assert "3,000 units" in design.traffic_source
    assert [one.mean for one in design.uses] == [0.25, pytest.approx(1.5, abs=0.05)]
    assert found(row, "aa") == ["fine", "fine"]
    assert found(row, "power") == ["fine"]


def test_without_a_past_nobody_can_tell_power(town: Town) -> None:
    row = checked(town, uses=[towns.use("bought")], daily_units=None)
    assert row.state == "draft"
    assert found(row, "power") == found(row, "guardrails") == ["stop"]
    assert found(row, "aa") == ["warn"]
    short = checked(town, title="Short", days=3)
    assert (short.state, found(short, "power"), found(short, "weeks")) == ("draft", ["stop"], ["warn"])


def test_collisions_are_told_and_a_full_layer_forbids(town: Town) -> None:
    towns.running(town, layer="pages", traffic=6_000, daily_units=2000.0)
    beside = checked(town, title="Beside")
    assert (beside.state, found(beside, "collisions")) == ("checked", ["warn"])
    full = checked(town, title="Full", layer="pages", traffic=5_000, surface="", daily_units=2000.0)
    assert (full.state, found(full, "collisions")) == ("draft", ["stop"])
    fits = checked(town, title="Fits", layer="pages", traffic=4_000, surface="", daily_units=2000.0)
    assert (fits.state, found(fits, "collisions")) == ("checked", ["fine"])


def test_false_alarms_beyond_chance_forbid() -> None:
    levels = [one.level for one in checks.past([AaRun("x", 200, alarms, 0.05) for alarms in (10, 19, 20, 60)])]
    assert levels == [Level.FINE, Level.FINE, Level.STOP, Level.STOP]
    assert [one.level for one in checks.past([], missing="none")] == [Level.WARN]


def test_a_design_says_everything_that_is_wrong_with_it(town: Town) -> None:
    assert designs.problems(designs.read(towns.design())) == []
    arms = [{"key": "a", "share": 5000}, {"key": "a", "share": 4000}, {"key": "B c", "share": 0}]
    bad = towns.design(hypothesis="x", unit="User!", arms=arms, days=0, alpha=0.9, time_zone="Mars/Olympus", uses=[],
                       ramp=[{"hours": 5, "traffic": 100}, {"hours": 2, "traffic": 50}],
                       segments=["a", "a"])  # fmt: skip
    fields = {one.field for one in designs.problems(designs.read(bad))}
    assert fields == {"hypothesis", "unit", "arms", "days", "alpha", "time_zone", "uses", "ramp", "segments"}
    for broken in ({}, {"arms": 3}, {"arms": [{"share": 1}]}, towns.design(horizon="soon")):
        with pytest.raises(ValueError, match=r"must be|missing|not a valid"):
            designs.read(broken)
    assert designs.hash_of(designs.text_of({"b": 1, "a": 2})) == designs.hash_of(designs.text_of({"a": 2, "b": 1}))


def test_effects_that_differ_widen_what_is_said_of_them_together() -> None:
    same, error, spread = random_effects([(0.02, 0.01)] * 4)
    assert (same, error, spread) == (pytest.approx(0.02), pytest.approx(0.005), 0.0)
    _mean, wider, spread = random_effects([(-0.1, 0.01), (0.1, 0.01), (0.05, 0.01), (-0.05, 0.01)])
    assert spread > 0.07
    assert wider > 0.03
    assert random_effects([]) == (0.0, 0.0, 0.0)


def test_others_count_once_for_a_layer() -> None:
    design = designs.read(towns_design := {**designs.EMPTY, "layer": "x", "traffic": 4_000})
    assert towns_design["layer"] == "x"
    full = checks.collisions(design, [Other(1, "One", "x", "", 7_000)])
    assert [one.level for one in full] == [Level.STOP]
