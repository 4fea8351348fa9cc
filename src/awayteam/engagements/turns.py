"""Whose turn it is in each state, and which clock runs for them: reads people and calendars, changes nothing.

Minutes of the rulebook run in the working hours of whoever has the turn. Ends that are days (the first and the last day
of the time-box, the end of a pause or a warranty) are exact to the minute of the away team's time zone: their calendar
runs around the clock.
"""

import math
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from awayteam.engagements.machine import ContractState, State, Verb
from awayteam.engagements.models import Contract, Engagement, Side
from awayteam.engagements.permissions import OTHER, SIDES, Standing
from awayteam.kernel import businesstime, rulebook
from awayteam.kernel.businesstime import Calendar
from awayteam.organisation.models import Team
from awayteam.stories.plot import Turn, hours_of

ALL_DAYS = (0, 1, 2, 3, 4, 5, 6)
ALL_HOURS = ("00:00", "24:00")


def around_the_clock(team: Team) -> Calendar:
    """Every hour of every day in the team's time zone."""
    return Calendar(hours_of(team).time_zone, "", "", ALL_DAYS, ALL_HOURS)


def start_of(day: date, team: Team) -> datetime:
    """The moment at which `day` begins where the team is."""
    return datetime.combine(day, time(), ZoneInfo(hours_of(team).time_zone))


def end_of(day: date, team: Team) -> datetime:
    """The moment at which `day` is over where the team is."""
    return start_of(day + timedelta(days=1), team)


def today(team: Team, now: datetime) -> date:
    """The day that it is now where the team is."""
    return now.astimezone(ZoneInfo(hours_of(team).time_zone)).date()


def working_days(team: Team, first: date, after: date) -> int:
    """Working days of the team from `first` (included) to `after` (not included)."""
    calendar = hours_of(team)
    days = (first + timedelta(days=number) for number in range(max((after - first).days, 0)))
    return sum(businesstime.is_working_day(calendar, day) for day in days)


def later(team: Team, day: date, days: int) -> date:
    """The day that is `days` working days of the team after `day`; `day` itself for 0."""
    calendar = hours_of(team)
    for _ in range(days * 10 + 400):
        if days <= 0:
            break
        day += timedelta(days=1)
        days -= businesstime.is_working_day(calendar, day)
    return day


def minutes_until(end: datetime, now: datetime) -> int:
    """Minutes from `now` until `end`, rounded up; at least 1."""
    return max(math.ceil((end - now).total_seconds() / 60), 1)


def minutes_left(row: Engagement, now: datetime) -> int:
    """Working minutes that the running clock has left; at least 1."""
    if row.clock is None:
        return 1
    return max(businesstime.between(Calendar.from_data(row.clock.calendar), now, row.clock.due_at), 1)


def warranty_ends(row: Engagement, now: datetime) -> datetime:
    """When the warranty is over: its days after production, and not before the handover was accepted."""
    moments = [moment for moment in (row.production_at, row.accepted_at) if moment is not None]
    begins = max(moments, default=now)
    return begins + timedelta(days=row.warranty_days)


def waiting_side(row: Engagement) -> Side:
    """The side that has not signed the contract that waits; the home side where none waits."""
    found = Contract.objects.filter(engagement=row, state=ContractState.SIGNING.value).first()
    return OTHER[found.proposed_side] if found is not None else Side.HOME


def paused_by(row: Engagement, party: str) -> Side:
    """The side that paused it: `party` where it pauses just now, else whoever did so last."""
    last = row.steps.order_by("-pk").values_list("target", flat=True).first()
    if last != State.PAUSED.value and party in SIDES:
        return SIDES[party]
    step = row.steps.filter(verb=Verb.PAUSE.value).order_by("-pk").values_list("party", flat=True).first()
    return SIDES.get(step or "", Side.AWAY)


def turn(row: Engagement, state: State, standing: Standing, now: datetime, party: str = "") -> Turn:
    """Who has the turn once the engagement is in `state`, which isn't final; `party` brings it there."""
    book, away = rulebook.current().engagements, row.away_team
    if state is State.PROPOSED:
        return of_side(standing, waiting_side(row), book.sign_minutes)
    by_rulebook = {
        State.PREPARING: book.prepare_minutes,
        State.HANDING_OVER: book.handover_minutes,
        State.PRODUCTION: book.production_minutes,
    }
    if state in by_rulebook:
        return of_side(standing, Side.AWAY, by_rulebook[state])
    ends = {
        State.AGREED: lambda: start_of(row.starts_on or today(away, now), away),
        State.ACTIVE: lambda: end_of(row.ends_on or today(away, now), away),
        State.PAUSED: lambda: start_of(row.paused_until or today(away, now), away),
        State.WARRANTY: lambda: warranty_ends(row, now),
    }[state]()
    side = paused_by(row, party) if state is State.PAUSED else Side.AWAY
    chosen, team = standing.chosen(side), standing.team(side)
    return Turn(chosen.first, team.pk, minutes_until(ends, now), around_the_clock(away))


def of_side(standing: Standing, side: str, minutes: int) -> Turn:
    """The turn of whoever signs for `side`, in its working hours."""
    team = standing.team(side)
    return Turn(standing.chosen(side).first, team.pk, minutes, hours_of(team))
