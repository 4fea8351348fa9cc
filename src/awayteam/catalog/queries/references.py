"""References that people write, and the entities they lead to."""

from collections.abc import Iterable, Sequence

from awayteam.catalog.models import LISTED, Alias, Entity, FacetCount
from awayteam.kernel.errors import InvalidInput
from awayteam.sources.backstage import refs

NOBODY = ""
"""In place of an owner's or system's reference: none at all."""
UNANSWERED = "?"
"""In place of an owner's reference: nobody who is there, that is none at all or one that no source declares."""


def canonical(values: Iterable[str], default_kind: str) -> tuple[str, ...]:
    """Canonical references of `values`; "" and "?" stay. Raises `InvalidInput` for what is no reference."""
    try:
        return tuple(
            value if value in (NOBODY, UNANSWERED) else refs.canonical(value, default_kind) for value in values
        )
    except refs.BadReferenceError as error:
        raise InvalidInput(f"That is no reference: {error}.", fields={default_kind: "not a reference"}) from error


def ids_of(references: Sequence[str]) -> list[int]:
    """Ids of the entities with these canonical references, former ones included."""
    if not references:
        return []
    found = dict(Entity.objects.filter(ref__in=references).values_list("ref", "pk"))
    if former := [ref for ref in references if ref not in found]:
        found |= dict(Alias.objects.filter(ref__in=former).values_list("ref", "entity_id"))
    return sorted(set(found.values()))


def owner_keys(references: Sequence[str]) -> set[int | None]:
    """What the owner's column holds for these canonical references; None for none at all."""
    named = ids_of([ref for ref in references if ref not in (NOBODY, UNANSWERED)])
    keys: set[int | None] = {*named, *(absent_owners() if UNANSWERED in references else ())}
    return keys | {None} if NOBODY in references or UNANSWERED in references else keys


def absent_owners() -> list[int]:
    """Ids of those who own something and are not there: no source declares them; one statement."""
    owning = FacetCount.objects.filter(owner_id__isnull=False).values("owner_id")
    return list(Entity.objects.filter(pk__in=owning).exclude(presence__in=LISTED).values_list("pk", flat=True))
