"""One question as its parts look at it: the change, what it is judged by, and who has a hand in it."""

from dataclasses import dataclass
from datetime import datetime

from awayteam.engagements.paths import repository_name
from awayteam.gate.change import Change
from awayteam.gate.facts import (
    Agreement,
    Engagements,
    Organisation,
    Ownership,
    Reviews,
    Round,
    Standards,
    Terms,
)
from awayteam.gate.parties import Parties, Party, requirements
from awayteam.gate.verdict import Standing
from awayteam.gate.voices import Voices, hear
from awayteam.sources.ownership.base import Requirement, Resolution

LEAST_OF_A_COMMIT = 16
"""Characters of an abbreviated commit id below which it could have been made on purpose."""


@dataclass(frozen=True, slots=True)
class Part:
    """Paths that the same rule decides about and to which the author stands the same way.

    `agreement` is the engagement that counts, or that comes nearest to it (`why_not` says what it lacks).
    """

    paths: tuple[str, ...]
    resolution: Resolution
    standing: Standing
    agreement: Agreement | None = None
    why_not: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that one verdict follows from."""

    change: Change
    ownership: Ownership
    organisation: Organisation
    engagements: Engagements
    reviews: Reviews
    standards: Standards
    terms: Terms
    now: datetime
    voices: Voices
    parties: Parties

    @classmethod
    def of(
        cls, change: Change, ownership: Ownership, organisation: Organisation, engagements: Engagements,
        reviews: Reviews, standards: Standards, terms: Terms, now: datetime,
    ) -> "Case":  # fmt: skip
        voices = hear(change, organisation, terms)
        parties = Parties(organisation, ownership)
        return cls(change, ownership, organisation, engagements, reviews, standards, terms, now, voices, parties)

    @property
    def author(self) -> str:
        return self.change.author.person

    def is_here(self, repository: str) -> bool:
        """Whether a name means the repository of the change."""
        return repository_name(repository) == repository_name(self.change.repository)

    def members(self, agreement: Agreement) -> frozenset[str]:
        return self.engagements.members.get(agreement.id, frozenset())

    def rounds(self, agreement: Agreement) -> list[Round]:
        """Rounds of an engagement that are about this change, at whatever commit."""
        return [one for one in self.reviews.rounds if one.engagement == agreement.id and self._concerns(one)]

    def at_head(self, one: Round) -> bool:
        """Whether a round was about the very commit that is to go in."""
        commit, head = one.commit.lower(), self.change.head.lower()
        return commit == head or (len(commit) >= LEAST_OF_A_COMMIT and head.startswith(commit))

    def _concerns(self, one: Round) -> bool:
        return self.at_head(one) or (bool(one.url) and one.url.rstrip("/") == self.change.url.rstrip("/"))

    def is_of_home(self, agreement: Agreement, person: str) -> bool:
        """Whether somebody answers for the home side of an engagement; nobody is on both sides."""
        if not person or person in self.members(agreement):
            return False
        return person in agreement.answering or agreement.home_team in self.parties.teams_of(person)

    def is_settled_by(self, agreement: Agreement, requirement: Requirement) -> bool:
        """Whether the home team that signed may settle this requirement: it is one of those whom the rules name.

        A contract binds who signed it. Where nobody knows any of the names in the rules, the contract is all there is.
        """
        party = self.party(requirement)
        return agreement.home_team in party.teams or not party.is_known

    def party(self, requirement: Requirement) -> Party:
        return self.parties.of(requirement.owners)

    def answers_for(self, part: Part, person: str) -> bool:
        """Whether somebody's word counts for a part: as an owner, or for the home side of its engagement."""
        if any(self.parties.includes(self.party(one), person) for one in requirements(part.resolution)):
            return True
        return part.agreement is not None and self.is_of_home(part.agreement, person)
