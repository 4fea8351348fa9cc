"""Bringing the ledger up to what happened, and making it anew; both write the same entries."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Max, Q

from awayteam.credit.deriving.facts import happened
from awayteam.credit.deriving.readers import READERS
from awayteam.credit.deriving.units import note_units, units
from awayteam.credit.models import Entry, EntryUnit, Ledger
from awayteam.credit.rules import VERSION, Credit, Happened, Units
from awayteam.kernel import events
from awayteam.kernel.actor import Actor
from awayteam.kernel.events import EventName, Subject
from awayteam.kernel.models import Event

BATCH = 2_000
LOOK_BACK = timedelta(hours=2)
LOOK_BACK_EVENTS = 20_000
"""Numbers of events are given before their transactions end: one that took longer than others shows events with lower
numbers than those that were read. So many, and of so long, are read again; it changes nothing where nothing is new."""
GONE = "Nothing that is recorded supports it any more."


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What making the ledger anew changed; all 0 where it was right. `entries` counts those that there are now."""

    entries: int
    added: int
    changed: int
    removed: int


def derive(now: datetime) -> int:
    """Read the events since the last time and write what they give; returns how many entries are new or different.

    Each batch is a transaction of its own, so that others can write meanwhile.
    """
    with transaction.atomic():
        note_units(now)
        ledger = _ledger()
        newest, changed = _newest(), 0
        if ledger.at is not None:
            near = Q(pk__lte=ledger.event, pk__gt=ledger.event - LOOK_BACK_EVENTS, at__gte=ledger.at - LOOK_BACK)
            for batch in _batches(Event.objects.filter(near)):
                changed += _take(batch, now)
    while True:
        with transaction.atomic():
            ledger = _ledger()
            asked = Event.objects.filter(pk__gt=ledger.event, pk__lte=newest)
            batch = next(_batches(asked), [])
            changed += _take(batch, now)
            ledger.event = batch[-1].pk if len(batch) == BATCH else max(newest, ledger.event)
            ledger.at, ledger.rule = now, VERSION
            ledger.save()
        if len(batch) < BATCH:
            return changed


def _take(batch: list[Event], now: datetime) -> int:
    """Write what these events give; how many entries are new, different or gone."""
    credits, retracted = _read(batch)
    added, different = _write(credits, units())
    return added + different + _retract(retracted - set(credits), now)


def rebuild(*, actor: Actor, now: datetime, reason: str = "") -> Rebuilt:
    """Derive everything from the whole event log. Entries that it doesn't give go, but for those that were disputed:
    these are shown as withdrawn."""
    newest = _newest()
    found: dict[str, Credit] = {}
    _gather(found, Event.objects.filter(pk__lte=newest))
    with transaction.atomic():
        note_units(now)
        ledger = _ledger()
        for key in _gather(found, Event.objects.filter(pk__gt=newest)):
            found.pop(key, None)
        last = _newest()
        added, changed = _write(found, units(), anew=True)
        stale = set(Entry.objects.values_list("key", flat=True)) - set(found)
        removed = _retract(stale, now)
        ledger.event, ledger.at, ledger.rule, ledger.rebuilt_at = last, now, VERSION, now
        ledger.save()
        made = Rebuilt(Entry.objects.count(), added, changed, removed)
        data = {"entries": made.entries, "added": added, "changed": changed, "removed": removed, "rule": VERSION}
        subject = Subject("ledger", ledger.pk, "the ledger of credit")
        events.append(EventName.CREDIT_REBUILT, subject=subject, actor=actor, now=now, reason=reason, data=data)
    return made


def _gather(found: dict[str, Credit], asked: Any) -> set[str]:
    """Add what these events give to `found`; returns what they take back.

    What was taken back before is seen in the rows by now, and isn't given at all.
    """
    retracted: set[str] = set()
    for batch in _batches(asked):
        credits, gone = _read(batch)
        retracted |= gone
        for one in credits.values():
            _keep_first(found, one)
    return retracted


def record(event: Event) -> None:
    """Write at once what one event gives, in the transaction that appended it: for what people want to see now."""
    note_units(event.at)
    _ledger()
    credits, _ = _read([event])
    _write(credits, units())


def _newest() -> int:
    return int(Event.objects.aggregate(newest=Max("pk"))["newest"] or 0)


def pending(_now: datetime) -> bool:
    """Whether there are events that were not read; one statement."""
    read = Ledger.objects.values_list("event", flat=True).first() or 0
    return Event.objects.filter(pk__gt=read).exists()


def _ledger() -> Ledger:
    """The one row, locked, so that nobody else writes entries meanwhile."""
    Ledger.objects.get_or_create(pk=1, defaults={"rule": VERSION})
    return Ledger.objects.select_for_update().get(pk=1)


def _batches(asked: Any) -> Iterator[list[Event]]:
    """Events of names that give credit, in the order of their numbers."""
    names = sorted(name.value for reader in READERS for name in reader.names)
    rows = asked.filter(name__in=names).order_by("pk").iterator(chunk_size=BATCH)
    while batch := list(islice(rows, BATCH)):
        yield batch


def _read(batch: Iterable[Event]) -> tuple[dict[str, Credit], set[str]]:
    """What the events give by key, and keys of what they take back."""
    told = [happened(event) for event in batch]
    found: dict[str, Credit] = {}
    retracted: set[str] = set()
    for reader in READERS:
        fitting: list[Happened] = [one for one in told if one.name in reader.names]
        if fitting:
            derived = reader.read(fitting)
            retracted |= derived.retracted
            for one in derived.credits:
                _keep_first(found, one)
    return found, retracted


def _keep_first(found: dict[str, Credit], one: Credit) -> None:
    """Of several events that give the same entry the earliest is its evidence, in whatever order they are read."""
    known = found.get(one.key)
    if known is None or _order(one.at, one.evidence[1]) < _order(known.at, known.evidence[1]):
        found[one.key] = one


def _order(at: datetime, evidence: int) -> tuple[datetime, int]:
    return at, evidence


def _write(credits: Mapping[str, Credit], above: Units, *, anew: bool = False) -> tuple[int, int]:
    """Insert what is new, and mend what is different: (how many new, how many different).

    `anew`: the credit comes from all events; else an entry whose evidence is earlier stays as it is.
    """
    known: dict[str, Entry] = {}
    keys = sorted(credits)
    for start in range(0, len(keys), BATCH):
        known |= {row.key: row for row in Entry.objects.filter(key__in=keys[start : start + BATCH])}
    new = [_entry(one) for key, one in sorted(credits.items(), key=_in_time) if key not in known]
    open_to_mending = [row for row in known.values() if anew or not _is_earlier(row, credits[row.key])]
    mended = [row for row in open_to_mending if _mend(row, credits[row.key])]
    Entry.objects.bulk_create(new, batch_size=BATCH)
    Entry.objects.bulk_update(mended, COLUMNS, batch_size=500)
    moved = _place([*new, *known.values()], above)
    return len(new), len({row.pk for row in mended} | moved)


def _in_time(pair: tuple[str, Credit]) -> tuple[datetime, int, str]:
    return pair[1].at, pair[1].evidence[1], pair[0]


COLUMNS = (
    "kind", "at", "person", "team", "subject_kind", "subject_id", "subject_label", "evidence_kind", "evidence_id",
    "quantity", "measure", "words", "given_by", "served", "rule",
)  # fmt: skip


def _columns(one: Credit) -> dict[str, Any]:
    return {
        "kind": one.kind.value, "at": one.at, "person_id": one.person, "team_id": one.team,
        "subject_kind": one.subject[0], "subject_id": one.subject[1], "subject_label": one.subject[2][:300],
        "evidence_kind": one.evidence[0], "evidence_id": one.evidence[1], "quantity": one.quantity,
        "measure": one.measure.value, "words": one.words, "given_by_id": one.given_by,
        "served_id": one.served, "rule": VERSION,
    }  # fmt: skip


def _entry(one: Credit) -> Entry:
    return Entry(key=one.key, **_columns(one))


def _is_earlier(row: Entry, one: Credit) -> bool:
    return _order(row.at, row.evidence_id) < _order(one.at, one.evidence[1])


def _mend(row: Entry, one: Credit) -> bool:
    """Bring an entry to what its evidence says; False where it says so already."""
    values = _columns(one)
    different = [name for name, value in values.items() if getattr(row, name) != value]
    for name in different:
        setattr(row, name, values[name])
    return bool(different)


def _place(rows: Iterable[Entry], above: Units) -> set[int]:
    """Write the units above each entry's team at its time; the ids of known entries whose units were others."""
    wanted = {row.pk: above.above(row.team_id, row.at) for row in rows}
    there: dict[int, list[int]] = {pk: [] for pk in wanted}
    ids = list(wanted)
    for start in range(0, len(ids), BATCH):
        known = EntryUnit.objects.filter(entry__in=ids[start : start + BATCH]).order_by("steps")
        for pk, unit in known.values_list("entry_id", "unit_id"):
            there[pk].append(unit)
    moved = {pk for pk in ids if there[pk] != wanted[pk]}
    EntryUnit.objects.filter(entry__in={pk for pk in moved if there[pk]}).delete()
    EntryUnit.objects.bulk_create(
        [EntryUnit(entry_id=pk, unit_id=unit, steps=steps) for pk in sorted(moved)
         for steps, unit in enumerate(wanted[pk], start=1)], batch_size=BATCH,
    )  # fmt: skip
    return {pk for pk in moved if there[pk]}


def _retract(keys: Iterable[str], now: datetime) -> int:
    """Take entries back; what was disputed stays and is shown as withdrawn. How many are gone or newly withdrawn."""
    rows = list(Entry.objects.filter(key__in=list(keys)).prefetch_related("disputes"))
    kept = [row for row in rows if row.disputes.all()]
    newly = [row for row in kept if row.withdrawn_at is None]
    for row in newly:
        row.withdrawn_at, row.withdrawn_why = now, GONE
    Entry.objects.bulk_update(newly, ["withdrawn_at", "withdrawn_why"])
    gone = [row.pk for row in rows if row not in kept]
    Entry.objects.filter(pk__in=gone).delete()
    return len(gone) + len(newly)


__all__ = ["Rebuilt", "derive", "pending", "rebuild", "record"]
