"""Looking for spikes, some minutes after each hour."""

from datetime import datetime

from awayteam.kernel.jobs import Job
from awayteam.quotas.actions.noting import find_spikes


def _pending(now: datetime) -> bool:
    """Counts of an hour are whole some minutes after it."""
    return now.minute >= 5


SPIKES = Job("quotas.spikes", 900, find_spikes, pending=_pending)
