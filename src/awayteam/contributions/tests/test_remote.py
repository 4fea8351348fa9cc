"""Repositories on another machine: mirrored from a real git server on loopback, read, refreshed, and lost again."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from awayteam.contributions import actions, queries, refresh
from awayteam.contributions.models import Commit, Repository, Stands
from awayteam.contributions.queries import Choice
from awayteam.contributions.tests.gitrepo import Repo
from awayteam.contributions.tests.test_refresh import NOW, contents, staff
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.errors import InvalidInput

pytestmark = pytest.mark.django_db
ADA = {"name": "Ada", "email": "ada@x.org"}
BOB = {"name": "Bob", "email": "bob@x.org"}


@dataclass
class Server:
    """`git daemon` over the folder `base`; `stop` ends it for good."""

    base: Path
    port: int
    process: "subprocess.Popen[bytes]"

    def address(self, name: str) -> str:
        return f"git://127.0.0.1:{self.port}/{name}"

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture
def server(tmp_path: Path, settings: Any) -> Iterator[Server]:
    settings.DATA = tmp_path / "data"
    settings.DATA.mkdir()
    base = tmp_path / "served"
    base.mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["git", "-c", "safe.directory=*", "daemon", "--listen=127.0.0.1", f"--port={port}", "--reuseaddr"]
    process = subprocess.Popen([*command, "--export-all", f"--base-path={base}", str(base)], stderr=subprocess.DEVNULL)
    served = Server(base, port, process)
    try:
        _wait_for(served)
        yield served
    finally:
        served.stop()


def _wait_for(server: Server) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until and server.process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", server.port), timeout=1):
            return
        time.sleep(0.02)
    pytest.fail("git daemon didn't come up")


@pytest.fixture
def repo(server: Server) -> Repo:
    staff("one", "ada")
    staff("two", "bob")
    made = Repo(server.base / "shop")
    made.git("config", "uploadpack.allowFilter", "true")
    made.git("config", "uploadpack.allowAnySHA1InWant", "true")
    made.commit({"CODEOWNERS": "/a/ @acme/one\n", "a/1": "one\n"}, **ADA, when=1_700_000_000)
    made.commit({"a/1": "two\n", ".mailmap": "Ada <ada@x.org> <lady@elsewhere.org>\n"}, **BOB, when=1_700_000_100)
    made.commit({"a/1": "three\n"}, name="Lady", email="lady@elsewhere.org", when=1_700_000_200)
    return made


def follow(server: Server, ref: str = "") -> Repository:
    return actions.follow(server.address("shop"), actor=SYSTEM, now=NOW, ref=ref, name=f"remote{ref}")


def again(*repositories: Repository) -> list[refresh.Refreshed]:
    return refresh.refresh(list(repositories), actor=SYSTEM, now=NOW, wait_seconds=0)


def test_a_remote_repository_says_the_same_as_a_local_one(server: Server, repo: Repo) -> None:
    remote = follow(server)
    [done] = again(remote)
    assert (done.error, done.new, done.whole) == ("", 3, True)
    far = contents(remote)
    assert [row[7] for row in sorted(far["commits"], key=lambda row: row[1])] == [
        Stands.HOME, Stands.AWAY, Stands.HOME,
    ], "the mailmap came along: Lady is Ada"  # fmt: skip
    actions.unfollow(remote, actor=SYSTEM, now=NOW)
    local = actions.follow(str(repo.path), actor=SYSTEM, now=NOW)
    again(local)
    near = contents(local)
    assert far == near


def test_the_mirror_holds_rules_but_no_other_content(server: Server, repo: Repo, tmp_path: Path) -> None:
    again(follow(server))
    [mirror] = (tmp_path / "data" / "histories").glob("*.git")
    held = subprocess.run(
        ["git", "rev-list", "--objects", "--all", "--missing=print"],
        cwd=mirror,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for path, is_held in (("CODEOWNERS", True), (".mailmap", True), ("a/1", False)):
        blob = repo.git("rev-parse", f"HEAD:{path}")
        assert (f"?{blob}" not in held) is is_held, path


def test_pushes_are_read_as_increments_and_rewritten_history_whole(server: Server, repo: Repo) -> None:
    remote = follow(server)
    again(remote)
    repo.commit({"a/2": "x"}, **BOB, when=1_700_000_300)
    [done] = again(remote)
    assert (done.new, done.whole, done.commits) == (1, False, 4)
    repo.git("reset", "-q", "--hard", "HEAD~2")
    repo.commit({"a/3": "y"}, **ADA, when=1_700_000_400)
    [done] = again(remote)
    assert (done.whole, done.why, done.commits) == (True, "history was rewritten", 3)
    [done] = again(remote)
    assert done.new == 0


def test_another_branch_is_followed_beside(server: Server, repo: Repo) -> None:
    repo.git("checkout", "-q", "-b", "next")
    repo.commit({"a/9": "9"}, **ADA, when=1_700_000_500)
    repo.git("checkout", "-q", "main")
    main, other = follow(server), follow(server, "next")
    assert [done.commits for done in again(main, other)] == [3, 4]
    assert queries.away_map(SYSTEM, Choice()).commits["duplicates"] == 3


def test_a_server_without_partial_clones_is_read_too(server: Server, repo: Repo) -> None:
    repo.git("config", "uploadpack.allowFilter", "false")
    [done] = again(follow(server))
    assert (done.error, done.commits) == ("", 3)


def test_a_server_that_is_gone_keeps_what_was_read_and_sinks_no_other(
    server: Server, repo: Repo, tmp_path: Path
) -> None:
    remote = follow(server)
    again(remote)
    beside = Repo(tmp_path / "beside")
    beside.commit({"z": "1"}, **ADA)
    server.stop()
    local = actions.follow(str(beside.path), actor=SYSTEM, now=NOW)
    lost, read = again(remote, local)
    assert f"git://127.0.0.1:{server.port}/shop can't be fetched" in lost.error
    assert (lost.commits, read.error, read.commits) == (3, "", 1)
    remote.refresh_from_db()
    assert remote.last_error == lost.error
    assert Commit.objects.filter(repository=remote, stands=Stands.HOME).count() == 2


@pytest.mark.parametrize(
    ("location", "says"),
    [
        ("ext::sh -c 'touch x'", "no address of a repository"),
        ("fd::17", "no address of a repository"),
        ("ftp://127.0.0.1/shop", "can't be read by ftp"),
        ("http://127.0.0.1/shop", "can't be read by http"),
        ("-uploadpack=touch", "no git repository"),
        ("~nobody-of-that-name/shop", "no git repository"),
        ("git://-oProxyCommand=touch/x", "names no host"),
    ],
)
def test_addresses_that_are_not_allowed_are_refused_at_once(location: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        actions.follow(location, actor=SYSTEM, now=NOW)
    assert not Repository.objects.exists()


def test_a_mirror_speaks_only_the_protocol_of_its_address(server: Server, repo: Repo, tmp_path: Path) -> None:
    """A mirror whose configuration was tampered with can't be led to another protocol."""
    remote = follow(server)
    again(remote)
    [mirror] = (tmp_path / "data" / "histories").glob("*.git")
    with (mirror / "config").open("a") as config:
        config.write(
            f'[url "file://{repo.path}"]\n\tinsteadOf = {server.address("shop")}\n[protocol]\n\tallow = always\n'
        )
    repo.commit({"a/2": "x"}, **BOB, when=1_700_000_300)
    [done] = again(remote)
    assert "transport 'file' not allowed" in done.error
    assert done.commits == 3
