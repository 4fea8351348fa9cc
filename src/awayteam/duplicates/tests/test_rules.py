"""The rules of duplicates by properties: two answers, silence, dates, and the machine as a whole."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from awayteam.duplicates import rules
from awayteam.duplicates.machine import FINAL, MACHINE, RESTING, Party, State, Verb
from awayteam.duplicates.rules import Choice, Facts, GivesWay, Said
from awayteam.kernel.machines import problems

TODAY = date(2026, 3, 2)
DAYS = st.integers(1, 700).map(lambda n: TODAY + timedelta(days=n))


@st.composite
def said(draw: st.DrawFn) -> Said:
    choice = draw(st.sampled_from(Choice))
    way = draw(st.sampled_from(GivesWay)) if choice is Choice.CONVERGE else None
    return Said(choice, draw(DAYS), way)


def test_the_machine_has_no_dead_end_and_no_clock_without_an_owner() -> None:
    assert problems(MACHINE) == []


@given(said(), said())
def test_equal_answers_hold_with_the_earlier_date_and_others_go_to_the_manager(own: Said, home: Said) -> None:
    found = rules.answered(Facts(State.REVIEW), own, home)
    if (own.choice, own.gives_way) == (home.choice, home.gives_way):
        assert found.said is not None
        assert found.state is rules.TARGETS[own.choice]
        assert found.said.on == min(own.on, home.on)
    else:
        assert (found.state, found.said) == (State.ARBITRATION, None)
    assert rules.answered(Facts(State.REVIEW), home, own).state is found.state


@given(said())
def test_one_answer_waits_for_the_other_unless_nobody_stands_there(own: Said) -> None:
    assert rules.answered(Facts(State.REVIEW), own, None) == rules.Outcome(State.REVIEW)
    assert rules.answered(Facts(State.REVIEW), None, own) == rules.Outcome(State.REVIEW)
    alone = rules.answered(Facts(State.REVIEW, has_home=False), own, None)
    assert alone == rules.Outcome(rules.TARGETS[own.choice], own)


@given(st.integers(1, 9), st.integers(1, 9))
def test_silence_is_asked_again_and_then_a_manager_sees_it(asked: int, most: int) -> None:
    found = rules.expired(Facts(State.REVIEW, asked), most)
    assert found is (State.REVIEW if asked < most else State.ARBITRATION)


def test_a_manager_who_is_silent_passes_it_up_and_at_the_top_it_stays() -> None:
    assert rules.expired(Facts(State.ARBITRATION), 2) is State.ARBITRATION
    assert rules.expired(Facts(State.ARBITRATION, at_top=True), 2) is State.KEPT


@pytest.mark.parametrize("state", [state for state in State if state not in FINAL])
@pytest.mark.parametrize("at_top", [True, False])
def test_where_a_clock_leads_the_table_leads_too(state: State, at_top: bool) -> None:
    for asked in (1, 2, 3):
        found = MACHINE.find(state, Verb.EXPIRE)
        assert found is not None
        assert rules.expired(Facts(state, asked, at_top=at_top), 2) in found.targets


@pytest.mark.parametrize("state", sorted(FINAL))
def test_nothing_follows_an_end(state: State) -> None:
    assert all(rules.why_not(Facts(state), verb) for verb in Verb)
    with pytest.raises(ValueError, match="no clock runs"):
        rules.expired(Facts(state), 2)


@given(said(), st.integers(1, 700))
def test_dates_lie_ahead_and_not_too_far(answer: Said, most: int) -> None:
    wrong = rules.wrong_with(answer, TODAY, most)
    assert ("on" in wrong) == ((answer.on - TODAY).days > most)
    assert "gives_way" not in wrong
    assert "on" in rules.wrong_with(Said(answer.choice, TODAY, answer.gives_way), TODAY, most)


def test_who_gives_way_is_said_only_where_both_converge() -> None:
    later = TODAY + timedelta(days=9)
    assert "gives_way" in rules.wrong_with(Said(Choice.CONVERGE, later), TODAY, 99)
    assert "gives_way" in rules.wrong_with(Said(Choice.KEEP, later, GivesWay.OWN), TODAY, 99)


@given(st.lists(st.booleans(), max_size=9), st.booleans(), st.integers(2, 9))
def test_too_many_are_counted_with_the_first(flags: list[bool], exists: bool, most: int) -> None:
    found = rules.crowd(flags, exists=exists, too_many=most)
    assert found.solutions == len(flags) + exists
    assert found.is_too_many == (found.solutions >= most)
    assert bool(found.warning) == (found.is_too_many or any(flags))


class Life(RuleBasedStateMachine):
    """Whatever people and clocks do, in whatever order: the table allows it, and what isn't final has a way on."""

    def __init__(self) -> None:
        super().__init__()
        self.state, self.asked, self.level = State.OPEN, 0, 0
        self.own: Said | None = None
        self.home: Said | None = None

    def _to(self, verb: Verb, target: State) -> None:
        found = MACHINE.find(self.state, verb)
        assert found is not None
        assert target in found.targets
        if target is State.REVIEW:
            again = self.state is State.REVIEW
            self.asked = self.asked + 1 if again else 1
            if not again:
                self.own = self.home = None
        if target is not State.ARBITRATION:
            self.level = 0
        self.state = target

    def _facts(self) -> Facts:
        return Facts(self.state, self.asked, at_top=self.level >= 2)

    @precondition(lambda self: self.state in RESTING)
    @rule()
    def look(self) -> None:
        self._to(Verb.LOOK_AGAIN, State.REVIEW)

    @precondition(lambda self: self.state is State.REVIEW)
    @rule(answer=said(), party=st.sampled_from([Party.OWN, Party.HOME]))
    def answer(self, answer: Said, party: Party) -> None:
        if party is Party.OWN and self.own is None:
            self.own = answer
        elif party is Party.HOME and self.home is None:
            self.home = answer
        else:
            return
        found = rules.answered(self._facts(), self.own, self.home)
        if found.state is not State.REVIEW:
            self._to(Verb.ANSWER, found.state)

    @precondition(lambda self: self.state is State.ARBITRATION)
    @rule(choice=st.sampled_from(Choice))
    def settle(self, choice: Choice) -> None:
        self._to(Verb.SETTLE, rules.TARGETS[choice])

    @precondition(lambda self: self.state not in FINAL)
    @rule()
    def expire(self) -> None:
        target = rules.expired(self._facts(), 2)
        level = self.level + 1 if self.state is State.ARBITRATION else 0
        self._to(Verb.EXPIRE, target)
        self.level = level if target is State.ARBITRATION else 0

    @precondition(lambda self: self.state not in FINAL)
    @rule()
    def finish(self) -> None:
        self._to(Verb.FINISH, rules.finished(self.state))

    @precondition(lambda self: self.state in FINAL)
    @rule(verb=st.sampled_from(Verb))
    def nothing(self, verb: Verb) -> None:
        assert rules.why_not(self._facts(), verb)

    @invariant()
    def a_way_on(self) -> None:
        assert (self.state in FINAL) == (not MACHINE.leaving(self.state))
        assert self.state is not State.REVIEW or self.own is None or self.home is None


TestLife = Life.TestCase
