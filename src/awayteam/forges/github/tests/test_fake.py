"""The fake's own promises, which other tests lean on."""

from collections.abc import Iterator

import orjson
import pytest

from awayteam.forges.github.inbound import GithubInbound
from awayteam.forges.github.tests.fake import FakeGitHub, running
from awayteam.forges.port import ChangeHeard, Delivery, Heard, PushHeard, Stand
from awayteam.kernel.tests.receiver import Receiver, receiving


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with running() as fake:
        fake.add_user("ada")
        yield fake


def heard(receiver: Receiver, secret: str) -> list[tuple[Delivery, Heard]]:
    inbound = GithubInbound()
    told = [inbound.verify(got.headers, got.body, [secret]) for got in receiver.got]
    return [(delivery, one) for delivery in told for one in inbound.read(delivery)]


def test_deliveries_are_signed_and_come_as_told(github: FakeGitHub) -> None:
    orders = github.add_repository("acme/orders", {"a": b""})
    pull = github.open_pull(orders, "ada", {"a": b"1"})
    github.push(pull, "ada", {"a": b"2"}, force=True)
    github.merge(pull, "ada")
    with receiving() as receiver:
        assert github.deliver(receiver.url + "hook") == [204] * 5
        assert github.deliver(receiver.url + "hook") == []
        words = [one for _delivery, one in heard(receiver, github.secret)]
        assert [type(one) for one in words] == [ChangeHeard, PushHeard, ChangeHeard, ChangeHeard, PushHeard]
        changes = [one for one in words if isinstance(one, ChangeHeard)]
        assert [one.stand for one in changes] == [Stand.OPEN, Stand.OPEN, Stand.MERGED]
        assert isinstance(words[1], PushHeard)
        assert words[1].forced


def test_deliveries_come_twice_and_in_disorder(github: FakeGitHub) -> None:
    orders = github.add_repository("acme/orders", {"a": b""})
    github.open_pull(orders, "ada", {"a": b"1"}, title="First")
    github.open_pull(orders, "ada", {"a": b"2"}, title="Second")
    with receiving() as receiver:
        github.deliver(receiver.url, order="reverse", times=2)
        told = heard(receiver, github.secret)
    titles = [one.title for _delivery, one in told if isinstance(one, ChangeHeard)]
    assert titles == ["Second", "Second", "First", "First"]
    ids = [delivery.id for delivery, _one in told]
    assert ids[0] == ids[1] != ids[2] == ids[3]


def test_git_ids_are_those_of_git(github: FakeGitHub) -> None:
    """As `git hash-object` and `git write-tree` say."""
    orders = github.add_repository("acme/orders", {"a/b": b"hello\n", "c": b""})
    assert "ce013625030ba8dba906f756967f9e9ca394464a" in orders.objects
    assert orders.objects["e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"] == ("blob", b"")
    tree = orders.commits[orders.branches["main"]].tree
    assert orders.flat(tree).keys() == {"a/b", "c"}


def test_every_event_can_be_sent_as_json(github: FakeGitHub) -> None:
    orders = github.add_repository("acme/orders", {"a": b""})
    github.open_issue(orders, "ada", "Faster", ["awayteam:request"])
    (event,) = github.outbox
    assert orjson.loads(event.body)["issue"]["labels"] == [{"id": 1, "name": "awayteam:request"}]
    assert github.headers(event)["X-GitHub-Event"] == "issues"
