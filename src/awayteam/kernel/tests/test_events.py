from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from awayteam.kernel import events
from awayteam.kernel.actor import SYSTEM, Actor, ActorKind
from awayteam.kernel.appendonly import (
    gaps,
    lifted,
    protect,
    protect_columns,
    unprotect,
    unprotect_columns,
)
from awayteam.kernel.doctor import Health, examine
from awayteam.kernel.events import Draft, EventName, Subject
from awayteam.kernel.models import Event, OutboxMessage, Webhook

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
ADA = Actor(kind=ActorKind.PERSON, label="Ada", person_id=7)
ORDERS = Subject("entity", 12, "Orders")


def append(name: EventName = EventName.ENTITY_EDITED, **more: Any) -> Event:
    return events.append(name, **{"subject": ORDERS, "actor": ADA, "now": NOW, **more})


def draft(name: EventName = EventName.ENTITY_CREATED, id: int = 1) -> Draft:
    return Draft(name, Subject("entity", id, f"e{id}"), SYSTEM, NOW, data={"n": id})


def hook(name: str, *names: str, active: bool = True) -> Webhook:
    return Webhook.objects.create(
        name=name, url="https://example.org/", secret="x", events=list(names), active=active, created_at=NOW
    )


def test_the_names_are_alphabetised_and_say_thing_and_happening() -> None:
    names = [name.value for name in EventName]
    assert names == sorted(names)
    assert all(name.count(".") == 1 and name == name.lower() for name in names)
    assert [name.name for name in EventName] == [
        name.value.upper().replace(".", "_").replace("-", "_") for name in EventName
    ]


@pytest.mark.django_db
def test_an_event_reads_back_as_it_was_appended() -> None:
    event = append(reason="new title", changes={"title": ("old", "new")}, data={"source": 3})
    read = Event.objects.get()
    assert read.pk == event.pk
    assert (read.name, read.at, read.subject_kind, read.subject_id, read.subject_label) == (
        "entity.edited",
        NOW,
        "entity",
        12,
        "Orders",
    )
    assert (read.actor_kind, read.actor_person_id, read.actor_label, read.reason) == ("person", 7, "Ada", "new title")
    assert read.data == event.data == {"source": 3, "changes": {"title": ["old", "new"]}}
    assert len(read.rulebook_version) == 64


@pytest.mark.django_db
def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        append(now=NOW.replace(tzinfo=None))
    assert Event.objects.count() == 0


ATTACKS = [
    "UPDATE kernel_event SET reason = 'tampered'",
    "UPDATE kernel_event SET id = id + 1",
    "DELETE FROM kernel_event",
]
if connection.vendor == "postgresql":
    ATTACKS += ["TRUNCATE kernel_event"]
else:
    ATTACKS += [
        "INSERT OR REPLACE INTO kernel_event SELECT id, at, name, subject_kind, subject_id, subject_label, actor_kind,"
        " actor_person_id, actor_label, 'tampered', data, rulebook_version FROM kernel_event"
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("attack", ATTACKS)
def test_the_database_refuses_to_alter_the_log(attack: str) -> None:
    append(reason="as it was")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attack)
    assert list(Event.objects.values_list("reason", flat=True)) == ["as it was"]


@pytest.mark.django_db
def test_neither_save_nor_delete_of_the_model_alters_the_log() -> None:
    event = append(reason="as it was")
    event.reason = "tampered"
    with pytest.raises(DatabaseError), transaction.atomic():
        event.save()
    with pytest.raises(DatabaseError), transaction.atomic():
        Event.objects.all().delete()
    assert Event.objects.get().reason == "as it was"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("time", ["first", "second"])
def test_a_transactional_test_starts_with_an_empty_and_protected_log(time: str) -> None:
    assert Event.objects.count() == 0
    append()
    with pytest.raises(DatabaseError, match="append-only"):
        Event.objects.all().delete()
    assert Event.objects.count() == 1


@pytest.mark.django_db
def test_webhooks_get_what_they_want_with_the_event_or_not_at_all() -> None:
    everything, entities, one = hook("all"), hook("entities", "entity"), hook("one", "entity.edited", "team.created")
    hook("others", "team", "entit", "entity.edited.more")
    hook("asleep", active=False)
    event = append(changes={"title": ("a", "b")})
    messages = list(OutboxMessage.objects.order_by("webhook_id"))
    assert [message.webhook_id for message in messages] == [everything.pk, entities.pk, one.pk]
    assert [message.idempotency_key for message in messages] == [
        f"event-{event.pk}-webhook-{each.pk}" for each in (everything, entities, one)
    ]
    payload = messages[0].payload
    assert {key: payload[key] for key in ("specversion", "id", "type", "subject", "time", "datacontenttype")} == {
        "specversion": "1.0",
        "id": str(event.pk),
        "type": "entity.edited",
        "subject": "entity/12",
        "time": "2026-03-02T10:00:00+00:00",
        "datacontenttype": "application/json",
    }
    assert payload["source"].startswith("http")
    assert payload["data"]["changes"] == {"title": ["a", "b"]}

    class Failed(Exception):
        pass

    with suppress(Failed), transaction.atomic():
        append()
        raise Failed
    assert (Event.objects.count(), OutboxMessage.objects.count()) == (1, 3)


@pytest.mark.django_db
@pytest.mark.parametrize("with_hook", [False, True])
def test_many_events_are_appended_in_order_and_queued(with_hook: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "BATCH", 4)
    if with_hook:
        hook("some", "entity.removed")
    drafts = [draft(EventName.ENTITY_REMOVED if n % 3 == 0 else EventName.ENTITY_CREATED, n) for n in range(10)]
    assert events.append_many(iter(drafts)) == 10
    read = list(Event.objects.order_by("pk"))
    assert [(event.name, event.subject_id, event.data, event.at) for event in read] == [
        (each.name.value, each.subject.id, each.data, NOW) for each in drafts
    ]
    assert len({event.rulebook_version for event in read}) == 1
    keys = {message.idempotency_key.split("-")[1] for message in OutboxMessage.objects.all()}
    assert keys == ({str(event.pk) for event in read if event.name == "entity.removed"} if with_hook else set())
    assert append().pk > read[-1].pk


@pytest.mark.django_db
def test_history_is_of_one_thing_newest_first_and_goes_on_where_it_stopped() -> None:
    ids = [append(now=NOW + timedelta(minutes=n)).pk for n in range(5)]
    append(subject=Subject("team", 12, "Another thing of that number"))
    first = events.history("entity", 12, limit=3)
    assert [event.pk for event in first.items] == ids[:1:-1]
    append()
    second = events.history("entity", 12, limit=3, before=first.next_cursor)
    assert ([event.pk for event in second.items], second.next_cursor) == (ids[1::-1], None)


@pytest.mark.django_db
def test_the_feed_is_narrowed_by_name_and_time() -> None:
    append(EventName.TEAM_CREATED)
    kept = append(EventName.TEAM_CREATED, now=NOW + timedelta(hours=2))
    append(EventName.TEAM_UPDATED, now=NOW + timedelta(hours=3))
    page = events.latest(names=["team.created"], since=NOW + timedelta(hours=1))
    assert [event.pk for event in page.items] == [kept.pk]


@pytest.mark.django_db
def test_a_log_that_lost_its_guards_is_noticed() -> None:
    assert gaps(connection) == []
    unprotect(connection, "kernel_event")
    assert {gap.table for gap in gaps(connection)} == {"kernel_event"}
    found = {each.subject: each.health for each in examine(NOW)}
    assert found["append-only table kernel_event"] == Health.BAD
    protect(connection, "kernel_event")
    assert {each.subject: each.health for each in examine(NOW)}["append-only tables"] == Health.GOOD


@pytest.fixture
def ledger() -> None:
    """A table whose rows stay, with a column that never changes and one that may."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE ledger (id bigint PRIMARY KEY, text varchar(20), state varchar(20))")
        cursor.execute("INSERT INTO ledger VALUES (1, 'signed', 'open'), (2, NULL, 'open')")
    protect_columns(connection, "ledger", ["text"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        ("UPDATE ledger SET state = 'closed'", True),
        ("UPDATE ledger SET text = 'signed' WHERE id = 1", True),
        ("INSERT INTO ledger VALUES (3, 'more', 'open')", True),
        ("UPDATE ledger SET text = 'forged' WHERE id = 1", False),
        ("UPDATE ledger SET text = NULL WHERE id = 1", False),
        ("UPDATE ledger SET text = 'forged' WHERE id = 2", False),
        ("DELETE FROM ledger WHERE id = 1", False),
    ],
)
def test_a_column_that_never_changes(ledger: None, statement: str, allowed: bool) -> None:
    def run() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)

    if allowed:
        run()
    else:
        with pytest.raises(DatabaseError, match="append-only"):
            run()
        with lifted(connection):
            run()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM ledger")
    unprotect_columns(connection, "ledger")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM ledger")
