"""Reading stored deliveries in the order of their arrival. Only the database is touched: what a delivery claims of a
change isn't believed, but makes us ask (`asking`).
"""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from awayteam.forges import accounts, health, hooks, leasing, news, registry, repositories
from awayteam.forges.actions import asking, bypasses, issues
from awayteam.forges.models import DeliveryState, Forge, ForgeAccount, ForgeDelivery, ForgeState
from awayteam.forges.permissions import can_keep
from awayteam.forges.port import (
    AccessHeard,
    BypassHeard,
    ChangeHeard,
    ChecksHeard,
    Delivery,
    ForgeError,
    Heard,
    IssueHeard,
    PushHeard,
    RenamedHeard,
    ReviewHeard,
)
from awayteam.kernel import bell, events, rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict
from awayteam.kernel.events import EventName, Subject
from awayteam.kernel.log import Log

log = Log(__name__)


class _Waits(Exception):
    """An earlier delivery about the same repository isn't read yet."""


def read_due(now: datetime, limit: int = 50, stopping: Callable[[], bool] = lambda: False) -> int:
    """Read up to `limit` deliveries whose time has come; returns how many were read or failed."""
    due = ForgeDelivery.objects.filter(leasing.free(now), state=DeliveryState.WAITING, next_at__lte=now).order_by("pk")
    done = 0
    for pk, attempts in list(due.values_list("pk", "attempts")[:limit]):
        if stopping():
            break
        if token := leasing.take(ForgeDelivery, pk, attempts, now):
            done += _read(pk, token, now)
    return done


def _read(pk: int, token: str, now: datetime) -> int:
    row = ForgeDelivery.objects.select_related("forge").get(pk=pk)
    try:
        if row.attempts > rulebook.current().forges.attempts_max:
            raise ForgeError("the worker ended during the last attempt", final=True)
        heard = _heard(row)
        _wait_for_earlier(row, heard, now)
        with transaction.atomic():
            for one in heard:
                apply(row.forge, one, row.received_at, now)
            kept = leasing.note(ForgeDelivery, pk, token, state=DeliveryState.DONE, done_at=now, last_error="")
            health.delivered(row.forge, row.received_at)
            if not kept:  # another worker has it: what we did is undone
                transaction.set_rollback(True)
    except _Waits:
        leasing.note(ForgeDelivery, pk, token, attempts=row.attempts - 1, lane=row.lane, next_at=_after(row, now))
        return 0
    except Exception as error:
        _failed(row, token, error, now)
    return 1


def _heard(row: ForgeDelivery) -> list[Heard]:
    inbound = registry.kind(row.forge.kind).inbound
    if inbound is None or row.forge.state == ForgeState.REMOVED:
        raise ForgeError("nothing is heard from this forge any more", final=True)
    return list(inbound.read(Delivery(row.delivery_id, row.kind, bytes(row.body))))


def _wait_for_earlier(row: ForgeDelivery, heard: list[Heard], now: datetime) -> None:
    places = [one.place.id for one in heard if one.place is not None]
    lane = places[0][:200] if places else ""
    if lane != row.lane:
        row.lane = lane
        ForgeDelivery.objects.filter(pk=row.pk).update(lane=lane)
    if not lane:
        return
    # one that a worker has in hand for the first time may be of this lane, too
    unlooked = Q(lane="", attempts__lte=1, lease_until__gt=now)
    if _earlier(row).filter(Q(lane=lane) | unlooked).exists():
        raise _Waits


def _earlier(row: ForgeDelivery) -> "QuerySet[ForgeDelivery]":
    return ForgeDelivery.objects.filter(forge=row.forge_id, state=DeliveryState.WAITING, pk__lt=row.pk)


def _after(row: ForgeDelivery, now: datetime) -> datetime:
    """When the one before is tried again: it makes no sense to look sooner."""
    before = _earlier(row).filter(lane=row.lane).order_by("-next_at").values_list("next_at", flat=True).first()
    return max(before, now) if before is not None else now


def _failed(row: ForgeDelivery, token: str, error: Exception, now: datetime) -> None:
    final = getattr(error, "final", False) or row.attempts >= rulebook.current().forges.attempts_max
    if not isinstance(error, ForgeError):
        log.exception("forges.delivery-failed", forge=row.forge.name, delivery=row.delivery_id)
    values = {"state": DeliveryState.DEAD} if final else {"next_at": leasing.later(row.attempts, now)}
    leasing.note(ForgeDelivery, row.pk, token, last_error=leasing.says(error), **values)


def apply(forge: Forge, heard: Heard, received_at: datetime, now: datetime) -> None:
    """Do what one message asks for, in the caller's transaction."""
    if isinstance(heard, RenamedHeard):
        _renamed(forge, heard, now)
        return
    repository = repositories.heard(forge, heard.place, now, at=min(heard.at, now))
    match heard:
        case ChangeHeard():
            accounts.heard(forge, heard.author, now)
            news.want(repository, heard.number, now, id=heard.id, heard_at=received_at)
        case ReviewHeard():
            accounts.heard(forge, heard.by, now)
            news.want(repository, heard.number, now, id=heard.change, heard_at=received_at)
        case ChecksHeard():
            news.want_commit(repository, heard.commit, now, heard_at=received_at)
        case PushHeard():
            accounts.heard(forge, heard.by, now)
            news.want_commit(repository, heard.before, now, heard_at=received_at)
            if heard.names is None or heard.names & asking.RULE_NAMES:
                news.want_targeting(repository, heard.branch, now, heard_at=received_at)
        case IssueHeard():
            issues.heard(repository, heard, now)
        case BypassHeard():
            bypasses.heard(repository, heard, now)
        case AccessHeard():
            hooks.access_changed(repository, now)


def _renamed(forge: Forge, heard: RenamedHeard, now: datetime) -> None:
    """A message about a name is believed for what it is: a name."""
    if heard.place is not None:
        hooks.access_changed(repositories.heard(forge, heard.place, now, at=min(heard.at, now)), now)
    if heard.account is not None:
        known = ForgeAccount.objects.filter(forge=forge, external_id=heard.account.id).first()
        if known is not None and heard.at >= known.seen_at:
            accounts.heard(forge, heard.account, now)


def retry(row: ForgeDelivery, *, actor: Actor, now: datetime, reason: str = "") -> ForgeDelivery:
    """Let a dead delivery be read again. Raises `NotAllowed`, `Conflict` unless it is dead."""
    can_keep(actor).require()
    with transaction.atomic():
        dead = ForgeDelivery.objects.filter(pk=row.pk, state=DeliveryState.DEAD)
        if not dead.update(state=DeliveryState.WAITING, attempts=0, next_at=now, lease_until=None, lease_token=""):
            raise Conflict("Only dead deliveries are retried.")
        events.append(
            EventName.FORGE_DELIVERY_RETRIED, subject=Subject("forge", row.forge_id, row.forge.name), actor=actor,
            now=now, reason=reason, data={"delivery": row.delivery_id, "kind": row.kind, "last_error": row.last_error},
        )  # fmt: skip
        transaction.on_commit(bell.ring)
    row.refresh_from_db()
    return row
