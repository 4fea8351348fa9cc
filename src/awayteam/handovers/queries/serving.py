"""Services that should rather serve themselves, with the visits that say so."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from awayteam.catalog.models import Entity
from awayteam.catalog.permissions import visible as visible_entities
from awayteam.engagements.models import Engagement
from awayteam.engagements.permissions import visible
from awayteam.handovers.permissions import can_dismiss
from awayteam.handovers.suggesting import suggestions
from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.permissions import Decision
from awayteam.organisation.models import Team


@dataclass(frozen=True, slots=True)
class SelfService:
    """A service, how many visits it had in `days` days, those that the reader may see, and how many teams came."""

    service: Entity
    visits: int
    seen: tuple[Engagement, ...]
    teams: int
    days: int
    dismiss: Decision


def self_service(
    actor: Actor, now: datetime, *, service: Entity | None = None, team: Team | None = None
) -> list[SelfService]:
    """What is suggested now, most visits first: of one service, or of those that a team owns; some five statements."""
    entities = visible_entities(actor, Entity.objects.all(), now)
    if service is not None:
        entities = entities.filter(pk=service.pk)
    if team is not None:
        entities = entities.filter(owner__team=team)
    narrowed = service is not None or team is not None
    ids = list(entities.order_by().values_list("pk", flat=True)[:5_000]) if narrowed else None
    found = suggestions(now, ids)
    if not found:
        return []
    known = entities.filter(pk__in=found).select_related("owner__team").defer("document").in_bulk()
    seen = _engagements(actor, (one.engagement for some in found.values() for one in some), now)
    days = rulebook.current().handovers.self_service_days
    made = []
    for pk, visits in found.items():
        if pk in known:
            rows = tuple(seen[one.engagement] for one in visits if one.engagement in seen)
            teams = len({row.away_team_id for row in rows})
            made.append(SelfService(known[pk], len(visits), rows, teams, days, can_dismiss(actor, known[pk])))
    return made


def _engagements(actor: Actor, ids: Iterable[int], now: datetime) -> dict[int, Engagement]:
    rows = visible(actor, Engagement.objects.filter(pk__in=list(ids)), now)
    return {row.pk: row for row in rows.select_related("home_team", "away_team")}
