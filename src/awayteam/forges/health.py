"""How a forge does: when it answered last, what went wrong, what its limits are. Written seldom, so that it costs
nothing."""

from datetime import datetime, timedelta

from awayteam.forges.models import Forge
from awayteam.forges.port import Client

SELDOM, OUTAGE = timedelta(seconds=10), timedelta(minutes=1)
LONGEST_ERROR = 2_000


def answered(forge: Forge, client: Client, now: datetime) -> None:
    """The forge answered. After an outage all open changes are to be looked at, as deliveries may have been lost; one
    error among answers is no outage."""
    known = Forge.objects.filter(pk=forge.pk).values_list("last_answer_at", "last_error_at").first()
    if known is None:
        return
    answer, error = known
    recovered = error is not None and (answer is None or (error >= answer and now - answer > OUTAGE))
    if not recovered and answer is not None and now - answer < SELDOM:
        return
    limits = client.limits()
    rows = Forge.objects.filter(pk=forge.pk)
    rows.update(
        last_answer_at=now, rate_limit=_count(limits.limit), rate_remaining=_count(limits.remaining),
        rate_resets_at=limits.resets_at, skew_seconds=limits.skew_seconds,
    )  # fmt: skip
    if recovered:
        rows.update(poll_wanted=True)


def _count(value: int | None) -> int | None:
    return None if value is None else max(0, min(value, 2_147_483_647))


def delivered(forge: Forge, at: datetime) -> None:
    """Something was heard from it."""
    if forge.last_delivery_at is None or at - forge.last_delivery_at > SELDOM:
        Forge.objects.filter(pk=forge.pk).update(last_delivery_at=at)


def failed(forge: Forge, says: str, now: datetime) -> None:
    """The forge didn't do what it was asked, or nothing at all came back."""
    says = says.replace("\0", "")[:LONGEST_ERROR]
    Forge.objects.filter(pk=forge.pk).update(last_error=says, last_error_at=now)
