"""Who is meant, and how it is shown: telemetry's names, the entities that they are, and what the actor may see."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q, QuerySet

from awayteam.catalog import permissions as catalog
from awayteam.catalog.models import Entity, Relation
from awayteam.catalog.queries import resolve
from awayteam.catalog.queries.rows import link
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import AwayteamError, NotFound
from awayteam.sources.declared import RelationType
from awayteam.usage.models import Name
from awayteam.usage.queries.rows import HIDDEN, Party

Who = Entity | Name | Party | str
NEAR = 20_000


@dataclass(frozen=True, slots=True)
class Meant:
    """The names that are meant. `api` is the API whose operations alone count, None for all operations."""

    names: frozenset[int]
    label: str
    entity: Entity | None = None
    api: Entity | None = None


def meant(actor: Actor, who: Who, now: datetime | None = None) -> Meant:
    """What a reference (`component:default/pay`), a telemetry's name, an entity or a party stands for.

    A text is a telemetry's name first; `component:default/pay` is the entity with all its names. An API stands for the
    operations of it that those who provide it were asked for. Raises `NotFound` with what is near.
    """
    if isinstance(who, Party):
        return Meant(frozenset(who.names), who.name)
    if isinstance(who, Entity):
        return _of_entity(who)
    if isinstance(who, Name):
        _require_visible(actor, who)
        return Meant(frozenset({who.pk}), who.text)
    rows = visible_names(actor, Name.objects.filter(text=who.replace("\0", "")), now)
    if found := list(rows.values_list("pk", flat=True)):
        return Meant(frozenset(found), who)
    try:
        return _of_entity(resolve(actor, who, now))
    except AwayteamError:
        raise _unknown(actor, who, now) from None


def _of_entity(entity: Entity) -> Meant:
    if entity.kind.lower() != "api":
        names = Name.objects.filter(entity=entity).values_list("pk", flat=True)
        return Meant(frozenset(names), entity.ref, entity)
    providing = Relation.objects.filter(type=RelationType.PROVIDES_API, target=entity).values("source_id")
    names = Name.objects.filter(Q(entity__in=providing) | Q(entity=entity)).values_list("pk", flat=True)
    return Meant(frozenset(names), entity.ref, entity, entity)


def _require_visible(actor: Actor, name: Name) -> None:
    if not visible_names(actor, Name.objects.filter(pk=name.pk)).exists():
        raise NotFound(f"There is no name {name.pk}.", "Look at the list.")


def _unknown(actor: Actor, text: str, now: datetime | None) -> NotFound:
    names = visible_names(actor, Name.objects.order_by("-last_hour"), now).values_list("text", flat=True)[:NEAR]
    near = difflib.get_close_matches(text, list(names), 3, 0.5)
    advice = f"Did you mean {', '.join(near)}?" if near else "Look at awayteam usage edges, or at the catalog."
    return NotFound(f"Nothing named {text[:80]!r} uses anything or is used.", advice)


def visible_names(actor: Actor, names: "QuerySet[Name]", now: datetime | None = None) -> "QuerySet[Name]":  # noqa: ARG001
    """The names that the actor may see: all but those of entities that are restricted to others."""
    if catalog.sees_everything(actor):
        return names
    return names.exclude(entity__in=catalog.hidden(actor).values("pk"))


@dataclass
class Parties:
    """Names as parties, as one actor sees them; loads what it is asked for in three statements."""

    actor: Actor
    now: datetime | None = None
    _names: dict[int, Name] = field(default_factory=dict)
    _hidden: set[int] = field(default_factory=set)

    def load(self, ids: Iterable[int]) -> None:
        """Make these names known."""
        wanted = set(ids) - self._names.keys()
        if not wanted:
            return
        rows = Name.objects.select_related("entity__owner").defer("entity__document", "entity__owner__document")
        some = rows.in_bulk(list(wanted))
        self._names |= some
        restricted = {one.entity.pk for one in some.values() if one.entity is not None and one.entity.restricted}
        if restricted:
            hidden = catalog.hidden(self.actor).filter(pk__in=restricted)
            self._hidden |= set(hidden.values_list("pk", flat=True))

    def __getitem__(self, ids: int | tuple[int, ...]) -> Party:
        """The party that one name is, or that several names of one entity are."""
        all_ids = (ids,) if isinstance(ids, int) else ids
        name = self._names[all_ids[0]]
        entity = name.entity
        if entity is None:
            return Party(name.text, name.kind, all_ids)
        if entity.pk in self._hidden:
            return Party(HIDDEN, name.kind)
        return Party(name.text, name.kind, all_ids, link(entity), link(entity.owner) if entity.owner else None)
