"""Numbers of a scorecard: against plain arithmetic, and where they would mislead."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import mean, variance
from typing import Any

import pytest

from awayteam.experiments import actions
from awayteam.experiments.tests import town as towns
from awayteam.experiments.tests.town import NOON, Town, event, exposure

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def town(settings: Any, tmp_path: Path) -> Town:
    settings.DATA = tmp_path
    return towns.found()


def metrics(card: Any, arm: int = 0) -> dict[str, dict[str, Any]]:
    assert card.state == "done", card.problem
    return {one["metric"]: one for one in card.result["arms"][arm]["metrics"]}


def test_a_mean_is_that_of_all_units_with_welch(town: Town) -> None:
    row = towns.running(town, horizon="fixed", correction="none",
                        uses=[towns.use("spent", mean=5.0, deviation=5.0), towns.use("slow", "guardrail")])  # fmt: skip
    values: dict[str, list[float]] = {"control": [], "one": []}
    exposures, events = [], []
    for number in range(600):
        arm = "one" if number % 2 else "control"
        exposures.append(exposure(row.key, f"u{number}", arm, NOON + HOUR))
        spent = float(number % 7) if number % 3 else 0.0
        values[arm].append(spent)
        if spent:
            events.append(event(f"u{number}", "order", NOON + 2 * HOUR, spent))
        events.append(event(f"u{number}", "order", NOON, 99.0))  # before the exposure: not an effect of it
    towns.send(exposures, events)
    spent_ = metrics(towns.analyse(row, NOON + timedelta(days=1)))["spent"]
    first, second = values["control"], values["one"]
    assert spent_["control"] == pytest.approx(mean(first), rel=1e-12)
    assert spent_["value"] == pytest.approx(mean(second), rel=1e-12)
    error = (variance(first) / 300 + variance(second) / 300) ** 0.5
    assert spent_["error"] * spent_["control"] == pytest.approx(error, rel=1e-9)


def test_what_was_before_makes_intervals_narrower(town: Town) -> None:
    narrow = {}
    for days in (0, 7):
        row = towns.running(town, title=f"With {days}", horizon="fixed", cuped_days=days,
                            uses=[towns.use("spent", mean=5.0, deviation=5.0),
                                  towns.use("slow", "guardrail")])  # fmt: skip
        exposures, events = [], []
        for number in range(800):
            unit, usual = f"{days}u{number}", float(number % 50)
            exposures.append(exposure(row.key, unit, "one" if number % 2 else "control", NOON + HOUR))
            events.append(event(unit, "order", NOON - 24 * HOUR, usual + 1))
            events.append(event(unit, "order", NOON + 2 * HOUR, usual + (number * 7919 % 5)))
        towns.send(exposures, events)
        narrow[days] = metrics(towns.analyse(row, NOON + timedelta(days=1)))["spent"]
    assert narrow[7]["cuped"]
    assert narrow[7]["error"] < narrow[0]["error"] / 4


def test_other_shares_in_a_later_epoch_move_nothing(town: Town) -> None:
    """Weekend visitors buy more; a later epoch gives the treatment more of them. Within each epoch nothing differs."""
    row = towns.running(town, traffic=5_000, horizon="fixed", cuped_days=0)
    towns.simulate(row, units=6000, days=2, rates={"control": 0.2, "one": 0.2})
    later = NOON + timedelta(days=3)
    row = actions.reallocate(
        row, words="More of the new one", traffic=10_000, shares={"control": 2_000, "one": 8_000},
        actor=town.actor("olga", later), now=later,
    )  # fmt: skip
    from awayteam.experiments import serving
    from awayteam.flags.assignment import assign_many

    rule = serving.rule_of(row)
    assert rule is not None
    names = [f"u{number}" for number in range(6000)]
    given = assign_many(rule, names)
    fresh = [
        (name, given.names[arm]) for name, arm, part in zip(names, given.arm, given.epoch, strict=True) if part == 1
    ]
    exposures = [exposure(row.key, name, arm, later + HOUR) for name, arm in fresh]
    events = [event(name, "order", later + 2 * HOUR) for number, (name, _arm) in enumerate(fresh) if number % 5 != 0]
    towns.send(exposures, events)
    card = towns.analyse(row, later + timedelta(days=1))
    bought = metrics(card)["bought"]
    assert card.result is not None
    assert card.result["blockers"] == []
    assert [(one["epoch"], one["taken_in"]) for one in card.result["ratios"]] == [(1, 1), (2, 2)]
    assert abs(bought["change"]) < 0.08  # pooled, it would seem to be +30%
    arms = card.result["counts"]
    assert arms["one"] > 1.5 * arms["control"]


def test_a_dropped_arm_gets_nobody_and_compares_with_its_own_time(town: Town) -> None:
    arms = [
        {"key": key, "title": "", "share": share} for key, share in (("control", 4000), ("one", 3000), ("two", 3000))
    ]
    row = towns.running(town, arms=arms, horizon="fixed", daily_units=5000.0)
    towns.simulate(row, units=3000, days=2)
    later = NOON + timedelta(days=3)
    row = actions.reallocate(row, words="It is slow", drop=["two"], actor=town.actor("olga", later), now=later)
    towns.simulate(row, units=3000, days=2, start=later, prefix="v", seed=8)
    card = towns.analyse(row, later + timedelta(days=3))
    assert card.result is not None
    assert card.result["blockers"] == []
    late = [exposure(row.key, f"w{number}", "two", later + HOUR) for number in range(3)]
    towns.send(late, [])
    card = towns.analyse(row, later + timedelta(days=4))
    assert card.result is not None
    assert [one["key"] for one in card.result["blockers"]] == ["traffic-at-zero"]


def test_units_in_two_arms_block(town: Town) -> None:
    row = towns.running(town)
    towns.simulate(row, units=400, days=1)
    towns.send([exposure(row.key, "z", arm, NOON + HOUR) for arm in ("control", "one")], [])
    card = towns.analyse(row, NOON + timedelta(days=2))
    assert card.result is not None
    assert card.result["blockers"][0]["words"] == "1 unit was seen in two arms."


def test_late_events_count_at_the_next_look_and_nothing_measured_is_not_zero(town: Town) -> None:
    row = towns.running(town)
    exposures = [exposure(row.key, f"u{n}", "one" if n % 2 else "control", NOON + HOUR) for n in range(200)]
    towns.send(exposures, [])
    bought = metrics(towns.analyse(row, NOON + timedelta(days=1)))["bought"]
    assert (bought["value"], bought["change"]) == (None, None)
    assert "nothing is measured" in bought["notes"][0]
    towns.send([], [event(f"u{n}", "order", NOON + 2 * HOUR) for n in range(0, 200, 5)])
    bought = metrics(towns.analyse(row, NOON + timedelta(days=2)))["bought"]
    assert bought["value"] == 0.2
    ended = NOON + timedelta(days=3)
    row = actions.stop(row, words="Enough", actor=town.actor("olga", ended), now=ended)
    towns.send([], [event("u1", "order", ended + HOUR)])  # after the end: not of the run
    assert metrics(towns.analyse(row, ended + 2 * HOUR))["bought"]["value"] == 0.2


def test_days_are_those_of_the_design(town: Town) -> None:
    """An hour before midnight in Auckland and an hour after are two days there, and one in UTC."""
    made = {}
    for zone in ("UTC", "Pacific/Auckland"):
        row = towns.running(town, title=zone, time_zone=zone)
        midnight = datetime(2026, 3, 3, 11, 0, tzinfo=UTC)
        exposures, events = [], []
        for n in range(80):
            at = midnight + (-HOUR if n < 40 else HOUR)
            exposures.append(exposure(row.key, f"{zone}{n}", "one" if n % 2 else "control", at))
            events.append(event(f"{zone}{n}", "order", at + timedelta(minutes=1)))
        towns.send(exposures, events)
        card = towns.analyse(row, midnight + timedelta(days=1))
        assert card.result is not None
        made[zone] = sorted({one["day"] for one in card.result["series"]["bought"]["so_far"]})
    assert made == {"UTC": ["2026-03-03"], "Pacific/Auckland": ["2026-03-03", "2026-03-04"]}
    assert date.fromisoformat(made["UTC"][0])


def test_every_kind_of_metric_is_measured(town: Town) -> None:
    towns.metric(town, "basket", "Average order", "ratio", "up", "order", over="visit")
    towns.metric(town, "median", "Usual wait", "quantile", "down", "wait", quantile=0.5)
    towns.metric(town, "back", "Coming back", "retention", "up", "visit", after_days=2)
    towns.metric(town, "village", "Orders by village", "mean", "up", "order", cluster="country")
    towns.metric(town, "cut", "Cut orders", "mean", "up", "order", winsor=0.9)
    keys = ("basket", "median", "back", "village", "cut")
    uses = [towns.use("bought", mean=0.3, deviation=0.46), towns.use("slow", "guardrail"),
            *(towns.use(key, "secondary") for key in keys)]  # fmt: skip
    row = towns.running(town, uses=uses, horizon="fixed")
    names = towns.simulate(row, units=1500, days=1)
    visits = [event(name, "visit", NOON + timedelta(days=day)) for name in names[::2] for day in (2, 4)]
    towns.send([], visits)
    found = metrics(towns.analyse(row, NOON + timedelta(days=6)))
    for key in keys:
        assert found[key]["value"] is not None, key
        assert found[key]["low"] is not None or found[key]["notes"], key
    assert found["median"]["value"] == pytest.approx(1.0, abs=0.1)
    assert 0.4 < found["back"]["value"] < 0.6


def test_a_look_can_be_called_off_and_taken_up_again(town: Town) -> None:
    from awayteam.experiments.measuring import working
    from awayteam.experiments.models import Analysis
    from awayteam.kernel.actor import SYSTEM

    row = towns.running(town)
    towns.simulate(row, units=100, days=1)
    at = NOON + timedelta(days=1)
    asked = actions.ask_analysis(row, actor=SYSTEM, now=at)
    assert actions.ask_analysis(row, actor=SYSTEM, now=at).pk == asked.pk
    taken = working._take(at)  # a worker takes it, and is killed
    assert taken is not None
    assert working.work(at, 5, lambda: False) == 0
    actions.cancel(asked, actor=town.actor("olga", at), now=at)
    assert working.work(at + timedelta(seconds=working.LEASE_SECONDS + 1), 5, lambda: False) == 1
    assert Analysis.objects.get(pk=asked.pk).state == "cancelled"
    assert towns.analyse(row, at + HOUR).state == "done"


def test_a_ramp_goes_on_only_where_all_is_well(town: Town) -> None:
    from awayteam.experiments.measuring import working

    row = towns.running(town, traffic=2_000, ramp=[{"hours": 24, "traffic": 10_000}], days=70)
    at = NOON + timedelta(hours=25)
    assert working._ramp(row, at) == 0  # nobody has looked yet
    towns.simulate(row, units=8000, days=1)
    towns.analyse(row, at)
    assert working._ramp(row, at) == 1
    assert list(row.epochs.values_list("traffic", flat=True)) == [2_000, 10_000]
    assert working._ramp(row, at) == 0
