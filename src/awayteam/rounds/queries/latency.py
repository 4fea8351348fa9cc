"""How fast home teams answer, from measured waits: never an estimate, and nothing where nothing was measured."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from django.db.models import QuerySet

from awayteam.organisation.models import Team
from awayteam.rounds.machine import State
from awayteam.rounds.models import Trip
from awayteam.rounds.rules import Latency, latency

NOT_ANSWERS = (State.WITHDRAWN.value,)


def measured(since: datetime | None = None, until: datetime | None = None) -> "QuerySet[Trip]":
    """Waits for a home team's answer that ended in that time: by an answer, or unanswered."""
    rows = Trip.objects.filter(asked_home=True, answered_at__isnull=False).exclude(ended_in__in=NOT_ANSWERS)
    if since is not None:
        rows = rows.filter(answered_at__gte=since)
    return rows.filter(answered_at__lt=until) if until is not None else rows


def latencies(
    teams: Collection[int] | None = None, *, since: datetime | None = None, until: datetime | None = None
) -> dict[int, Latency]:
    """Latency of each home team (by id) that was asked; one statement. `teams` None: of all."""
    rows = measured(since, until)
    if teams is not None:
        rows = rows.filter(home_team__in=teams)
    found: dict[int, list[tuple[int, bool]]] = defaultdict(list)
    for team, minutes, in_time in rows.order_by().values_list("home_team", "minutes", "in_time"):
        found[team].append((minutes or 0, bool(in_time)))
    return {team: latency(trips) for team, trips in found.items()}


def latency_of_team(team: Team, *, since: datetime | None = None, until: datetime | None = None) -> Latency:
    """Latency of one home team; one statement."""
    return latencies([team.pk], since=since, until=until).get(team.pk) or latency(())
