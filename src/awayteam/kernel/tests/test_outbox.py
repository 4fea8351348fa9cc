from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awayteam.kernel import outbox
from awayteam.kernel import rulebook as rules
from awayteam.kernel.actor import ANONYMOUS, Actor, ActorKind
from awayteam.kernel.errors import Conflict, NotAllowed, NotFound
from awayteam.kernel.models import Event, OutboxMessage, Webhook
from awayteam.kernel.outbox import DeliveryFailed

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
LEASE = timedelta(seconds=60)
ADMIN = Actor(kind=ActorKind.PERSON, label="Root", person_id=1, is_administrator=True)


class Channel:
    """A channel that remembers, and fails as long as `failure` is set."""

    def __init__(self) -> None:
        self.delivered: list[str] = []
        self.failure: Exception | None = None

    def __call__(self, message: OutboxMessage, now: datetime) -> None:
        self.delivered.append(message.idempotency_key)
        if self.failure is not None:
            raise self.failure


@pytest.fixture(autouse=True)
def channel(monkeypatch: pytest.MonkeyPatch) -> Channel:
    channel = Channel()
    monkeypatch.setattr(outbox, "channels", {"test": channel, "other": Channel()})
    return channel


def put(key: str = "one", channel: str = "test", now: datetime = NOW, **more: Any) -> OutboxMessage:
    assert outbox.enqueue(channel=channel, key=key, payload={"n": 1}, now=now, **more)
    return OutboxMessage.objects.get(idempotency_key=key)


def state(key: str = "one") -> tuple[str, int, str]:
    message = OutboxMessage.objects.get(idempotency_key=key)
    return message.state, message.attempts, message.last_error


@pytest.mark.django_db
def test_a_message_leaves_once_and_is_done(channel: Channel) -> None:
    put()
    assert outbox.deliver_due(NOW - timedelta(seconds=1)) == 0
    assert outbox.deliver_due(NOW) == 1
    assert outbox.deliver_due(NOW + timedelta(days=1)) == 0
    message = OutboxMessage.objects.get()
    assert (message.state, message.delivered_at, message.lease_until, message.lease_token) == (
        "delivered",
        NOW,
        None,
        "",
    )
    assert channel.delivered == ["one"]


@pytest.mark.django_db
def test_a_key_is_queued_once() -> None:
    put()
    assert not outbox.enqueue(channel="test", key="one", payload={"n": 2}, now=NOW)
    assert OutboxMessage.objects.get().payload == {"n": 1}


@pytest.mark.django_db
def test_what_fails_waits_longer_each_time_and_dies_at_last(channel: Channel, rulebook: Any) -> None:
    rulebook("[outbox]\nattempts_max = 4\nbackoff_first_seconds = 10\nbackoff_factor = 3\nbackoff_jitter = 0\n")
    put()
    channel.failure = DeliveryFailed("no answer")
    now, waits = NOW, []
    while state()[0] == "waiting":
        assert outbox.deliver_due(now) == 1
        message = OutboxMessage.objects.get()
        assert message.lease_until is None
        waits.append((message.next_at - now).total_seconds())
        assert outbox.deliver_due(message.next_at - timedelta(milliseconds=1)) == 0
        now = message.next_at
    assert waits[:3] == [10, 30, 90]
    assert state() == ("dead", 4, "no answer")
    assert outbox.deliver_due(now + timedelta(days=9)) == 0
    assert channel.delivered == ["one"] * 4


@pytest.mark.django_db
def test_what_can_never_succeed_dies_at_once(channel: Channel) -> None:
    put()
    channel.failure = DeliveryFailed("gone\0", final=True)
    outbox.deliver_due(NOW)
    assert state() == ("dead", 1, "gone")


@pytest.mark.django_db
def test_a_broken_channel_and_an_unknown_one_are_failures_like_others(channel: Channel) -> None:
    put()
    put("two", channel="pigeon")
    channel.failure = KeyError("bug")
    assert outbox.deliver_due(NOW) == 2
    assert state() == ("waiting", 1, "KeyError: 'bug'")
    assert state("two") == ("waiting", 1, "nothing here delivers 'pigeon'")


@pytest.mark.django_db
def test_a_receiver_that_failed_is_left_alone_for_the_round(channel: Channel) -> None:
    hooks = [
        Webhook.objects.create(name=name, url="https://example.org", secret="", created_at=NOW) for name in ("a", "b")
    ]
    for number in range(6):
        put(f"m{number}", webhook=hooks[number % 2])
    channel.failure = DeliveryFailed("slow")
    assert outbox.deliver_due(NOW) == 2
    assert channel.delivered == ["m0", "m1"]
    channel.failure = None
    assert outbox.deliver_due(NOW) == 4
    assert channel.delivered[2:] == ["m2", "m3", "m4", "m5"]


@pytest.mark.django_db
def test_a_killed_workers_message_returns_with_the_lease_and_its_attempt_counts(channel: Channel) -> None:
    put()

    class Killed(BaseException):
        pass

    channel.failure = Killed()  # type: ignore[assignment]
    with pytest.raises(Killed):
        outbox.deliver_due(NOW)
    channel.failure = None
    assert state() == ("waiting", 1, "")
    assert outbox.deliver_due(NOW + LEASE - timedelta(seconds=1)) == 0
    assert outbox.deliver_due(NOW + LEASE) == 1
    assert state() == ("delivered", 2, "")
    assert channel.delivered == ["one", "one"]


@pytest.mark.django_db
def test_a_message_that_kills_every_worker_dies(channel: Channel, rulebook: Any) -> None:
    rulebook("[outbox]\nattempts_max = 3\n")
    put()

    class Killed(BaseException):
        pass

    channel.failure = Killed()  # type: ignore[assignment]
    for attempt in range(3):
        with pytest.raises(Killed):
            outbox.deliver_due(NOW + attempt * LEASE)
    outbox.deliver_due(NOW + 3 * LEASE)
    assert state() == ("dead", 4, "the worker ended during the last attempt")
    assert channel.delivered == ["one"] * 3


@pytest.mark.django_db
def test_a_worker_whose_lease_ran_out_does_not_overrule_the_one_that_has_it(channel: Channel) -> None:
    put()

    def slow(message: OutboxMessage, now: datetime) -> None:
        outbox.channels["test"] = channel
        assert outbox.deliver_due(NOW + LEASE) == 1
        raise DeliveryFailed("too late")

    outbox.channels["test"] = slow
    outbox.deliver_due(NOW)
    assert state() == ("delivered", 2, "")


@pytest.mark.django_db
def test_dead_messages_are_retried_by_administrators_with_an_event(channel: Channel) -> None:
    message = put()
    channel.failure = DeliveryFailed("gone", final=True)
    outbox.deliver_due(NOW)
    later = NOW + timedelta(hours=1)
    for actor in (ANONYMOUS, Actor(kind=ActorKind.PERSON, label="Eve"), _reading(ADMIN)):
        with pytest.raises(NotAllowed):
            outbox.retry(message, actor=actor, now=later)
    assert state()[0] == "dead"
    assert Event.objects.count() == 0
    message.refresh_from_db()
    retried = outbox.retry(message, actor=ADMIN, now=later, reason="they are back")
    assert (retried.state, retried.attempts, retried.next_at) == ("waiting", 0, later)
    event = Event.objects.get()
    assert (event.name, event.subject_label, event.reason) == ("outbox.retried", "one", "they are back")
    assert event.data == {"channel": "test", "attempts": 1, "last_error": "gone"}
    channel.failure = None
    assert outbox.deliver_due(later) == 1
    assert state() == ("delivered", 1, "")
    with pytest.raises(Conflict, match="delivered"):
        outbox.retry(message, actor=ADMIN, now=later)
    OutboxMessage.objects.all().delete()
    with pytest.raises(NotFound):
        outbox.retry(message, actor=ADMIN, now=later)
    assert Event.objects.count() == 1


def _reading(actor: Actor) -> Actor:
    return Actor(kind=ActorKind.TOKEN, label=actor.label, is_administrator=True, scopes=frozenset({"read"}))


@pytest.mark.django_db
def test_delivered_messages_are_forgotten_in_the_end(rulebook: Any) -> None:
    rulebook("[outbox]\nkeep_delivered_days = 2\n")
    put("old")
    outbox.deliver_due(NOW)
    put("new", now=NOW + timedelta(days=1))
    outbox.deliver_due(NOW + timedelta(days=1))
    put("waiting", channel="pigeon")
    assert outbox.forget_delivered(NOW + timedelta(days=2, seconds=1)) == 1
    assert set(OutboxMessage.objects.values_list("idempotency_key", flat=True)) == {"new", "waiting"}


@pytest.mark.django_db
def test_a_worker_that_is_told_to_stop_leaves_the_rest() -> None:
    put()
    put("two")
    answers = iter([False, True])
    assert outbox.deliver_due(NOW, stopping=lambda: next(answers)) == 1
    assert state("two") == ("waiting", 0, "")
    assert outbox.deliver_due(NOW, limit=1) == 1


@pytest.mark.django_db
def test_a_round_ends_before_its_leases_do(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(outbox.time, "monotonic", lambda: clock[0])

    def slow(message: OutboxMessage, now: datetime) -> None:
        clock[0] += 9

    outbox.channels["test"] = slow
    for number in range(10):
        put(f"m{number}")
    assert outbox.deliver_due(NOW) == 6  # the sixth begins after 45 s, a seventh would after 54 of 60
    assert OutboxMessage.objects.filter(state="waiting", lease_until=None, attempts=0).count() == 4


@given(st.integers(1, 100), st.floats(0, 1))
def test_waits_grow_to_a_bound_and_vary_by_the_jitter(attempts: int, chance: float) -> None:
    book = rules.defaults().outbox
    wait = outbox.backoff(book, attempts, chance)
    least, most = (outbox.backoff(book, attempts, edge) for edge in (0, 1))
    assert 0 < least <= wait <= most <= book.backoff_max_seconds
    assert least == pytest.approx(most * (1 - book.backoff_jitter))
    assert most <= outbox.backoff(book, attempts + 1, 1)
