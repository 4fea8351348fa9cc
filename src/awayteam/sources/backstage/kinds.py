"""What the spec of each core kind must hold, and which relations it states."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from awayteam.sources.backstage.envelope import Fault
from awayteam.sources.backstage.refs import BadReferenceError, canonical
from awayteam.sources.declared import RelationType
from awayteam.sources.shapes import kind_of

CORE_VERSIONS = frozenset({"backstage.io/v1alpha1", "backstage.io/v1beta1"})


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a spec that states a relation; `reverse` where the entity that it stands in is the target."""

    name: str
    relation: RelationType
    default_kind: str | None
    many: bool = False
    reverse: bool = False


OWNER = Field("owner", RelationType.OWNED_BY, "group")
SYSTEM = Field("system", RelationType.PART_OF, "system")
_DOMAIN = Field("domain", RelationType.PART_OF, "domain")
_SUBCOMPONENT_OF = Field("subcomponentOf", RelationType.PART_OF, "component")
_SUBDOMAIN_OF = Field("subdomainOf", RelationType.PART_OF, "domain")
_PROVIDES = Field("providesApis", RelationType.PROVIDES_API, "api", many=True)
_IMPLEMENTS = Field("implementsApis", RelationType.PROVIDES_API, "api", many=True)
_CONSUMES = Field("consumesApis", RelationType.CONSUMES_API, "api", many=True)
_DEPENDS_ON = Field("dependsOn", RelationType.DEPENDS_ON, None, many=True)
_DEPENDENCY_OF = Field("dependencyOf", RelationType.DEPENDS_ON, None, many=True, reverse=True)
_PARENT = Field("parent", RelationType.CHILD_OF, "group")
_CHILDREN = Field("children", RelationType.CHILD_OF, "group", many=True, reverse=True)
_MEMBERS = Field("members", RelationType.MEMBER_OF, "user", many=True, reverse=True)
_MEMBER_OF = Field("memberOf", RelationType.MEMBER_OF, "group", many=True)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind's rules: fields that must be texts, others with their shapes, and the relations."""

    required: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    maps: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    relations: tuple[Field, ...] = ()


KINDS: dict[str, Kind] = {
    "component": Kind(
        required=("type", "lifecycle", "owner"),
        relations=(OWNER, SYSTEM, _SUBCOMPONENT_OF, _PROVIDES, _IMPLEMENTS, _CONSUMES, _DEPENDS_ON, _DEPENDENCY_OF),
    ),
    "api": Kind(required=("type", "lifecycle", "owner", "definition"), relations=(OWNER, SYSTEM)),
    "resource": Kind(required=("type", "owner"), relations=(OWNER, SYSTEM, _DEPENDS_ON, _DEPENDENCY_OF)),
    "system": Kind(required=("owner",), texts=("type",), relations=(OWNER, _DOMAIN)),
    "domain": Kind(required=("owner",), texts=("type",), relations=(OWNER, _SUBDOMAIN_OF)),
    "group": Kind(required=("type",), lists=("children",), maps=("profile",), relations=(_PARENT, _CHILDREN, _MEMBERS)),
    "user": Kind(maps=("profile",), relations=(_MEMBER_OF,)),
    "location": Kind(texts=("type", "target", "presence")),
}
"""Core kinds in lower case, by the table of the catalog's specification."""
UNKNOWN = Kind(relations=(OWNER, SYSTEM, _PROVIDES, _CONSUMES, _DEPENDS_ON, _DEPENDENCY_OF))
"""Kinds that nobody told us about: relations with known names are taken where they can be read, nothing is required."""

Relation = tuple[RelationType, str, str]


def check(document: Mapping[str, Any], kind: str) -> list[Fault]:
    """All that is wrong with the spec of a core kind; relations are checked by `relations`."""
    rules = KINDS[kind]
    faults: list[Fault] = []
    version = document["apiVersion"]
    if version not in CORE_VERSIONS:
        faults.append(
            Fault(f"apiVersion of a {kind} can't be {version!r}; write backstage.io/v1alpha1", ("apiVersion",))
        )
    if "spec" not in document:
        return [*faults, Fault("spec is missing; add it", ("spec",))]
    spec = document["spec"] or {}
    for name in rules.required:
        _text(spec, name, faults, required=True)
    for name in rules.texts:
        _text(spec, name, faults, required=False)
    for name in rules.lists:
        if not isinstance(spec.get(name), list):
            faults.append(Fault(f"spec.{name} {_found(spec.get(name))}; write a list, [] where empty", ("spec", name)))
    for name in rules.maps:
        if spec.get(name) is not None and not isinstance(spec[name], dict):
            faults.append(Fault(f"spec.{name} {_found(spec[name])}; write a map", ("spec", name)))
    return faults


def relations(
    spec: Mapping[str, Any], kind: Kind, ref: str, namespace: str
) -> tuple[list[Relation], list[Fault], list[Fault]]:
    """(relations stated by `spec`, faults that forbid the entity, remarks that cost a relation only).

    An entity's relation to itself says nothing: it is dropped with a remark.
    """
    found: list[Relation] = []
    faults: list[Fault] = []
    remarks: list[Fault] = []
    for each in kind.relations:
        value = spec.get(each.name)
        if value is None:
            continue
        if each.many and not isinstance(value, list):
            faults.append(Fault(f"spec.{each.name} {_found(value)}; write a list", ("spec", each.name)))
            continue
        for place, item in enumerate(value) if each.many else ((None, value),):
            path = ("spec", each.name) if place is None else ("spec", each.name, place)
            try:
                other = canonical(item, each.default_kind, namespace)
            except BadReferenceError as error:
                if each.name not in kind.required or not _is_blank(value):  # `check` says so of those
                    faults.append(Fault(f"spec.{each.name}: {error}", path))
                continue
            if other == ref:
                remarks.append(Fault(f"spec.{each.name} names the entity itself; remove it (it was left out)", path))
                continue
            found.append((each.relation, other, ref) if each.reverse else (each.relation, ref, other))
    return list(dict.fromkeys(found)), faults, remarks


def _is_blank(value: Any) -> bool:
    return isinstance(value, str) and not value.strip()


def _text(spec: Mapping[str, Any], name: str, faults: list[Fault], *, required: bool) -> None:
    value = spec.get(name)
    if isinstance(value, str):
        if value.strip() or not required:
            return
        faults.append(Fault(f"spec.{name} is empty; write a text", ("spec", name)))
    elif value is None:
        if required:
            faults.append(Fault(f"spec.{name} is missing; add it", ("spec",)))
    elif not (name == "owner" and isinstance(value, dict)):
        faults.append(Fault(f"spec.{name} {_found(value)}; write a text (in quotes)", ("spec", name)))


def _found(value: Any) -> str:
    return "is missing" if value is None else f"is {kind_of(value)}"
