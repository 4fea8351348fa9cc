"""Stored forecasts that nobody waits for: every roadmap is planned afresh once a day, and where its store is behind."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from awayteam.kernel import jobs
from awayteam.roadmaps.actions.base import store
from awayteam.roadmaps.loading import OPEN, load, today
from awayteam.roadmaps.models import Dependency, Roadmap
from awayteam.roadmaps.rules import plan

BATCH = 100
"""Teams that are planned at once; teams that are tied together stay together however many they are."""


def due(now: datetime) -> list[int]:
    """Ids of the teams whose forecasts are of another day, or of another version of their roadmap."""
    behind = Q(forecast_on=None) | Q(forecast_on__lt=today(now)) | ~Q(forecast_version=F("version"))
    return list(Roadmap.objects.filter(behind, team__dissolved_at=None).order_by("team").values_list("team", flat=True))


def refresh(now: datetime, team_ids: Iterable[int] | None = None) -> int:
    """Plan the teams (default: those that are due) and store their forecasts; returns how many teams."""
    wanted = due(now) if team_ids is None else sorted(set(team_ids))
    for batch in batches(wanted):
        with transaction.atomic():
            versions = dict(Roadmap.objects.filter(team__in=batch).values_list("team", "version"))
            store(plan(load(batch, now, connected=False).inputs))
            for team, version in versions.items():
                Roadmap.objects.filter(team=team).update(forecast_version=version, forecast_on=today(now))
    return len(wanted)


def batches(team_ids: Iterable[int]) -> Iterator[list[int]]:
    """The teams in batches, each team together with all to which needs of open items tie it."""
    wanted = set(team_ids)
    ties: dict[int, set[int]] = defaultdict(set)
    pairs = Dependency.objects.filter(item__state__in=OPEN, needs__state__in=OPEN).exclude(item__team=F("needs__team"))
    for one, other in pairs.values_list("item__team", "needs__team").distinct():
        ties[one].add(other)
        ties[other].add(one)
    batch: list[int] = []
    done: set[int] = set()
    for team in sorted(wanted):
        if team in done:
            continue
        group, ahead = {team}, [team]
        while ahead:
            near = ties[ahead.pop()] - group
            group |= near
            ahead += near
        done |= group
        batch += sorted(group)
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def pending(now: datetime) -> bool:
    return bool(due(now))


JOB = jobs.Job("roadmaps.forecasts", 60, refresh, pending=pending, lease_seconds=1800)
