"""Building people, teams and other entities for formats that know them under other names.

Whatever the format, an entity's document has the shape of a catalog descriptor (apiVersion, kind, metadata, spec), so
that every page and script finds things in the same places; what the file said stands unchanged under `x-original`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from awayteam.sources.backstage.people import is_unit
from awayteam.sources.declared import Declared, DeclaredMembership, Identity, Operation, RelationType
from awayteam.sources.shapes import json_safe, reference

API_VERSION = "backstage.io/v1alpha1"
ORIGINAL = "x-original"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in its file an entity stands: document from 0, line from 1."""

    document: int = 0
    line: int = 1


def document_of(
    kind: str, name: str, namespace: str, metadata: Mapping[str, Any], spec: Mapping[str, Any], original: Any = None
) -> dict[str, Any]:
    """A descriptor; entries of metadata and spec that say nothing (None, "", empty) are left out."""
    document: dict[str, Any] = {
        "apiVersion": API_VERSION,
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace, **_filled(metadata)},
        "spec": _filled(spec),
    }
    if original is not None:
        document[ORIGINAL] = json_safe(original)
    return document


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: json_safe(value) for key, value in values.items() if value not in (None, "", [], (), {})}


def user(
    name: str,
    *,
    namespace: str = "default",
    title: str = "",
    email: str = "",
    identities: Iterable[Identity] = (),
    memberships: Iterable[DeclaredMembership] = (),
    facts: Mapping[str, Any] | None = None,
    annotations: Mapping[str, str] | None = None,
    aliases: Iterable[str] = (),
    original: Any = None,
    place: Place = Place(),
) -> Declared:
    """A person. The e-mail address becomes an identity as well."""
    ref = reference("user", name, namespace)
    memberships = tuple(memberships)
    known = tuple(identities) + ((Identity("email", email),) if email else ())
    metadata = {"title": title, "annotations": {**_login_annotations(known), **(annotations or {})}}
    spec = {
        "profile": _filled({"displayName": title, "email": email, "picture": (facts or {}).get("picture")}),
        "memberOf": [one.team for one in memberships if one.ends is None],
    }
    return Declared(
        ref=ref,
        kind="User",
        namespace=namespace,
        name=name,
        document=document_of("User", name, namespace, metadata, spec, original),
        api_version=API_VERSION,
        title=title,
        relations=_member_of(memberships),
        memberships=memberships,
        identities=tuple(dict.fromkeys(known)),
        facts=_filled({"email": email, "display_name": title, **(facts or {})}),
        aliases=tuple(one for one in dict.fromkeys(aliases) if one != ref),
        document_index=place.document,
        line=place.line,
    )


def _login_annotations(identities: Iterable[Identity]) -> dict[str, str]:
    return {f"{one.provider}.com/user-login": one.value for one in identities if one.provider in ("github", "gitlab")}


def _member_of(memberships: Iterable[DeclaredMembership]) -> tuple[tuple[RelationType, str, str], ...]:
    """One relation for each pair of person and team that the file doesn't end."""
    pairs = ((RelationType.MEMBER_OF, one.person, one.team) for one in memberships if one.ends is None)
    return tuple(dict.fromkeys(pairs))


def group(
    name: str,
    *,
    namespace: str = "default",
    title: str = "",
    description: str = "",
    kind_of_group: str = "team",
    parent: str | None = None,
    memberships: Iterable[DeclaredMembership] = (),
    facts: Mapping[str, Any] | None = None,
    annotations: Mapping[str, str] | None = None,
    tags: tuple[str, ...] = (),
    aliases: Iterable[str] = (),
    original: Any = None,
    place: Place = Place(),
) -> Declared:
    """A team, or a unit where `kind_of_group` says so (organization, unit, department and the like)."""
    ref = reference("group", name, namespace)
    memberships = tuple(memberships)
    metadata = {"title": title, "description": description, "annotations": annotations, "tags": list(tags)}
    spec = {
        "type": kind_of_group,
        "profile": _filled({"displayName": title, "email": (facts or {}).get("email")}),
        "parent": parent,
        "members": list(dict.fromkeys(one.person for one in memberships if one.ends is None)),
    }
    document = document_of("Group", name, namespace, metadata, spec, original)
    document["spec"]["children"] = []
    child_of = ((RelationType.CHILD_OF, ref, parent),) if parent else ()
    return Declared(
        ref=ref,
        kind="Group",
        namespace=namespace,
        name=name,
        document=document,
        api_version=API_VERSION,
        title=title,
        description=description,
        type=kind_of_group,
        tags=tags,
        relations=child_of + _member_of(memberships),
        memberships=memberships,
        facts={**_filled(facts or {}), "is_unit": is_unit(kind_of_group)},
        aliases=tuple(one for one in dict.fromkeys(aliases) if one != ref),
        document_index=place.document,
        line=place.line,
    )


def entity(
    kind: str,
    name: str,
    *,
    namespace: str = "default",
    type: str = "",
    title: str = "",
    description: str = "",
    lifecycle: str = "",
    owner: str | None = None,
    system: str | None = None,
    tags: tuple[str, ...] = (),
    relations: Iterable[tuple[RelationType, str, str]] = (),
    links: Iterable[Mapping[str, Any]] = (),
    annotations: Mapping[str, str] | None = None,
    spec: Mapping[str, Any] | None = None,
    facts: Mapping[str, Any] | None = None,
    aliases: Iterable[str] = (),
    restricted: bool = False,
    original: Any = None,
    place: Place = Place(),
) -> Declared:
    """A component, API, resource, system or domain. Owner and system also become relations; a thing never relates to
    itself, so such a relation is left out (the format reports it)."""
    ref = reference(kind, name, namespace)
    found = [(RelationType.OWNED_BY, ref, owner)] if owner else []
    found += [(RelationType.PART_OF, ref, system)] if system else []
    found += list(relations)
    metadata = {
        "title": title,
        "description": description,
        "annotations": annotations,
        "links": list(links),
        "tags": list(tags),
    }
    whole = {"type": type, "lifecycle": lifecycle, "owner": owner, "system": system, **(spec or {})}
    return Declared(
        ref=ref,
        kind=kind,
        namespace=namespace,
        name=name,
        document=document_of(kind, name, namespace, metadata, whole, original),
        api_version=API_VERSION,
        title=title,
        description=description,
        type=type,
        lifecycle=lifecycle,
        owner=owner,
        system=system,
        tags=tags,
        relations=tuple(one for one in dict.fromkeys(found) if one[1] != one[2]),
        facts=_filled(facts or {}),
        aliases=tuple(one for one in dict.fromkeys(aliases) if one != ref),
        restricted=restricted,
        document_index=place.document,
        line=place.line,
    )


def with_operations(declared: Declared, operations: Iterable[Operation]) -> Declared:
    """The same API with its operations."""
    return replace(declared, operations=tuple(operations))
