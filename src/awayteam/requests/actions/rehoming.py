"""A home team that is gone: its open requests go to whoever owns the thing now, else to a manager."""

from datetime import datetime

from django.db import transaction

from awayteam.kernel.actor import SYSTEM
from awayteam.organisation.models import Team
from awayteam.requests import rules
from awayteam.requests.machine import Party, Verb
from awayteam.requests.models import Request
from awayteam.requests.stepping import Held, enter, facts_of, hold, limits


def rehome(request: Request | int, *, now: datetime) -> bool:
    """Find a new home for a request whose home team was dissolved; True where it went on.

    The owner of the service takes its place with a whole clock; where there is none, the manager of the lowest common
    unit says which team answers.
    """
    with transaction.atomic():
        held = hold(request, actor=SYSTEM, now=now)
        row = held.request
        if row.home_team.dissolved_at is None or rules.why_not(held.facts, Verb.LOSE_HOME):
            return False
        held.party = Party.AWAYTEAM
        gone, owner = row.home_team, _owner(held)
        row.offered_team, row.left_minutes, row.fixed_home = None, None, False
        if owner is not None:
            row.home_team = owner
        words = f"{gone} was dissolved" + (f"; {owner} owns {row.entity} now." if owner else "; nobody owns this now.")
        state = rules.target(facts_of(row, new_home=owner is not None), Verb.LOSE_HOME, limits())
        enter(held, Verb.LOSE_HOME, state, words=words, text=words)
    return True


def _owner(held: Held) -> Team | None:
    """The team that owns the thing now, unless it is the one that asks."""
    entity = held.request.entity
    owner = entity.owner.team if entity is not None and entity.owner is not None else None
    fit = owner is not None and owner.dissolved_at is None and owner.pk not in held.standing.asking_teams
    return owner if fit else None
