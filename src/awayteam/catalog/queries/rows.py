"""What the catalog's queries answer with: plain frozen rows, cheap to make and safe to hand to any interface."""

from dataclasses import dataclass, field
from datetime import datetime

from awayteam.catalog.models import Entity, Presence


@dataclass(frozen=True, slots=True)
class EntityLink:
    """As much of an entity as a link to it needs."""

    id: int
    ref: str
    kind: str
    name: str
    title: str
    presence: int = Presence.PRESENT

    @property
    def label(self) -> str:
        return self.title or self.name

    @property
    def is_missing(self) -> bool:
        """Others name it, no source declares it."""
        return self.presence == Presence.MISSING


@dataclass(frozen=True, slots=True)
class EntityRow:
    """One line of a list. `owner` and `system` may be missing entities; values are those in force (at `as_of`)."""

    id: int
    ref: str
    kind: str
    namespace: str
    name: str
    title: str
    description: str
    type: str
    lifecycle: str
    tags: tuple[str, ...]
    presence: int
    restricted: bool
    owner: EntityLink | None
    system: EntityLink | None
    source: str
    changed_at: datetime

    @property
    def label(self) -> str:
        return self.title or self.name

    @property
    def presence_word(self) -> str:
        """present, orphan, missing or removed."""
        return Presence(self.presence).name.lower()


@dataclass(frozen=True, slots=True)
class FacetValue:
    """`value` is what a filter takes ("" means: has none), `label` what people read."""

    value: str
    label: str
    count: int
    selected: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """The values of one property with how many entities have each; `more` tells how many further values there are.

    With `at_least` the numbers are lower bounds.
    """

    name: str
    values: list[FacetValue] = field(default_factory=list)
    more: int = 0
    at_least: bool = False


def link(entity: Entity) -> EntityLink:
    """The link to an entity that is loaded already."""
    return EntityLink(entity.pk, entity.ref, entity.kind, entity.name, entity.title, entity.presence)
