"""Rules of rounds as plain values."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awayteam.kernel import machines
from awayteam.rounds import rules
from awayteam.rounds.machine import MACHINE, State
from awayteam.rounds.rules import Candidate, Frozen, Known, Pledge, Point, Terms, Way

GUIDE = "# Contributing\n\n## Tests\n\nEvery change has a test.\n"
FROZEN = Frozen(
    {7: GUIDE},
    [
        Known(1, "check", "tests.test_tax::test_rounding", "assert 1 == 2"),
        Known(2, "coverage", "coverage", "", Decimal("81.5")),
        Known(3, "finding", "S101 in tax.py"),
    ],
)


def terms(**more: object) -> Terms:
    given = {"state": "active", "mode": "every-change", "pledge": Pledge(600, 0), "design_approved": False,
             "open_rounds": 0}  # fmt: skip
    return Terms(**{**given, **more})  # type: ignore[arg-type]


def test_the_machine_has_no_silent_state() -> None:
    assert machines.problems(MACHINE) == []


def test_a_change_waits_for_the_design_where_only_the_architecture_is_reviewed() -> None:
    for found in (terms(mode="architecture"), terms(pledge=Pledge(0, 0))):
        assert "design comes first" in rules.why_not_open("change", found, most_open=10)
        assert rules.why_not_open("design", found, most_open=10) == ""
    ready = terms(mode="architecture", design_approved=True)
    assert rules.why_not_open("change", ready, most_open=10) == ""
    assert rules.way("change", ready)[0] is Way.OWN
    assert rules.way("design", ready)[0] is Way.HOME


def test_beyond_the_pledge_somebody_independent_looks() -> None:
    assert rules.way("change", terms())[0] is Way.HOME
    way, why = rules.way("change", terms(pledge=Pledge(600, 600)))
    assert way is Way.INDEPENDENT
    assert "10 h that were pledged are used up" in why
    assert rules.way("design", terms(pledge=Pledge(600, 600)))[0] is Way.HOME
    assert rules.way("design", terms(mode="bar-raiser"))[0] is Way.INDEPENDENT


@pytest.mark.parametrize("state", ["preparing", "proposed", "paused", "warranty", "closed", "withdrawn", "expired"])
def test_nothing_is_shown_outside_the_work(state: str) -> None:
    assert rules.why_not_open("change", terms(state=state), most_open=10)
    assert rules.why_not_open("design", terms(state=state), most_open=10)


def test_a_design_may_come_before_the_first_day_and_a_change_not() -> None:
    assert rules.why_not_open("design", terms(state="agreed"), most_open=10) == ""
    assert rules.why_not_open("change", terms(state="agreed"), most_open=10)
    assert "at most 2" in rules.why_not_open("change", terms(open_rounds=2), most_open=2)


def test_a_change_without_a_citation_is_refused() -> None:
    assert "cites" in rules.wrong_with(Point("change", "I don't like it."), FROZEN)
    assert rules.wrong_with(Point("advice", "I don't like it."), FROZEN) == {}
    assert rules.wrong_with(Point("demand", "I don't like it."), FROZEN) == {}


@pytest.mark.parametrize(
    ("point", "field"),
    [
        (Point("change", "x", standard=7), "section"),
        (Point("change", "x", standard=8, section="Tests"), "standard"),
        (Point("change", "x", standard=7, section="Deployment"), "section"),
        (Point("change", "x", standard=7, standard_line=6), "standard_line"),
        (Point("change", "x", standard=7, standard_line=0), "standard_line"),
        (Point("change", "x", section="Tests"), "standard"),
        (Point("change", " ", standard=7, section="Tests"), "words"),
        (Point("change", "x", check="tests.test_tax::test_rounding"), "check"),
        (Point("demand", "x", check=" tests.test_tax::test_rounding "), "check"),
        (Point("change", "x", standard=7, section="Tests", check="S101  in tax.py"), "check"),
        (Point("change", "x", baseline=2), "figure"),
        (Point("change", "x", baseline=2, figure=Decimal("81.5")), "figure"),
        (Point("change", "x", baseline=1, figure=Decimal(1)), "baseline"),
        (Point("change", "x", baseline=9, figure=Decimal(1)), "baseline"),
        (Point("change", "x", figure=Decimal(1)), "baseline"),
    ],
)
def test_what_cant_be_cited(point: Point, field: str) -> None:
    assert field in rules.wrong_with(point, FROZEN)


@pytest.mark.parametrize(
    "point",
    [
        Point("change", "x", standard=7, section="tests"),
        Point("change", "x", standard=7, section="## Tests"),
        Point("change", "x", standard=7, standard_line=5),
        Point("change", "x", check="tests.test_new::test_it"),
        Point("change", "x", baseline=2, figure=Decimal("80")),
        Point("advice", "x", check="tests.test_tax::test_rounding"),
    ],
)
def test_what_can_be_cited(point: Point) -> None:
    assert rules.wrong_with(point, FROZEN) == {}


def test_what_was_red_before_is_refused_with_the_item() -> None:
    wrong = rules.wrong_with(Point("change", "x", check="tests.test_tax::test_rounding"), FROZEN)
    item = "check tests.test_tax::test_rounding: assert 1 == 2"
    assert wrong["check"] == f"was red before the visit ({item}); what was red before doesn't count"


points = st.builds(
    Point, st.sampled_from(["change", "demand", "advice"]), st.text(max_size=20), st.sampled_from([None, 7, 8]),
    st.sampled_from(["", "Tests", "Nope"]), st.sampled_from([None, -1, 1, 99]), st.sampled_from([None, 1, 2]),
    st.sampled_from([None, Decimal(50), Decimal(99)]), st.sampled_from(["", "tests.test_tax::test_rounding", "new"]),
)  # fmt: skip


@given(points)
def test_a_change_that_is_let_through_is_always_cited_and_never_red_before(point: Point) -> None:
    if rules.wrong_with(point, FROZEN) == {} and point.kind == "change":
        assert point.is_cited
        assert not (point.check and FROZEN.was_red(point.check))
        assert point.standard in (None, 7)
        assert point.baseline is None or (point.figure is not None and point.figure < Decimal("81.5"))


people = st.lists(
    st.builds(Candidate, st.integers(1, 6), st.just("contact"), st.integers(0, 9), st.booleans()), max_size=6
)


@given(people, st.sets(st.integers(1, 6)), st.integers(1, 9))
def test_who_looks_may_look_and_is_here(candidates: list[Candidate], barred: set[int], busy: int) -> None:
    picked = rules.pick(candidates, barred=barred, busy_from=busy)
    free = [one for one in candidates if one.person not in barred and not one.absent]
    if not free:
        assert picked.person is None
        assert picked.reasons
        return
    assert picked.person in {one.person for one in free}
    chosen = [one for one in free if one.person == picked.person]
    if any(one.turns < busy for one in free):
        assert any(one.turns < busy for one in chosen)


@given(st.integers(0, 100_000), st.integers(1, 1440))
def test_lost_days_are_whole_and_never_too_few(minutes: int, per_day: int) -> None:
    days = rules.days_lost(minutes, per_day)
    assert days >= 1
    assert days * per_day >= minutes
    assert (days - 1) * per_day < max(minutes, 1)


@given(st.lists(st.tuples(st.integers(0, 10_000), st.booleans())))
def test_latency_is_of_what_was_measured(trips: list[tuple[int, bool]]) -> None:
    found = rules.latency(trips)
    assert found.trips == len(trips)
    if not trips:
        assert (found.median, found.p90, found.share) == (None, None, None)
        return
    minutes = sorted(one for one, _ in trips)
    assert found.median in minutes
    assert found.p90 in minutes
    assert found.median <= found.p90
    assert sum(one <= found.median for one in minutes) * 2 >= len(minutes)
    assert sum(one <= found.p90 for one in minutes) * 10 >= 9 * len(minutes)


def test_every_state_that_waits_for_an_answer_is_not_final() -> None:
    assert not {State.OPEN, State.DEPUTY, State.FALL_BACK} & MACHINE.terminal
