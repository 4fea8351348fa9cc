"""Facets: how many entities have each value of each property, each property counted without its own filter.

Counted from the cubes `FacetCount` and `TagCount` that imports and edits keep; where a filter goes beyond them (tags,
systems, words, single fields), the entities that fit are counted themselves. Either way every number is exactly what a
list with that value shows.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from awayteam.catalog.kinds import usual_kind
from awayteam.catalog.models import Entity, EntityTag, FacetCount, Presence, TagCount
from awayteam.catalog.permissions import owners_trusted, sees_everything, visible
from awayteam.catalog.queries.filters import (
    EVERY_PRESENCE,
    EntityFilter,
    beyond_cube,
    canonical,
    ids_of,
    narrow,
    presences,
)
from awayteam.catalog.queries.rows import Facet, FacetValue
from awayteam.kernel.actor import Actor
from awayteam.sources.models import Source

MOST_VALUES = 50
FEW = ("kind", "type", "lifecycle", "presence")
"""Properties with few values, counted together; owners and sources, which are many, one by one."""
COLUMNS = {"owner": "owner_id", "source": "source_id"}


def facets(actor: Actor, filter: EntityFilter, *, most: int = MOST_VALUES) -> list[Facet]:
    """Facets kind, type, lifecycle, owner, source, presence and tag, each with its `most` frequent values and all that
    are selected. Ten statements at most. Raises `InvalidInput` for an impossible filter."""
    cube = _Cube(actor, filter)
    counts = cube.few() | {"owner": cube.one("owner"), "source": cube.one("source")}
    labels = _labels(counts["owner"], counts["source"])
    order = ("kind", "type", "lifecycle", "owner", "source", "presence")
    found = [_facet(name, counts[name], _selected(name, filter), labels.get(name), most) for name in order]
    return [*found, _facet("tag", _tags(actor, filter), set(filter.tag), None, most)]


def total(actor: Actor, filter: EntityFilter) -> int:
    """How many entities a list with this filter has in all; three statements at most."""
    return _Cube(actor, filter).total()


class _Cube:
    """Counts under the filter, in the cube where that is enough, in the entities themselves where it isn't."""

    def __init__(self, actor: Actor, filter: EntityFilter) -> None:
        self.filter = filter
        if filter.tag or filter.system or filter.text or filter.fields:
            system = EntityFilter(presence=EVERY_PRESENCE, system=filter.system)
            entities = beyond_cube(narrow(visible(actor, Entity.objects.all()), system), filter)
            self.parts: list[tuple[QuerySet[Any], Any]] = [(entities, Count("pk"))]
        else:
            self.parts = _cubes(actor)
        self.values: dict[str, Q] = {
            "kind": _one_of("kind", [usual_kind(kind) for kind in filter.kind]),
            "type": _one_of("type", filter.type),
            "lifecycle": _one_of("lifecycle", filter.lifecycle),
            "presence": Q(presence__in=[presence.value for presence in presences(filter.presence)]),
            "owner": _among("owner_id", _owners(filter), filter.owner),
            "source": _among("source_id", _sources(filter), filter.source),
        }

    def conditions(self, names: Iterable[str]) -> Q:
        condition = Q()
        for name in names:
            condition &= self.values[name]
        return condition

    def counted(self, by: Sequence[str], under: Iterable[str]) -> list[tuple[Any, ...]]:
        """(values of `by`, number) under the conditions on some properties; a combination may come twice."""
        condition = self.conditions(under)
        return [
            row
            for rows, amount in self.parts
            for row in rows.filter(condition).order_by().values_list(*by).annotate(n=amount)
        ]

    def total(self) -> int:
        return sum(number for *_, number in self.counted(["kind"], self.values))

    def few(self) -> dict[str, Counter[Any]]:
        """Counts of the properties with few values: one statement gives every combination, counted up here."""
        counts: dict[str, Counter[Any]] = {name: Counter() for name in FEW}
        chosen: list[set[Any]] = [
            {usual_kind(kind) for kind in self.filter.kind},
            set(self.filter.type),
            set(self.filter.lifecycle),
            {presence.value for presence in presences(self.filter.presence)},
        ]
        for *values, number in self.counted(FEW, ("owner", "source")):
            misses = [place for place, value in enumerate(values) if chosen[place] and value not in chosen[place]]
            for place, name in enumerate(FEW):
                if not misses or misses == [place]:
                    counts[name][values[place]] += number
        return counts

    def one(self, name: str) -> Counter[Any]:
        """Counts of owners or sources."""
        counts: Counter[Any] = Counter()
        for key, number in self.counted([COLUMNS[name]], [other for other in self.values if other != name]):
            counts[key] += number
        return counts


def _cubes(actor: Actor) -> list[tuple["QuerySet[Any]", Any]]:
    """The rule of `permissions.visible` over the cube, and restricted teams that an actor sees as their member."""
    if sees_everything(actor):
        return [(FacetCount.objects.all(), Sum("entities"))]
    mine = owners_trusted(actor)
    cube = FacetCount.objects.filter(Q(restricted=False) | Q(owner_id__in=mine))
    own = Entity.objects.filter(restricted=True, pk__in=mine).exclude(owner__in=mine)
    return [(cube, Sum("entities")), (own, Count("pk"))]


def _one_of(column: str, values: Sequence[str]) -> Q:
    return Q(**{f"{column}__in": list(values)}) if values else Q()


def _among(column: str, ids: Sequence[int], values: Sequence[str]) -> Q:
    if not values:
        return Q()
    condition = Q(**{f"{column}__in": ids})
    return condition | Q(**{f"{column}__isnull": True}) if "" in values else condition


def _owners(filter: EntityFilter) -> list[int]:
    return ids_of([ref for ref in canonical(filter.owner, "group") if ref])


def _sources(filter: EntityFilter) -> list[int]:
    named = [name for name in filter.source if name]
    return list(Source.objects.filter(name__in=named).values_list("pk", flat=True)) if named else []


def _tags(actor: Actor, filter: EntityFilter) -> Counter[str]:
    """Entities by tag under the filter without its tags."""
    if filter.owner or filter.source or filter.system or filter.text or filter.fields:
        return _tags_of(narrow(visible(actor, Entity.objects.all()), replace(filter, tag=())))
    cube = Q(presence__in=[presence.value for presence in presences(filter.presence)])
    cube &= _one_of("kind", [usual_kind(kind) for kind in filter.kind])
    cube &= _one_of("type", filter.type) & _one_of("lifecycle", filter.lifecycle)
    counts = Counter(dict(TagCount.objects.filter(cube).order_by().values_list("tag").annotate(n=Sum("entities"))))
    restricted = Entity.objects.filter(restricted=True)
    return counts + _tags_of(narrow(visible(actor, restricted), replace(filter, tag=())))


def _tags_of(entities: "QuerySet[Entity]") -> Counter[str]:
    rows = EntityTag.objects.filter(entity__in=entities.order_by().values("pk"))
    return Counter(dict(rows.order_by().values_list("tag").annotate(n=Count("pk"))))


def _selected(name: str, filter: EntityFilter) -> set[Any]:
    values: Sequence[str] = getattr(filter, name)
    match name:
        case "kind":
            return {usual_kind(kind) for kind in values}
        case "owner":
            return set(canonical(values, "group"))
        case "presence":
            return {presence.value for presence in presences(values)}
    return set(values)


def _labels(owners: Iterable[int | None], sources: Iterable[int | None]) -> dict[str, dict[Any, tuple[str, str]]]:
    """Property -> key in the cube -> (value for a filter, label for people)."""
    teams = Entity.objects.filter(pk__in=[id for id in owners if id is not None])
    names = Source.objects.filter(pk__in=[id for id in sources if id is not None])
    return {
        "owner": {None: ("", "no owner")}
        | {pk: (ref, title or name) for pk, ref, title, name in teams.values_list("pk", "ref", "title", "name")},
        "source": {None: ("", "by hand")} | {pk: (name, name) for pk, name in names.values_list("pk", "name")},
        "presence": {presence.value: (presence.name.lower(), presence.label.lower()) for presence in Presence},
    }


def _facet(
    name: str, counts: Counter[Any], selected: set[Any], labels: dict[Any, tuple[str, str]] | None, most: int
) -> Facet:
    values = []
    for key, count in counts.items():
        if count <= 0:
            continue
        value, label = labels.get(key, ("", "")) if labels is not None else (key, key or "none")
        values.append(FacetValue(value, label, count, key in selected or value in selected))
    values.sort(key=lambda value: (not value.selected, -value.count, value.label))
    most = max(most, sum(value.selected for value in values))
    return Facet(name, values[:most], max(0, len(values) - most))
