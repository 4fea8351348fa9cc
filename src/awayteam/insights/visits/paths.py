"""How a request came into production: the home team did it, an away team, an own build, or a manager's decision."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from awayteam.engagements.models import Engagement
from awayteam.insights.scope import Scope
from awayteam.requests.machine import State, Verb
from awayteam.requests.models import Escalation, Request, Step

PATH_WORDS = {
    "home": "the home team did it",
    "away": "an away team did it",
    "duplicate": "an own build",
    "escalation": "after an escalation",
}
RULED = (Escalation.Outcome.RESHUFFLED.value, Escalation.Outcome.AWAY.value)
LAST = (Verb.CONFIRM.value, Verb.FINISH_AWAY.value, Verb.EXPIRE.value)


@dataclass(frozen=True, slots=True)
class Path:
    """One request that came into production at `at`, `hours` after it was asked."""

    request: int
    title: str
    away: int | None
    home: int
    at: datetime
    path: str
    hours: int


def path_of(*, last: str, ruled: bool, visited: bool) -> str:
    """The path: a manager's decision before all, for without it nothing would have gone on."""
    if ruled:
        return "escalation"
    if last == State.DUPLICATED.value:
        return "duplicate"
    return "away" if visited or last == Verb.FINISH_AWAY.value else "home"


def paths(scope: Scope, start: datetime, end: datetime) -> list[Path]:
    """Requests that came into production in [start, end), and are done by now; six statements."""
    visits = {
        row.request_id: row
        for row in Engagement.objects.filter(request__isnull=False, accepted_at__isnull=False).order_by("pk")
    }
    within = Q(at__gte=start, at__lt=end)
    told = Step.objects.filter(within, verb=Verb.DELIVER.value).order_by().values("request")
    deployed = [pk for pk, row in visits.items() if row.production_at and start <= row.production_at < end]
    about = Q(closed_at__gte=start, closed_at__lt=end) | Q(pk__in=told) | Q(pk__in=deployed)
    ended = Q(state__in=[State.DONE.value, State.DUPLICATED.value])
    rows = list(Request.objects.filter(about, ended, scope.condition("", "home_team")).order_by("pk"))
    ids = [row.pk for row in rows]
    steps = Step.objects.filter(request__in=ids).order_by("pk")
    last = dict(steps.filter(verb__in=LAST, target=State.DONE.value).values_list("request_id", "verb"))
    delivered = dict(steps.filter(verb=Verb.DELIVER.value).values_list("request_id", "at"))
    ruled = set(Escalation.objects.filter(request__in=ids, outcome__in=RULED).values_list("request_id", flat=True))
    found = [
        _path(row, last.get(row.pk, row.state), visits.get(row.pk), row.pk in ruled, delivered.get(row.pk))
        for row in rows
    ]
    return [one for one in found if one is not None and start <= one.at < end]


def _path(row: Request, last: str, visit: Engagement | None, ruled: bool, delivered: datetime | None) -> Path | None:
    """None where the visit's work is not yet in production. `last` is the step that ended it, else its state.

    A delivery that was disputed was followed by another: the last one counts.
    """
    path = path_of(last=last, ruled=ruled, visited=visit is not None)
    by_home = last in (Verb.CONFIRM.value, Verb.EXPIRE.value)
    at = visit.production_at if visit is not None else delivered if by_home and delivered else row.closed_at
    if at is None:
        return None
    hours = max(0, int((at - row.created_at).total_seconds() // 3600))
    away = visit.away_team_id if visit is not None else None
    return Path(row.pk, row.title, away, row.home_team_id, at, path, hours)
