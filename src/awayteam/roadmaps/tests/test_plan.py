"""The planner by its properties, and by small examples that can be reckoned by hand."""

from dataclasses import replace
from datetime import date
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awayteam.roadmaps.rules import (
    FAR,
    NEW,
    UNITS,
    Accuracy,
    Drop,
    Inputs,
    Insert,
    Move,
    Note,
    Plan,
    PlanItem,
    Presence,
    Why,
    at_each_rank,
    plan,
    what_if,
)
from awayteam.roadmaps.rules.course import Course
from awayteam.roadmaps.rules.plan import Board
from awayteam.roadmaps.rules.whatif import changed
from awayteam.roadmaps.tests.plans import TODAY, capacity, exact, item, roadmaps

NEW_ITEM = PlanItem(NEW, 1, None, 0.5, 1.0, 2.0, 3.0)


def days(found: Plan) -> dict[int, int]:
    return {slot.item: slot.day50 for slot in found.slots}


def test_items_follow_each_other_in_rank_order_through_working_days() -> None:
    found = plan(exact([item(1), item(2, 0.4), item(3, 0.8)])).by_item()
    assert found[1][3:6] == (TODAY, date(2026, 11, 27), date(2026, 11, 27))  # Monday to Friday
    assert (found[2].begins, found[2].p50) == (date(2026, 11, 30), date(2026, 12, 1))
    assert (found[3].begins, found[3].p50) == (date(2026, 12, 2), date(2026, 12, 7))


def test_the_next_ready_item_goes_ahead_and_is_finished_first() -> None:
    """Item 1 waits for another team's two weeks; item 2 (three weeks) goes ahead and isn't broken off."""
    found = plan(exact([item(1, needs=(9,)), item(2, 3.0), item(3), item(9, 2.0, team=2, rank=1)])).by_item()
    assert found[9].p50 == date(2026, 12, 4)
    assert (found[2].p50, found[1].begins, found[3].begins) == (
        date(2026, 12, 11),
        date(2026, 12, 14),
        date(2026, 12, 21),
    )
    assert (found[1].waits_for, found[2].waits_for) == (None, None)


def test_a_team_that_must_wait_stands_idle_until_the_day_after() -> None:
    found = plan(exact([item(1, needs=(9,)), item(9, 0.2, team=2, rank=1)])).by_item()
    assert (found[9].p50, found[1].begins, found[1].waits_for) == (TODAY, date(2026, 11, 24), 9)


def test_what_is_needed_elsewhere_counts_with_its_date_and_never_means_never() -> None:
    items = [item(1, needs=(7,)), item(2, needs=(8,)), item(3, needs=(99,))]
    found = plan(exact(items, done_elsewhere={7: date(2026, 12, 2), 8: None})).by_item()
    assert found[3].begins == TODAY
    assert found[1].begins == date(2026, 12, 3)
    assert (found[2].why, found[2].p50, found[2].day50) == (Why.NEEDS, None, FAR)


def test_items_without_rank_are_never_done_nor_what_needs_them() -> None:
    found = plan(exact([item(1)._replace(rank=None), item(2, needs=(1,)), item(3)])).by_item()
    assert [found[id].why for id in (1, 2, 3)] == [Why.UNRANKED, Why.NEEDS, None]


def test_circles_are_reported_and_the_rest_is_planned() -> None:
    items = [item(1, needs=(2,)), item(2, team=2, rank=1, needs=(1,)), item(3, needs=(1,)), item(4)]
    found = plan(exact(items))
    assert found.circles == [[1, 2]]
    assert [slot.why for slot in found.slots] == [Why.CIRCLE, Why.CIRCLE, Why.NEEDS, None]


def test_a_team_without_people_has_no_dates() -> None:
    inputs = Inputs([item(1), item(2, team=2, rank=1, needs=(1,))], {1: capacity(people=[]), 2: capacity()}, TODAY)
    found = plan(inputs).by_item()
    assert [found[id].why for id in (1, 2)] == [Why.NOBODY, Why.NEEDS]


def test_started_items_come_first_and_only_the_rest_of_them_counts() -> None:
    found = plan(exact([item(1), item(2, 2.0, started=True, spent=1.6), item(3, 2.0, started=True, spent=9.0)]))
    assert {slot.item: round(slot.work, 2) for slot in found.slots} == {1: 1.0, 2: 0.4, 3: 0.2}
    assert [slot.begins for slot in found.slots] == [date(2026, 11, 26), TODAY, date(2026, 11, 25)]


@pytest.mark.parametrize(
    ("people", "notes", "weeks"),
    [
        (None, (), [1.0, 1.0]),
        ([Presence()] * 4, (), [1.0, 1.0]),
        ([Presence()] * 3 + [Presence(ends=date(2026, 11, 30))], (), [1.0, 0.75]),
        ([Presence(), Presence(starts=date(2026, 11, 30))], (), [1.0, 2.0]),
        ([Presence()], [Note(date(2026, 11, 23), date(2026, 11, 24), share=0.5)], [0.8, 1.0]),
        ([Presence()] * 4, [Note(date(2026, 11, 30), date(2027, 1, 1), people=3.0)], [1.0, 0.75]),
        ([Presence()], [Note(TODAY, TODAY, share=0.5), Note(TODAY, TODAY, share=0.5)], [0.85, 1.0]),
        ([], (), [0.0, 0.0]),
    ],
)
def test_capacity_follows_people_and_notes(
    people: list[Presence] | None, notes: list[Note], weeks: list[float]
) -> None:
    assert capacity(people, notes).by_week(2) == pytest.approx(weeks, abs=1e-5)


def test_a_public_holiday_takes_its_day() -> None:
    assert capacity(country="DE").by_week(5)[4] == pytest.approx(0.8, abs=1e-5)  # Christmas of 2026 is a Friday
    assert capacity(weekdays=(0, 1, 2, 3), country="DE").by_week(5)[4] == pytest.approx(1.0, abs=1e-5)


def test_the_mean_of_the_known_days_goes_on_beyond_them() -> None:
    short, whole = capacity(days=70), capacity(days=1400)
    for work in (9 * UNITS, 25 * UNITS, 150 * UNITS):
        assert abs(short.day_done(work) - whole.day_done(work)) <= 5
    assert short.by(139) == pytest.approx(20 * UNITS, rel=1e-5)
    assert capacity(days=70).day_done(10**12) == FAR


def test_the_late_date_grows_with_range_and_with_doubt() -> None:
    narrow, wide = PlanItem(1, 1, 1, 2.0, 2.0, 2.0), PlanItem(1, 1, 1, 1.0, 2.0, 3.0)
    sure = {1: Accuracy(doubt=0.0)}
    ends = [
        plan(Inputs([one], {1: capacity()}, TODAY, accuracy=accuracy)).slots[0].day85
        for one, accuracy in ((narrow, sure), (wide, sure), (wide, {1: Accuracy(doubt=0.3)}))
    ]
    assert ends == sorted(ends)
    assert len(set(ends)) == 3


@given(roadmaps(), st.data())
def test_moving_an_item_down_never_finishes_it_earlier(inputs: Inputs, data: st.DataObject) -> None:
    movable = [one for one in inputs.items if not one.started]
    if not movable:
        return
    moved = data.draw(st.sampled_from(movable))
    last = sum(one.team == moved.team for one in inputs.items)
    later = data.draw(st.integers(moved.rank or 1, last))
    after = plan(replace(inputs, items=changed(inputs.items, Move(moved.id, later))))
    assert days(after)[moved.id] >= days(plan(inputs))[moved.id]


@given(roadmaps(), st.data())
def test_what_comes_in_below_never_moves_an_item_that_waits_for_nothing(inputs: Inputs, data: st.DataObject) -> None:
    size = sum(one.team == 1 for one in inputs.items)
    if not size:
        return
    rank = data.draw(st.integers(1, size + 1))
    before, after = days(plan(inputs)), days(what_if(inputs, [Insert(NEW_ITEM._replace(rank=rank))]).after)
    above = [one for one in inputs.items if one.team == 1 and (one.rank or 0) < rank and not one.needs]
    assert {one.id: after[one.id] for one in above} == {one.id: before[one.id] for one in above}


@given(roadmaps(circles=True))
def test_effort_is_conserved_and_no_team_does_two_things_at_once(inputs: Inputs) -> None:
    board = Board(inputs)
    course = Course(board.jobs).run()
    for lane, capacity_ in enumerate(board.jobs.capacity):
        spans = sorted((course.start[job], course.end[job]) for job in course.log if board.jobs.lane[job] == lane)
        assert all(end <= start for (_, end), (start, _) in pairwise(spans))
        assert all(capacity_.by(capacity_.day_done(end)) >= end for _, end in spans if capacity_.rate)
    assert [course.end[job] - course.start[job] for job in course.log] == [board.jobs.work[job] for job in course.log]
    assert len(set(course.log)) == len(course.log)
    for one in inputs.items:
        work = inputs.accuracy[one.team].adjusted(one.estimate, one.spent)[0]
        assert board.work(board.number[one.id]) == pytest.approx(work, abs=1e-6)


@given(roadmaps())
def test_without_circles_everything_gets_a_date_after_what_it_needs(inputs: Inputs) -> None:
    found = plan(inputs)
    by_item = found.by_item()
    assert not found.circles
    for one in inputs.items:
        assert by_item[one.id].why is None
        assert by_item[one.id].day50 <= by_item[one.id].day85
        for need in one.needs:
            gap = 1 if by_item[need].team != one.team else 0
            begins = by_item[one.id].begins
            assert begins is not None
            assert (begins - TODAY).days >= by_item[need].day50 + gap


@given(roadmaps(circles=True), st.randoms(use_true_random=False))
def test_the_plan_is_the_same_in_whatever_order_items_come(inputs: Inputs, chance: Random) -> None:
    shuffled = list(inputs.items)
    chance.shuffle(shuffled)
    assert plan(inputs).by_item() == plan(replace(inputs, items=shuffled)).by_item()


@given(roadmaps(circles=True), st.booleans())
@settings(max_examples=300)
def test_a_new_item_at_each_rank_is_what_single_plans_say(inputs: Inputs, needs: bool) -> None:
    inputs = replace(inputs, capacity={1: capacity(), **inputs.capacity})
    new = NEW_ITEM._replace(needs=(inputs.items[-1].id,) if needs and inputs.items else ())
    size = sum(one.team == 1 for one in inputs.items)
    options = at_each_rank(inputs, new)
    assert [option.rank for option in options] == list(range(1, size + 2))
    for option in options:
        found = what_if(inputs, [Insert(new._replace(rank=option.rank))])
        slot = found.after.by_item()[NEW]
        slipped = sum(slip.before.day50 != slip.after.day50 for slip in found.slips)
        assert (option.p50, option.p85, option.slipped) == (slot.p50, slot.p85, slipped)
        assert option.cost == pytest.approx(found.cost)


def test_what_slips_is_told_with_its_cost() -> None:
    inputs = exact([item(1, value=7.0), item(2, value=14.0), item(3, team=2, rank=1, value=1.0, needs=(2,))])
    found = what_if(inputs, [Insert(item(NEW, 2.0, rank=2))])
    assert [(slip.item, slip.days50, slip.cost) for slip in found.slips] == [(2, 14, 28.0), (3, 14, 2.0)]
    assert found.cost == 30.0
    moved = what_if(inputs, [Move(2, 1)])
    assert [(slip.item, slip.days50, slip.cost) for slip in moved.slips] == [(2, -7, -14.0), (1, 7, 7.0), (3, -7, -1.0)]
    dropped = what_if(inputs, [Drop(1)])
    assert [(slip.item, slip.cost) for slip in dropped.slips] == [(2, -14.0), (3, -1.0)]
    both = what_if(inputs, [Drop(1), Insert(item(NEW, 1.0, rank=1))])
    assert both.slips == []


def test_a_slip_into_nowhere_has_no_number() -> None:
    inputs = exact([item(1, value=5.0), item(2, value=5.0, team=2, rank=1, needs=(1,))])
    inputs = replace(inputs, capacity={**inputs.capacity, 1: capacity(notes=[Note(TODAY, date(2026, 11, 27))])})
    stuck = replace(inputs, items=[inputs.items[0]._replace(needs=(2,)), inputs.items[1]])
    found = plan(stuck)
    assert found.circles == [[1, 2]]
    assert what_if(stuck, [Drop(2)], found).slips[0][4:] == (None, None, None)
