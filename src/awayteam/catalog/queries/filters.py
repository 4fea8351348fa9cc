"""What lists, facets and exports are narrowed by, and how that becomes a condition on entities."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, IntegerField, OuterRef, Q, QuerySet, Sum
from django.db.models.lookups import In

from awayteam.catalog.expressions import Among, Unindexed
from awayteam.catalog.kinds import usual_kind
from awayteam.catalog.models import LISTED, Entity, EntityTag, Presence, TagCount
from awayteam.catalog.queries import paths
from awayteam.catalog.queries.references import NOBODY, canonical, ids_of, owner_keys
from awayteam.catalog.search import having, is_common, matching, part_matching
from awayteam.kernel.errors import InvalidInput
from awayteam.sources.models import Source

OFTEN = 5_000
"""Entities from which on a list rather checks for tags and words than looks them up."""
MOST_COUNTED = 10_000
"""Entities with some words that are counted one by one; of more only a part is."""
EVERY_PRESENCE = tuple(presence.name.lower() for presence in Presence)


@dataclass(frozen=True, slots=True)
class EntityFilter:
    """Everything is optional; values of one field are alternatives, different fields must all hold.

    `kind` in any case; `owner` and `system` are references ("payments" means group:default/payments; "" means none,
    and the owner "?" nobody who is there: none, or one that no source declares);
    `source` are names of sources; `presence` words ("present", "orphan", "missing", "removed"; none: the first two);
    `text` words that must all occur (as prefixes); `fields` pairs of a path (`spec.type`) and a value (None: exists).
    """

    kind: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    lifecycle: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    system: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    presence: tuple[str, ...] = ()
    text: str = ""
    fields: tuple[tuple[str, str | None], ...] = ()


def presences(words: Iterable[str]) -> tuple[Presence, ...]:
    """The presences that the words name; raises `InvalidInput` for an unknown word."""
    known = {presence.name.lower(): presence for presence in Presence}
    found = []
    for word in words:
        if word.lower() not in known:
            raise InvalidInput(
                f"There is no presence {word[:40]!r}.",
                f"Use one of {', '.join(known)}.",
                fields={"presence": "unknown"},
            )
        found.append(known[word.lower()])
    return tuple(found) or LISTED


def narrow(entities: "QuerySet[Entity]", filter: EntityFilter) -> "QuerySet[Entity]":
    """`entities` with every condition of the filter; raises `InvalidInput`."""
    entities = entities.filter(_present(presences(filter.presence)))
    if filter.kind:
        entities = entities.filter(_one_of("kind", [usual_kind(kind) for kind in filter.kind]))
    for name in ("type", "lifecycle"):
        if values := getattr(filter, name):
            entities = entities.filter(_one_of(name, values))
    if filter.source:
        named = Q(source__in=list(Source.objects.filter(name__in=filter.source).values_list("pk", flat=True)))
        entities = entities.filter(named | Q(source__isnull=True) if "" in filter.source else named)
    if filter.owner:
        entities = entities.filter(among("owner_id", owner_keys(canonical(filter.owner, "group"))))
    if filter.system:
        entities = entities.filter(linked("system", canonical(filter.system, "system")))
    return beyond_cube(entities, filter)


def beyond_cube(entities: "QuerySet[Entity]", filter: EntityFilter) -> "QuerySet[Entity]":
    """The conditions that the facet cube doesn't know: tags, words and single fields."""
    if filter.tag:
        entities = entities.filter(tagged(filter.tag))
    if filter.text:
        entities = entities.filter(
            having(filter.text) if is_common(filter.text, OFTEN) else matching(filter.text),
        )
    return _with_fields(entities, filter)


def countable(filter: EntityFilter) -> tuple[Q, bool]:
    """The words of a filter for counting all that fits; the second value tells that it is a part of them.

    Of words that very many entities have, a part is read by their ids, so that what it shows is spread evenly.
    """
    return part_matching(filter.text, MOST_COUNTED) if filter.text else (Q(), False)


def all_beyond_cube(entities: "QuerySet[Entity]", filter: EntityFilter, words: Q) -> "QuerySet[Entity]":
    """`beyond_cube` for counting every entity that fits, with what `countable` says of the words."""
    if filter.tag:
        tags = EntityTag.objects.filter(tag__in=filter.tag).values("entity_id")
        entities = entities.filter(Among("pk", tags))
    return _with_fields(entities.filter(words), filter)


def _with_fields(entities: "QuerySet[Entity]", filter: EntityFilter) -> "QuerySet[Entity]":
    for path, value in filter.fields:
        entities = entities.filter(paths.condition(path, value))
    return entities


def tagged(tags: Sequence[str]) -> Q:
    """Entities with one of the tags: looked up where they are few, checked one by one where nearly any may have it."""
    rows = EntityTag.objects.filter(tag__in=tags)
    often = TagCount.objects.filter(tag__in=tags).aggregate(n=Sum("entities"))["n"] or 0
    if often > OFTEN:
        return Q(Exists(rows.filter(entity=OuterRef("pk"))))
    return Q(pk__in=rows.values("entity_id"))


def among(column: str, values: Collection[Any]) -> Q:
    """The condition that a column is one of the values, where None stands for none."""
    condition = Q(**{f"{column}__in": sorted(value for value in values if value is not None)})
    return condition | Q(**{f"{column}__isnull": True}) if None in values else condition


def linked(name: str, references: Sequence[str]) -> Q:
    """Entities whose `name` (a column of ids) is one of the references; "" stands for none at all."""
    ids = ids_of([ref for ref in references if ref])
    return among(f"{name}_id", [*ids, None] if NOBODY in references else ids)


def _present(wanted: Sequence[Presence]) -> Q:
    """Nearly everything is present, so that an index by presence only helps where something rare is looked for; else
    it would keep SQLite from the index that gives the order."""
    if Presence.PRESENT not in wanted:
        return Q(presence__in=wanted)
    column = Unindexed(F("presence"), output_field=IntegerField())
    return Q(In(column, [presence.value for presence in wanted]))


def _one_of(column: str, values: Sequence[str]) -> Q:
    return Q(**{column: values[0]}) if len(values) == 1 else Q(**{f"{column}__in": list(values)})
