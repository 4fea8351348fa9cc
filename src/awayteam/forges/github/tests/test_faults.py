"""A GitHub that is slow, wrong, limited, moved, or gone, and clocks that disagree: the end state is right."""

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from awayteam.forges.github.api import Api
from awayteam.forges.github.client import GithubClient
from awayteam.forges.github.kind import KIND
from awayteam.forges.github.tests.fake import FakeGitHub, running
from awayteam.forges.github.tests.world import Pull, Repository
from awayteam.forges.http import HttpError, Terms
from awayteam.forges.port import ChangeHeard, Colour, ForgeError, Notice, Place, Settings


@dataclass
class Quick:
    """The real time, `ahead` of it; pauses take none."""

    ahead: timedelta = timedelta()
    pauses: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def passed(self) -> float:
        return self.now().timestamp()

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.ahead += timedelta(seconds=seconds)

    def chance(self) -> float:
        return 0.5


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with running() as fake:
        fake.add_user("ada")
        yield fake


@pytest.fixture
def orders(github: FakeGitHub) -> Repository:
    return github.add_repository("acme/orders", {"README": b"x"})


@pytest.fixture
def pull(github: FakeGitHub, orders: Repository) -> Pull:
    return github.open_pull(orders, "ada", {"a": b"1"})


@pytest.fixture
def clock() -> Quick:
    return Quick()


@pytest.fixture
def client(github: FakeGitHub, clock: Quick, request: pytest.FixtureRequest) -> GithubClient:
    """Impatient only where the forge is slow on purpose: the machine may be, too."""
    params = request.node.callspec.params if hasattr(request.node, "callspec") else {}
    is_slow = params.get("kind") == "slow"
    return GithubClient(Api(github.settings(), terms=Terms(try_seconds=1 if is_slow else 10), clock=clock))


def place(of: Repository) -> Place:
    return Place(str(of.id), of.slug)


NOTICE = Notice(Colour.GREEN, "May go in", "Because.", "https://awayteam.example.org/1", "k1")


@pytest.mark.parametrize("kind", ["slow", "garbage", "drop", "truncated", 500, 502, 503, 504])
def test_a_read_that_fails_once(
    github: FakeGitHub, orders: Repository, pull: Pull, client: GithubClient, kind: int | str
) -> None:
    github.trouble(f"/pulls/{pull.number}$", kind)
    if kind == "garbage":
        with pytest.raises(ForgeError, match="isn't JSON") as told:
            client.change(place(orders), pull.number)
        assert not told.value.final
    assert client.change(place(orders), pull.number).head == pull.head


@pytest.mark.parametrize("kind", ["slow", "drop", "truncated", 502])
def test_a_forge_that_does_not_come_back(
    github: FakeGitHub, orders: Repository, pull: Pull, client: GithubClient, kind: int | str
) -> None:
    heard = client.change(place(orders), pull.number)
    github.trouble("/reviews", kind, times=99)
    with pytest.raises(HttpError) as told:
        client.reviews(place(orders), heard)
    assert not told.value.final
    assert told.value.says.startswith("GET /repos/acme/orders/pulls/1/reviews")
    assert len([one for one in github.asked if "/reviews" in one.path]) == 3


@pytest.mark.parametrize("body", [b"[]", b"7", b'{"id": 5}', b'{"id": 5, "base": {"sha": {}}, "number": [1]}', b"null"])
def test_answers_of_another_shape(
    github: FakeGitHub, orders: Repository, pull: Pull, client: GithubClient, body: bytes
) -> None:
    heard = client.change(place(orders), pull.number)
    github.trouble("/pulls/|/compare/|/commits/|/issues/", "garbage", times=99, body=body)
    asking: list[Callable[[], Any]] = [
        lambda: client.change(place(orders), pull.number),
        lambda: client.paths(place(orders), heard),
        lambda: client.commits(place(orders), heard),
        lambda: client.reviews(place(orders), heard),
        lambda: client.checks(place(orders), pull.head),
        lambda: client.publish(place(orders), heard, NOTICE),
        lambda: client.comment(place(orders), heard, "Hello"),
    ]
    for ask in asking[:3] if body == b"[]" else asking:
        with pytest.raises(ForgeError):
            ask()
    assert (orders.runs, orders.comments) == ({}, {})


@pytest.mark.parametrize("within", [b"7", b'["x"]', b'[{"filename": ["a"]}]', b'[{"filename": ""}]', b"[{}]", b"null"])
def test_a_list_of_files_that_is_wrong_is_not_an_empty_one(
    github: FakeGitHub, orders: Repository, pull: Pull, client: GithubClient, within: bytes
) -> None:
    heard = client.change(place(orders), pull.number)
    github.trouble("/compare/", "garbage", times=99, body=b'{"files": %s, "commits": %s}' % (within, within))
    with pytest.raises(ForgeError):
        client.paths(place(orders), heard)
    with pytest.raises(ForgeError):
        client.commits(place(orders), heard)


@pytest.mark.parametrize("tree", [b"null", b"[7]", b'[{"path": 7}]', b'[{"path": "a", "sha": "x"}]'])
def test_a_tree_that_is_wrong_is_not_an_empty_one(
    github: FakeGitHub, orders: Repository, pull: Pull, client: GithubClient, tree: bytes
) -> None:
    heard = client.change(place(orders), pull.number)
    common = b'{"merge_base_commit": {"sha": "%s"}}' % pull.base.encode()
    github.trouble("/compare/", "garbage", times=99, body=common)
    github.trouble("/trees/", "garbage", times=99, body=b'{"tree": %s, "truncated": false}' % tree)
    with pytest.raises(ForgeError):
        client.paths(place(orders), heard)


@pytest.mark.parametrize(
    ("trouble", "headers", "seconds"),
    [(429, {"Retry_After": "2"}, 2), ("limited", {"Retry_After": "1"}, 1)],
)
def test_short_limits_are_waited_for(
    github: FakeGitHub, orders: Repository, pull: Pull, client: GithubClient, clock: Quick,
    trouble: int | str, headers: dict[str, str], seconds: int,
) -> None:  # fmt: skip
    heard = client.change(place(orders), pull.number)
    github.trouble("POST .*/check-runs", trouble, **headers)
    client.publish(place(orders), heard, NOTICE)
    assert len(orders.runs) == 1
    assert sum(clock.pauses) >= seconds - 0.1


@pytest.mark.parametrize(
    ("trouble", "headers", "seconds"),
    [(429, {"Retry_After": "120"}, 120), ("limited", {}, 60), ("limited", {"Retry_After": "120"}, 120)],
)
def test_long_limits_are_told_and_kept(
    github: FakeGitHub, orders: Repository, pull: Pull, client: GithubClient, clock: Quick,
    trouble: int | str, headers: dict[str, str], seconds: int,
) -> None:  # fmt: skip
    heard = client.change(place(orders), pull.number)
    github.trouble("/reviews", trouble, **headers)
    with pytest.raises(ForgeError, match=r"429|403") as told:
        client.reviews(place(orders), heard)
    assert told.value.retry_at is not None
    assert abs((told.value.retry_at - clock.now()).total_seconds() - seconds) < 5
    asked = len(github.asked)
    with pytest.raises(ForgeError, match="wants a pause"):
        client.reviews(place(orders), heard)
    assert len(github.asked) == asked
    clock.ahead += timedelta(seconds=seconds)
    assert client.reviews(place(orders), heard) == []


def test_the_hourly_limit(
    github: FakeGitHub, orders: Repository, pull: Pull, client: GithubClient, clock: Quick
) -> None:
    heard = client.change(place(orders), pull.number)
    github.remaining = 0
    with pytest.raises(ForgeError, match="rate limit exceeded") as told:
        client.reviews(place(orders), heard)
    assert told.value.retry_at is not None
    assert timedelta(minutes=29) < told.value.retry_at - clock.now() < timedelta(minutes=31)
    limits = client.limits()
    assert (limits.limit, limits.remaining) == (5_000, 0)


@pytest.mark.parametrize("minutes", [-10, 10])
def test_clocks_that_are_ten_minutes_apart(
    github: FakeGitHub, orders: Repository, pull: Pull, client: GithubClient, minutes: int
) -> None:
    github.skew = timedelta(minutes=minutes)
    assert client.change(place(orders), pull.number).head == pull.head
    refused = [one for one in github.asked if one.path.endswith("/installation")]
    assert len(refused) == 2
    skew = client.limits().skew_seconds
    assert skew is not None
    assert abs(skew - 60 * minutes) < 3


def test_a_token_that_ends_midway(github: FakeGitHub, orders: Repository, pull: Pull, client: GithubClient) -> None:
    heard = client.change(place(orders), pull.number)
    github.expire_tokens()
    client.publish(place(orders), heard, NOTICE)
    assert len(github.tokens) == 2
    assert len(orders.runs) == 1


def test_a_token_is_renewed_before_it_ends(
    github: FakeGitHub, orders: Repository, pull: Pull, client: GithubClient, clock: Quick
) -> None:
    client.change(place(orders), pull.number)
    clock.ahead = github.skew = timedelta(minutes=56)
    client.change(place(orders), pull.number)
    assert len(github.tokens) == 2
    assert len([one for one in github.asked if one.path.endswith("/access_tokens")]) == 2


def test_a_revoked_app_is_said_and_asked_twice_at_most(
    github: FakeGitHub, orders: Repository, pull: Pull, client: GithubClient
) -> None:
    github.trouble("/pulls/", 401, times=99)
    with pytest.raises(HttpError) as told:
        client.change(place(orders), pull.number)
    assert told.value.status == 401
    assert len([one for one in github.asked if "/pulls/" in one.path]) == 2


def test_many_threads_ask_for_one_token(
    github: FakeGitHub, orders: Repository, pull: Pull, client: GithubClient
) -> None:
    found: list[ChangeHeard] = []
    threads = [
        threading.Thread(target=lambda: found.append(client.change(place(orders), pull.number))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.head for one in found] == [pull.head] * 8
    assert len(github.tokens) == 1


def test_a_redirect_to_another_host_gets_no_token(
    github: FakeGitHub, orders: Repository, pull: Pull, client: GithubClient
) -> None:
    heard = client.change(place(orders), pull.number)
    github.trouble("/reviews", "elsewhere")
    with pytest.raises(ForgeError, match="another host") as told:
        client.reviews(place(orders), heard)
    assert told.value.final


def test_a_rename_between_two_calls(github: FakeGitHub, orders: Repository, pull: Pull, client: GithubClient) -> None:
    """The name is known from a moment ago: reads follow to the id, and before a write the name is asked for."""
    known = place(orders)
    heard = client.change(known, pull.number)
    github.rename(orders, "acme/sales")
    assert client.change(known, pull.number).id == heard.id
    client.comment(known, heard, "Hello")
    assert len(orders.comments) == 1


def test_a_rename_in_the_middle_of_a_write(
    github: FakeGitHub, orders: Repository, pull: Pull, client: GithubClient
) -> None:
    heard = client.change(place(orders), pull.number)
    moved = f"{github.address}/repositories/{orders.id}/issues/{pull.number}/comments"
    github.trouble("POST .*/comments", 301, Location=moved)
    with pytest.raises(ForgeError, match="it moved") as told:
        client.comment(place(orders), heard, "Hello")
    assert not told.value.final
    client.comment(place(orders), heard, "Hello")
    assert len(orders.comments) == 1


def test_an_impostor_under_the_old_name_gets_no_word(
    github: FakeGitHub, orders: Repository, pull: Pull, client: GithubClient
) -> None:
    known = place(orders)
    heard = client.change(known, pull.number)
    orders.slug = "acme/sales"
    impostor = github.add_repository("acme/orders", {"README": b"x"})
    github.open_pull(impostor, "ada", {"a": b"1"})
    client.comment(known, heard, "Hello")
    client.publish(known, heard, NOTICE)
    assert (impostor.comments, impostor.runs) == ({}, {})
    assert (len(orders.comments), len(orders.runs)) == (1, 1)


@pytest.mark.parametrize("status", [409, 422])
def test_conflicts_are_final(
    github: FakeGitHub, orders: Repository, pull: Pull, client: GithubClient, status: int
) -> None:
    heard = client.change(place(orders), pull.number)
    github.trouble("POST .*/check-runs", status)
    with pytest.raises(ForgeError, match=f"answered {status}: Trouble") as told:
        client.publish(place(orders), heard, NOTICE)
    assert told.value.final


@pytest.mark.parametrize("kind", ["lost", "drop", 502])
def test_a_check_whose_answer_was_lost_is_there_once_in_the_end(
    github: FakeGitHub, orders: Repository, pull: Pull, client: GithubClient, kind: int | str
) -> None:
    """Lost means: the call arrived, its answer didn't. Coming back later finds it."""
    heard = client.change(place(orders), pull.number)
    github.trouble("POST .*/check-runs", kind)
    with pytest.raises(ForgeError) as told:
        client.publish(place(orders), heard, NOTICE)
    assert not told.value.final
    client.publish(place(orders), heard, NOTICE)
    client.publish(place(orders), heard, NOTICE)
    assert [one["external_id"] for one in orders.runs.values()] == ["k1"]


@pytest.mark.parametrize(
    "values",
    [
        {"app_id": "x", "private_key": "k"},
        {"app_id": "", "private_key": "k"},
        {"app_id": "7", "private_key": "k", "installation_id": "../1"},
    ],
)
def test_settings_that_cannot_work(values: dict[str, str]) -> None:
    with pytest.raises(ForgeError, match="are numbers") as told:
        KIND.connect(Settings("", values))
    assert told.value.final


def test_nothing_secret_is_said(
    github: FakeGitHub, orders: Repository, pull: Pull, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    settings = github.settings()
    client = GithubClient(Api(settings))
    client.change(place(orders), pull.number)
    github.trouble("/reviews", 403, body=b'{"message": "no: %s"}' % next(iter(github.tokens)).encode())
    with pytest.raises(ForgeError) as told:
        client.reviews(place(orders), client.change(place(orders), pull.number))
    broken = github.settings(private_key="-----BEGIN PRIVATE KEY-----\nsecretsecret\n-----END PRIVATE KEY-----")
    with pytest.raises(ForgeError, match="private key can't be read") as unreadable:
        GithubClient(Api(broken)).change(place(orders), pull.number)
    signed = [one.headers["authorization"].removeprefix("Bearer ") for one in github.asked]
    assert any(jwt.get_unverified_header(one)["alg"] == "RS256" for one in signed if one.count(".") == 2)
    everything = (
        f"{caplog.text} {told.value} {told.value!r} {unreadable.value} {settings!r} {unreadable.value.__cause__}"
    )
    for secret in {*signed, *github.tokens, settings.values["private_key"], "secretsecret"}:
        assert secret not in everything


def test_one_installation_may_be_named(github: FakeGitHub, orders: Repository, pull: Pull) -> None:
    client = GithubClient(Api(github.settings(installation_id="11")))
    assert client.change(place(orders), pull.number).head == pull.head
    assert not [one for one in github.asked if one.path.endswith("/installation")]
