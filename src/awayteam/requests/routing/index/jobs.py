"""When the tables of routing are brought up to date."""

from datetime import datetime

from awayteam.kernel import jobs
from awayteam.requests.routing.index import entities, files

EVERY_SECONDS = 5.0
LEASE_SECONDS = 2 * 3600


def bring_up_to_date(now: datetime) -> int:
    """Index what changed in the catalog and in repositories; returns how many entities and repositories."""
    return entities.refresh(now) + files.refresh(now)


def pending(now: datetime) -> bool:
    return entities.pending(now) or files.pending(now)


JOB = jobs.Job("requests.route-index", EVERY_SECONDS, bring_up_to_date, pending=pending, lease_seconds=LEASE_SECONDS)
