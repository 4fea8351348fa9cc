"""When use is evidence enough, and what contradicts it: properties and the figures of the specification."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awayteam.kernel.machines import problems
from awayteam.succession import rules
from awayteam.succession.headers import headers, recipes, wrong_address
from awayteam.succession.machine import MACHINE
from awayteam.succession.rules import (
    Belonging,
    BelongingLimits,
    Coverage,
    Facts,
    Finding,
    Limits,
    Parties,
    Use,
    contradictions,
    frozen,
    gaps,
    judge,
    miss,
)

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
LIMITS = Limits(100, 0.001, 100, 2, 0.001, 48)
GOOD = Coverage("envoy", NOW - 100 * DAY, NOW, 1.0)
TILL = Use("component:default/till", "till", 2, "payments", 5_000, NOW)
teams = st.one_of(st.none(), st.integers(1, 4))
uses = st.builds(
    Use, st.text("abc", min_size=1, max_size=3), st.just("x"), teams, st.just("t"), st.floats(0, 1e9),
    st.integers(0, 400).map(lambda days: NOW - days * DAY),
)  # fmt: skip
spans = st.tuples(st.integers(0, 90), st.integers(1, 40)).map(
    lambda one: (NOW - 100 * DAY + one[0] * DAY, NOW - 100 * DAY + (one[0] + one[1]) * DAY)
)


def test_the_machine_has_no_dead_end_and_every_state_a_clock() -> None:
    assert problems(MACHINE) == []


def test_a_consumer_of_a_hundred_calls_is_missed_at_one_in_a_hundred_with_thirty_seven_percent() -> None:
    assert miss(0.01, 100) == pytest.approx(0.366, abs=0.001)
    assert miss(1.0, 1) == 0.0
    assert miss(0.01, 688) < 0.001 < miss(0.01, 687)
    with pytest.raises(ValueError, match="share"):
        miss(1.2, 1)


@settings(suppress_health_check=[HealthCheck.too_slow])  # the first draw of a session reads all modules
@given(st.integers(0, 1_000), st.integers(0, 1_000), st.integers(0, 10_000), st.integers(0, 10_000))
def test_more_sampling_and_more_calls_never_miss_more(p: int, q: int, n: int, m: int) -> None:
    low, high = sorted((p / 1_000, q / 1_000))
    few, many = sorted((n, m))
    assert 0 <= miss(high, many) <= miss(low, many) <= miss(low, few) <= 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"since": NOW - 99 * DAY}, "looks back 99 days"),
        ({"until": NOW - 3 * DAY, "since": NOW - 110 * DAY}, "has seen nothing since"),
        ({"sampling": 0.01}, "misses a consumer of 100 calls with a chance of 36.6%"),
        ({"gaps": ((NOW - 9 * DAY, NOW - 8 * DAY),)}, "saw nothing for 24 hours in 1 gaps"),
        ({"lost": 0.01}, "couldn't tell the caller of 1.0%"),
    ],
)
def test_evidence_with_a_hole_changes_no_owner(change: dict[str, object], said: str) -> None:
    verdict = judge(Facts(1, (TILL,), (replace(GOOD, **change),)), LIMITS, NOW)  # type: ignore[arg-type]
    assert verdict.finding is Finding.SOLE
    assert not verdict.enough
    assert said in " ".join(verdict.doubts)


def test_one_good_source_is_enough_beside_a_bad_one() -> None:
    verdict = judge(Facts(1, (TILL,), (replace(GOOD, source="otlp", sampling=0.01), GOOD)), LIMITS, NOW)
    assert (verdict.enough, verdict.team, verdict.source, verdict.miss) == (True, 2, "envoy", 0.0)


def test_sampling_is_good_enough_where_a_miss_is_rare() -> None:
    assert judge(Facts(1, (TILL,), (replace(GOOD, sampling=0.1),)), LIMITS, NOW).enough
    assert not judge(Facts(1, (TILL,), (replace(GOOD, sampling=0.05),)), LIMITS, NOW).enough


@given(st.lists(uses, max_size=6), teams)
def test_only_one_known_team_that_is_not_the_owner_is_a_sole_consumer(many: list[Use], owner: int | None) -> None:
    verdict = judge(Facts(owner, tuple(many), (GOOD,)), LIMITS, NOW)
    seen = {one.team for one in many}
    sole = len(seen) == 1 and None not in seen and owner not in seen
    assert (verdict.finding is Finding.SOLE) == sole
    assert verdict.team == (next(iter(seen)) if sole else None)
    assert verdict.enough == (sole or not many)


def test_nothing_observed_is_no_evidence_of_no_use() -> None:
    verdict = judge(Facts(1, (), ()), LIMITS, NOW)
    assert (verdict.finding, verdict.enough, verdict.miss) == (Finding.NONE, False, None)


@given(st.lists(spans, max_size=8))
def test_gaps_and_spans_together_are_the_whole(seen: list[tuple[datetime, datetime]]) -> None:
    since = NOW - 100 * DAY
    found = gaps(seen, since, NOW)
    hours = [since + n * timedelta(hours=6) for n in range(400)]
    for at in hours:
        assert any(a <= at < b for a, b in found) != any(a <= at < b for a, b in seen)


def test_a_new_consumer_contradicts_and_an_old_one_does_not() -> None:
    new = Use("component:default/finder", "finder", 3, "search", 10, NOW)
    facts = Facts(1, (TILL, new, Use("x", "x", None, "", 1, NOW - 9 * DAY)), (GOOD,))
    told = {"expected": frozenset({2}), "since": NOW - DAY}
    assert contradictions(facts, **told) == ("search uses it: finder.",)
    assert contradictions(facts, expected=frozenset({2, 3}), since=NOW - DAY) == ()
    assert "no known team" in contradictions(facts, expected=frozenset({2, 3}), since=NOW - 20 * DAY)[0]
    assert contradictions(facts, expected=frozenset({2, 3}), since=NOW - 20 * DAY, known=frozenset({"x"})) == ()
    own = Facts(2, (TILL,), (GOOD,))
    assert contradictions(own, expected=frozenset(), since=NOW - DAY) == ("The owning team uses it: till.",)


def test_it_belongs_where_it_is_both_used_and_changed_most() -> None:
    facts = Facts(1, (TILL, Use("o", "o", 3, "search", 1_000, NOW)), (GOOD,))
    least = BelongingLimits(0.6, 0.5, 10)
    assert rules.belongs(facts, {2: 30, 1: 10}, 40, least) == Belonging(2, 5 / 6, 0.75)
    assert rules.belongs(facts, {2: 9, 1: 1}, 10, least) is None, "too few commits"
    assert rules.belongs(facts, {3: 40}, 40, least) is None, "changed most, used little"
    assert rules.belongs(replace(facts, owner=2), {2: 30}, 40, least) is None, "it is there already"


def test_what_overtakes_a_succession() -> None:
    fine = Parties(giver=1, receiver=2, owner=1, receiver_there=True, thing_there=True)
    assert rules.overtaken(fine) == ""
    assert "gone" in rules.overtaken(replace(fine, receiver_there=False))
    assert "gone" in rules.overtaken(replace(fine, thing_there=False))
    assert "already" in rules.overtaken(replace(fine, owner=2))
    assert "another way" in rules.overtaken(replace(fine, owner=3))
    assert rules.overtaken(replace(fine, receiver=None, receiver_there=False, transfer=False)) == ""


def test_the_hash_follows_the_content_and_not_the_order_of_its_keys() -> None:
    assert frozen({"a": 1, "b": [1, "ü"]}) == frozen({"b": [1, "ü"], "a": 1})
    assert frozen({"a": 1}) != frozen({"a": 2})
    with pytest.raises(ValueError, match="JSON"):
        frozen({"a": float("nan")})


def test_headers_are_those_of_the_two_standards() -> None:
    made = headers(datetime(2023, 6, 30, 23, 59, 59, tzinfo=UTC), datetime(2024, 6, 30, 23, 59, 59, tzinfo=UTC),
                   "https://example.org/end")  # fmt: skip
    assert made == [
        ("Deprecation", "@1688169599"),
        ("Sunset", "Sun, 30 Jun 2024 23:59:59 GMT"),
        ("Link", '<https://example.org/end>; rel="deprecation"; type="text/html"'),
        ("Link", '<https://example.org/end>; rel="sunset"; type="text/html"'),
    ]
    assert headers(NOW, None) == [("Deprecation", "@1772452800")]
    texts = dict(recipes(made))
    assert "add_header Sunset 'Sun, 30 Jun 2024 23:59:59 GMT' always;" in texts["nginx"]
    assert "key: deprecation, value: '@1688169599'" in texts["Envoy"]


@pytest.mark.parametrize(
    ("deprecated", "sunset", "more"),
    [
        (NOW, NOW - DAY, ""),
        (NOW.replace(tzinfo=None), None, ""),
        (NOW, None, "javascript:alert(1)"),
        (NOW, None, "https://example.org/\r\nX-Evil: 1"),
        (NOW, None, "https://example.org/$host"),
        (NOW, None, "https://ex\u00e4mple.org/"),
        (NOW, None, "https://[broken/"),
    ],
)
def test_no_header_is_made_of_what_would_lie_or_break_out(deprecated: datetime, sunset: datetime, more: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        headers(deprecated, sunset, more)


@given(st.text(max_size=60))
def test_no_address_that_passes_can_leave_its_header(text: str) -> None:
    if wrong_address("https://example.org/" + text):
        return
    made = headers(NOW, NOW + DAY, "https://example.org/" + text)
    for name, value in made:
        assert value.isprintable()
        assert name == "Link" or value
        assert value.count("<") == value.count(">") <= 1
