"""Who speaks for the sides of a succession, and who decides between them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from awayteam.kernel.actor import Actor, ActorKind
from awayteam.kernel.permissions import Decision
from awayteam.organisation.models import Team
from awayteam.organisation.queries.tree import above
from awayteam.requests import deciders
from awayteam.requests.deciders import NOBODY, Chosen, Level
from awayteam.succession.machine import Kind, Party
from awayteam.succession.models import Succession

HELPS = Decision(True, "Administrators may help out.", "administrator")


def units_of(row: Succession) -> list[Team]:
    """The units that decide a dispute, the lowest first: those above both sides, or above the only one there is."""
    first, second = row.giver or row.receiver, row.receiver if row.giver else row.objector
    if row.is_retirement:
        second = row.objector
    if first is None:
        return []
    if second is None or second.pk == first.pk:
        return above(first)
    # Of two units of which one stands above the other the higher one is a side itself.
    return [unit for unit in deciders.common_units(first, second) if unit.pk not in (first.pk, second.pk)]


def level_of(row: Succession, *, after: int | None, now: datetime) -> Level:
    """The lowest unit above `after` (None: of all) with a manager who may decide; never whoever began it or objects."""
    barred = {one for one in (row.begun_by_id, row.objected_by_id) if one is not None}
    return deciders.level(units_of(row), after=after, askers=barred, decided=(), now=now)


def at_or_above(row: Succession, now: datetime) -> Level:
    """The level that the row is at, or the next above where nobody is there any more."""
    units = units_of(row)
    ids = [unit.pk for unit in units]
    rest = units[ids.index(row.level_id) :] if row.level_id in ids else units
    barred = {one for one in (row.begun_by_id, row.objected_by_id) if one is not None}
    return deciders.level(rest, after=None, askers=barred, decided=(), now=now)


def side_of(row: Succession, party: str) -> Team | None:
    """The team that acts as `party`, where that is one team."""
    if party == Party.CONSUMER:
        return row.objector
    if party == Party.ANSWERER:
        return row.giver if row.kind == Kind.ASK else row.receiver
    teams = {Party.GIVER.value: row.giver, Party.RECEIVER.value: row.receiver, Party.INITIATOR.value: row.begun_team}
    return teams.get(str(party))


@dataclass
class Standing:
    """What an actor is to a succession; `chosen` are those who may speak for a side, the first has the turn."""

    actor: Actor
    row: Succession
    now: datetime

    @cached_property
    def concerned(self) -> frozenset[int]:
        return frozenset(self.row.concerned.values_list("team_id", flat=True))

    def chosen(self, party: str) -> Chosen:
        """Who speaks for a side; whoever began it doesn't answer it too."""
        row = self.row
        team = side_of(row, party)
        if team is None and party in (Party.GIVER, Party.ANSWERER):
            if row.giver_person_id is not None:
                return Chosen((row.giver_person_id,), "owner", "They own it themselves.")
            team = row.receiver  # nobody owns it: the manager above the team that wants it speaks
            return level_of(row, after=None, now=self.now).chosen if team is not None else NOBODY
        if team is None:
            return NOBODY
        askers = {row.begun_by_id} if party == Party.ANSWERER and row.begun_by_id is not None else set()
        return deciders.deciders(team, askers=askers, asking_teams=(), now=self.now)

    @cached_property
    def level(self) -> Level:
        return at_or_above(self.row, self.now)

    def of(self, party: str) -> Decision:
        """Whether the actor may act as `party`. Whether they may write at all is asked before."""
        if party == Party.MANAGER:
            return self._manager()
        if party == Party.CONSUMER:
            return self._consumer()
        if party == Party.INITIATOR:
            return self._initiator()
        if party in (Party.CLOCK, Party.AWAYTEAM):
            return Decision(False, "Nobody does this; it follows by itself.", "clock")
        return self._speaks(party)

    def _speaks(self, party: str) -> Decision:
        actor, team = self.actor, side_of(self.row, party)
        if party == Party.ANSWERER and actor.person_id is not None and actor.person_id == self.row.begun_by_id:
            return Decision(False, "You began it; somebody else answers.", "asker")
        if team is not None and team.pk in actor.manages:
            return Decision(True, f"You manage {team}.", "manager")
        found = self.chosen(party)
        if actor.person_id is not None and actor.person_id in found.persons:
            return Decision(True, found.because, found.tier)
        if actor.is_administrator:
            return HELPS
        who = team or self.row.giver_person or "the manager above"
        return Decision(False, f"Who decides for {who}, and managers above, do this.", "side")

    def _consumer(self) -> Decision:
        mine = self.actor.teams | self.actor.manages
        if self.concerned & mine:
            return Decision(True, "Your team uses it.", "consumer")
        return Decision(False, "Only the owner, the team that gets it, and teams that use it object.", "consumer")

    def _initiator(self) -> Decision:
        row, person = self.row, self.actor.person_id
        if person is not None and person == row.begun_by_id:
            return Decision(True, "You began it.", "initiator")
        if row.begun_team is not None:
            return self._speaks(Party.INITIATOR)
        if self.actor.is_administrator:
            return HELPS
        return Decision(False, "Only whoever began it calls it off.", "initiator")

    def _manager(self) -> Decision:
        actor, row = self.actor, self.row
        person = actor.person_id
        if person is not None and person in (row.begun_by_id, row.objected_by_id):
            return Decision(False, "You are a party to it; somebody else decides.", "stake")
        found = self.level.chosen
        if person is not None and person in found.persons:
            return Decision(True, found.because, "manager")
        if actor.is_administrator:
            return HELPS
        return Decision(False, "The manager of the lowest unit above both teams decides.", "manager")

    def ticks(self) -> Decision:
        """Whether the actor may tick the checklist: anybody of the side that has the things in the end."""
        row, actor = self.row, self.actor
        team = row.giver if row.is_retirement else row.receiver
        if team is not None and team.pk in actor.teams | actor.manages:
            return Decision(True, f"You belong to {team}.", "side")
        if row.is_retirement and row.giver_person_id is not None and row.giver_person_id == actor.person_id:
            return Decision(True, "You own it.", "side")
        if actor.is_administrator or actor.kind is ActorKind.SYSTEM:
            return HELPS
        who = team or row.giver_person or "the owner"
        return Decision(False, f"{who} ticks what it has; only its people do this.", "side")


def hearers(row: Succession, concerned: Collection[int]) -> set[int]:
    """Teams that hear of every step."""
    return {one for one in (row.giver_id, row.receiver_id, row.objector_id, *concerned) if one is not None}
