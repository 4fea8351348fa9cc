"""Facets: how many entities have each value of each property, each property counted without its own filter.

Counted from the cube `FacetCount` that imports and edits keep; where a filter goes beyond it (tags, words, fields), a
cube of just the entities that fit is counted first.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import Count

from awayteam.catalog.kinds import usual_kind
from awayteam.catalog.models import Entity, EntityTag, Presence
from awayteam.catalog.permissions import visible
from awayteam.catalog.queries.filters import EVERY_PRESENCE, EntityFilter, canonical, narrow, presences
from awayteam.catalog.queries.rows import Facet, FacetValue
from awayteam.kernel.actor import Actor
from awayteam.sources.models import Source

MOST_VALUES = 50
PROPERTIES = ("kind", "type", "lifecycle", "owner", "source", "presence")
FIELDS = {"owner": "owner_id", "source": "source_id"}


def facets(actor: Actor, filter: EntityFilter, *, most: int = MOST_VALUES) -> list[Facet]:
    """Facets kind, type, lifecycle, owner, source, presence and tag, each with its `most` frequent values and all that
    are selected. Raises `InvalidInput` for an impossible filter."""
    counts = {name: _count(actor, filter, name) for name in PROPERTIES}
    labels = _labels(counts["owner"], counts["source"])
    found = [_facet(name, counts[name], _selected(name, filter), labels.get(name), most) for name in PROPERTIES]
    tags = _count_tags(actor, filter)
    return [*found, _facet("tag", tags, set(filter.tag), None, most)]


def total(actor: Actor, filter: EntityFilter) -> int:
    """How many entities a list with this filter has in all."""
    return narrow(visible(actor, Entity.objects.all()), filter).count()


def _count(actor: Actor, filter: EntityFilter, name: str) -> Counter[Any]:
    others = without(filter, name)
    column = FIELDS.get(name, name)
    rows = narrow(visible(actor, Entity.objects.all()), others).order_by().values_list(column).annotate(n=Count("pk"))
    return Counter(dict(rows))


def _count_tags(actor: Actor, filter: EntityFilter) -> Counter[str]:
    entities = narrow(visible(actor, Entity.objects.all()), replace(filter, tag=()))
    rows = (
        EntityTag.objects.filter(entity__in=entities.values("pk")).order_by().values_list("tag").annotate(n=Count("pk"))
    )
    return Counter(dict(rows))


def without(filter: EntityFilter, name: str) -> EntityFilter:
    """The filter with nothing said about one property."""
    if name == "presence":
        return replace(filter, presence=EVERY_PRESENCE)
    cleared: dict[str, Any] = {name: ()}
    return replace(filter, **cleared)


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
    return Facet(name, values[:most], max(0, len(values) - most))
