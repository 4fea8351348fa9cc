"""Attacks that docs/threat-model.md names and that no other file here tries."""

import hmac
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client as Browser

from awayteam.forges import publishing, registry
from awayteam.forges.actions import setting
from awayteam.forges.github.tests.fake import Event
from awayteam.forges.models import Forge, ForgeDelivery, ForgeRepository
from awayteam.forges.port import ForgeError
from awayteam.forges.tests.yard import Yard, yard
from awayteam.gate.models import ChangeReview, Judgement
from awayteam.kernel import outbox
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.models import OutboxMessage, OutboxState

pytestmark = pytest.mark.django_db


@pytest.fixture
def here(client: Browser) -> Iterator[Yard]:
    with yard(client) as made:
        yield made


def test_signatures_are_compared_in_constant_time(here: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []
    compare = hmac.compare_digest

    def note(given: Any, wanted: Any) -> bool:
        compared.append(len(given))
        return compare(given, wanted)

    monkeypatch.setattr("hmac.compare_digest", note)
    setting.change(here.forge, values={"webhook_secret": "another"}, actor=SYSTEM, now=here.now)
    here.pull()
    # every secret in force is tried, so that the time doesn't say which one fits
    assert here.deliver() == [202]
    assert compared == [71, 71]


def test_a_replay_under_another_id_changes_nothing(here: Yard) -> None:
    pull = here.pull("ada")
    opened = here.github.outbox[0]
    here.github.push(pull, "ada", {"cart.py": b"2"})
    here.hear()
    judgements, messages = Judgement.objects.count(), OutboxMessage.objects.filter(channel="forge").count()
    assert here.send(Event(opened.kind, opened.payload)) == 202
    here.work()
    assert here.change(pull).head == pull.head
    assert Judgement.objects.count() == judgements
    assert OutboxMessage.objects.filter(channel="forge").count() == messages


def test_what_a_payload_claims_gives_no_right(here: Yard) -> None:
    """A delivery that is signed, and lies: an approval that never was, a head that isn't, another author."""
    pull = here.pull("sam")
    here.hear()
    assert here.outcome(pull) == "waiting"
    review = here.github.review(pull, "bob")
    pull.reviews.clear()
    claims = here.github.outbox.pop().payload
    claims["pull_request"]["user"] = {"id": here.github.user("ada").id, "login": "ada", "type": "User"}
    claims["pull_request"]["head"]["sha"] = "f" * 40
    assert here.send(Event("pull_request_review", claims)) == 202
    assert here.send(Event("pull_request", {**claims, "action": "synchronize", "number": pull.number})) == 202
    here.work()
    assert review.state == "APPROVED"
    assert here.outcome(pull) == "waiting"
    assert here.change(pull).head == pull.head
    assert here.change(pull).author_label == "sam"
    assert not ChangeReview.objects.exists()


def test_nobody_approves_what_they_wrote_in_by_account_or_address(here: Yard) -> None:
    pull = here.pull("ada")
    here.github.push(pull, "bob", {"cart.py": b"2"})
    here.github.review(pull, "bob")
    here.hear()
    assert here.outcome(pull) == "waiting"
    here.github.review(pull, "cy")
    here.hear()
    assert here.outcome(pull) == "allowed"


def _down(message: OutboxMessage, now: datetime) -> None:
    raise outbox.DeliveryFailed(f"{message} waits since {now}")


def test_an_overtaken_verdict_is_not_published(here: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    pull = here.pull("ada")
    here.github.review(pull, "bob")
    deliver = publishing.deliver
    outbox.register("forge", _down, lane="publishing")
    try:
        here.hear()
        assert here.outcome(pull) == "allowed"
        here.github.push(pull, "ada", {"cart.py": b"2"})
        here.hear()
        assert here.outcome(pull) == "waiting"
    finally:
        outbox.register("forge", deliver, lane="publishing")
    here.work(hours=7)
    assert not OutboxMessage.objects.filter(channel="forge", state=OutboxState.WAITING).exists()
    assert all(shown != "success" for _head, shown in here.checks(pull))
    assert {run["head_sha"] for run in here.orders.runs.values()} == {pull.head}


def _ask(forge: Forge) -> None:
    client, _grants = registry.connect(forge)
    assert client is not None
    client.places()


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "http://[::ffff:127.0.0.1]:1", "http://localhost:1"])
def test_an_inner_address_is_refused_when_connecting_too(here: Yard, address: str) -> None:
    """Also where it stood in the database before: the address is judged again when it is resolved."""
    Forge.objects.filter(pk=here.forge.pk).update(address=address, allow_private=False)
    with pytest.raises(ForgeError) as refused:
        _ask(Forge.objects.get())
    assert "public" in refused.value.says


def test_a_name_with_markup_or_nul_does_no_harm(here: Yard) -> None:
    pull = here.pull("ada", "a\u202eb/<script>.py", title="@everyone [x](javascript:1) <img src=x>\u0000")
    here.hear()
    assert here.outcome(pull) == "waiting"
    text = json.dumps([one["body"] for one in here.orders.comments.values()])
    # a path stands as code, what turns the writing direction is spelled out, nobody is mentioned
    assert "`a\\\\u202eb/<script>.py`" in text
    assert "\\u202eb" not in text.replace("\\\\u202eb", "")
    assert "@everyone" not in text
    answer = here.browser.get("/forges/")
    assert answer.status_code == 302


def test_deliveries_are_forgotten_when_read_and_old(here: Yard) -> None:
    from awayteam.forges import jobs

    here.pull("ada")
    here.hear()
    assert jobs.forget(here.now) == 0
    assert jobs.forget(here.now + timedelta(days=31)) == 1
    assert not ForgeDelivery.objects.exists()
    assert ForgeRepository.objects.count() == 1
