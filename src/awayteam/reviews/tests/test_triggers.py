"""What needs a review, by the rulebook's lines."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awayteam.kernel import rulebook
from awayteam.kernel.rulebook import checks
from awayteam.kernel.rulebook.build import check
from awayteam.reviews import triggers
from awayteam.reviews.triggers import Facts, judge, read

SHIPPED = read(rulebook.defaults().reviews.triggers)


def fields(facts: Facts) -> list[str]:
    return [needed.field for needed in judge(SHIPPED, facts).needed]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(), []),
        (Facts(tier=1), ["architecture"]),
        (Facts(tier=2), []),
        (Facts(consumers=20), ["architecture"]),
        (Facts(consumers=19), []),
        (Facts(data_class="Personal"), ["architecture"]),
        (Facts(data_class="public"), []),
        (Facts(breaking_api=True), ["architecture"]),
        (Facts(breaking_api=False), []),
        (Facts(spend=Decimal("100000")), ["architecture"]),
        (Facts(customer_experiment=True), ["ab-testing", "customer-experience"]),
        (Facts(changed_lines=4999), []),
        (Facts(changed_lines=5000), ["architecture"]),
    ],
)
def test_the_shipped_triggers(facts: Facts, expected: list[str]) -> None:
    assert fields(facts) == expected


def test_one_field_keeps_every_reason_and_what_nobody_knows_is_said() -> None:
    verdict = judge(SHIPPED, Facts(tier=1, breaking_api=True))
    assert [met.rule for met in verdict.needed[0].because] == [
        "tier <= 1 -> architecture",
        "breaking-api -> architecture",
    ]
    assert "consumers >= 20 -> architecture" in verdict.unknown
    assert triggers.plain(verdict.needed[0].because)[0] == {
        "rule": "tier <= 1 -> architecture", "fact": "tier", "value": "1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("tier <= 1 -> architecture", None),
        ("data-class is a, b -> design, architecture", None),
        ("tier is 1 -> architecture", "write"),
        ("tier <= one -> architecture", "write"),
        ("breaking-api is yes -> architecture", "true or false"),
        ("weather >= 3 -> design", "nothing is known"),
        ("tier <= 1", "no trigger"),
        ("-> design", "no trigger"),
    ],
)
def test_a_line_that_says_nothing_is_refused(line: str, problem: str | None) -> None:
    found = checks.review_triggers([line])
    assert found is None if problem is None else problem in (found or "")


@given(st.text(max_size=60))
def test_what_the_check_lets_through_can_be_read(line: str) -> None:
    if checks.review_triggers([line]) is None:
        assert read([line])[0].fields


def test_fields_of_questions_and_triggers_exist() -> None:
    problems = [
        str(one) for one in check('[reviews]\nmore_questions = ["law: May we?"]\nmore_triggers = ["tier <= 2 -> law"]')
    ]
    assert ["law" in one for one in problems] == [True, True]
    assert check('[reviews]\nmore_fields = ["law: Law"]\nmore_triggers = ["tier <= 2 -> law"]') == []


def test_questions_of_a_field_are_those_of_every_field_and_its_own() -> None:
    lines = ["*: Why?", "design: Nice?", "law: May we?"]
    assert triggers.questions(lines, "design") == ("Why?", "Nice?")
    assert triggers.named(["law: Law: civil"]) == {"law": "Law: civil"}
