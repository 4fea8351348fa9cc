"""Facts of teams and people that somebody sets beside what a source says."""

from datetime import datetime
from typing import Any

from django.db import transaction

from awayteam.kernel import edits, events, rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput
from awayteam.kernel.events import EventName, Subject
from awayteam.organisation import changed, facts, rules
from awayteam.organisation.models import FactEdit, Membership, Person, Team
from awayteam.organisation.permissions import Verb, can

PRIMARY = "primary_team"


def edit_team(*, actor: Actor, now: datetime, team: Team, field: str, value: Any, reason: str) -> FactEdit:
    """Set a fact of a team: mission, contacts, email, on_call_url, picture, time_zone, calendar.

    Raises `NotAllowed`, `InvalidInput` (with what is wrong), `Conflict` (nothing would change).
    """
    can(actor, Verb.EDIT_TEAM, team, now).require()
    return _edit(team, field, value, facts.wrong_of_team(field, value), actor=actor, now=now, reason=reason)


def edit_person(*, actor: Actor, now: datetime, person: Person, field: str, value: Any, reason: str) -> FactEdit:
    """Set a fact of a person: display_name, email, picture, time_zone. Raises as `edit_team` does."""
    can(actor, Verb.EDIT_PERSON, person, now).require()
    return _edit(person, field, value, facts.wrong_of_person(field, value), actor=actor, now=now, reason=reason)


def set_primary_team(*, actor: Actor, now: datetime, person: Person, team: Team, reason: str) -> FactEdit:
    """Say which of a person's teams comes first. Raises `Conflict` where the person isn't in the team now."""
    can(actor, Verb.EDIT_PERSON, person, now).require()
    if not any(row.ends is None or row.ends > now for row in Membership.objects.filter(person=person, team=team)):
        raise Conflict(f"{person} isn't in {team}.", "Start a membership first.")
    return _edit(person, PRIMARY, team.pk, None, actor=actor, now=now, reason=reason)


def withdraw_edit(*, actor: Actor, now: datetime, thing: Team | Person, field: str, reason: str) -> None:
    """Take a value back, so that the source's own is in force again. Raises `NotFound` where there is none."""
    verb = Verb.EDIT_TEAM if isinstance(thing, Team) else Verb.EDIT_PERSON
    can(actor, verb, thing, now).require()
    rules.require_reason(reason)
    with transaction.atomic():
        edit = edits.ended(FactEdit.objects.all(), _of(thing), field=field, label=str(thing), now=now)
        old = _value(thing, field)
        _put(thing, field, edit.declared)
        _note(thing, actor, now, reason, {field: (old, edit.declared)})


def _edit(
    thing: Team | Person, field: str, value: Any, problem: str | None, *, actor: Actor, now: datetime, reason: str
) -> FactEdit:
    if problem:
        raise InvalidInput(f"{field} {problem}.", "Mend the value.", {field: problem})
    rules.require_reason(reason)
    with transaction.atomic():
        type(thing)._default_manager.select_for_update().get(pk=thing.pk)
        thing.refresh_from_db()
        old, by = _value(thing, field), {"made_by_id": actor.person_id}
        edit = edits.opened(
            FactEdit.objects.all(), _of(thing), by, field=field, value=value, current=old, reason=reason, now=now
        )
        if rulebook.current().catalog.edit_wins != "source" or field == PRIMARY:
            _put(thing, field, value)
        _note(thing, actor, now, reason, {field: (old, value)})
    return edit


def _of(thing: Team | Person) -> dict[str, Any]:
    return {"team": thing} if isinstance(thing, Team) else {"person": thing}


def _value(thing: Team | Person, field: str) -> Any:
    return getattr(thing, f"{PRIMARY}_id" if field == PRIMARY else field)


def _put(thing: Team | Person, field: str, value: Any) -> None:
    setattr(thing, f"{PRIMARY}_id" if field == PRIMARY else field, value)
    thing.save(update_fields=[field])
    changed.tell(thing)


def _note(thing: Team | Person, actor: Actor, now: datetime, reason: str, changes: dict[str, tuple[Any, Any]]) -> None:
    name = EventName.TEAM_UPDATED if isinstance(thing, Team) else EventName.PERSON_UPDATED
    kind = "team" if isinstance(thing, Team) else "person"
    subject = Subject(kind, thing.pk, str(thing))
    events.append(name, subject=subject, actor=actor, now=now, reason=reason, changes=changes)
