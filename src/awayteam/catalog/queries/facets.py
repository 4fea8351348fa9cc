"""Facets: how many entities have each value of each property, each property counted without its own filter.

Counted from the cubes `FacetCount` and `TagCount` that imports and edits keep; where a filter goes beyond them (tags,
systems, words, single fields), the entities that fit are counted themselves. Either way every number is exactly what a
list with that value shows, but for words that very many entities have: there it says "at least".
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum

from awayteam.catalog.expressions import Among
from awayteam.catalog.kinds import usual_kind
from awayteam.catalog.models import Entity, EntityTag, FacetCount, Presence, TagCount
from awayteam.catalog.permissions import sees_everything, visible, visible_counts
from awayteam.catalog.queries.filters import (
    EVERY_PRESENCE,
    EntityFilter,
    all_beyond_cube,
    among,
    countable,
    narrow,
    presences,
)
from awayteam.catalog.queries.references import canonical, owner_keys
from awayteam.catalog.queries.rows import Facet, FacetValue
from awayteam.kernel.actor import Actor
from awayteam.sources.models import Source

MOST_VALUES = 50
FEW = ("kind", "type", "lifecycle", "presence")
"""Properties with few values, counted together; owners and sources, which are many, one by one."""
NONE_SUCH = -1
"""The key of an owner or source that nobody knows."""
COLUMNS = {"owner": "owner_id", "source": "source_id"}


@dataclass(frozen=True, slots=True)
class Counted:
    """All facets of a filter, and how many entities fit. With `at_least` the numbers are lower bounds: so many have
    the words that a part was counted."""

    facets: list[Facet]
    total: int
    at_least: bool = False


def counted(actor: Actor, filter: EntityFilter, *, most: int = MOST_VALUES) -> Counted:
    """`facets` and the total together; words are looked for once. Eleven statements at most."""
    cube = _Cube(actor, filter)
    counts = cube.few() | {"owner": cube.one("owner"), "source": cube.one("source")}
    labels = _labels(counts["owner"], counts["source"])
    order = ("kind", "type", "lifecycle", "owner", "source", "presence")
    at_least = cube.is_part
    found = [_facet(name, counts[name], _selected(name, filter), labels.get(name), most, at_least) for name in order]
    found.append(_facet("tag", _tags(actor, filter, cube.words), set(filter.tag), None, most, at_least))
    return Counted(found, counts[""][True], at_least)


def facets(actor: Actor, filter: EntityFilter, *, most: int = MOST_VALUES) -> list[Facet]:
    """Facets kind, type, lifecycle, owner, source, presence and tag, each with its `most` frequent values and all that
    are selected. Ten statements at most. Raises `InvalidInput` for an impossible filter."""
    return counted(actor, filter, most=most).facets


def total(actor: Actor, filter: EntityFilter) -> int:
    """How many entities a list with this filter has in all, exactly; three statements at most."""
    cube = _Cube(actor, filter)
    return narrow(visible(actor, Entity.objects.all()), filter).count() if cube.is_part else cube.total()


class _Cube:
    """Numbers of entities by their properties: from the facet cube where that is enough, else from the entities that
    fit, which are then read once and counted here."""

    def __init__(self, actor: Actor, filter: EntityFilter) -> None:
        self.actor = actor
        self.selected: dict[str, set[Any]] = {
            "kind": {usual_kind(kind) for kind in filter.kind},
            "type": set(filter.type),
            "lifecycle": set(filter.lifecycle),
            "presence": {presence.value for presence in presences(filter.presence)},
            "owner": owner_keys(canonical(filter.owner, "group")),
            "source": _keys(filter.source, _sources(filter)),
        }
        if filter.owner and not self.selected["owner"]:
            self.selected["owner"] = {NONE_SUCH}
        if filter.source and not self.selected["source"]:
            self.selected["source"] = {NONE_SUCH}
        self.read: list[tuple[Any, ...]] | None = None
        self.words, self.is_part = Q(), False
        if filter.tag or filter.system or filter.text or filter.fields:
            system = EntityFilter(presence=EVERY_PRESENCE, system=filter.system)
            self.words, self.is_part = countable(filter)
            rows = all_beyond_cube(narrow(visible(actor, Entity.objects.all()), system), filter, self.words)
            columns = [COLUMNS.get(name, name) for name in self.selected]
            self.read = _grouped(rows.order_by().values_list(*columns))

    def few(self) -> dict[str, Counter[Any]]:
        """Counts of each value of the properties in `FEW`, each without its own filter; under "" those that fit all."""
        rows = self._counted(FEW, ("owner", "source"))
        counts: dict[str, Counter[Any]] = {name: Counter() for name in (*FEW, "")}
        chosen = [self.selected[name] for name in FEW]
        for *values, number in rows:
            misses = [place for place, value in enumerate(values) if chosen[place] and value not in chosen[place]]
            counts[""][not misses] += number
            for place, name in enumerate(FEW):
                if not misses or misses == [place]:
                    counts[name][values[place]] += number
        return counts

    def one(self, name: str) -> Counter[Any]:
        """Counts of owners or sources; one statement."""
        counts: Counter[Any] = Counter()
        for key, number in self._counted([name], [other for other in self.selected if other != name]):
            counts[key] += number
        return counts

    def total(self) -> int:
        return sum(number for *_, number in self._counted(["kind"], self.selected))

    def _counted(self, by: Sequence[str], under: Iterable[str]) -> list[tuple[Any, ...]]:
        """(values of `by`, number) under what is selected of some properties; a combination may come twice."""
        if self.read is not None:
            return self._picked(by, list(under))
        condition = Q()
        for name in under:
            if values := self.selected[name]:
                condition &= among(COLUMNS.get(name, name), values)
        columns = [COLUMNS.get(name, name) for name in by]
        return [
            row
            for rows, amount in _cubes(self.actor)
            for row in rows.filter(condition).order_by().values_list(*columns).annotate(n=amount)
        ]

    def _picked(self, by: Sequence[str], under: Sequence[str]) -> list[tuple[Any, ...]]:
        """The same from what was read."""
        places = {name: place for place, name in enumerate(self.selected)}
        checks = [(places[name], self.selected[name]) for name in under if self.selected[name]]
        wanted = [places[name] for name in by]
        return [
            (*(row[place] for place in wanted), row[-1])
            for row in self.read or ()
            if all(row[place] in values for place, values in checks)
        ]


def _cubes(actor: Actor) -> list[tuple["QuerySet[Any]", Any]]:
    """The cube as far as the actor sees it, and restricted teams that an actor sees as their member."""
    counted, beyond = visible_counts(actor)
    cube: tuple[QuerySet[Any], Any] = (FacetCount.objects.filter(counted), Sum("entities"))
    return [cube] if sees_everything(actor) else [cube, (beyond, Count("pk"))]


def _one_of(column: str, values: Sequence[str]) -> Q:
    return Q(**{f"{column}__in": list(values)}) if values else Q()


def _keys(values: Sequence[str], ids: Sequence[int]) -> set[Any]:
    """The keys of the cube for the values of a filter; None stands for none."""
    return {*ids, *([None] if "" in values else [])}


def _sources(filter: EntityFilter) -> list[int]:
    named = [name for name in filter.source if name]
    return list(Source.objects.filter(name__in=named).values_list("pk", flat=True)) if named else []


def _tags(actor: Actor, filter: EntityFilter, words: Q) -> Counter[str]:
    """Entities by tag under the filter without its tags."""
    if filter.owner or filter.source or filter.system or filter.text or filter.fields:
        inside = replace(filter, tag=(), text="", fields=())
        rows = narrow(visible(actor, Entity.objects.all()), inside)
        return _tags_of(all_beyond_cube(rows, replace(filter, tag=()), words))
    cube = Q(presence__in=[presence.value for presence in presences(filter.presence)])
    cube &= _one_of("kind", [usual_kind(kind) for kind in filter.kind])
    cube &= _one_of("type", filter.type) & _one_of("lifecycle", filter.lifecycle)
    counts = Counter(dict(TagCount.objects.filter(cube).order_by().values_list("tag").annotate(n=Sum("entities"))))
    restricted = list(visible(actor, Entity.objects.filter(restricted=True)).values_list("pk", flat=True))
    if restricted:
        counts += _tags_of(narrow(Entity.objects.filter(pk__in=restricted), replace(filter, tag=())))
    return counts


def _grouped(rows: "QuerySet[Entity, tuple[Any, ...]]") -> list[tuple[Any, ...]]:
    """Every combination of values with its number. SQLite would sort all rows to group them; PostgreSQL hashes."""
    if connection.vendor == "postgresql":
        return list(rows.annotate(n=Count("pk")))
    return [(*values, number) for values, number in Counter(rows).items()]


def _tags_of(entities: "QuerySet[Entity]") -> Counter[str]:
    rows = EntityTag.objects.filter(Among("entity_id", entities.order_by().values("pk")))
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
    name: str,
    counts: Counter[Any],
    selected: set[Any],
    labels: dict[Any, tuple[str, str]] | None,
    most: int,
    at_least: bool,
) -> Facet:
    values = []
    for key, count in counts.items():
        if count <= 0:
            continue
        value, label = labels.get(key, ("", "")) if labels is not None else (key, key or "none")
        values.append(FacetValue(value, label, count, key in selected or value in selected))
    values.sort(key=lambda value: (not value.selected, -value.count, value.label))
    most = max(most, sum(value.selected for value in values))
    return Facet(name, values[:most], max(0, len(values) - most), at_least)
