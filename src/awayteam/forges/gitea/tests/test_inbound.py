"""Deliveries of Gitea and Forgejo: which are opened, what they tell, and what becomes of hostile ones."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awayteam.forges.gitea.inbound import GiteaInbound
from awayteam.forges.port import (
    Account,
    ChangeHeard,
    ChecksHeard,
    Delivery,
    ForgeError,
    Heard,
    IssueHeard,
    NotGenuine,
    Place,
    PushHeard,
    RenamedHeard,
    Stand,
)

HEAD, BASE, MERGED = "a" * 40, "b" * 40, "c" * 40
ADA = {"id": 7, "login": "ada", "full_name": "", "email": "ada@example.com", "username": "ada"}
REPO = {"id": 15, "name": "orders", "full_name": "shop/orders", "html_url": "https://git.example/shop/orders"}
PLACE = Place("15", "shop/orders", "https://git.example/shop/orders")
AT = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)


def pull_request(action: str, **more: Any) -> dict[str, Any]:
    pull = {
        "id": 4711, "number": 12, "title": "Count orders", "state": "open", "user": ADA, "merged": False,
        "html_url": "https://git.example/shop/orders/pulls/12", "created_at": "2026-03-02T09:00:00Z",
        "updated_at": "2026-03-02T12:30:00+02:00", "merged_by": None,
        "base": {"ref": "main", "sha": BASE, "repo_id": 15}, "head": {"ref": "visit", "sha": HEAD, "repo_id": 15},
        **more,
    }  # fmt: skip
    return {"action": action, "number": 12, "pull_request": pull, "repository": REPO, "sender": ADA, "review": None}


def read(message: Any) -> list[Heard]:
    return list(GiteaInbound().read(Delivery("1", "pull_request", json.dumps(message).encode())))


def sign(body: bytes, secret: str = "s") -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def test_a_signature_is_bare_hex_over_the_body_with_any_secret_in_force() -> None:
    name = "f6266f16-1bf3-46a5-9ea4-602e06ead473"
    for who in ("Gitea", "Forgejo"):
        headers = {f"X-{who}-Signature": sign(b"{}"), f"X-{who}-Delivery": name, f"X-{who}-Event": "push"}
        assert GiteaInbound().verify(headers, b"{}", ["new", "s"]) == Delivery(name, "push", b"{}")
        for secrets in ([], [""], ["other"]):
            with pytest.raises(NotGenuine):
                GiteaInbound().verify(headers, b"{}", secrets)
        with pytest.raises(NotGenuine):
            GiteaInbound().verify(headers, b"{} ", ["s"])


@pytest.mark.parametrize("claimed", ["", "sha256=" + sign(b"{}"), "é", "\udc80", sign(b"{}")[:-1], "0" * 64])
def test_another_signature_opens_nothing(claimed: str) -> None:
    with pytest.raises(NotGenuine):
        GiteaInbound().verify({"x-gitea-signature": claimed}, b"{}", ["s"])


def test_the_signature_of_forgejo_isnt_rescued_by_that_of_gitea() -> None:
    with pytest.raises(NotGenuine):
        GiteaInbound().verify({"X-Forgejo-Signature": "0" * 64, "X-Gitea-Signature": sign(b"{}")}, b"{}", ["s"])


def test_without_a_usable_id_the_content_is_what_a_delivery_is_known_by() -> None:
    for given_id in ("", "x" * 500, "a\nb"):
        headers = {"x-gitea-signature": sign(b"{}"), "x-gitea-delivery": given_id}
        assert GiteaInbound().verify(headers, b"{}", ["s"]).id == hashlib.sha256(b"{}").hexdigest()


def test_a_pull_request_and_its_reviews_ask_about_the_change() -> None:
    expected = ChangeHeard(
        place=PLACE, id="4711", number=12, title="Count orders", url="https://git.example/shop/orders/pulls/12",
        author=Account("7", "ada"), base_ref="main", base=BASE, head=HEAD, stand=Stand.OPEN, at=AT,
        opened_at=datetime(2026, 3, 2, 9, tzinfo=UTC),
    )  # fmt: skip
    for action in ("opened", "synchronized", "reviewed", "edited", "label_updated"):
        assert read(pull_request(action)) == [expected]


def test_forks_drafts_merges_and_closings() -> None:
    (fork,) = read(pull_request("opened", head={"ref": "x", "sha": HEAD, "repo_id": 99}, title="[WIP] x"))
    assert isinstance(fork, ChangeHeard)
    assert (fork.from_fork, fork.is_draft) == (True, True)
    (merged,) = read(pull_request("closed", state="closed", merged=True, merged_by=ADA))
    assert isinstance(merged, ChangeHeard)
    assert (merged.stand, merged.merged_by) == (Stand.MERGED, Account("7", "ada"))
    (closed,) = read(pull_request("closed", state="closed"))
    assert isinstance(closed, ChangeHeard)
    assert (closed.stand, closed.merged_by) == (Stand.CLOSED, None)


def test_pushes_issues_statuses_and_new_repositories() -> None:
    push = {"ref": "refs/heads/visit", "before": BASE, "after": HEAD, "repository": REPO, "pusher": ADA, "commits": []}
    (heard,) = read(push)
    assert isinstance(heard, PushHeard)
    assert (heard.place, heard.ref, heard.before, heard.after, heard.by) == (
        PLACE, "refs/heads/visit", BASE, HEAD, Account("7", "ada"),
    )  # fmt: skip
    assert read({**push, "ref": "refs/tags/v1"}) == []
    issue = {"id": 3, "number": 5, "title": "Please count", "body": "By day.", "user": ADA, "state": "open",
             "html_url": "https://git.example/shop/orders/issues/5", "labels": [{"name": "away request"}],
             "updated_at": "2026-03-02T10:30:00Z"}  # fmt: skip
    message = {"action": "label_updated", "number": 5, "issue": issue, "repository": REPO, "sender": ADA}
    assert read(message) == [
        IssueHeard(PLACE, "3", 5, "Please count", "By day.", "https://git.example/shop/orders/issues/5",
                   Account("7", "ada"), ("away request",), True, AT)
    ]  # fmt: skip
    assert read({**message, "comment": {"id": 1}}) == []
    assert read({**message, "issue": {**issue, "pull_request": {"merged": False}}}) == []
    status = {
        "sha": HEAD,
        "context": "ci/test",
        "state": "success",
        "repository": REPO,
        "updated_at": "2026-03-02T10:30:00Z",
    }
    assert read(status) == [ChecksHeard(PLACE, HEAD, AT)]
    (made,) = read({"action": "created", "repository": REPO, "sender": ADA})
    assert isinstance(made, RenamedHeard)
    assert made.place == PLACE
    assert read({"action": "deleted", "repository": REPO}) == []
    assert read({"forkee": REPO}) == []


@pytest.mark.parametrize("body", [b"", b"payload=%7B%7D", b"7", b"null", b"\xff", b"[" * 100_000])
def test_what_is_no_message_is_an_error_that_is_final(body: bytes) -> None:
    with pytest.raises(ForgeError) as error:
        GiteaInbound().read(Delivery("1", "", body))
    assert error.value.final


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
BASES: list[dict[str, Any]] = [
    pull_request("opened", merged=True, merged_by=ADA),
    {"ref": "refs/heads/x", "before": BASE, "after": HEAD, "repository": REPO, "pusher": ADA},
    {"action": "opened", "issue": {"id": 3, "number": 5, "labels": [], "user": ADA}, "repository": REPO},
    {"sha": HEAD, "context": "x", "repository": REPO},
]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(BASES), st.data())
def test_any_value_in_any_place_is_read_or_refused_and_never_breaks(base: dict[str, Any], data: st.DataObject) -> None:
    message = json.loads(json.dumps(base))
    place = message
    while True:
        key = data.draw(st.sampled_from(sorted(place)))
        if not (isinstance(place[key], dict) and place[key] and data.draw(st.booleans())):
            break
        place = place[key]
    place[key] = data.draw(JSON)
    try:
        heard = read(message)
    except ForgeError as error:
        if not error.final:
            raise
        return
    for one in heard:
        assert one.place is not None
        assert one.place.id.isdigit()
        assert one.at.tzinfo is not None
