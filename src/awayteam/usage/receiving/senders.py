"""Who sends: known by a token of which only the hash is kept, asked of the database every few seconds at most."""

import hashlib
import secrets
import threading
import time
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from awayteam.usage.models import Sender
from awayteam.usage.receiving.receiver import From

PREFIX = "awu_"
FRESH_SECONDS = 2.0
"""How long a token is believed; one that is disabled is refused after that."""
MOST_KNOWN = 10_000
SCOPES = ("envoy", "metrics", "traces")
"""What a sender may be limited to: access logs of Envoy; metrics of collectors, meshes and Prometheus; spans."""


@dataclass(frozen=True, slots=True)
class Known:
    """A sender whose token was shown."""

    sender: From
    scopes: frozenset[str]


class Tokens:
    """Tokens seen lately, right and wrong ones. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, Known | None]] = {}

    def known(self, token: str) -> Known | None:
        """Whose token it is; None where nobody's, or that of a sender who was disabled."""
        if not token.startswith(PREFIX) or len(token) > 200:
            return None
        digest, now = digest_of(token), time.monotonic()
        found = self._known.get(digest)
        if found is None or found[0] < now:
            known = _asked(digest)
            with self._lock:
                if len(self._known) >= MOST_KNOWN:
                    self._known.clear()
                self._known[digest] = now + FRESH_SECONDS, known
            return known
        return found[1]


def new_token() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _asked(digest: str) -> Known | None:
    row = Sender.objects.filter(digest=digest, disabled_at=None).first()
    if row is None:
        return None
    return Known(From(row.name, row.sampling, row.pk), frozenset(row.scopes))


def note(sender: int, accepted: int, refused: int, now: datetime) -> None:
    """Count what a sender sent."""
    Sender.objects.filter(pk=sender).update(
        accepted=F("accepted") + accepted, refused=F("refused") + refused, last_seen_at=now
    )
