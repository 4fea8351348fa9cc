"""Repositories that are followed, what is linked to them, and where catalog and rules name different owners."""

from dataclasses import dataclass

from django.db.models import Q

from awayteam.catalog.models import Entity
from awayteam.catalog.permissions import visible_through
from awayteam.contributions.models import Commit, Repository, RepositoryEntity
from awayteam.contributions.permissions import visible
from awayteam.contributions.queries.flows import FlowRow, Side, flows
from awayteam.contributions.queries.scope import Choice, Scope, scope
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
    from django.db.models import Count

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
    """Who changes an entity's code: flows into all owners of its repository, by origin."""

    scope: Scope
    link: RepositoryEntity
    rows: tuple[tuple[Side, int, bool], ...]


def changers(actor: Actor, entity: Entity, choice: Choice | None = None) -> Changers | None:
    """Who changes the code of an entity that has a repository to itself; None where none is known."""
    link = RepositoryEntity.objects.filter(entity=entity).select_related("repository").first()
    if link is None or not visible(actor, Repository.objects.filter(pk=link.repository_id)).exists():
        return None
    given = choice or Choice()
    found = scope(actor, Choice(given.since, given.until, given.as_of, "team", link.repository_id))
    return Changers(found, link, tuple(_by_origin(found, link)))


def _by_origin(found: Scope, link: RepositoryEntity) -> list[tuple[Side, int, bool]]:
    from django.db.models import Count

    from awayteam.contributions.models import Touch
    from awayteam.contributions.queries.flows import Sides
    from awayteam.contributions.queries.scope import COUNTED

    counts: dict[tuple[int, bool], int] = {}
    for condition in found.chunks():
        rows = Commit.objects.filter(condition, **{f"{found.stands}__in": COUNTED})
        if link.folder:
            inside = Touch.objects.filter(area__name__startswith=f"/{link.folder}") | Touch.objects.filter(
                area__name__startswith=link.folder
            )
            rows = rows.filter(pk__in=inside.values("commit_id"))
        for origin, stands, n in (
            rows.order_by().values_list(f"{found.origin}_id", found.stands).annotate(n=Count("pk"))
        ):
            key = (origin, stands == 1)
            counts[key] = counts.get(key, 0) + n
    sides = Sides()
    made = [(sides.party(pk), n, home) for (pk, home), n in counts.items()]
    return sorted(made, key=lambda row: (-row[1], row[0].label))
