"""Who may see what of the catalog. One rule serves lists, details, facets and search."""

from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, F, Func, Q, QuerySet, Subquery
from django.db.models.sql.compiler import SQLCompiler

from awayteam.catalog.expressions import Sql
from awayteam.catalog.models import Entity, Presence
from awayteam.kernel.actor import Actor, ActorKind
from awayteam.kernel.permissions import Decision, may_write

RULE = "(NOT {restricted} OR {owner} {among} OR {own} {among})"
"""What an actor sees who doesn't see everything: what isn't restricted, what a trusted owner has, and trusted owners
themselves. The one text of the rule; conditions, the facet cube and both searches are made from it."""


def sees_everything(actor: Actor) -> bool:
    """Administrators and the software itself see restricted entities of every team."""
    return actor.is_administrator or actor.kind is ActorKind.SYSTEM


def owners_trusted(actor: Actor) -> "QuerySet[Entity, int]":
    """Ids of the entities (groups and the person's own user) whose restricted things the actor sees, as a subquery."""
    return _trusted(actor.teams | actor.manages, actor.person_id).all()


@lru_cache(maxsize=256)
def _trusted(teams: frozenset[int], person: int | None) -> "QuerySet[Entity, int]":
    """Only the question is kept, never its answer: a page asks it a dozen times, and making it costs more than that."""
    mine = Q(team_id__in=sorted(teams))
    if person is not None:
        mine |= Q(person_id=person)
    return Entity.objects.filter(mine).values_list("pk", flat=True).order_by()


class Seen(Func):
    """`RULE` as a condition of the ORM over three columns; the trusted owners are a subquery that depends on nothing.

    PostgreSQL gets them as an array, made once; it would count the cost of a hashed subquery for every row of a nested
    loop, and then rather read whole tables.
    """

    output_field = BooleanField()
    conditional = True

    def __init__(self, trusted: "QuerySet[Any, Any]", *, restricted: str, owner: str, own: str) -> None:
        super().__init__(F(restricted), F(owner), F(own), Subquery(trusted))

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, *_: Any, **__: Any) -> Sql:
        *columns, ids = self.source_expressions
        (restricted, first), (owner, second), (own, third) = [compiler.compile(column) for column in columns]
        try:
            trusted, last = compiler.compile(ids)
        except EmptyResultSet:
            trusted, last = "(SELECT NULL::bigint)" if connection.vendor == "postgresql" else "(NULL)", ()
        among = f"= ANY(ARRAY{trusted})" if connection.vendor == "postgresql" else f"IN {trusted}"
        text = RULE.format(restricted=restricted, owner=owner, own=own, among=among)
        return text, (*first, *second, *last, *third, *last)


class Sight(NamedTuple):
    """What of the restricted an actor sees: everything, or what these owners (ids of entities) have."""

    everything: bool
    trusted: tuple[int, ...]

    @classmethod
    def of(cls, actor: Actor) -> "Sight":
        """One statement, none for those who see everything."""
        everything = sees_everything(actor)
        return cls(everything, () if everything else tuple(owners_trusted(actor)))

    def sql(self, alias: str) -> str:
        """`RULE` for the rows of the entity table that are called `alias`; ids are numbers, so nothing is quoted."""
        if self.everything:
            return "TRUE"
        return entity_rule(alias, f"IN ({', '.join(str(int(pk)) for pk in self.trusted) or 'NULL'})")


def entity_rule(alias: str, among: str) -> str:
    """`RULE` over the columns of the entity table."""
    return RULE.format(restricted=f"{alias}.restricted", owner=f"{alias}.owner_id", own=f"{alias}.id", among=among)


def visible(actor: Actor, queryset: "QuerySet[Entity]", now: datetime | None = None) -> "QuerySet[Entity]":  # noqa: ARG001
    """The entities of `queryset` that the actor may see: all but the restricted ones of other teams.

    The roles in `actor` are those of now already; `now` is here because every `visible` has it.
    """
    return queryset if sees_everything(actor) else queryset.filter(visible_through(actor))


def visible_through(actor: Actor, path: str = "") -> Q:
    """The same rule for rows that lead to an entity by `path` ("source__"), as a condition on them."""
    if sees_everything(actor):
        return Q()
    columns = {"restricted": f"{path}restricted", "owner": f"{path}owner", "own": f"{path}pk"}
    return Q(Seen(owners_trusted(actor), **columns))


def visible_counts(actor: Actor) -> tuple[Q, "QuerySet[Entity]"]:
    """The rule for the facet cube, which knows owners but not single entities: a condition on `FacetCount`, and the
    restricted entities beyond it that the actor sees as trusted themselves."""
    if sees_everything(actor):
        return Q(), Entity.objects.none()
    by_owner = {"restricted": "restricted", "owner": "owner_id", "own": "owner_id"}
    counted = Q(Seen(owners_trusted(actor), **by_owner))
    own = visible(actor, Entity.objects.filter(restricted=True, pk__in=owners_trusted(actor)))
    return counted, own.filter(Q(owner__isnull=True) | ~counted)


def hidden(actor: Actor) -> "QuerySet[Entity]":
    """The entities that the actor may not see, for leaving out what tells of them (findings, events)."""
    if sees_everything(actor):
        return Entity.objects.none()
    return _hidden(actor.teams | actor.manages, actor.person_id).all()


@lru_cache(maxsize=256)
def _hidden(teams: frozenset[int], person: int | None) -> "QuerySet[Entity]":
    """The question only, as in `_trusted`."""
    restricted = Entity.objects.filter(restricted=True)
    trusted = _trusted(teams, person).all()
    seen = restricted.filter(Q(Seen(trusted, restricted="restricted", owner="owner", own="pk")))
    return restricted.exclude(pk__in=seen.order_by().values("pk"))


class Verb(StrEnum):
    """What can be done to entities."""

    DECLARE = "entity.declare"
    EDIT = "entity.edit"
    RENAME = "entity.rename"
    RETIRE = "entity.retire"
    TRANSFER = "entity.transfer"
    VIEW = "entity.view"


def can(actor: Actor, verb: Verb, entity: Entity | None, now: datetime | None = None) -> Decision:  # noqa: ARG001
    """Whether `actor` may do `verb` to `entity` (None: to one that is still to be declared).

    Facts are edited by those who answer for the entity: members of the owning team, managers above it, the owning
    person. What nobody answers for may be mended by everybody who is signed in, with a reason.
    """
    if actor.kind is ActorKind.ANONYMOUS:
        return Decision(False, "Sign in first.", "signed-in")
    if entity is not None and not _sees(actor, entity):
        return Decision(False, "This is restricted to its owners.", "restricted")
    if verb is Verb.VIEW:
        return Decision(True, "Reading is open to everybody who is signed in.", "reading-is-open")
    if not (writes := may_write(actor)):
        return writes
    if sees_everything(actor):
        return Decision(True, "Administrators may mend everything.", "administrator")
    if entity is None:
        return Decision(True, "Everybody who is signed in may say what there is.", "declaring-is-open")
    return _as_owner(actor, entity)


def _as_owner(actor: Actor, entity: Entity) -> Decision:
    teams = actor.teams | actor.manages
    if entity.team_id is not None:
        if entity.team_id in teams:
            return Decision(True, "You belong to this team or manage it.", "team")
        return Decision(False, "Only the team's members and managers may change this.", "team")
    if entity.person_id is not None:
        if entity.person_id == actor.person_id:
            return Decision(True, "This is you.", "self")
        return Decision(False, "Only this person may change this.", "self")
    owner = entity.owner
    if owner is None or owner.presence != Presence.PRESENT:
        return Decision(True, "Nobody answers for this, so everybody may mend it.", "unowned")
    if owner.team_id in teams or (owner.person_id is not None and owner.person_id == actor.person_id):
        return Decision(True, f"You answer for this with {owner}.", "owner")
    return Decision(False, f"Only {owner} and managers above may change this; ask them.", "owner")


def _sees(actor: Actor, entity: Entity) -> bool:
    """The rule of `visible` for one entity in hand."""
    if not entity.restricted or sees_everything(actor):
        return True
    teams = actor.teams | actor.manages
    trusted = [one for one in (entity, entity.owner) if one is not None]
    return any(
        one.team_id in teams or (one.person_id is not None and one.person_id == actor.person_id) for one in trusted
    )
