"""What Gitea and Forgejo send: JSON, signed by an HMAC-SHA256 of the body in bare hex.

Neither says that somebody's access changed, that a repository was renamed or that a review was dismissed, so those are
polled. Names of events stand in headers, which aren't signed: what a message is, its content says. A message about a
review names no review; it says that its change is to be asked about.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from awayteam.forges.port import (
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
    Stand,
)
from awayteam.forges.reading import Node, document

_SIGNATURES: Final = ("x-forgejo-signature", "x-gitea-signature")
_ID = re.compile(r"[\w-]{8,100}\Z", re.ASCII)
_DRAFT = re.compile(r"\s*(?:\[wip\]|wip:|draft:|\[draft\])", re.IGNORECASE)


class GiteaInbound:
    """`port.Inbound` for Gitea and Forgejo."""

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> Delivery:
        small = {name.lower(): value for name, value in headers.items()}
        claimed = next((small[name] for name in _SIGNATURES if small.get(name)), "")
        right = [hmac.new(secret.encode(), body, "sha256").hexdigest() for secret in secrets if secret]
        opened = [hmac.compare_digest(each.encode(), claimed.lower().encode(errors="replace")) for each in right]
        if not any(opened):
            raise NotGenuine("The signature of this delivery is wrong or lacking.")
        given = small.get("x-forgejo-delivery") or small.get("x-gitea-delivery") or ""
        kind = small.get("x-forgejo-event") or small.get("x-gitea-event") or ""
        return Delivery(given if _ID.match(given) else hashlib.sha256(body).hexdigest(), kind[:100], body)

    def read(self, delivery: Delivery) -> Sequence[Heard]:
        message = document(delivery.body)
        if message.at("pull_request"):
            return [change_of(message.at("pull_request"), place_of(message.at("repository")))]
        if message.at("comment"):
            return []
        if message.at("issue"):
            return _issue(message)
        if message.at("ref") and message.at("before") and message.at("after"):
            return _push(message)
        if message.at("sha") and message.at("context"):
            at = message.moment("updated_at") or _now()
            return [ChecksHeard(place_of(message.at("repository")), message.need("commit", "sha"), at)]
        if message.text("action", most=20) == "created" and message.at("repository"):
            return [RenamedHeard(place_of(message.at("repository")), None, _now())]
        return []


def place_of(repository: Node) -> Place:
    """A repository. Raises `ForgeError` where it has no id."""
    return Place(repository.need("id", "id"), repository.line("full_name"), repository.url("html_url"))


def user_of(user: Node) -> Account:
    """An account; nothing in it says whether it is a bot. One that was deleted has no id and is called Ghost."""
    return Account(user.id("id"), user.line("login", most=200))


def change_of(one: Node, place: Place) -> ChangeHeard:
    """A pull request, as messages and answers have it. Raises `ForgeError` where it has no id or number."""
    base, head = one.at("base"), one.at("head")
    at = one.moment("updated_at") or _now()
    merged = one.flag("merged")
    closed = one.text("state", most=20) == "closed"
    title = one.line("title")
    return ChangeHeard(
        place=place,
        id=one.need("id", "id"),
        number=one.need("number", "number"),
        title=title,
        url=one.url("html_url"),
        author=user_of(one.at("user")),
        base_ref=base.line("ref"),
        base=base.commit("sha"),
        head=head.commit("sha"),
        stand=Stand.MERGED if merged else Stand.CLOSED if closed else Stand.OPEN,
        at=at,
        opened_at=one.moment("created_at") or at,
        is_draft=one.flag("draft") or bool(_DRAFT.match(title)),
        from_fork=head.id("repo_id") != base.id("repo_id"),
        merged_by=user_of(one.at("merged_by")) if merged and one.id("merged_by", "id") else None,
        ended_at=one.moment("merged_at") if merged else one.moment("closed_at") if closed else None,
    )


def _issue(message: Node) -> Sequence[Heard]:
    one = message.at("issue")
    if one.at("pull_request"):
        return []
    return [
        IssueHeard(
            place=place_of(message.at("repository")),
            id=one.need("id", "id"),
            number=one.need("number", "number"),
            title=one.line("title"),
            words=one.text("body", most=20_000),
            url=one.url("html_url"),
            by=user_of(one.at("user")),
            labels=tuple(name for each in one.items("labels", most=100) if (name := each.line("name", most=255))),
            is_open=one.text("state", most=20) == "open",
            at=one.moment("updated_at") or _now(),
        )
    ]


def _push(message: Node) -> Sequence[Heard]:
    ref = message.line("ref")
    if not ref.startswith("refs/heads/"):
        return []
    place, by = place_of(message.at("repository")), user_of(message.at("pusher"))
    before, after = message.need("commit", "before"), message.need("commit", "after")
    names = message.pushed_names(message.number("total_commits"))
    return [PushHeard(place, ref, before, after, by, forced=False, at=_now(), names=names)]


def _now() -> datetime:
    """Where a message carries no time: it was sent just now."""
    return datetime.now(UTC)
