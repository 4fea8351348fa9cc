"""Description files that stand on their own: each becomes one API of the catalog."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from awayteam.sources.apis import asyncapi, openapi, proto
from awayteam.sources.apis.operations import sniff
from awayteam.sources.apis.skim import Shape, skim
from awayteam.sources.context import Context
from awayteam.sources.declared import Declared, Operation, Reading, RelationType
from awayteam.sources.shapes import (
    Notes,
    decoded,
    first_line,
    kind_of,
    list_of,
    object_of,
    refer,
    reference,
    slug,
    tags,
    text,
)

NAME = "API descriptions"
MAX_KEPT = 256 * 1024
"""Largest definition, in bytes, that is kept in the entity's document."""
_HEAD = 4096
_SUFFIXES = (".yaml", ".yml", ".json")
_JSON_SIGN = re.compile(rb'"(?:openapi|swagger|asyncapi)"\s*:\s*"\d')
_ABOUT: dict[str, Shape] = {
    "info": ...,
    "tags": ...,
    "externalDocs": ...,
    "x-owner": ...,
    "x-lifecycle": ...,
    "x-system": ...,
}


def recognises(path: str, data: bytes) -> bool:
    """Whether a file is a description by name and first 4 KiB: `*.proto`, or YAML/JSON that begins as one."""
    name = path.lower()
    head = data[:_HEAD]
    if name.endswith(".proto"):
        return b"\0" not in head
    if not name.endswith(_SUFFIXES):
        return False
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        return _JSON_SIGN.search(head) is not None
    return sniff(head.decode("utf-8", "replace").removeprefix("\ufeff")) in ("openapi", "asyncapi")


def read(path: str, data: bytes, context: Context | None = None) -> Reading:
    """The API of one file. A protobuf file without a service declares none: it is a library of messages."""
    notes = Notes(file=path)
    content = decoded(data, notes)
    if content is None:
        return Reading(problems=notes.all())
    namespace = (context or Context()).namespace
    if path.lower().endswith(".proto"):
        declared = _of_proto(path, content, namespace, notes)
    else:
        declared = _of_tree(path, content, namespace, notes)
    return Reading((declared,) if declared else (), notes.all())


def _of_proto(path: str, content: str, namespace: str, notes: Notes) -> Declared | None:
    file = proto.parse(content, notes)
    if not file.services:
        return None
    # a single service names its API in full, so that the files of one package don't claim the same name
    title = next(iter(file.services)) if len(file.services) == 1 else file.package
    title = title or PurePosixPath(path).stem
    description = next((one for one in file.services.values() if one), "") if len(file.services) == 1 else ""
    about = {"info": {"title": title, "description": description}}
    return _api("grpc", about, content, proto.operations_of(file, notes), path, namespace, notes)


def _of_tree(path: str, content: str, namespace: str, notes: Notes) -> Declared | None:
    root = skim(content, {**openapi.SHAPE, **asyncapi.SHAPE, **_ABOUT, "components": _components()}, notes)
    if root is None:
        return None
    is_events = "asyncapi" in root and "openapi" not in root
    found = (asyncapi if is_events else openapi).read_operations(root, notes)
    return _api("asyncapi" if is_events else "openapi", root, content, found, path, namespace, notes)


def _components() -> Shape:
    """The parts of `components` that either language needs."""
    first, second = openapi.SHAPE["components"], asyncapi.SHAPE["components"]
    assert isinstance(first, Mapping)
    assert isinstance(second, Mapping)
    return {**first, **second}


def _api(
    kind: str, root: Mapping[str, Any], content: str, found: list[Operation], path: str, namespace: str, notes: Notes
) -> Declared:
    info = object_of(root.get("info"), "info", notes)
    title = first_line(info.get("title"))
    if not title:
        notes.add("info.title is missing; the API is named after its file", line=1)
        title = PurePosixPath(path).stem
    name = slug(title)
    ref = reference("api", name, namespace)
    owner = _reference(root, info, "x-owner", "group", namespace, notes, ref)
    system = _reference(root, info, "x-system", "system", namespace, notes, ref)
    lifecycle = text(root.get("x-lifecycle")) or text(info.get("x-lifecycle")) or "production"
    labels = _tags(root.get("tags") or info.get("tags"), notes)
    relations = [(RelationType.OWNED_BY, ref, owner)] if owner else []
    relations += [(RelationType.PART_OF, ref, system)] if system else []
    document = _document(kind, name, namespace, title, root, info, content)
    document["metadata"] |= {"tags": list(labels)} if labels else {}
    document["spec"] |= {"lifecycle": lifecycle}
    document["spec"] |= {key: one for key, one in (("owner", owner), ("system", system)) if one}
    return Declared(
        ref=ref,
        kind="API",
        namespace=namespace,
        name=name,
        document=document,
        api_version="backstage.io/v1alpha1",
        title=title,
        description=text(info.get("description")),
        type=kind,
        lifecycle=lifecycle,
        owner=owner,
        system=system,
        tags=labels,
        relations=tuple(relations),
        operations=tuple(found),
    )


def _document(
    kind: str, name: str, namespace: str, title: str, root: Mapping[str, Any], info: Mapping[str, Any], content: str
) -> dict[str, Any]:
    """The API as an entity of the catalog; the definition is left out where it is too long to keep."""
    size = len(content.encode("utf-8", "replace"))
    metadata: dict[str, Any] = {"name": name, "namespace": namespace, "title": title}
    if description := text(info.get("description")):
        metadata["description"] = description
    docs = root.get("externalDocs") or info.get("externalDocs")
    if isinstance(docs, Mapping) and text(docs.get("url")):
        title = first_line(docs.get("description")) or "Documentation"
        metadata["links"] = [{"url": text(docs["url"]), "title": title}]
    spec: dict[str, Any] = {"type": kind}
    if version := text(info.get("version")):
        spec["version"] = version
    if size <= MAX_KEPT:
        spec["definition"] = content.encode("utf-8", "replace").decode("utf-8")
    else:
        metadata["annotations"] = {"awayteam/definition-omitted": f"{size} bytes"}
    return {"apiVersion": "backstage.io/v1alpha1", "kind": "API", "metadata": metadata, "spec": spec}


def _reference(
    root: Mapping[str, Any], info: Mapping[str, Any], key: str, kind: str, namespace: str, notes: Notes, entity: str
) -> str | None:
    value = root.get(key, info.get(key))
    if value is None:
        return None
    ref = refer(value, kind, namespace)
    if ref is None:
        notes.add(f"{key}: {text(value) or kind_of(value)} is no reference; write {kind}:name or a name", entity=entity)
    return ref


def _tags(value: Any, notes: Notes) -> tuple[str, ...]:
    """Tags of the whole description; those of single operations stay with the operations."""
    names = [text(one.get("name") if isinstance(one, Mapping) else one) for one in list_of(value, "tags", notes)]
    return tags([name for name in names if name])
