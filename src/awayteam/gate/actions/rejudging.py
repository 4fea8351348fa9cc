"""Judging open changes again once something that concerns them changed, or a moment has come; never all in turn.

What happens is read from the event log, from where the last look ended and a little before: a transaction may be
committed after one that began later, so its events are found behind the others.
"""

import time
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max, Q

from awayteam.engagements.models import Contract, Member
from awayteam.gate import roster
from awayteam.gate.actions.judging import judge
from awayteam.gate.models import Change, Stand, Watch
from awayteam.kernel import rulebook
from awayteam.kernel.events import EventName
from awayteam.kernel.log import Log
from awayteam.kernel.models import Event
from awayteam.reviews.models import Review
from awayteam.rounds.models import Round

log = Log(__name__)
OVERLAP = 1_000
"""Events before the last look that are looked at again."""
LONG_SECONDS = 5.0
AGAIN = timedelta(minutes=1)
"""When a change that couldn't be judged is tried again."""
_KINDS = ("engagement.", "contract.", "round.", "review.", "repository.")
NAMES = [*roster.NAMES, *(name.value for name in EventName if name.value.startswith(_KINDS))]


def is_due(now: datetime) -> bool:
    """Whether there is anything to do: a cheap look."""
    watch = Watch.objects.filter(pk=1).first()
    if watch is None or watch.rulebook != rulebook.current().version:
        return True
    if Event.objects.filter(pk__gt=watch.event, name__in=NAMES).exists():
        return True
    return Change.objects.filter(judge_at__lte=now).exists()


def run(now: datetime) -> int:
    """See what happened, then judge what is due, in the order in which it became so; returns how many were judged."""
    look(now)
    began, done = time.monotonic(), 0
    due = Change.objects.filter(judge_at__lte=now).order_by("judge_at", "pk")
    for pk in list(due.values_list("pk", flat=True)[: rulebook.current().gate.judge_max]):
        if time.monotonic() - began > LONG_SECONDS:
            break
        done += _judged(pk, now)
    return done


def _judged(pk: int, now: datetime) -> bool:
    """Judge one change; one that fails doesn't stop the others, and is tried again later."""
    try:
        judge(change=Change(pk=pk), now=now, cause="something changed")
    except Exception:
        log.exception("gate.judge.failed", change=pk)
        Change.objects.filter(pk=pk).update(judge_at=now + AGAIN)
        return False
    return True


def look(now: datetime) -> None:
    """Mark the open changes that what happened since the last look concerns."""
    with transaction.atomic():
        last = int(Event.objects.aggregate(last=Max("pk"))["last"] or 0)
        Watch.objects.get_or_create(pk=1, defaults={"event": last})
        watch = Watch.objects.select_for_update().get(pk=1)
        begin = max(min(watch.event, last) - OVERLAP, 0)
        known = frozenset(watch.seen)
        rows = Event.objects.filter(pk__gt=begin, name__in=NAMES).order_by("pk")
        found = [one for one in rows.values_list("pk", "name", "subject_kind", "subject_id") if one[0] not in known]
        version = rulebook.current().version
        if watch.rulebook != version or any(name in _EVERYBODYS for _, name, _, _ in found):
            mark(Q(), now)
        else:
            mark(_concerned({(kind, subject) for _, _, kind, subject in found}), now)
        newest = max([last, *(one[0] for one in found)])
        seen = {one for one in (*known, *(one[0] for one in found)) if one > newest - OVERLAP}
        if (watch.event, watch.rulebook, watch.seen) != (newest, version, sorted(seen)):
            watch.event, watch.rulebook, watch.seen = newest, version, sorted(seen)
            watch.save()


_EVERYBODYS = frozenset(roster.NAMES)


def mark(which: Q | None, now: datetime) -> int:
    """Let these open changes be judged at the next run; None: none."""
    if which is None:
        return 0
    later = Q(judge_at__isnull=True) | Q(judge_at__gt=now)
    return Change.objects.filter(which & later, state=Stand.OPEN).update(judge_at=now)


def _concerned(subjects: Collection[tuple[str, int]]) -> Q | None:
    """The changes that these subjects concern: an engagement does through those on its list."""
    of = {kind: {subject for each, subject in subjects if each == kind} for kind in {kind for kind, _ in subjects}}
    engagements = set(of.get("engagement", ()))
    changes: set[int] = set()
    if of.get("contract"):
        engagements |= _numbers(Contract.objects.filter(pk__in=of["contract"]).values_list("engagement", flat=True))
    if of.get("round"):
        engagements |= _numbers(Round.objects.filter(pk__in=of["round"]).values_list("engagement", flat=True))
    if of.get("review"):
        rows = Review.objects.filter(pk__in=of["review"], subject_id__isnull=False)
        for kind, subject in rows.values_list("subject_kind", "subject_id"):
            if subject is not None and kind in ("engagement", "change"):
                (engagements if kind == "engagement" else changes).add(subject)
    found = Q(pk__in=changes) if changes else None
    if engagements:
        authors = Member.objects.filter(engagement__in=engagements).order_by().values("person")
        found = _or(found, Q(author__in=authors))
    if of.get("repository"):
        found = _or(found, Q(followed__in=of["repository"]))
    return found


def _numbers(rows: Iterable[int | None]) -> set[int]:
    return {one for one in rows if one is not None}


def _or(one: Q | None, other: Q) -> Q:
    return other if one is None else one | other
