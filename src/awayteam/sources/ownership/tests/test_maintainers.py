import re

from hypothesis import given
from hypothesis import strategies as st

from awayteam.sources.ownership.base import MemoryTree, Status
from awayteam.sources.ownership.maintainers import Maintainers, load

LINUX = b"""\
List of maintainers

Maintainers List
----------------

NETWORKING DRIVERS
M:\tAda <ada@x.org>
R:\tRita <rita@x.org>
L:\tnetdev@x.org
S:\tMaintained
F:\tdrivers/net/
F:\tinclude/linux/netdevice.h
X:\tdrivers/net/wireless/
# a comment doesn't end a section

WIRELESS
M:\tBob <bob@x.org>
S:\tSupported
F:\tdrivers/net/wireless/
N:\twifi

FOO
M:\tFay <fay@x.org>
S:\tOdd Fixes
F:\tdrivers/foo*
F:\tlib/*/deep.c

OLD
S:\tOrphan
F:\told/

THE REST
M:\tLinus <linus@x.org>
S:\tBuried alive
F:\t*
F:\t*/
"""


def test_deepest_section_first() -> None:
    linux = Maintainers(LINUX)
    answer = linux.resolve("drivers/net/e100.c")
    assert answer.owners == ("Ada <ada@x.org>", "Linus <linus@x.org>")
    assert answer.reviewers == ("Rita <rita@x.org>",)
    assert answer.rule is not None
    assert (answer.rule.line, answer.rule.pattern, answer.rule.section) == (11, "drivers/net/", "NETWORKING DRIVERS")
    assert linux.resolve("drivers/net/wireless/a.c").owners[0] == "Bob <bob@x.org>"
    assert linux.resolve("sound/wifi/x.c").owners[0] == "Bob <bob@x.org>"


def test_without_final_slash_the_folder_level_counts_and_the_end_is_open() -> None:
    linux = Maintainers(LINUX)
    assert linux.resolve("drivers/foobar.c").owners[0] == "Fay <fay@x.org>"
    assert linux.resolve("drivers/foo/x.c").owners == ("Linus <linus@x.org>",)
    assert linux.resolve("lib/a/deep.cc").owners[0] == "Fay <fay@x.org>"
    assert linux.resolve("lib/a/b/deep.c").owners == ("Linus <linus@x.org>",)


def test_a_folder_without_its_slash() -> None:
    tree = MemoryTree({"MAINTAINERS": LINUX.replace(b"F:\told/", b"F:\tdrivers/foo")}, ["drivers/foo/x.c"])
    assert load(tree).resolve("drivers/foo/x.c").rule is not None
    assert "drivers/foo" in {rule.pattern for rule, _ in load(tree).rules}


def test_orphans_are_explicitly_unowned() -> None:
    linux = Maintainers(LINUX.split(b"THE REST")[0])
    answer = linux.resolve("old/x")
    assert answer.status is Status.UNOWNED
    assert linux.resolve("nowhere").status is Status.UNMATCHED


def test_unknown_states_and_wrong_expressions() -> None:
    linux = Maintainers(b"A\nM:\ta@b.c\nS:\tWhatever\nF:\ta/\nN:\t(\n")
    assert sorted(problem.code for problem in linux.problems) == ["invalid-pattern", "unknown-state"]


EDK2 = b"""\
EDK II
------
F: *
M: Def <def@x.org>
S: Maintained

ArmPkg
F: ArmPkg/
X: ArmPkg/Skip/
M: Arm <arm@x.org>
R: Rev <rev@x.org>
S: Maintained

Glob
F: */Base*.c
M: Glob <glob@x.org>
S: Maintained
"""


def test_edk2_falls_back_to_the_default_section() -> None:
    edk2 = Maintainers(EDK2, "Maintainers.txt")
    assert edk2.resolve("ArmPkg/x.c").owners == ("Arm <arm@x.org>",)
    assert edk2.resolve("ArmPkg/Skip/x.c").owners == ("Def <def@x.org>",)
    assert edk2.resolve("Other/a.c").owners == ("Def <def@x.org>",)
    assert edk2.resolve("Other/deep/BaseX.c").owners == ("Glob <glob@x.org>",)


PARTS = st.sampled_from(["a", "b", "ab", "*", "a*", "*b", "?", "a.c"])


@given(
    parts=st.lists(PARTS, min_size=1, max_size=3),
    slash=st.booleans(),
    path=st.lists(st.sampled_from(["a", "b", "ab", "abb", "a.c", "axc"]), min_size=1, max_size=4).map("/".join),
)
def test_equals_the_scripts_expression(parts: list[str], slash: bool, path: str) -> None:
    pattern = "/".join(parts) + "/" * slash
    expression = pattern.replace(".", r"\.").replace("*", ".*").replace("?", ".")
    expected = re.match(expression, path) is not None
    if not slash:
        # The number of slashes must be equal; as `.*` and `.` may take up slashes, so must the segments be.
        expected = expected and path.count("/") == pattern.count("/")
        expected = expected and all(
            re.match(
                part.replace(".", r"\.").replace("*", ".*").replace("?", ".") + ("$" if n < len(parts) - 1 else ""),
                name,
            )
            for n, (part, name) in enumerate(zip(parts, path.split("/"), strict=True))
        )
    answer = Maintainers(f"S\nM:\tm@x.org\nF:\t{pattern}\n".encode()).resolve(path)
    assert (answer.status is Status.OWNED) == expected, (pattern, path)
