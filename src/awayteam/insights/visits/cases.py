"""What each figure of engagements counts: one list of cases for each measure. Figures and lists are made of the same.

There are some thousands of engagements, not millions: cases are read whole, and counted in Python.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from awayteam.engagements import permissions
from awayteam.engagements.machine import SIGNED, State, Verb
from awayteam.engagements.models import Contract, Engagement, EngagementStep, Extension
from awayteam.handovers.models import Defect, Handover
from awayteam.insights.scope import Scope
from awayteam.insights.visits.paths import PATH_WORDS, paths
from awayteam.rounds.models import Trip


@dataclass(frozen=True, slots=True)
class Case:
    """One case: of the visit `engagement` (None for a request that needed none), from `away` to `home` (team ids).

    `value` is in the measure's unit. `number` names it within its kind, for links: the engagement or the request.
    """

    key: tuple[str, int]
    title: str
    away: int | None
    home: int
    at: datetime
    group: str
    value: int | None = None


@dataclass(frozen=True, slots=True)
class VisitMeasure:
    """One thing that is counted. `cases(scope, start, end)` are those of [start, end); `groups` the words of groups."""

    key: str
    title: str
    says: str
    cases: Callable[[Scope, datetime, datetime], list[Case]]
    unit: str = ""
    groups: Mapping[str, str] = field(default_factory=dict)
    when: str = "When"


def seen(scope: Scope, path: str = "") -> Q:
    """The condition on rows that belong to an engagement (`path` is the way to it): visible, at home in the scope, and
    for a request of the kind that is asked for, if any."""
    within = f"{path}__" if path else ""
    visible = permissions.visible(scope.actor, Engagement.objects.order_by(), scope.now).values("pk")
    found = Q(**{f"{within}pk__in": visible})
    if scope.homes is not None:
        found &= Q(**{f"{within}home_team__in": sorted(scope.homes)})
    if scope.asked.kind:
        found &= Q(**{f"{within}request__kind": scope.asked.kind})
    return found


def _of(row: Engagement, at: datetime, group: str = "", value: int | None = None) -> Case:
    key = ("engagement", row.pk)
    return Case(key, row.title, row.away_team_id, row.home_team_id, at, group, value)


def _between(name: str, start: datetime, end: datetime) -> Q:
    return Q(**{f"{name}__gte": start, f"{name}__lt": end})


def _begun(scope: Scope, start: datetime, end: datetime) -> list[Case]:
    rows = Engagement.objects.filter(seen(scope), _between("began_at", start, end))
    return [_of(row, row.began_at) for row in rows if row.began_at is not None]


def _answered(scope: Scope, start: datetime, end: datetime) -> list[Case]:
    rows = Trip.objects.filter(seen(scope, "round__engagement"), _between("answered_at", start, end), asked_home=True)
    return [
        Case(
            ("engagement", row.round.engagement_id), f"{row.round.engagement.title}: {row.round}",
            row.round.engagement.away_team_id, row.home_team_id, row.answered_at,
            "in-time" if row.in_time else "late", row.minutes,
        )
        for row in rows.select_related("round__engagement")
        if row.answered_at is not None
    ]  # fmt: skip


BEGUN = sorted(state.value for state in SIGNED - {State.PRODUCTION, State.WARRANTY})
END_GROUPS = {Verb.WITHDRAW.value: "withdrawn", Verb.EXPIRE.value: "expired"}


def _ended(scope: Scope, start: datetime, end: datetime) -> list[Case]:
    """Signed visits by how they ended; an accepted handover is the end of the work."""
    last = Q(verb=Verb.ACCEPT.value) | Q(target__in=[State.WITHDRAWN.value, State.EXPIRED.value], source__in=BEGUN)
    steps = EngagementStep.objects.filter(seen(scope, "story"), last, _between("at", start, end))
    rows = list(steps.select_related("story"))
    told = {row.story_id for row in rows if row.verb == Verb.ACCEPT.value}
    silent = set(Handover.objects.filter(engagement__in=told, silent=True).values_list("engagement_id", flat=True))
    return [_of(row.story, row.at, _end_of(row, silent)) for row in rows]


def _end_of(step: EngagementStep, silent: set[int]) -> str:
    if step.verb != Verb.ACCEPT.value:
        return END_GROUPS[step.verb]
    return "silent" if step.story_id in silent else "accepted"


def _timed(scope: Scope, start: datetime, end: datetime) -> list[Case]:
    """Accepted handovers against the last day of the first contract, in days of the organisation's zone."""
    zone = ZoneInfo(scope.window.zone)
    rows = list(Engagement.objects.filter(seen(scope), _between("accepted_at", start, end)))
    firsts = _first_ends(row.pk for row in rows)
    found = []
    for row in rows:
        if row.accepted_at is None or row.pk not in firsts:
            continue
        late = (row.accepted_at.astimezone(zone).date() - firsts[row.pk]).days
        grown = row.ends_on is not None and row.ends_on > firsts[row.pk]
        found.append(_of(row, row.accepted_at, "in-time" if late <= 0 else "grown" if grown else "late", max(late, 0)))
    return found


def _first_ends(ids: Iterable[int]) -> dict[int, date]:
    """The last day that the first contract named."""
    texts = Contract.objects.filter(engagement__in=list(ids), number=1).values_list("engagement_id", "text")
    return {pk: date.fromisoformat(json.loads(text)["ends_on"]) for pk, text in texts}


def _changed(scope: Scope, start: datetime, end: datetime) -> list[Case]:
    """Amendments in force, and extensions that needed none, with the days of the latter."""
    amended = Contract.objects.filter(seen(scope, "engagement"), _between("in_force_at", start, end), number__gt=1)
    found = [_of(row.engagement, row.in_force_at, "amendment") for row in amended.select_related("engagement")
             if row.in_force_at is not None]  # fmt: skip
    grown = Extension.objects.filter(seen(scope, "engagement"), _between("at", start, end))
    return found + [_of(row.engagement, row.at, row.cause, row.days) for row in grown.select_related("engagement")]


def _defects(scope: Scope, start: datetime, end: datetime) -> list[Case]:
    rows = Defect.objects.filter(seen(scope, "engagement"), _between("created_at", start, end), under_warranty=True)
    return [
        Case(
            ("engagement", row.engagement_id), f"{row.engagement.title}: {row.title}", row.engagement.away_team_id,
            row.engagement.home_team_id, row.created_at, row.routed,
        )
        for row in rows.select_related("engagement")
    ]  # fmt: skip


def _paths(scope: Scope, start: datetime, end: datetime) -> list[Case]:
    return [
        Case(("request", one.request), one.title, one.away, one.home, one.at, one.path, one.hours)
        for one in paths(scope, start, end)
    ]


VISIT_MEASURES: dict[str, VisitMeasure] = {
    one.key: one
    for one in (
        VisitMeasure("begun", "Visits begun", "Engagements by the day on which work began.", _begun, when="Began"),
        VisitMeasure(
            "answered", "Answers to rounds",
            "Trips of review rounds that ended in the window and for which the home team was asked. The time is the "
            "home team's working time; in time is before the clock of the first reviewer ran out.",
            _answered, "working minutes", {"in-time": "in time", "late": "late, or by somebody else"}, "Answered",
        ),
        VisitMeasure(
            "ended", "Ends of visits",
            "Signed visits whose work ended: an accepted handover (by silence apart), withdrawn, or the time ran out.",
            _ended, "", {
                "accepted": "handover accepted", "silent": "accepted by silence", "withdrawn": "withdrawn",
                "expired": "time ran out",
            }, "Ended",
        ),
        VisitMeasure(
            "timed", "Accepted in time",
            "Accepted handovers against the last day of the first contract: in time, later but within a time-box that "
            "grew meanwhile, or later than any.",
            _timed, "days late", {
                "in-time": "by the first last day", "grown": "in a time-box that grew", "late": "after the last day",
            }, "Accepted",
        ),
        VisitMeasure(
            "changed", "Changes of contracts",
            "Amendments that both sides signed, and days by which a time-box grew without one.",
            _changed, "working days", {
                "amendment": "amendment", "pause": "grew by a pause", "ruling": "grew by a demand that was accepted",
                "silence": "grew as the home side was silent",
            },
        ),
        VisitMeasure(
            "defects", "Defects under warranty",
            "Defects that were reported under warranty, by the side to which they were routed first.",
            _defects, "", {"away": "to the away team", "home": "to the home team"}, "Reported",
        ),
        VisitMeasure(
            "paths", "From request to production",
            "Requests that came into production in the window, by the path taken. For visits the time is to the "
            "deployment, for the home team to the delivery that was confirmed, for own builds to their registration.",
            _paths, "hours", PATH_WORDS, "In production",
        ),
    )
}  # fmt: skip


def count(cases: Iterable[Case], key: Callable[[Case], Any]) -> dict[Any, list[Case]]:
    """Cases by whatever tells them apart."""
    found: dict[Any, list[Case]] = {}
    for one in cases:
        found.setdefault(key(one), []).append(one)
    return found
