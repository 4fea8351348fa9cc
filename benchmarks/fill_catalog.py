"""Fills an empty database with a catalog of any size, as imports would leave it; the same for the same size."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from awayteam.catalog import facets, search
from awayteam.catalog.models import ApiOperation, Entity, EntityTag, Ownership, Relation
from awayteam.kernel import bulk
from awayteam.organisation.models import Membership, Person, Team
from awayteam.sources.declared import RelationType
from awayteam.sources.models import Source, SourceFile

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
FIRST = [
    "payment",
    "order",
    "invoice",
    "ledger",
    "shipping",
    "parcel",
    "stock",
    "warehouse",
    "basket",
    "checkout",
    "price",
    "tax",
    "refund",
    "customer",
    "profile",
    "address",
    "consent",
    "mail",
    "message",
    "push",
    "search",
    "index",
    "recommend",
    "rank",
    "review",
    "rating",
    "image",
    "video",
    "audio",
    "stream",
    "event",
    "log",
    "metric",
    "trace",
    "alert",
    "budget",
    "quota",
    "limit",
    "gateway",
    "proxy",
    "edge",
    "cache",
    "session",
    "token",
    "identity",
    "login",
    "audit",
    "policy",
    "risk",
    "fraud",
    "credit",
    "loan",
    "card",
    "bank",
    "transfer",
    "currency",
    "report",
    "export",
    "import",
    "archive",
    "backup",
    "catalog",
    "product",
    "variant",
    "supplier",
    "purchase",
    "contract",
]
SECOND = [
    "service",
    "api",
    "worker",
    "store",
    "sync",
    "bridge",
    "reader",
    "writer",
    "engine",
    "hub",
    "portal",
    "loader",
    "mapper",
    "router",
    "planner",
]
TAGS = [f"{a}-{b}" for a in ("java", "go", "python", "tier", "pci", "legacy", "cloud", "team") for b in range(25)]
LIFECYCLES = ["production"] * 7 + ["experimental", "deprecated", "production"]
SHARES = (("Component", 0.40), ("API", 0.27), ("Resource", 0.20), ("System", 0.05), ("Domain", 0.003), ("User", 0.04))
TYPES = {
    "Component": ["service"] * 6 + ["website", "library", "job"],
    "API": ["openapi"] * 5 + ["grpc", "asyncapi", "graphql"],
    "Resource": ["database", "queue", "bucket", "topic"],
    "System": ["product"],
    "Domain": ["area"],
    "User": [""],
}
COLUMNS = [
    "id",
    "ref",
    "kind",
    "namespace",
    "name",
    "title",
    "description",
    "type",
    "lifecycle",
    "owner_id",
    "system_id",
    "team_id",
    "person_id",
    "tags",
    "presence",
    "restricted",
    "sort_name",
    "source_id",
    "file_id",
    "document_index",
    "line",
    "document",
    "content_hash",
    "first_seen_at",
    "changed_at",
]


def fill(entities: int = 250_000, teams: int = 1_000, relations: int = 1_000_000) -> None:
    """Rows of all tables that reading needs, facets and the search index included."""
    chance = random.Random(entities)
    with transaction.atomic():
        sources, files = _sources()
        groups = _teams(teams)
        kinds = _entities(chance, entities, groups, sources, files)
        _relations(chance, relations, kinds)
        facets.rebuild()
    for start in range(1, entities + 1, 25_000):
        search.reindex(range(start, min(entities, start + 24_999) + 1))
    search.optimise()
    bulk.advance_sequence(Entity, Team, Person, Relation, EntityTag, ApiOperation, Ownership, Membership)


def _sources() -> tuple[list[int], list[int]]:
    sources, files = [], []
    for n in range(20):
        source = Source.objects.create(name=f"source {n}", kind="git", location=f"/srv/{n}", created_at=NOW)
        file = SourceFile.objects.create(source=source, path="catalog-info.yaml", format="backstage", read_at=NOW)
        sources.append(source.pk)
        files.append(file.pk)
    return sources, files


def _teams(teams: int) -> list[int]:
    units = max(1, teams // 20)
    rows = []
    for n in range(1, teams + 1):
        is_unit = n <= units
        parent = None if n == 1 else (1 if is_unit else 1 + n % units)
        name = f"{FIRST[n % len(FIRST)]}-{'unit' if is_unit else 'team'}-{n}"
        rows.append((n, f"group:default/{name}", name, "", is_unit, "", True, parent, "", "{}", "", "", "", "", "{}"))
    columns = "id ref name title is_unit type declared parent_id mission contacts email picture"
    bulk.insert(Team, [*columns.split(), "on_call_url", "time_zone", "calendar"], rows)
    return list(range(1, teams + 1))


def _entities(
    chance: random.Random, entities: int, groups: list[int], sources: list[int], files: list[int]
) -> dict[str, range]:
    kinds, start = {"Group": range(1, len(groups) + 1)}, len(groups) + 1
    for kind, share in SHARES:
        count = int(entities * share)
        kinds[kind] = range(start, start + count)
        start += count
    kinds["Location"] = range(start, entities + 1)
    people = [(n, f"user:default/person-{n}", f"person-{n}", f"Person {n}", "", "", True, "") for n in kinds["User"]]
    bulk.insert(Person, ["id", "ref", "name", "display_name", "email", "picture", "declared", "time_zone"], people)
    bulk.insert(
        Membership,
        ["team_id", "person_id", "role", "reason", "declared_by"],
        [(1 + n % len(groups), n, "member", "", "") for n in kinds["User"]],
    )
    tags: list[tuple[str, int]] = []
    operations: list[tuple[Any, ...]] = []
    owned: list[tuple[Any, ...]] = []
    names = {n: f"{FIRST[n % len(FIRST)]}-{'unit' if n <= len(groups) // 20 else 'team'}-{n}" for n in groups}

    def rows() -> Iterator[tuple[Any, ...]]:
        for kind, ids in kinds.items():
            for n in ids:
                yield _entity(chance, kind, n, names, kinds, sources, files, tags, operations, owned)

    bulk.insert(Entity, COLUMNS, rows())
    bulk.insert(EntityTag, ["tag", "entity_id"], tags)
    bulk.insert(
        ApiOperation, ["api_id", "key", "verb", "path", "summary", "deprecated", "tags", "position"], operations
    )
    bulk.insert(Ownership, ["entity_id", "owner_id", "reason"], owned)
    return kinds


def _entity(chance, kind, n, names, kinds, sources, files, tags, operations, owned):  # type: ignore[no-untyped-def]
    word = f"{chance.choice(FIRST)}-{chance.choice(FIRST)}-{chance.choice(SECOND)}"
    name = names[n] if kind == "Group" else f"person-{n}" if kind == "User" else f"{word}-{n}"
    title = f"Person {n}" if kind == "User" else word.replace("-", " ").title() if chance.random() < 0.3 else ""
    description = " ".join(chance.choices(FIRST + SECOND, k=12)).capitalize() + "."
    owner = system = None
    if kind not in ("Group", "User", "Location"):
        owner = chance.randint(len(names) // 20 + 1, len(names))
        owned.append((n, owner, ""))
        if kind in ("Component", "API", "Resource"):
            system = chance.choice(kinds["System"])
    own = sorted(set(chance.choices(TAGS, k=2))) if owner else []
    tags += [(tag, n) for tag in own]
    if kind == "API":
        for place in range(4):
            path = f"/{word.split('-')[0]}/{place}/{chance.choice(FIRST)}"
            operations.append((n, f"GET {path}", "GET", path, f"Read the {chance.choice(FIRST)}", False, "[]", place))
    type_ = chance.choice(TYPES.get(kind, [""]))
    lifecycle = chance.choice(LIFECYCLES) if kind in ("Component", "API") else ""
    place = (owner or n) % len(sources)
    document = {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": kind,
        "metadata": {
            "name": name,
            "description": description,
            "tags": own,
            "annotations": {"github.com/project-slug": f"org/{name}"},
        },
        "spec": {"type": type_, "lifecycle": lifecycle, "owner": names.get(owner, "")},
    }
    presence = 1 if chance.random() < 0.99 else 2
    changed = NOW - timedelta(minutes=chance.randrange(500_000))
    return (
        *(
            n,
            f"{kind.lower()}:default/{name}",
            kind,
            "default",
            name,
            title,
            description,
            type_,
            lifecycle,
            owner,
            system,
        ),
        *(n if kind == "Group" else None, n if kind == "User" else None, json.dumps(own), presence),
        *(
            chance.random() < 0.002 and owner is not None,
            (title or name).casefold(),
            sources[place],
            files[place],
            n,
            1,
        ),
        *(json.dumps(document), "", NOW - timedelta(days=400), changed),
    )


def _relations(chance: random.Random, relations: int, kinds: dict[str, range]) -> None:
    """Owners, systems, members, and between services and APIs as many as are left; a few hubs have thousands."""

    held = list(Entity.objects.filter(owner__isnull=False).values_list("pk", "owner_id", "system_id"))

    def rows() -> Iterator[tuple[int, int, int, int, int]]:
        left = relations
        for pk, owner, system in held:
            yield RelationType.OWNED_BY, 1, pk, owner, pk
            left -= 1
            if system:
                yield RelationType.PART_OF, 1, pk, system, pk
                left -= 1
        components, apis, resources = kinds["Component"], kinds["API"], kinds["Resource"]
        for api in apis:
            provider = chance.choice(components)
            yield RelationType.PROVIDES_API, 1, provider, api, provider
            left -= 1
        hubs = [chance.choice(components) for _ in range(20)]
        while left > 0:
            source = chance.choice(components)
            dice = chance.random()
            if dice < 0.5:
                yield RelationType.CONSUMES_API, 1, source, chance.choice(apis), source
            elif dice < 0.65:
                yield RelationType.DEPENDS_ON, 1, source, chance.choice(resources), source
            else:
                target = chance.choice(hubs) if dice > 0.9 else chance.choice(components)
                yield RelationType.DEPENDS_ON, 1, source, target, source
            left -= 1

    bulk.insert(Relation, ["type", "origin", "source_id", "target_id", "declared_by_id"], rows())
