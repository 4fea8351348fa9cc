"""What leaves by mail, chat and webhook, to real servers on loopback: when, in how many messages, and only once."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from awayteam.accounts.actors import actor_of_user
from awayteam.api.tests.organisation import SECRET, Organisation
from awayteam.kernel import delivery, outbox, worker
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput, NotAllowed, Unavailable
from awayteam.kernel.events import EventName, Subject
from awayteam.kernel.models import Event, OutboxMessage
from awayteam.kernel.tests.receiver import Receiver, receiving
from awayteam.notifications import actions, sending
from awayteam.notifications.models import Notification, Sending, TeamChannel
from awayteam.notifications.tests.mailserver import MailServer, serving_mail
from awayteam.organisation.models import Person

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)  # a Monday
LATER = NOW + timedelta(seconds=15)
MORNING = datetime(2026, 3, 3, 8, 30, tzinfo=UTC)


@pytest.fixture
def mail(settings: Any) -> Iterator[MailServer]:
    with serving_mail() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.host, server.port
        settings.MAIL_URL = f"smtp://{server.host}:{server.port}"
        settings.URL = "https://awayteam.example"
        yield server


@pytest.fixture
def hook(rulebook: Callable[[str], None], mail: MailServer) -> Iterator[Receiver]:
    rulebook("[notifications]\nallow_private = true\n")
    with receiving() as receiver:
        yield receiver


def actor(org: Organisation, name: str) -> Actor:
    return actor_of_user(org.users[name], NOW)


def say(
    org: Organisation, *people: str, on: str = "orders", now: datetime = NOW, key: str = "one", **more: Any
) -> None:
    given: dict[str, Any] = {"text": f"{key} happened.", "address": f"/x/{key}/", **more}
    given["teams"] = [org.teams[name].pk for name in given.pop("teams", ())]
    subject = Subject("entity", org.entities[on].pk, on.title())
    persons = [org.people[name].pk for name in people]
    actions.tell(now=now, subject=subject, event=EventName.ENTITY_UPDATED, persons=persons, key=key, **given)


def run(now: datetime) -> None:
    """What the worker does about it at `now`."""
    while sending.is_due(now):
        assert sending.send_due(now)
    outbox.deliver_due(now)


def prefer(org: Organisation, name: str, **wishes: Any) -> None:
    actions.prefer(actor=actor(org, name), now=NOW, **wishes)


@pytest.fixture(autouse=True)
def _addresses(org: Organisation) -> None:
    for name, person in org.people.items():
        person.email = f"{name}@x.org"
        person.save()


def test_your_turn_comes_by_mail_at_once_and_once(org: Organisation, mail: MailServer) -> None:
    say(org, "bob")
    run(NOW)
    assert mail.got == []
    run(LATER)
    (letter,) = mail.got
    say(org, "bob")
    run(LATER + timedelta(minutes=1))
    assert mail.got == [letter]
    assert (letter.recipients, letter.message["Subject"]) == (("bob@x.org",), "[Awayteam] Orders")
    text = letter.part("plain")
    assert text.startswith("one happened.\nhttps://awayteam.example/x/one/\n")
    assert "You get this for: your turn, and answers to you." in text
    assert '<p>one happened.<br><a href="https://awayteam.example/x/one/">' in letter.part("html")
    assert letter.message["Auto-Submitted"] == "auto-generated"


def test_the_mails_of_a_story_are_one_thread_and_end_with_one_click(org: Organisation, mail: MailServer) -> None:
    for number, when in enumerate((NOW, NOW + timedelta(hours=1))):
        say(org, "bob", now=when, key=f"k{number}")
        run(when + timedelta(seconds=15))
    say(org, "bob", on="finder", key="k2")
    run(NOW + timedelta(hours=2))
    first, second, other = (letter.message for letter in mail.got)
    assert len({first["Message-ID"], second["Message-ID"], other["Message-ID"]}) == 3
    assert first["References"] == second["References"] == second["In-Reply-To"]
    assert other["References"] != first["References"]
    assert first["References"].startswith("<story.entity.")
    assert first["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = first["List-Unsubscribe"].strip()
    assert address.startswith("<https://awayteam.example/notifications/unsubscribe/")
    assert len(address) < 400


def test_a_mail_that_is_sent_again_is_the_same_mail(org: Organisation, mail: MailServer) -> None:
    say(org, "bob")
    sending.send_due(LATER)
    message = OutboxMessage.objects.get()
    for _ in range(2):
        outbox.channels["mail"](message, LATER)
    once, again = (letter.message for letter in mail.got)
    for header in ("Message-ID", "Date", "Subject", "References"):
        assert once[header] == again[header]


def test_a_burst_about_one_subject_is_one_message(org: Organisation, mail: MailServer) -> None:
    for number in range(5):
        say(org, "bob", key=f"k{number}", now=NOW + timedelta(seconds=number))
    for number in range(3):
        say(org, "bob", on="finder", key=f"f{number}")
    run(LATER)
    assert [letter.part("plain").count("happened") for letter in mail.got] == [5, 1, 1, 1]
    assert Sending.objects.filter(done_at=None).count() == 0


def test_what_is_urgent_does_not_wait_for_company(org: Organisation, mail: MailServer) -> None:
    say(org, "bob", urgent=True)
    run(NOW)
    assert [letter.message["Subject"] for letter in mail.got] == ["[Awayteam] Urgent: Orders"]


def test_a_digest_is_one_message_with_what_is_unread(org: Organisation, mail: MailServer) -> None:
    for number in range(3):
        say(org, on=("orders", "finder")[number % 2], teams=["payments"], key=f"k{number}")
    actions.read(actor=actor(org, "bob"), now=NOW, ids=[Notification.objects.get(person__name="bob", key="k1").pk])
    run(LATER)
    assert mail.got == []
    run(MORNING)
    told = {letter.recipients[0]: letter for letter in mail.got}
    assert set(told) == {"ada@x.org", "bob@x.org"}
    assert told["ada@x.org"].message["Subject"] == "[Awayteam] Your daily digest: 3 things"
    assert told["bob@x.org"].message["Subject"] == "[Awayteam] Your daily digest: 2 things"
    assert "k1" not in told["bob@x.org"].part("plain")
    assert told["bob@x.org"].message["References"] is None
    run(MORNING + timedelta(days=1))
    assert len(mail.got) == 2


def test_nothing_empty_ever_leaves(org: Organisation, mail: MailServer) -> None:
    say(org, teams=["payments"])
    for name in ("ada", "bob"):
        actions.read_all(actor=actor(org, name), now=NOW)
    run(MORNING)
    assert (mail.got, Sending.objects.filter(done_at=None).count()) == ([], 0)


def test_quiet_hours_hold_what_is_urgent_too_unless_the_person_says_so(org: Organisation, mail: MailServer) -> None:
    night = datetime(2026, 3, 2, 22, tzinfo=UTC)
    prefer(org, "bob", quiet_start="20:00", quiet_end="07:00")
    prefer(org, "ada", quiet_start="20:00", quiet_end="07:00", urgent_in_quiet=True)
    say(org, "bob", "ada", now=night, urgent=True)
    run(night)
    assert [letter.recipients for letter in mail.got] == [("ada@x.org",)]
    run(datetime(2026, 3, 3, 6, 59, tzinfo=UTC))
    assert len(mail.got) == 1
    run(datetime(2026, 3, 3, 7, 0, tzinfo=UTC))
    assert [letter.recipients for letter in mail.got] == [("ada@x.org",), ("bob@x.org",)]


def test_quiet_hours_are_those_of_the_persons_time_zone(org: Organisation, mail: MailServer) -> None:
    Person.objects.filter(name="bob").update(time_zone="America/New_York")
    prefer(org, "bob", quiet_start="20:00", quiet_end="07:00")
    say(org, "bob")  # 10:00 UTC is 05:00 in New York
    assert Sending.objects.get().due_at == datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_new_wishes_hold_for_what_still_waits(org: Organisation, mail: MailServer) -> None:
    say(org, teams=["payments"])
    prefer(org, "bob", choices={"email": {"moved": "at-once"}})
    prefer(org, "ada", choices={"email": {"moved": "never"}})
    run(LATER)
    assert [letter.recipients for letter in mail.got] == [("bob@x.org",)]
    run(MORNING)
    assert len(mail.got) == 1


def test_what_one_may_not_see_any_more_does_not_leave(org: Organisation, mail: MailServer) -> None:
    say(org, "bob", "sam")
    org.entities["orders"].restricted = True
    org.entities["orders"].save()
    run(LATER)
    assert [letter.recipients for letter in mail.got] == [("bob@x.org",)]
    assert not Sending.objects.filter(done_at=None).exists()


def test_who_left_meanwhile_gets_nothing(org: Organisation, mail: MailServer) -> None:
    say(org, "bob")
    Person.objects.filter(name="bob").update(left_at=NOW)
    run(LATER)
    assert (mail.got, OutboxMessage.objects.count()) == ([], 0)


def test_of_what_is_restricted_nothing_leaves_to_others(org: Organisation, mail: MailServer, hook: Receiver) -> None:
    actions.set_team_channel(actor=actor(org, "zoe"), now=NOW, team=org.teams["search"], url=hook.url)
    actions.set_team_channel(actor=actor(org, "ada"), now=NOW, team=org.teams["payments"], url=hook.url)
    say(org, *org.people, on=SECRET, teams=["payments", "search"], text="The vault is open.")
    run(MORNING)
    assert sorted(letter.recipients[0][:3] for letter in mail.got) == ["ada", "bob", "mia", "zoe"]
    assert [json.loads(got.body)["text"] for got in hook.got] == [
        "The vault is open. <https://awayteam.example/x/one/|Vault>"
    ]


def test_without_a_mail_server_no_mail_waits(org: Organisation) -> None:
    say(org, "bob")
    assert (Notification.objects.count(), Sending.objects.count()) == (1, 0)


def test_a_refused_recipient_is_final_and_a_busy_server_is_not(org: Organisation, mail: MailServer) -> None:
    mail.answer = lambda recipient: "550 no such box" if recipient.startswith("bob") else "451 later"
    say(org, "bob", key="a")
    run(LATER)
    say(org, "eve", key="b")
    run(LATER + timedelta(minutes=1))
    states = {row.payload["person"]: (row.state, row.last_error[:26]) for row in OutboxMessage.objects.all()}
    assert states == {
        org.people["bob"].pk: ("dead", "the mail server refuses bo"),
        org.people["eve"].pk: ("waiting", "the mail server refuses ev"),
    }
    mail.answer = lambda recipient: "250 ok"
    run(LATER + timedelta(hours=1))
    assert [letter.recipients for letter in mail.got] == [("eve@x.org",)]


def test_a_label_cannot_forge_headers(org: Organisation, mail: MailServer) -> None:
    subject = Subject("entity", org.entities["orders"].pk, "Orders\r\nBcc: eve@x.org\r\n\r\n<script>")
    person = [org.people["bob"].pk]
    actions.tell(now=NOW, subject=subject, event="x.y", text="Hi\r\n<b>", address="/x/", persons=person, key="k")
    run(LATER)
    (letter,) = mail.got
    assert (letter.recipients, letter.message["Bcc"]) == (("bob@x.org",), None)
    assert letter.message["Subject"] == "[Awayteam] Orders Bcc: eve@x.org <script>"
    assert "<script>" not in letter.part("html")
    assert "<b>" not in letter.part("html")


def test_a_chat_reads_it_and_calls_nobody(org: Organisation, mail: MailServer, hook: Receiver) -> None:
    prefer(org, "bob", slack_url=hook.url, choices={"email": {"turn": "never"}})
    say(org, "bob", text="Ada says <!channel> & @here: look")
    run(LATER)
    (got,) = hook.got
    said = json.loads(got.body)
    assert said["text"] == (
        "Ada says &lt;!channel&gt; &amp; @\u200bhere: look <https://awayteam.example/x/one/|Orders>"
    )
    assert said["blocks"] == [{"type": "section", "text": {"type": "mrkdwn", "text": said["text"]}}]
    assert hook.url not in json.dumps(OutboxMessage.objects.get().payload)
    assert mail.got == []


def test_a_persons_program_gets_a_signed_event(org: Organisation, hook: Receiver) -> None:
    prefer(org, "bob", webhook_url=hook.url, choices={"email": {"turn": "never"}})
    secret = actions.new_webhook_secret(actor=actor(org, "bob"), now=NOW)
    say(org, "bob", urgent=True)
    run(NOW)
    (got,) = hook.got
    key = base64.b64decode(secret.removeprefix("whsec_"))
    wanted = delivery.signature(key, got.headers["webhook-id"], int(got.headers["webhook-timestamp"]), got.body)
    assert got.headers["webhook-signature"] == wanted
    told = json.loads(got.body)
    assert (told["type"], told["id"]) == ("awayteam.notification", got.key)
    (one,) = told["data"]["notifications"]
    assert (one["text"], one["url"], one["group"], one["urgent"]) == (
        "one happened.",
        "https://awayteam.example/x/one/",
        "turn",
        True,
    )


def test_a_chat_that_is_gone_is_given_up_and_its_answer_told_to_nobody(org: Organisation, hook: Receiver) -> None:
    prefer(org, "bob", slack_url=hook.url)
    hook.answer = lambda _got: (404, b"internal secrets")
    say(org, "bob")
    run(LATER)
    row = OutboxMessage.objects.get(channel="chat")
    assert (row.state, row.last_error) == ("dead", "the receiver answered 404")


def test_hostile_addresses_are_refused_when_it_leaves_too(
    org: Organisation, hook: Receiver, rulebook: Callable[[str], None]
) -> None:
    prefer(org, "bob", slack_url=hook.url)
    rulebook("[notifications]\nallow_private = false\n")
    say(org, "bob")
    run(LATER)
    row = OutboxMessage.objects.get(channel="chat")
    assert "is not a public address" in row.last_error
    assert hook.got == []


def test_one_tries_a_channel_and_hears_what_came_of_it(org: Organisation, mail: MailServer, hook: Receiver) -> None:
    bob = actor(org, "bob")
    assert actions.try_channel(actor=bob, now=NOW, channel="email") == "bob@x.org"
    assert mail.got[0].message["Subject"] == "[Awayteam] A message to try your settings"
    with pytest.raises(InvalidInput):
        actions.try_channel(actor=bob, now=NOW, channel="slack")
    prefer(org, "bob", slack_url=hook.url)
    hook.answer = lambda _got: (500, b"")
    with pytest.raises(Unavailable, match="the receiver answered 500"):
        actions.try_channel(actor=bob, now=NOW, channel="slack")
    assert not OutboxMessage.objects.exists()


def test_a_teams_chat_reads_once_what_its_team_is_told(org: Organisation, hook: Receiver) -> None:
    actions.set_team_channel(actor=actor(org, "ada"), now=NOW, team=org.teams["payments"], url=hook.url)
    for _ in range(2):
        say(org, teams=["payments"])
    run(LATER)
    assert [json.loads(got.body)["text"] for got in hook.got] == [
        "one happened. <https://awayteam.example/x/one/|Orders>"
    ]
    before = Event.objects.count()
    for who, error in (("bob", NotAllowed), ("sam", NotAllowed)):
        with pytest.raises(error):
            actions.set_team_channel(actor=actor(org, who), now=NOW, team=org.teams["payments"], url="")
    assert (Event.objects.count(), TeamChannel.objects.filter(active=True).count()) == (before, 1)


def test_two_workers_never_send_the_same_twice(
    org: Organisation, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second worker reads what is due before the first has settled it."""
    say(org, "bob", "eve")
    leave = sending._leave

    def first_the_other(*given: Any) -> None:
        monkeypatch.setattr(sending, "_leave", leave)
        assert sending.send_due(LATER) == 2
        leave(*given)

    monkeypatch.setattr(sending, "_leave", first_the_other)
    assert sending.send_due(LATER) == 0
    outbox.deliver_due(LATER)
    assert sorted(letter.recipients[0] for letter in mail.got) == ["bob@x.org", "eve@x.org"]


def test_the_worker_does_all_of_it(org: Organisation, mail: MailServer) -> None:
    say(org, "bob", urgent=True)
    worker.run_once(NOW)
    worker.run_once(NOW + timedelta(seconds=2))
    assert [letter.recipients for letter in mail.got] == [("bob@x.org",)]


def test_what_is_old_is_forgotten(org: Organisation, mail: MailServer) -> None:
    say(org, "bob", key="old", now=NOW - timedelta(days=200))
    say(org, "bob", key="new")
    assert sending.forget_old(NOW) == 2
    assert list(Notification.objects.values_list("key", flat=True)) == ["new"]


def test_a_wish_that_cant_be_kept_changes_nothing(org: Organisation) -> None:
    bob = actor(org, "bob")
    prefer(org, "bob", quiet_start="20:00", quiet_end="07:00")
    before = Event.objects.count()
    for wrong in (
        {"choices": {"pigeon": {"turn": "daily"}}},
        {"choices": {"email": {"weather": "daily"}}},
        {"choices": {"email": {"turn": "hourly"}}},
        {"quiet_end": ""},
        {"quiet_start": "7"},
        {"quiet_days": [7]},
        {"digest_weekday": 9},
        {"slack_url": "http://10.0.0.1/x"},
        {"webhook_url": "gopher://x"},
    ):
        with pytest.raises(InvalidInput) as error:
            actions.prefer(actor=bob, now=NOW, **wrong)  # type: ignore[arg-type]
        assert set(error.value.fields) & set(wrong), wrong
    assert Event.objects.count() == before
