"""Which things a look is worth: a coarse reading of all edges, before each is looked at closely."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Sum

from awayteam.catalog.models import Entity, Presence
from awayteam.kernel import rulebook
from awayteam.succession.machine import ON_EVIDENCE
from awayteam.succession.models import Succession
from awayteam.usage.models import Edge

AT_ONCE = 200
"""Things that are looked at closely in one run, the most clearly used first."""


@dataclass(frozen=True, slots=True)
class Coarse:
    """A thing that one other team uses most: `share` of its calls, 1.0 where it is the only one."""

    entity: int
    team: int
    share: float


def coarse(now: datetime) -> list[Coarse]:
    """Things of which another team is the only user, or the largest by the rulebook's share; one statement."""
    book = rulebook.current().succession
    since = now - timedelta(days=book.window_days)
    edges = Edge.objects.filter(last_seen__gte=since, provider__entity__isnull=False, consumer__ignored=False)
    edges = edges.exclude(consumer=F("provider")).order_by()
    rows = edges.values_list(
        "provider__entity", "provider__entity__owner__team", "consumer__entity__owner__team"
    ).annotate(n=Sum("calls"))
    owners: dict[int, int | None] = {}
    calls: dict[int, dict[int | None, float]] = defaultdict(dict)
    for entity, owner, team, n in rows:
        owners[entity] = owner
        calls[entity][team] = calls[entity].get(team, 0.0) + (n or 0.0)
    found = [_largest(entity, owners[entity], by_team) for entity, by_team in calls.items()]
    fit = [one for one in found if one is not None and one.share >= book.belonging_use_share]
    return sorted(fit, key=lambda one: (-one.share, one.entity))


def _largest(entity: int, owner: int | None, calls: dict[int | None, float]) -> Coarse | None:
    others = [(n, team) for team, n in calls.items() if team is not None and team != owner]
    if not others:
        return None
    n, team = max(others)
    if len(calls) == 1:
        return Coarse(entity, team, 1.0)
    whole = sum(calls.values())
    return Coarse(entity, team, n / whole) if whole else None


def proposable(now: datetime, again: datetime) -> Iterator[Entity]:
    """Candidates without an open succession, and of which none on evidence was closed since `again`."""
    found = {one.entity: one for one in coarse(now)}
    kinds = [kind.value for kind in ON_EVIDENCE]
    busy = set(Succession.objects.filter(entity__in=found, closed_at=None).values_list("entity", flat=True))
    lately = Succession.objects.filter(entity__in=found, kind__in=kinds, closed_at__gte=again)
    busy |= set(lately.values_list("entity", flat=True))
    wanted = [entity for entity in found if entity not in busy][:AT_ONCE]
    rows = Entity.objects.filter(pk__in=wanted, presence=Presence.PRESENT).select_related("owner").in_bulk()
    yield from (rows[pk] for pk in wanted if pk in rows)
