"""Allocations that come near their end: their team has the turn, and is reminded twice."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from awayteam.allocations.machine import WAITING, State
from awayteam.allocations.models import Allocation
from awayteam.allocations.plots import ALLOCATION
from awayteam.kernel import rulebook
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.errors import AwayteamError
from awayteam.kernel.events import EventName
from awayteam.kernel.log import Log
from awayteam.notifications.actions import tell
from awayteam.notifications.rules import Group
from awayteam.stories.plot import Held
from awayteam.stories.stepping import hand_on, hold

log = Log(__name__)
WORDS = "It ends soon: ask for its renewal, or let it end."


def ending(now: datetime) -> "QuerySet[Allocation]":
    """Grants of which their team is still to be reminded. A day of slack: where a team works it may be tomorrow."""
    book = rulebook.current().allocations
    first, last = (now.date() + timedelta(days=days) for days in (book.renew_days, book.last_reminder_days))
    due = Q(ends__lte=first, reminded=0) | Q(ends__lte=last, reminded__lte=1)
    return Allocation.objects.filter(due, state=State.GRANTED.value)


def remind(now: datetime) -> int:
    """Give the turn to their teams and tell them; returns how many were reminded. Each is a transaction of its own."""
    done = 0
    for pk in list(ending(now).order_by("ends", "pk").values_list("pk", flat=True)):
        try:
            with transaction.atomic():
                done += _remind(hold(ALLOCATION, pk, actor=SYSTEM, now=now), now)
        except AwayteamError:
            log.exception("allocation.reminder-failed", allocation=pk)
    return done


def _remind(held: Held[Allocation], now: datetime) -> bool:
    row = held.row
    if row.state != State.GRANTED:
        return False
    last = row.ends <= now.date() + timedelta(days=rulebook.current().allocations.last_reminder_days)
    row.reminded = 2 if last else 1
    if not hand_on(held, words=WORDS, name=EventName.ALLOCATION_ENDING):
        row.save(update_fields=["reminded"])
    days = max((row.ends - now.date()).days, 0)
    tell(
        now=now, subject=held.subject, event=EventName.ALLOCATION_ENDING, teams=[row.asking_team_id], group=Group.TURN,
        text=f"{ALLOCATION.label(row)} ends in {days} days, on {row.ends:%-d %B %Y}: renew it, or let it end.",
        address=ALLOCATION.address(row), persons=[row.asked_by_id] if row.asked_by_id else [], urgent=last,
        key=f"allocation-{row.pk}-ends-{row.ends}-{row.reminded}",
    )  # fmt: skip
    return True


def stranded(now: datetime) -> "QuerySet[Allocation]":
    """Requests whose turn is with nobody, or with somebody who left."""
    gone = Q(turn_person__left_at__lte=now) | Q(turn_person__isnull=True)
    return Allocation.objects.filter(gone, state__in=[one.value for one in WAITING])


def pass_on(now: datetime) -> int:
    """Give their turns to whoever decides now; returns how many went on. The clock goes on."""
    done = 0
    for pk in list(stranded(now).order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            held = hold(ALLOCATION, pk, actor=SYSTEM, now=now)
            if held.row.state in {one.value for one in WAITING}:
                words = "Whoever had the turn left."
                done += hand_on(held, words=words, name=EventName.ALLOCATION_REASSIGNED)
    return done
