"""What the gate asks of a visit is what its contract says."""

import pytest

from awayteam.gate.tests import yard
from awayteam.gate.verdict import Outcome

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("more", "lacks"),
    [
        ({"pledged_hours": 20}, {"home-side"}),
        ({"pledged_hours": 20, "review_mode": "architecture"}, {"design", "own-review"}),
        ({"pledged_hours": 0, "review_mode": "bar-raiser"}, {"independent"}),
    ],
)
def test_the_mode_is_that_of_the_contract(more: dict[str, object], lacks: set[str]) -> None:
    verdict = yard.lay_out(**more).judged().verdict
    assert (verdict.outcome, {need.rule for need in verdict.needs} - {"checks"}) == (Outcome.WAITING, lacks)
