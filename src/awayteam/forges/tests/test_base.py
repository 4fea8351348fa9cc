"""The rules are those of the branch where a change is to go in, as they are now; other rules make us ask again."""

from collections.abc import Iterator

import pytest
from django.test import Client as Browser

from awayteam.forges.models import ForgeBypass
from awayteam.forges.port import Account, Place, PushHeard
from awayteam.forges.reading import Node
from awayteam.forges.tests.yard import Yard, yard

pytestmark = pytest.mark.django_db
TO_SEARCH = {"CODEOWNERS": b"* @acme/search\n"}


@pytest.fixture
def here(client: Browser) -> Iterator[Yard]:
    with yard(client) as made:
        yield made


def test_other_rules_on_the_branch_hold_for_changes_that_are_open(here: Yard) -> None:
    pull = here.pull("ada")
    here.hear()
    here.github.review(pull, "bob")
    here.hear()
    assert (here.outcome(pull), here.change(pull).home_team_id and here.change(pull).home_team.name) == (
        "allowed", "orders",
    )  # fmt: skip
    tip = here.github.push_to_branch(here.orders, "cy", TO_SEARCH)
    here.hear()
    change = here.change(pull)
    assert (here.outcome(pull), change.home_team and change.home_team.name, change.base) == ("waiting", "search", tip)
    assert {conclusion for _, conclusion in here.checks(pull)} != {"success"}


def test_a_push_that_touches_no_rules_asks_nothing(here: Yard) -> None:
    pull = here.pull("ada")
    here.hear()
    asked = here.row(pull).asked
    here.github.push_to_branch(here.orders, "cy", {"cart.py": b"9"})
    here.hear()
    assert here.row(pull).asked == asked
    here.github.push_to_branch(here.orders, "cy", {"docs/OWNERS": b"approvers: [sam]"})
    here.hear()
    assert here.row(pull).asked > asked


def test_what_went_in_by_the_rules_of_its_time_is_no_bypass(here: Yard) -> None:
    pull = here.pull("ada")
    here.hear()
    here.github.push_to_branch(here.orders, "cy", TO_SEARCH)
    here.github.review(pull, "sam")
    here.hear()
    assert here.outcome(pull) == "allowed"
    here.github.merge(pull, "sam")
    here.hear()
    assert (here.change(pull).state, here.outcome(pull)) == ("merged", "allowed")
    assert not ForgeBypass.objects.exists()


@pytest.mark.parametrize(
    ("message", "names"),
    [
        ({"commits": [{"added": ["a/OWNERS"], "removed": [], "modified": ["b"]}]}, {"OWNERS", "b"}),
        ({"commits": []}, None),
        ({}, None),
        ({"commits": [{"added": ["a"]}]}, None),
        ({"commits": [{"added": [1], "removed": [], "modified": []}]}, set()),
        ({"commits": "all"}, None),
    ],
)
def test_names_of_a_push_are_those_that_it_tells_of_or_nobody_knows(message: object, names: set[str] | None) -> None:
    assert Node(message).pushed_names() == names


def test_commits_that_a_forge_leaves_out_make_a_push_unknown() -> None:
    one = {"added": [], "removed": [], "modified": ["x"]}
    assert Node({"commits": [one] * 20}).pushed_names(20) == {"x"}
    assert Node({"commits": [one] * 20}).pushed_names(21) is None


def test_the_branch_of_a_push() -> None:
    heard = PushHeard(Place("1", "a/b"), "refs/heads/feature/x", "", "", Account("1", "ada"), False, at=None)  # type: ignore[arg-type]
    assert heard.branch == "feature/x"
