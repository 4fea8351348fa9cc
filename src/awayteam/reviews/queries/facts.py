"""What the catalog knows of a service that the rulebook's triggers ask for."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from awayteam.catalog.models import Entity, Relation
from awayteam.kernel import rulebook
from awayteam.reviews import triggers
from awayteam.reviews.triggers import Facts, Verdict
from awayteam.sources.declared import RelationType


def facts_of(entity: Entity) -> Facts:
    """Tier, consumers and class of data of a service; two statements. None where the catalog doesn't say."""
    book = rulebook.current().reviews
    named = _named(entity.document)
    return Facts(
        tier=_tier(entity.tags, named, book.tier_tags),
        consumers=_consumers(entity),
        data_class=next((named[key] for key in book.data_class_keys if named.get(key)), None),
    )


def needed_for(entity: Entity, **more: Any) -> Verdict:
    """The reviews that a decision about this service needs; `more` are facts that the catalog can't know (`Facts`)."""
    book = rulebook.current().reviews
    known = {name: value for name, value in more.items() if value is not None}
    return triggers.judge(triggers.read((*book.triggers, *book.more_triggers)), replace(facts_of(entity), **known))


def _named(document: Mapping[str, Any]) -> dict[str, str]:
    """Labels and annotations by their name, and by what follows the last slash of it."""
    metadata = document.get("metadata") if isinstance(document, Mapping) else None
    found: dict[str, str] = {}
    for part in ("annotations", "labels"):
        values = metadata.get(part) if isinstance(metadata, Mapping) else None
        for key, value in values.items() if isinstance(values, Mapping) else ():
            if isinstance(value, str | int):
                found[str(key)] = found[str(key).rpartition("/")[2]] = str(value)
    return found


def _tier(tags: object, named: Mapping[str, str], keys: tuple[str, ...]) -> int | None:
    for key in keys:
        for tag in tags if isinstance(tags, list) else ():
            found = re.fullmatch(rf"{re.escape(key)}(\d{{1,2}})", str(tag))
            if found:
                return int(found[1])
        if (number := re.search(r"\d{1,2}", named.get(key, ""))) is not None:
            return int(number[0])
    return None


def _consumers(entity: Entity) -> int:
    """How many use it: those that depend on it, and those that call one of its APIs."""
    uses = (int(RelationType.DEPENDS_ON), int(RelationType.CONSUMES_API))
    provided = Relation.objects.filter(source=entity, type=int(RelationType.PROVIDES_API)).values("target")
    direct = Relation.objects.filter(type__in=uses, target=entity)
    through = Relation.objects.filter(type__in=uses, target__in=provided)
    return len({*direct.values_list("source", flat=True), *through.values_list("source", flat=True)} - {entity.pk})
