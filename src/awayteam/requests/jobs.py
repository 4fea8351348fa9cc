"""What the worker looks after: turns of people who left or may act no more, and requests whose home team is gone."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from awayteam.kernel.jobs import Job
from awayteam.kernel.log import Log
from awayteam.organisation.models import Membership
from awayteam.organisation.queries.dates import dated
from awayteam.requests.actions.rehoming import rehome
from awayteam.requests.actions.turning import pass_on
from awayteam.requests.machine import MACHINE, Verb
from awayteam.requests.models import Request

log = Log(__name__)
MOST = 5_000
WHY = "Whoever had the turn may not act any more, or left."


def homeless() -> "QuerySet[Request]":
    """Open requests whose home team was dissolved and must have another one."""
    states = sorted({str(state) for one in MACHINE.transitions if one.verb is Verb.LOSE_HOME for state in one.sources})
    return Request.objects.filter(state__in=states, home_team__dissolved_at__isnull=False)


def doubtful(now: datetime) -> "QuerySet[Request]":
    """Open requests whose turn may have to pass on: nobody has it, they left, or they don't belong to that team."""
    here = Membership.objects.filter(dated(now), person=OuterRef("turn_person"), team=OuterRef("turn_team"))
    gone = Q(turn_person__isnull=True) | Q(turn_person__left_at__lte=now) | ~Exists(here)
    return Request.objects.filter(gone, closed_at__isnull=True)


def run(now: datetime) -> int:
    """Find new homes and pass turns on; returns how many requests went on. One that fails doesn't stop the others."""
    done = 0
    for which, act in ((homeless(), _rehome), (doubtful(now), _pass_on)):
        for pk in list(which.order_by("pk").values_list("pk", flat=True)[:MOST]):
            try:
                done += act(pk, now)
            except Exception:
                log.exception("request.turn.failed", request=pk)
    return done


def _rehome(pk: int, now: datetime) -> bool:
    return rehome(pk, now=now)


def _pass_on(pk: int, now: datetime) -> bool:
    return pass_on(pk, now=now, why=WHY)


JOB = Job(name="requests.turns", every_seconds=300, run=run)
