"""Deliveries: the signature, odd payloads, and what each kind tells."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awayteam.forges.github.inbound import LARGEST, READERS, GithubInbound, signature
from awayteam.forges.github.tests.fake import FakeGitHub
from awayteam.forges.port import (
    AccessHeard,
    ChangeHeard,
    ChecksHeard,
    Delivery,
    ForgeError,
    IssueHeard,
    NotGenuine,
    Place,
    PushHeard,
    RenamedHeard,
    ReviewHeard,
    Stand,
)
from awayteam.gate.change import Said

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
INBOUND = GithubInbound(lambda: NOW)
BODY = b'{"zen": "Keep it logically awesome."}'
SHA = "5" * 40
PLACE = {"id": 9, "full_name": "acme/orders", "html_url": "https://github.com/acme/orders", "pushed_at": 1_770_000_000}


def headers(**changed: str | None) -> dict[str, str]:
    known = {
        "X-Hub-Signature-256": signature("s1", BODY),
        "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "x-github-event": "ping",
    }
    known |= {name.replace("_", "-"): value for name, value in changed.items()}  # type: ignore[misc]
    return {name: value for name, value in known.items() if value is not None}


def read(kind: str, **payload: Any) -> Any:
    return INBOUND.read(Delivery("d", kind, orjson.dumps(payload)))


def test_the_signature_is_the_one_that_github_documents() -> None:
    assert signature("It's a Secret to Everybody", b"Hello, World!") == (
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    )


def test_a_genuine_delivery_by_either_secret_in_force() -> None:
    expected = Delivery("72d3162e-cc78-11e3-81ab-4c9367dc0958", "ping", BODY)
    assert INBOUND.verify(headers(), BODY, ["s1"]) == expected
    assert INBOUND.verify(headers(), BODY, ["s2", "s1"]) == expected
    assert INBOUND.read(expected) == []


@pytest.mark.parametrize(
    ("given_headers", "body", "secrets"),
    [
        (headers(), BODY + b" ", ["s1"]),
        (headers(), BODY, ["s2"]),
        (headers(), BODY, []),
        (headers(**{"X-Hub-Signature-256": signature("", BODY)}), BODY, [""]),
        (headers(**{"X-Hub-Signature-256": None}), BODY, ["s1"]),
        (headers(**{"X-Hub-Signature-256": "sha1=" + "0" * 40}), BODY, ["s1"]),
        (headers(**{"X-Hub-Signature-256": signature("s1", BODY).upper()}), BODY, ["s1"]),
        (headers(**{"X-Hub-Signature-256": "sha256=é"}), BODY, ["s1"]),
        (headers(**{"X-GitHub-Delivery": None}), BODY, ["s1"]),
        (headers(**{"X-GitHub-Delivery": "x" * 101}), BODY, ["s1"]),
        (headers(**{"X-GitHub-Delivery": "1234567\n8"}), BODY, ["s1"]),
        (headers(**{"x-github-event": "../ping"}), BODY, ["s1"]),
        (headers(**{"x-github-event": None}), BODY, ["s1"]),
        (headers(), b" " * (LARGEST + 1), ["s1"]),
    ],
)
def test_what_is_not_genuine(given_headers: dict[str, str], body: bytes, secrets: list[str]) -> None:
    with pytest.raises(NotGenuine):
        INBOUND.verify(given_headers, body, secrets)


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"{", b"\xff", b'{"a": ' * 5_000, b'{"a": NaN}'])
def test_what_is_no_message(body: bytes) -> None:
    with pytest.raises(ForgeError) as told:
        INBOUND.read(Delivery("d", "push", body))
    assert told.value.final


NAMES = tuple(
    """
    action id number title user login type state created_at updated_at submitted_at base head ref sha repo full_name
    repository sender review pull_request commit_id labels name issue check_run check_suite head_sha before after
    organization repositories_added pushed_at html_url draft merged merged_by
    """.split()  # noqa: SIM905 - a list of so many words reads better so
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner),
    max_leaves=25,
)


def genuine_payloads() -> dict[str, dict[str, Any]]:
    fake = FakeGitHub()
    ada, orders = fake.add_user("ada"), fake.add_repository("acme/orders", {"a": b""})
    pull = fake.open_pull(orders, ada, {"a": b"1"})
    fake.push(pull, ada, {"a": b"2"})
    fake.review(pull, ada)
    fake.open_issue(orders, ada, "Faster", ["awayteam:request"])
    fake.check(orders, pull.head, "tests", "success")
    fake.status(orders, pull.head, "scan", "success")
    fake.rename(orders, "acme/sales")
    return {event.kind: event.payload for event in fake.outbox}


GENUINE = genuine_payloads()


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(kind=st.sampled_from(sorted(READERS)), payload=st.dictionaries(st.sampled_from(NAMES), json_values))
def test_whatever_comes_is_read_without_failing(kind: str, payload: dict[str, Any]) -> None:
    assert isinstance(read(kind, **payload), list)


def leading_to(value: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every place in a payload's objects."""
    inner = [leading_to(held, (*path, name)) for name, held in value.items()] if isinstance(value, dict) else []
    return [path, *(one for paths in inner for one in paths)]


@pytest.mark.parametrize("kind", sorted(GENUINE))
def test_genuine_payloads_with_any_value_exchanged(kind: str) -> None:
    plain = orjson.dumps(GENUINE[kind])
    for *path, last in leading_to(GENUINE[kind])[1:]:
        for odd in (None, [], {}, "", "\0", -1, 2**64 - 1, True, 1.5, [{"id": {}}], {"id": "1", "full_name": "../.."}):
            payload = orjson.loads(plain)
            inner = payload
            for name in path:
                inner = inner[name]
            inner[last] = odd
            told = read(kind, **payload)
            assert all(isinstance(one.place, Place) and "\0" not in repr(one) for one in told)


def test_each_kind_tells_its_own() -> None:
    kinds = {kind: [type(one) for one in read(kind, **payload)] for kind, payload in GENUINE.items()}
    assert kinds == {
        "pull_request": [ChangeHeard],
        "push": [PushHeard],
        "pull_request_review": [ReviewHeard],
        "issues": [IssueHeard],
        "check_run": [ChecksHeard],
        "status": [ChecksHeard],
        "repository": [RenamedHeard],
    }


def test_a_comment_clears_nothing() -> None:
    pull = GENUINE["pull_request"]
    for kind in ("issue_comment", "pull_request_review_comment", "pull_request_review_thread", "commit_comment"):
        assert read(kind, **{**pull, "action": "created"}) == []
    review = GENUINE["pull_request_review"]
    (heard,) = read("pull_request_review", **{**review, "review": {**review["review"], "state": "commented"}})
    assert heard.said is Said.COMMENTED


def test_our_own_requests_for_review_and_labels_tell_nothing() -> None:
    for action in ("labeled", "review_requested", "assigned", "auto_merge_enabled", 7, None):
        assert read("pull_request", **{**GENUINE["pull_request"], "action": action}) == []


def test_a_dismissal_is_told_later_than_the_review() -> None:
    review = GENUINE["pull_request_review"]
    later = "2030-01-01T00:00:00Z"
    told = {
        **review,
        "action": "dismissed",
        "review": {**review["review"], "state": "dismissed"},
        "pull_request": {**review["pull_request"], "updated_at": later},
    }
    (heard,) = read("pull_request_review", **told)
    assert (heard.said, heard.at) == (Said.DISMISSED, datetime(2030, 1, 1, tzinfo=UTC))


def test_people_who_deleted_their_account_are_nobody() -> None:
    pull = {**GENUINE["pull_request"]["pull_request"], "user": None}
    (heard,) = read("pull_request", **{**GENUINE["pull_request"], "pull_request": pull})
    assert (heard.author.id, heard.author.login) == ("0", "(deleted)")
    assert heard.stand is Stand.OPEN


def test_texts_are_bounded_and_storable() -> None:
    pull = {
        **GENUINE["pull_request"]["pull_request"],
        "title": "a\0\u202eb\n" * 1_000,
        "html_url": "javascript:alert(1)",
    }
    (heard,) = read("pull_request", **{**GENUINE["pull_request"], "pull_request": pull})
    assert len(heard.title) <= 300
    assert heard.title.isprintable()
    assert heard.url == ""


def test_pushes_of_tags_and_deleted_branches() -> None:
    push = GENUINE["push"]
    assert read("push", **{**push, "ref": "refs/tags/v1"}) == []
    (heard,) = read("push", **{**push, "after": "0" * 40, "forced": True})
    assert (heard.ref, heard.after, heard.forced) == ("refs/heads/change-1", "0" * 40, True)


def test_rights_that_changed() -> None:
    for kind, action in [("member", "added"), ("team", "added_to_repository"), ("branch_protection_rule", "edited")]:
        (heard,) = read(kind, action=action, repository=PLACE)
        assert isinstance(heard, AccessHeard)
        assert (heard.place.id, heard.at) == ("9", NOW)
    assert read("team", action="created", repository=PLACE) == []
    assert read("membership", action="added", organization={"id": 5, "login": "acme"}) == []
    added = read("installation_repositories", repositories_added=[PLACE, {"id": "no"}], repositories_removed="all")
    assert [one.place.slug for one in added] == ["acme/orders"]


def test_names_that_changed() -> None:
    (heard,) = read("organization", action="renamed", organization={"id": 5, "login": "acme"})
    assert (heard.account.id, heard.account.login, heard.place) == ("5", "acme", None)
    (heard,) = read("repository", action="transferred", repository=PLACE)
    assert (heard.place.id, heard.account) == ("9", None)
    assert read("repository", action="archived", repository=PLACE) == []


def test_an_issue_that_is_a_pull_request_is_none() -> None:
    issue = {**GENUINE["issues"]["issue"], "pull_request": {"url": "https://x"}}
    assert read("issues", **{**GENUINE["issues"], "issue": issue}) == []
    (heard,) = read("issues", **GENUINE["issues"])
    assert (heard.labels, heard.is_open, heard.title) == (("awayteam:request",), True, "Faster")
