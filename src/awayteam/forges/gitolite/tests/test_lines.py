"""The two files: whatever names and patterns come, every line is one of ours, and the state is read back as written."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awayteam.forges.gitolite.lines import (
    LineError,
    Right,
    check_repository,
    check_user,
    read_paths,
    rights_of,
    write_conf,
    write_paths,
)
from awayteam.forges.port import Account, Level, Part, Wanted

UNTIL = datetime(2026, 4, 3, 22, tzinfo=UTC)
CONF_LINE = re.compile(
    r"repo [0-9A-Za-z][-0-9A-Za-z._@/+]*|    (?:RW\+ refs/heads/away/[0-9]+/|RW refs/heads/|R|- VREF/awayteam)"
    r" = [0-9A-Za-z][-0-9A-Za-z._@+]*|#.*|"
)
HOSTILE = st.text(st.sampled_from(["a", "b", "/", ".", "@", " ", "\n", "\t", "#", "=", "-", "+", "$", "é", "\\", '"']),
                  min_size=1, max_size=12)  # fmt: skip
NAMES = st.one_of(st.from_regex(r"[a-z][a-z0-9._-]{0,8}", fullmatch=True), HOSTILE)


def wanted(user: str, *parts: Part, level: Level = Level.WRITE) -> Wanted:
    return Wanted(Account(user, user), level, UNTIL, (), parts)


@settings(max_examples=400, deadline=None)
@given(NAMES, NAMES, st.lists(HOSTILE, max_size=4), st.sampled_from(list(Level)), st.booleans())
def test_every_line_is_ours_or_the_name_is_refused(
    repository: str, user: str, patterns: list[str], level: Level, gated: bool
) -> None:
    part = Part(7, UNTIL, tuple(patterns))
    try:
        rights = rights_of(repository, wanted(user, part, level=level))
    except LineError:
        return
    conf, paths = write_conf(rights, gated=gated), write_paths(rights, ("gate", "--x"))
    assert all(CONF_LINE.fullmatch(line) for line in conf.split("\n")), conf
    assert paths.isascii()
    assert all(line.count("\t") == 5 for line in paths.split("\n")[2:-1])
    back = read_paths(paths)
    assert {(one.repository, one.user, one.engagement, frozenset(one.expressions)) for one in back} == {
        (one.repository, one.user, one.engagement, frozenset(one.expressions)) for one in rights
    }
    assert write_paths(back, ("gate", "--x")) == paths


@pytest.mark.parametrize(
    "name", ["", "two words", "a\nrepo b", "@all", "..", "a/../b", "a//b", "x.git", "x.git/y", "a/", "-a", "é", "$x",
             "gitolite-admin", "sub/gitolite-admin", "CREATOR/x", "a" * 201, "a#b", "a=b"],
)  # fmt: skip
def test_no_repository_is_called_so(name: str) -> None:
    with pytest.raises(LineError):
        check_repository(name)


@pytest.mark.parametrize(
    "name", ["", "two words", "a\nb", "@all", "all", "CREATOR", "WRITERS", "-a", "a/b", "é", "a" * 201]
)
def test_no_user_is_called_so(name: str) -> None:
    with pytest.raises(LineError):
        check_user(name)


@pytest.mark.parametrize("name", ["orders", "shop/orders", "a.b", "c++", "paul@laptop"])
def test_names_that_are_fine(name: str) -> None:
    check_repository(name)


@pytest.mark.parametrize(
    "text", ["", "something\n", "awayteam 1", "awayteam 1\nx\n", "awayteam 1\na\tb\tc\td\te\n",
             "awayteam 1\na b\tpaul\twrite\t2026-04-03T22:00:00Z\t7\tx\n",
             "awayteam 1\norders\tpaul\twrite\tsoon\t7\tx\n",
             "awayteam 1\norders\tpaul\towner\t2026-04-03T22:00:00Z\t7\tx\n"],
)  # fmt: skip
def test_a_state_that_isnt_ours_isnt_guessed_at(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - LineError is one
        read_paths(text)


def test_what_stands_there() -> None:
    rights = [
        Right("orders", "paul", Level.WRITE, UNTIL, 7, (r"\Asrc/",)),
        Right("orders", "paul", Level.WRITE, UNTIL, 8),
        Right("orders", "pia", Level.READ, UNTIL, 7),
    ]
    assert write_conf(rights).split("\n")[3:] == [
        "repo orders", "    RW+ refs/heads/away/7/ = paul", "    RW+ refs/heads/away/8/ = paul",
        "    - VREF/awayteam = paul", "    R = pia", "",
    ]  # fmt: skip
    assert "    RW refs/heads/ = paul" in write_conf(rights, gated=True)
    assert write_paths(rights).split("\n") == [
        "awayteam 1", "orders\tpaul\twrite\t2026-04-03T22:00:00Z\t7\t\\Asrc/",
        "orders\tpaul\twrite\t2026-04-03T22:00:00Z\t8\t-", "orders\tpia\tread\t2026-04-03T22:00:00Z\t7\t-", "",
    ]  # fmt: skip
