"""Lists in the order of owners, without sorting everything: owners in order, and of each its entities by name.

The cube tells how many entities each owner has at most, so that only as many owners are read as a page needs.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db.models import F, Q, QuerySet, Sum

from awayteam.catalog.kinds import usual_kind
from awayteam.catalog.models import Entity, FacetCount
from awayteam.catalog.queries.filters import EntityFilter, among, presences
from awayteam.catalog.queries.keyset import Beyond
from awayteam.catalog.queries.references import canonical, owner_keys

Row = tuple[str, str, int]
"""The owner's name as sorted ("" without one), the entity's, and its id."""
RUN = 400
"""Entities of small owners that are read in one statement."""

Owner = tuple[str, int | None, int]
"""The owner's name as sorted, id, and how many entities the cube counts at most."""


def rows(
    entities: "QuerySet[Entity]", filter: EntityFilter, after: Row | None, descending: bool, wanted: int
) -> list[Row]:
    """The first `wanted` rows of `entities` (narrowed by the filter) after a row, by owner, name and id."""
    found: list[Row] = []
    for run in _runs(_owners(filter, after, descending)):
        found += _of(entities, run, after, descending, wanted - len(found))
        if len(found) >= wanted:
            break
    return found


def _owners(filter: EntityFilter, after: Row | None, descending: bool) -> list[Owner]:
    """Owners from the cursor on, in order; two statements."""
    cube = FacetCount.objects.filter(presence__in=[presence.value for presence in presences(filter.presence)])
    if filter.kind:
        cube = cube.filter(kind__in=[usual_kind(kind) for kind in filter.kind])
    for name in ("type", "lifecycle"):
        if values := getattr(filter, name):
            cube = cube.filter(**{f"{name}__in": values})
    if filter.owner:
        cube = cube.filter(among("owner_id", owner_keys(canonical(filter.owner, "group"))))
    counts = dict(cube.order_by().values_list("owner_id").annotate(n=Sum("entities")))
    unowned = counts.pop(None, 0)
    owners = Entity.objects.filter(pk__in=list(counts))
    if after is not None:
        owners = owners.filter(**{f"sort_name__{'lte' if descending else 'gte'}": after[0]})
    order = F("sort_name").desc() if descending else F("sort_name").asc()
    named: list[Owner] = [
        (name, pk, counts[pk]) for name, pk in owners.order_by(order, "pk").values_list("sort_name", "pk")
    ]
    nobody: list[Owner] = [("", None, unowned)] if unowned and (descending or after is None or after[0] == "") else []
    return named + nobody if descending else nobody + named


def _runs(owners: Sequence[Owner]) -> Iterator[list[Owner]]:
    """Owners to be read together: many small ones, or a large one alone. Owners of one name stay together; nobody, who
    has no name to sort by, stands alone."""
    run: list[Owner] = []
    size = 0
    for owner in owners:
        alone = run and (run[-1][1] is None or owner[1] is None)
        if run and run[-1][0] != owner[0] and (alone or size + owner[2] > RUN):
            yield run
            run, size = [], 0
        run.append(owner)
        size += owner[2]
    if run:
        yield run


def _of(
    entities: "QuerySet[Entity]", run: Sequence[Owner], after: Row | None, descending: bool, wanted: int
) -> list[Row]:
    names = {pk: name for name, pk, _ in run}
    ids = [pk for pk in names if pk is not None]
    chosen = Q(owner__in=ids) if ids else Q(pk__in=[])
    if None in names:
        chosen = Q(owner__isnull=True) | chosen if ids else Q(owner__isnull=True)
    keys: list[str] = ["sort_name", "pk"] if len(set(names.values())) == 1 else ["owner__sort_name", "sort_name", "pk"]
    rows = entities.filter(chosen)
    if len(keys) == 2:
        if after is not None and after[0] == run[0][0]:
            rows = rows.filter(Beyond(keys, after[1:], descending=descending))
        name = run[0][0]
        return [(name, own, pk) for own, pk in _ordered(rows, keys, descending, wanted)]
    if after is not None:
        rows = rows.filter(Beyond(keys, after, descending=descending))
    return [(name, own, pk) for name, own, pk in _ordered(rows, keys, descending, wanted)]


def _ordered(rows: "QuerySet[Entity]", keys: Sequence[str], descending: bool, wanted: int) -> "QuerySet[Entity, Any]":
    order: Callable[[str], Any] = lambda key: F(key).desc() if descending else F(key).asc()  # noqa: E731
    return rows.order_by(*(order(key) for key in keys)).values_list(*keys)[:wanted]
