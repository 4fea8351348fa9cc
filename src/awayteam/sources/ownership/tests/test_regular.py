import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awayteam.sources.ownership.regular import RegularError, RegularSet

ATOMS = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\.", r"\w", r"\d", "/", r"\b", "^", "$", "(?i:A)", "é"])


def expressions() -> st.SearchStrategy[str]:
    return st.recursive(
        ATOMS,
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=4).map("".join),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
            st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{0,2}", "{1,}", "*?"])).map(
                lambda pair: f"(?:{pair[0]}){pair[1]}"
            ),
        ),
        max_leaves=8,
    )


@given(expression=expressions(), text=st.text("ab./_é\n1A", max_size=12))
def test_equals_re_where_re_is_safe(expression: str, text: str) -> None:
    expected = re.search(expression.replace("$", r"\Z"), text, re.ASCII) is not None
    assert (0 in RegularSet([expression]).search(text)) == expected


@given(parts=st.lists(expressions(), min_size=1, max_size=5), text=st.text("ab./_é", max_size=12))
def test_side_by_side_equals_one_by_one(parts: list[str], text: str) -> None:
    together = RegularSet(parts).search(text)
    assert together == {index for index, part in enumerate(parts) if RegularSet([part]).search(text)}


@pytest.mark.parametrize(
    ("expression", "text", "matches"),
    [
        (r"\.go$", "a/b.go", True),
        (r"\.go$", "a/b.gox", False),
        ("^docs/(aws|google)/[^/]*\\.(md|txt)$", "docs/aws/x.md", True),
        (r"\Qa.b\E", "a.b", True),
        (r"\Qa.b\E", "axb", False),
        (r"^\pL+$", "été", True),
        (r"^[[:alpha:]]+$", "abc1", False),
        (r"(?i)^readme", "README.md", True),
        (r"\x41\x{42}", "AB", True),
        ("", "anything", True),
        (r"a{,2}", "a{,2}", True),
        (r"[]a]+$", "x]", True),
    ],
)
def test_cases(expression: str, text: str, matches: bool) -> None:
    assert (RegularSet([expression]).search(text) == {0}) is matches


@pytest.mark.parametrize(
    "expression",
    ["(a", "a)", "*a", "a**", "(?=a)", "(?<=a)b", r"(a)\1", "a{2000}", "[b-a]", "[a", "a\\", r"\p{Greek}", "(?P<n",
     "x" * 20_000, "(" * 300 + ")" * 300, "((a{1000}){1000}){1000}"],
)  # fmt: skip
def test_what_is_refused(expression: str) -> None:
    with pytest.raises(RegularError):
        RegularSet([expression])


def test_catastrophic_expressions_are_quick() -> None:
    start = time.monotonic()
    for expression in (
        r"(a+)+$",
        r"(a|aa)+$",
        r"(.*)*b",
        r"(a*)*(b*)*c$",
        r"^(([a-z])+.)+[A-Z]([a-z])+$",
        "(a?){200}a{200}$",
    ):
        assert RegularSet([expression]).search("a" * 5_000 + "!") == frozenset()
    assert time.monotonic() - start < 10
