"""The organisation as a tree of units and teams."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from awayteam.kernel.actor import Actor
from awayteam.organisation.models import Membership, Team
from awayteam.organisation.queries.dates import dated

LONG = ("mission", "contacts", "picture", "calendar")
"""Facts of a team that a tree has no room for; they are read when somebody asks."""


@dataclass(frozen=True, slots=True)
class TreeNode:
    """A team or unit with what is below it. `members` are its own people, `people` all with those below."""

    team: Team
    depth: int
    members: int
    people: int
    children: tuple["TreeNode", ...] = ()

    def walk(self) -> Iterable["TreeNode"]:
        """This node and all below it, depth first."""
        yield self
        for child in self.children:
            yield from child.walk()


def tree(actor: Actor, *, at: datetime | None = None, root: Team | None = None) -> list[TreeNode]:  # noqa: ARG001
    """The organisation as a forest, roots and children by name; two statements.

    Parents are those of today; people and teams that were not yet dissolved those of `at`. A circle of parents is cut
    at its first team by name, so every team appears once.
    """
    alive = Q(dissolved_at__isnull=True) if at is None else Q(dissolved_at__isnull=True) | Q(dissolved_at__gt=at)
    rows = Team.objects.filter(alive).defer(*LONG)
    teams = {row.pk: row for row in sorted(rows, key=lambda row: str(row).casefold())}
    staff: dict[int, set[int]] = defaultdict(set)
    for team_id, person_id in Membership.objects.filter(dated(at)).values_list("team", "person"):
        staff[team_id].add(person_id)
    children: dict[int | None, list[int]] = defaultdict(list)
    for pk, row in teams.items():
        children[row.parent_id if row.parent_id in teams else None].append(pk)
    builder = _Forest(teams, children, staff)
    if root is not None:
        return [builder.node(root.pk, 0)[0]] if root.pk in teams else []
    nodes = [builder.node(pk, 0)[0] for pk in children[None]]
    nodes += [builder.node(pk, 0)[0] for pk in teams if pk not in builder.seen]
    return nodes


@dataclass(slots=True)
class _Forest:
    teams: dict[int, Team]
    children: dict[int | None, list[int]]
    staff: dict[int, set[int]]
    seen: set[int] = field(default_factory=set)

    def node(self, pk: int, depth: int) -> tuple[TreeNode, set[int]]:
        """The node with the ids of all people in and below it."""
        self.seen.add(pk)
        people = set(self.staff[pk])
        below = []
        for child in self.children[pk]:
            if child not in self.seen:
                found, theirs = self.node(child, depth + 1)
                below.append(found)
                people |= theirs
        return TreeNode(self.teams[pk], depth, len(self.staff[pk]), len(people), tuple(below)), people


def above(team: Team, *, most: int = 50) -> list[Team]:
    """The units above a team, the nearest first; one statement. Ends where parents form a circle."""
    parents = {row.pk: row for row in Team.objects.raw(ABOVE_SQL, [team.pk, most])}
    found: list[Team] = []
    pk = team.parent_id
    while pk is not None and pk in parents and parents[pk] not in found and pk != team.pk:
        found.append(parents[pk])
        pk = parents[pk].parent_id
    return found


ABOVE_SQL = """
WITH RECURSIVE up(id, steps) AS (
  SELECT parent_id, 1 FROM organisation_team WHERE id = %s AND parent_id IS NOT NULL
  UNION SELECT t.parent_id, up.steps + 1 FROM organisation_team t JOIN up ON t.id = up.id
  WHERE t.parent_id IS NOT NULL AND up.steps < %s)
SELECT t.* FROM organisation_team t WHERE t.id IN (SELECT id FROM up)
"""
BELOW_SQL = """
WITH RECURSIVE down(id) AS (
  SELECT id FROM organisation_team WHERE id = %s
  UNION SELECT t.id FROM organisation_team t JOIN down ON t.parent_id = down.id)
SELECT id FROM down
"""


def below(team: Team) -> list[int]:
    """Ids of the team and of every team below it; one statement."""
    return [row.pk for row in Team.objects.raw(BELOW_SQL, [team.pk])]


def children(team: Team) -> list[Team]:
    """Teams and units directly below, by name; one statement."""
    return sorted(Team.objects.filter(parent=team, dissolved_at__isnull=True), key=lambda row: str(row).casefold())
