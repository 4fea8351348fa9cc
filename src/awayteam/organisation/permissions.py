"""Who may change what of teams and people. Reading is open to everybody who is signed in."""

from datetime import datetime
from enum import StrEnum

from awayteam.kernel.actor import Actor, ActorKind
from awayteam.kernel.permissions import Decision, may_write
from awayteam.organisation.models import Person, Team


class Verb(StrEnum):
    """What can be done to teams and people."""

    EDIT_PERSON = "person.edit"
    EDIT_TEAM = "team.edit"
    IDENTIFY = "person.identify"
    STAFF = "team.staff"
    VIEW = "organisation.view"


def can(actor: Actor, verb: Verb, thing: Team | Person, now: datetime | None = None) -> Decision:  # noqa: ARG001
    """Whether `actor` may do `verb`. EDIT_TEAM and STAFF (memberships) are of teams, the others of people."""
    if actor.kind is ActorKind.ANONYMOUS:
        return Decision(False, "Sign in first.", "signed-in")
    if verb is Verb.VIEW:
        return Decision(True, "Reading is open to everybody who is signed in.", "reading-is-open")
    if not (writes := may_write(actor)):
        return writes
    if actor.is_administrator:
        return Decision(True, "Administrators may mend everything.", "administrator")
    if isinstance(thing, Person):
        return _of_person(actor, thing)
    return _of_team(actor, verb, thing)


def _of_person(actor: Actor, person: Person) -> Decision:
    if actor.person_id is not None and actor.person_id == person.pk:
        return Decision(True, "This is you.", "self")
    return Decision(False, "Only this person and administrators may change this.", "self")


def _of_team(actor: Actor, verb: Verb, team: Team) -> Decision:
    if team.pk in actor.manages:
        return Decision(True, "You manage this team.", "manager")
    if team.pk in actor.leads:
        return Decision(True, "You lead this team.", "lead")
    if verb is Verb.STAFF:
        return Decision(False, "Only leads and managers of the team decide who belongs to it.", "lead")
    if team.pk in actor.teams:
        return Decision(True, "You belong to this team.", "member")
    return Decision(False, "Only the team's members, leads and managers may change this.", "member")
