"""Keeps turns with people who can take them: whoever left the organisation or the pool gives way, and it says why."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from awayteam.kernel import events
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.events import EventName
from awayteam.kernel.jobs import Job
from awayteam.kernel.log import Log
from awayteam.organisation.models import Person
from awayteam.requests import deciders
from awayteam.reviews.actions.assigning import pass_on
from awayteam.reviews.machine import EntryState, State, Verb
from awayteam.reviews.models import BarRaiser, RegisterEntry, Review
from awayteam.reviews.plots import ENTRY_PLOT, REVIEW
from awayteam.stories.stepping import hand_on, hold, touch

log = Log(__name__)
MOST = 200


def without_raiser(now: datetime) -> "QuerySet[Review]":
    """Assigned reviews whose bar raiser left, or isn't in the pool of the field any more."""
    stays = BarRaiser.objects.filter(person=OuterRef("bar_raiser"), field=OuterRef("field"), ended_at__isnull=True)
    return Review.objects.filter(~Exists(stays) | Q(bar_raiser__left_at__lte=now), state=State.ASSIGNED)


def without_decider(now: datetime) -> "QuerySet[Review]":
    return Review.objects.filter(decider__left_at__lte=now, closed_at__isnull=True)


def doubtful_entries(now: datetime) -> "QuerySet[RegisterEntry]":
    gone = Q(turn_person__left_at__lte=now) | Q(turn_person__isnull=True)
    return RegisterEntry.objects.filter(gone, closed_at__isnull=True, state__in=[state.value for state in EntryState])


def run(now: datetime) -> int:
    """Pass on what waits for somebody who can't; returns how many went on. One that fails doesn't stop the others."""
    done = 0
    for which, act in ((without_raiser, _reassign), (without_decider, _redecide), (doubtful_entries, _hand_on)):
        for pk in list(which(now).order_by("pk").values_list("pk", flat=True)[:MOST]):
            try:
                with transaction.atomic():
                    done += act(pk, now)
            except Exception:
                log.exception("review.turn.failed", what=act.__name__, id=pk)
    return done


def _reassign(pk: int, now: datetime) -> bool:
    held = hold(REVIEW, pk, actor=SYSTEM, now=now)
    if not without_raiser(now).filter(pk=pk).exists():
        return False
    held.party = "Awayteam itself"
    words = f"{held.row.bar_raiser} left the pool."
    pass_on(held, Verb.ASSIGN, words=words, why="Left the pool.")
    return True


def _redecide(pk: int, now: datetime) -> bool:
    """The deciding team's next decider decides, never the bar raiser."""
    held = hold(REVIEW, pk, actor=SYSTEM, now=now)
    row = held.row
    barred = {one for one in (row.bar_raiser_id, row.decider_id) if one is not None}
    chosen = deciders.deciders(row.team, askers=barred, asking_teams=(), now=now).first
    if chosen is None or row.decider.left_at is None or row.decider.left_at > now:
        return False
    words = f"{row.decider} left; somebody else of {row.team} decides."
    before, row.decider = row.decider_id, Person.objects.get(pk=chosen)
    if not hand_on(held, words=words, name=EventName.REVIEW_REASSIGNED):
        touch(held)
        events.append(
            EventName.REVIEW_REASSIGNED, subject=held.subject, actor=SYSTEM, now=now, reason=words,
            changes={"decider": (before, chosen)},
        )  # fmt: skip
    return True


def _hand_on(pk: int, now: datetime) -> bool:
    held = hold(ENTRY_PLOT, pk, actor=SYSTEM, now=now)
    return hand_on(held, words="Whoever had the turn left.", name=EventName.REGISTER_REASSIGNED)


JOB = Job(name="reviews.turns", every_seconds=300, run=run)
