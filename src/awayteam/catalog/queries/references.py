"""References that people write, and the entities they lead to."""

from collections.abc import Iterable, Sequence

from awayteam.catalog.models import Alias, Entity
from awayteam.kernel.errors import InvalidInput
from awayteam.sources.backstage import refs


def canonical(values: Iterable[str], default_kind: str) -> tuple[str, ...]:
    """Canonical references of `values`; "" stays "". Raises `InvalidInput` for what is no reference."""
    try:
        return tuple(refs.canonical(value, default_kind) if value else "" for value in values)
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
