"""Refreshes that nobody waits for: those that were asked for, those of pushes, and the regular look."""

from datetime import datetime, timedelta

from django.db.models import F, Q

from awayteam.contributions import judging, refresh
from awayteam.contributions.models import Repository
from awayteam.kernel import rulebook
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.errors import Conflict
from awayteam.kernel.log import Log

log = Log(__name__)


def due(now: datetime) -> "list[Repository]":
    """Repositories whose refresh was asked for, whose source was read at another commit, or whose time has come."""
    last = now - timedelta(minutes=rulebook.current().contributions.refresh_minutes)
    asked = Q(refresh_requested_at__lte=now)
    pushed = ~Q(source__revision=F("source_revision")) & ~Q(source__revision="") & Q(source__isnull=False)
    rows = Repository.objects.filter(asked | pushed | Q(last_attempt_at=None) | Q(last_attempt_at__lte=last))
    return list(rows.order_by("pk"))


def work(now: datetime) -> int:
    """Refresh what is due, then derive what changed otherwise; returns how many repositories were read or judged."""
    rows = due(now)
    try:
        done = refresh.refresh(rows, actor=SYSTEM, now=now, wait_seconds=0) if rows else []
    except Conflict:
        return 0
    for one in done:
        if one.error:
            log.warning("contributions.unreadable", repository=one.repository.name, error=one.error)
    if not judging.is_stale():
        return len(done)
    refresh.relink(now)
    return len(done) + 1


def pending(now: datetime) -> bool:
    return bool(due(now)) or judging.is_stale()
