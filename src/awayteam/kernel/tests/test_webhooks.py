from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from awayteam.kernel import events, outbox, webhooks
from awayteam.kernel.actor import ANONYMOUS, Actor, ActorKind
from awayteam.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from awayteam.kernel.events import EventName, Subject
from awayteam.kernel.models import Event, OutboxMessage, Webhook
from awayteam.kernel.secrets import unseal

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
ADMIN = Actor(kind=ActorKind.PERSON, label="Root", person_id=1, is_administrator=True)
READER = Actor(kind=ActorKind.TOKEN, label="t", is_administrator=True, scopes=frozenset({"read"}))
EVE = Actor(kind=ActorKind.PERSON, label="Eve", person_id=2)


def create(name: str = "Chat", url: str = "https://chat.example/in", **more: Any) -> webhooks.NewSecret:
    return webhooks.create(name=name, url=url, **{"actor": ADMIN, "now": NOW, **more})


@pytest.mark.django_db
def test_a_webhook_is_made_with_a_sealed_secret_and_an_event_without_it() -> None:
    made = create(wanted=["team", "entity.edited"], reason="for the channel")
    hook = Webhook.objects.get()
    assert (hook.name, hook.url, hook.events, hook.active) == (
        "Chat",
        "https://chat.example/in",
        ["team", "entity.edited"],
        True,
    )
    assert made.secret.startswith("whsec_")
    assert unseal(hook.secret, "webhook") == made.secret
    event = Event.objects.get()
    assert (event.name, event.subject_label, event.reason) == ("webhook.created", "Chat", "for the channel")
    assert event.data["changes"] == {
        "name": [None, "Chat"],
        "url": [None, "https://chat.example/in"],
        "events": [None, ["team", "entity.edited"]],
    }
    assert made.secret not in str(event.data)


@pytest.mark.django_db
def test_changes_are_recorded_and_no_change_is_nothing() -> None:
    hook = create().webhook
    webhooks.update(hook, actor=ADMIN, now=NOW, name="Chat", active=True)
    assert Event.objects.count() == 1
    changed = webhooks.update(hook, actor=ADMIN, now=NOW, active=False, wanted=["team"], reason="quiet")
    assert (changed.active, changed.events) == (False, ["team"])
    assert Event.objects.first().data["changes"] == {"events": [[], ["team"]], "active": [True, False]}  # type: ignore[union-attr]
    assert Webhook.objects.get().active is False


@pytest.mark.django_db
def test_a_secret_is_replaced_at_once() -> None:
    made = create()
    again = webhooks.rotate_secret(made.webhook, actor=ADMIN, now=NOW)
    assert again.secret != made.secret
    assert unseal(Webhook.objects.get().secret, "webhook") == again.secret
    assert again.secret not in str(list(Event.objects.values()))


@pytest.mark.django_db
def test_a_removed_webhook_takes_its_messages_along() -> None:
    hook = create().webhook
    assert OutboxMessage.objects.count() == 1  # it was told of its own making
    webhooks.remove(hook, actor=ADMIN, now=NOW, reason="gone")
    assert (Webhook.objects.count(), OutboxMessage.objects.count()) == (0, 0)
    assert [event.name for event in Event.objects.all()] == ["webhook.removed", "webhook.created"]
    for verb in (webhooks.remove, webhooks.rotate_secret, webhooks.update):
        with pytest.raises(NotFound):
            verb(hook, actor=ADMIN, now=NOW)  # type: ignore[operator]


@pytest.mark.django_db
@pytest.mark.parametrize("actor", [ANONYMOUS, EVE, READER])
def test_others_than_administrators_change_nothing(actor: Actor) -> None:
    hook = create().webhook
    before = (list(Webhook.objects.values()), Event.objects.count())
    attempts: list[Callable[[], Any]] = [
        lambda: create("Other", actor=actor),
        lambda: webhooks.update(hook, actor=actor, now=NOW, name="Mine"),
        lambda: webhooks.rotate_secret(hook, actor=actor, now=NOW),
        lambda: webhooks.remove(hook, actor=actor, now=NOW),
    ]
    for attempt in attempts:
        with pytest.raises(NotAllowed):
            attempt()
    assert (list(Webhook.objects.values()), Event.objects.count()) == before


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"url": "ftp://example.org"}, "url"),
        ({"url": "https://"}, "url"),
        ({"url": "https://user:pw@example.org"}, "url"),
        ({"url": "https://example.org:99999/"}, "url"),
        ({"url": "https://[::1"}, "url"),
        ({"url": "https://exa mple.org"}, "url"),
        ({"url": "https://example.org/\r\nX: y"}, "url"),
        ({"url": "https://example.org/" + "x" * 2000}, "url"),
        ({"url": "http://localhost:8000/"}, "url"),
        ({"url": "http://127.0.0.1/"}, "url"),
        ({"url": "http://[::ffff:10.0.0.1]/"}, "url"),
        ({"wanted": ["entity", "nothing"]}, "events"),
        ({"wanted": ["ent"]}, "events"),
        ({"wanted": [7]}, "events"),
        ({"secret": "short"}, "secret"),
        ({"secret": "whsec_c2hvcnQ="}, "secret"),
        ({"secret": "whsec_***"}, "secret"),
    ],
)
def test_what_cannot_be_used_is_refused_by_field(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        create(**given)
    assert list(caught.value.fields) == [field]
    assert (Webhook.objects.count(), Event.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_the_rulebook_may_open_the_inside(rulebook: Any) -> None:
    rulebook("[webhooks]\nallow_private = true\n")
    assert create(url="http://localhost:8000/").webhook.pk


@pytest.mark.django_db
def test_a_name_is_taken_once() -> None:
    create()
    other = create("Other").webhook
    with pytest.raises(Conflict, match="Chat"):
        create()
    with pytest.raises(Conflict, match="Chat"):
        webhooks.update(other, actor=ADMIN, now=NOW, name="Chat")
    assert set(Webhook.objects.values_list("name", flat=True)) == {"Chat", "Other"}


@pytest.mark.django_db
def test_a_sleeping_webhook_gets_nothing_even_of_what_waited() -> None:
    hook = create(wanted=["team"]).webhook
    events.append(EventName.TEAM_CREATED, subject=Subject("team", 1, "t"), actor=ADMIN, now=NOW)
    webhooks.update(hook, actor=ADMIN, now=NOW, active=False)
    outbox.deliver_due(NOW)
    message = OutboxMessage.objects.get()
    assert (message.state, message.last_error) == ("dead", "the webhook is switched off; switch it on and retry")
