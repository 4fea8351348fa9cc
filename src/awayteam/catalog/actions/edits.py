"""Facts that people set beside what a source says."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from awayteam.catalog import rules
from awayteam.catalog.actions import state
from awayteam.catalog.models import Edit, Entity, Ownership
from awayteam.catalog.permissions import Verb, can
from awayteam.kernel import edits, events, rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput
from awayteam.kernel.events import EventName
from awayteam.kernel.permissions import Decision


def edit_fact(*, actor: Actor, now: datetime, entity: Entity, field: str, value: Any, reason: str) -> Edit:
    """Set one fact of an entity: title, description, type, lifecycle, tags, restricted, owner or system (references).

    Whether the value is in force where the source says something else is for the rulebook (`catalog.edit_wins`).
    Raises `NotAllowed`, `InvalidInput`, `Conflict`.
    """
    if field == "owner":
        return transfer_ownership(actor=actor, now=now, entity=entity, owner=value, reason=reason)
    _check(field, value, reason)
    with transaction.atomic():
        row = state.locked(entity)
        can(actor, Verb.EDIT, row, now).require()
        state.declared_only(row)
        if field == "system":
            system = state.target(value, field)
            value = system.ref if system else None
        if field == "tags":
            value = list(dict.fromkeys(value))
        return _edit(row, field, value, actor=actor, now=now, reason=reason)


def transfer_ownership(
    *,
    actor: Actor,
    now: datetime,
    entity: Entity,
    owner: str | None,
    reason: str,
    since: datetime | None = None,
    decided: Decision | None = None,
) -> Edit:
    """Make `owner` (a reference to a group or user; None for nobody) accountable from `since` (default: `now`).

    `since` may lie in the past, though not before the present owner began. `decided` is the answer of an app above
    whose own rule says who may (a succession that both teams agreed to); without it only the owner's side may. Raises
    `NotAllowed`, `InvalidInput`, `Conflict`.
    """
    _check("owner", owner, reason)
    with transaction.atomic():
        row = state.locked(entity)
        (decided or can(actor, Verb.TRANSFER, row, now)).require()
        state.declared_only(row)
        new = state.target(owner, "owner")
        _check_since(row, since, now)
        return _edit(row, "owner", new.ref if new else None, actor=actor, now=now, reason=reason, since=since)


def withdraw_edit(*, actor: Actor, now: datetime, entity: Entity, field: str, reason: str) -> None:
    """Take a person's value back, so that the source's own is in force again. Raises `NotFound` where there is none."""
    if problem := rules.wrong_reason(reason):
        raise InvalidInput(f"The reason: {problem}.", fields={"reason": problem})
    with transaction.atomic():
        row = state.locked(entity)
        can(actor, Verb.EDIT, row, now).require()
        old = state.value_of(row, field)
        edit = edits.ended(Edit.objects.all(), {"entity": row}, field=field, label=row.ref, now=now)
        _put(row, field, edit.declared, now=now, reason=reason)
        changes = {field: (old, edit.declared)}
        _note(EventName.ENTITY_EDIT_WITHDRAWN, row, actor, now, reason, changes)


def take_back(*, actor: Actor, now: datetime, entity: Entity, edit_id: int, reason: str) -> None:
    """Undo exactly this edit: the person's value before it is in force again, else the source's.

    Whoever made the edit may, for the `lists.undo_hours` of the rulebook; so may everybody who may edit the entity.
    Raises `Conflict` where the fact was changed again since, `NotAllowed`, `InvalidInput`.
    """
    if problem := rules.wrong_reason(reason):
        raise InvalidInput(f"The reason: {problem}.", fields={"reason": problem})
    with transaction.atomic():
        row = state.locked(entity)
        edit = Edit.objects.filter(pk=edit_id, entity=row, ended_at=None).first()
        if edit is None:
            raise Conflict(f"{row.ref} was changed again since.", "Look at its history, and change it by hand.")
        if not _is_own_and_fresh(actor, edit, now):
            can(actor, Verb.EDIT, row, now).require()
        old, field = state.value_of(row, edit.field), edit.field
        edit.ended_at = now
        edit.save(update_fields=["ended_at"])
        former = _reopen(edit)
        value = former.value if former is not None and _counts(former) else edit.declared
        _put(row, field, value, now=now, reason=reason)
        changes = {field: (old, state.value_of(row, field))}
        _note(EventName.ENTITY_EDIT_WITHDRAWN, row, actor, now, reason, changes, {"edit": edit_id})


def _is_own_and_fresh(actor: Actor, edit: Edit, now: datetime) -> bool:
    window = timedelta(hours=rulebook.current().lists.undo_hours)
    own = actor.person_id is not None and edit.person_id == actor.person_id
    return own and actor.may_write and now - edit.made_at <= window


def _reopen(edit: Edit) -> Edit | None:
    """The edit that this one ended, open again beside what the source says by now; None where there was none."""
    before = Edit.objects.filter(entity_id=edit.entity_id, field=edit.field, ended_at=edit.made_at, pk__lt=edit.pk)
    former = before.order_by("-pk").first()
    if former is not None:
        former.ended_at, former.declared = None, edit.declared
        former.declared_at = edit.declared_at or former.declared_at
        former.save(update_fields=["ended_at", "declared", "declared_at"])
    return former


def _counts(edit: Edit) -> bool:
    shape = rules.OpenEdit(edit.pk, edit.field, edit.value, edit.declared, edit.declared_at, edit.made_at)
    return rules.edit_counts(shape, rulebook.current().catalog.edit_wins)


def _check(field: str, value: Any, reason: str) -> None:
    problem = rules.wrong(field, value)
    if problem:
        raise InvalidInput(
            f"{field} {problem}.", "Mend the value.", {field if field in rules.EDITABLE else "field": problem}
        )
    if problem := rules.wrong_reason(reason):
        raise InvalidInput(f"The reason: {problem}.", fields={"reason": problem})


def _check_since(entity: Entity, since: datetime | None, now: datetime) -> None:
    if since is None:
        return
    if since.tzinfo is None or since > now:
        raise InvalidInput("A transfer can't be dated in the future.", "Do it on its day.", {"since": "in the future"})
    begun = Ownership.objects.filter(entity=entity, ends=None).values_list("starts", flat=True).first()
    if begun is not None and since < begun:
        raise InvalidInput(
            f"The present owner began on {begun:%Y-%m-%d}.", "Date the transfer after that.", {"since": "too early"}
        )


def _edit(
    entity: Entity, field: str, value: Any, *, actor: Actor, now: datetime, reason: str, since: datetime | None = None
) -> Edit:
    old = state.value_of(entity, field)
    by = {"person_id": actor.person_id}
    edit = edits.opened(
        Edit.objects.all(), {"entity": entity}, by, field=field, value=value, current=old, reason=reason, now=now
    )
    if rulebook.current().catalog.edit_wins != "source":
        _put(entity, field, value, now=now, reason=reason, since=since)
    changes = {field: (old, state.value_of(entity, field))}
    _note(EventName.ENTITY_EDITED, entity, actor, now, reason, changes, {"edit": edit.pk, "value": value})
    return edit


def _put(entity: Entity, field: str, value: Any, *, now: datetime, reason: str, since: datetime | None = None) -> None:
    if field in state.EDGES:
        value = Entity.objects.filter(ref=value).first() if value else None
    state.put(entity, {field: value}, now=now, reason=reason, since=since)


def _note(
    name: EventName,
    entity: Entity,
    actor: Actor,
    now: datetime,
    reason: str,
    changes: dict[str, tuple[Any, Any]],
    data: dict[str, Any] | None = None,
) -> None:
    """The event of an edit; a change of owner is told as such, so that those who follow ownership hear of it."""
    if "owner" in changes and changes["owner"][0] != changes["owner"][1]:
        name = EventName.OWNERSHIP_CHANGED
    told = {"ref": entity.ref, **(data or {})}
    events.append(name, subject=state.subject(entity), actor=actor, now=now, reason=reason, changes=changes, data=told)
