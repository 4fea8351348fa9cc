"""Turns of disputes that somebody holds who has left: they go to whoever decides now."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from awayteam.credit import settling
from awayteam.credit.models import Dispute
from awayteam.credit.plots import DISPUTE
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.events import EventName
from awayteam.stories.stepping import hand_on, hold


def stranded(now: datetime) -> "QuerySet[Dispute]":
    """Open disputes whose turn is with nobody, or with somebody who left."""
    gone = Q(turn_person__left_at__lte=now) | Q(turn_person__isnull=True)
    return Dispute.objects.filter(gone, closed_at__isnull=True)


def pass_on(now: datetime) -> int:
    """Give their turns to others; returns how many. Where nobody else is there the turn stays, and the clock runs."""
    done = 0
    for pk in list(stranded(now).order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            held = hold(DISPUTE, pk, actor=SYSTEM, now=now)
            if held.row.closed_at is None:
                held.row.level = settling.at_or_above(held.row, now).unit
                words = "Whoever had the turn left."
                done += hand_on(held, words=words, name=EventName.CREDIT_DISPUTE_PASSED_UP)
    return done
