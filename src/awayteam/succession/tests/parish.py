"""A town with use that was observed: ledger-api of orders is called by payments alone, for all of a quarter."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from awayteam.catalog.models import Entity, Ownership, Relation
from awayteam.catalog.tests.world import ready
from awayteam.kernel import clocks
from awayteam.organisation.models import Team
from awayteam.requests.tests.town import NOON, Town, found, service
from awayteam.sources.declared import RelationType
from awayteam.succession.models import Succession
from awayteam.usage.models import Coverage, Edge, Evidence, Name, Operation

DAY = timedelta(days=1)
__all__ = ["DAY", "NOON", "Parish", "parish"]


def hour(at: datetime) -> int:
    return int(at.timestamp()) // 3600


class Parish:
    """orders (olga decides) owns ledger; payments (pia leads) uses it by `till`; mona manages both, dana all."""

    def __init__(self) -> None:
        self.town: Town = found()
        for name in ("division", "commerce", "discovery", "payments", "search"):
            group(self.town, name)
        self.ledger = thing(self.town, "ledger", "orders")
        self.till = thing(self.town, "till", "payments")
        self.finder = thing(self.town, "finder", "search")
        self.names: dict[str, Name] = {}
        ready()

    def team(self, name: str) -> Team:
        return Team.objects.get(ref=f"group:default/{name}")

    def actor(self, name: str, now: datetime = NOON):  # type: ignore[no-untyped-def]
        return self.town.actor(name, now)

    def name(self, entity: Entity | str, now: datetime = NOON) -> Name:
        text = entity if isinstance(entity, str) else entity.name
        if text not in self.names:
            self.names[text] = Name.objects.create(
                text=text, kind="service", entity=None if isinstance(entity, str) else entity,
                first_hour=hour(now - 200 * DAY), last_hour=hour(now),
            )  # fmt: skip
        return self.names[text]

    def uses(
        self, consumer: Entity | str, provider: Entity | None = None, *, calls: float = 5_000, now: datetime = NOON,
        sampling: float | None = 1.0, source: str = "envoy", last: datetime | None = None,
    ) -> Edge:  # fmt: skip
        """What telemetry saw: `consumer` called `provider` (ledger) until `last`."""
        to, by = self.name(provider or self.ledger, now), self.name(consumer, now)
        how, _ = Evidence.objects.get_or_create(name=source)
        what, _ = Operation.objects.get_or_create(provider=to, text="GET /entries", kind="service")
        edge, _ = Edge.objects.update_or_create(
            consumer=by, operation=what, source=how,
            defaults={
                "provider": to, "calls": calls, "seen": int(calls), "sampling": sampling, "summarised_at": now,
                "first_seen": now - 150 * DAY, "last_seen": last or now - timedelta(hours=2),
            },
        )  # fmt: skip
        return edge

    def covered(
        self, *, days: int = 120, now: datetime = NOON, source: str = "envoy", without: Iterable[int] = (),
        unpaired: int = 0,
    ) -> None:  # fmt: skip
        """Every hour of the last `days` was seen, but for the days `without` (counted back from now)."""
        how, _ = Evidence.objects.get_or_create(name=source)
        for back in range(days + 1):
            day = (now - back * DAY).replace(hour=0, minute=0)
            if back in without or Coverage.objects.filter(source=how, day=day.date()).exists():
                continue
            Coverage.objects.create(
                source=how, day=day.date(), first_hour=hour(day), last_hour=hour(day) + 23, spans=1_000,
                paired=1_000 - unpaired, unpaired=unpaired,
            )  # fmt: skip

    def sole(self, now: datetime = NOON) -> None:
        """Good evidence that payments alone uses ledger."""
        self.covered(now=now)
        self.uses(self.till, now=now)

    def wait(self, row: Succession, now: datetime, days: float = 30) -> datetime:
        """Let the clocks that are due by then run, at the moment at which the row's own is."""
        at = now + days * DAY
        row.refresh_from_db()
        if row.due_at is not None and row.due_at <= at:
            at = row.due_at + timedelta(minutes=1)
        clocks.run_due(at)
        row.refresh_from_db()
        return at

    def owner(self, entity: Entity | None = None) -> str:
        return Entity.objects.select_related("owner").get(pk=(entity or self.ledger).pk).owner.name  # type: ignore[union-attr]


def group(town: Town, name: str) -> Entity:
    return Entity.objects.get_or_create(
        ref=f"group:default/{name}",
        defaults={"kind": "Group", "name": name, "team": town.team(name), "sort_name": name, "changed_at": NOON,
                  "first_seen_at": NOON},
    )[0]  # fmt: skip


def thing(town: Town, name: str, owner: str) -> Entity:
    """A service with its dated owner, as an import writes it."""
    row = service(town, name, owner)
    Ownership.objects.create(entity=row, owner=row.owner, starts=None)
    Relation.objects.create(type=RelationType.OWNED_BY, source=row, target=row.owner, declared_by=row)
    return row


def parish() -> Parish:
    return Parish()
