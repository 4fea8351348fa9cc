import pytest
from hypothesis import given
from hypothesis import strategies as st

from awayteam.sources.ownership.base import MemoryTree, Status
from awayteam.sources.ownership.prow import Prow, load

ROOT = b"""\
approvers:
- root-approvers
- alice
reviewers: [bob]
"""
ALIASES = b"aliases:\n  root-approvers:\n  - Carol\n  - dan\n  loop: [loop]\n"


def test_parents_approve_too_nearest_first() -> None:
    prow = Prow({"OWNERS": ROOT, "pkg/OWNERS": b"approvers: [eve]\n"}, ALIASES)
    answer = prow.resolve("pkg/a/b.go")
    assert answer.owners == ("eve", "root-approvers", "alice")
    assert answer.reviewers == ("bob",)
    assert answer.rule is not None
    assert (answer.rule.file, answer.rule.line) == ("pkg/OWNERS", 1)
    assert prow.resolve("x").rule.line == 1
    assert prow.expand("root-approvers") == ("Carol", "dan")
    assert prow.expand("alice") == ("alice",)
    assert prow.expand("loop") == ("loop",)


def test_parents_are_cut_only_where_somebody_is_left() -> None:
    cut = b"options:\n  no_parent_owners: true\napprovers: [eve]\n"
    empty = b"options:\n  no_parent_owners: true\nreviewers: [rita]\n"
    prow = Prow({"OWNERS": ROOT, "a/OWNERS": cut, "b/OWNERS": empty})
    assert prow.resolve("a/x").owners == ("eve",)
    assert prow.resolve("b/x").owners == ("root-approvers", "alice"), "no approvers below, so the root's count"
    assert prow.resolve("b/x").reviewers == ("rita",)


def test_filters_match_the_path_below_their_file() -> None:
    prow = Prow(
        {
            "OWNERS": ROOT,
            "d/OWNERS": b'filters:\n  ".*":\n    approvers: [all]\n  "^x/.*\\\\.go$":\n    approvers: [go]\n',
        }
    )
    assert prow.resolve("d/x/a.go").owners == ("all", "go", "root-approvers", "alice")
    assert prow.resolve("d/a.go").owners == ("all", "root-approvers", "alice")
    rule = Prow({"OWNERS": b'filters:\n  "\\\\.go$":\n    approvers: [go]\n'}).resolve("a.go").rule
    assert rule is not None
    assert (rule.line, rule.pattern) == (2, r"\.go$")


def test_emeritus_and_ignored_folders() -> None:
    prow = Prow({"OWNERS": b"emeritus_approvers: [old]\n", "vendor/x/y/OWNERS": b"approvers: [v]\n"})
    assert prow.resolve("a").status is Status.UNMATCHED
    assert prow.resolve("vendor/x/y/z").status is Status.UNMATCHED


def test_auto_approval_of_unowned_subfolders() -> None:
    prow = Prow({"OWNERS": b"options: {auto_approve_unowned_subfolders: true}\napprovers: [a]\n"})
    assert prow.resolve("x/y").waived
    assert not prow.resolve("y").waived


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"approvers: alice\n", "invalid-yaml"),
        (b"approvers: [a\n", "invalid-yaml"),
        (b"- a\n", "invalid-yaml"),
        (b"approvers: [[a]]\n", "invalid-yaml"),
        (b"\xff\xfe\x00", "invalid-yaml"),
        (b"[" * 500, "invalid-yaml"),
        (b"a: &a [1]\nb: &b [*a,*a]\nc: [*b,*b]\napprovers: [x]\n", "unknown-key"),
        (b"approvers: [a]\nfilters: {}\n", "ignored-filters"),
        (b'filters:\n  "(": {approvers: [a]}\n', "invalid-pattern"),
    ],
)
def test_wrong_files_are_named(data: bytes, code: str) -> None:
    prow = Prow({"OWNERS": ROOT, "d/OWNERS": data})
    assert code in {problem.code for problem in prow.problems}
    assert prow.problems[0].file == "d/OWNERS"
    assert prow.resolve("x").owners == ("root-approvers", "alice")


def test_cyclic_and_empty_aliases() -> None:
    prow = Prow({"OWNERS": b"approvers: [a]\n"}, b"aliases:\n  a: [b]\n  b: [a]\n  c:\n")
    assert prow.expand("a") == ("b",)
    assert {problem.code for problem in prow.problems} == {"nested-alias"}
    assert Prow({"OWNERS": b"approvers: [c]\n"}, b"aliases: {c: }\n").problems[0].code == "empty-alias"
    assert Prow({"OWNERS": b"approvers: [c]\n"}, b"aliases: {c: x}\n").expand("c") == ("c",)


@given(
    owned=st.dictionaries(
        st.lists(st.sampled_from("ab"), max_size=3).map("/".join),
        st.tuples(st.lists(st.sampled_from("xyz"), unique=True, max_size=2), st.booleans()),
        max_size=5,
    ),
    folders=st.lists(st.sampled_from("ab"), max_size=4),
)
def test_equals_walking_up(owned: dict[str, tuple[list[str], bool]], folders: list[str]) -> None:
    files = {
        f"{folder}/OWNERS".lstrip(
            "/"
        ): f"options: {{no_parent_owners: {str(cut).lower()}}}\napprovers: {names}\n".encode()
        for folder, (names, cut) in owned.items()
    }
    expected: list[str] = []
    for depth in range(len(folders), -1, -1):
        names, cut = owned.get("/".join(folders[:depth]), ([], False))
        expected += [name for name in names if name not in expected]
        if cut and expected:
            break
    assert list(Prow(files).resolve("/".join([*folders, "f"])).owners) == expected


def test_load_reads_every_file() -> None:
    tree = MemoryTree({"OWNERS": ROOT, "a/OWNERS": b"approvers: [x]\n", "OWNERS_ALIASES": ALIASES, "b/NOTOWNERS": b"x"})
    prow = load(tree)
    assert prow.resolve("a/y").owners == ("x", "root-approvers", "alice")
    assert prow.used(["q"]) == {0}
