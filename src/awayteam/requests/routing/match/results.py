"""What routing answers with."""

from dataclasses import dataclass

from awayteam.catalog.models import Entity
from awayteam.organisation.models import Person, Team
from awayteam.requests.routing.parse import Finding


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: a sentence, the line of the text (from 1) that says so, and the text itself; `weight` is 0 to 1."""

    text: str
    line: int
    evidence: str
    weight: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A team (or, for what a person owns, nobody but that person) that should hear of it.

    `entity` is what it is about, None where only paths say so. `decider` is who would answer for the team. `score` is 0
    to 1: how much speaks for it, not a probability. `reasons` are the weightiest first.
    """

    entity: Entity | None
    team: Team | None
    decider: Person | None
    score: float
    reasons: tuple[Reason, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Routing:
    """Candidates, the likeliest first, and what was recognised; `unmatched` are findings that led nowhere.

    `cut` says that only the beginning of the text was read.
    """

    candidates: tuple[Candidate, ...]
    findings: tuple[Finding, ...]
    unmatched: tuple[Finding, ...]
    lines: int
    cut: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """That a finding leads to an entity or a team. `strength` (0 to 1) is how surely; `text` says by what."""

    finding: Finding
    strength: float
    text: str
    entity_id: int | None = None
    team_id: int | None = None
