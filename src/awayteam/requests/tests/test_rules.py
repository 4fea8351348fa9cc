"""The machine and its rules: no dead ends, no clock without an owner, and options that always lead somewhere."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awayteam.kernel.machines import problems
from awayteam.requests import rules
from awayteam.requests.machine import FINAL, MACHINE, Party, State, Verb
from awayteam.requests.rules import DONE_WORDS, REASON_WORDS, REFUSES_AWAY, STATE_WORDS, DeclineReason, Facts, Limits
from awayteam.requests.stepping import EVENTS

ANY = st.builds(
    Facts,
    state=st.sampled_from(State),
    can_send_away=st.booleans(),
    lost_refusal=st.booleans(),
    away_refused=st.booleans(),
    away_tried=st.booleans(),
    upheld=st.booleans(),
    fixed_home=st.booleans(),
    at_top=st.booleans(),
    moves=st.integers(0, 5),
    rounds=st.integers(0, 5),
    askers=st.integers(1, 5),
)
LIMITS = st.builds(Limits, moves_max=st.integers(0, 4), rounds_max=st.integers(1, 4))


def test_the_machine_is_whole() -> None:
    assert problems(MACHINE) == []
    assert set(STATE_WORDS) == set(State)
    assert set(DONE_WORDS) == set(Verb) == set(EVENTS)
    assert set(REASON_WORDS) == set(DeclineReason)


@given(ANY)
def test_an_open_request_can_always_be_ended_by_those_who_ask(facts: Facts) -> None:
    offered = {option.verb: option for option in rules.options(facts)}
    if facts.state in FINAL:
        assert offered == {}
    else:
        assert offered[Verb.WITHDRAW].why_not == ""
        assert offered[Verb.WITHDRAW].party is Party.ASKING


@given(ANY, LIMITS)
def test_whatever_is_allowed_leads_to_a_state_of_the_table(facts: Facts, limits: Limits) -> None:
    for verb in Verb:
        found = MACHINE.find(facts.state, verb)
        if rules.why_not(facts, verb):
            continue
        assert found is not None
        assert rules.target(facts, verb, limits) in found.targets


@given(ANY, LIMITS)
def test_whoever_waits_is_never_left_with_a_clock_that_ends_nowhere(facts: Facts, limits: Limits) -> None:
    if facts.state not in FINAL:
        assert rules.target(facts, Verb.EXPIRE, limits) in set(State)


@given(ANY, st.sampled_from(DeclineReason))
def test_an_away_team_is_refused_only_in_time_and_for_a_reason_that_holds_for_it(
    facts: Facts, reason: DeclineReason
) -> None:
    refused = rules.why_not_decline(facts, reason, refuse_away=True) == ""
    assert refused == (not facts.lost_refusal and reason in REFUSES_AWAY)
    assert rules.why_not_decline(facts, reason, refuse_away=False) == ""


@given(ANY)
def test_escalation_comes_last(facts: Facts) -> None:
    may = rules.why_not(facts, Verb.ESCALATE) == ""
    if may:
        assert facts.state in (State.OVERDUE, State.DECLINED)
        assert not facts.upheld
        assert facts.away_refused or facts.away_tried or not facts.can_send_away


def test_silence_goes_round_only_so_often() -> None:
    limits = Limits(moves_max=2, rounds_max=3)
    ends = [rules.target(Facts(State.OVERDUE, rounds=rounds), Verb.EXPIRE, limits) for rounds in range(4)]
    assert ends == [State.ASKED, State.ASKED, State.LAPSED, State.LAPSED]


def test_ping_pong_ends_with_a_manager() -> None:
    limits = Limits(moves_max=2, rounds_max=3)
    there = [rules.target(Facts(State.ASKED, moves=moves), Verb.MOVE, limits) for moves in range(3)]
    back = [rules.target(Facts(State.OFFERED, moves=moves), Verb.SEND_BACK, limits) for moves in range(1, 4)]
    assert there == [State.OFFERED, State.OFFERED, State.ARBITRATION]
    assert back == [State.ASKED, State.ARBITRATION, State.ARBITRATION]


def test_what_cannot_follow_is_refused_by_the_table() -> None:
    with pytest.raises(ValueError, match="doesn't lead out of"):
        rules.target(Facts(State.DONE), Verb.ACCEPT, Limits(2, 3))


@given(st.lists(st.decimals(0, 10**6, places=2), max_size=8))
def test_values_add_up(values: list[Decimal]) -> None:
    assert rules.total(values) == sum(values)
    assert rules.cost_until(rules.total(values), 7) == rules.total(values)
