"""Keeps the tables of routing in line with repositories and the catalog; a periodic job, and at hand for tests."""

from awayteam.requests.routing.index.entities import refresh as refresh_entities
from awayteam.requests.routing.index.files import refresh as refresh_files
from awayteam.requests.routing.index.jobs import JOB, bring_up_to_date

__all__ = ["JOB", "bring_up_to_date", "refresh_entities", "refresh_files"]
