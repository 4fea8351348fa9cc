"""What a limit would have done to past use."""

from dataclasses import dataclass
from datetime import datetime

from awayteam.catalog.models import Entity
from awayteam.catalog.permissions import visible
from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor
from awayteam.quotas import past, rules
from awayteam.quotas.models import Limit
from awayteam.quotas.rules import Preview, Rate, Unit


@dataclass(frozen=True, slots=True)
class PreviewTold:
    """A preview for each consumer that asked in these days, whoever would have been limited most first.

    `since` and `until` are hours since 1970; `until` is the hour that isn't over yet.
    """

    rate: Rate
    since: int
    until: int
    consumers: tuple[tuple[Entity, Preview], ...]

    @property
    def calls(self) -> int:
        return sum(one.calls for _, one in self.consumers)

    @property
    def least(self) -> int:
        return sum(one.least for _, one in self.consumers)

    @property
    def most(self) -> int:
        return sum(one.most for _, one in self.consumers)

    @property
    def limited(self) -> int:
        """Consumers that it would have limited at all, at most."""
        return sum(one.most > 0 for _, one in self.consumers)


def preview_of(actor: Actor, limit: Limit, now: datetime) -> PreviewTold:
    """The preview of a limit as it is set."""
    rate = Rate(limit.requests, Unit(limit.unit), limit.burst)
    return preview(actor, limit.api, limit.consumer, limit.operation, rate, now)


def preview(
    actor: Actor, api: Entity, consumer: Entity | None, operation: str, rate: Rate, now: datetime
) -> PreviewTold:
    """What `rate` would have done: to one consumer, or (None) to each that has no limit of its own.

    Consumers that the actor may not see are left out.
    """
    book = rulebook.current().quotas
    until = past.hour_of(now)
    since = until - book.preview_days * 24
    only = [consumer.pk] if consumer is not None else None
    series = past.hourly(api, since=since, until=until, consumers=only, operation=operation)
    if consumer is None:
        named = Limit.objects.filter(api=api, operation=operation, consumer__isnull=False)
        for pk in named.values_list("consumer_id", flat=True):
            series.pop(pk, None)
    entities = visible(actor, Entity.objects.all(), now).in_bulk(list(series))
    made = [
        (entities[pk], rules.preview(rate, list(counts.items()), peak_factor=book.peak_factor))
        for pk, counts in series.items()
        if pk in entities
    ]
    made.sort(key=lambda pair: (-pair[1].most, -pair[1].calls, pair[0].sort_name))
    return PreviewTold(rate, since, until, tuple(made))
