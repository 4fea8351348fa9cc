"""A small organisation for the tests of reading: all properties and presences occur, some things restricted."""

import random
from datetime import UTC, datetime, timedelta

from awayteam.catalog import facets, search
from awayteam.catalog.models import Alias, ApiOperation, Entity, EntityTag, Ownership, Presence, Relation
from awayteam.kernel.actor import Actor, ActorKind
from awayteam.organisation.models import Identity, Membership, Person, Team
from awayteam.sources.declared import RelationType
from awayteam.sources.models import Source, SourceFile

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
NOBODY = Actor(kind=ActorKind.PERSON, label="somebody")


def entity(kind: str, name: str, **values: object) -> Entity:
    """One entity, its tags included; the caller rebuilds counts and the search index when all are made."""
    ref = f"{kind}:default/{name}".lower()
    title = str(values.get("title", ""))
    values = {"first_seen_at": NOW, "changed_at": NOW, "sort_name": (title or name).casefold()} | values
    row = Entity.objects.create(ref=ref, kind=kind, name=name, **values)
    EntityTag.objects.bulk_create(EntityTag(entity=row, tag=tag) for tag in row.tags)
    return row


def team(name: str, **values: object) -> Entity:
    row = Team.objects.create(ref=f"group:default/{name}", name=name, title=str(values.get("title", "")))
    return entity("Group", name, team=row, **values)


def person(name: str, display_name: str, *handles: str) -> Entity:
    row = Person.objects.create(ref=f"user:default/{name}", name=name, display_name=display_name)
    for handle in handles:
        Identity.objects.create(
            person=row, provider="github", value=handle, value_key=handle.casefold(), created_at=NOW
        )
    return entity("User", name, title=display_name, person=row)


def relate(source: Entity, type: RelationType, target: Entity, declared_by: Entity | None = None) -> None:
    Relation.objects.create(source=source, type=type, target=target, declared_by=declared_by or source)


def ready() -> None:
    """Counts and index as imports leave them."""
    facets.rebuild()
    search.rebuild()


def named() -> dict[str, Entity]:
    """Things with names to look for, by reference."""
    payments, ledger = team("payments", title="Payments"), team("ledger")
    ada = person("ada", "Ada Großmann", "ada-l")
    Membership.objects.create(team=payments.team, person=ada.person, role="lead")
    shop = entity("System", "shop", owner=payments)
    orders = entity(
        "Component",
        "orders-api",
        title="Order Desk",
        type="service",
        lifecycle="production",
        owner=payments,
        tags=["java"],
    )
    api = entity(
        "API", "OrdersAPI", type="openapi", lifecycle="production", owner=payments, description="Takes parcels"
    )
    ApiOperation.objects.create(api=api, key="GET /baskets/{id}", verb="GET", path="/baskets/{id}", summary="Read one")
    web = entity("Component", "web", type="website", owner=ledger, system=shop, description="Shows orders to people")
    secret = entity(
        "Component", "orders-secret", type="service", owner=ledger, restricted=True, tags=["java", "hidden"]
    )
    ghost = entity("Component", "orders-ghost", presence=Presence.MISSING)
    gone = entity("Component", "orders-gone", presence=Presence.REMOVED)
    orphan = entity("Component", "orders", presence=Presence.ORPHAN, owner=ledger)
    relate(orders, RelationType.PROVIDES_API, api)
    relate(web, RelationType.CONSUMES_API, api)
    relate(secret, RelationType.CONSUMES_API, api)
    relate(web, RelationType.DEPENDS_ON, ghost)
    relate(secret, RelationType.DEPENDS_ON, orders)
    relate(orphan, RelationType.DEPENDS_ON, orders)
    relate(orphan, RelationType.DEPENDS_ON, orders, declared_by=orders)
    Ownership.objects.create(entity=orders, owner=ledger, ends=NOW - timedelta(days=30))
    Ownership.objects.create(entity=orders, owner=payments, starts=NOW - timedelta(days=30), reason="moved")
    Alias.objects.create(ref="component:default/order-service", entity=orders, since=NOW)
    ready()
    every = (payments, ledger, ada, shop, orders, api, web, secret, ghost, gone, orphan)
    return {row.ref: row for row in every}


def many(count: int = 400, seed: int = 1) -> Actor:
    """Random entities of all properties; returns a member of the first team."""
    chance = random.Random(seed)
    sources = [
        Source.objects.create(name=f"source {n}", kind="git", location=f"/{n}", created_at=NOW) for n in range(3)
    ]
    files = [SourceFile.objects.create(source=one, path="a.yaml", read_at=NOW) for one in sources]
    teams = [team(f"team-{n}", title=chance.choice(["", f"Ü-Team {n}", f"the {n}"])) for n in range(12)]
    systems = [entity("System", f"system-{n}", owner=teams[n]) for n in range(4)]
    for n in range(count):
        kind = chance.choice(["Component", "Component", "API", "Resource", "Widget"])
        place = chance.choice([0, 1, 2, None])
        entity(
            kind,
            f"thing-{chance.choice('abc')}-{n}",
            title=chance.choice(["", "", f"Title {chance.randrange(9)}"]),
            type=chance.choice(["service", "library", ""]),
            lifecycle=chance.choice(["production", "deprecated"]),
            owner=chance.choice([*teams, None]),
            system=chance.choice([*systems, None]),
            tags=sorted(set(chance.choices(["java", "go", "pci", "c++"], k=chance.randrange(3)))),
            presence=chance.choice([1, 1, 1, 1, 2, 3, 4]),
            restricted=chance.random() < 0.1,
            source=sources[place] if place is not None else None,
            file=files[place] if place is not None else None,
            document={"spec": {"tier": chance.choice([1, "gold"]), "flags": ["x", True]}, "metadata": {}},
            changed_at=NOW - timedelta(minutes=chance.randrange(50)),
        )
    ready()
    assert teams[0].team_id is not None
    return Actor(kind=ActorKind.PERSON, label="member", teams=frozenset({teams[0].team_id}))
