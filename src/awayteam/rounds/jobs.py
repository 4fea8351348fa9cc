"""What the worker looks after: rounds of engagements that ended, turns of people who left, the reports of the week."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from awayteam.engagements.machine import FINAL as ENDED
from awayteam.engagements.machine import State as Engaged
from awayteam.engagements.models import Engagement, Member
from awayteam.kernel import rulebook
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.events import EventName
from awayteam.kernel.jobs import Job
from awayteam.kernel.log import Log
from awayteam.rounds import reviewers
from awayteam.rounds.actions.opening import end_with_engagement
from awayteam.rounds.actions.reporting import make_report
from awayteam.rounds.machine import ASKED, State
from awayteam.rounds.models import Report, Round
from awayteam.rounds.plots import AWAY_TURN, ROUND
from awayteam.rounds.rules import Picked
from awayteam.stories.plot import hours_of
from awayteam.stories.stepping import hand_on, hold

log = Log(__name__)
MOST = 500
WHY = "Whoever had the turn left, or is with the away team now."
REPORTED = (Engaged.ACTIVE.value, Engaged.PAUSED.value, Engaged.HANDING_OVER.value)


def orphaned() -> "QuerySet[Engagement]":
    """Engagements that ended or went into production with rounds still open."""
    over = [*(state.value for state in ENDED), Engaged.PRODUCTION.value, Engaged.WARRANTY.value]
    return Engagement.objects.filter(Exists(Round.objects.filter(engagement=OuterRef("pk"), closed_at__isnull=True)),
                                     state__in=over)  # fmt: skip


def doubtful(now: datetime) -> "QuerySet[Round]":
    """Open rounds whose turn must pass on: who has it left, or should answer and is one of the visitors now."""
    visits = Member.objects.filter(
        engagement=OuterRef("engagement"), person=OuterRef("turn_person"), left_at__isnull=True
    )
    away = [state.value for state in AWAY_TURN]
    gone = Q(turn_person__left_at__lte=now) | (Exists(visits) & ~Q(state__in=away))
    return Round.objects.filter(gone, closed_at__isnull=True)


def pass_on(pk: int, now: datetime) -> bool:
    """Give a round's turn to somebody who can have it; False where it is right as it is."""
    with transaction.atomic():
        held = hold(ROUND, pk, actor=SYSTEM, now=now)
        row = held.row
        if row.state in ASKED:
            role = reviewers.deputy if row.state == State.DEPUTY else _first
            row.reviewer_id = role(row, now=now).person
        elif row.state not in AWAY_TURN:
            reviewers.call_independent(held)
        return hand_on(held, words=WHY, name=EventName.ROUND_PASSED_ON)


def _first(row: Round, *, now: datetime) -> Picked:
    return reviewers.home_reviewer(row.engagement, row.kind, opened_by=row.opened_by_id, now=now)


def week_of(visit: Engagement, now: datetime) -> date:
    """The day on which the report of the week was due last, in the time zone of the away team."""
    today = now.astimezone(ZoneInfo(hours_of(visit.away_team).time_zone)).date()
    return today - timedelta(days=(today.weekday() - rulebook.current().rounds.report_weekday) % 7)


def unreported(now: datetime) -> list[tuple[Engagement, date]]:
    """Engagements whose report of the week is due, with that day; two statements."""
    rows = Engagement.objects.filter(state__in=REPORTED, contract__isnull=False, began_at__isnull=False)
    found = [(one, week_of(one, now)) for one in rows.select_related("away_team").order_by("pk")]
    recent = Report.objects.filter(week__gte=now.date() - timedelta(days=8))
    made = set(recent.values_list("engagement", "week"))
    return [
        (one, week) for one, week in found
        if (one.pk, week) not in made and one.began_at is not None and one.began_at.date() < week
    ][:MOST]  # fmt: skip


def run(now: datetime) -> int:
    """Do what is due; returns how much. One that fails doesn't stop the others."""
    done = 0
    for visit in orphaned().order_by("pk")[:MOST]:
        done += _tried(visit.pk, partial(end_with_engagement, visit, actor=SYSTEM, now=now))
    for pk in list(doubtful(now).order_by("pk").values_list("pk", flat=True)[:MOST]):
        done += _tried(pk, partial(pass_on, pk, now))
    for visit, week in unreported(now):
        done += _tried(visit.pk, partial(_report, visit, week, now))
    return done


def _report(visit: Engagement, week: date, now: datetime) -> int:
    make_report(visit, actor=SYSTEM, now=now, week=week)
    return 1


def _tried(pk: int, act: Callable[[], int]) -> int:
    try:
        return act()
    except Exception:
        log.exception("rounds.job.failed", subject=pk)
        return 0


JOB = Job(name="rounds.turns", every_seconds=300, run=run)
