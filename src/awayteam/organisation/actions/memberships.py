"""Who belongs to which team, from when until when."""

from datetime import datetime

from django.db import transaction

from awayteam.kernel import events
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput
from awayteam.kernel.events import EventName, Subject
from awayteam.organisation import rules
from awayteam.organisation.models import Membership, Person, Role, Team
from awayteam.organisation.permissions import Verb, can


def start_membership(
    *,
    actor: Actor,
    now: datetime,
    team: Team,
    person: Person,
    role: str = Role.MEMBER,
    starts: datetime | None = None,
    reason: str,
) -> Membership:
    """Take a person into a team from `starts` (default: now; the past is fine, the future isn't).

    Raises `NotAllowed`, `InvalidInput`, `Conflict` (the person has this role already).
    """
    can(actor, Verb.STAFF, team, now).require()
    rules.require_reason(reason)
    if role not in Role.values:
        raise InvalidInput(f"There is no role {role!r}.", f"Choose from {', '.join(Role.values)}.", {"role": "unknown"})
    starts = _date(starts, now, "starts")
    if team.dissolved_at is not None:
        raise Conflict(f"{team} was dissolved.", "Choose a team that exists.")
    with transaction.atomic():
        Team.objects.select_for_update().get(pk=team.pk)
        same = Membership.objects.filter(team=team, person=person, role=role)
        if any(row.ends is None or row.ends > starts for row in same):
            raise Conflict(f"{person} is {role} of {team} already.", "End that membership first.")
        row = Membership.objects.create(team=team, person=person, role=role, starts=starts, reason=reason)
        _note(EventName.MEMBERSHIP_STARTED, row, actor, now, reason)
    return row


def end_membership(
    *, actor: Actor, now: datetime, membership: Membership, ends: datetime | None = None, reason: str
) -> None:
    """End a membership at `ends` (default: now; the past is fine). People may leave by themselves.

    A source that still declares the membership doesn't bring it back. Raises `NotAllowed`, `InvalidInput`, `Conflict`.
    """
    if actor.person_id != membership.person_id or not actor.may_write:
        can(actor, Verb.STAFF, membership.team, now).require()
    rules.require_reason(reason)
    ends = _date(ends, now, "ends")
    with transaction.atomic():
        row = Membership.objects.select_for_update(of=("self",)).select_related("team", "person").get(pk=membership.pk)
        if row.ends is not None and row.ends <= now:
            raise Conflict(f"{row.person} left {row.team} already.")
        if row.starts is not None and ends < row.starts:
            raise InvalidInput("It can't end before it began.", "Choose a later date.", {"ends": "before the start"})
        row.ends, row.reason = ends, reason
        row.save(update_fields=["ends", "reason"])
        Person.objects.filter(pk=row.person_id, primary_team_id=row.team_id).update(primary_team=None)
        _note(EventName.MEMBERSHIP_ENDED, row, actor, now, reason)


def _date(moment: datetime | None, now: datetime, field: str) -> datetime:
    if moment is None:
        return now
    if moment.tzinfo is None or moment > now:
        raise InvalidInput("This can't be dated in the future.", "Do it on its day.", {field: "in the future"})
    return moment


def _note(name: EventName, row: Membership, actor: Actor, now: datetime, reason: str) -> None:
    subject = Subject("team", row.team_id, f"{row.person} in {row.team}"[:300])
    dates = {
        "starts": row.starts.isoformat() if row.starts else None,
        "ends": row.ends.isoformat() if row.ends else None,
    }
    data = {"team": row.team_id, "person": row.person_id, "role": row.role, **dates}
    events.append(name, subject=subject, actor=actor, now=now, reason=reason, data=data)
