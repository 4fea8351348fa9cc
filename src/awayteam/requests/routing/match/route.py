"""The whole way: parse, look up, weigh, name candidates."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.db.models import Q

from awayteam.catalog import queries as catalog
from awayteam.catalog.models import Entity
from awayteam.catalog.permissions import visible
from awayteam.kernel.actor import Actor
from awayteam.organisation.models import Membership, Person, Role, Team
from awayteam.organisation.queries import dated
from awayteam.requests.routing.match import files, operations, scoring, things
from awayteam.requests.routing.match.files import Repositories
from awayteam.requests.routing.match.results import Candidate, Hit, Reason, Routing
from awayteam.requests.routing.parse import Finding, Kind, Parsed, parse

MOST_REASONS = 6
LEAST = 0.06
MOST_UNMATCHED = 30
SEARCHED = 0.35
UNANSWERED = 0.6
"""What a candidate counts whose team nobody knows: there is nobody to ask."""


def route(actor: Actor, text: str, *, now: datetime, limit: int = 5) -> Routing:
    """Who should hear of it: candidates for a text of any kind, the likeliest first, with reasons.

    Only what the actor may see is looked at. The text may be of any length; its first 256 K characters are read.
    """
    parsed = parse(text)
    repositories = Repositories(actor)
    hits = [
        *files.hits(parsed.findings, repositories),
        *operations.hits(parsed.findings),
        *things.hits(parsed.findings),
    ]
    if not hits and parsed.words:
        hits = _searched(actor, parsed)
    entities = _entities(actor, hits, now)
    owned = list(_owned(hits, entities))
    groups = scoring.grouped(scoring.positioned(owned, remote=parsed.remote))
    scored = sorted(
        ((_score(key, some), key) for key, some in groups.items()), key=lambda row: (-row[0], _order(row[1]))
    )
    best = [(score, key) for score, key in scored if score >= LEAST][:limit]
    teams, deciders = _people([key[0] for _, key in best if key[0] is not None], now)
    made = tuple(_candidate(score, key, groups[key], entities, teams, deciders) for score, key in best)
    used = {hit.finding for hit in owned}
    unmatched = [one for one in parsed.findings if one not in used and not one.foreign]
    unmatched.sort(key=lambda one: (-one.weight, one.line))
    return Routing(made, parsed.findings, tuple(unmatched[:MOST_UNMATCHED]), parsed.lines, parsed.cut)


def _score(key: tuple[int | None, int | None], hits: Sequence[Hit]) -> float:
    return scoring.together(hits) * (1.0 if key[0] is not None else UNANSWERED)


def _order(key: tuple[int | None, int | None]) -> tuple[int, int]:
    return (key[0] or 0, key[1] or 0)


def _searched(actor: Actor, parsed: Parsed) -> list[Hit]:
    """What the search box finds, where nothing else is known of a short text."""
    found = catalog.search(actor, parsed.words[:200], limit=5)
    one = Finding(Kind.NAME, parsed.words[:200], 1, SEARCHED, parsed.words[:200])
    refs = [hit.ref for group in found.groups for hit in group.hits][:10]
    known = dict(Entity.objects.filter(ref__in=refs).values_list("ref", "pk"))
    teams = dict(Entity.objects.filter(ref__in=refs, team__isnull=False).values_list("ref", "team_id"))
    return [
        Hit(one, 1.0 / (place + 1), "search finds it", None if ref in teams else known[ref], teams.get(ref))
        for place, ref in enumerate(refs)
        if ref in known and not ref.startswith("user:")
    ]


def _entities(actor: Actor, hits: Iterable[Hit], now: datetime) -> dict[int, Entity]:
    """The entities of the hits that the actor may see; one statement."""
    ids = {hit.entity_id for hit in hits if hit.entity_id is not None}
    seen = visible(actor, Entity.objects.filter(pk__in=ids), now).select_related("owner")
    return {row.pk: row for row in seen.defer("document")}


def _owned(hits: Iterable[Hit], entities: Mapping[int, Entity]) -> Iterable[Hit]:
    """Hits with the owner of their entity as team; those of what may not be seen are left out."""
    for hit in hits:
        if hit.entity_id is None:
            yield hit
        elif hit.entity_id in entities:
            owner = entities[hit.entity_id].owner
            yield hit if hit.team_id is not None else replace(hit, team_id=owner.team_id if owner else None)
        elif hit.team_id is not None:
            yield replace(hit, entity_id=None)


def _people(ids: Sequence[int], now: datetime) -> tuple[dict[int, Team], dict[int, Person]]:
    """The teams, and for each who would answer: its decider, else its lead; two statements."""
    teams = Team.objects.in_bulk(set(ids))
    here = Q(person__left_at__isnull=True) | Q(person__left_at__gt=now)
    rows = Membership.objects.filter(dated(now), here, team__in=teams, role__in=[Role.DECIDER, Role.LEAD])
    found: dict[int, Person] = {}
    for row in sorted(rows.select_related("person"), key=lambda row: (row.role != Role.DECIDER, row.person_id)):
        found.setdefault(row.team_id, row.person)
    return teams, found


def _candidate(
    score: float,
    key: tuple[int | None, int | None],
    hits: Sequence[Hit],
    entities: Mapping[int, Entity],
    teams: Mapping[int, Team],
    deciders: Mapping[int, Person],
) -> Candidate:
    team, entity = key
    reasons: dict[tuple[str, int], Reason] = {}
    for hit in sorted(hits, key=lambda one: -scoring.weight(one)):
        one = hit.finding
        reason = Reason(hit.text, one.line, one.text or one.value, round(scoring.weight(hit), 3))
        reasons.setdefault((hit.text, 0 if one.kind is Kind.FRAME else one.line), reason)
    kept = tuple(reasons.values())
    return Candidate(
        entities.get(entity or 0), teams.get(team or 0), deciders.get(team or 0), round(score, 3), kept[:MOST_REASONS],
        max(len(kept) - MOST_REASONS, 0),
    )  # fmt: skip
