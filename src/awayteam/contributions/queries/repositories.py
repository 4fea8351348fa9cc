"""Repositories that are followed, what is linked to them, and where catalog and rules name different owners."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, Q

from awayteam.catalog.models import Entity
from awayteam.catalog.permissions import visible_through
from awayteam.contributions.models import Commit, Folder, Repository, RepositoryEntity, Stands
from awayteam.contributions.permissions import visible
from awayteam.contributions.queries.flows import FlowRow, Side, Sides, flows
from awayteam.contributions.queries.scope import COUNTED, Choice, Scope, scope
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import NotFound
from awayteam.organisation.models import Team


@dataclass(frozen=True, slots=True)
class RepositoryRow:
    repository: Repository
    commits: int

    @property
    def state(self) -> str:
        """ "reading", "waiting", "failed", "good" or "new"."""
        row = self.repository
        if row.progress is not None:
            return "reading"
        if row.refresh_requested_at is not None:
            return "waiting"
        if row.last_error:
            return "failed"
        return "good" if row.tip else "new"


def repositories(actor: Actor) -> list[RepositoryRow]:
    """All that the actor may see, by name: two statements."""
    rows = visible(actor, Repository.objects.all()).select_related("source").order_by("name")
    counts = dict(
        Commit.objects.filter(repository__in=visible(actor, Repository.objects.all()).values("pk"))
        .order_by()
        .values_list("repository_id")
        .annotate(n=Count("pk"))
    )
    return [RepositoryRow(row, counts.get(row.pk, 0)) for row in rows]


def repository(actor: Actor, pk: int) -> Repository:
    """Raises `NotFound`, also where the actor may not see it."""
    found = visible(actor, Repository.objects.filter(pk=pk)).first()
    if found is None:
        raise NotFound("There is no such repository.", "See the list of repositories.")
    return found


def contradictions(actor: Actor) -> list[RepositoryEntity]:
    """Entities whose owner in the catalog isn't among the owners that the rules give their code."""
    seen = visible(actor, Repository.objects.all()).values("pk")
    rows = RepositoryEntity.objects.filter(visible_through(actor, "entity__"), agrees=False, repository__in=seen)
    return list(rows.select_related("repository", "entity__owner").order_by("repository__name", "entity__ref"))


@dataclass(frozen=True, slots=True)
class TeamFlows:
    """Whom a team helps, and who helps it, the most first; `home` are its own commits to its own code."""

    scope: Scope
    gives: tuple[FlowRow, ...]
    takes: tuple[FlowRow, ...]
    home: FlowRow | None


def team_flows(actor: Actor, team: Team, choice: Choice | None = None) -> TeamFlows:
    """Flows of a team (its own party only, not those below it)."""
    found = scope(actor, choice or Choice())
    rows = flows(found, only=Q(origin__team=team) | Q(target__team=team))
    gives = tuple(row for row in rows if row.origin.ref == team.ref and not row.is_home)
    takes = tuple(row for row in rows if row.target.ref == team.ref and not row.is_home)
    return TeamFlows(found, gives, takes, next((row for row in rows if row.is_home), None))


@dataclass(frozen=True, slots=True)
class Changers:
    """Who changes an entity's code: commits by where they come from and how they stand, the most first.

    An entity that shares its repository has a `folder`; `waiting` says that its commits weren't told apart yet.
    """

    scope: Scope
    link: RepositoryEntity
    rows: tuple[tuple[Side, int, Stands], ...]
    folder: Folder | None = None
    waiting: bool = False


def changers(actor: Actor, entity: Entity, choice: Choice | None = None) -> Changers | None:
    """Who changes the code of an entity, in its folder where it has one; None where no repository is known."""
    link = RepositoryEntity.objects.filter(entity=entity).select_related("repository").first()
    if link is None or not visible(actor, Repository.objects.filter(pk=link.repository_id)).exists():
        return None
    given = choice or Choice()
    found = scope(actor, Choice(given.since, given.until, given.as_of, "team", link.repository_id))
    if not link.folder:
        return Changers(found, link, tuple(_by_origin(found, None)))
    folder = Folder.objects.filter(repository=link.repository_id, path=link.folder).first()
    if folder is None:
        return Changers(found, link, (), None, True)
    return Changers(found, link, tuple(_by_origin(found, folder)), folder)


def _by_origin(found: Scope, folder: Folder | None) -> list[tuple[Side, int, Stands]]:
    counts: Counter[tuple[int, int]] = Counter()
    for condition in found.chunks():
        rows = Commit.objects.filter(condition, **{f"{found.stands}__in": COUNTED}).order_by()
        if folder is not None:
            rows = rows.filter(pk__in=folder.touches.values("commit_id"))
        for origin, stands, n in rows.values_list(f"{found.origin}_id", found.stands).annotate(n=Count("pk")):
            counts[(origin, stands)] += n
    sides = Sides()
    made = [(sides.party(pk), n, Stands(stands)) for (pk, stands), n in counts.items()]
    return sorted(made, key=lambda row: (-row[1], row[0].label, row[2]))
