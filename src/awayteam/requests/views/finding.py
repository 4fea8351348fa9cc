"""Who owns what somebody pasted, as candidates to choose from."""

from dataclasses import dataclass, replace
from datetime import datetime

from awayteam.catalog.models import Entity
from awayteam.kernel.actor import Actor
from awayteam.organisation.models import Team
from awayteam.requests.queries.rows import EntityLink, Link, team_link
from awayteam.requests.routing.match import route

MOST = 5
REASONS = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """A thing or a team to which a request could go. `key` is what the form sends; `team` None where nobody owns it."""

    key: str
    entity: EntityLink | None
    team: Link | None
    reasons: tuple[str, ...]
    score: float | None = None


def candidate_of(entity: Entity | None, team: Team | None, reasons: tuple[str, ...]) -> Candidate:
    """A candidate of rows that are loaded already."""
    key = f"e:{entity.pk}" if entity else f"t:{team.pk}" if team else ""
    thing = EntityLink(entity.pk, entity.ref, entity.kind, entity.title or entity.name) if entity else None
    return Candidate(key, thing, team_link(team) if team else None, reasons)


def find(actor: Actor, text: str, now: datetime) -> list[Candidate]:
    """The likeliest owners of what was pasted, the best first; nothing for nothing."""
    if not text.strip():
        return []
    found = []
    for one in route(actor, text, now=now, limit=MOST).candidates:
        owner = one.entity.owner.team_id if one.entity is not None and one.entity.owner is not None else None
        entity = one.entity if one.team is None or owner == one.team.pk else None
        reasons = tuple(f"Line {reason.line}: {reason.text}." for reason in one.reasons[:REASONS])
        found.append(replace(candidate_of(entity, one.team, reasons), score=one.score))
    return [one for one in found if one.key]
