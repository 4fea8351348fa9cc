"""Letting one head of a change in without the words that it lacks: in public, and told to everybody above."""

from datetime import datetime, timedelta

from django.db import transaction

from awayteam.catalog.models import Entity
from awayteam.gate import homes
from awayteam.gate.actions import judging
from awayteam.gate.actions.changes import hold, subject_of
from awayteam.gate.judged import Judged
from awayteam.gate.models import Change, Judgement, Passage
from awayteam.gate.permissions import can_pass, visible
from awayteam.gate.question import of_row
from awayteam.gate.told import cleaned
from awayteam.kernel import events, rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput, NotFound
from awayteam.kernel.events import EventName
from awayteam.kernel.permissions import may_write
from awayteam.organisation.models import Membership, Person, Team
from awayteam.organisation.queries import dated
from awayteam.reviews.actions.deciding import enter_register
from awayteam.reviews.machine import EntryState
from awayteam.reviews.models import Kind, RegisterEntry
from awayteam.reviews.plots import ENTRY_PLOT

LONGEST_REASON = 2_000


def allow_in_emergency(*, actor: Actor, change: Change, reason: str, now: datetime, head: str = "") -> Judged:
    """Let a change in at the head that it has, for as long as `gate.emergency_minutes` says. The entry of the public
    register is written in this transaction, and told to everybody above. A push ends it.

    With `head`, another commit than that is refused: who decides has seen what goes in. Raises `NotFound`,
    `NotAllowed`, `Conflict`, `InvalidInput`.
    """
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise InvalidInput(
            "Say why it can't wait." if not reason else f"The reason has more than {LONGEST_REASON} characters.",
            "The reason stands in the public register.",
            {"reason": "is missing" if not reason else "is too long"},
        )
    with transaction.atomic():
        if not visible(actor, Change.objects.filter(pk=change.pk), now).exists():
            raise NotFound(f"There is no change {change.pk}.", "Look at the list of changes.")
        row = hold(change)
        question = of_row(row, now)
        verdict = question.answer(now)
        may_write(actor).require()
        if verdict.is_allowed:
            raise Conflict("The change may go in as it is.", "Nothing has to be overridden.")
        can_pass(actor, row, homes.homes_of(question, verdict)).require()
        if head and head != row.head:
            raise Conflict(f"The change moved on to {row.head[:10]}.", "Look at it again, then decide.")
        passage = _let(row, homes.home_of(question, verdict), reason, actor, now)
        data = {"head": passage.head, "until": passage.until.isoformat(), "entry": passage.entry_id}
        events.append(
            EventName.CHANGE_PASSED, subject=subject_of(row), actor=actor, now=now, reason=passage.reason, data=data
        )
        last = Judgement.objects.filter(change=row).order_by("-pk").first()
        question = of_row(row, now)  # with the passage
        return judging.write(row, question, question.answer(now), last, now=now, cause="emergency", actor=actor)


def _let(row: Change, home: int | None, reason: str, actor: Actor, now: datetime) -> Passage:
    """The passage and its entry in the register."""
    assert actor.person_id is not None  # `can_pass` keeps it so
    person = Person.objects.get(pk=actor.person_id)
    book = rulebook.current()
    entry = RegisterEntry(
        kind=Kind.EMERGENCY,
        title=cleaned(f"{row}: {row.title}" if row.title else str(row), 200),
        practice=cleaned(f"{row} at {row.head}", 300),
        entity=entity_of(row),
        team=_team_of(home, row, person, now),
        decider=person,
        decider_label=str(person)[:200],
        reason=reason,
        data=[{"words": "The change", "url": row.url}] if row.url else [],
        decided_at=now,
        look_again_on=now.date() + timedelta(days=book.reviews.look_again_days),
        state=EntryState.STANDING.value,
    )
    enter_register(
        entry, actor=actor, now=now, text=f"{person} let a change in as an emergency: {ENTRY_PLOT.label(entry)}."
    )
    return Passage.objects.create(
        change=row, head=row.head, person=person, label=entry.decider_label, reason=reason, at=now,
        until=now + timedelta(minutes=book.gate.emergency_minutes), entry=entry,
    )  # fmt: skip


def entity_of(row: Change) -> Entity | None:
    """What the register names the change by: something restricted first, by its engagement or in its repository, so
    that this is kept back; else the one thing that is there."""
    visited = Entity.objects.filter(pk__in=row.engagements.order_by().values("service"), restricted=True)
    return visited.order_by("pk").first() or entity_in(row.followed_id)


def entity_in(followed: int | None) -> Entity | None:
    """The same for a followed repository."""
    if followed is None:
        return None
    found = list(Entity.objects.filter(repository_links__repository=followed).order_by("-restricted", "pk")[:2])
    return found[0] if found and (found[0].restricted or len(found) == 1) else None


def _team_of(home: int | None, row: Change, person: Person, now: datetime) -> Team:
    """Whose entry it is: the team that owns most of the paths; where nobody does, that of whoever lets it in."""
    candidates = [home, person.primary_team_id]
    for one in (person.pk, row.author_id):
        if one is not None:
            places = Membership.objects.filter(dated(now), person=one, team__dissolved_at__isnull=True).order_by("pk")
            candidates += places.values_list("team_id", flat=True)[:1]
    known = next((one for one in candidates if one is not None), None)
    if known is None:
        raise InvalidInput(
            "Nobody owns what the change touches, and neither you nor its author belong to a team.",
            "Entries of the register are a team's: join one, or let somebody else decide.",
        )
    return Team.objects.get(pk=known)
