import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awayteam.sources.ownership.base import MemoryTree, Status
from awayteam.sources.ownership.gitea import Gitea, _tokens, load

ATOMS = st.sampled_from(["a", "b", "/", ".*", "[^/]*", "a+", "(a|b)", r"\\.", "b?", "."])


@given(
    rules=st.lists(
        st.tuples(st.booleans(), st.lists(ATOMS, min_size=1, max_size=4).map("".join)), min_size=1, max_size=5
    ),
    path=st.text("ab/.", min_size=1, max_size=8).filter(lambda path: not path.startswith(("/", "./"))),
)
def test_every_matching_rule_counts(rules: list[tuple[bool, str]], path: str) -> None:
    text = "".join(f"{'!' * negative}{rule} @o{n}\n" for n, (negative, rule) in enumerate(rules))
    expected = [
        f"@o{n}"
        for n, (negative, rule) in enumerate(rules)
        if bool(re.search(f"^{rule.removeprefix('/').replace(chr(92) * 2, chr(92))}$", path)) != negative
    ]
    assert list(Gitea(text.encode()).resolve(path).owners) == expected


@pytest.mark.parametrize(
    ("line", "tokens"),
    [
        ("", []),
        ("# note", []),
        ("!.* @a @o/t", ["!.*", "@a", "@o/t"]),
        (r".*\\.js @b #note", [r".*\.js", "@b"]),
        (r"\#path @c", ["#path", "@c"]),
        (r"with\ space/ @c", ["with space/", "@c"]),
        ("\ta\t@b", ["a", "@b"]),
    ],
)
def test_splitting_a_line(line: str, tokens: list[str]) -> None:
    assert _tokens(line) == tokens


def test_a_leading_slash_is_dropped() -> None:
    resolver = Gitea(b"/docs/.* @d\n!/src/.* @s\n")
    assert resolver.resolve("docs/a").owners == ("@d", "@s")
    assert resolver.resolve("src/a").status is Status.UNMATCHED


def test_alternatives_bind_as_in_gitea() -> None:
    resolver = Gitea(b"a|b @o\n")
    assert resolver.resolve("ax").owners == ("@o",), "^a|b$ is a beginning or an end"


def test_lines_that_gitea_skips() -> None:
    resolver = Gitea(b"alone\n(a @o\na @x/y/z\ndocs/ @o\n")
    codes = [(problem.line, problem.code) for problem in resolver.problems]
    assert codes == [(1, "no-owner"), (2, "invalid-pattern"), (3, "invalid-owner"), (4, "looks-like-a-glob")]
    assert resolver.problems[-1].suggestion == "docs/.*"


def test_catastrophic_expressions_are_quick() -> None:
    resolver = Gitea(b"(a+)+b @o\n(.*)*c @p\n(a|a)*d @q\n")
    start = time.monotonic()
    assert resolver.resolve("a" * 5_000 + "!").status is Status.UNMATCHED
    assert time.monotonic() - start < 3


def test_places() -> None:
    assert load(MemoryTree({".forgejo/CODEOWNERS": b".* @f"})).resolve("x").owners == ("@f",)
    assert load(MemoryTree({})).resolve("x").status is Status.UNMATCHED
