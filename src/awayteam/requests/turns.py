"""Whose turn it is in each state, and which clock runs for them: reads people and calendars, changes nothing."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from awayteam.kernel import businesstime, clocks, rulebook
from awayteam.kernel.businesstime import Calendar
from awayteam.organisation.models import Team
from awayteam.requests import deciders
from awayteam.requests.machine import ASKING_TURN, FINAL, MANAGER_TURN, State
from awayteam.requests.models import Request
from awayteam.requests.permissions import Standing


@dataclass(frozen=True, slots=True)
class Turn:
    """`person` is None where nobody can be found; then it is the team's, and the doctor says so. `minutes` is working
    time of `calendar`. `unit` is the unit whose manager decides."""

    person: int | None
    team: int
    minutes: int
    calendar: Calendar
    unit: int | None = None


def calendar_of(team: Team) -> Calendar:
    """The working hours of a team."""
    return clocks.calendar_of(team.calendar, team.time_zone)


def turn(request: Request, state: State, standing: Standing, *, minutes: int | None = None) -> Turn | None:
    """Who has the turn once `request` is in `state`; None in a final one. `minutes` overrides the rulebook's time."""
    if state in FINAL:
        return None
    allowed = minutes if minutes is not None else allowance(request, state)
    if state in MANAGER_TURN:
        return _manager(request, standing, allowed)
    if state in ASKING_TURN:
        return _asker(request, standing, allowed)
    team = request.offered_team if state is State.OFFERED and request.offered_team else request.home_team
    chosen = standing.offered if state is State.OFFERED else standing.home
    return Turn(chosen.first, team.pk, allowed, calendar_of(team))


def _manager(request: Request, standing: Standing, minutes: int) -> Turn:
    level = standing.manager
    team = level.unit or request.home_team
    return Turn(level.chosen.first, team.pk, minutes, calendar_of(team), level.unit.pk if level.unit else None)


def _asker(request: Request, standing: Standing, minutes: int) -> Turn:
    """The first of those who still ask and still work here; else whoever leads the asking team."""
    here = [one for one in standing.askers if one.person.left_at is None or one.person.left_at > standing.now]
    if here:
        return Turn(here[0].person_id, here[0].team_id, minutes, calendar_of(here[0].team))
    team = standing.askers[0].team if standing.askers else request.asking_team
    chosen = deciders.deciders(team, askers=(), asking_teams=(), now=standing.now)
    return Turn(chosen.first, team.pk, minutes, calendar_of(team))


def allowance(request: Request, state: State) -> int:
    """Working minutes that the rulebook gives for this state."""
    book = rulebook.current().requests
    by_state = {
        State.NEEDS_INFORMATION: book.answer_minutes,
        State.OFFERED: book.take_over_minutes,
        State.ARBITRATION: book.arbitrate_minutes,
        State.OVERDUE: book.choose_minutes,
        State.DECLINED: book.choose_minutes,
        State.ESCALATED: book.escalation_minutes,
        State.AWAY_WELCOME: book.start_away_minutes,
        State.AWAY: book.away_minutes,
        State.ACCEPTED: book.deliver_minutes,
        State.DELIVERED: book.confirm_minutes,
    }
    by_kind = {
        "feature": book.decide_feature_minutes,
        "bug": book.decide_bug_minutes,
        "performance": book.decide_performance_minutes,
        "access": book.decide_access_minutes,
    }
    return by_kind[request.kind] if state is State.ASKED else by_state[state]


def minutes_until(team: Team, day: date, now: datetime) -> int:
    """Working minutes of `team` from `now` until the end of `day`; at least 1."""
    calendar = calendar_of(team)
    end = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(calendar.time_zone))
    return max(businesstime.between(calendar, now, end), 1) if end > now else 1
