"""How evidence adds up; pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from awayteam.requests.routing.match.results import Hit
from awayteam.requests.routing.parse import Kind

BY_DEPTH = (1.0, 0.5, 0.35, 0.25, 0.2, 0.15)
"""What frames of one's own say: the deepest one most."""
OUTER = 0.1
BOUNDARY = 0.6
"""The first frame of another team above the deepest one: there, one service called the other's code."""
CALLED_OUT = 0.75
"""The deepest own frame of a trace that failed in a call to another service: that service may be at fault as well."""
REMOTE_KINDS = frozenset({Kind.HOST, Kind.OPERATION, Kind.SERVICE})
REMOTE_MORE = 1.2
FADE = 0.5
"""Each further piece of evidence for the same counts half as much as the one before."""


def positioned(hits: Sequence[Hit], *, remote: bool) -> list[Hit]:
    """Frames weighted by where they stand among the frames of one's own, section by section."""
    frames = [hit for hit in hits if hit.finding.kind is Kind.FRAME]
    rest = [_called(hit) if remote else hit for hit in hits if hit.finding.kind is not Kind.FRAME]
    sections: dict[int, list[Hit]] = defaultdict(list)
    for hit in frames:
        sections[hit.finding.section].append(hit)
    for section in sections.values():
        rest += _in_section(section, remote)
    return rest


def _called(hit: Hit) -> Hit:
    if hit.finding.kind not in REMOTE_KINDS:
        return hit
    return replace(hit, strength=min(1.0, hit.strength * REMOTE_MORE))


def _in_section(hits: list[Hit], remote: bool) -> Iterable[Hit]:
    depths = sorted({hit.finding.depth for hit in hits})
    rank = {depth: place for place, depth in enumerate(depths)}
    teams_at: dict[int, set[int | None]] = defaultdict(set)
    for hit in hits:
        teams_at[hit.finding.depth].add(hit.team_id)
    crossed: set[int | None] = set()
    factors: dict[tuple[int, int | None], float] = {}
    for depth in depths:
        place = rank[depth]
        factor = BY_DEPTH[place] if place < len(BY_DEPTH) else OUTER
        factor *= CALLED_OUT if remote and place == 0 else 1.0
        for team in teams_at[depth]:
            is_new = place > 0 and team not in crossed and team not in teams_at[depths[0]]
            factors[depth, team] = max(factor, BOUNDARY) if is_new and len(crossed) == 1 else factor
        crossed |= teams_at[depth]
    for hit in hits:
        yield replace(hit, strength=hit.strength * factors[hit.finding.depth, hit.team_id])


def weight(hit: Hit) -> float:
    """What one hit says, 0 to 1."""
    return max(0.0, min(hit.finding.weight * hit.strength, 0.99))


def together(hits: Iterable[Hit]) -> float:
    """All evidence for one candidate, 0 to 1; many weak pieces never make up for a strong one."""
    left = 1.0
    for place, one in enumerate(sorted((weight(hit) for hit in hits), reverse=True)):
        left *= 1.0 - one * FADE**place
        if place > 12:
            break
    return 1.0 - left


def grouped(hits: Iterable[Hit]) -> dict[tuple[int | None, int | None], list[Hit]]:
    """Hits by (team, entity). What speaks only for a team is added to its likeliest entity, where it has one."""
    groups: dict[tuple[int | None, int | None], list[Hit]] = defaultdict(list)
    for hit in hits:
        groups[hit.team_id, hit.entity_id].append(hit)
    for team, entity in list(groups):
        if team is None or entity is not None:
            continue
        mine = [key for key in groups if key[0] == team and key[1] is not None]
        if mine:
            likeliest = max(mine, key=lambda key: together(groups[key]))
            groups[likeliest] += groups.pop((team, None))
    return dict(groups)
