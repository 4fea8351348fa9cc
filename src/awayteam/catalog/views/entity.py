"""The pages of one thing: overview, operations, relations, graph, history, document."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import yaml
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from awayteam.catalog import permissions, queries
from awayteam.catalog.models import Entity, Presence
from awayteam.catalog.permissions import Verb
from awayteam.catalog.queries import Neighbourhood, Node, RelationRow
from awayteam.catalog.views import graph
from awayteam.kernel import events, panels, rulebook
from awayteam.kernel.errors import NotFound
from awayteam.kernel.pages import render, thing_address
from awayteam.kernel.requests import Request
from awayteam.organisation import queries as organisation
from awayteam.sources.declared import RELATION_NAMES, RelationType

PREVIEW = 8
OPERATIONS = 100
PAGE = 50
RELATION_TITLES = {
    "ownedBy": "Owned by",
    "ownerOf": "Owns",
    "partOf": "Part of",
    "hasPart": "Parts",
    "providesApi": "APIs it offers",
    "apiProvidedBy": "Offered by",
    "consumesApi": "APIs it uses",
    "apiConsumedBy": "Used by",
    "dependsOn": "Depends on",
    "dependencyOf": "Needed by",
    "childOf": "Belongs to",
    "parentOf": "Has below it",
    "memberOf": "Member of",
    "hasMember": "Members",
}
"""What people read for a relation; a test keeps it complete."""


@dataclass(frozen=True, slots=True)
class RelationGroup:
    """Relations of one kind in one direction: the first few, and how many there are."""

    word: str
    title: str
    rows: list[RelationRow]
    count: int


def load(request: Request, namespace: str, kind: str, name: str, *, others: bool = False) -> Entity | HttpResponseBase:
    """The entity, or the way to its page where the address is a former one or spelt otherwise.

    Teams and people have pages of their own; `others` lets them in where there is no such page for them.
    """
    entity = queries.resolve(request.actor, f"{kind}:{namespace}/{name}", timezone.now())
    wanted = f"{kind}:{namespace}/{name}"
    if entity.ref != wanted or (entity.kind in ("Group", "User") and not others):
        return HttpResponseRedirect(thing_address(entity.ref))
    return entity


Counts = dict[tuple[RelationType, str], int]
"""How many other ends a thing has by relation and direction."""


def frame(request: Request, entity: Entity, tab: str, counts: Counts | None = None) -> dict[str, Any]:
    """What every page of a thing shows: header, tabs, what may be done. `counts` where they are known already."""
    now = timezone.now()
    counts = queries.relation_counts(request.actor, entity) if counts is None else counts
    operations = entity.operations.count() if entity.kind == "API" else None
    here = thing_address(entity.ref)
    tabs: list[tuple[str, str, str, int | None]] = [("overview", "Overview", here, None)]
    if operations is not None:
        tabs.append(("operations", "Operations", f"{here}operations/", operations))
    tabs += [
        ("relations", "Relations", f"{here}relations/", sum(counts.values())),
        ("graph", "Graph", f"{here}graph/", None),
        ("history", "History", f"{here}history/", None),
        ("document", "Document", f"{here}document/", None),
    ]
    declaration = queries.declaration(entity)
    return {
        "entity": entity,
        "nav_key": "apis" if entity.kind == "API" else "services",
        "tabs": tabs,
        "tab": tab,
        "relation_counts": counts,
        "owner_team": entity.owner.team if entity.owner else None,
        "declaration": declaration,
        "is_stale": _is_stale(declaration, now),
        "may_edit": permissions.can(request.actor, Verb.EDIT, entity, now),
        "may_transfer": permissions.can(request.actor, Verb.TRANSFER, entity, now),
        "presence": Presence(entity.presence).name.lower(),
    }


def _is_stale(declaration: queries.Declaration | None, now: datetime) -> bool:
    if declaration is None:
        return False
    age = declaration.age(now)
    return (
        not declaration.good or age is None or age.total_seconds() > rulebook.current().imports.stale_after_hours * 3600
    )


@require_safe
def overview(request: Request, namespace: str, kind: str, name: str) -> HttpResponseBase:
    entity = load(request, namespace, kind, name)
    if not isinstance(entity, Entity):
        return entity
    rows, counts = queries.relations_and_counts(request.actor, entity, limit=200)
    context = frame(request, entity, "overview", counts)
    around = queries.neighbourhood(request.actor, entity)
    team = context["owner_team"]
    members = organisation.members(team) if team else []
    edits = queries.edits(entity)
    spec = entity.document.get("spec") if isinstance(entity.document, dict) else None
    metadata = entity.document.get("metadata") if isinstance(entity.document, dict) else None
    context |= {
        "groups": _groups(rows, counts),
        "consumers": _layer(around, consumers=True),
        "providers": _layer(around, consumers=False),
        "left_out": around.left_out,
        "members": members,
        "leads": [row for row in members if "lead" in row.roles],
        "contradictions": [edit for edit in edits if edit.contradicts],
        "edits": edits,
        "findings": queries.findings(entity, limit=20),
        "links": _links(metadata),
        "annotations": _texts(metadata, "annotations"),
        "labels": _texts(metadata, "labels"),
        "other_facts": _other_facts(spec),
        "panels": panels.build("entity", request, entity),
    }
    if entity.kind == "API":
        context["operations"] = queries.operations(entity, limit=PREVIEW)
    return render(request, "catalog/entity.html", context)


def _groups(rows: list[RelationRow], counts: Counts) -> list[RelationGroup]:
    """The first few relations of each kind but ownership, which stands in the header."""
    found: dict[tuple[RelationType, str], list[RelationRow]] = {}
    for row in rows:
        if row.relation is not RelationType.OWNED_BY or row.direction == "in":
            found.setdefault((row.relation, row.direction), []).append(row)
    return [
        RelationGroup(some[0].type, RELATION_TITLES[some[0].type], some[:PREVIEW], counts.get(key, len(some)))
        for key, some in found.items()
    ]


def _layer(around: Neighbourhood, *, consumers: bool) -> list[tuple[Node, list[str]]]:
    """The nodes of one side, the most connected first, each with the APIs that stand between."""
    via: dict[int, list[str]] = {}
    for edge in around.edges:
        far, near = (edge.source, edge.target) if consumers else (edge.target, edge.source)
        if near == around.centre:
            via.setdefault(far, []).extend(api.label for api in edge.via)
    side = [node for node in around.nodes if (node.layer < 0 if consumers else node.layer > 0)]
    side.sort(key=lambda node: (-node.degree, node.entity.label.casefold()))
    return [(node, list(dict.fromkeys(via.get(node.entity.id, [])))) for node in side]


def _links(metadata: Any) -> list[tuple[str, str]]:
    links = metadata.get("links") if isinstance(metadata, dict) else None
    found = [link for link in links if isinstance(link, dict)] if isinstance(links, list) else []
    return [(str(link.get("title") or link.get("url") or ""), str(link.get("url") or "")) for link in found]


def _texts(metadata: Any, key: str) -> list[tuple[str, str]]:
    texts = metadata.get(key) if isinstance(metadata, dict) else None
    return sorted((str(name), str(value)) for name, value in texts.items()) if isinstance(texts, dict) else []


KNOWN_SPEC = frozenset(
    (
        *("type", "lifecycle", "owner", "system", "domain", "subcomponentOf", "subdomainOf", "providesApis"),
        *("consumesApis", "dependsOn", "dependencyOf", "definition", "implementsApis", "profile", "children"),
        *("parent", "members", "memberOf", "target", "targets", "presence"),
    )
)
"""Fields of `spec` that the page shows elsewhere."""


def _other_facts(spec: Any) -> list[tuple[str, Any]]:
    """Fields that no column holds: they are kept and shown."""
    return [(key, value) for key, value in spec.items() if key not in KNOWN_SPEC] if isinstance(spec, dict) else []


@require_safe
def operations(request: Request, namespace: str, kind: str, name: str) -> HttpResponseBase:
    entity = load(request, namespace, kind, name)
    if not isinstance(entity, Entity):
        return entity
    if entity.kind != "API":
        raise NotFound("Only APIs have operations.", "Open one of the APIs that it offers.")
    asked = {"yes": True, "no": False}.get(request.GET.get("deprecated", ""))
    text = request.GET.get("q", "").strip()
    cursor = request.GET.get("cursor") or None
    page = queries.operations(entity, text=text, deprecated=asked, cursor=cursor, limit=OPERATIONS)
    context = frame(request, entity, "operations") | {
        "page": page,
        "text": text,
        "asked": request.GET.get("deprecated", ""),
    }
    return render(request, "catalog/operations.html", context)


@require_safe
def relations(request: Request, namespace: str, kind: str, name: str) -> HttpResponseBase:
    entity = load(request, namespace, kind, name)
    if not isinstance(entity, Entity):
        return entity
    context = frame(request, entity, "relations")
    choices = [
        (words[side != "out"], RELATION_TITLES[words[side != "out"]], number, type, side)
        for (type, side), number in sorted(context["relation_counts"].items())
        for words in [RELATION_NAMES[type]]
        if number
    ]
    wanted = request.GET.get("type") or (choices[0][0] if choices else "")
    match = next((choice for choice in choices if choice[0] == wanted), None)
    if match:
        cursor = request.GET.get("cursor") or None
        context["page"] = queries.relations_page(request.actor, entity, match[3], match[4], cursor=cursor, limit=PAGE)
    context |= {"choices": choices, "wanted": wanted, "match": match}
    return render(request, "catalog/relations.html", context)


@require_safe
def graph_page(request: Request, namespace: str, kind: str, name: str) -> HttpResponseBase:
    entity = load(request, namespace, kind, name)
    if not isinstance(entity, Entity):
        return entity
    depth = 2 if request.GET.get("depth") == "2" else 1
    around = queries.neighbourhood(request.actor, entity, depth=depth)
    context = frame(request, entity, "graph") | {
        "around": around,
        "depth": depth,
        **graph.drawing(around, str(entity.owner or "")),
    }
    return render(request, "catalog/graph.html", context)


@require_safe
def history(request: Request, namespace: str, kind: str, name: str) -> HttpResponseBase:
    entity = load(request, namespace, kind, name)
    if not isinstance(entity, Entity):
        return entity
    context = frame(request, entity, "history") | {
        "events": events.history("entity", entity.pk, before=request.GET.get("cursor") or None),
        "owners": queries.ownership_history(request.actor, entity),
        "aliases": list(entity.aliases.order_by("-since")[:20]),
    }
    return render(request, "catalog/history.html", context)


@require_safe
def document(request: Request, namespace: str, kind: str, name: str) -> HttpResponse | HttpResponseBase:
    entity = load(request, namespace, kind, name)
    if not isinstance(entity, Entity):
        return entity
    text = yaml.dump(entity.document, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=110)
    return render(request, "catalog/document.html", frame(request, entity, "document") | {"text": text})
