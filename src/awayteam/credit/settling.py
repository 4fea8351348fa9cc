"""Who settles a dispute: managers above the credited team, from the lowest unit up; never somebody with a stake."""

from collections.abc import Sequence
from datetime import datetime

from awayteam.credit.models import Dispute, Entry
from awayteam.organisation.models import Team
from awayteam.organisation.queries.tree import above
from awayteam.requests import deciders
from awayteam.requests.deciders import Level


def units_of(entry: Entry) -> Sequence[Team]:
    """The units above the credited team today; none where a person of no team has the credit."""
    return above(entry.team) if entry.team is not None else ()


def stakes(entry: Entry, opened_by: int | None) -> set[int]:
    """People who never decide: who has the credit, who gave it, who disputes it."""
    return {one for one in (entry.person_id, entry.given_by_id, opened_by) if one is not None}


def level(entry: Entry, *, opened_by: int | None, after: int | None, now: datetime) -> Level:
    """The lowest unit above `after` (None: of all) with a manager who may decide; else administrators."""
    barred = stakes(entry, opened_by)
    return deciders.level(units_of(entry), after=after, askers=barred, decided=(), now=now)


def chosen(dispute: Dispute, now: datetime) -> deciders.Chosen:
    """Those who may decide now, the one whose turn it is first."""
    units = [dispute.level] if dispute.level is not None else []
    barred = stakes(dispute.entry, dispute.opened_by_id)
    return deciders.level(units, after=None, askers=barred, decided=(), now=now).chosen


def at_or_above(dispute: Dispute, now: datetime) -> Level:
    """Who decides where nobody of the present level can any more: that unit, or the next one above with a manager."""
    units = units_of(dispute.entry)
    ids = [unit.pk for unit in units]
    rest = units[ids.index(dispute.level_id) :] if dispute.level_id in ids else units
    barred = stakes(dispute.entry, dispute.opened_by_id)
    return deciders.level(rest, after=None, askers=barred, decided=(), now=now)
