"""Who owned what from when until when: opened and closed as sources change, or as a source itself dates it."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, NamedTuple

import orjson
from django.db.models import Case, DateTimeField, F, Value, When

from awayteam.catalog.models import Entity, Ownership
from awayteam.imports.apply.item import Item
from awayteam.imports.apply.session import Session
from awayteam.imports.records import Record
from awayteam.kernel import bulk

COLUMNS = ["entity_id", "owner_id", "starts", "ends", "reason", "source_id"]


class Period(NamedTuple):
    """One owner's time, as a source dates it; None: since before any record, or still."""

    owner: str
    starts: datetime | None
    ends: datetime | None
    reason: str


def dated(record: Record) -> list[Period]:
    """The periods that the document itself gives, in order of time; those without length are left out."""
    if '"ownership"' not in record.facts:
        return []
    stated = orjson.loads(record.facts).get("ownership") or []
    periods = [
        Period(one["owner"], _day(one.get("since")), _day(one.get("until")), one.get("reason", "")) for one in stated
    ]
    endless = [one for one in periods if one.ends is None]
    for one, following in pairwise(endless):  # only the last may go on: the others end where the next begins
        place = periods.index(one)
        periods[place : place + 1] = [one._replace(ends=following.starts)] if following.starts else []
    return [one for one in periods if not (one.starts and one.ends and one.ends <= one.starts)]


def owner_on(periods: Sequence[Period], now: datetime) -> str | None:
    """Who owns it at `now`, by what the document says; the last to start where several do."""
    holding = [
        one for one in periods if (one.starts is None or one.starts <= now) and (one.ends is None or now < one.ends)
    ]
    return holding[-1].owner if holding else None


def _day(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None


def write(session: Session, items: list[Item], before: dict[int, Entity]) -> None:
    """Close and open ownerships; what a new source declares has been so since nobody knows when."""
    opened: list[tuple[Any, ...]] = []
    closed: list[int] = []
    for item in items:
        if periods := dated(item.record):
            opened += _replaced(session, item, periods)
            continue
        old = before.get(item.id)
        owner = session.ids.of[item.values.owner] if item.values.owner else None
        was = old.owner_id if old is not None else None
        if owner == was:
            continue
        if was is not None:
            closed.append(item.id)
        if owner is not None:
            starts = None if session.first and was is None else session.now
            opened.append((item.id, owner, starts, None, "", session.source.pk))
    close(closed, session.now)
    bulk.insert(Ownership, COLUMNS, opened)


def _replaced(session: Session, item: Item, periods: list[Period]) -> Iterator[tuple[Any, ...]]:
    """The rows of an entity whose source dates its owners: the source's own are replaced by what it says now.

    Where a person's transfer stands against what the source says of now, that one stays open, and of the source's
    periods only those that are over are kept.
    """
    Ownership.objects.filter(entity=item.id, source=session.source).delete()
    overruled = item.values.owner != owner_on(periods, session.now)
    if not overruled:
        close([item.id], session.now)
    for one in periods:
        if not overruled or (one.ends is not None and one.ends <= session.now):
            yield item.id, session.ids.of[one.owner], one.starts, one.ends, one.reason, session.source.pk


def close(entity_ids: Sequence[int], now: datetime) -> None:
    """End the open ownerships of these entities (never before their start, should clocks disagree)."""
    ends = Case(When(starts__gt=now, then=F("starts")), default=Value(now), output_field=DateTimeField())
    for start in range(0, len(entity_ids), 10_000):
        Ownership.objects.filter(entity__in=entity_ids[start : start + 10_000], ends=None).update(ends=ends)
