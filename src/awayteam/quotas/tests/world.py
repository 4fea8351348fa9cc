"""The town with an API of orders that is limited: `web` of payments and `batch` of search call it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from awayteam.catalog.models import ApiOperation, Entity, Relation
from awayteam.kernel.actor import Actor
from awayteam.kernel.models import Event
from awayteam.notifications.models import Notification
from awayteam.quotas import actions
from awayteam.quotas.models import Count, Limit, Revision, Spike
from awayteam.quotas.rules import Unit
from awayteam.requests.tests.town import NOON, Town, found, service
from awayteam.sources.declared import RelationType

ONE = "GET /orders/{id}"


@dataclass
class World:
    town: Town
    api: Entity
    service: Entity
    web: Entity
    batch: Entity

    def actor(self, name: str, now: datetime = NOON) -> Actor:
        return self.town.actor(name, now)

    def set(self, who: str = "olga", consumer: Entity | None = None, operation: str = "", **more: Any) -> Limit:
        rate = more.pop("rate", (100, Unit.SECOND, None))
        now = more.pop("now", NOON)
        return actions.set_limit(
            more.pop("api", self.api), consumer, operation, rate, actor=self.actor(who, now), now=now,
            reason=more.pop("reason", "Enough for them."), **more,
        )  # fmt: skip

    def use(self, limit: Limit, hour: int, allowed: int) -> None:
        """What a proxy counted under a limit."""
        Count.objects.create(limit=limit, hour=hour, allowed=allowed)


def world() -> World:
    town = found()
    made = service(town, "orders")
    api = Entity.objects.create(
        ref="api:default/orders", kind="API", namespace="default", name="orders", owner=made.owner, sort_name="orders",
        changed_at=NOON, first_seen_at=NOON,
    )  # fmt: skip
    Relation.objects.create(type=RelationType.PROVIDES_API, source=made, target=api, declared_by=made)
    operations = [(ONE, "get", "/orders/{id}"), ("GET /orders", "get", "/orders"), ("orders.created", "", "")]
    for place, (key, verb, path) in enumerate(operations):
        ApiOperation.objects.create(api=api, key=key, verb=verb, path=path, position=place)
    return World(town, api, made, service(town, "web", "payments"), service(town, "batch", "search"))


def everything() -> list[object]:
    """All that quotas keep, to see that nothing changed."""
    rows: list[object] = [list(model.objects.order_by("pk").values()) for model in (Limit, Spike, Revision, Count)]
    return [*rows, Event.objects.count(), Notification.objects.count()]
