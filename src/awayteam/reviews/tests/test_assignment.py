"""The choice of a bar raiser: independence above all, then room; deterministic, and everybody passed over is named."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awayteam.reviews.assignment import FIRM, Candidate, Need, Why, choose, obstacle

TODAY = date(2026, 3, 2)
NEED = Need(
    "architecture", TODAY, TODAY + timedelta(days=3), houses=frozenset({1, 10}), teams=frozenset({1}),
    names={1: "Orders", 10: "Commerce"}, barred={7: "Decides it."}, asking=frozenset({7, 8}), above=frozenset({9}),
)  # fmt: skip


def one(person: int = 100, **more: Any) -> Candidate:
    return Candidate(**{"person": person, "name": f"P{person}", "field": "architecture", **more})


@pytest.mark.parametrize(
    ("candidate", "why", "words"),
    [
        (one(7), Why.BARRED, "Decides it."),
        (one(field="design"), Why.FIELD, "Raises the bar in design"),
        (one(left=True), Why.LEFT, "Has left"),
        (one(trained=False), Why.TRAINING, "trained"),
        (one(since=TODAY + timedelta(days=1)), Why.TERM, "Begins on 2026-03-03"),
        (one(term_until=TODAY - timedelta(days=1)), Why.TERM, "ended on 2026-03-01"),
        (one(houses=frozenset({3, 10})), Why.NEAR, "Commerce"),
        (one(9), Why.LINE, "above"),
        (one(above=frozenset({8})), Why.LINE, "Reports"),
        (one(recent=((1, "Visited Orders until January."),)), Why.RECENT, "Visited"),
        (one(absences=((TODAY + timedelta(days=3), TODAY + timedelta(days=9)),)), Why.ABSENT, "away"),
        (one(load=3, load_max=3), Why.LOAD, "3 open"),
        (one(term_until=TODAY, since=TODAY, houses=frozenset({2}), recent=((2, "Elsewhere."),)), None, ""),
        (one(absences=((TODAY - timedelta(days=9), TODAY - timedelta(days=1)),), load=2), None, ""),
    ],
)
def test_each_rule_passes_over_by_its_name(candidate: Candidate, why: Why | None, words: str) -> None:
    found = obstacle(candidate, NEED)
    assert (found and found[0]) == why
    if found:
        assert words in found[1]


def test_the_most_room_wins_then_whoever_waited_longest_then_the_lowest_id() -> None:
    roomy, busy = one(5, load=1, load_max=4), one(4, load=1, load_max=2)
    assert choose([busy, roomy], NEED).person == 5
    waited, lately = one(6, last=date(2025, 1, 1)), one(3, last=date(2026, 2, 1))
    assert choose([lately, waited], NEED).person == 6
    assert choose([one(12), one(11)], NEED).person == 11


def test_nobody_says_why() -> None:
    assert choose([], NEED).reasons == ("Nobody raises the bar in architecture yet.",)
    choice = choose([one(7), one(8, load=9), one(9)], NEED)
    assert choice.person is None
    assert choice.reasons == ("None of 3 can: 1 by barred, 1 by line, 1 by load.",)
    assert choice.counts == {Why.BARRED: 1, Why.LOAD: 1, Why.LINE: 1}


ids = st.integers(1, 12)
some = st.frozensets(ids, max_size=4)
days = st.integers(-40, 40).map(lambda number: TODAY + timedelta(days=number))
candidates = st.lists(
    st.builds(
        Candidate, person=st.integers(1, 400), name=st.just("P"), field=st.sampled_from(["architecture", "design"]),
        houses=some, above=some, trained=st.booleans(), since=st.none() | days, term_until=st.none() | days,
        left=st.booleans(), absences=st.lists(st.tuples(days, days).map(lambda two: (min(two), max(two))), max_size=2)
        .map(tuple), recent=st.lists(st.tuples(ids, st.just("There.")), max_size=2).map(tuple),
        load=st.integers(0, 4), load_max=st.integers(1, 4), last=st.none() | days,
    ),
    max_size=12, unique_by=lambda candidate: candidate.person,
)  # fmt: skip
needs = st.builds(
    Need, field=st.just("architecture"), today=st.just(TODAY), until=st.just(TODAY + timedelta(days=3)), houses=some,
    teams=some, names=st.just({}), barred=st.dictionaries(ids, st.just("No.")), asking=some, above=some,
)  # fmt: skip


@given(candidates, needs, st.randoms())
def test_whoever_is_chosen_is_independent_and_the_order_of_candidates_says_nothing(
    given_candidates: list[Candidate], need: Need, random: Any
) -> None:
    choice = choose(given_candidates, need)
    shuffled = list(given_candidates)
    random.shuffle(shuffled)
    assert choose(shuffled, need) == choice
    passed = {each.person for each in choice.passed_over}
    free = {each.person for each in given_candidates} - passed
    assert (choice.person in free) if choice.person is not None else not free
    for each in given_candidates:
        if each.person == choice.person:
            assert not each.houses & need.houses
            assert each.person not in need.above | set(need.barred)
            assert not each.above & need.asking
            assert not {team for team, _words in each.recent} & need.teams
            assert each.trained
            assert not each.left
            assert each.load < each.load_max
            room = each.load / each.load_max
            assert all(other.load / other.load_max >= room for other in given_candidates if other.person in free)
    assert all(each.words and each.why for each in choice.passed_over)
    assert choice.reasons


def test_load_and_absence_alone_give_way_to_a_keeper() -> None:
    assert set(Why) - FIRM == {Why.LOAD, Why.ABSENT}
