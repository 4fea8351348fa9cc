"""Datadog: service definitions (schema v2, v2.1, v2.2) and entity definitions (v3)."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import orjson

from awayteam.sources import entities
from awayteam.sources.apis import operations
from awayteam.sources.context import Context
from awayteam.sources.declared import Declared, Reading, RelationType
from awayteam.sources.foreign import Body, entities_of, repository_annotations
from awayteam.sources.shapes import json_safe, reference, slug, tags

NAME = "Datadog"
_V2 = re.compile(rb"""^[ \t{]*["']?dd-service["']?\s*:""", re.MULTILINE)
_V3 = re.compile(rb"""^[ \t{]*["']?apiVersion["']?\s*:\s*["']?v3\b""", re.MULTILINE)
_KINDS = {
    "service": "component",
    "library": "component",
    "package": "component",
    "frontend": "component",
    "ui": "component",
    "datastore": "resource",
    "queue": "resource",
    "api": "api",
    "system": "system",
    "application": "system",
    "team": "group",
    "user": "user",
}
_NAMES = {"component": "Component", "resource": "Resource", "api": "API", "system": "System"}


def recognises(path: str, data: bytes) -> bool:
    """Whether a YAML or JSON file is called `*.datadog.yaml` and begins as a definition, or names a `dd-service`."""
    name = PurePosixPath(path.lower())
    if name.suffix not in (".yaml", ".yml", ".json"):
        return False
    head = data[:8192]
    return _V2.search(head) is not None or (".datadog." in name.name and _V3.search(head) is not None)


def read(path: str, data: bytes, context: Context | None = None) -> Reading:
    """One entity for each definition, several documents to a file."""
    return entities_of(path, data, context, _build, "dd-service, or apiVersion v3 and kind")


def _build(root: Body) -> Iterator[Declared]:
    if "dd-service" in root.values:
        yield from _version_2(root)
    elif root.text("apiVersion").startswith("v3"):
        yield from _version_3(root)
    else:
        root.notes.add("expected dd-service (schema v2) or apiVersion: v3", line=root.place.line)


def _version_2(root: Body) -> Iterator[Declared]:
    title = root.text("dd-service")
    if not title:
        root.notes.add("dd-service is empty; it names the service", line=root.place.line)
        return
    repositories = [one["url"] for one in root.links("repos")]
    repositories += [one["url"] for one in root.links("links") if one.get("type") == "repo"]
    yield entities.entity(
        "Component",
        slug(title),
        namespace=root.namespace,
        type=root.text("type") or "service",
        title=title,
        description=root.text("description"),
        lifecycle=root.text("lifecycle") or "production",
        owner=root.ref(root.text("team", "dd-team"), "group"),
        system=root.ref(root.text("application"), "system"),
        tags=tags([*root.texts("languages"), *root.texts("tags")]),
        links=[*root.links("links"), *root.links("docs"), *root.links("repos")],
        annotations=repository_annotations(repositories[0] if repositories else ""),
        facts={"contacts": _contacts(root)},
        original=root.values,
        place=root.place,
    )


def _version_3(root: Body) -> Iterator[Declared]:
    metadata, spec = root.inner("metadata"), root.inner("spec")
    word = root.text("kind").lower()
    title = metadata.text("name")
    if not title or not word:
        root.notes.add("kind and metadata.name must be given; they name the entity", line=root.place.line)
        return
    kind = _NAMES.get(_KINDS.get(word, "component"), "Component")
    name = slug(title)
    namespace = slug(metadata.text("namespace") or root.namespace).replace(".", "-").replace("_", "-")
    ref = reference(kind, name, namespace)
    spec = replace(spec, namespace=namespace)
    relations = _relations(ref, spec)
    links = metadata.links("links")
    definition = _definition(spec)
    repository = next((one["url"] for one in links if one.get("type") == "repo"), "") or _code(root)
    declared = entities.entity(
        kind,
        name,
        namespace=namespace,
        type="" if kind == "System" else spec.text("type") or word,
        title=metadata.text("displayName") or title,
        description=metadata.text("description"),
        lifecycle=spec.text("lifecycle") or ("production" if kind in ("Component", "API") else ""),
        owner=metadata.ref(metadata.text("owner"), "group", _KINDS),
        system=_system(spec),
        tags=tags([*spec.texts("languages"), *metadata.texts("tags")]),
        relations=relations,
        links=links,
        annotations=repository_annotations(repository),
        spec={"definition": definition},
        facts={"contacts": _contacts(metadata)},
        original=root.values,
        place=root.place,
    )
    yield _with_operations(declared, definition, root)


def _relations(ref: str, spec: Body) -> list[tuple[RelationType, str, str]]:
    found: list[tuple[RelationType, str, str]] = []
    for value in spec.texts("dependsOn"):
        if target := spec.ref(value, "component", _KINDS):
            found.append((RelationType.DEPENDS_ON, ref, target))
    for value in spec.texts("componentOf"):
        if target := spec.ref(value, "system", _KINDS):
            found.append((RelationType.PART_OF, ref, target))
    for value in spec.texts("components"):
        if target := spec.ref(value, "component", _KINDS):
            found.append((RelationType.PART_OF, target, ref))
    for value in spec.texts("implementedBy"):
        if target := spec.ref(value, "component", _KINDS):
            found.append((RelationType.PROVIDES_API, target, ref))
    return found


def _system(spec: Body) -> str | None:
    parents = (spec.ref(value, "system", _KINDS) for value in spec.texts("componentOf"))
    return next((one for one in parents if one and one.startswith("system:")), None)


def _definition(spec: Body) -> str:
    """The API's definition where it stands in the file, as JSON text."""
    value: Any = spec.inner("interface").values.get("definition")
    return orjson.dumps(json_safe(value)).decode() if isinstance(value, dict) and value else ""


def _with_operations(declared: Declared, definition: str, root: Body) -> Declared:
    if not definition:
        return declared
    found, problems = operations(declared.type, definition)
    for one in problems:
        root.notes.add(f"spec.interface.definition: {one.message}", line=root.place.line, entity=declared.ref)
    return entities.with_operations(declared, found)


def _code(root: Body) -> str:
    """The first repository of the code locations."""
    locations = root.inner("datadog").objects("codeLocations")
    return next((url for one in locations if (url := one.text("repositoryURL"))), "")


def _contacts(body: Body) -> dict[str, str]:
    """Contacts by their name, or by their type where they have none."""
    found: dict[str, str] = {}
    for one in body.objects("contacts"):
        if address := one.text("contact"):
            found.setdefault(one.text("name") or one.text("type") or "contact", address)
    return found
