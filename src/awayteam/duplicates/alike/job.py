"""The periodic comparison of all APIs: reads them in slices, compares in memory, and writes what differs."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from awayteam.catalog.models import ApiOperation, Entity, Presence
from awayteam.duplicates.alike.compare import Comparer, Described, Pair, array_of
from awayteam.duplicates.alike.intents import intent, is_boilerplate, text_words
from awayteam.duplicates.models import Comparison, Likeness
from awayteam.kernel import bulk, jobs, rulebook
from awayteam.kernel.models import Event

EVERY_SECONDS = 300.0
LEASE_SECONDS = 3 * 3600
SLICE = 2_000
MOST_OPERATIONS = 2_000
"""Of one API; more say nothing more."""
MOST_WORDS = 60
MOST_PAIRS = 50_000
PARTS = ("score", "operations", "names", "descriptions", "shared")
COLUMNS = ("a_id", "b_id", *PARTS, "found_at", "seen_at", "dismissed_why")
CHANGED_BY = ("entity.", "ownership.", "source.")


def described() -> Iterator[Described]:
    """Every API that a source declares, with its features; bounded in memory by slices."""
    apis = Entity.objects.filter(kind="API", presence=Presence.PRESENT).order_by("pk")
    columns = ("pk", "owner_id", "name", "title", "description")
    last = 0
    while rows := list(apis.filter(pk__gt=last).values_list(*columns)[:SLICE]):
        last = rows[-1][0]
        operations = _operations(rows[0][0], last)
        for pk, owner, name, title, description in rows:
            intents = operations.get(pk, set())
            plain = {one for one in intents if is_boilerplate(one)}
            yield Described(
                pk, owner, array_of(map(hash, intents - plain)), array_of(map(hash, plain)),
                array_of(map(hash, text_words((name, title), 12))),
                array_of(map(hash, text_words((description,), MOST_WORDS))),
            )  # fmt: skip


def _operations(first: int, last: int) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    rows = ApiOperation.objects.filter(api__gte=first, api__lte=last)
    for api, verb, path, key, name in rows.values_list("api_id", "verb", "path", "key", "name").iterator():
        mine = found.setdefault(api, set())
        if len(mine) < MOST_OPERATIONS and (what := intent(verb, path, key, name)):
            mine.add(what)
    return found


def compare(now: datetime) -> Comparison:
    """Compare all APIs and bring the table in line. Dismissals stay; what is alike no more goes."""
    began = time.monotonic()
    event = Event.objects.aggregate(last=Max("pk"))["last"] or 0
    apis = list(described())
    pairs = list(Comparer(apis).pairs(rulebook.current().duplicates.likeness_min))[:MOST_PAIRS]
    with transaction.atomic():
        _write(pairs, now)
        row, _ = Comparison.objects.update_or_create(
            pk=1,
            defaults={
                "started_at": now, "finished_at": now, "event": event, "apis": len(apis), "pairs": len(pairs),
                "seconds": time.monotonic() - began,
            },
        )  # fmt: skip
    return row


def _write(pairs: list[Pair], now: datetime) -> None:
    known = {(a, b): (pk, why) for pk, a, b, why in Likeness.objects.values_list("pk", "a_id", "b_id", "dismissed_at")}
    new, changed = [], []
    for pair in pairs:
        had = known.pop((pair.a, pair.b), None)
        values = (pair.score, pair.operations, pair.names, pair.descriptions, pair.shared)
        if had is None:
            new.append((pair.a, pair.b, *values, now, now, ""))
        else:
            changed.append((had[0], *values, now))
    bulk.insert(Likeness, COLUMNS, new)
    bulk.update(Likeness, [*PARTS, "seen_at"], changed)
    bulk.delete(Likeness, "id", [pk for pk, dismissed in known.values() if dismissed is None])


def pending(now: datetime) -> bool:
    """Whether the time has come, and something changed since the last comparison."""
    last = Comparison.objects.filter(pk=1).first()
    if last is None or last.finished_at is None:
        return Entity.objects.filter(kind="API", presence=Presence.PRESENT).exists()
    if last.finished_at > now - timedelta(hours=rulebook.current().duplicates.compare_hours):
        return False
    names = Event.objects.filter(pk__gt=last.event).values_list("name", flat=True).distinct().order_by()
    return any(name.startswith(CHANGED_BY) for name in names)


def run(now: datetime) -> int:
    return compare(now).pairs


JOB = jobs.Job("duplicates.compare", EVERY_SECONDS, run, pending=pending, lease_seconds=LEASE_SECONDS)
