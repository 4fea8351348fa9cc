"""Atlassian Compass: `compass.yml` with one component. Teams and other components appear as identifiers (ARIs) only."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from awayteam.sources import entities
from awayteam.sources.context import Context
from awayteam.sources.declared import Declared, Reading, RelationType
from awayteam.sources.foreign import Body, entities_of, repository_annotations
from awayteam.sources.shapes import reference, slug, tags

NAME = "Compass"
_SIGN = re.compile(rb"^(?:typeId|ownerId|configVersion|relationships|fields|name):", re.MULTILINE)
_LIFECYCLES = {"active": "production", "pre-release": "experimental", "deprecated": "deprecated"}
_RESOURCES = frozenset(["cloud_resource", "data_pipeline"])


def recognises(path: str, data: bytes) -> bool:
    """Whether the file is called `compass.yml` (or yaml) and has one of its keys."""
    name = PurePosixPath(path.lower()).name
    return name in ("compass.yml", "compass.yaml") and _SIGN.search(data[:16384]) is not None


def read(path: str, data: bytes, context: Context | None = None) -> Reading:
    """The component of the file. Its identifier becomes an alias, so that DEPENDS_ON of other files finds it."""
    return entities_of(path, data, context, _build, "name and typeId")


def _build(root: Body) -> Iterator[Declared]:
    title = root.text("name")
    if not title:
        root.notes.add("name is missing; it names the component", line=root.place.line)
        return
    type_ = root.text("typeId").lower() or "other"
    kind = "Resource" if type_ in _RESOURCES else "Component"
    name = slug(title)
    ref = reference(kind, name, root.namespace)
    own_id = _identifier(root.text("id"))
    related = root.inner("relationships")
    needs = [_identifier(one) for one in related.texts("DEPENDS_ON")]
    lifecycle = root.inner("fields").text("lifecycle").lower()
    links = root.links("links")
    owner = _identifier(root.text("ownerId"))
    yield entities.entity(
        kind,
        name,
        namespace=root.namespace,
        type=type_.replace("_", "-"),
        title=title,
        description=root.text("description"),
        lifecycle=_LIFECYCLES.get(lifecycle, lifecycle or "production"),
        owner=reference("group", owner, root.namespace) if owner else None,
        tags=tags(root.texts("labels")),
        relations=[(RelationType.DEPENDS_ON, ref, reference("component", one, root.namespace)) for one in needs if one],
        links=links,
        annotations=repository_annotations(next((one["url"] for one in links if one.get("type") == "repository"), "")),
        aliases=[reference(kind, own_id, root.namespace)] if own_id else [],
        original=root.values,
        place=root.place,
    )


def _identifier(ari: str) -> str:
    """The last part of an ARI (`ari:cloud:identity::team/4f...`) as a name."""
    last = ari.rpartition("/")[2]
    return slug(last) if last else ""
