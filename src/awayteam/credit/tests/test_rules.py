"""The rules of credit as properties: no credit without evidence, none for oneself, no day twice."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from awayteam.credit import rules
from awayteam.credit.machine import MACHINE
from awayteam.credit.rules import Given, Guest, Happened, Kind, Stay, Units, Visit, Waited
from awayteam.kernel.machines import problems

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
moments = st.integers(0, 60 * 24).map(lambda hours: START + timedelta(hours=hours))
days = st.integers(-5, 70).map(lambda number: START.date() + timedelta(days=number))


def event(**more: object) -> Happened:
    values: dict[str, object] = {
        "id": 7, "name": "x.y", "at": START, "subject_kind": "engagement", "subject_id": 3, "label": "Refunds",
        "person": 5, "data": {},
    }  # fmt: skip
    return Happened(**{**values, **more})  # type: ignore[arg-type]


@st.composite
def intervals(draw: st.DrawFn) -> list[tuple[datetime, datetime]]:
    edges = sorted(draw(st.lists(moments, min_size=0, max_size=6, unique=True)))
    return list(zip(edges[::2], edges[1::2], strict=False))


@st.composite
def guests(draw: st.DrawFn) -> Guest:
    joins = draw(days)
    leaves = draw(st.none() | st.integers(0, 40).map(lambda number: joins + timedelta(days=number)))
    return Guest(draw(st.integers(1, 3)), joins, leaves, draw(st.none() | st.integers(10, 12)))


def test_the_machine_has_no_fault() -> None:
    assert problems(MACHINE) == []


@given(st.lists(guests(), max_size=4), intervals())
def test_days_are_those_on_the_list_while_access_was_granted(stays: list[Guest], worked: list) -> None:
    counted = 0
    for number in range(-6, 120):
        day = START.date() + timedelta(days=number)
        there = any(stay.joins <= day and (stay.leaves is None or day <= stay.leaves) for stay in stays)
        counted += there and any(start.date() <= day <= end.date() for start, end in worked)
    assert rules.days(stays, worked) == counted


@given(st.lists(guests(), max_size=5), intervals())
def test_a_visit_gives_each_member_one_entry_with_its_evidence(members: list[Guest], worked: list) -> None:
    visit = Visit(3, "Refunds", 1, 2, worked, members, START)
    made = rules.completed(event(), visit)
    assert len({one.key for one in made}) == len(made)
    assert {one.person for one in made} <= {guest.person for guest in members}
    for one in made:
        assert one.evidence == ("event", 7)
        assert one.quantity > 0
        assert one.kind is Kind.ENGAGEMENT
        assert one.quantity == rules.days([guest for guest in members if guest.person == one.person], worked)


def test_a_late_or_nameless_answer_gives_nothing() -> None:
    subject = ("engagement", 3, "Refunds")
    assert len(rules.reviewed(event(data={"on_time": True}), 1, subject)) == 1
    assert rules.reviewed(event(data={"on_time": False}), 1, subject) == []
    assert rules.reviewed(event(data={"on_time": None}), 1, subject) == []
    assert rules.reviewed(event(data={}), 1, subject) == []
    assert rules.reviewed(event(data={"on_time": True}, person=None), 1, subject) == []


@given(st.integers(1, 1440))
def test_hours_are_what_was_booked(minutes: int) -> None:
    (made,) = rules.gave_hours(event(), Given(4, 5, 1, minutes, "Pairing"), ("engagement", 3, "Refunds"))
    assert abs(made.quantity * 60 - minutes) <= Decimal("0.3")
    assert made.key == rules.hours_key(4)


@given(st.sampled_from([None, 1, 2, 3]), moments, moments)
def test_only_third_teams_reuse_and_only_after_the_handover(team: int | None, accepted: datetime, at: datetime) -> None:
    visit = Visit(3, "Refunds", 1, 2, accepted_at=accepted)
    within = timedelta(days=30)
    made = rules.reused(event(at=at), consumer_team=team, visits=[visit], within=within)
    assert bool(made) == (team == 3 and accepted < at <= accepted + within)
    assert all(one.team == 2 and one.person is None for one in made)


@given(st.integers(1, 3), st.lists(st.tuples(st.integers(1, 3), st.decimals(0, 500, places=2)), max_size=5))
def test_nobody_has_credit_for_what_was_their_own(doer: int, waited: list[tuple[int, Decimal]]) -> None:
    rows = [Waited(team, points, ("request", 9, "Refund")) for team, points in waited]
    made = rules.downstream(event(), doer=doer, waited=rows)
    assert all(one.team == doer and one.quantity > 0 for one in made)
    assert {int(one.key.split(":")[3]) for one in made} == {team for team, points in waited if team != doer and points}


def test_thanks_need_a_comment_and_another_person() -> None:
    assert [one.evidence for one in rules.thanked(event(data={"person": 6, "comment": 11}), 1)] == [("comment", 11)]
    assert rules.thanked(event(data={"person": 5, "comment": 11}), 1) == []
    assert rules.thanked(event(data={"person": 6}), 1) == []
    assert rules.thanked(event(data={"person": "6", "comment": 11}), 1) == []


def test_a_person_has_credit_in_the_name_of_a_party_before_any_other_team() -> None:
    stays = [Stay(1, None, START), Stay(2, START, None), Stay(3, None, None)]
    assert rules.team_of(stays, START) == 2
    assert rules.team_of(stays, START, (3,)) == 3
    assert rules.team_of(stays, START - timedelta(seconds=1), (2,)) == 1
    assert rules.team_of([], START) is None


@given(st.dictionaries(st.integers(1, 6), st.integers(1, 6)), st.integers(1, 6))
def test_units_above_end_even_in_a_circle(parents: dict[int, int], team: int) -> None:
    units = Units({child: [Stay(parent, None, None)] for child, parent in parents.items()})
    found = units.above(team, START)
    assert len(found) == len(set(found))
    assert team not in found
    chain = [team, *found]
    assert all(parents[low] == high for low, high in zip(chain, found, strict=False))


def test_units_are_those_of_that_time() -> None:
    units = Units({1: [Stay(8, None, START), Stay(9, START, None)]})
    assert (units.above(1, START - timedelta(days=1)), units.above(1, START)) == ([8], [9])
    assert units.above(None, START) == []
