"""Access by a real gitolite3: real pushes allowed, and refused by path, by time, by branch, and by the gate."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from awayteam.forges.gitolite.applying import ByCommits, Local
from awayteam.forges.gitolite.grants import GitoliteGrants
from awayteam.forges.gitolite.tests.server import Clone, Server, needs_gitolite, serve
from awayteam.forges.port import Account, ForgeError, Held, Level, Part, Place, Wanted

pytestmark = needs_gitolite
ORDERS = Place("orders", "orders")
LATER = datetime.now(UTC) + timedelta(days=9)
PAUL = Account("paul", "paul")


def wanted(*patterns: str, until: datetime = LATER, visit: int = 7, level: Level = Level.WRITE) -> Wanted:
    parts = (Part(visit, until, patterns or ("/refunds/", "*.md")),)
    return Wanted(PAUL, level, until, parts[0].patterns, parts)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Server:
    made = serve(tmp_path_factory.mktemp("gitolite"))
    olga = made.clone("olga", "orders")
    olga.commit("refunds/a.py", "core/b.py", "README.md")
    assert olga.push("refs/heads/master").returncode == 0
    return made


@pytest.fixture
def server(first: Server) -> Iterator[Server]:
    yield first
    grants_of(first).take(ORDERS, Held(PAUL, Level.WRITE))
    for one in first.folder.glob("paul-*"):
        one.rename(one.with_name(f"old-{one.name}-{len(list(first.folder.iterdir()))}"))


def grants_of(server: Server, check: str = "") -> GitoliteGrants:
    return GitoliteGrants(Local(server.home), check)


def visitor(server: Server) -> Clone:
    return server.clone("paul", "orders")


def refused(done: Any, *words: str) -> None:
    assert done.returncode != 0
    for word in words:
        assert word in done.stderr, done.stderr


def test_a_visitor_pushes_what_the_engagement_names_and_nothing_else(server: Server) -> None:
    assert server.git("clone", server.address("paul", "orders"), "no").returncode != 0
    grants = grants_of(server)
    grants.give(ORDERS, wanted())
    clone = visitor(server)
    clone.commit("refunds/new.py", "docs/deep/notes.md")
    assert clone.push("refs/heads/away/7/work").returncode == 0
    clone.commit("core/b.py", text="mine now")
    refused(clone.push("refs/heads/away/7/work"), "engagement 7 doesn't name these paths", "core/b.py")
    clone.git("reset", "--quiet", "--hard", "HEAD~1")
    assert clone.push("refs/heads/away/7/work", "--force").returncode == 0
    assert clone.push("refs/heads/away/7/other").returncode == 0
    assert clone.git("push", "origin", ":refs/heads/away/7/other").returncode == 0


@pytest.mark.parametrize(
    "ref", ["refs/heads/master", "refs/heads/away/8/work", "refs/heads/away/77/x", "refs/heads/away/7", "refs/tags/v1",
            "refs/heads/xaway/7/a"],
)  # fmt: skip
def test_other_branches_are_refused(server: Server, ref: str) -> None:
    grants_of(server).give(ORDERS, wanted())
    clone = visitor(server)
    clone.commit(f"refunds/{ref.replace('/', '-')}.py")
    refused(clone.push(ref), "DENIED")


def test_a_file_that_is_moved_out_of_the_code_of_others_is_refused(server: Server) -> None:
    """git shows a rename by its new name alone; both count here."""
    grants_of(server).give(ORDERS, wanted())
    clone = visitor(server)
    clone.git("mv", "core/b.py", "refunds/b.py")
    clone.commit()
    refused(clone.push("refs/heads/away/7/moved"), "core/b.py")


def test_what_a_merge_brings_of_others_is_theirs_and_what_it_changes_is_not(server: Server) -> None:
    grants_of(server).give(ORDERS, wanted())
    clone = visitor(server)
    clone.commit("refunds/m.py")
    olga = Clone(server, server.folder / "olga-orders")
    olga.commit("core/theirs.py")
    assert olga.push("refs/heads/master").returncode == 0
    clone.git("fetch", "--quiet")
    assert clone.git("merge", "--quiet", "-m", "Merge", "origin/master").returncode == 0
    assert clone.push("refs/heads/away/7/merged").returncode == 0
    clone.git("reset", "--quiet", "--hard", "HEAD~1")
    clone.git("merge", "--quiet", "--no-commit", "--no-ff", "origin/master")
    (clone.place / "core" / "theirs.py").write_text("changed in the merge")
    clone.commit()
    refused(clone.push("refs/heads/away/7/evil"), "core/theirs.py")


def test_odd_names_are_judged_as_they_are(server: Server) -> None:
    grants_of(server).give(ORDERS, wanted("/refunds/"))
    clone = visitor(server)
    clone.commit("refunds/é €.py", 'refunds/q"uote\n.py', "refunds/USER/x")
    assert clone.push("refs/heads/away/7/odd").returncode == 0
    clone.commit("réfunds/a.py")
    refused(clone.push("refs/heads/away/7/odd"), "r??funds/a.py")


def test_access_ends_to_the_second_even_where_nobody_takes_it(server: Server) -> None:
    grants_of(server).give(ORDERS, wanted(until=datetime.now(UTC) - timedelta(seconds=1)))
    clone = visitor(server)
    clone.commit("refunds/late.py")
    refused(clone.push("refs/heads/away/7/late"), "let paul push here until")


def test_what_is_taken_is_gone_at_once_and_can_be_given_again(server: Server) -> None:
    grants = grants_of(server)
    grants.give(ORDERS, wanted())
    clone = visitor(server)
    clone.commit("refunds/x.py")
    ours = [one for one in grants.held(ORDERS) if one.ours]
    assert [(one.account, one.level, one.direct) for one in ours] == [(PAUL, Level.WRITE, True)]
    grants.take(ORDERS, ours[0])
    grants.take(ORDERS, ours[0])
    refused(clone.push("refs/heads/away/7/gone"), "DENIED")
    assert not [one for one in grants.held(ORDERS) if one.ours]
    grants.give(ORDERS, wanted())
    grants.give(ORDERS, wanted())
    assert clone.push("refs/heads/away/7/back").returncode == 0


def test_rights_of_gitolites_own_configuration_are_shown_and_never_touched(server: Server) -> None:
    grants = grants_of(server)
    theirs = [one for one in grants.held(ORDERS) if one.ours is False]
    assert [(one.account.login, one.direct) for one in theirs] == [("olga", False)]
    grants.take(ORDERS, theirs[0])
    assert [one.account.login for one in grants.held(ORDERS)] == ["olga"]
    olga = Clone(server, server.folder / "olga-orders")
    olga.commit("core/own.py")
    assert olga.push("refs/heads/master").returncode == 0


def test_a_push_of_gitolites_administrator_leaves_ours_in_force(server: Server) -> None:
    grants_of(server).give(ORDERS, wanted())
    own = (server.folder / "admin" / "conf" / "gitolite.conf").read_text()
    server.configure(f"{own}\nrepo new\n    RW+ = olga\n")
    clone = visitor(server)
    clone.commit("refunds/still.py")
    assert clone.push("refs/heads/away/7/still").returncode == 0


@pytest.mark.parametrize("answer", [0, 1, 2])
def test_the_gate_decides_about_other_branches_with_its_words(server: Server, tmp_path: Path, answer: int) -> None:
    gate = tmp_path / "gate"
    gate.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\necho "Waits for olga: core/b.py"\nexit {answer}\n')
    gate.chmod(0o755)
    grants_of(server, f"{gate} check --server 'https://a b.example'").give(ORDERS, wanted())
    clone = visitor(server)
    head = clone.commit(f"refunds/gate{answer}.py")
    done = clone.push("refs/heads/master")
    asked = (tmp_path / "asked").read_text()
    assert "check --server https://a b.example --repo . --base " in asked
    assert asked.endswith(f"--head {head} --author paul --way push --name orders\n")
    if answer:
        refused(done, "Waits for olga: core/b.py", "refused by Awayteam")
        assert ("couldn't tell" in done.stderr) == (answer == 2)
        assert server.git("ls-remote", server.address("olga", "orders"), "master").stdout[:40] != head
    else:
        assert done.returncode == 0
    olga = Clone(server, server.folder / "olga-orders")
    assert olga.push("refs/heads/kept").returncode == 0
    refused(clone.git("push", "origin", ":refs/heads/kept"), "DENIED")


def test_a_gate_that_isnt_there_refuses(server: Server) -> None:
    grants_of(server, "/nowhere/awayteam check").give(ORDERS, wanted())
    clone = visitor(server)
    clone.commit("refunds/nogate.py")
    refused(clone.push("refs/heads/master"), "refused by Awayteam")


def test_a_list_of_paths_that_somebody_broke_refuses(server: Server) -> None:
    grants = grants_of(server)
    grants.give(ORDERS, wanted())
    clone = visitor(server)
    clone.commit("refunds/broken.py")
    place = server.home / ".gitolite" / "conf" / "awayteam.paths"
    good = place.read_text()
    for bad in ("", "nonsense\n", good + "orders\tpaul\n", None):
        place.unlink(missing_ok=True)
        if bad is not None:
            place.write_text(bad)
        refused(clone.push("refs/heads/away/7/broken"), "Awayteam")
    place.write_text(good + "orders\tpaul\n")
    with pytest.raises(ForgeError, match="didn't write"):
        grants.held(ORDERS)
    place.write_text(good)


HOSTILE = ["two words", "new\nline", "@all", "a@", "..", "a/../b", "x;y", "$(id)", "gitolite-admin", "CREATOR", "",
           "a" * 300, "-x", "a\tb", "é", "all", "READERS"]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_names_that_gitolite_would_read_otherwise_are_refused_and_change_nothing(server: Server, name: str) -> None:
    grants = grants_of(server)
    conf = server.home / ".gitolite" / "conf"
    before = [(conf / one).read_text() for one in ("awayteam.conf", "awayteam.paths") if (conf / one).exists()]
    if name != "a@":  # a user may be an address
        with pytest.raises(ForgeError) as raised:
            grants.give(ORDERS, replace(wanted(), account=Account(name, name)))
        assert raised.value.final
    if name not in ("a@", "@all") or name == "@all":
        with pytest.raises(ForgeError):
            grants.give(Place(name, name) if name != "a@" else Place("a/", "a/"), wanted())
    assert [(conf / one).read_text() for one in ("awayteam.conf", "awayteam.paths") if (conf / one).exists()] == before


def test_a_repository_whose_name_has_a_dot_is_that_one_alone(server: Server) -> None:
    grants = grants_of(server)
    dotted = Place("a.b", "a.b")
    grants.give(dotted, wanted("/"))
    assert server.git("clone", server.address("paul", "a.b"), str(server.folder / "dotted")).returncode == 0
    assert server.git("clone", server.address("paul", "aXb"), str(server.folder / "other")).returncode != 0
    grants.take(dotted, Held(PAUL, Level.WRITE))


def test_reading_lets_nobody_push(server: Server) -> None:
    grants_of(server).give(ORDERS, wanted(level=Level.READ))
    clone = visitor(server)
    clone.commit("refunds/r.py")
    refused(clone.push("refs/heads/away/7/r"), "DENIED")


def test_it_says_whether_it_is_set_up_well(server: Server) -> None:
    grants = grants_of(server)
    assert [one.passes for one in grants.examine()] == [True, True, True]
    head = server.home / "repositories" / "gitolite-admin.git" / "HEAD"
    before = head.read_text()
    head.write_text("ref: refs/heads/main\n")
    assert [one.says for one in grants.examine() if not one.passes] == [
        "gitolite-admin isn't on master: gitolite compiles nothing else (see init.defaultBranch)."
    ]
    head.write_text(before)
    with pytest.raises(ForgeError, match="can't be written"):
        GitoliteGrants(Local(server.home / "nowhere")).examine()


def test_without_the_include_line_nothing_is_written(server: Server) -> None:
    own = (server.folder / "admin" / "conf" / "gitolite.conf").read_text()
    server.configure(own.replace('include "awayteam.conf"', '# include "awayteam.conf"'))
    conf = server.home / ".gitolite" / "conf" / "awayteam.conf"
    before = conf.read_text()
    with pytest.raises(ForgeError, match="has no line include") as raised:
        grants_of(server).give(ORDERS, wanted())
    assert raised.value.final
    assert conf.read_text() == before
    server.configure(own)


def test_by_commits_to_gitolite_admin(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other way: Awayteam is an administrator of gitolite like others, and pushes."""
    other = serve(tmp_path)
    rc = other.home / ".gitolite.rc"
    rc.write_text(rc.read_text().replace('"$ENV{HOME}/local"', '"$rc{GL_ADMIN_BASE}/local"'))
    for name in ("GIT_SSH", "GIT_SSH_VARIANT"):
        monkeypatch.setenv(name, other.environment[name])
    grants = GitoliteGrants(ByCommits(other.address("admin", "gitolite-admin"), tmp_path / "ours"))
    olga = other.clone("olga", "orders")
    olga.commit("core/b.py")
    assert olga.push("refs/heads/master").returncode == 0
    (other.home / ".gitolite" / "conf" / "awayteam.conf").unlink()  # it comes with the repository from now on
    grants.give(ORDERS, wanted())
    clone = other.clone("paul", "orders")
    clone.commit("refunds/a.py")
    done = clone.push("refs/heads/away/7/a")
    assert done.returncode == 0, done.stderr
    clone.commit("core/c.py")
    refused(clone.push("refs/heads/away/7/a"), "core/c.py")
    own = (other.folder / "admin" / "conf" / "gitolite.conf").read_text()
    other.configure(f"# a change by hand\n{own}")
    held = grants.held(ORDERS)
    assert [one.account.login for one in held] == ["paul"]
    grants.take(ORDERS, held[0])
    refused(clone.push("refs/heads/away/7/b"), "DENIED")
