"""Assigning units: even, independent, stable when traffic is dialled up, the same one by one and at once."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from awayteam.flags.assignment import (
    Assigner,
    BadRule,
    Why,
    assign_many,
    hashes,
    parse,
    targeting_of,
    to_data,
)
from awayteam.flags.evaluating import Flag
from awayteam.flags.evaluating.assigning import seed_of

UNITS = [f"user-{number}" for number in range(1_000_000)]
ARMS = [["old", 1], ["new", 1]]
FROZEN = [
    ("b", "enrolled"),
    (None, "not-exposed"),
    (None, "not-exposed"),
    (None, "held-out"),
    (None, "not-exposed"),
    (None, "held-out"),
    (None, "not-exposed"),
]
SEEDS = [4187983239, 66094696, 2549075781, 2315637364]


def test_the_algorithm_never_changes() -> None:
    """Frozen: these are its answers for ever; another algorithm gets another number."""
    rule = parse({"id": "frozen", "traffic": 5000, "arms": [["a", 1], ["b", 2]], "holdout": {"id": "h", "slots": 1000}})
    found = [Assigner(rule).assign(unit) for unit in ("u1", "u2", "ü", "日本", "u5", "u6", "😀")]
    assert [(one.arm, one.why.value) for one in found] == FROZEN
    assert [seed_of(purpose, "frozen") for purpose in ("layer", "holdout", "exposure", "variant")] == SEEDS


def test_shares_are_even_over_a_million_units() -> None:
    found = assign_many(parse({"id": "even", "arms": [["a", 1], ["b", 2], ["c", 7]]}), UNITS)
    counts = np.bincount(found.arm)
    assert counts.sum() == len(UNITS)
    assert stats.chisquare(counts, np.array([0.1, 0.2, 0.7]) * len(UNITS)).pvalue > 1e-4
    slots = (hashes(UNITS, seed_of("exposure", "even")) * np.uint64(100)) >> np.uint64(32)
    assert stats.chisquare(np.bincount(slots.astype(int), minlength=100)).pvalue > 1e-4


@pytest.mark.parametrize("other", ["even-2", "EVEN", "even ", "x"])
def test_experiments_and_purposes_are_independent(other: str) -> None:
    salt = other.strip() or "x"
    one = assign_many(parse({"id": "even", "arms": ARMS}), UNITS[:300_000]).arm
    two = assign_many(parse({"id": salt + "!", "arms": ARMS}), UNITS[:300_000]).arm
    table = np.array([[np.sum((one == a) & (two == b)) for b in (0, 1)] for a in (0, 1)])
    assert stats.chi2_contingency(table).pvalue > 1e-4
    half = parse({"id": "even", "traffic": 5000, "arms": ARMS, "layer": {"id": "even", "from": 0, "to": 5000}})
    inside = assign_many(half, UNITS[:300_000]).arm
    assert abs(np.mean(inside >= 0) - 0.25) < 0.005, "layer and exposure with one salt don't hang together"
    assert abs(np.mean(inside[inside >= 0] == 0) - 0.5) < 0.005


def test_dialling_up_and_new_weights_never_move_an_enrolled_unit() -> None:
    epochs = [{"traffic": 500, "arms": [["old", 9], ["new", 1]]}]
    before = assign_many(parse({"id": "dial", "epochs": epochs}), UNITS[:200_000])
    for traffic, arms in ((500, ARMS), (2_000, ARMS), (10_000, [["new", 1], ["old", 3], ["third", 1]])):
        epochs = [*epochs, {"traffic": traffic, "arms": arms}]
        after = assign_many(parse({"id": "dial", "epochs": epochs}), UNITS[:200_000])
        enrolled = before.arm >= 0
        names = np.array([*before.names, ""]), np.array([*after.names, ""])
        assert (names[0][before.arm[enrolled]] == names[1][after.arm[enrolled]]).all()
        assert (before.epoch[enrolled] == after.epoch[enrolled]).all()
        before = after
    assert (before.arm >= 0).all()
    last = before.arm[before.epoch == 3]
    share = {name: float(np.mean(last == number)) for number, name in enumerate(before.names)}
    assert share == pytest.approx({"old": 0.6, "new": 0.2, "third": 0.2}, abs=0.01), "each epoch has its own ratio"


def test_layers_exclude_each_other_and_holdouts_keep_out_of_all() -> None:
    first = {
        "id": "a",
        "arms": ARMS,
        "layer": {"id": "page", "from": 0, "to": 4000},
        "holdout": {"id": "y", "slots": 500},
    }
    second = first | {"id": "b", "layer": {"id": "page", "from": 4000, "to": 10_000}}
    one, two = (assign_many(parse(rule), UNITS[:200_000]).arm >= 0 for rule in (first, second))
    assert not (one & two).any()
    held = ((hashes(UNITS[:200_000], seed_of("holdout", "y")) * np.uint64(10_000)) >> np.uint64(32)) < 500
    assert not ((one | two) & held).any()
    assert (one | two | held).all()
    assert abs(held.mean() - 0.05) < 0.003


def test_dropping_an_arm_moves_nobody_else() -> None:
    rule = {"id": "drop", "arms": [["a", 1], ["b", 1], ["c", 1]]}
    before = assign_many(parse(rule), UNITS[:100_000]).arm
    after = assign_many(parse(rule | {"dropped": ["b"]}), UNITS[:100_000]).arm
    assert (after[before == 1] == -1).all()
    assert (after[before != 1] == before[before != 1]).all()
    assert Assigner(parse(rule | {"dropped": ["b"]})).assign(UNITS[int(np.argmax(before == 1))]).why is Why.DROPPED


rules = st.fixed_dictionaries(
    {"id": st.text("abc-ü", min_size=1, max_size=9)},
    optional={
        "traffic": st.integers(0, 10_000),
        "layer": st.tuples(st.integers(0, 5_000), st.integers(5_000, 10_000)).map(
            lambda ends: {"id": "layer", "from": ends[0], "to": ends[1]}
        ),
        "holdout": st.integers(0, 10_000).map(lambda slots: {"id": "h", "slots": slots}),
        "dropped": st.sampled_from([[], ["x"]]),
        "overrides": st.dictionaries(st.text(max_size=3), st.sampled_from(["x", "y"]), max_size=3),
    },
).map(lambda rule: {**rule, "arms": [["x", 3], ["y", 1], ["z", 0]]})


@given(data=rules, units=st.lists(st.text(max_size=6), min_size=1, max_size=40))
@settings(max_examples=150, deadline=None)
def test_one_by_one_and_at_once_are_the_same_and_rules_survive_being_written(data: Any, units: list[str]) -> None:
    rule = parse(data)
    assert parse(to_data(rule)) == rule
    many, assigner = assign_many(rule, units), Assigner(rule)
    for number, unit in enumerate(units):
        one = assigner.assign(unit)
        assert one.arm == (many.names[many.arm[number]] if many.arm[number] >= 0 else None)
        assert (one.epoch if one.why is Why.ENROLLED else None) == (
            int(many.epoch[number]) if many.epoch[number] >= 0 and one.why is Why.ENROLLED else None
        )
        assert one.arm != "z", "an arm of weight 0 gets nobody"


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"id": ""}, "id"), ({"id": " x"}, "id"), ({"traffic": 10_001}, "traffic"), ({"traffic": True}, "traffic"),
        ({"arms": []}, "arms"), ({"arms": [["a", 0]]}, "arms"), ({"arms": [["a", 1], ["a", 1]]}, "arms"),
        ({"arms": [["a"]]}, "arms[0]"), ({"arms": [["a", -1]]}, "arms[0][1]"), ({"algorithm": 2}, "algorithm"),
        ({"layer": {"id": "l", "from": 5, "to": 4}}, "layer.to"), ({"layer": 1}, "layer"), ({"what": 1}, "what"),
        ({"holdout": {"id": "h", "slots": 10_001}}, "holdout.slots"), ({"dropped": ["q"]}, "dropped"),
        ({"overrides": {"u": "q"}}, "overrides"), ({"epochs": []}, "epochs"),
        ({"epochs": [{"traffic": 5, "arms": ARMS}, {"traffic": 4, "arms": ARMS}], "arms": ..., }, "epochs[1].traffic"),
    ],
)  # fmt: skip
def test_rules_that_cannot_be_used_name_the_field(changes: dict[str, Any], where: str) -> None:
    given = {name: one for name, one in ({"id": "e", "arms": ARMS} | changes).items() if one is not ...}
    with pytest.raises(BadRule) as caught:
        parse(given)
    assert caught.value.where == where


def test_an_experiment_in_a_flag_splits_and_says_so() -> None:
    rule = parse({"id": "cart", "traffic": 6000, "arms": ARMS, "overrides": {"tester": "new"}})
    made = Flag(
        "cart", {"variants": {"old": 1, "new": 2}, "defaultVariant": "old",
                 "targeting": targeting_of(rule, {"==": [{"var": "country"}, "DE"]})},
    )  # fmt: skip
    assert made.problems == []
    assigner, reasons = Assigner(rule), set()
    for unit in UNITS[:2_000]:
        answer, assigned = made.evaluate({"targetingKey": unit, "country": "DE"}), assigner.assign(unit)
        assert answer.variant == (assigned.arm or "old")
        assert answer.metadata["experiment"] == "cart"
        reasons.add((assigned.why.value, answer.reason.value, answer.metadata["assignment"]))
    assert reasons == {("enrolled", "SPLIT", "enrolled"), ("not-exposed", "DEFAULT", "not-exposed")}
    outside = made.evaluate({"targetingKey": UNITS[0], "country": "FR"})
    assert (outside.variant, outside.reason.value, dict(outside.metadata)) == ("old", "DEFAULT", {})
    assert made.evaluate({"targetingKey": "tester", "country": "DE"}).metadata["assignment"] == "override"
    assert made.evaluate({"country": "DE"}).metadata["assignment"] == "no-unit"
    other = Flag("cart", {"variants": {"old": 1, "new": 2}, "targeting": targeting_of(rule, None, "old")})
    assert {other.evaluate({"targetingKey": unit}).variant for unit in UNITS[:100]} == {"old", "new"}
