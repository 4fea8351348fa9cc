"""OpsLevel: `opslevel.yml` with one component (formerly service), or with what is known of a repository."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from awayteam.sources import entities
from awayteam.sources.context import Context
from awayteam.sources.declared import Declared, Reading, RelationType
from awayteam.sources.foreign import Body, entities_of, repository_annotations
from awayteam.sources.shapes import reference, slug, tags, text

NAME = "OpsLevel"
_SECTIONS = {"component": "Component", "service": "Component", "system": "System", "domain": "Domain"}
_SIGN = re.compile(rb"^(?:component|service|repository|system|domain):[ \t]*(?:#.*)?\r?$", re.MULTILINE)
_HOSTS = {"github": "https://github.com", "gitlab": "https://gitlab.com", "bitbucket": "https://bitbucket.org"}


def recognises(path: str, data: bytes) -> bool:
    """Whether the file is called `opslevel.yml` (or yaml) and holds one of OpsLevel's sections."""
    name = PurePosixPath(path.lower()).name
    return name in ("opslevel.yml", "opslevel.yaml") and _SIGN.search(data[:16384]) is not None


def read(path: str, data: bytes, context: Context | None = None) -> Reading:
    """The component, system or domain of the file. A `repository` alone declares nothing that has a name."""
    return entities_of(path, data, context, _build, "component, service, system or domain")


def _build(root: Body) -> Iterator[Declared]:
    found = False
    for section, kind in _SECTIONS.items():
        if section in root.values:
            found = True
            yield from _entity(kind, root.inner(section), root)
    if not found and "repository" not in root.values:
        root.notes.add("expected a component, service, system or domain", line=root.place.line)


def _entity(kind: str, body: Body, root: Body) -> Iterator[Declared]:
    title = body.text("name")
    if not title:
        root.notes.add(f"{body.where}.name is missing; it names the entity", line=root.place.line)
        return
    name = slug(title)
    ref = reference(kind, name, root.namespace)
    relations = []
    for one in body.objects("dependencies", "alias"):
        if target := one.ref(one.text("alias", "name"), "component"):
            relations.append((RelationType.DEPENDS_ON, ref, target))
    for one in body.objects("dependents", "alias"):
        if source := one.ref(one.text("alias", "name"), "component"):
            relations.append((RelationType.DEPENDS_ON, source, ref))
    if kind == "System" and (domain := body.ref(body.text("domain"), "domain")):
        relations.append((RelationType.PART_OF, ref, domain))
    system = body.text("system", "product") if kind == "Component" else ""
    yield entities.entity(
        kind,
        name,
        namespace=root.namespace,
        type=(body.text("type") or "service") if kind == "Component" else "",
        title=title,
        description=body.text("description"),
        lifecycle=body.text("lifecycle"),
        owner=body.ref(body.text("owner"), "group"),
        system=body.ref(system, "system"),
        tags=_tags(body),
        relations=relations,
        links=body.links("tools"),
        annotations=_repository(body),
        aliases=[old for alias in body.texts("aliases") if (old := body.ref(alias, kind.lower()))],
        original=root.values,
        place=root.place,
    )


def _tags(body: Body) -> tuple[str, ...]:
    """Language, framework and the tags, which are pairs of key and value."""
    pairs = [f"{one.text('key')}:{text(one.values.get('value'))}".strip(":") for one in body.objects("tags", "key")]
    return tags([one for one in (body.text("language"), body.text("framework"), *pairs) if one])


def _repository(body: Body) -> dict[str, str]:
    for one in body.objects("repositories", "name"):
        name, provider = one.text("name"), one.text("provider").lower()
        if name:
            address = name if "://" in name or provider in ("", "github") else f"{_HOSTS.get(provider, '')}/{name}"
            return repository_annotations(address)
    return {}
