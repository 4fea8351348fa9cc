"""Notes about when a team can do more or less than its people and calendar say."""

from datetime import date, datetime
from decimal import Decimal

from awayteam.kernel.actor import Actor
from awayteam.kernel.events import EventName, Subject
from awayteam.organisation.models import Team
from awayteam.roadmaps import facts
from awayteam.roadmaps.actions.base import Displaced, changing
from awayteam.roadmaps.models import CapacityNote
from awayteam.roadmaps.permissions import Verb


def note_capacity(
    *,
    actor: Actor,
    now: datetime,
    team: Team,
    starts: date,
    ends: date,
    share: Decimal | None = None,
    people: Decimal | None = None,
    reason: str,
    version: int | None = None,
) -> tuple[CapacityNote, Displaced]:
    """Say that from `starts` to `ends` (both included) the team has `share` of its time, or is `people` people."""
    problems: dict[str, str] = {}
    facts.capacity_note(problems, starts=starts, ends=ends, share=share, people=people)
    facts.refuse(problems, "The note can't be used.")
    with changing(team, actor=actor, now=now, reason=reason, verb=Verb.EDIT, version=version) as change:
        row = CapacityNote.objects.create(
            team=team, starts=starts, ends=ends, share=share, people=people, reason=reason, created_at=now,
            created_by_id=actor.person_id,
        )  # fmt: skip
        change.tell(EventName.CAPACITY_NOTED, _subject(team, change.roadmaps[team.pk].pk), None, **_data(row))
    return row, change.displaced


def remove_note(
    *, actor: Actor, now: datetime, note: CapacityNote, reason: str, version: int | None = None
) -> Displaced:
    """Take a note back; the event keeps what it said."""
    team = note.team
    with changing(team, actor=actor, now=now, reason=reason, verb=Verb.EDIT, version=version) as change:
        change.tell(EventName.CAPACITY_NOTE_REMOVED, _subject(team, change.roadmaps[team.pk].pk), None, **_data(note))
        CapacityNote.objects.filter(pk=note.pk).delete()
    return change.displaced


def _subject(team: Team, roadmap_id: int) -> Subject:
    return Subject("roadmap", roadmap_id, str(team))


def _data(row: CapacityNote) -> dict[str, str | int | None]:
    return {
        "team": row.team_id,
        "starts": row.starts.isoformat(),
        "ends": row.ends.isoformat(),
        "share": None if row.share is None else str(row.share),
        "people": None if row.people is None else str(row.people),
        "note": row.reason,
    }
