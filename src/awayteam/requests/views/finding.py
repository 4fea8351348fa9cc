"""Who owns what somebody pasted, as candidates to choose from."""

from dataclasses import dataclass
from datetime import datetime

from awayteam.catalog.models import Entity
from awayteam.catalog.search import search
from awayteam.kernel.actor import Actor
from awayteam.organisation.models import Team
from awayteam.requests.queries.rows import EntityLink, Link, team_link

MOST = 5


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
    del now
    words = text.strip()
    if not words or len(words) > 200:
        return []
    hits = [hit for group in search(actor, words, limit=MOST).groups for hit in group.hits if hit.kind != "User"]
    rows = Entity.objects.filter(pk__in=[hit.entity_id for hit in hits]).select_related("owner__team", "team")
    known = {row.pk: row for row in rows}
    found = []
    for hit in sorted(hits, key=lambda hit: -hit.score)[:MOST]:
        entity = known[hit.entity_id]
        reason = (f"Its {hit.matched} has these words.",)
        if entity.kind == "Group":
            found.append(candidate_of(None, entity.team, reason))
        else:
            found.append(candidate_of(entity, entity.owner.team if entity.owner else None, reason))
    return [one for one in found if one.key]
