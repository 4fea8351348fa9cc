"""Cortex: `cortex.yaml`, an OpenAPI document whose `info` carries `x-cortex-*` keys."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from awayteam.sources import entities
from awayteam.sources.context import Context
from awayteam.sources.declared import Declared, DeclaredMembership, Reading, RelationType
from awayteam.sources.foreign import Body, entities_of, repository_annotations
from awayteam.sources.shapes import reference, slug, tags

NAME = "Cortex"
_SIGN = re.compile(rb"""^\s*["']?x-cortex-tag["']?\s*:""", re.MULTILINE)
_KINDS = {"service": "Component", "domain": "Domain", "team": "Group", "api": "API"}
_HOSTS = {"github": "github.com", "gitlab": "gitlab.com", "bitbucket": "bitbucket.org"}
_ROLES = {
    "lead": "lead",
    "manager": "manager",
    "engineering-manager": "manager",
    "tech-lead": "lead",
    "product-manager": "decider",
}


def recognises(path: str, data: bytes) -> bool:
    """Whether a YAML file has a Cortex tag within its first 16 KiB."""
    return PurePosixPath(path.lower()).suffix in (".yaml", ".yml") and _SIGN.search(data[:16384]) is not None


def read(path: str, data: bytes, context: Context | None = None) -> Reading:
    """One component, domain or team for each document; any other type becomes a resource of that type."""
    return entities_of(path, data, context, _build, "info and x-cortex-tag in it")


def _build(root: Body) -> Iterator[Declared]:
    info = root.inner("info")
    tag = info.text("x-cortex-tag")
    if not tag:
        root.notes.add("info.x-cortex-tag is missing; it names the entity", line=root.place.line)
        return
    type_ = info.text("x-cortex-type").lower() or "service"
    kind = _KINDS.get(type_, "Resource")
    if kind == "Group":
        yield _team(info, tag, root)
        return
    name = slug(tag)
    ref = reference(kind, name, root.namespace)
    parents = [one.ref(one.text("tag"), "domain") for one in info.objects("x-cortex-parents", "tag")]
    children = [one.ref(one.text("tag"), "component") for one in info.objects("x-cortex-children", "tag")]
    needs = [one.ref(one.text("tag"), "component") for one in info.objects("x-cortex-dependency", "tag")]
    relations = [(RelationType.PART_OF, ref, one) for one in parents if one]
    relations += [(RelationType.PART_OF, one, ref) for one in children if one]
    relations += [(RelationType.DEPENDS_ON, ref, one) for one in needs if one]
    yield entities.entity(
        kind,
        name,
        namespace=root.namespace,
        type="" if kind == "Domain" else type_,
        title=info.text("title"),
        description=info.text("description"),
        lifecycle="production" if kind == "Component" else "",
        owner=_owner(info),
        tags=tags([one.text("tag") for one in info.objects("x-cortex-groups", "tag")]),
        relations=relations,
        links=info.links("x-cortex-link"),
        annotations=_repository(info),
        original=root.values,
        place=root.place,
    )


def _owner(info: Body) -> str | None:
    """The first group among the owners, else the first person by e-mail address."""
    owners = info.objects("x-cortex-owners", "name")
    for one in owners:
        if one.text("type").lower() in ("group", "") and one.text("name"):
            return one.ref(one.text("name"), "group")
    for one in owners:
        if email := one.text("email"):
            return reference("user", slug(email.partition("@")[0]), info.namespace)
    return None


def _repository(info: Body) -> dict[str, str]:
    git = info.inner("x-cortex-git")
    for forge, host in _HOSTS.items():
        name = git.inner(forge).text("repository") if forge in git.values else ""
        if name:
            return repository_annotations(name if forge == "github" else f"https://{host}/{name}")
    return {}


def _team(info: Body, tag: str, root: Body) -> Declared:
    ref = reference("group", slug(tag), root.namespace)
    members = []
    for one in info.inner("x-cortex-team").objects("members", "email"):
        who = one.text("email").partition("@")[0] or one.text("name")
        if who:
            person = reference("user", slug(who), root.namespace)
            members.append(DeclaredMembership(ref, person, _ROLES.get(one.text("role").lower(), "member")))
    parents = [one.ref(one.text("tag"), "group") for one in info.objects("x-cortex-parents", "tag")]
    parent = next((one for one in parents if one and one != ref), None)
    return entities.group(
        slug(tag),
        namespace=root.namespace,
        title=info.text("title"),
        description=info.text("description"),
        parent=parent,
        memberships=members,
        facts={"mission": info.text("description")},
        original=root.values,
        place=root.place,
    )
