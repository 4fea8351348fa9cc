"""What every move of a duplicate does: the clock of its state, the event, and who is told. Called in a transaction."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.urls import reverse

from awayteam.duplicates import rules, sides
from awayteam.duplicates.machine import ENDING, FINAL, RESTING, Party, State
from awayteam.duplicates.models import Duplicate
from awayteam.kernel import businesstime, clocks, events, rulebook
from awayteam.kernel.actor import SYSTEM, Actor
from awayteam.kernel.errors import Conflict, NotFound
from awayteam.kernel.events import EventName, Subject
from awayteam.kernel.models import Clock, ClockState
from awayteam.notifications.actions import tell as tell_people
from awayteam.organisation.models import Team

DATE, REVIEW, SETTLE = "duplicate.date", "duplicate.review", "duplicate.settle"
KINDS = (DATE, REVIEW, SETTLE)


def subject(row: Duplicate) -> Subject:
    """What events of a duplicate are about."""
    return Subject("duplicate", row.pk, row.title)


def address(row: Duplicate) -> str:
    return reverse("duplicate", args=[row.pk])


def today(team: Team, now: datetime) -> date:
    """The day it is where the team works."""
    return now.astimezone(ZoneInfo(sides.team_calendar(team).time_zone)).date()


def moment(team: Team, on: date) -> datetime:
    return rules.moment_of(on, sides.team_calendar(team).time_zone)


def wrong_date(on: date, today: date, days_max: int) -> dict[str, str]:
    said = rules.Said(rules.Choice.KEEP, on)
    return rules.wrong_with(said, today, days_max)


def hold(pk: int, version: int | None = None) -> Duplicate:
    """The duplicate as it is now, locked until the transaction ends. Raises `NotFound`; `Conflict` if changed."""
    rows = Duplicate.objects.select_for_update(of=("self",)).select_related("team", "home_team", "entity", "own")
    row = rows.filter(pk=pk).first()
    if row is None:
        raise NotFound("There is no such duplicate.")
    if version is not None and row.version != version:
        raise Conflict("Somebody changed this duplicate meanwhile.", "Look at it again before you go on.")
    return row


def token(row: Duplicate) -> str:
    """What a clock was started for; one that runs out for anything else is stale and does nothing."""
    return f"{row.state}-{row.review}-{row.asked}-{row.unit_id or 0}"


def start_date(row: Duplicate, *, actor: Actor, now: datetime) -> None:
    """The clock of a date: to look again, or of an end that was agreed."""
    due = moment(row.team, row.on)
    turn = row.home_team_id if row.gives_way == rules.GivesWay.HOME and row.home_team_id else row.team_id
    calendar = sides.round_the_clock(row.team)
    minutes = max(businesstime.between(calendar, now, due), 1)
    made = clocks.start(
        DATE,
        subject=subject(row),
        minutes=minutes,
        calendar=calendar,
        actor=actor,
        now=now,
        turn_team_id=turn,
        data={"for": token(row)},
    )
    _due(row, made.due_at)


def ask(row: Duplicate, *, actor: Actor, now: datetime, parties: Iterable[Party]) -> None:
    """A clock for each side that has still to answer, in its own working hours."""
    minutes = rulebook.current().duplicates.review_minutes
    dues = []
    for party in parties:
        team = row.team if party is Party.OWN else row.home_team
        if team is None:
            continue
        made = clocks.start(
            REVIEW, subject=subject(row), minutes=minutes, calendar=sides.team_calendar(team), actor=actor, now=now,
            turn_person_id=sides.speaker(team, now), turn_team_id=team.pk,
            data={"party": party.value, "for": token(row)},
        )  # fmt: skip
        dues.append(made.due_at)
    _due(row, min(dues))


def pass_up(row: Duplicate, level: sides.Level, *, actor: Actor, now: datetime) -> None:
    """The clock of the manager who decides; of administrators where there is none."""
    row.unit, row.manager_id = level.unit, level.manager
    Duplicate.objects.filter(pk=row.pk).update(unit=level.unit, manager_id=level.manager)
    calendar = sides.team_calendar(level.unit or row.team)
    made = clocks.start(
        SETTLE, subject=subject(row), minutes=rulebook.current().duplicates.settle_minutes, calendar=calendar,
        actor=actor, now=now, turn_person_id=level.manager, turn_team_id=level.unit.pk if level.unit else None,
        data={"for": token(row)},
    )  # fmt: skip
    _due(row, made.due_at)


def _due(row: Duplicate, due: datetime) -> None:
    row.due_at = due
    Duplicate.objects.filter(pk=row.pk).update(due_at=due)


def stop_clocks(row: Duplicate, *, actor: Actor, now: datetime, party: Party | None = None, but: int = 0) -> None:
    """Stop the clocks of the state that is left (of one side with `party`); `but` is the one that is running out.

    One that a worker holds at this moment is passed over: it will find that it is stale.
    """
    mine = Clock.objects.select_for_update(skip_locked=True).filter(subject_kind="duplicate", subject_id=row.pk)
    live = mine.filter(kind__in=KINDS, state__in=[ClockState.RUNNING, ClockState.PAUSED]).exclude(pk=but)
    for clock in live:
        if party is None or clock.data.get("party") == party.value:
            clocks.stop(clock, actor=actor, now=now)


def move(
    row: Duplicate,
    state: State,
    name: EventName,
    *,
    actor: Actor,
    now: datetime,
    text: str,
    reason: str = "",
    said: rules.Said | None = None,
    data: Mapping[str, str] | None = None,
    running_out: int = 0,
    level: sides.Level | None = None,
) -> None:
    """Put a locked duplicate into `state`: stop its clocks, start the next, append the event, tell both teams."""
    changes: dict[str, tuple[object, object]] = {}
    if state != row.state:
        changes["state"] = (row.state, state.value)
    stop_clocks(row, actor=actor, now=now, but=running_out)
    _put(row, state, said, reason, now)
    row.version += 1
    row.save(force_update=True)
    events.append(name, subject=subject(row), actor=actor, now=now, reason=reason, changes=changes, data=data)
    _run_clocks(row, state, level, actor=actor, now=now)
    told = [level.manager] if level is not None and level.manager is not None else []
    teams = [one for one in (row.team_id, row.home_team_id) if one is not None]
    urgent = state in (State.REVIEW, State.ARBITRATION)
    tell(row, name, text, teams=teams, persons=told, actor=actor, now=now, key=str(row.version), urgent=urgent)


def _put(row: Duplicate, state: State, said: rules.Said | None, reason: str, now: datetime) -> None:
    if said is not None:
        row.on, row.gives_way, row.reason = said.on, said.gives_way.value if said.gives_way else "", reason
    if state in (*RESTING, State.RETIRING):
        row.gives_way = ""
    if state is State.REVIEW:
        again = row.state == State.REVIEW
        row.review, row.asked = (row.review, row.asked + 1) if again else (row.review + 1, 1)
    if state is not State.ARBITRATION:
        row.unit = row.manager = None
    row.state, row.changed_at = state.value, now
    if state in FINAL:
        row.closed_at, row.due_at = now, None
    elif row.due_at is None:
        row.due_at = now


def _run_clocks(row: Duplicate, state: State, level: sides.Level | None, *, actor: Actor, now: datetime) -> None:
    if state in (*RESTING, *ENDING):
        start_date(row, actor=actor, now=now)
    elif state is State.REVIEW:
        ask(row, actor=actor, now=now, parties=silent(row))
    elif state is State.ARBITRATION:
        assert level is not None
        pass_up(row, level, actor=actor, now=now)


def silent(row: Duplicate) -> list[Party]:
    """The sides that have not answered in this review."""
    said = set(row.answers.filter(review=row.review).values_list("party", flat=True))
    both = [Party.OWN] + ([Party.HOME] if row.home_team_id else [])
    return [party for party in both if party.value not in said]


def tell(
    row: Duplicate,
    name: EventName,
    text: str,
    *,
    teams: list[int],
    actor: Actor,
    now: datetime,
    key: str,
    persons: Iterable[int] = (),
    urgent: bool = False,
) -> None:
    """Tell people of both sides, and whoever follows the duplicate; once for each `key`."""
    tell_people(
        now=now, subject=subject(row), event=name, text=text, address=address(row), persons=persons, teams=teams,
        urgent=urgent, actor=None if actor is SYSTEM else actor, key=f"duplicate-{row.pk}-{key}",
    )  # fmt: skip
