"""Writes with an `Idempotency-Key`: done once, answered as often as they are sent."""

from datetime import timedelta

from awayteam.api.tests.organisation import Organisation
from awayteam.api.tests.test_v1_writes import ORDERS, WHY, send
from awayteam.kernel.models import Event, IdempotentWrite
from awayteam.kernel.rest import idempotency

KEY = {"Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}


def test_a_write_that_is_sent_again_is_done_once_and_answered_alike(org: Organisation) -> None:
    bob = org.client("bob")
    first = send(bob, "patch", ORDERS, {"title": "Orders", **WHY}, **KEY)
    again = send(bob, "patch", ORDERS, {"title": "Orders", **WHY}, **KEY)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.content == again.content
    assert not first.has_header("Idempotency-Replayed")
    assert again["Idempotency-Replayed"] == "true"
    assert again["Content-Type"] == first["Content-Type"]
    assert Event.objects.filter(name="entity.edited").count() == 1


def test_a_key_stands_for_one_request_of_one_account(org: Organisation) -> None:
    bob = org.client("bob")
    send(bob, "patch", ORDERS, {"title": "Orders", **WHY}, **KEY)
    other = send(bob, "patch", ORDERS, {"title": "Orders 2", **WHY}, **KEY)
    assert other.status_code == 422
    assert "another request" in other.json()["detail"]
    assert send(org.client("zoe"), "patch", ORDERS, {"title": "Orders 3", **WHY}, **KEY).json()["title"] == "Orders 3"


def test_what_was_refused_changed_nothing_and_may_be_sent_again(org: Organisation) -> None:
    bob = org.client("bob")
    assert send(bob, "patch", ORDERS, {"tags": ["NO TAG"], **WHY}, **KEY).status_code == 422
    assert not IdempotentWrite.objects.exists()
    assert send(bob, "patch", ORDERS, {"tags": ["tag"], **WHY}, **KEY).status_code == 200


def test_a_key_that_is_none_is_refused(org: Organisation) -> None:
    for key in ("x" * 201, "smörgås"):
        answer = send(org.client("bob"), "patch", ORDERS, {"title": "Orders", **WHY}, **{"Idempotency-Key": key})
        assert answer.status_code == 400
    assert not Event.objects.filter(name="entity.edited").exists()


def test_keys_are_forgotten_after_a_week(org: Organisation) -> None:
    send(org.client("bob"), "patch", ORDERS, {"title": "Orders", **WHY}, **KEY)
    made = IdempotentWrite.objects.get().created_at
    assert idempotency.forget(made + timedelta(days=7)) == 0
    assert idempotency.forget(made + timedelta(days=7, seconds=1)) == 1
