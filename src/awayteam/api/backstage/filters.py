"""Backstage's filters, orders and field selections, as its documentation describes them.

A filter is `key=value,key=value`: every key must match, a key that is repeated may match any of its values, a key alone
must exist. Several filters are alternatives. Everything is compared without regard to case.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.db.models import Exists, Expression, F, Func, Q, QuerySet, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Lower, NullIf

from awayteam.catalog.api.schemas import can_see
from awayteam.catalog.models import Entity, FacetCount, Presence
from awayteam.catalog.permissions import visible
from awayteam.catalog.queries import EntityFilter, paths
from awayteam.catalog.queries.filters import narrow
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import AwayteamError

LISTED = (Presence.PRESENT, Presence.ORPHAN)
MOST_CONDITIONS = 100
ORPHAN = "metadata.annotations.backstage.io/orphan"
USUAL = {
    key.lower(): key
    for key in (
        *("apiVersion", "providesApis", "consumesApis", "dependsOn", "dependencyOf", "subcomponentOf", "subdomainOf"),
        *("memberOf", "displayName", "implementsApis"),
    )
}
PLAIN = {
    "kind": "kind",
    "spec.type": "type",
    "spec.lifecycle": "lifecycle",
    "spec.owner": "owner",
}
"""Keys that are fields of the catalog's own filter."""
REFERENCE = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_./:")
KEYS = {"": "sort_name", "ref": "ref"}
"""Orders of our own, by index: by title or name where nothing is asked, by reference in the old list."""
NEVER_EMPTY = frozenset(("kind", "metadata.name", "metadata.namespace", "metadata.uid", *KEYS))
COLUMNS = {
    "kind": "kind",
    "metadata.name": "name",
    "metadata.namespace": "namespace",
    "metadata.title": "title",
    "metadata.description": "description",
    "spec.type": "type",
    "spec.lifecycle": "lifecycle",
    "spec.owner": "owner__ref",
    "spec.system": "system__ref",
}


class InputError(AwayteamError):
    """A query that can't be read; Backstage answers 400."""

    status = 400
    title = "InputError"


class Order(NamedTuple):
    field: str
    descending: bool


def entities_for(actor: Actor, filters: Sequence[str]) -> "QuerySet[Entity]":
    """The entities that the actor may see and that match one of the filters; all where there are none."""
    rows = visible(actor, Entity.objects.filter(presence__in=LISTED))
    if (plain := plain_filter(filters)) is not None:
        return narrow(rows, plain)
    sets = [found for text in filters if (found := parse(text))]
    if sum(len(values) for each in sets for values in each.values()) > MOST_CONDITIONS:
        raise InputError(f"A query has at most {MOST_CONDITIONS} conditions.", "Split it.")
    anything: Any = Q(pk__in=[])
    for each in sets:
        anything |= _all(actor, each)
    return rows.filter(anything)


def plain_filter(filters: Sequence[str]) -> EntityFilter | None:
    """The same question in the catalog's own terms, which indexes and cubes answer; None where it has no such form."""
    sets = [found for text in filters if (found := parse(text))]
    if not sets:
        return EntityFilter()
    wanted = sets[0]
    if len(sets) > 1 or not wanted.keys() <= PLAIN.keys() or any(None in values for values in wanted.values()):
        return None
    given: dict[str, tuple[str, ...]] = {}
    for key, values in wanted.items():
        name = PLAIN[key]
        spelt = _spelt(name, [value for value in values if value])
        if name in given or not spelt or len(spelt) < len(values):
            return None
        given[name] = spelt
    return EntityFilter(**given)  # type: ignore[arg-type]


def _spelt(name: str, values: Sequence[str]) -> tuple[str, ...]:
    """The values as they are kept, whatever their case here; references must be whole. Empty where one can't be."""
    if name == "kind":
        return tuple(values)
    if name == "owner":
        good = all(set(value.lower()) <= REFERENCE and value[-1].isalnum() for value in values)
        return tuple(values) if good else ()
    wanted = {value.casefold() for value in values}
    known = FacetCount.objects.order_by().values_list(name, flat=True).distinct()
    return tuple(value for value in known if value.casefold() in wanted)


def parse(text: str) -> dict[str, list[str | None]]:
    """Key -> the values it may have, None where it need only exist. Raises `InputError`."""
    found: dict[str, list[str | None]] = defaultdict(list)
    for statement in filter(None, (part.strip() for part in text.split(","))):
        key, equals, value = statement.partition("=")
        if not key.strip():
            raise InputError(f"{statement[:80]!r} names no key.", "Write key=value, or a key that must exist.")
        found[usual(key.strip())].append(value.strip() if equals else None)
    return dict(found)


def usual(path: str) -> str:
    """The path in its usual spelling, as far as it is known: keys are compared without regard to case."""
    lowered = path.lower()
    if lowered in COLUMNS or lowered in paths.COLUMNS or lowered in paths.LINKS:
        return lowered
    if lowered.startswith(("metadata.annotations.", "metadata.labels.")):
        head, _, rest = path.partition(".")
        middle, _, key = rest.partition(".")
        return f"{head.lower()}.{middle.lower()}.{key}"
    head, _, rest = path.partition(".")
    if head.lower() in ("metadata", "spec", "relations"):
        head = head.lower()
    return (
        ".".join([head, *(USUAL.get(part.lower(), part) for part in rest.split("."))])
        if rest
        else USUAL.get(lowered, head)
    )


def _all(actor: Actor, conditions: Mapping[str, Sequence[str | None]]) -> Q:
    whole = Q()
    for key, values in conditions.items():
        any_value = Q(pk__in=[])
        for value in values:
            any_value |= condition(actor, key, value)
        whole &= any_value
    return whole


def condition(actor: Actor, key: str, value: str | None) -> Any:
    """The condition that the value at a path is this one, or with None that there is one; as the actor sees it."""
    if key == ORPHAN:
        return Q(presence=Presence.ORPHAN) if value in (None, "true") else Q(pk__in=[])
    if key.startswith("relations.") and value is not None and not can_see(actor, value):
        return Q(pk__in=[])
    found = as_q(paths.condition(key, value))
    head, _, last = key.rpartition(".")
    if "." in head and value in (None, "true") and not key.startswith(("metadata.", "relations.")):
        found |= as_q(paths.condition(head, last))
    return found


def as_q(condition: Q | Exists | Func) -> Q:
    return condition if isinstance(condition, Q) else Q(condition)


def order_of(text: str) -> Order:
    """`field`, `field,asc` or `field,desc`. Raises `InputError`."""
    field, comma, direction = text.partition(",")
    if not field.strip() or (comma and direction.strip() not in ("asc", "desc")):
        raise InputError(f"{text[:80]!r} is no order.", "Write field,asc or field,desc.")
    return Order(usual(field.strip()), direction.strip() == "desc")


def text_at(path: str) -> Expression | F:
    """The value at a path in lower case, as text to sort by or to search in; None where there is none."""
    if path == "metadata.uid":
        return Cast("pk", TextField())
    if path in KEYS:
        return F(KEYS[path])
    if path in NEVER_EMPTY:
        return Lower(F(COLUMNS[path]))
    if path in COLUMNS:
        return NullIf(Lower(F(COLUMNS[path])), Value(""))
    paths.condition(path, None)
    found: Any = F("document")
    for key in paths.split(path):
        found = KeyTextTransform(key, found)
    return Lower(found)


def selection(fields: Sequence[str]) -> list[str]:
    """The paths of `fields=a,b` (repeated or with commas). Raises `InputError` for array paths."""
    wanted = [part.strip() for text in fields for part in text.split(",") if part.strip()]
    if any("[" in path for path in wanted):
        raise InputError("Fields with array indexes aren't supported.", "Name the array itself.")
    if len(wanted) > MOST_CONDITIONS:
        raise InputError(f"A query selects at most {MOST_CONDITIONS} fields.", "Ask for their parent.")
    return wanted


def select(entity: dict[str, Any], wanted: Sequence[str]) -> dict[str, Any]:
    """Only these paths of the entity; keys with dots in them (annotations) are found too. Nothing wanted means all."""
    if not wanted:
        return entity
    chosen: dict[str, Any] = {}
    for path in wanted:
        found: Any = entity
        into, keys = chosen, _keys(entity, path)
        if not keys:
            continue
        for key in keys[:-1]:
            found = found[key]
            into = into.setdefault(key, {})
        into[keys[-1]] = found[keys[-1]]
    return chosen


def _keys(entity: dict[str, Any], path: str) -> list[str]:
    """The keys that lead to the value at `path`; none where there is none."""
    keys: list[str] = []
    here: Any = entity
    pending = ""
    for part in path.split("."):
        pending = f"{pending}.{part}" if pending else part
        if isinstance(here, dict) and pending in here:
            keys.append(pending)
            here, pending = here[pending], ""
    return [] if pending else keys
