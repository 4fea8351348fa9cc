"""Taking rows that wait to be worked: by compare-and-set with a lease, so that a killed worker's row is taken again."""

import random
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q

from awayteam.forges.models import ForgeChange, ForgeDelivery
from awayteam.kernel import outbox, rulebook

Leased = type[ForgeChange] | type[ForgeDelivery]
LONGEST_ERROR = 2_000


def free(now: datetime) -> Q:
    return Q(lease_until=None) | Q(lease_until__lte=now)


def take(model: Leased, pk: int, attempts: int, now: datetime) -> str:
    """The lease's token, or "" where somebody else was faster. The attempt counts from here, also if it kills us."""
    token = secrets.token_hex(16)
    until = now + timedelta(seconds=rulebook.current().forges.lease_seconds)
    rows: Any = model.objects.filter(free(now), pk=pk, attempts=attempts)
    return token if rows.update(lease_until=until, lease_token=token, attempts=F("attempts") + 1) else ""


def note(model: Leased, pk: int, token: str, **values: Any) -> bool:
    """Write what came of it and give the lease back; False where it ran out and another has the row now."""
    rows: Any = model.objects.filter(pk=pk, lease_token=token)
    return bool(rows.update(**{"lease_until": None, "lease_token": ""} | values))


def later(attempts: int, now: datetime, *, at: datetime | None = None) -> datetime:
    """When to try again: as the forge says, within the longest wait; else as the outbox waits."""
    book = rulebook.current().outbox
    if at is not None:
        return min(max(at, now + timedelta(seconds=1)), now + timedelta(seconds=book.backoff_max_seconds))
    return now + timedelta(seconds=outbox.backoff(book, max(attempts, 1), random.random()))  # noqa: S311 - spreads load


def says(error: BaseException) -> str:
    """What went wrong, as it is kept; nothing of a request's headers is in it."""
    text = str(getattr(error, "says", "") or getattr(error, "what", "") or f"{type(error).__name__}: {error}")
    return text.replace("\0", "")[:LONGEST_ERROR]
