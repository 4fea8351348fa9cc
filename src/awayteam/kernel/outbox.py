"""The outbox: messages that must leave at least once, queued in the transaction of the change that they tell of.

A worker takes a message by compare-and-set with a lease, delivers it outside any transaction, and notes what came of
it. A worker that is killed in between leaves the lease to run out; the message is then delivered again with the same
idempotency key, by which the receiver tells repeats apart. What fails waits ever longer, and is dead after the
rulebook's number of attempts, until somebody retries it.
"""

import random
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from awayteam.kernel import bell, events, rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, NotFound
from awayteam.kernel.events import EventName, Subject
from awayteam.kernel.log import Log
from awayteam.kernel.models import OutboxMessage, OutboxState, Webhook
from awayteam.kernel.permissions import administrators_only
from awayteam.kernel.registries import Registry
from awayteam.kernel.rulebook.sections.ground import Outbox

log = Log(__name__)

Deliver = Callable[[OutboxMessage, datetime], None]
channels: Registry[str, Deliver] = Registry()
_elsewhere: Registry[str, str] = Registry()
"""Channels whose messages another lane of the worker delivers than the outbox's own, with its name."""
LANE = "outbox"
LONGEST_ERROR = 2_000


class DeliveryFailed(Exception):
    """The receiver didn't take the message; says why. `final` means that trying again can't help, `at` when it can,
    where the receiver said so."""

    def __init__(self, why: str, *, final: bool = False, at: datetime | None = None) -> None:
        super().__init__(why)
        self.final, self.at = final, at


def register(channel: str, deliver: Deliver, *, lane: str = LANE) -> None:
    """Let `deliver(message, now)` carry the messages of `channel`; called in `App.register()`.

    It returns once the receiver has the message, or raises `DeliveryFailed`; it must end within the rulebook's lease.
    Receivers that are slow get a `lane` of the worker to themselves (`worker.register_lane`).
    """
    channels[channel] = deliver
    _elsewhere.pop(channel, None)
    if lane != LANE:
        _elsewhere[channel] = lane


def enqueue(
    *, channel: str, key: str, payload: Mapping[str, Any], now: datetime, webhook: Webhook | None = None
) -> bool:
    """Queue a message in the caller's transaction; False where a message with this idempotency key exists already."""
    message = OutboxMessage(
        idempotency_key=key, channel=channel, webhook=webhook, payload=dict(payload), next_at=now, created_at=now
    )
    known = OutboxMessage.objects.filter(idempotency_key=key)
    if known.exists():
        return False
    OutboxMessage.objects.bulk_create([message], ignore_conflicts=True)
    transaction.on_commit(bell.ring)
    return known.filter(created_at=now).exists()


def deliver_due(
    now: datetime, limit: int = 50, stopping: Callable[[], bool] = lambda: False, *, lane: str = LANE
) -> int:
    """Try up to `limit` messages of a lane whose time has come; returns how many were tried.

    A receiver that has failed isn't asked again in this round, so that one that hangs doesn't hold up the others.
    Leases count from `now`, so the round ends while there is still time for one more slow delivery within a lease.
    """
    book, began = rulebook.current(), time.monotonic()
    enough = book.outbox.lease_seconds - book.webhooks.timeout_seconds
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    due = OutboxMessage.objects.filter(free, state=OutboxState.WAITING, next_at__lte=now).order_by("next_at", "pk")
    if lane != LANE:
        due = due.filter(channel__in=[channel for channel, own in _elsewhere.items() if own == lane])
    elif _elsewhere:
        due = due.exclude(channel__in=list(_elsewhere))
    failed: set[tuple[str, int | None]] = set()
    tried = 0
    for pk, attempts, channel, webhook in list(due.values_list("pk", "attempts", "channel", "webhook_id")[:limit]):
        if stopping() or time.monotonic() - began >= enough:
            break
        if (channel, webhook) in failed:
            continue
        token = _take(pk, attempts, free, now)
        if token:
            tried += 1
            if not _deliver(pk, token, now):
                failed.add((channel, webhook))
    return tried


def _take(pk: int, attempts: int, free: Q, now: datetime) -> str:
    """The lease's token, or "" where somebody else was faster. The attempt counts from here, also if it kills us."""
    token = secrets.token_hex(16)
    lease = timedelta(seconds=rulebook.current().outbox.lease_seconds)
    taken = OutboxMessage.objects.filter(free, pk=pk, attempts=attempts, state=OutboxState.WAITING).update(
        lease_until=now + lease, lease_token=token, attempts=F("attempts") + 1
    )
    return token if taken else ""


def _deliver(pk: int, token: str, now: datetime) -> bool:
    message = OutboxMessage.objects.select_related("webhook").filter(pk=pk, lease_token=token).first()
    if message is None:
        return True
    try:
        if message.attempts > rulebook.current().outbox.attempts_max:
            raise DeliveryFailed("the worker ended during the last attempt", final=True)
        channel = channels.get(message.channel)
        if channel is None:
            raise DeliveryFailed(f"nothing here delivers {message.channel!r}")
        channel(message, now)
    except DeliveryFailed as failure:
        _note_failure(message, str(failure), failure.final, now, failure.at)
        return False
    except Exception as error:
        log.exception("outbox.failed", message=message.idempotency_key)
        _note_failure(message, f"{type(error).__name__}: {error}", False, now)
        return False
    _note(message, state=OutboxState.DELIVERED, delivered_at=now, last_error="")
    return True


def _note_failure(message: OutboxMessage, why: str, final: bool, now: datetime, at: datetime | None = None) -> None:
    why = why.replace("\0", "")
    book = rulebook.current().outbox
    if final or message.attempts >= book.attempts_max:
        log.warning("outbox.dead", message=message.idempotency_key, error=why[:200])
        _note(message, state=OutboxState.DEAD, last_error=why[:LONGEST_ERROR])
        return
    wait = timedelta(seconds=backoff(book, message.attempts, random.random()))  # noqa: S311 - spreads load, hides nothing
    longest = now + timedelta(seconds=book.backoff_max_seconds)
    _note(message, next_at=min(max(at, now), longest) if at else now + wait, last_error=why[:LONGEST_ERROR])


def _note(message: OutboxMessage, **values: Any) -> None:
    """Write the outcome, unless the lease ran out and another worker has the message now."""
    mine = OutboxMessage.objects.filter(pk=message.pk, lease_token=message.lease_token, state=OutboxState.WAITING)
    mine.update(lease_until=None, lease_token="", **values)


def backoff(book: Outbox, attempts: int, chance: float) -> float:
    """Seconds to wait after `attempts` failures: exponential up to the longest wait, of which the jitter's share is
    random (`chance` in 0 to 1)."""
    exponent = min(attempts - 1, 200)
    wait = min(book.backoff_first_seconds * book.backoff_factor**exponent, book.backoff_max_seconds)
    return wait * (1 - book.backoff_jitter + book.backoff_jitter * chance)


def retry(message: OutboxMessage, *, actor: Actor, now: datetime, reason: str = "") -> OutboxMessage:
    """Let a dead message try again from the first attempt.

    Raises `NotAllowed` for others than administrators, `Conflict` unless it is dead.
    """
    administrators_only(actor, "retry messages").require()
    with transaction.atomic():
        dead = OutboxMessage.objects.filter(pk=message.pk, state=OutboxState.DEAD)
        if not dead.update(state=OutboxState.WAITING, attempts=0, next_at=now, lease_until=None, lease_token=""):
            found = OutboxMessage.objects.filter(pk=message.pk).first()
            if found is None:
                raise NotFound("There is no such message.")
            raise Conflict(f"This message is {found.state}; only dead ones are retried.")
        subject = Subject("outbox", message.pk, message.idempotency_key)
        data = {"channel": message.channel, "attempts": message.attempts, "last_error": message.last_error}
        events.append(EventName.OUTBOX_RETRIED, subject=subject, actor=actor, now=now, reason=reason, data=data)
    message.refresh_from_db()
    return message


def forget_delivered(now: datetime) -> int:
    """Delete delivered messages older than the rulebook keeps them; returns how many."""
    keep = timedelta(days=rulebook.current().outbox.keep_delivered_days)
    old = OutboxMessage.objects.filter(state=OutboxState.DELIVERED, delivered_at__lt=now - keep)
    return old.delete()[0]
