"""What of an address makes a view, and when two are the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awayteam.lists import rules

WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=8)


def test_what_passes_is_left_out_and_the_rest_keeps_its_order() -> None:
    assert rules.kept("?sort=-name&owner=&cursor=abc&q=a+b&saved=7&format=csv&owner=x%2Fy") == (
        "sort=-name&owner=&q=a+b&owner=x%2Fy"
    )
    assert rules.kept("cursor=1") == ""


@given(st.lists(st.tuples(WORDS, WORDS), max_size=6))
def test_keeping_again_changes_nothing_and_order_does_not_matter(pairs: list[tuple[str, str]]) -> None:
    from urllib.parse import urlencode

    kept = rules.kept(urlencode(pairs))
    assert rules.kept(kept) == kept
    assert rules.same(urlencode(pairs), urlencode(pairs[::-1]))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("a=1&b=2", "b=2&a=1&cursor=x", True), ("a=1", "a=1&a=1", False), ("a=", "", False), ("?a=b+c", "a=b%20c", True)],
)
def test_same(one: str, other: str, same: bool) -> None:
    assert rules.same(one, other) is same


@pytest.mark.parametrize(
    ("name", "problem"),
    [("Ours", None), (" ", "give it a name"), ("x" * 81, "has 81 characters; at most 80 fit"), ("a\x07", "holds")],
)
def test_names(name: str, problem: str | None) -> None:
    found = rules.wrong_name(name)
    assert found == problem if problem is None else found is not None and found.startswith(problem)


@pytest.mark.parametrize(
    ("query", "problem"),
    [("a=1", None), ("a=%00", "holds"), ("a=" + "x" * 2000, "has 2,002"), ("&".join(["a=1"] * 101), "has 101 filters")],
)
def test_queries(query: str, problem: str | None) -> None:
    found = rules.wrong_query(query)
    assert found == problem if problem is None else found is not None and found.startswith(problem)
