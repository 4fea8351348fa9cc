"""What the worker does for access on forges: works out what is wanted, and looks at repositories when it is time.

Two things make a repository due: its own `next_at` (something begins or ends then, or is tried again), and a survey
that finds that something else is wanted there than before. A survey runs when an event tells of something that may
matter, and once a minute besides. What ends somebody's access comes first.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta

from django.db.models import Case, IntegerField, Max, Q, QuerySet, Value, When

from awayteam.forges import hooks, leasing, registry, repositories, wanting
from awayteam.forges.actions.reconciling import look_soon, reconcile
from awayteam.forges.models import (
    AccessMark,
    Forge,
    ForgeGrant,
    ForgeRepository,
    ForgeState,
    Reconciliation,
    RepositoryAccess,
)
from awayteam.forges.port import Directory, ForgeError
from awayteam.kernel import jobs, rulebook, worker
from awayteam.kernel.errors import AwayteamError
from awayteam.kernel.log import Log
from awayteam.kernel.models import Event

log = Log(__name__)
CONCERNS = ("account", "contract", "engagement", "forge", "forge-account", "forge-repository", "identity", "membership",
            "person", "repository", "source", "team")  # fmt: skip
"""Kinds of things whose events may change what is wanted on forges."""
LANE = "forge-access"
EVERY = timedelta(minutes=1)
ENOUGH_SECONDS = 45.0
"""After so long a round ends, so that what became due meanwhile is taken in its own order."""
TIRED = 3
"""Failures one after the other after which a forge rests for this round."""
MOST = 500


def work(now: datetime, limit: int = MOST, stopping: Callable[[], bool] = lambda: False) -> int:
    """A lane of the worker: survey if need be, then look at what is due; returns how many repositories it looked at.

    Where there is nothing to do, that costs two or three small statements.
    """
    if _must_survey(now):
        return look_at_due(now, survey(now), limit, stopping)
    return look_at_due(now, {}, limit, stopping) if _due(now).exists() else 0


def _due(now: datetime) -> "QuerySet[RepositoryAccess]":
    return RepositoryAccess.objects.filter(
        leasing.free(now),
        next_at__lte=now,
        repository__forge__state=ForgeState.ACTIVE,
        repository__gone_at__isnull=True,
    )


def _must_survey(now: datetime) -> bool:
    if not Forge.objects.filter(state=ForgeState.ACTIVE).exists():
        return False
    mark = AccessMark.objects.order_by("pk").first()
    if mark is None or mark.surveyed_at is None or not mark.surveyed_at <= now < mark.surveyed_at + EVERY:
        return True
    return _news(mark.event).exists()


def _news(event: int) -> "QuerySet[Event]":
    return Event.objects.filter(pk__gt=event, subject_kind__in=CONCERNS).exclude(name__startswith="access.")


def survey(now: datetime) -> Mapping[int, wanting.Wishes]:
    """Work out what is wanted everywhere, and make due every repository in which that is something else now."""
    mark = AccessMark.objects.order_by("pk").first() or AccessMark.objects.create()
    last = Event.objects.aggregate(last=Max("pk"))["last"] or 0
    _find_places(now)
    rows = repositories_of_forges()
    wanted = wanting.wishes(now, rows.values())
    known = {one.repository_id: one for one in RepositoryAccess.objects.all()}
    ours = _ours()
    for pk in sorted({*wanted, *ours} & rows.keys()):
        wishes = wanted.get(pk, wanting.Wishes())
        state = known.get(pk)
        if state is None:
            made = RepositoryAccess(repository_id=pk, next_at=now)
            RepositoryAccess.objects.bulk_create([made], ignore_conflicts=True)
        elif state.digest != wishes.digest:
            due = RepositoryAccess.objects.filter(pk=state.pk)
            if ours.get(pk, frozenset()) - _accounts_now(wishes, now):
                due.update(revokes_at=now)
            if state.attempts == 0:  # what failed waits for its own turn
                due.filter(next_at__gt=now).update(next_at=now)
    AccessMark.objects.filter(pk=mark.pk).update(event=last, surveyed_at=now)
    return wanted


def repositories_of_forges() -> dict[int, ForgeRepository]:
    return {row.pk: row for row in wanting.repositories()}


def _ours() -> dict[int, frozenset[str]]:
    """Accounts that hold a right of ours, by repository."""
    found: dict[int, set[str]] = defaultdict(set)
    rows = ForgeGrant.objects.filter(removed_at__isnull=True).select_related("account")
    for one in rows:
        found[one.repository_id].add(one.account.external_id)
    return {pk: frozenset(some) for pk, some in found.items()}


def _accounts_now(wishes: wanting.Wishes, now: datetime) -> frozenset[str]:
    active = (due for due in wishes.dues if due.since <= now < due.until)
    return frozenset(due.account.id for due in active if due.account is not None)


def _find_places(now: datetime) -> None:
    """Hear of repositories on forges that tell us nothing by themselves."""
    for forge in Forge.objects.filter(state=ForgeState.ACTIVE).order_by("pk"):
        try:
            client, grants = registry.connect(forge)
            if client is None and isinstance(grants, Directory):
                for place in grants.places():
                    repositories.heard(forge, place, now)
        except (ForgeError, AwayteamError) as error:
            log.warning("forges.places.failed", forge=forge.pk, error=leasing.says(error)[:200])


def look_at_due(
    now: datetime, wanted: Mapping[int, wanting.Wishes], limit: int = MOST,
    stopping: Callable[[], bool] = lambda: False,
) -> int:  # fmt: skip
    """Look at the repositories that are due: those where access ends first, then the longest due.

    A forge that failed several times in a row rests until the next round, in which others of it are first: those that
    failed wait, so none is kept back by them.
    """
    ends_first = Case(When(revokes_at__lte=now, then=Value(0)), default=Value(1), output_field=IntegerField())
    due = _due(now).order_by(ends_first, "next_at", "pk")
    began, done = time.monotonic(), 0
    failures: dict[int, int] = {}
    for state in list(due.select_related("repository__forge", "repository__repository")[:limit]):
        if stopping() or time.monotonic() - began > ENOUGH_SECONDS:
            break
        row = state.repository
        if failures.get(row.forge_id, 0) >= TIRED:
            continue
        at = now + timedelta(seconds=time.monotonic() - began)
        outcome = reconcile(row, now=at, engagements=_narrowed(row.pk, wanted))
        done += not outcome.busy
        failures[row.forge_id] = failures.get(row.forge_id, 0) + 1 if outcome.error else 0
    return done


def _narrowed(pk: int, wanted: Mapping[int, wanting.Wishes]) -> Collection[int] | None:
    """The engagements that a fresh survey found for a repository; None where there was none."""
    return wanted[pk].engagements if pk in wanted else None


def forget(now: datetime) -> int:
    """Delete runs that are older than the rulebook keeps them."""
    keep = timedelta(days=rulebook.current().forges.keep_runs_days)
    return Reconciliation.objects.filter(Q(at__lt=now - keep)).delete()[0]


FORGETTING = jobs.Job(name="forges.access-runs", every_seconds=86_400, run=forget)


def register() -> None:
    """The reconciler's part of `App.register()`."""
    worker.register_lane(LANE, work)
    jobs.register(FORGETTING)
    hooks.on_access(LANE, look_soon)
