"""An entity as Backstage gives it: the source's document, the facts in force, relations, and where it comes from."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

import orjson

from awayteam.catalog.models import Entity, Presence, Relation
from awayteam.catalog.permissions import visible_through
from awayteam.kernel.actor import Actor
from awayteam.sources.backstage import refs
from awayteam.sources.declared import RELATION_NAMES, RelationType
from awayteam.sources.models import Source, SourceKind
from awayteam.sources.readers import redacted

CORE = "backstage.io/v1alpha1"
MANAGED_BY = "backstage.io/managed-by-location"
ORIGIN = "backstage.io/managed-by-origin-location"
Edges = dict[int, list[tuple[str, str]]]


def shaped(actor: Actor, entities: Sequence[Entity], *, relations: bool = True) -> list[dict[str, Any]]:
    """Each entity in that shape; two statements for all relations. Entities come with owner, system, source, file."""
    edges = relations_of(actor, [entity.pk for entity in entities]) if relations else {}
    return [shape(entity, edges.get(entity.pk, []), relations=relations) for entity in entities]


def shape(entity: Entity, edges: Sequence[tuple[str, str]], *, relations: bool = True) -> dict[str, Any]:
    """One entity; `edges` are (type, reference of the other end)."""
    document = entity.document if isinstance(entity.document, dict) else {}
    metadata = _part(document, "metadata") | _facts(entity, document)
    annotations = _part(metadata, "annotations")
    if location := location_of(entity):
        annotations.setdefault(MANAGED_BY, location)
        annotations.setdefault(ORIGIN, location)
    if entity.presence == Presence.ORPHAN:
        annotations["backstage.io/orphan"] = "true"
    if annotations:
        metadata["annotations"] = annotations
    version = document.get("apiVersion")
    whole: dict[str, Any] = {
        "apiVersion": version if isinstance(version, str) and version else CORE,
        "kind": entity.kind,
        "metadata": metadata,
        "spec": _spec(entity, document),
    }
    if relations:
        whole["relations"] = [{"type": type, "targetRef": ref} for type, ref in edges]
    metadata["uid"] = str(entity.pk)
    metadata["etag"] = hashlib.sha256(orjson.dumps(whole, default=str)).hexdigest()[:40]
    return whole


def _part(whole: dict[str, Any], key: str) -> dict[str, Any]:
    value = whole.get(key)
    return dict(value) if isinstance(value, dict) else {}


def _facts(entity: Entity, document: dict[str, Any]) -> dict[str, Any]:
    """Names, and the facts in force where people changed them."""
    said = _part(document, "metadata")
    facts: dict[str, Any] = {"name": entity.name, "namespace": entity.namespace}
    for field in ("title", "description"):
        value = getattr(entity, field)
        if value != said.get(field, ""):
            facts[field] = value
    if list(entity.tags or []) != (said.get("tags") or []):
        facts["tags"] = list(entity.tags or [])
    return facts


def _spec(entity: Entity, document: dict[str, Any]) -> dict[str, Any]:
    spec = _part(document, "spec")
    for field in ("type", "lifecycle"):
        value = getattr(entity, field)
        if value and value != spec.get(field):
            spec[field] = value
    for field, kind, linked in (("owner", "group", entity.owner), ("system", "system", entity.system)):
        if linked is not None and _canonical(spec.get(field), kind, entity.namespace) != linked.ref:
            spec[field] = linked.ref
    return spec


def _canonical(value: Any, kind: str, namespace: str) -> str:
    try:
        return refs.canonical(value, kind, namespace)
    except refs.BadReferenceError:
        return ""


def location_of(entity: Entity) -> str:
    """`file:` or `url:` of the file that declares the entity; "" where no file does."""
    source, file = entity.source, entity.file
    if source is None or file is None:
        return ""
    if source.kind == SourceKind.REMOTE:
        return f"url:{_remote(source, file.path)}"
    base = source.location.rstrip("/")
    return f"file:{base}" if source.kind == SourceKind.FILE else f"file:{base}/{file.path}"


def _remote(source: Source, path: str) -> str:
    """The address of a file in the browser, on forges whose addresses are known; else repository and path."""
    base = redacted(source.location).removesuffix("/").removesuffix(".git")
    host = urlsplit(base).hostname or ""
    ref = source.ref or "HEAD"
    if "github" in host:
        return f"{base}/blob/{ref}/{path}"
    if "gitlab" in host:
        return f"{base}/-/blob/{ref}/{path}"
    return f"{base}/{path}"


def relations_of(actor: Actor, ids: Sequence[int]) -> Edges:
    """Entity id -> its relations in both directions, without those to what the actor may not see; two statements."""
    edges: defaultdict[int, set[tuple[str, str]]] = defaultdict(set)
    for place, (here, there) in enumerate((("source", "target"), ("target", "source"))):
        rows = Relation.objects.filter(visible_through(actor, f"{there}__"), **{f"{here}__in": list(ids)})
        rows = rows.exclude(**{f"{there}__presence": Presence.REMOVED})
        found: Iterable[Any] = rows.values_list(f"{here}_id", "type", f"{there}__ref")
        for pk, type, ref in found:
            edges[pk].add((RELATION_NAMES[RelationType(type)][place], ref))
    return {pk: sorted(found) for pk, found in edges.items()}
