import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awayteam.sources.ownership.base import MemoryTree, Status
from awayteam.sources.ownership.github import MAX_BYTES, GitHub, load
from awayteam.sources.ownership.tests.reference import gitignore_like

SEGMENTS = st.sampled_from(["a", "b", "ab", "*", "**", "a*", "*b", "*.c", "a?", "?", "[a]", "a*b*", r"\*", "x.c"])
NAMES = st.sampled_from(["a", "b", "ab", "abb", "a.c", ".c", "x.c", "*", "[a]", "ac"])


@st.composite
def patterns(draw: st.DrawFn) -> str:
    parts = draw(st.lists(SEGMENTS, min_size=1, max_size=4))
    return draw(st.sampled_from(["", "/"])) + "/".join(parts) + draw(st.sampled_from(["", "/"]))


PATHS = st.lists(NAMES, min_size=1, max_size=5).map("/".join)


@given(rules=st.lists(patterns(), min_size=1, max_size=8), paths=st.lists(PATHS, min_size=1, max_size=6))
def test_equals_the_slow_reading(rules: list[str], paths: list[str]) -> None:
    resolver = GitHub("".join(f"{rule} @o{n}\n" for n, rule in enumerate(rules)).encode(), "CODEOWNERS")
    for path in paths:
        matching = {n for n, rule in enumerate(rules) if gitignore_like(rule, path)}
        answer = resolver.resolve(path)
        assert answer.owners == ((f"@o{max(matching)}",) if matching else ()), (rules, path)
        assert resolver._globs.matching(path) == matching
        assert resolver.used([path]) == matching
    assert [a.owners for a in resolver.resolve_many(paths)] == [resolver.resolve(p).owners for p in paths]


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("*", "a a/b", ""),
        ("*.js", "a.js x/y/a.js", "a.jsx js"),
        ("/build/logs/", "build/logs/a build/logs/a/b", "build/logs x/build/logs/a"),
        ("docs/*", "docs/getting-started.md", "docs/build-app/troubleshooting.md x/docs/a"),
        ("apps/", "apps/a x/apps/a/b", "apps apps2/a"),
        ("/docs/", "docs/a docs/a/b", "x/docs/a docs"),
        ("**/logs", "build/logs/a scripts/logs/x deeply/nested/logs/f logs", "logs2"),
        ("/apps/github", "apps/github apps/github/a", "x/apps/github"),
        ("a/**/b", "a/b a/x/b a/x/y/b/c", "a/xb"),
        ("a/**", "a/b a/b/c", "a"),
        ("[ab].c", "[ab].c", "a.c"),
        ("README", "README x/README", "readme"),
        ("C#/", "C#/a", "C/a"),
    ],
)
def test_documented_patterns(pattern: str, yes: str, no: str) -> None:
    resolver = GitHub(f"{pattern} @o\n".encode())
    assert not resolver.problems
    assert all(resolver.resolve(path).status is Status.OWNED for path in yes.split())
    assert all(resolver.resolve(path).status is Status.UNMATCHED for path in no.split())


def test_escaped_space_and_inline_comment() -> None:
    resolver = GitHub(b"my\\ file.txt @o/t @u # @nobody\n")
    assert resolver.resolve("my file.txt").owners == ("@o/t", "@u")


def test_last_match_and_clearing() -> None:
    resolver = GitHub(b"* @all\n/apps/ @a @b\n/apps/github\n", "CODEOWNERS")
    assert resolver.resolve("apps/github/x").status is Status.UNOWNED
    answer = resolver.resolve("/apps/x")
    assert answer.owners == ("@a", "@b")
    assert answer.rule is not None
    assert (answer.rule.file, answer.rule.line, answer.rule.pattern) == ("CODEOWNERS", 2, "/apps/")


@pytest.mark.parametrize("line", ["!a @o", r"\#a @o", "a*** @o", "a someone", "a @o not-an-owner", "a @"])
def test_invalid_lines_are_skipped_and_named(line: str) -> None:
    resolver = GitHub(f"* @all\n{line}\n".encode())
    assert [problem.line for problem in resolver.problems] == [2]
    assert resolver.resolve("a").owners == ("@all",)


def test_size_limit() -> None:
    rule = b"* @o\n"
    exact = rule + b"#" * (MAX_BYTES - len(rule))
    assert load(MemoryTree({"CODEOWNERS": exact})).resolve("a").status is Status.OWNED
    resolver = load(MemoryTree({"CODEOWNERS": exact + b"#"}))
    assert resolver.resolve("a").status is Status.UNMATCHED
    assert [problem.code for problem in resolver.problems] == ["too-large"]


def test_first_place_found_counts() -> None:
    tree = MemoryTree({"docs/CODEOWNERS": b"* @d", "CODEOWNERS": b"* @r"})
    assert load(tree).resolve("x").owners == ("@r",)
    tree.contents[".github/CODEOWNERS"] = b"* @g"
    assert load(tree).resolve("x").owners == ("@g",)
    assert load(MemoryTree({})).resolve("x").status is Status.UNMATCHED


def test_odd_bytes() -> None:
    resolver = GitHub(b"\xef\xbb\xbf/caf\xe9/ @o\r\n*\xff @p\r\n")
    assert resolver.resolve(b"caf\xe9/x").owners == ("@o",)
    assert resolver.resolve(b"a\n\xff").owners == ("@p",)


def test_catastrophic_patterns_are_quick() -> None:
    rule = "/" + "*a" * 2_000 + "b @o\n"
    deep = "/" + "**/a/" * 500 + "b @o\n"
    resolver = GitHub((rule + deep).encode())
    start = time.monotonic()
    assert resolver.resolve("a" * 20_000).status is Status.UNMATCHED
    assert resolver.resolve("a/" * 2_000 + "c").status is Status.UNMATCHED
    assert resolver.resolve("." * 100_000).status is Status.UNMATCHED
    assert resolver.resolve("a/" * 500 + "b").status is Status.OWNED
    assert time.monotonic() - start < 5
