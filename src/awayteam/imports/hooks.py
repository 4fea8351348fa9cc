"""Who may say that a repository was pushed to: signatures of forges, checked in constant time. Pure.

GitHub, Bitbucket: `X-Hub-Signature-256` (or `X-Hub-Signature`) is `sha256=` and the HMAC of the body in hexadecimal.
Gitea, Forgejo: `X-Gitea-Signature`, `X-Forgejo-Signature`, the HMAC without prefix. GitLab: `X-Gitlab-Token` is the
secret itself.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

import orjson

SIGNED = {
    "x-hub-signature-256": "github",
    "x-hub-signature": "bitbucket",
    "x-gitea-signature": "gitea",
    "x-forgejo-signature": "forgejo",
}
TOKEN = "x-gitlab-token"  # noqa: S105 - the name of a header
EVENTS = ("x-github-event", "x-gitlab-event", "x-gitea-event", "x-forgejo-event", "x-event-key")
PUSHES = frozenset(("push", "push hook", "tag push hook", "create", "repo:push", "repo:refs_changed"))
MAX_BODY = 25 * 1024 * 1024
"""Bytes; the forges cap their payloads here."""


@dataclass(frozen=True, slots=True)
class Push:
    """A verified call: from which kind of forge, whether something was pushed, and to which full ref ("" if unsaid)."""

    forge: str
    pushed: bool
    ref: str

    def concerns(self, ref: str) -> bool:
        """Whether it may change what is read at `ref` ("" is the default branch; a forge doesn't always name a ref)."""
        if not self.pushed:
            return False
        return not ref or not self.ref or self.ref == ref or self.ref.removeprefix("refs/").partition("/")[2] == ref


def verify(headers: Mapping[str, str], body: bytes, secret: str) -> str | None:
    """The kind of forge whose signature fits, or None. Header names count in any case."""
    given = {name.lower(): value for name, value in headers.items()}
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    for header, forge in SIGNED.items():
        if header in given:
            signature = given[header].strip().removeprefix("sha256=")
            return forge if secret and _same(signature, expected) else None
    if TOKEN in given and secret and _same(given[TOKEN].strip(), secret):
        return "gitlab"
    return None


def push(headers: Mapping[str, str], body: bytes, forge: str) -> Push:
    """What a verified call tells. A body that can't be understood counts as a push to anywhere."""
    given = {name.lower(): value.strip().lower() for name, value in headers.items()}
    event = next((given[name] for name in EVENTS if name in given), "push")
    try:
        payload = orjson.loads(body)
    except ValueError:
        payload = None
    ref = payload.get("ref") if isinstance(payload, dict) else None
    return Push(forge, event in PUSHES, ref if isinstance(ref, str) else "")


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())
