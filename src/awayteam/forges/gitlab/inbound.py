"""What GitLab sends: webhooks of projects and groups, and system hooks of a whole installation.

A delivery is opened either by the secret token, which comes in plain in `X-Gitlab-Token`, or, where the secret starts
with `whsec_` (GitLab's signing token), by an HMAC over id, time and body as Standard Webhooks has it. A signing token
is never accepted in plain. GitLab says in no push whether it was forced, and gives neither the base of a merge request
nor the login of its author: the client is asked for those.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from awayteam.forges.port import (
    AccessHeard,
    Account,
    ChangeHeard,
    ChecksHeard,
    Delivery,
    Heard,
    IssueHeard,
    NotGenuine,
    Place,
    PushHeard,
    RenamedHeard,
    ReviewHeard,
    Stand,
)
from awayteam.forges.reading import Node, document
from awayteam.gate.change import Said

SIGNING: Final = "whsec_"
OURS: Final = "<!-- awayteam -->"
"""Marks the one note of ours, as its first line."""
STANDS: Final = {"opened": Stand.OPEN, "locked": Stand.OPEN, "merged": Stand.MERGED, "closed": Stand.CLOSED}
_APPROVED = frozenset({"approved", "approval"})
_UNAPPROVED = frozenset({"unapproved", "unapproval"})
_MEMBERS = frozenset({"user_add_to_team", "user_remove_from_team", "user_update_for_team"})
_PLACES = frozenset({"project_rename", "project_transfer", "project_update"})
_ID = re.compile(r"[\w.:@/+=-]{1,120}\Z", re.ASCII)


class GitLabInbound:
    """`port.Inbound` for GitLab."""

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> Delivery:
        small = {name.lower(): value for name, value in headers.items()}
        token = small.get("x-gitlab-token", "")
        signed = _signed(small, body, [each for each in secrets if each.startswith(SIGNING)])
        plain = [each for each in secrets if each and not each.startswith(SIGNING)]
        # Every secret is compared, so that the time says nothing about which of them it was.
        opened = [hmac.compare_digest(token.encode(errors="replace"), each.encode()) for each in plain]
        if not signed and not any(opened):
            raise NotGenuine("Neither the token nor the signature of this delivery is right.")
        kind = small.get("x-gitlab-event", "")[:100]
        return Delivery(_key(small, body, kind, is_signed=signed), kind, body)

    def read(self, delivery: Delivery) -> Sequence[Heard]:
        message = document(delivery.body)
        reader = _READERS.get(message.text("object_kind", most=40))
        if reader is not None:
            return reader(message)
        event = message.text("event_name", most=40)
        if event == "push":
            return _push(message)
        if event in _MEMBERS:
            return _member(message)
        if event in _PLACES or event == "user_rename":
            return _renamed(message, event)
        return []


def _signed(headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> bool:
    """Whether one of the signatures is made with one of the signing tokens."""
    name, moment = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    claimed = [each[3:] for each in headers.get("webhook-signature", "")[:2000].split() if each.startswith("v1,")]
    if not name or not moment:
        return False
    content = b".".join((name.encode(errors="replace"), moment.encode(errors="replace"), body))
    found = False
    for secret in secrets:
        try:
            key = base64.b64decode(secret.removeprefix(SIGNING), validate=True)
        except (binascii.Error, ValueError):
            continue
        right = base64.b64encode(hmac.digest(key, content, "sha256")) if key else b""
        for each in claimed:
            found |= bool(right) and hmac.compare_digest(right, each.encode(errors="replace"))
    return found


def _key(headers: Mapping[str, str], body: bytes, kind: str, *, is_signed: bool) -> str:
    """What a delivery is deduplicated by: the id that was signed, else the key that retries share, else its content.

    `X-Gitlab-Event-UUID` alone isn't one: hooks that one hook sets off share it.
    """
    if is_signed:
        return _short(headers["webhook-id"])
    if given := headers.get("idempotency-key", ""):
        return _short(given)
    parts = (headers.get("x-gitlab-event-uuid", ""), kind, hashlib.sha256(body).hexdigest())
    return hashlib.sha256("\n".join(parts).encode(errors="replace")).hexdigest()


def _short(name: str) -> str:
    return name if _ID.match(name) else hashlib.sha256(name.encode(errors="replace")).hexdigest()


def place_of(message: Node) -> Place:
    """The project that a message is about. Raises `ForgeError` where it names none."""
    project = message.at("project")
    if project.id("id"):
        return Place(project.id("id"), project.line("path_with_namespace"), project.url("web_url"))
    return Place(message.need("id", "project_id"), message.line("project_path_with_namespace"))


def user_of(user: Node) -> Account:
    return Account(user.id("id"), user.line("username", most=200))


def _change(message: Node) -> Sequence[Heard]:
    """A merge request. Draft, author and stand are what its attributes say; the rest is asked for later."""
    place, one, user = place_of(message), message.at("object_attributes"), user_of(message.at("user"))
    action = one.text("action", most=40)
    author = one.id("author_id")
    at = one.moment("updated_at") or _now()
    change = ChangeHeard(
        place=place,
        id=one.need("id", "id"),
        number=one.need("number", "iid"),
        title=one.line("title"),
        url=one.url("url"),
        author=user if user.id == author else Account(author, ""),
        base_ref=one.line("target_branch"),
        base="",
        head=one.commit("last_commit", "id"),
        stand=STANDS.get(one.text("state", most=20), Stand.OPEN),
        at=at,
        opened_at=one.moment("created_at") or at,
        is_draft=one.flag("draft") or one.flag("work_in_progress"),
        from_fork=one.id("source_project_id") != one.id("target_project_id"),
        merged_by=user if action == "merge" else None,
    )
    heard: list[Heard] = [change]
    # Approvals that a push took back come in the pusher's name; the client is asked whose they were.
    if user.id and not one.flag("system") and action in _APPROVED | _UNAPPROVED:
        said = Said.APPROVED if action in _APPROVED else Said.DISMISSED
        name = review_id(change.id, user.id)
        heard.append(ReviewHeard(place, change.id, change.number, name, user, said, change.head, at))
    return heard


def review_id(change: str, user: str) -> str:
    """Approvals have no id of their own: there is one for each user of a merge request."""
    return f"{change}:{user}"


def _note(message: Node) -> Sequence[Heard]:
    """A comment of a person on a merge request counts as having looked at it, and as no word about it."""
    one, change = message.at("object_attributes"), message.at("merge_request")
    if one.text("noteable_type", most=40) != "MergeRequest" or one.flag("system"):
        return []
    if one.text("note", most=len(OURS)) == OURS or one.text("action", most=20) not in ("", "create"):
        return []
    by, name = user_of(message.at("user")), one.need("id", "id")
    if not by.id:
        return []
    number, whole, commit = change.need("number", "iid"), change.need("id", "id"), change.commit("last_commit", "id")
    at = one.moment("created_at") or _now()
    return [ReviewHeard(place_of(message), whole, number, f"note:{name}", by, Said.COMMENTED, commit, at)]


def _push(message: Node) -> Sequence[Heard]:
    ref = message.line("ref")
    if not ref.startswith("refs/heads/"):
        return []
    by = Account(message.id("user_id"), message.line("user_username", most=200))
    before, after = message.need("commit", "before"), message.need("commit", "after")
    names = message.pushed_names(message.number("total_commits_count"))
    return [PushHeard(place_of(message), ref, before, after, by, forced=False, at=_now(), names=names)]


def _issue(message: Node) -> Sequence[Heard]:
    """An issue. Confidential ones are none of ours: what is made of an issue is for everybody to read."""
    one, user = message.at("object_attributes"), user_of(message.at("user"))
    if one.flag("confidential") or message.text("event_type", most=40).startswith("confidential"):
        return []
    author = one.id("author_id")
    return [
        IssueHeard(
            place=place_of(message),
            id=one.need("id", "id"),
            number=one.need("number", "iid"),
            title=one.line("title"),
            words=one.text("description", most=20_000),
            url=one.url("url"),
            by=user if user.id == author else Account(author, ""),
            labels=tuple(name for each in message.items("labels", most=100) if (name := each.line("title", most=255))),
            is_open=one.text("state", most=20) == "opened",
            at=one.moment("updated_at") or _now(),
        )
    ]


def _pipeline(message: Node) -> Sequence[Heard]:
    one = message.at("object_attributes")
    at = one.moment("finished_at") or one.moment("created_at") or _now()
    return [ChecksHeard(place_of(message), one.need("commit", "sha"), at)]


def _build(message: Node) -> Sequence[Heard]:
    at = message.moment("build_finished_at") or message.moment("build_created_at") or _now()
    return [ChecksHeard(place_of(message), message.need("commit", "sha"), at)]


def _member(message: Node) -> Sequence[Heard]:
    return [AccessHeard(place_of(message), message.moment("updated_at") or _now())]


def _renamed(message: Node, event: str) -> Sequence[Heard]:
    at = message.moment("updated_at") or _now()
    if event == "user_rename":
        account = Account(message.need("id", "user_id"), message.need("line", "username")[:200])
        return [RenamedHeard(None, account, at)]
    place = Place(message.need("id", "project_id"), message.need("line", "path_with_namespace"))
    return [RenamedHeard(place, None, at)]


def _now() -> datetime:
    """Where a message carries no time: it was sent just now."""
    return datetime.now(UTC)


_READERS: Final[Mapping[str, Callable[[Node], Sequence[Heard]]]] = {
    "merge_request": _change,
    "note": _note,
    "push": _push,
    "issue": _issue,
    "work_item": _issue,
    "pipeline": _pipeline,
    "build": _build,
}
