"""The rules of engagements by themselves: what a contract lacks, where dates lead, how days are counted."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from awayteam.engagements import turns
from awayteam.engagements.machine import MACHINE, State, Verb
from awayteam.engagements.rules import (
    DraftFacts,
    after_acceptance,
    after_amendment,
    after_signing,
    lacks,
    why_not,
    why_not_pause,
    why_not_start,
)
from awayteam.organisation.models import Team

DAYS = st.dates(date(2024, 1, 1), date(2030, 1, 1))
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia"])
COMPLETE = DraftFacts(
    title="Refunds", goal="Money", has_decider=True, has_contact=True, has_deputy=True, has_lead=True,
    has_manager=True, scopes=1, members=1, done_lines=1, starts_on=date(2026, 3, 9), ends_on=date(2026, 4, 3),
    working_days=20, review_mode="every-change", pledged_hours=16, home_people=3, today=date(2026, 3, 2),
)  # fmt: skip


def _fields(draft: DraftFacts) -> list[str]:
    return [one.field for one in lacks(draft)]


def test_a_complete_draft_lacks_nothing() -> None:
    assert lacks(COMPLETE) == []


def test_each_gap_is_named_once() -> None:
    assert _fields(replace(COMPLETE, title=" ", has_manager=False, scopes=0)) == ["title", "manager", "scope"]
    assert _fields(replace(COMPLETE, ends_on=date(2026, 3, 1), starts_on=None)) == ["starts_on", "ends_on"]
    assert _fields(replace(COMPLETE, ends_on=date(2026, 3, 8))) == ["ends_on"]


def test_the_pledge_decides_who_can_review() -> None:
    nothing = replace(COMPLETE, pledged_hours=0, has_deputy=False)
    assert _fields(nothing) == ["pledged_hours"]
    assert _fields(replace(nothing, review_mode="architecture")) == []
    assert _fields(replace(COMPLETE, has_deputy=False)) == ["home_deputy"]
    assert _fields(replace(COMPLETE, has_deputy=False, home_people=1)) == []


@given(DAYS, DAYS, st.sampled_from(sorted(State)))
def test_an_amendment_begins_what_was_agreed_and_moves_nothing_else(starts: date, today: date, state: State) -> None:
    after = after_amendment(state, starts, today)
    assert after == (after_signing(starts, today) if state is State.AGREED else state)
    assert (after_signing(starts, today) is State.ACTIVE) == (starts <= today)


def test_the_warranty_runs_from_production() -> None:
    assert (after_acceptance(True), after_acceptance(False)) == (State.WARRANTY, State.PRODUCTION)


@given(st.sampled_from(sorted(State)), st.sampled_from(sorted(Verb)))
def test_what_the_table_doesnt_hold_is_refused_with_a_sentence(state: State, verb: Verb) -> None:
    said = why_not(state, verb)
    assert bool(said) == (MACHINE.find(state, verb) is None)
    assert not said or said.endswith(".")


@given(DAYS, st.integers(-5, 100), st.integers(1, 60))
def test_a_pause_lasts_from_tomorrow_to_the_longest(today: date, days: int, most: int) -> None:
    allowed = not why_not_pause(today + timedelta(days=days), today, most)
    assert allowed == (1 <= days <= most)


@given(DAYS, st.integers(-20, 20), st.integers(0, 10))
def test_it_begins_early_by_so_many_days_at_most(today: date, ahead: int, early: int) -> None:
    assert (not why_not_start(today + timedelta(days=ahead), today, early)) == (ahead <= early)


@settings(deadline=None)  # the first calendar reads its holidays
@given(DAYS, st.integers(0, 60), ZONES)
def test_days_added_are_working_days_counted(day: date, days: int, zone: str) -> None:
    team = Team(name="t", time_zone=zone, calendar={"country": "DE"})
    after = turns.later(team, day, days)
    assert turns.working_days(team, day + timedelta(days=1), after + timedelta(days=1)) == days
    assert days == 0 or turns.working_days(team, after, after + timedelta(days=1)) == 1


@settings(deadline=None)
@given(DAYS, ZONES)
def test_both_days_of_the_time_box_belong_to_it_where_the_team_is(day: date, zone: str) -> None:
    team = Team(name="t", time_zone=zone)
    start, end = turns.start_of(day, team), turns.end_of(day, team)
    assert turns.today(team, start) == day
    assert turns.today(team, end - timedelta(seconds=1)) == day
    assert turns.today(team, end) == day + timedelta(days=1)
    now = datetime(2023, 12, 30, 7, 31, 12, tzinfo=ZoneInfo("UTC"))
    late = now + timedelta(minutes=turns.minutes_until(end, now)) - end
    assert timedelta(0) <= late < timedelta(minutes=1)
