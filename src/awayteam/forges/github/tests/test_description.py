"""The client against GitHub's own published description: a validating proxy between it and our fake GitHub.

The proxy (prism) answers 422 to a request and 500 to an answer that the description doesn't allow. It needs two files
that are too large to fetch for each run; docs/forges/github.md says where they come from.
"""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from awayteam.forges.github import manifest
from awayteam.forges.github.api import Api
from awayteam.forges.github.grants import GithubGrants
from awayteam.forges.github.kind import KIND
from awayteam.forges.github.tests.fake import FakeGitHub, running
from awayteam.forges.http import HttpError
from awayteam.forges.port import Account, Colour, ForgeError, Level, Notice, Place, Wanted

DESCRIPTION = Path(os.environ.get("AWAYTEAM_GITHUB_OPENAPI", ""))
PRISM = Path(os.environ.get("AWAYTEAM_PRISM", ""))
STARTS_WITHIN = 120

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (DESCRIPTION.is_file() and PRISM.is_file()),
        reason="no description of GitHub's API: set AWAYTEAM_GITHUB_OPENAPI and AWAYTEAM_PRISM (docs/forges/github.md)",
    ),
]


@pytest.fixture(scope="module")
def github() -> Iterator[FakeGitHub]:
    """The fake, whose address is the proxy's."""
    with running() as fake, socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
        free.close()
        command = [PRISM, "proxy", "--errors", "--port", str(port), DESCRIPTION, fake.address]
        environment = {**os.environ, "NODE_OPTIONS": "--max-old-space-size=3000"}
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment) as proxy:
            fake.address = f"http://127.0.0.1:{port}"
            try:
                wait_for(port, proxy)
                yield fake
            finally:
                proxy.terminate()
                proxy.communicate()


def wait_for(port: int, proxy: "subprocess.Popen[bytes]") -> None:
    ends = time.monotonic() + STARTS_WITHIN
    assert proxy.stdout is not None
    for line in proxy.stdout:
        if b"is listening" in line:
            return
        assert time.monotonic() < ends, "the proxy doesn't start"
    raise AssertionError("the proxy ended")


def test_every_call_is_as_described(github: FakeGitHub) -> None:
    for login in ("ada", "bo", "cy"):
        github.add_user(login)
    guest = github.add_user("guest", member=False)
    files = {"README": b"x", ".github/CODEOWNERS": b"* @acme/orders\n", "src/a.py": b"1"}
    orders = github.add_repository("acme/orders", files)
    pull = github.open_pull(orders, "ada", {"src/a.py": b"2", "README": None})
    github.review(pull, "bo")
    github.check(orders, pull.head, "tests", "success")
    github.status(orders, pull.head, "scan", "success")
    github.bypass(orders, "bo", pull.base, pull.head, "pull_request")
    where = Place(str(orders.id), orders.slug)
    client, grants = KIND.connect(github.settings())
    assert client is not None

    assert all(one.passes for one in client.examine())
    assert [one.slug for one in client.places()] == ["acme/orders"]
    heard = client.change(where, pull.number)
    assert [one.head for one in client.open_changes(where)] == [heard.head]
    assert client.paths(where, heard) == ["README", "src/a.py"]
    assert [one.commit for one in client.commits(where, heard)] == [pull.head]
    assert len(client.reviews(where, heard)) == 1
    assert [(one.name, one.passed) for one in client.checks(where, pull.head)] == [("scan", True), ("tests", True)]
    assert list(client.files(where, pull.base, [".github/CODEOWNERS", "CODEOWNERS"])) == [".github/CODEOWNERS"]
    many = {f"d{number}/f": b"x" for number in range(310)}
    large = client.change(where, github.open_pull(orders, "ada", many).number)
    assert client.paths(where, large) == sorted(many)
    for number, colour in enumerate((Colour.WAITING, Colour.RED, Colour.WAITING, Colour.GREEN)):
        client.publish(where, heard, Notice(colour, "A verdict", "Why.", "https://a.example/1", f"k{number}"))
    for text in ("One", "Two"):
        client.comment(where, heard, text)
    client.comment_issue(where, github.open_issue(orders, "ada", "Faster", []), "It became a request.")
    client.ask_review(where, heard, [Account(str(github.user("cy").id), "cy")])
    assert [one.by.login for one in client.bypasses(where, datetime.now(UTC) - timedelta(hours=2))] == ["bo"]

    until = datetime.now(UTC) + timedelta(days=1)
    for who, level in ((github.user("cy"), Level.WRITE), (guest, Level.WRITE), (guest, Level.MAINTAIN)):
        grants.give(where, Wanted(Account(str(who.id), who.login), level, until))
    held = grants.held(where)
    assert [(one.account.login, one.pending) for one in held] == [("cy", False), ("guest", True)]
    for one in held:
        grants.take(where, one)
    assert grants.held(where) == []
    directory = GithubGrants(Api(github.settings()))
    assert directory.find("Ada") == Account(str(github.user("ada").id), "ada")
    assert directory.find("nobody") is None
    assert len(github.asked) > 50


def test_the_app_is_made_from_its_manifest(github: FakeGitHub) -> None:
    github.manifest_codes.add("0123456789abcdef")
    made = manifest.convert("0123456789abcdef", address=github.address, allow_private=True)
    assert (made.app_id, made.webhook_secret) == (str(github.app_id), github.secret)
    with pytest.raises(ForgeError, match="404"):
        manifest.convert("0123456789abcdef", address=github.address, allow_private=True)


def test_the_proxy_does_refuse(github: FakeGitHub) -> None:
    """Else the tests above would prove nothing."""
    orders = github.add_repository("acme/sales", {})
    where = Api(github.settings()).repository(Place(str(orders.id), orders.slug))
    with pytest.raises(HttpError, match="422"):
        where.call("POST", "check-runs", json={"head_sha": orders.branches["main"]})
    github.trouble("GET /repos/acme/sales/invitations", "garbage", times=9, body=b'[{"id": "seven"}]')
    with pytest.raises(HttpError, match="500"):
        where.call("GET", "invitations")
    assert orders.runs == {}
