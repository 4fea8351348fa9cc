"""Port: `port.yml` with one entity or a list. Blueprints are each organisation's own, so only usual ones are known."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from awayteam.sources import entities
from awayteam.sources.context import Context
from awayteam.sources.declared import Declared, Reading, RelationType
from awayteam.sources.foreign import Body, entities_of, repository_annotations
from awayteam.sources.shapes import reference, slug

NAME = "Port"
_SIGN = re.compile(rb"^(?:- |  )?blueprint:", re.MULTILINE)
_KINDS = {
    **dict.fromkeys(("service", "microservice", "component", "application", "library", "website"), "Component"),
    "api": "API",
    "system": "System",
    "domain": "Domain",
    **dict.fromkeys(("team", "group", "_team", "squad"), "Group"),
    **dict.fromkeys(("user", "_user", "person"), "User"),
}
_RELATIONS: dict[str, tuple[RelationType, str]] = {
    **dict.fromkeys(("depends_on", "dependson", "dependencies", "depends"), (RelationType.DEPENDS_ON, "component")),
    "system": (RelationType.PART_OF, "system"),
    "domain": (RelationType.PART_OF, "domain"),
    **dict.fromkeys(("provides", "provides_apis", "providesapis"), (RelationType.PROVIDES_API, "api")),
    **dict.fromkeys(("consumes", "consumes_apis", "consumesapis"), (RelationType.CONSUMES_API, "api")),
}
_OWNERS = ("owner", "team", "owning_team", "owningteam")


def recognises(path: str, data: bytes) -> bool:
    """Whether the file is called `port.yml` (or yaml) and names a blueprint."""
    name = PurePosixPath(path.lower()).name
    return name in ("port.yml", "port.yaml") and _SIGN.search(data[:16384]) is not None


def read(path: str, data: bytes, context: Context | None = None) -> Reading:
    """One entity for each; a blueprint that isn't known becomes a resource of that type."""
    return entities_of(path, data, context, _build, "identifier and blueprint")


def _build(root: Body) -> Iterator[Declared]:
    identifier, blueprint = root.text("identifier"), root.text("blueprint")
    if not identifier or not blueprint:
        root.notes.add("identifier and blueprint must be given; they name the entity", line=root.place.line)
        return
    kind = _KINDS.get(blueprint.lower(), "Resource")
    name, title = slug(identifier), root.text("title") or identifier
    properties = root.inner("properties")
    if kind == "User":
        email = identifier if "@" in identifier else properties.text("email")
        yield entities.user(
            name, namespace=root.namespace, title=title, email=email, original=root.values, place=root.place
        )
        return
    if kind == "Group":
        yield entities.group(
            name,
            namespace=root.namespace,
            title=title,
            description=properties.text("description"),
            original=root.values,
            place=root.place,
        )
        return
    ref = reference(kind, name, root.namespace)
    owner, relations = _relations(root, ref)
    yield entities.entity(
        kind,
        name,
        namespace=root.namespace,
        type=properties.text("type") or blueprint,
        title=title,
        description=properties.text("description"),
        lifecycle=properties.text("lifecycle") or ("production" if kind in ("Component", "API") else ""),
        owner=owner,
        relations=relations,
        annotations=repository_annotations(properties.text("repository", "repo", "url") if kind == "Component" else ""),
        original=root.values,
        place=root.place,
    )


def _relations(root: Body, ref: str) -> tuple[str | None, list[tuple[RelationType, str, str]]]:
    """Owner and relations by their usual names; relations of other names stay in the document."""
    related = root.inner("relations")
    owner: str | None = None
    teams = root.texts("team") if isinstance(root.values.get("team"), list) else [root.text("team")]
    found: list[tuple[RelationType, str, str]] = []
    for key in related.values:
        word = str(key).lower()
        if word in _OWNERS:
            teams = [*teams, *related.texts(str(key))]
        elif word in _RELATIONS:
            relation, kind = _RELATIONS[word]
            found += [(relation, ref, one) for value in related.texts(str(key)) if (one := root.ref(value, kind))]
    for team in teams:
        owner = owner or root.ref(team, "group")
    return owner, found
