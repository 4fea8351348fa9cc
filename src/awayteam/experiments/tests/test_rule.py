"""The rule by which a registered experiment is decided is the one that reads a table without a server."""

from itertools import product
from typing import Any

import pytest

from awayteam.analysis.rule import advise
from awayteam.experiments.rules import Direction, Measured, Outcome, Role, Standing, recommend, standing

SAID = {Outcome.SHIP: "ship", Outcome.DONT_SHIP: "don't ship", Outcome.DISCUSS: "discuss", Outcome.INVALID: "invalid"}
SUCCESS = {Standing.IMPROVED: (0.1, 0.3), Standing.HARMED: (-0.3, -0.1), Standing.OPEN: (-0.1, 0.2)}
GUARDRAIL = {Standing.WITHIN: (-0.01, 0.1), Standing.BEYOND: (-0.3, -0.1), Standing.OPEN: (-0.1, 0.1)}


def measured(role: Role, word: Standing) -> Measured:
    low, high = (SUCCESS if role is Role.SUCCESS else GUARDRAIL)[word]
    found = Measured(
        f"{role}-{word}", str(word), role, Direction.UP, (low + high) / 2, low, high,
        0.05 if role is Role.GUARDRAIL else None, word in (Standing.IMPROVED, Standing.HARMED),
    )  # fmt: skip
    assert standing(found) is word
    return found


def row(role: Role, word: Standing) -> dict[str, Any]:
    return {
        "name": str(word), "role": str(role), "p": 0.5, "notes": [], "broken": False,
        "better": word is Standing.IMPROVED, "worse": word is Standing.HARMED,
        "inferior": word is Standing.BEYOND, "non_inferior": word is Standing.WITHIN,
    }  # fmt: skip


@pytest.mark.parametrize("reached", [True, False])
def test_both_say_the_same_wherever_metrics_stand(reached: bool) -> None:
    for words in product(product(SUCCESS, repeat=2), GUARDRAIL):
        (first, second), guard = words
        parts = [(Role.SUCCESS, first), (Role.SUCCESS, second), (Role.GUARDRAIL, guard)]
        here = recommend({"new": [measured(*one) for one in parts]}, [], reached=reached)
        there = advise("new", [row(*one) for one in parts], [], 1.0 if reached else 0.4)
        assert SAID[here.outcome] == there.outcome, words


def test_nothing_found_early_is_discussed_and_with_the_planned_units_not_shipped() -> None:
    silent = [row(Role.SUCCESS, Standing.OPEN)]
    assert advise("new", silent, [], 0.4).outcome == "discuss"
    assert advise("new", silent, [], 1.0).outcome == "don't ship"
    assert advise("new", silent, ["units came in unevenly"], 1.0).outcome == "invalid"
