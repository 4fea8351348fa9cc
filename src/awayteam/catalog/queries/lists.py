"""Lists of entities: filtered, sorted, page by page, now or as of a date."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db.models import Expression, F, QuerySet

from awayteam.catalog.models import Entity
from awayteam.catalog.permissions import visible
from awayteam.catalog.queries import asof, byowner
from awayteam.catalog.queries.filters import EntityFilter, narrow
from awayteam.catalog.queries.keyset import Beyond
from awayteam.catalog.queries.rows import EntityLink, EntityRow
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.paging import Page, decode_cursor, page_of

LARGEST_PAGE = 1_000
SORTS = ("name", "kind", "owner", "type", "lifecycle", "changed")
"""Each also with "-" before it, for the other direction."""

COLUMNS = (
    *("pk", "ref", "kind", "namespace", "name", "title", "description", "type", "lifecycle", "tags", "presence"),
    *("restricted", "source__name", "changed_at"),
    *(f"owner__{name}" for name in ("id", "ref", "kind", "name", "title", "presence")),
    *(f"system__{name}" for name in ("id", "ref", "kind", "name", "title", "presence")),
)


def list_entities(
    actor: Actor,
    filter: EntityFilter,
    *,
    sort: str = "name",
    cursor: str | None = None,
    limit: int = 50,
    as_of: datetime | None = None,
) -> Page[EntityRow]:
    """A page of the entities that the actor may see, sorted by one of `SORTS` (descending with "-" before it).

    `limit` is 1 to `LARGEST_PAGE`. `as_of` shows what was in force at that moment, named and sorted as they are called
    today. Two statements, a few more by owner. Raises `InvalidInput` for an unknown sort, a foreign cursor or an
    impossible filter.
    """
    name, descending = sort.removeprefix("-"), sort.startswith("-")
    if name not in SORTS:
        what = f"There is no sort {sort[:40]!r}."
        raise InvalidInput(what, f"Use one of {', '.join(SORTS)}.", {"sort": "unknown"})
    limit = max(1, min(limit, LARGEST_PAGE))
    if as_of is not None:
        entities, keys = asof.entities(visible(actor, Entity.objects.all()), filter, as_of), asof.sort_keys(name)
    else:
        entities, keys = narrow(visible(actor, Entity.objects.all()), filter), _sort_keys(name)
    if name == "owner" and as_of is None:
        after = decode_cursor(cursor, str, str, int) if cursor else None
        owned = byowner.rows(entities, filter, after, descending, limit + 1)
        found: Page[tuple[Any, ...]] = page_of(owned, limit, lambda row: row)
    else:
        found = _page_of_keys(entities, keys, name, descending, cursor, limit)
    rows = rows_of([row[-1] for row in found.items])
    if as_of is not None:
        rows = asof.in_force(rows, as_of)
    return Page(rows, found.next_cursor)


def _sort_keys(name: str) -> list[str | Expression]:
    match name:
        case "name":
            return ["sort_name", "pk"]
        case "changed":
            return ["changed_at", "pk"]
        case _:
            return [name, "sort_name", "pk"]


def _page_of_keys(
    entities: "QuerySet[Entity]",
    keys: Sequence[str | Expression],
    name: str,
    descending: bool,
    cursor: str | None,
    limit: int,
) -> Page[tuple[Any, ...]]:
    """Sort keys and ids (the last of each tuple) of one page; only ids are read, so that indexes suffice."""
    types = (datetime if name == "changed" else str, *([str] if len(keys) == 3 else []), int)
    if cursor:
        entities = entities.filter(Beyond(keys, decode_cursor(cursor, *types), descending=descending))
    expressions = [F(key) if isinstance(key, str) else key for key in keys]
    order = [key.desc() if descending else key.asc() for key in expressions]
    named = {f"_key{place}": key for place, key in enumerate(expressions)}
    found = list(entities.order_by(*order).values_list(*named.values())[: limit + 1])
    return page_of(found, limit, lambda row: row)


def rows_of(ids: Sequence[int]) -> list[EntityRow]:
    """Rows for these ids, in their order; one statement. The caller has checked what may be seen."""
    found = {row[0]: _row(row) for row in Entity.objects.filter(pk__in=ids).values_list(*COLUMNS)} if ids else {}
    return [found[id] for id in ids if id in found]


def _row(values: tuple[Any, ...]) -> EntityRow:
    (pk, ref, kind, namespace, name, title, description, type, lifecycle, tags, presence, restricted) = values[:12]
    return EntityRow(
        *(pk, ref, kind, namespace, name, title, description, type, lifecycle, tuple(tags or ()), presence, restricted),
        owner=_link(values[14:20]),
        system=_link(values[20:26]),
        source=values[12] or "",
        changed_at=values[13],
    )


def _link(values: tuple[Any, ...]) -> EntityLink | None:
    return None if values[0] is None else EntityLink(*values)


def with_owner(row: EntityRow, owner: EntityLink | None) -> EntityRow:
    return replace(row, owner=owner)
