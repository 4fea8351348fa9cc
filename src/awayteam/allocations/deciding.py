"""Who decides about an allocation: the provider's team, then managers above it; never whoever asked."""

from datetime import datetime

from awayteam.allocations.models import Allocation
from awayteam.organisation.queries.tree import above
from awayteam.requests import deciders
from awayteam.requests.deciders import Chosen, Level


def _askers(row: Allocation) -> list[int]:
    return [row.asked_by_id] if row.asked_by_id is not None else []


def home(row: Allocation, now: datetime) -> Chosen:
    """Those of the provider's team who may decide, the one whose turn it is first."""
    return deciders.deciders(row.home_team, askers=_askers(row), asking_teams=_asking(row), now=now)


def _asking(row: Allocation) -> list[int]:
    """The asking team, as a side that doesn't decide; none where a team asks itself."""
    return [row.asking_team_id] if row.asking_team_id != row.home_team_id else []


def manager(row: Allocation, now: datetime, *, after: int | None) -> Level:
    """The lowest unit above the provider's team, and above the unit `after`, with a manager who may decide."""
    return deciders.level(above(row.home_team), after=after, askers=_askers(row), decided=(), now=now)


def of_level(row: Allocation, now: datetime) -> Chosen:
    """Those who may decide at the level that is asked now."""
    units = [row.unit] if row.unit is not None else []
    return deciders.level(units, after=None, askers=_askers(row), decided=(), now=now).chosen
