"""Changing many rows in one transaction, and taking that back."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import AwayteamError, Conflict, InvalidInput, NotAllowed
from awayteam.lists import bulk, queries
from awayteam.lists.bulk import Offer, Step
from awayteam.lists.models import BulkChange, BulkRow, Outcome
from awayteam.lists.permissions import may_undo

LONGEST_WHY = 500
KEPT_FOR = timedelta(days=90)


def change_many(
    *,
    actor: Actor,
    now: datetime,
    offer: Offer,
    action: str,
    ids: Sequence[int],
    values: Mapping[str, Any],
    reason: str,
    address: str = "",
) -> BulkChange:
    """Do one thing to all these rows, in one transaction; every row has the event of its own action.

    A row that is refused stays as it was and says why; where all are, nothing is recorded and `Conflict` tells the
    first reason. What the actor may not see is passed over. Raises `InvalidInput` for too many rows or no reason.
    """
    if actor.person_id is None:
        raise NotAllowed("Changing many at once needs a person, and you act as none.", "Change one after the other.")
    doing = offer.action(action)
    ids = check_size(offer, ids)
    if not reason.strip():
        raise InvalidInput("Say why, for those who come later.", fields={"reason": "missing"})
    with transaction.atomic():
        done = [_apply_one(offer, action, step, actor, now, values, reason) for step in doing.plan(actor, now, ids)]
        if not any(row.outcome == Outcome.DONE for row in done):
            first = done[0].why if done else f"You may see none of these {offer.many}."
            raise Conflict(f"None of the {offer.many} can be changed so.", first)
        change = BulkChange.objects.create(
            person_id=actor.person_id,
            offer=offer.key,
            action=action,
            words=doing.words(values)[:500],
            values=dict(values),
            reason=reason,
            address=address[:2400],
            made_at=now,
        )
        _keep(change, done)
    return change


def check_size(offer: Offer, ids: Sequence[int]) -> list[int]:
    """The ids, each once; raises `InvalidInput` for none, or more than the rulebook lets one change at once."""
    unique = list(dict.fromkeys(ids))
    most = rulebook.current().lists.bulk_rows_max
    if not unique:
        raise InvalidInput(f"No {offer.one} is chosen.", f"Tick the {offer.many} that are meant.")
    if len(unique) > most:
        what = f"These are more than {most:,} {offer.many}."
        raise InvalidInput(what, "Narrow the list down, or change them in parts (lists.bulk_rows_max of the rulebook).")
    return unique


def _apply_one(
    offer: Offer, action: str, step: Step, actor: Actor, now: datetime, values: Mapping[str, Any], reason: str
) -> BulkRow:
    row = BulkRow(subject_id=step.id, label=step.label[:300], address=step.address[:700], outcome=Outcome.REFUSED)
    if step.refusal:
        row.why = step.refusal[:LONGEST_WHY]
        return row
    try:
        with transaction.atomic():
            row.receipt = dict(offer.action(action).apply(actor, now, step.id, values, reason))
        row.outcome = Outcome.DONE
    except AwayteamError as error:
        row.why = str(error)[:LONGEST_WHY]
    return row


def _keep(change: BulkChange, rows: Iterable[BulkRow]) -> None:
    kept = list(rows)
    for row in kept:
        row.change = change
    BulkRow.objects.bulk_create(kept, batch_size=500)


def undo_change(*, actor: Actor, now: datetime, change_id: int, reason: str = "") -> BulkChange:
    """Take back what a change did, in one transaction: each row where nobody changed it since; the others say why not.

    For whoever made the change, within the hours of the rulebook. Raises `NotFound`, `NotAllowed`, `Conflict`.
    """
    with transaction.atomic():
        change = queries.change(actor, change_id, locked=True)
        may_undo(actor, change, now).require()
        doing = bulk.offer(change.offer).action(change.action)
        rows = list(change.rows.filter(outcome=Outcome.DONE).order_by("pk"))
        for row in rows:
            try:
                with transaction.atomic():
                    doing.undo(actor, now, row.subject_id, row.receipt, reason or f"Undone: {change.reason}"[:2000])
                row.outcome, row.why = Outcome.UNDONE, ""
            except AwayteamError as error:
                row.outcome, row.why = Outcome.KEPT, str(error)[:LONGEST_WHY]
        BulkRow.objects.bulk_update(rows, ["outcome", "why"], batch_size=200)
        change.undone_at = now
        change.save(update_fields=["undone_at"])
    return change


def forget_changes(now: datetime) -> int:
    """Delete what was done long ago (the events stay); returns how many. A periodic job."""
    _, deleted = BulkChange.objects.filter(made_at__lt=now - KEPT_FOR).delete()
    return deleted.get("lists.BulkChange", 0)
