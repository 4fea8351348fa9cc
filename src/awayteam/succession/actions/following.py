"""What follows from a step: the checklist, the deprecation, and the change of owner itself."""

from contextlib import suppress
from datetime import datetime, timedelta

from awayteam.catalog.actions import edit_fact, take_back, transfer_ownership
from awayteam.catalog.models import Edit, Entity, Ownership
from awayteam.kernel import rulebook
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.errors import Conflict, NotFound
from awayteam.kernel.permissions import Decision
from awayteam.stories.plot import Held
from awayteam.succession.checklist import fill
from awayteam.succession.machine import State
from awayteam.succession.models import Succession
from awayteam.succession.plots import SUCCESSION

DEPRECATED, RETIRED = "deprecated", "retired"
"""Lifecycles that a retirement sets."""


def before(held: Held[Succession], state: State) -> None:
    """What must stand in the row before it enters `state`, because the turn follows from it."""
    row = held.row
    if state is not State.RETIRING:
        return
    row.deprecated_at = row.deprecated_at or held.now
    earliest = held.now + timedelta(days=rulebook.current().succession.retirement_days)
    if row.sunset_at is None or (row.lifecycle_edit is None and row.sunset_at < earliest):
        row.sunset_at = earliest  # a dispute took time; those who use it don't lose theirs


def prepare(held: Held[Succession]) -> None:
    """What a state brings with it, once it is entered: its checklist, and the lifecycle in the catalog."""
    row = held.row
    if row.state in (State.HANDING_OVER, State.RETIRING) and not row.lines.exists():
        fill(row)
    if row.state == State.RETIRING and row.lifecycle_edit is None:
        row.lifecycle_edit = _lifecycle(held, DEPRECATED)
        row.save(update_fields=["lifecycle_edit"])


def retired(held: Held[Succession]) -> None:
    """Its sunset has come: the catalog says so. Its owner stays, who answers for what is left of it."""
    held.row.lifecycle_edit = _lifecycle(held, RETIRED) or held.row.lifecycle_edit


def _lifecycle(held: Held[Succession], value: str) -> int | None:
    row = held.row
    if row.entity.lifecycle == value:
        return row.lifecycle_edit
    reason = f"{SUCCESSION.label(row)} (succession {row.pk}): {row.words}"[:2000]
    edit = edit_fact(actor=SYSTEM, now=held.now, entity=row.entity, field="lifecycle", value=value, reason=reason)
    return edit.pk


def undo_deprecation(held: Held[Succession]) -> None:
    """It doesn't end after all: what the catalog said before counts again, unless somebody changed it since."""
    row = held.row
    if row.lifecycle_edit is None:
        return
    with suppress(Conflict, NotFound):
        take_back(
            actor=SYSTEM, now=held.now, entity=row.entity, edit_id=row.lifecycle_edit,
            reason=f"It doesn't end after all (succession {row.pk}).",
        )  # fmt: skip
    row.lifecycle_edit = None


def change_owner(held: Held[Succession]) -> None:
    """Make the receiving team the owner from now on. The old period ends in the moment in which the new one begins.

    Raises `Conflict` where the owner isn't the receiver afterwards: the rulebook may let the source's word count.
    """
    row = held.row
    receiver = row.receiver
    if receiver is None:
        raise AssertionError("a retirement changes no owner")
    group = Entity.objects.get(team=receiver)
    if row.entity.owner_id != group.pk:
        agreed = Decision(True, "Both sides agreed, or the manager above both decided.", "succession")
        reason = f"{SUCCESSION.label(row)} (succession {row.pk}): {row.answer or row.words}"[:2000]
        _forget_same_edit(row.entity, group, held.now)
        transfer_ownership(
            actor=held.actor, now=held.now, entity=row.entity, owner=group.ref, reason=reason, decided=agreed
        )
    row.entity.refresh_from_db()
    if row.entity.owner_id != group.pk:
        raise Conflict(
            f"The owner of {row.entity} is what its source says (catalog.edit_wins), and that is still the former one.",
            f"Name {group.ref} as its owner there; once that is imported, accept again.",
        )
    began = Ownership.objects.filter(entity=row.entity, ends=None).values_list("starts", flat=True).first()
    row.owned_since = began or held.now


def _forget_same_edit(entity: Entity, group: Entity, now: datetime) -> None:
    """An open edit that names the same owner, and wasn't in force, would refuse a second one."""
    Edit.objects.filter(entity=entity, field="owner", value=group.ref, ended_at=None).update(ended_at=now)


def told_of_change(held: Held[Succession]) -> str:
    row = held.row
    return f"{row.entity} belongs to {row.receiver} now; before, {row.giver or row.giver_person or 'nobody'} owned it."
