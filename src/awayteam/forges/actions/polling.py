"""Looking at all open changes now and then: what a lost delivery would have told is found so, and bypasses are read."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet

from awayteam.forges import health, leasing, news, registry, repositories
from awayteam.forges.actions import bypasses
from awayteam.forges.models import Forge, ForgeChange, ForgeRepository, ForgeState
from awayteam.forges.port import ChangeHeard, Client, ForgeError, Stand
from awayteam.kernel import rulebook
from awayteam.kernel.errors import AwayteamError
from awayteam.kernel.log import Log

log = Log(__name__)
BUDGET_SECONDS = 20
"""How long one round lasts; the next one goes on with what is left."""
OVERLAP = timedelta(hours=1)
"""Bypasses are read again from so long before the last look, since forges report late."""


def due(now: datetime) -> "QuerySet[ForgeRepository]":
    """Repositories that are to be looked at: their time has come, the longest waiting first."""
    before = now - timedelta(minutes=rulebook.current().forges.poll_minutes)
    waits = Q(polled_at=None) | Q(polled_at__lte=before)
    rows = ForgeRepository.objects.filter(waits, forge__state=ForgeState.ACTIVE, gone_at=None)
    return rows.select_related("forge").order_by(F("polled_at").asc(nulls_first=True), "pk")


def pending(now: datetime) -> bool:
    return _forges(now).exists() or due(now).exists()


def _forges(now: datetime) -> "QuerySet[Forge]":
    """Forges whose list of repositories is to be read: new ones, those that answer again, and others once a round."""
    before = now - timedelta(minutes=rulebook.current().forges.poll_minutes)
    return Forge.objects.filter(Q(poll_wanted=True) | Q(polled_at=None) | Q(polled_at__lte=before),
                                state=ForgeState.ACTIVE)  # fmt: skip


def poll(now: datetime, stopping: Callable[[], bool] = lambda: False) -> int:
    """Look at what is due, as far as the time of a round goes; returns how many repositories were looked at.

    A forge that doesn't answer is left until the next round, and then everything of it is looked at.
    """
    began, silent, done = time.monotonic(), set[int](), 0
    for forge in _forges(now).order_by("pk"):
        if not _list(forge, now):
            silent.add(forge.pk)
    for row in due(now)[:1000]:
        if stopping() or time.monotonic() - began > BUDGET_SECONDS:
            break
        if row.forge_id in silent:
            continue
        if not _look(row, now):
            silent.add(row.forge_id)
        done += 1
    return done


def _list(forge: Forge, now: datetime) -> bool:
    """Read which repositories there are; False where the forge doesn't answer."""
    try:
        client, _grants = registry.connect(forge)
        places = client.places() if client is not None else ()
    except (ForgeError, AwayteamError) as error:
        health.failed(forge, leasing.says(error), now)
        Forge.objects.filter(pk=forge.pk).update(poll_wanted=True, polled_at=now)
        return False
    for place in places:
        repositories.heard(forge, place, now)
    if forge.poll_wanted:
        ForgeRepository.objects.filter(forge=forge).update(polled_at=None)
    if client is not None:
        health.answered(forge, client, now)
    Forge.objects.filter(pk=forge.pk).update(poll_wanted=False, polled_at=now)
    return True


def _look(row: ForgeRepository, now: datetime) -> bool:
    """Look at one repository's open changes and bypasses; False where the forge doesn't answer."""
    try:
        client, _grants = registry.connect(row.forge)
        if client is not None:
            compare(row, client.open_changes(repositories.place_of(row)), now)
            _read_bypasses(row, client, now)
            health.answered(row.forge, client, now)
    except (ForgeError, AwayteamError) as error:
        return _not_looked(row, error, now)
    except Exception as error:
        log.exception("forges.polling-failed", repository=row.slug)
        return _not_looked(row, error, now)
    ForgeRepository.objects.filter(pk=row.pk).update(polled_at=now, last_error="")
    return True


def _not_looked(row: ForgeRepository, error: Exception, now: datetime) -> bool:
    """One that isn't there any more says nothing of the others; anything else may be the whole forge."""
    says = leasing.says(error)
    ForgeRepository.objects.filter(pk=row.pk).update(last_error=says, polled_at=now)
    health.failed(row.forge, f"{row.slug}: {says}", now)
    return bool(getattr(error, "final", False))


def compare(row: ForgeRepository, heard: Sequence[ChangeHeard], now: datetime) -> int:
    """Ask about each change that isn't as we know it, and about those that aren't open any more."""
    mine = [one for one in heard if one.place.id == row.external_id]
    known = {one.number: one for one in ForgeChange.objects.filter(repository=row, stand=Stand.OPEN.value)}
    given_up = set(ForgeChange.objects.filter(repository=row, is_dead=True).values_list("number", flat=True))
    wanted = [
        one.number for one in mine
        if one.number in given_up or (have := known.get(one.number)) is None
        or have.head != one.head or have.forge_at is None or have.forge_at < one.at
    ]  # fmt: skip
    wanted += sorted(known.keys() - {one.number for one in mine})
    waiting = set(
        ForgeChange.objects.filter(repository=row, number__in=wanted, wanted__gt=F("asked"), is_dead=False)
        .values_list("number", flat=True)
    )  # fmt: skip
    ids = {one.number: one.id for one in mine}
    with transaction.atomic():
        for number in wanted:
            if number not in waiting:
                news.want(row, number, now, id=ids.get(number, ""))
    return len(wanted)


def _read_bypasses(row: ForgeRepository, client: Client, now: datetime) -> None:
    since = (row.bypasses_until - OVERLAP) if row.bypasses_until is not None else row.first_seen_at
    for one in client.bypasses(repositories.place_of(row), since):
        if one.place.id == row.external_id:
            bypasses.heard(row, one, now)
    ForgeRepository.objects.filter(pk=row.pk).update(bypasses_until=now)
