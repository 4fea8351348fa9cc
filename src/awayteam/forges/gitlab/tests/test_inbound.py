"""Deliveries of GitLab: which are opened, what they tell, and what becomes of hostile ones."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awayteam.forges.gitlab.inbound import GitLabInbound
from awayteam.forges.port import (
    AccessHeard,
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
    ReviewHeard,
    Stand,
)
from awayteam.gate.change import Said

HEAD, BEFORE = "a" * 40, "b" * 40
KEY = base64.b64encode(b"k" * 32).decode()
SIGNING = f"whsec_{KEY}"
PROJECT = {
    "id": 15,
    "name": "Orders",
    "path_with_namespace": "shop/orders",
    "web_url": "https://gl.example/shop/orders",
}
PLACE = Place("15", "shop/orders", "https://gl.example/shop/orders")
GRACE = {"id": 9, "name": "Grace", "username": "grace", "email": "[REDACTED]"}
AT = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)


def merge_request(action: str, user: Any = GRACE, **more: Any) -> dict[str, Any]:
    attributes = {
        "id": 4711, "iid": 12, "author_id": 7, "title": "Count  orders\n", "state": "opened", "draft": False,
        "target_branch": "main", "source_branch": "visit", "source_project_id": 15, "target_project_id": 15,
        "url": "https://gl.example/shop/orders/-/merge_requests/12", "created_at": "2026-03-02 09:00:00 UTC",
        "updated_at": "2026-03-02T10:30:00Z", "last_commit": {"id": HEAD, "message": "Work"}, "action": action, **more,
    }  # fmt: skip
    return {"object_kind": "merge_request", "event_type": "merge_request", "user": user, "project": PROJECT,
            "object_attributes": attributes, "labels": [], "changes": {}}  # fmt: skip


def read(message: Any) -> list[Heard]:
    return list(GitLabInbound().read(Delivery("1", "Merge Request Hook", json.dumps(message).encode())))


def verify(headers: dict[str, str], secrets: list[str], body: bytes = b"{}") -> Delivery:
    return GitLabInbound().verify(headers, body, secrets)


def signed(body: bytes, key: bytes = b"k" * 32, name: str = "msg-1", moment: str = "1772447400") -> dict[str, str]:
    made = hmac.new(key, f"{name}.{moment}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": name,
        "webhook-timestamp": moment,
        "webhook-signature": "v1," + base64.b64encode(made).decode(),
    }


# -- which are opened


def test_the_token_is_compared_with_every_secret_in_force() -> None:
    headers = {"X-Gitlab-Token": "new", "X-Gitlab-Event": "Push Hook", "Idempotency-Key": "key-1"}
    assert verify(headers, ["new", "old"]) == Delivery("key-1", "Push Hook", b"{}")
    assert verify({**headers, "X-Gitlab-Token": "old"}, ["new", "old"]).id == "key-1"
    for secrets in (["other"], [], [""], ["ne"], ["newer"]):
        with pytest.raises(NotGenuine):
            verify(headers, secrets)
    for token in ("", "NEW", "new ", "n\udc80w", "é"):
        with pytest.raises(NotGenuine):
            verify({**headers, "X-Gitlab-Token": token}, ["new"])
    with pytest.raises(NotGenuine):
        verify({}, ["", "new"])


def test_a_signature_is_over_id_time_and_body() -> None:
    body = b'{"object_kind":"push"}'
    headers = signed(body)
    assert verify(headers, [SIGNING], body).id == "msg-1"
    assert verify(headers, ["whsec_" + base64.b64encode(b"z" * 32).decode(), SIGNING], body).id == "msg-1"
    two = {**headers, "webhook-signature": f"v1,bm90 v2,x {headers['webhook-signature']}"}
    assert verify(two, [SIGNING], body).id == "msg-1"
    for name, value in (("webhook-id", "msg-2"), ("webhook-timestamp", "1"), ("webhook-signature", "v1,AAAA")):
        with pytest.raises(NotGenuine):
            verify({**headers, name: value}, [SIGNING], body)
        with pytest.raises(NotGenuine):
            verify({key: text for key, text in headers.items() if key != name}, [SIGNING], body)
    with pytest.raises(NotGenuine):
        verify(headers, [SIGNING], body + b" ")


def test_a_signing_token_is_never_accepted_in_plain_and_a_broken_one_opens_nothing() -> None:
    with pytest.raises(NotGenuine):
        verify({"X-Gitlab-Token": SIGNING}, [SIGNING])
    for broken in ("whsec_", "whsec_!!", "whsec_a"):
        with pytest.raises(NotGenuine):
            verify(signed(b"{}", key=b""), [broken])


def test_what_a_delivery_is_deduplicated_by() -> None:
    token = {"X-Gitlab-Token": "s"}
    one = verify({**token, "X-Gitlab-Event-UUID": "u", "X-Gitlab-Event": "Push Hook"}, ["s"], b"1")
    again = verify({**token, "X-Gitlab-Event-UUID": "u", "X-Gitlab-Event": "Push Hook"}, ["s"], b"1")
    other = verify({**token, "X-Gitlab-Event-UUID": "u", "X-Gitlab-Event": "Push Hook"}, ["s"], b"2")
    assert one.id == again.id != other.id
    assert verify({**signed(b"{}"), "Idempotency-Key": "forged"}, [SIGNING]).id == "msg-1"
    for strange in ("x" * 5000, "a\nb", "\udc80"):
        assert len(verify({**token, "Idempotency-Key": strange}, ["s"]).id) == 64


# -- what they tell


def test_a_merge_request_that_was_opened() -> None:
    (heard,) = read(merge_request("open"))
    assert heard == ChangeHeard(
        place=PLACE, id="4711", number=12, title="Count orders", author=Account("7", ""), base_ref="main", base="",
        url="https://gl.example/shop/orders/-/merge_requests/12", head=HEAD, stand=Stand.OPEN, at=AT,
        opened_at=datetime(2026, 3, 2, 9, tzinfo=UTC),
    )  # fmt: skip


def test_pushes_forks_drafts_merges_and_closings() -> None:
    (pushed,) = read(merge_request("update", oldrev=BEFORE, source_project_id=99, work_in_progress=True))
    assert isinstance(pushed, ChangeHeard)
    assert (pushed.from_fork, pushed.is_draft) == (True, True)
    (merged,) = read(merge_request("merge", state="merged"))
    assert isinstance(merged, ChangeHeard)
    assert (merged.stand, merged.merged_by) == (Stand.MERGED, Account("9", "grace"))
    (closed,) = read(merge_request("close", state="closed", last_commit=None))
    assert isinstance(closed, ChangeHeard)
    assert (closed.stand, closed.head, closed.merged_by) == (Stand.CLOSED, "", None)
    (own,) = read(merge_request("open", user={"id": 7, "username": "ada"}))
    assert isinstance(own, ChangeHeard)
    assert own.author == Account("7", "ada")


@pytest.mark.parametrize(
    ("action", "said"),
    [("approved", Said.APPROVED), ("approval", Said.APPROVED), ("unapproved", Said.DISMISSED),
     ("unapproval", Said.DISMISSED)],
)  # fmt: skip
def test_approvals_are_reviews_of_the_head(action: str, said: Said) -> None:
    _, review = read(merge_request(action))
    assert review == ReviewHeard(PLACE, "4711", 12, "4711:9", Account("9", "grace"), said, HEAD, AT)


def test_approvals_that_a_push_reset_arent_said_to_be_the_pushers() -> None:
    (change,) = read(merge_request("unapproved", system=True, system_action="approvals_reset_on_push"))
    assert isinstance(change, ChangeHeard)


def test_a_push_to_a_branch() -> None:
    message = {"object_kind": "push", "event_name": "push", "before": BEFORE, "after": HEAD, "ref": "refs/heads/visit",
               "user_id": 9, "user_username": "grace", "project_id": 15, "project": PROJECT, "commits": []}  # fmt: skip
    (heard,) = read(message)
    assert isinstance(heard, PushHeard)
    assert (heard.place, heard.ref, heard.before, heard.after) == (PLACE, "refs/heads/visit", BEFORE, HEAD)
    assert (heard.by, heard.forced) == (Account("9", "grace"), False)
    (system,) = read({**message, "object_kind": None})
    assert (type(system), system.place) == (PushHeard, PLACE)
    assert read({**message, "ref": "refs/tags/v1"}) == []


def test_an_issue_with_labels_and_a_confidential_one() -> None:
    attributes = {"id": 301, "iid": 23, "title": "Please count", "description": "By day.", "author_id": 9,
                  "state": "opened", "url": "https://gl.example/shop/orders/-/issues/23", "action": "open",
                  "updated_at": "2026-03-02T10:30:00Z", "confidential": False}  # fmt: skip
    message = {"object_kind": "issue", "event_type": "issue", "user": GRACE, "project": PROJECT,
               "object_attributes": attributes, "labels": [{"title": "away request"}, {"title": 7}, 3]}  # fmt: skip
    assert read(message) == [
        IssueHeard(PLACE, "301", 23, "Please count", "By day.", "https://gl.example/shop/orders/-/issues/23",
                   Account("9", "grace"), ("away request",), True, AT)
    ]  # fmt: skip
    assert read({**message, "event_type": "confidential_issue"}) == []
    assert read({**message, "object_attributes": {**attributes, "confidential": True}}) == []


def test_a_comment_is_a_look_and_ours_is_none() -> None:
    attributes = {"id": 77, "note": "nice", "noteable_type": "MergeRequest", "created_at": "2026-03-02T10:30:00Z",
                  "system": False, "action": "create"}  # fmt: skip
    change = {"id": 4711, "iid": 12, "last_commit": {"id": HEAD}}
    message = {"object_kind": "note", "user": GRACE, "project": PROJECT, "object_attributes": attributes,
               "merge_request": change}  # fmt: skip
    assert read(message) == [ReviewHeard(PLACE, "4711", 12, "note:77", Account("9", "grace"), Said.COMMENTED, HEAD, AT)]
    for other in (
        {"system": True},
        {"note": "<!-- awayteam -->\nWaiting."},
        {"noteable_type": "Issue"},
        {"action": "update"},
    ):
        assert read({**message, "object_attributes": {**attributes, **other}}) == []


def test_pipelines_jobs_members_and_names() -> None:
    pipeline = {"object_kind": "pipeline", "project": PROJECT,
                "object_attributes": {"id": 1, "sha": HEAD, "finished_at": "2026-03-02 10:30:00 UTC"}}  # fmt: skip
    assert read(pipeline) == [ChecksHeard(PLACE, HEAD, AT)]
    job = {"object_kind": "build", "project_id": 15, "sha": HEAD, "build_finished_at": "2026-03-02 10:30:00 UTC"}
    assert read(job) == [ChecksHeard(Place("15", ""), HEAD, AT)]
    member = {"event_name": "user_add_to_team", "project_id": 15, "project_path_with_namespace": "shop/orders",
              "user_id": 9, "user_username": "grace", "updated_at": "2026-03-02T10:30:00Z"}  # fmt: skip
    for event in ("user_add_to_team", "user_remove_from_team", "user_update_for_team"):
        assert read({**member, "event_name": event}) == [AccessHeard(Place("15", "shop/orders"), AT)]
    renamed = {"event_name": "project_rename", "project_id": 15, "path_with_namespace": "shop/new",
               "old_path_with_namespace": "shop/orders", "updated_at": "2026-03-02T10:30:00Z"}  # fmt: skip
    assert read(renamed) == [RenamedHeard(Place("15", "shop/new"), None, AT)]
    user = {"event_name": "user_rename", "user_id": 9, "username": "grace.h", "old_username": "grace"}
    (heard,) = read(user)
    assert isinstance(heard, RenamedHeard)
    assert heard.account == Account("9", "grace.h")


@pytest.mark.parametrize("kind", ["tag_push", "release", "deployment", "wiki_page", "", None, 7, ["push"]])
def test_what_doesnt_concern_us_is_passed_over(kind: Any) -> None:
    assert read({"object_kind": kind, "project": PROJECT, "object_attributes": {}}) == []


# -- what becomes of hostile ones


@pytest.mark.parametrize("body", [b"", b"payload=%7B%7D", b"7", b'"x"', b"null", b"\xff", b"[" * 100_000, b'{"a":NaN}'])
def test_what_is_no_message_is_an_error_that_is_final(body: bytes) -> None:
    with pytest.raises(ForgeError) as error:
        GitLabInbound().read(Delivery("1", "", body))
    assert error.value.final


@pytest.mark.parametrize(
    "broken",
    [{"project": None, "project_id": None}, {"project": {"id": "15x"}}, {"project": {"id": True}},
     {"project": {"id": -1}}, {"object_attributes": None}, {"object_attributes": []}],
)  # fmt: skip
def test_a_message_without_its_ids_is_an_error_that_is_final(broken: dict[str, Any]) -> None:
    with pytest.raises(ForgeError) as error:
        read({**merge_request("open"), **broken})
    assert error.value.final


def test_giant_and_strange_fields_are_bounded() -> None:
    user = {"id": "9", "username": "g" * 9000}
    odd = {"title": "ü\0" + "x" * 100_000, "url": "javascript:alert(1)", "draft": "yes", "iid": "12",
           "created_at": 7, "updated_at": "0001-01-01T00:00:00Z", "state": {"a": 1}}  # fmt: skip
    change, review = read(merge_request("approved", user=user, **odd))
    assert isinstance(change, ChangeHeard)
    assert isinstance(review, ReviewHeard)
    assert (len(change.title), "\0" in change.title, change.url) == (300, False, "")
    assert (change.number, change.is_draft, change.stand, review.by.id) == (12, False, Stand.OPEN, "9")
    assert (len(review.by.login), change.at.year >= 2026) == (200, True)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
BASES: list[dict[str, Any]] = [
    merge_request("approved"),
    {"object_kind": "push", "before": BEFORE, "after": HEAD, "ref": "refs/heads/x", "user_id": 9, "project": PROJECT},
    {"object_kind": "issue", "user": GRACE, "project": PROJECT, "labels": [], "object_attributes": {"id": 1, "iid": 2}},
    {"object_kind": "note", "user": GRACE, "project": PROJECT, "merge_request": {"id": 1, "iid": 2},
     "object_attributes": {"id": 1, "noteable_type": "MergeRequest"}},
    {"object_kind": "pipeline", "project": PROJECT, "object_attributes": {"sha": HEAD}},
]  # fmt: skip


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
        if not isinstance(one, RenamedHeard):
            assert one.place.id.isdigit()
        assert one.at.tzinfo is not None
