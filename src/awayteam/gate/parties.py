"""Who may answer for paths: the owners that the rules name, as people and teams, and those whom one may ask instead."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from awayteam.gate.facts import Organisation, Owner, Ownership
from awayteam.sources.ownership.base import Requirement, Resolution

ASKED_AT_MOST = 20
"""People named in a need; a team of hundreds isn't listed."""


@dataclass(frozen=True, slots=True)
class Party:
    """The owners of one requirement. `unknown` are names that lead to nobody; `waived`: everybody may approve (`*`)."""

    names: tuple[str, ...]
    teams: tuple[str, ...]
    people: frozenset[str]
    unknown: tuple[str, ...]

    @property
    def is_known(self) -> bool:
        return bool(self.teams or self.people)


@dataclass
class Parties:
    """Owners by name, asked of the organisation once; lives as long as one question, in which `besides` is the same."""

    organisation: Organisation
    ownership: Ownership
    _owners: dict[str, tuple[Owner, ...]] = field(default_factory=dict)
    _parties: dict[tuple[str, ...], Party] = field(default_factory=dict)
    _belongs: dict[str, frozenset[str]] = field(default_factory=dict)
    _asked: dict[tuple[str, ...], tuple[tuple[str, ...], tuple[str, ...]]] = field(default_factory=dict)

    def of(self, names: tuple[str, ...]) -> Party:
        """The party that these owners are together."""
        known = self._parties.get(names)
        if known is None:
            found = [owner for name in names for owner in self._named(name)]
            known = self._parties[names] = Party(
                names,
                tuple(dict.fromkeys(owner.team for owner in found if owner.team)),
                frozenset(owner.person for owner in found if owner.person),
                tuple(owner.name for owner in found if not owner.team and not owner.person),
            )
        return known

    def _named(self, name: str) -> tuple[Owner, ...]:
        known = self._owners.get(name)
        if known is None:
            known = self._owners[name] = tuple(map(self.organisation.owner, self.ownership.expand(name)))
        return known

    def teams_of(self, person: str) -> frozenset[str]:
        known = self._belongs.get(person)
        if known is None:
            present = bool(person) and self.organisation.is_present(person)
            known = self._belongs[person] = self.organisation.teams_of(person) if present else frozenset()
        return known

    def includes(self, party: Party, person: str) -> bool:
        """Whether somebody is one of the owners, or of a team of theirs; who left is neither, whatever lists say."""
        if person in party.people:
            return self.organisation.is_present(person)
        return not self.teams_of(person).isdisjoint(party.teams)

    def asked(self, party: Party, besides: frozenset[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Whom to ask for their word, and who else could: people of the owners, else those above them.

        Where nobody of the owners is left (a team of one, who wrote it), those above stand in; their approval counts.
        """
        known = self._asked.get(party.names)
        if known is None:
            known = self._asked[party.names] = self._ask(party, besides)
        return known

    def _ask(self, party: Party, besides: frozenset[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        people = [person for person in sorted(party.people) if self.organisation.is_present(person)]
        for team in party.teams:
            people += self.organisation.people_of(team)
        able = [person for person in dict.fromkeys(people) if person not in besides]
        above = [
            person
            for team in party.teams
            for person in self.organisation.managers_of(team)
            if person not in besides and person not in able
        ]
        return tuple(able), tuple(dict.fromkeys(above))


def requirements(resolution: Resolution) -> Sequence[Requirement]:
    """The approvals that rules ask for: several where the format knows several, else one of any owner."""
    if resolution.requirements:
        return resolution.requirements
    if resolution.rule is None or not resolution.owners:
        return ()
    return (Requirement(resolution.owners, resolution.rule),)
