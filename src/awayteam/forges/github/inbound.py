"""Deliveries of GitHub: whether they are genuine, and what they tell.

The signature covers the body alone. Neither the delivery's id nor its kind is signed, so a body that somebody caught
can come again under others: what is read here is a reason to look, never a fact to decide by. Which server it names
(`X-GitHub-Enterprise-Host`) isn't signed either and isn't read: the forge is the one whose secret fits.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from awayteam.forges.github import reading
from awayteam.forges.github.reading import Json, obj, objs
from awayteam.forges.port import (
    AccessHeard,
    ChecksHeard,
    Delivery,
    ForgeError,
    Heard,
    NotGenuine,
    Place,
    PushHeard,
    RenamedHeard,
)
from awayteam.forges.reading import Node

LARGEST = 25 * 1024 * 1024
"""GitHub sends no larger body."""
_ID = re.compile(r"[A-Za-z0-9-]{8,100}")
_KIND = re.compile(r"[a-z_0-9]{1,60}")
_SIGNATURE = re.compile(r"sha256=[0-9a-f]{64}")
_NO_COMMIT = re.compile(r"0{40}(?:0{24})?")


@dataclass(frozen=True, slots=True)
class Told:
    """A delivery's body, the repository that it names, and now for where it names no moment."""

    payload: Json
    place: Place | None
    now: datetime

    @property
    def action(self) -> str:
        return reading.text(self.payload, "action")


Read = Callable[[Told], Sequence[Heard]]

TOLD_OF_CHANGES = frozenset(
    {"opened", "edited", "reopened", "synchronize", "closed", "ready_for_review", "converted_to_draft"}
)
TOLD_OF_ISSUES = frozenset({"opened", "edited", "labeled", "unlabeled", "closed", "reopened"})
MOVED = frozenset({"renamed", "transferred"})
ACCESS_OF_TEAMS = frozenset({"added_to_repository", "removed_from_repository", "edited"})


def _now() -> datetime:
    return datetime.now(UTC)


class GithubInbound:
    """`port.Inbound`. The clock is asked only where a delivery names no moment."""

    def __init__(self, now: Callable[[], datetime] = _now) -> None:
        self.now = now

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> Delivery:
        """See `port.Inbound`. Every secret is tried, so that the time says nothing of which one fits."""
        if len(body) > LARGEST:
            raise NotGenuine("The delivery is larger than any that GitHub sends.")
        found = {name.lower(): value for name, value in headers.items()}
        given = found.get("x-hub-signature-256", "")
        if not _SIGNATURE.fullmatch(given):
            raise NotGenuine("The delivery has no signature (X-Hub-Signature-256).")
        fits = [hmac.compare_digest(given, signature(secret, body)) for secret in secrets if secret]
        if not any(fits):
            raise NotGenuine("The delivery's signature is wrong.")
        known, kind = found.get("x-github-delivery", ""), found.get("x-github-event", "")
        if not _ID.fullmatch(known) or not _KIND.fullmatch(kind):
            raise NotGenuine("The delivery doesn't say its id (X-GitHub-Delivery) or kind (X-GitHub-Event).")
        return Delivery(known, kind, body)

    def read(self, delivery: Delivery) -> Sequence[Heard]:
        """See `port.Inbound`."""
        read = READERS.get(delivery.kind)
        if read is None:
            return []
        try:
            payload = orjson.loads(delivery.body)
        except orjson.JSONDecodeError as error:
            raise ForgeError(f"The delivery {delivery.kind} isn't JSON.", final=True) from error
        if not isinstance(payload, dict):
            raise ForgeError(f"The delivery {delivery.kind} isn't an object.", final=True)
        return read(Told(payload, reading.place(obj(payload, "repository")), self.now()))


def signature(secret: str, body: bytes) -> str:
    """The value of the header `X-Hub-Signature-256`."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _change(told: Told) -> Sequence[Heard]:
    pull = obj(told.payload, "pull_request")
    heard = reading.change(pull, told.place) if told.action in TOLD_OF_CHANGES else None
    return [heard] if heard else []


def _review(told: Told) -> Sequence[Heard]:
    pull = obj(told.payload, "pull_request")
    if told.place is None:
        return []
    told_at = reading.moment(pull, "updated_at")
    review = obj(told.payload, "review")
    heard = reading.review(review, told.place, reading.ident(pull), reading.number(pull, "number"), told_at)
    return [heard] if heard else []


def _push(told: Told) -> Sequence[Heard]:
    ref = reading.line(told.payload, "ref")
    before, after = reading.sha(told.payload, "before"), reading.sha(told.payload, "after")
    if told.place is None or not ref.startswith("refs/heads/") or not before or not after:
        return []
    by = reading.account(obj(told.payload, "sender")) or reading.GHOST
    at = reading.moment(obj(told.payload, "repository"), "pushed_at") or told.now
    forced = told.payload.get("forced") is True
    names = None if forced else Node(told.payload).pushed_names()
    return [PushHeard(told.place, ref, before, after, by, forced, at, names)]


def _issue(told: Told) -> Sequence[Heard]:
    if told.place is None or told.action not in TOLD_OF_ISSUES:
        return []
    heard = reading.issue(obj(told.payload, "issue"), told.place, told.now)
    return [heard] if heard else []


def _checks(name: str) -> Read:
    """Runs and suites carry the commit as `head_sha`."""

    def read(told: Told) -> Sequence[Heard]:
        of = obj(told.payload, name)
        at = reading.moment(of, "completed_at") or reading.moment(of, "updated_at")
        return _commit(told, reading.sha(of, "head_sha"), at)

    return read


def _status(told: Told) -> Sequence[Heard]:
    return _commit(told, reading.sha(told.payload, "sha"), reading.moment(told.payload, "updated_at"))


def _commit(told: Told, commit: str, at: datetime | None) -> Sequence[Heard]:
    if told.place is None or not commit or _NO_COMMIT.fullmatch(commit):
        return []
    return [ChecksHeard(told.place, commit, at or told.now)]


def _access(told: Told) -> Sequence[Heard]:
    return [AccessHeard(told.place, told.now)] if told.place else []


def _team(told: Told) -> Sequence[Heard]:
    return _access(told) if told.action in ACCESS_OF_TEAMS else []


def _repository(told: Told) -> Sequence[Heard]:
    return [RenamedHeard(told.place, None, told.now)] if told.place and told.action in MOVED else []


def _organisation(told: Told) -> Sequence[Heard]:
    account = reading.account(obj(told.payload, "organization"))
    return [RenamedHeard(None, account, told.now)] if account and told.action == "renamed" else []


def _installation(told: Told) -> Sequence[Heard]:
    """Which repositories the App sees changed; entries name id and `full_name`."""
    listed = [one for name in ("repositories_added", "repositories_removed") for one in objs(told.payload.get(name))]
    return [AccessHeard(place, told.now) for one in listed if (place := reading.place(one))]


READERS: Mapping[str, Read] = {
    "branch_protection_configuration": _access,
    "branch_protection_rule": _access,
    "check_run": _checks("check_run"),
    "check_suite": _checks("check_suite"),
    "installation_repositories": _installation,
    "issues": _issue,
    "member": _access,
    "organization": _organisation,
    "pull_request": _change,
    "pull_request_review": _review,
    "push": _push,
    "repository": _repository,
    "repository_ruleset": _access,
    "status": _status,
    "team": _team,
    "team_add": _access,
}
"""Kinds that tell something. Comments, threads, pings and all else tell nothing: a comment clears nothing. `membership`
names no repository; what changes by it, the reconciler finds on its next round."""
