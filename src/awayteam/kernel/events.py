"""The event log: one event for each change, appended in the transaction of the change and never altered.

Triggers in both databases refuse UPDATE, DELETE and TRUNCATE of the table. A webhook that wants an event gets its
outbox row in the same transaction, so that neither exists without the other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

import orjson
from django.db import transaction

from awayteam.kernel import bell, bulk, cloudevents, rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.eventnames import EventName as EventName
from awayteam.kernel.models import Event, OutboxMessage, Webhook
from awayteam.kernel.paging import Page, decode_cursor, page_of

BATCH = 5_000
COLUMNS = (
    "at",
    "name",
    "subject_kind",
    "subject_id",
    "subject_label",
    "actor_kind",
    "actor_person_id",
    "actor_label",
    "reason",
    "data",
    "rulebook_version",
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What an event is about. `label` is what people call it at that time; the history keeps it after a rename."""

    kind: str
    id: int
    label: str


@dataclass(frozen=True, slots=True)
class Draft:
    """An event that is still to be appended; see `append` for the fields."""

    name: EventName
    subject: Subject
    actor: Actor
    now: datetime
    reason: str = ""
    changes: Mapping[str, tuple[Any, Any]] | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


def append(
    name: EventName,
    *,
    subject: Subject,
    actor: Actor,
    now: datetime,
    reason: str = "",
    changes: Mapping[str, tuple[Any, Any]] | None = None,
    data: Mapping[str, Any] | None = None,
) -> Event:
    """Append one event in the caller's transaction (or one of its own) and queue it for the webhooks that want it.

    `changes` maps a field's name to (old, new); `data` is whatever else a reader of the history needs. Both must be
    JSON values; times are written as ISO 8601. `now` must be aware.
    """
    draft = Draft(name, subject, actor, now, reason, changes, data or {})
    with transaction.atomic():
        event = _event(draft, rulebook.current().version)
        event.save(force_insert=True)
        _queue([event], _webhooks())
    return event


def append_many(drafts: Iterable[Draft]) -> int:
    """Append many events, in order, as fast as the database takes them; returns how many. A generator will do."""
    version, count, rest = rulebook.current().version, 0, iter(drafts)
    with transaction.atomic():
        hooks = _webhooks()
        while batch := list(islice(rest, BATCH)):
            _append_batch(batch, version, hooks)
            count += len(batch)
    return count


def _append_batch(batch: Sequence[Draft], version: str, hooks: Sequence[Webhook]) -> None:
    if any(_wants(hook, name) for hook in hooks for name in {draft.name for draft in batch}):
        _queue(Event.objects.bulk_create([_event(draft, version) for draft in batch]), hooks)
        return
    bulk.insert(Event, COLUMNS, (_values(draft, version) for draft in batch))


def _event(draft: Draft, version: str) -> Event:
    values = dict(zip(COLUMNS, _values(draft, version), strict=True))
    return Event(**values | {"data": orjson.loads(values["data"])})


def _values(draft: Draft, version: str) -> tuple[Any, ...]:
    """The values of `COLUMNS`, `data` as JSON text."""
    if draft.now.tzinfo is None:
        raise ValueError(f"{draft.name}: `now` has no time zone")
    data: Mapping[str, Any] = draft.data
    if draft.changes is not None:
        data = {**data, "changes": draft.changes}
    subject, actor = draft.subject, draft.actor
    return (
        draft.now,
        draft.name.value,
        subject.kind,
        subject.id,
        subject.label[:300],
        actor.kind.value,
        actor.person_id,
        actor.label[:200],
        draft.reason,
        _text(data) if data else "{}",
        version,
    )


def _text(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


def _webhooks() -> list[Webhook]:
    return list(Webhook.objects.filter(active=True))


def _wants(hook: Webhook, name: str) -> bool:
    """An empty list means every event; otherwise one entry is the name itself or its first word (`entity`)."""
    return not hook.events or any(name == want or name.startswith(want.rstrip(".*") + ".") for want in hook.events)


def _queue(events: Sequence[Event], hooks: Sequence[Webhook]) -> None:
    messages = [
        OutboxMessage(
            idempotency_key=f"event-{event.pk}-webhook-{hook.pk}",
            channel="webhook",
            webhook=hook,
            payload=cloudevents.of_event(event),
            next_at=event.at,
            created_at=event.at,
        )
        for event in events
        for hook in hooks
        if _wants(hook, event.name)
    ]
    if messages:
        OutboxMessage.objects.bulk_create(messages, batch_size=BATCH)
        transaction.on_commit(bell.ring)


def history(kind: str, id: int, *, before: str | None = None, limit: int = 50) -> Page[Event]:
    """What happened to one thing, newest first; `before` is the cursor of the page before."""
    return _newest(Event.objects.filter(subject_kind=kind, subject_id=id), before, limit)


def latest(
    *, names: Sequence[str] = (), since: datetime | None = None, before: str | None = None, limit: int = 50
) -> Page[Event]:
    """What happened to anything, newest first: of these names (all where empty) and not before `since`."""
    events = Event.objects.all()
    if names:
        events = events.filter(name__in=names)
    if since is not None:
        events = events.filter(at__gte=since)
    return _newest(events, before, limit)


def _newest(events: Any, before: str | None, limit: int) -> Page[Event]:
    if before:
        events = events.filter(pk__lt=decode_cursor(before, int)[0])
    return page_of(list(events.order_by("-pk")[: limit + 1]), limit, lambda event: (event.pk,))


__all__ = ["Draft", "EventName", "Subject", "append", "append_many", "history", "latest"]
