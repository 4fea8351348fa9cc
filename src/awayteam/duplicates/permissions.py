"""Who may see and do what with duplicates. Reading is open, but for what one may not see of the catalog."""

from datetime import datetime
from enum import StrEnum

from django.db.models import Q, QuerySet

from awayteam.catalog import permissions as catalog
from awayteam.catalog.models import Entity
from awayteam.duplicates.machine import Party, State, Verb
from awayteam.duplicates.models import Answer, Duplicate, Likeness
from awayteam.duplicates.rules import parties
from awayteam.kernel.actor import Actor, ActorKind
from awayteam.kernel.permissions import Decision, may_write
from awayteam.organisation.models import Team


class Deed(StrEnum):
    """What can be done besides moving a duplicate from state to state."""

    ADD = "duplicate.add"
    DISMISS = "likeness.dismiss"


def visible(actor: Actor, queryset: "QuerySet[Duplicate]", now: datetime | None = None) -> "QuerySet[Duplicate]":
    """The duplicates of `queryset` that the actor may see: all but those of things that are restricted to others.

    Both teams see theirs, whatever is restricted.
    """
    if catalog.sees_everything(actor):
        return queryset
    if actor.kind is ActorKind.ANONYMOUS:
        return queryset.none()
    restricted = Entity.objects.filter(restricted=True)
    hidden = restricted.exclude(pk__in=catalog.visible(actor, restricted, now).values("pk")).values("pk")
    mine = sorted(actor.teams | actor.manages)
    open_to_all = (Q(entity__isnull=True) | ~Q(entity__in=hidden)) & (Q(own__isnull=True) | ~Q(own__in=hidden))
    return queryset.filter(open_to_all | Q(team__in=mine) | Q(home_team__in=mine))


def likenesses(actor: Actor, queryset: "QuerySet[Likeness]") -> "QuerySet[Likeness]":
    """The likenesses of APIs both of which the actor may see."""
    if actor.kind is ActorKind.ANONYMOUS:
        return queryset.none()
    return queryset.filter(catalog.visible_through(actor, "a__"), catalog.visible_through(actor, "b__"))


def can_add(actor: Actor, team: Team) -> Decision:
    """Whether the actor may say that `team` builds its own: its members and managers."""
    if not (writes := may_write(actor)):
        return writes
    if actor.is_administrator or actor.kind is ActorKind.SYSTEM:
        return Decision(True, "Administrators may speak for any team.", "administrator")
    if team.pk in actor.teams | actor.manages:
        return Decision(True, "You belong to this team or manage it.", "member")
    return Decision(False, f"Only members and managers of {team} say what it builds.", "member")


def can_dismiss(actor: Actor, owners: tuple[int | None, int | None]) -> Decision:
    """Whether the actor may say that two APIs only look alike; `owners` are the owning teams of both."""
    if not (writes := may_write(actor)):
        return writes
    if actor.is_administrator:
        return Decision(True, "Administrators may mend everything.", "administrator")
    if {owner for owner in owners if owner is not None} & (actor.teams | actor.manages):
        return Decision(True, "You answer for one of the two.", "owner")
    if owners == (None, None):
        return Decision(True, "No team answers for either, so everybody may.", "unowned")
    return Decision(False, "Only the teams that own the two, and managers above them, may say that.", "owner")


def sides_of(actor: Actor, duplicate: Duplicate) -> list[Party]:
    """The sides on which the actor stands: of both teams where they belong to both."""
    mine = actor.teams | actor.manages
    sides = [Party.OWN] if duplicate.team_id in mine else []
    return sides + ([Party.HOME] if duplicate.home_team_id in mine else [])


def can(
    actor: Actor,
    verb: Verb,
    duplicate: Duplicate,
    now: datetime | None = None,  # noqa: ARG001
    *,
    side: Party | None = None,
) -> Decision:
    """Whether `actor` may do `verb` to a duplicate that they see; the state's own word is `rules.why_not`.

    `side` asks for one side; without it any side will do. Whoever answered for one side never answers for the other.
    """
    if actor.kind is ActorKind.SYSTEM:
        return Decision(True, "The software itself.", "system")
    if not (writes := may_write(actor)):
        return writes
    allowed = parties(State(duplicate.state), verb)
    if Party.MANAGER in allowed:
        return _manager(actor, duplicate)
    wanted = [side] if side else [one for one in (Party.OWN, Party.HOME) if not allowed or one in allowed]
    stands = [one for one in sides_of(actor, duplicate) if one in wanted]
    if stands:
        return _not_both(actor, verb, duplicate, stands)
    if actor.is_administrator:
        return Decision(True, "Administrators may help out.", "administrator")
    names = {Party.OWN: str(duplicate.team), Party.HOME: str(duplicate.home_team or "the home team")}
    return Decision(False, f"Only {' and '.join(names[one] for one in wanted)} may do that.", "side")


def _not_both(actor: Actor, verb: Verb, duplicate: Duplicate, stands: list[Party]) -> Decision:
    if verb is Verb.ANSWER and actor.person_id is not None:
        rows = Answer.objects.filter(duplicate=duplicate, review=duplicate.review, person=actor.person_id)
        said = set(rows.values_list("party", flat=True))
        if not any(said <= {one.value} for one in stands):
            return Decision(False, "You answered for the other team; nobody decides on both sides.", "both-sides")
    return Decision(True, "You belong to this team or manage it.", "side")


def _manager(actor: Actor, duplicate: Duplicate) -> Decision:
    if actor.person_id is not None and actor.person_id == duplicate.manager_id:
        return Decision(True, "You manage the lowest unit above both teams.", "manager")
    if actor.is_administrator:
        return Decision(True, "Administrators may help out.", "administrator")
    return Decision(False, "Only the manager of the lowest unit above both teams decides this.", "manager")
