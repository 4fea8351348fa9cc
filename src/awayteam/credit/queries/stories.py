"""An entry with its evidence, and a dispute with its story."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from awayteam.credit.models import Dispute, DisputeStep, Entry
from awayteam.credit.permissions import can_dispute, visible_disputes
from awayteam.credit.plots import DISPUTE
from awayteam.credit.queries.entries import entry
from awayteam.discussions.models import Comment
from awayteam.kernel import clockface, subjects
from awayteam.kernel.actor import Actor
from awayteam.kernel.clockface import ClockFace
from awayteam.kernel.errors import NotFound
from awayteam.kernel.models import Event
from awayteam.kernel.permissions import Decision
from awayteam.organisation.models import Team
from awayteam.stories import stepping
from awayteam.stories.stepping import Offer


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an entry follows from: an event or a comment, with who did it and where it is read ("" nowhere)."""

    kind: str
    id: int
    words: str
    label: str
    at: datetime
    address: str


@dataclass(frozen=True, slots=True)
class EntryTold:
    """An entry with everything that its page shows. `units` had the credit too, the nearest first."""

    entry: Entry
    address: str
    evidence: Evidence | None
    units: Sequence[Team]
    disputes: Sequence[Dispute]
    may_dispute: Decision


@dataclass(frozen=True, slots=True)
class DisputeTold:
    """A dispute with its steps, its clock, and what can be done with it."""

    dispute: Dispute
    entry: EntryTold
    steps: Sequence[DisputeStep]
    face: ClockFace | None
    offers: Sequence[Offer]


def told(actor: Actor, pk: int, now: datetime) -> EntryTold:
    """One entry; a handful of statements. Raises `NotFound`."""
    row = entry(actor, pk, now)
    address = subjects.seen_by(actor, row.subject_kind, [row.subject_id]).get(row.subject_id, "")
    disputes = list(row.disputes.select_related("opened_by", "turn_person").order_by("-pk"))
    units = [one.unit for one in row.units.select_related("unit").order_by("steps")]
    return EntryTold(row, address, _evidence(actor, row, address), units, disputes, _may(actor, row, disputes, now))


def _may(actor: Actor, row: Entry, disputes: Sequence[Dispute], now: datetime) -> Decision:
    if any(one.closed_at is None for one in disputes):
        return Decision(False, "It is disputed already.", "disputed")
    return can_dispute(actor, row, now)


def _evidence(actor: Actor, row: Entry, address: str) -> Evidence | None:
    """The event or the comment; None where the actor may not see what it is about."""
    if row.evidence_kind == "comment":
        said = Comment.objects.filter(pk=row.evidence_id).first()
        if said is None:
            return None
        where = f"{address}#comment-{said.pk}" if address else ""
        return Evidence("comment", said.pk, "comment.created", said.author_label, said.at, where)
    event = Event.objects.filter(pk=row.evidence_id).first()
    if event is None:
        return None
    seen = subjects.seen_by(actor, event.subject_kind, [event.subject_id])
    if event.subject_id not in seen:
        return None
    where = seen[event.subject_id] or reverse("history", args=[event.subject_kind, event.subject_id])
    return Evidence("event", event.pk, event.name, event.actor_label, event.at, where)


def dispute(actor: Actor, pk: int, now: datetime) -> DisputeTold:
    """One dispute. Raises `NotFound`."""
    rows = visible_disputes(actor, Dispute.objects.filter(pk=pk), now)
    row = rows.select_related("entry__team", "entry__person", "opened_by", "level", "clock", "turn_person").first()
    if row is None:
        raise NotFound(f"There is no dispute {pk}.", "Look at the ledger.")
    steps = list(row.steps.select_related("person").order_by("pk"))
    face = clockface.describe(row.clock, now) if row.clock is not None else None
    held = stepping.look(DISPUTE, row, actor=actor, now=now)
    offers = stepping.offers(held) if row.closed_at is None else []
    return DisputeTold(row, told(actor, row.entry_id, now), steps, face, offers)
