from hypothesis import given
from hypothesis import strategies as st

from awayteam.sources.ownership.base import MemoryTree, Status
from awayteam.sources.ownership.gerrit import Gerrit, load


def test_folders_inherit() -> None:
    gerrit = Gerrit(
        {"OWNERS": b"root@x.org # the boss\n", "a/OWNERS": b"a@x.org\n", "b/OWNERS": b"set noparent\nb@x.org\n"}
    )
    assert gerrit.resolve("a/f").owners == ("a@x.org", "root@x.org")
    assert gerrit.resolve("b/c/f").owners == ("b@x.org",)
    rule = gerrit.resolve("b/c/f").rule
    assert rule is not None
    assert (rule.file, rule.line) == ("b/OWNERS", 2)


def test_per_file_in_all_folders_beneath() -> None:
    gerrit = Gerrit({"d/OWNERS": b"d@x.org\nper-file docs.config,*.{md,txt}=doc@x.org, second@x.org\n"})
    assert gerrit.resolve("d/x/a.md").owners == ("doc@x.org", "second@x.org", "d@x.org")
    assert gerrit.resolve("d/docs.config").owners[0] == "doc@x.org"
    assert gerrit.resolve("d/a.c").owners == ("d@x.org",)


def test_per_file_noparent_stands_alone() -> None:
    gerrit = Gerrit(
        {"OWNERS": b"root@x.org\n", "d/OWNERS": b"d@x.org\nper-file *.md=set noparent\nper-file *.md=doc@x.org\n"}
    )
    assert gerrit.resolve("d/a.md").owners == ("doc@x.org",)
    alone = Gerrit({"OWNERS": b"root@x.org\nper-file *.md=set noparent\n"})
    assert alone.resolve("a.md").status is Status.UNOWNED


def test_imports() -> None:
    files = {
        "OWNERS": b"root@x.org\n",
        "build/COMMON_OWNERS": b"set noparent\nper-file *.x=px@x.org\ncommon@x.org\nfile:/build/MORE_OWNERS\n",
        "build/MORE_OWNERS": b"more@x.org\n",
        "a/OWNERS": b"file:../build/COMMON_OWNERS\n",
        "b/OWNERS": b"include /build/COMMON_OWNERS\n",
        "c/OWNERS": b"per-file *.md=file:/build/COMMON_OWNERS\n",
    }
    gerrit = Gerrit(files)
    assert gerrit.resolve("a/f.x").owners == ("common@x.org", "more@x.org", "root@x.org")
    assert gerrit.resolve("b/f.x").owners == ("px@x.org", "common@x.org", "more@x.org")
    assert gerrit.resolve("c/f.md").owners == ("common@x.org", "more@x.org", "root@x.org")
    assert gerrit.resolve("c/f").owners == ("root@x.org",)


def test_imports_that_go_nowhere_or_round() -> None:
    gerrit = Gerrit(
        {
            "OWNERS": b"file:/a/OWNERS\nr@x.org\nfile:other:/OWNERS\nfile:../../etc/passwd\n",
            "a/OWNERS": b"include ../OWNERS\n",
        }
    )
    assert gerrit.resolve("x").owners == ("r@x.org",)
    assert {problem.code for problem in gerrit.problems} == {"unresolved-import"}


def test_everybody() -> None:
    answer = Gerrit({"OWNERS": b"*\n"}).resolve("x")
    assert (answer.owners, answer.waived) == (("*",), True)


def test_lines_that_gerrit_cannot_read() -> None:
    lines = b"someone\nper-file x\nper-file *.c=include /OWNERS\na@b.c, d@e.f\nper-file {a=b@c.d\nok@x.org\n"
    gerrit = Gerrit({"OWNERS": lines})
    assert [problem.line for problem in gerrit.problems] == [1, 2, 3, 4, 5]
    assert gerrit.resolve("a").owners == ("ok@x.org",)


@given(
    owned=st.dictionaries(
        st.lists(st.sampled_from("ab"), max_size=3).map("/".join),
        st.tuples(st.lists(st.sampled_from(["x@x.x", "y@y.y"]), unique=True, max_size=2), st.booleans()),
        max_size=5,
    ),
    folders=st.lists(st.sampled_from("ab"), max_size=4),
)
def test_equals_walking_up(owned: dict[str, tuple[list[str], bool]], folders: list[str]) -> None:
    files = {
        f"{folder}/OWNERS".lstrip("/"): ("set noparent\n" * cut + "".join(f"{name}\n" for name in names)).encode()
        for folder, (names, cut) in owned.items()
    }
    expected: list[str] = []
    for depth in range(len(folders), -1, -1):
        names, cut = owned.get("/".join(folders[:depth]), ([], False))
        expected += [name for name in names if name not in expected]
        if cut:
            break
    assert list(Gerrit(files).resolve("/".join([*folders, "f"])).owners) == expected


def test_load() -> None:
    tree = MemoryTree({"OWNERS": b"file:/X_OWNERS\n", "X_OWNERS": b"x@x.org\n"})
    assert load(tree).resolve("a").owners == ("x@x.org",)
