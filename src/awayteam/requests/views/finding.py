"""Who owns what somebody pasted, as candidates to choose from."""

from dataclasses import dataclass
from datetime import datetime

from awayteam.catalog.models import Entity
from awayteam.kernel.actor import Actor
from awayteam.organisation.models import Team
from awayteam.requests.queries.rows import EntityLink, Link, person_link, team_link
from awayteam.requests.routing import match
from awayteam.requests.routing.match import Reason

MOST = 5
SURE = ((0.7, "very likely"), (0.4, "likely"), (0.0, "possible"))
"""How a score is said: it is no probability."""


@dataclass(frozen=True, slots=True)
class Why:
    """A reason in words; `evidence` is the text of the pasted `line` that says so ("" and 0 where there is none)."""

    text: str
    evidence: str = ""
    line: int = 0

    def __str__(self) -> str:
        return f"{self.text} (line {self.line}: {self.evidence})" if self.evidence else self.text


@dataclass(frozen=True, slots=True)
class Candidate:
    """A thing or a team to which a request could go. `key` is what the form sends; `team` None where nobody owns it.

    `sure` says how likely in words, "" where somebody chose it.
    """

    key: str
    entity: EntityLink | None
    team: Link | None
    decider: Link | None
    reasons: tuple[Why, ...]
    sure: str = ""


def chosen(entity: Entity | None, team: Team | None, reason: str) -> Candidate:
    """What somebody comes with from another page."""
    return Candidate(_key(entity, team), _entity(entity), team_link(team) if team else None, None, (Why(reason),))


def find(actor: Actor, text: str, now: datetime) -> list[Candidate]:
    """The likeliest owners of what was pasted, the best first; nothing for nothing."""
    if not text.strip():
        return []
    found = match.route(actor, text, now=now, limit=MOST).candidates
    return [_candidate(one) for one in found if one.entity is not None or one.team is not None]


def _candidate(one: match.Candidate) -> Candidate:
    return Candidate(
        key=_key(one.entity, one.team),
        entity=_entity(one.entity),
        team=team_link(one.team) if one.team else None,
        decider=person_link(one.decider) if one.decider else None,
        reasons=tuple(_why(reason) for reason in one.reasons),
        sure=next(words for least, words in SURE if one.score >= least),
    )


def _why(reason: Reason) -> Why:
    return Why(reason.text, " ".join(reason.evidence.split())[:160], reason.line)


def _key(entity: Entity | None, team: Team | None) -> str:
    return f"e:{entity.pk}" if entity else f"t:{team.pk}" if team else ""


def _entity(entity: Entity | None) -> EntityLink | None:
    return EntityLink(entity.pk, entity.ref, entity.kind, str(entity)) if entity else None
