"""What the worker does for forges: a lane that reads deliveries and asks, one that publishes, and periodic looks."""

from collections.abc import Callable
from datetime import datetime, timedelta

from awayteam.forges.actions import asking, polling, reading
from awayteam.forges.models import DeliveryState, ForgeDelivery
from awayteam.forges.publishing import LANE
from awayteam.kernel import jobs, outbox, rulebook, worker

HEARING = "forges"


def hear(now: datetime, limit: int, stopping: Callable[[], bool]) -> int:
    """Read deliveries, then ask about what they told of."""
    return reading.read_due(now, limit * 4, stopping) + asking.ask_due(now, limit, stopping)


def publish(now: datetime, limit: int, stopping: Callable[[], bool]) -> int:
    return outbox.deliver_due(now, limit, stopping, lane=LANE)


def forget(now: datetime) -> int:
    """Delete deliveries that were read long ago; returns how many. A repetition after that does no harm: it asks."""
    before = now - timedelta(days=rulebook.current().forges.keep_days)
    done = ForgeDelivery.objects.filter(state=DeliveryState.DONE, done_at__lt=before)
    return done.filter(pk__in=list(done.values_list("pk", flat=True)[:5_000])).delete()[0]


def register() -> None:
    worker.register_lane(HEARING, hear)
    worker.register_lane(LANE, publish)
    jobs.register(jobs.Job("forges.poll", every_seconds=15, run=polling.poll, pending=polling.pending))
    jobs.register(jobs.Job("forges.forget-deliveries", every_seconds=3600, run=forget))
