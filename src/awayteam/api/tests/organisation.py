"""A small organisation for the tests of the interfaces.

Group `payments` (Ada leads it, Bob is a member) owns `orders`, the restricted `vault` and the API `orders-api`; unit
`engineering` (managed by Mia) is above it; group `search` (Sam is a member) owns `finder`, which uses `orders-api` and
depends on `vault`. `legacy` has no owner. Eve belongs to no team; Zoe is an administrator.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from awayteam.accounts import rules
from awayteam.accounts.models import ApiToken, User
from awayteam.catalog.models import ApiOperation, Entity, EntityTag, Ownership, Presence, Relation
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.events import EventName, Subject, append
from awayteam.organisation.models import Identity, Membership, Person, Role, Team
from awayteam.sources.declared import RelationType
from awayteam.sources.models import Finding, Source, SourceFile, SourceKind
from awayteam.usage.models import Edge, Evidence, Name, Operation

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
SECRET = "vault"
PEOPLE = ("ada", "bob", "eve", "mia", "sam", "zoe")


@dataclass
class Organisation:
    entities: dict[str, Entity]
    teams: dict[str, Team]
    people: dict[str, Person]
    users: dict[str, User]
    source: Source

    def client(self, name: str, *scopes: str) -> Client:
        """A client with a token of this person; with "read" and "write" unless other scopes are given."""
        held = list(scopes or ("read", "write"))
        secret = f"awat_{name}-{'-'.join(held)}"
        now = timezone.now()
        ApiToken.objects.get_or_create(
            digest=rules.digest(secret),
            defaults={
                "user": self.users[name],
                "name": "test",
                "prefix": secret[:12],
                "scopes": held,
                "created_at": now,
                "expires_at": now + timedelta(days=1),
            },
        )
        return Client(headers={"Authorization": f"Bearer {secret}"})


class Builder:
    def __init__(self) -> None:
        self.source = Source.objects.create(
            name="main", kind=SourceKind.FOLDER, location="/srv/catalog", created_at=NOW, last_success_at=NOW
        )
        self.file = SourceFile.objects.create(
            source=self.source, path="all.yaml", format="backstage", content_hash="h", read_at=NOW, good_at=NOW
        )
        self.entities: dict[str, Entity] = {}

    def entity(self, kind: str, name: str, type: str = "", owner: str = "", **more: Any) -> Entity:
        default = {"Group": "group", "User": "user"}.get(kind, kind.lower())
        spec = {
            key: value
            for key, value in {"type": type, "owner": owner, "lifecycle": more.get("lifecycle")}.items()
            if value
        }
        metadata = {"name": name, **({"tags": more["tags"]} if "tags" in more else {})}
        metadata |= {"title": more["title"]} if "title" in more else {}
        metadata |= {"annotations": more.pop("annotations")} if "annotations" in more else {}
        spec |= more.pop("spec", {})
        row = Entity.objects.create(
            ref=f"{default}:default/{name.lower()}",
            kind=kind,
            name=name,
            type=type,
            owner=self.entities.get(owner),
            sort_name=(more.get("title") or name).casefold(),
            source=self.source,
            file=self.file,
            line=1,
            document={"apiVersion": "backstage.io/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec},
            first_seen_at=NOW,
            changed_at=NOW,
            **more,
        )
        self.entities[name] = row
        if owner:
            Ownership.objects.create(entity=row, owner=self.entities[owner], source=self.source)
            self.edge(RelationType.OWNED_BY, name, owner)
        for tag in more.get("tags", []):
            EntityTag.objects.create(entity=row, tag=tag)
        append(EventName.ENTITY_CREATED, subject=Subject("entity", row.pk, row.ref), actor=SYSTEM, now=NOW)
        return row

    def edge(self, type: RelationType, source: str, target: str) -> None:
        ends = self.entities[source], self.entities[target]
        Relation.objects.create(type=type, source=ends[0], target=ends[1], declared_by=ends[0])


def build() -> Organisation:
    builder = Builder()
    teams, people, users = {}, {}, {}
    for name, is_unit, parent in [
        ("engineering", True, ""),
        ("payments", False, "engineering"),
        ("search", False, "engineering"),
    ]:
        teams[name] = Team.objects.create(
            ref=f"group:default/{name}", name=name, title=name.title(), is_unit=is_unit, parent=teams.get(parent)
        )
        builder.entity("Group", name, "unit" if is_unit else "team", team=teams[name], title=name.title())
        if parent:
            builder.edge(RelationType.CHILD_OF, name, parent)
    for name in PEOPLE:
        people[name] = Person.objects.create(
            ref=f"user:default/{name}", name=name, display_name=name.title(), email=f"{name}@example.org"
        )
        builder.entity("User", name, person=people[name])
        users[name] = User.objects.create_user(name, person=people[name], is_superuser=name == "zoe")
    Identity.objects.create(person=people["ada"], provider="github", value="Ada", value_key="ada", created_at=NOW)
    for team, name, role in [
        ("payments", "ada", Role.LEAD),
        ("payments", "bob", Role.MEMBER),
        ("engineering", "mia", Role.MANAGER),
        ("search", "sam", Role.MEMBER),
    ]:
        Membership.objects.create(team=teams[team], person=people[name], role=role)
        builder.edge(RelationType.MEMBER_OF, name, team)
    _services(builder)
    _use(builder)
    Finding.objects.create(
        source=builder.source, file=builder.file, path="all.yaml", line=7, message="The tag is no tag.",
        entity="component:default/orders", found_at=NOW,
    )  # fmt: skip
    Finding.objects.create(
        source=builder.source, file=builder.file, path="all.yaml", line=9, message="The tag is no tag.",
        entity="component:default/vault", found_at=NOW,
    )  # fmt: skip
    _count_facets()
    _index(builder.entities)
    return Organisation(builder.entities, teams, people, users, builder.source)


def _services(builder: Builder) -> None:
    builder.entity("System", "shop", owner="payments")
    builder.entity(
        "Component", "orders", "service", "payments", title="Order Service", description="Takes orders",
        lifecycle="production", tags=["java", "tier-1"], system=builder.entities["shop"],
        annotations={"github.com/project-slug": "example/orders"},
        spec={"providesApis": ["orders-api"], "system": "shop"},
    )  # fmt: skip
    builder.entity(
        "Component", SECRET, "service", "payments", restricted=True, lifecycle="production", tags=["hidden-tag"],
        title="Vault of Secrets", description="hush",
    )  # fmt: skip
    api = builder.entity(
        "API", "orders-api", "openapi", "payments", lifecycle="production", spec={"definition": "openapi: 3.0.0"}
    )
    ApiOperation.objects.create(api=api, key="GET /orders", verb="GET", path="/orders", summary="List", position=0)
    ApiOperation.objects.create(api=api, key="GET /old", verb="GET", path="/old", deprecated=True, position=1)
    builder.entity("Component", "finder", "service", "search", lifecycle="experimental")
    builder.entity("Component", "legacy", "website", presence=Presence.ORPHAN, orphaned_at=NOW)
    builder.entity("Resource", "ghost", presence=Presence.MISSING)
    for type, source, target in [
        (RelationType.PROVIDES_API, "orders", "orders-api"),
        (RelationType.CONSUMES_API, "finder", "orders-api"),
        (RelationType.DEPENDS_ON, "finder", SECRET),
        (RelationType.DEPENDS_ON, "orders", SECRET),
        (RelationType.DEPENDS_ON, "finder", "ghost"),
        (RelationType.PART_OF, "orders", "shop"),
    ]:
        builder.edge(type, source, target)


def _use(builder: Builder) -> None:
    """`finder` and `vault` call `orders`, and `orders` calls `vault`, as telemetry saw them just now."""
    now = timezone.now()
    hour = int(now.timestamp()) // 3600
    names = {
        name: Name.objects.create(
            text=name, kind="service", entity=builder.entities[name], how="rule", first_hour=hour, last_hour=hour
        )
        for name in ("finder", "orders", SECRET)
    }
    source = Evidence.objects.create(name="otlp")
    for consumer, provider, text in [("finder", "orders", "GET /orders"), (SECRET, "orders", "GET /old"),
                                     ("orders", SECRET, "hush")]:  # fmt: skip
        operation = Operation.objects.create(provider=names[provider], text=text, kind="service")
        Edge.objects.create(
            consumer=names[consumer], provider=names[provider], operation=operation, source=source, calls=5, seen=5,
            sampling=1.0, first_seen=now, last_seen=now, summarised_at=now,
        )  # fmt: skip


def _count_facets() -> None:
    from awayteam.catalog import facets

    facets.rebuild()


def _index(entities: dict[str, Entity]) -> None:
    from awayteam.catalog import search

    search.reindex([entity.pk for entity in entities.values()])
