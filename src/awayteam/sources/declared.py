"""What a file declares, in one vocabulary for every format.

A format (one folder in this package) turns the bytes of a file into a `Reading`: plain values, no database, no clock.
The import engine alone turns readings into rows. References are canonical: `kind:namespace/name` in lower case.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum
from typing import Any


class RelationType(IntEnum):
    """The stored direction of each relation; the reverse is derived on reading."""

    OWNED_BY = 1
    PART_OF = 2
    PROVIDES_API = 3
    CONSUMES_API = 4
    DEPENDS_ON = 5
    CHILD_OF = 6
    MEMBER_OF = 7

    @property
    def forward(self) -> str:
        return RELATION_NAMES[self][0]

    @property
    def reverse(self) -> str:
        return RELATION_NAMES[self][1]


RELATION_NAMES: dict[RelationType, tuple[str, str]] = {
    RelationType.OWNED_BY: ("ownedBy", "ownerOf"),
    RelationType.PART_OF: ("partOf", "hasPart"),
    RelationType.PROVIDES_API: ("providesApi", "apiProvidedBy"),
    RelationType.CONSUMES_API: ("consumesApi", "apiConsumedBy"),
    RelationType.DEPENDS_ON: ("dependsOn", "dependencyOf"),
    RelationType.CHILD_OF: ("childOf", "parentOf"),
    RelationType.MEMBER_OF: ("memberOf", "hasMember"),
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that an API can be asked to do.

    `key` is unique within its API: `GET /orders/{id}`, `orders.v1.Orders/Get`, `send shipping.created`. `name` is what
    code calls it (operationId, method, field): `getOrder`; "" where its description gives none.
    """

    key: str
    verb: str = ""
    path: str = ""
    summary: str = ""
    deprecated: bool = False
    tags: tuple[str, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """A name under which a person is known somewhere.

    `provider` is a forge ("github"), "email", or "" for a bare login.
    """

    provider: str
    value: str


@dataclass(frozen=True, slots=True)
class DeclaredMembership:
    """A person's place in a team; dates are inclusive start and exclusive end, None where the file says nothing."""

    team: str
    person: str
    role: str = "member"
    starts: date | None = None
    ends: date | None = None
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Declared:
    """One entity as one document declares it.

    `relations` holds (type, source reference, target reference); the declaring entity is on either side.
    `document` is the root object as read (JSON-serialisable), after substitutions. `document_index` counts from 0 and
    `line` from 1, both within the file. `aliases` are former canonical references of the same entity.
    """

    ref: str
    kind: str
    namespace: str
    name: str
    document: dict[str, Any]
    api_version: str = ""
    title: str = ""
    description: str = ""
    type: str = ""
    lifecycle: str = ""
    owner: str | None = None
    system: str | None = None
    tags: tuple[str, ...] = ()
    relations: tuple[tuple[RelationType, str, str], ...] = ()
    operations: tuple[Operation, ...] | None = None
    memberships: tuple[DeclaredMembership, ...] = ()
    identities: tuple[Identity, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    """Typed facts of teams and people: mission, contacts, time_zone, calendar, on_call_url, email, picture, is_unit."""
    restricted: bool = False
    aliases: tuple[str, ...] = ()
    document_index: int = 0
    line: int = 1


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, where, and what to do. `document` counts from 0; None where no document could be told apart."""

    message: str
    file: str = ""
    document: int | None = None
    line: int | None = None
    entity: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A file that a Location points at: a path or glob relative to the file that holds the Location, or a URL.

    `entity` is the reference of the Location.
    """

    target: str
    line: int
    document_index: int = 0
    required: bool = True
    entity: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """All that one file said."""

    declared: tuple[Declared, ...] = ()
    problems: tuple[Problem, ...] = ()
    targets: tuple[Target, ...] = ()
    embedded: tuple[str, ...] = ()
    """Paths (relative to the source's root) whose content was substituted into this file's documents."""
