"""Owners whose day has come: a source may date owners in advance, and nobody reads it again on that day."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from awayteam.catalog.actions import state
from awayteam.catalog.models import Edit, Entity, Ownership, Presence
from awayteam.catalog.rules import OpenEdit, edit_counts
from awayteam.kernel import events, jobs, rulebook
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.events import EventName
from awayteam.kernel.models import PeriodicJob

EVERY_SECONDS = 60
OVERLAP = timedelta(hours=1)
"""How far before the last look changes count again, should clocks disagree."""
REASON = "as its source dated it"
NAME = "catalog.dated-owners"


def due(now: datetime, since: datetime | None = None) -> "QuerySet[Entity]":
    """Entities whose owner is another one than the dated ownership says, because a period began or ended after
    `since` (None: ever)."""
    holding = _holding(now).filter(entity=OuterRef("pk"))
    begun = Q(starts__isnull=False) if since is None else Q(starts__gt=since)
    ended = Q(ends__lte=now) if since is None else Q(ends__lte=now, ends__gt=since)
    began = _holding(now).filter(begun).exclude(owner=F("entity__owner")).values("entity")
    unheld = Ownership.objects.filter(begun | Q(starts__isnull=True), ended, owner=F("entity__owner")).values("entity")
    late = Q(pk__in=began) | (Q(pk__in=unheld) & ~Exists(holding))
    return Entity.objects.filter(late, presence__in=(Presence.PRESENT, Presence.ORPHAN))


def take_effect(*, now: datetime, since: datetime | None = None) -> int:
    """Put the dated owners in force; returns how many entities changed hands.

    A person's own transfer stands as the rulebook says (`catalog.edit_wins`). Each entity is a transaction of its own.
    """
    changed = 0
    for pk in list(due(now, since).order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            changed += _hand_over(pk, now)
    return changed


def _hand_over(pk: int, now: datetime) -> bool:
    row = Entity.objects.select_for_update(of=("self",)).select_related("owner", "system").get(pk=pk)
    # Those whose start nobody knows come first; of several that hold, the last to start counts, as in imports.
    held: Sequence[Ownership] = list(
        _holding(now).filter(entity=row).select_related("owner").order_by(F("starts").asc(nulls_first=True), "pk")
    )
    owner = held[-1].owner if held else None
    if (owner.pk if owner else None) == row.owner_id or _is_overruled(row, owner, now):
        return False
    old = state.value_of(row, "owner")
    state.put(row, {"owner": owner}, now=now, reason=REASON, is_dated=True)
    events.append(
        EventName.OWNERSHIP_CHANGED,
        subject=state.subject(row),
        actor=SYSTEM,
        now=now,
        reason=REASON,
        changes={"owner": (old, state.value_of(row, "owner"))},
        data={"ref": row.ref},
    )
    return True


def _is_overruled(row: Entity, owner: Entity | None, now: datetime) -> bool:
    """Whether a person's own transfer counts more than what the source says from now on, which it notes."""
    edit = Edit.objects.filter(entity=row, field="owner", ended_at=None).first()
    if edit is None:
        return False
    said = owner.ref if owner else None
    if edit.declared != said and edit.value != said:
        edit.declared, edit.declared_at = said, now
        edit.save(update_fields=["declared", "declared_at"])
    known = OpenEdit(edit.pk, edit.field, edit.value, edit.declared, edit.declared_at, edit.made_at)
    return edit_counts(known, rulebook.current().catalog.edit_wins)


def _holding(now: datetime) -> "QuerySet[Ownership]":
    begun = Q(starts__isnull=True) | Q(starts__lte=now)
    return Ownership.objects.filter(begun & (Q(ends__isnull=True) | Q(ends__gt=now)))


def _since() -> datetime | None:
    """The end of the last look, so that each looks at little; the first one looks at everything."""
    finished = PeriodicJob.objects.filter(name=NAME, last_error="").values_list("finished_at", flat=True).first()
    return finished - OVERLAP if finished else None


def _run(now: datetime) -> int:
    return take_effect(now=now, since=_since())


JOB = jobs.Job(NAME, EVERY_SECONDS, _run)
