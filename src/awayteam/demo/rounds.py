"""The demonstration's review rounds, hours and reports: by the real actions, at the times at which people acted."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction

from awayteam.demo.changes import head_of
from awayteam.demo.requests import Stage
from awayteam.demo.shows import HOURS, SHOWS, Act, Show
from awayteam.engagements.models import Engagement, Member, Standard
from awayteam.kernel import businesstime, clocks
from awayteam.kernel.actor import SYSTEM, Actor
from awayteam.kernel.models import Clock, ClockState
from awayteam.rounds import actions, jobs
from awayteam.rounds.machine import State
from awayteam.rounds.models import Round
from awayteam.rounds.rules import Point, has_section
from awayteam.stories.plot import hours_of


def fill(*, now: datetime) -> int:
    """Show everything to the home teams, answer it, book hours and make the reports; returns how many rounds."""
    stage, count = Stage.of(now), 0
    visits = {row.title: row for row in Engagement.objects.select_related("home_team", "away_team")}
    with transaction.atomic():  # one write to the disk instead of hundreds
        for title, days, minutes, what in HOURS:
            if title in visits:
                _book(stage, visits[title], stage.ago(days), minutes, what)
        for show in SHOWS:
            if show.visit in visits:
                count += _play(stage, show, visits[show.visit])
        for visit, week in jobs.unreported(now):
            actions.make_report(visit, actor=SYSTEM, now=now, week=week)
    return count


def _book(stage: Stage, visit: Engagement, at: datetime, minutes: int, what: str) -> None:
    giver = stage.actors.get(visit.home_contact_id or visit.home_decider_id or 0)
    if giver is not None:
        actions.book(visit, actor=giver, now=at, minutes=minutes, what=what)


def _play(stage: Stage, show: Show, visit: Engagement) -> int:
    """One round from its showing to the last act that lies in the past."""
    team = _visitors(stage, visit)
    if not team:
        return 0
    hours = hours_of(visit.home_team)
    at = min(businesstime.add(hours, stage.ago(show.days), 20), stage.now)
    row = actions.open_round(
        visit.pk, actor=team[0], now=at, kind=show.kind, title=show.title, words=show.words,
        url=f"https://git.example/{visit.service_id or visit.pk}/changes/{len(show.title)}",
        commit=head_of(show.title) if show.kind == "change" else "",
    )  # fmt: skip
    for act in show.acts:
        row = Round.objects.select_related("engagement", "clock").get(pk=row.pk)
        who = None if act[0] == "silent" else _who(stage, row, act[0], team)
        assert row.clock is not None  # acts end with the round
        at = row.clock.due_at if who is None else businesstime.add(hours, at, act[1])
        if at > stage.now:
            break
        if who is None:
            _run_out(row.clock)
        elif at < row.clock.due_at:
            ACTS[act[0]](row, who, at, act, show)
    return 1


def _visitors(stage: Stage, visit: Engagement) -> list[Actor]:
    """Members of the away team who act, and its lead."""
    ids = [*Member.objects.filter(engagement=visit, left_at__isnull=True).values_list("person", flat=True)]
    found = dict.fromkeys([*ids, *([visit.away_lead_id] if visit.away_lead_id else [])])
    return [stage.actors[one] for one in found if one in stage.actors]


def _who(stage: Stage, row: Round, verb: str, team: list[Actor]) -> Actor | None:
    """Who acts: whoever has the turn, or the away team for what is its own; None where nobody can."""
    if verb in ("resubmit", "withdraw"):
        return team[0]
    if row.state == State.OWN_REVIEW:
        return next((one for one in team if one.person_id != row.opened_by_id), None)
    return stage.actors.get(row.turn_person_id or 0)


def _run_out(clock: Clock) -> None:
    """Let the clock of one round end when it did, without the clocks of others."""
    clocks.handlers[clock.kind].expire(clock, clock.due_at)
    Clock.objects.filter(pk=clock.pk).update(
        state=ClockState.EXPIRED, next_at=None, reminders=[], ended_at=clock.due_at, lease_until=None
    )


def _approve(row: Round, who: Actor, at: datetime, act: Act, show: Show) -> None:  # noqa: ARG001 - one shape for all
    minutes = 25 if row.way == "home" else 0
    actions.approve(row.pk, actor=who, now=at, words=act[2], minutes=minutes)


def _request_changes(row: Round, who: Actor, at: datetime, act: Act, show: Show) -> None:
    """Cite the section in whichever frozen document it stands; without one it is advice."""
    frozen = Standard.objects.filter(engagement=row.engagement_id).order_by("pk")
    found = next((one for one in frozen if has_section(one.text, show.cites)), None)
    if found is None:
        actions.advise(row.pk, actor=who, now=at, points=[Point("advice", act[2])])
        return
    point = Point("change", act[2], standard=found.pk, section=show.cites, path=show.path)
    actions.request_changes(row.pk, actor=who, now=at, points=[point], minutes=30)


def _demand(row: Round, who: Actor, at: datetime, act: Act, show: Show) -> None:  # noqa: ARG001
    actions.demand(row.pk, actor=who, now=at, points=[Point("demand", act[2])])


def _advise(row: Round, who: Actor, at: datetime, act: Act, show: Show) -> None:  # noqa: ARG001
    actions.advise(row.pk, actor=who, now=at, points=[Point("advice", act[2])])


def _grant(row: Round, who: Actor, at: datetime, act: Act, show: Show) -> None:  # noqa: ARG001
    actions.grant(row.pk, actor=who, now=at, words=act[2], days=3)


def _say(verb: Callable[..., Any]) -> Callable[..., None]:
    def done(row: Round, who: Actor, at: datetime, act: Act, show: Show) -> None:  # noqa: ARG001
        verb(row.pk, actor=who, now=at, words=act[2])

    return done


ACTS: dict[str, Callable[[Round, Actor, datetime, Act, Show], None]] = {
    "advise": _advise,
    "approve": _approve,
    "demand": _demand,
    "grant": _grant,
    "refuse": _say(actions.refuse),
    "request-changes": _request_changes,
    "resubmit": _say(actions.resubmit),
    "withdraw": _say(actions.withdraw),
}
