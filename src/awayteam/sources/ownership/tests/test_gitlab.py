from hypothesis import given
from hypothesis import strategies as st

from awayteam.sources.ownership.base import Resolution, Status
from awayteam.sources.ownership.gitlab import GitLab, _normalise
from awayteam.sources.ownership.tests.reference import ruby_fnmatch

SEGMENTS = st.sampled_from(["a", "b", "ab", "*", "**", "a*", "*b", "*.c", "a?", ".x"])
NAMES = st.sampled_from(["a", "b", "ab", "a.c", ".x", "abb"])


@st.composite
def patterns(draw: st.DrawFn) -> str:
    parts = draw(st.lists(SEGMENTS, min_size=1, max_size=4))
    return draw(st.sampled_from(["", "/"])) + "/".join(parts) + draw(st.sampled_from(["", "/"]))


PATHS = st.lists(NAMES, min_size=1, max_size=5).map("/".join)


@given(rules=st.lists(patterns(), min_size=1, max_size=6, unique_by=_normalise), path=PATHS)
def test_equals_the_slow_reading(rules: list[str], path: str) -> None:
    resolver = GitLab("".join(f"{rule} @o{n}\n" for n, rule in enumerate(rules)).encode())
    matching = [n for n, rule in enumerate(rules) if ruby_fnmatch(_normalise(rule)[1:], path)]
    assert resolver.resolve(path).owners == ((f"@o{matching[-1]}",) if matching else ()), (rules, path)
    assert resolver.used([path]) == set(matching)


def sections(answer: Resolution) -> list[tuple[str, tuple[str, ...], int, bool]]:
    return [(need.rule.section, need.owners, need.approvals, need.optional) for need in answer.requirements]


def test_each_section_asks_for_its_own_approval() -> None:
    resolver = GitLab(
        b"* @default\n[Docs][2] @docs\n*.md\n/api/ @api\n^[Optional] @maybe\n*.md\n[DOCS]\nREADME.md @readme\n"
    )
    assert sections(resolver.resolve("x/README.md")) == [
        ("", ("@default",), 1, False),
        ("Docs", ("@readme",), 1, False),
        ("Optional", ("@maybe",), 0, True),
    ]
    assert sections(resolver.resolve("a.md"))[1] == ("Docs", ("@docs",), 2, False)
    assert resolver.resolve("a.md").owners == ("@default", "@docs", "@maybe")


def test_relative_patterns_match_at_any_depth() -> None:
    resolver = GitLab(b"a/b @o\n")
    assert resolver.resolve("x/a/b").status is Status.OWNED
    assert resolver.resolve("a/b/c").status is Status.UNMATCHED, "without a final slash only the file itself"


def test_exclusions_hold_for_the_section() -> None:
    resolver = GitLab(b"* @default\n!*.rb\n*.rb @late\n[Ruby]\n*.rb @ruby\n!/config/**/*\n")
    assert resolver.resolve("a.rb").owners == ("@late", "@ruby"), "a repeated pattern replaces the exclusion"
    resolver = GitLab(b"* @default\n!*.rb\nlib/*.rb @late\n[Ruby]\n*.rb @ruby\n!/config/**/*\n")
    assert resolver.resolve("lib/a.rb").owners == ("@ruby",)
    answer = resolver.resolve("config/a.rb")
    assert answer.status is Status.UNOWNED
    assert answer.rule is not None
    assert answer.rule.pattern == "!*.rb"


def test_a_repeated_pattern_keeps_its_place() -> None:
    resolver = GitLab(b"* @first\n*.rb @ruby\n* @last\n")
    assert resolver.resolve("a.rb").owners == ("@ruby",)
    assert resolver.resolve("a.c").owners == ("@last",)
    assert [problem.code for problem in resolver.problems] == ["repeated-pattern"]


def test_zero_owners_are_approved_by_nobody() -> None:
    resolver = GitLab(b"/empty/\n/bad/ nobody\n")
    answer = resolver.resolve("empty/x")
    assert (answer.status, answer.waived) == (Status.UNOWNED, True)
    assert resolver.resolve("bad/x").waived
    assert [problem.code for problem in resolver.problems] == ["auto-approved", "invalid-owner", "auto-approved"]


def test_roles_mails_and_groups() -> None:
    resolver = GitLab(b"*.rb @@developer a@example.com @group/sub-group/x\n")
    assert resolver.resolve("x.rb").owners == ("@@developer", "a@example.com", "@group/sub-group/x")


def test_an_unclosed_heading_is_a_path() -> None:
    resolver = GitLab(b"[Docs @docs\n*.md @md\n")
    assert resolver.resolve("[Docs").owners == ()
    assert resolver.resolve("a.md").owners == ("@md",)
    assert "broken-heading" in [problem.code for problem in resolver.problems]


def test_sets_and_escapes() -> None:
    resolver = GitLab(b"/[a-c]x @set\n/[!a]y @not\n/\\#h @hash\n/a\\ b @space\n/[z @open\n/d\\*e @star\n")
    assert resolver.resolve("bx").owners == ("@set",)
    assert resolver.resolve("dx").owners == ()
    assert resolver.resolve("by").owners == ("@not",)
    assert resolver.resolve("ay").owners == ()
    assert resolver.resolve("#h").owners == ("@hash",)
    assert resolver.resolve("a b").owners == ("@space",)
    assert resolver.resolve("d*e").owners == ("@star",)
    assert resolver.resolve("dxe").owners == ()
    assert "invalid-pattern" in [problem.code for problem in resolver.problems]


def test_globstar_only_before_a_slash() -> None:
    resolver = GitLab(b"/docs/** @one\n/all/**/* @deep\n")
    assert resolver.resolve("docs/a").owners == ("@one",)
    assert resolver.resolve("docs/a/b").owners == ()
    assert resolver.resolve("all/a/b/c").owners == ("@deep",)
