"""When the tables of routing are brought up to date."""

from datetime import datetime

from awayteam.kernel import jobs
from awayteam.requests import similar
from awayteam.requests.routing.index import entities, files

EVERY_SECONDS = 5.0
LEASE_SECONDS = 2 * 3600


def bring_up_to_date(now: datetime) -> int:
    """Index what changed in the catalog and in repositories, and words of requests; returns how many were read."""
    return entities.refresh(now) + files.refresh(now) + similar.remember_missing()


def pending(now: datetime) -> bool:
    return entities.pending(now) or files.pending(now) or similar.is_incomplete()


JOB = jobs.Job("requests.route-index", EVERY_SECONDS, bring_up_to_date, pending=pending, lease_seconds=LEASE_SECONDS)
