"""How limits are said."""

from awayteam.quotas.models import Limit
from awayteam.quotas.rules import Rate, SpikeState, State, Unit

STATE_SAYS = {
    State.SHADOW: "Proxies count what they would limit, and let everything through.",
    State.ENFORCED: "Proxies answer 429 to what is over the limit.",
    State.OFF: "Proxies know nothing of it.",
}
STATE_SIGNS = {
    State.SHADOW: ("quiet", "half"), State.ENFORCED: ("good", "disc"), State.OFF: ("quiet", "ring"),
}  # fmt: skip
SPIKE_WORDS = {
    SpikeState.OPEN: "open", SpikeState.SHADOW: "limited in shadow", SpikeState.ENFORCED: "limited",
    SpikeState.PLANNED: "planned",
}  # fmt: skip


def rate_words(rate: Rate) -> str:
    """ "100 per second, 500 at once"."""
    return f"{rate.requests:,} per {rate.unit}, {rate.burst:,} at once"


def short_rate(limit: Limit) -> str:
    return rate_words(Rate(limit.requests, Unit(limit.unit), limit.burst))


def label_of(limit: Limit) -> str:
    """What people call a limit: "checkout on Orders, GET /orders/{id}"."""
    whose = str(limit.consumer) if limit.consumer is not None else "everybody else"
    what = f", {limit.operation}" if limit.operation else ""
    return f"{whose} on {limit.api}{what}"[:300]
