"""Patterns as expressions: the same answer as the ownership rules', by Python and by Perl, on random paths."""

import re
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awayteam.engagements.paths import Scope
from awayteam.forges.gitolite.patterns import expression

PIECES = st.sampled_from(
    ["a", "b", "ab", "*", "?", "**", "/", "/", ".", "é", "€", " ", "\\*", "\\?", "\\\\", "[a]", "(b|a)", "a+", "$", "#",
     "^", "\udcff", "\n", "USER", "@all", '"', "{1,2}"]
)  # fmt: skip
LETTERS = st.sampled_from(["a", "b", ".", "é", "€", "*", "?", "\\", " ", "[", "+", "(", "|", "\udcff", "\n", "$"])
NAMES = st.text(LETTERS, min_size=1, max_size=5).filter(lambda name: name not in {".", ".."})
PATHS = st.lists(NAMES, min_size=1, max_size=5).map("/".join)
PATTERNS = st.lists(PIECES, min_size=1, max_size=7).map("".join)


def wanted(pattern: str, path: str) -> bool:
    return Scope([(frozenset({"r"}), pattern)]).covers(path, "r")


def raw(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")


def found(said: str, path: str) -> bool:
    return re.search(said.replace(r"\z", r"\Z").encode(), raw(path), re.DOTALL) is not None


def said_of(pattern: str) -> str | None:
    try:
        return expression(pattern)
    except ValueError:
        return None


@settings(max_examples=1_500, deadline=None)
@given(PATTERNS, st.lists(PATHS, min_size=1, max_size=8))
def test_an_expression_matches_what_the_pattern_matches(pattern: str, paths: list[str]) -> None:
    said = said_of(pattern)
    if said is None:
        assert not any(wanted(pattern, path) for path in paths)
        return
    assert said.isascii()
    assert not re.search(r"\s", said)
    for path in paths:
        assert found(said, path) == wanted(pattern, path), (pattern, path, said)


@pytest.mark.parametrize(
    ("pattern", "path", "answer"),
    [
        ("/", "any/thing", True),
        ("src/", "src/a/b", True),
        ("src/", "deep/src/a", True),
        ("/src/", "deep/src/a", False),
        ("/src/*", "src/a/b", False),
        ("*.py", "a/b.py", True),
        ("*.py", "a/bxpy", False),
        ("/a/**/b/**/c", "a/b/x/c", True),
        ("/a/**/b", "a/x/y/b/z", True),
        ("**/a", "a", True),
        ("/a/**", "a", False),
        ("/?", "é", True),
        ("/??", "é", False),
        ("/*??", "€", False),
        ("/USER/x", "USER/x", True),
        ("/a|b", "a", False),
        ("/.*", "secret", False),
    ],
)
def test_patterns_that_people_write(pattern: str, path: str, answer: bool) -> None:
    assert wanted(pattern, path) is answer
    assert found(expression(pattern), path) is answer


@pytest.mark.skipif(shutil.which("perl") is None, reason="no Perl here (apt-get install perl)")
@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(PATTERNS, PATHS), min_size=40, max_size=60))
def test_perl_answers_the_same(pairs: list[tuple[str, str]]) -> None:
    asked = [(said, path, wanted(pattern, path)) for pattern, path in pairs if (said := said_of(pattern)) is not None]
    lines = b"".join(said.encode() + b"\t" + raw(path).hex().encode() + b"\n" for said, path, _answer in asked)
    code = (
        r'while (<STDIN>) { chomp; my ($e, $h) = split /\t/; my $p = pack("H*", $h); print $p =~ /$e/s ? "1" : "0"; }'
    )
    done = subprocess.run(["perl", "-e", code], input=lines, capture_output=True, check=True)
    assert done.stdout.decode() == "".join("1" if answer else "0" for *_rest, answer in asked)
    assert done.stderr == b""


@pytest.mark.parametrize("pattern", ["*a" * 400, "**/a/" * 180 + "b", "/" + "?*" * 400, "a*" * 300 + "/**/b"])
def test_no_pattern_makes_the_search_slow(pattern: str) -> None:
    path = "a/" * 1_500 + "a" * 900
    assert found(expression(pattern), path) == wanted(pattern, path)
