"""From a webhook to a check on the forge, over real HTTP to the fake; and the end state whatever goes wrong between."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client as Browser

from awayteam.forges.actions import reading
from awayteam.forges.actions.receiving import store
from awayteam.forges.models import DeliveryState, Forge, ForgeChange, ForgeDelivery
from awayteam.forges.port import Delivery
from awayteam.forges.tests.yard import Yard, yard
from awayteam.gate.models import Change, Judgement
from awayteam.kernel.actor import SYSTEM

pytestmark = pytest.mark.django_db


@pytest.fixture
def here(client: Browser) -> Iterator[Yard]:
    with yard(client) as made:
        yield made


def test_a_change_is_judged_published_and_judged_again(here: Yard) -> None:
    pull = here.pull("ada")
    assert here.deliver() == [202]
    here.work()
    assert here.outcome(pull) == "waiting"
    [(_head, shown)] = here.checks(pull)
    assert shown not in ("success",)
    comments = [one for one in here.orders.comments.values() if one["number"] == pull.number]
    assert len(comments) == 1
    here.github.review(pull, "bob")
    here.hear()
    assert here.outcome(pull) == "allowed"
    assert [shown for _head, shown in here.checks(pull)] == ["success"]
    comments = [one for one in here.orders.comments.values() if one["number"] == pull.number]
    assert len(comments) == 1
    assert "May go in" in comments[0]["body"]


def test_a_push_makes_the_approval_stale_also_a_forced_one(here: Yard) -> None:
    for forced in (False, True):
        pull = here.pull("ada")
        here.github.review(pull, "bob")
        here.hear()
        assert here.outcome(pull) == "allowed"
        here.github.push(pull, "ada", {"cart.py": b"other"}, force=forced)
        here.hear()
        assert here.outcome(pull) == "waiting"
        assert all(shown != "success" for _head, shown in here.checks(pull))


def test_a_changed_codeowners_is_judged_by_the_base(here: Yard) -> None:
    pull = here.github.open_pull(here.orders, "sam", {"CODEOWNERS": b"* @acme/search\n", "cart.py": b"1"})
    here.github.review(pull, "sue")
    here.hear()
    change = here.change(pull)
    assert change.home_team is not None
    assert change.home_team.name == "orders"
    assert here.outcome(pull) != "allowed"


def test_a_fork_never_becomes_the_place(here: Yard) -> None:
    pull = here.pull("mallory", from_fork=True)
    here.hear()
    change = here.change(pull)
    assert (change.repository, change.from_fork) == ("acme/orders", True)
    assert here.outcome(pull) == "waiting"
    assert {row.slug for row in here.forge.repositories.all()} == {"acme/orders"}


def test_a_wrong_signature_is_401_and_nothing_is_kept(here: Yard) -> None:
    here.pull()
    event = here.github.outbox[0]
    signed = here.github.headers(event)["X-Hub-Signature-256"]
    wrong = "sha256=" + ("0" if signed[7] != "0" else "1") + signed[8:]
    for header in (wrong, "", "sha256=", "sha1=" + signed[7:], signed.upper(), signed + "0"):
        assert here.send(event, **{"X-Hub-Signature-256": header}) == 401
    assert not ForgeDelivery.objects.exists()


def test_a_known_delivery_is_200_and_done_once(here: Yard) -> None:
    pull = here.pull()
    assert here.deliver(times=3) == [202, 200, 200]
    here.work()
    assert Judgement.objects.filter(change=here.change(pull)).count() == 1
    assert len(here.checks(pull)) == 1


def test_of_two_at_once_one_is_new(here: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    delivery = Delivery("d-1", "push", b"{}")
    assert store(here.forge, delivery, here.now)
    # both have looked, neither has seen the other
    monkeypatch.setattr("django.db.models.query.QuerySet.exists", lambda _rows: False)
    assert not store(here.forge, delivery, here.now)
    assert ForgeDelivery.objects.count() == 1


def test_too_large_a_body_is_413_before_it_is_read(here: Yard, rulebook: object) -> None:
    rulebook("[forges]\nbody_bytes_max = 20_000\n")  # type: ignore[operator]
    answer = here.browser.post(here.hook, b"x" * 20_001, content_type="application/json")
    assert answer.status_code == 413
    lying = here.browser.post(here.hook, b"x", content_type="application/json", headers={"Content-Length": "9" * 12})
    assert lying.status_code == 413
    assert not ForgeDelivery.objects.exists()


def test_no_forge_and_a_paused_one_hear_nothing(here: Yard) -> None:
    here.pull()
    event = here.github.outbox[0]
    for where in ("/forges/999999/deliveries", f"/forges/{10**25}/deliveries", "/forges/nothing/deliveries"):
        assert here.browser.post(where, event.body, content_type="application/json").status_code == 404
    Forge.objects.filter(pk=here.forge.pk).update(state="paused")
    assert here.send(event) == 404


def test_the_endpoint_is_known_by_name_too(here: Yard) -> None:
    here.pull()
    event = here.github.outbox[0]
    headers = here.github.headers(event)
    answer = here.browser.post("/forges/hub/deliveries", event.body, content_type="application/json", headers=headers)
    assert answer.status_code == 202


@pytest.mark.parametrize("order", ["right", "reverse"])
@pytest.mark.parametrize("times", [1, 2])
def test_out_of_order_and_twice_end_the_same(here: Yard, order: str, times: int) -> None:
    pull = here.pull("ada")
    here.github.push(pull, "ada", {"cart.py": b"2"})
    here.github.review(pull, "bob")
    here.deliver(order=order, times=times)
    here.work()
    change = here.change(pull)
    assert (change.head, here.outcome(pull)) == (pull.head, "allowed")
    assert [shown for _head, shown in here.checks(pull)] == ["success"]
    assert change.reviews.count() == 1


@pytest.mark.parametrize("kind", [500, 502, "garbage", "drop", "truncated", 404])
def test_whatever_the_forge_answers_the_end_is_right(here: Yard, kind: int | str) -> None:
    pull = here.pull("ada")
    here.github.review(pull, "bob")
    here.github.trouble(r"GET .*/pulls/\d+$", kind, times=4)
    here.deliver()
    here.work()
    for _ in range(6):
        here.work(hours=1)
        here.poll(minutes=1)
        here.work()
    assert here.outcome(pull) == "allowed"
    assert [shown for _head, shown in here.checks(pull)] == ["success"]


def test_lost_deliveries_are_made_good_by_polling(here: Yard) -> None:
    first = here.pull("ada")
    here.hear()
    second = here.pull("bob", "find/it.py")
    here.github.review(first, "bob")
    here.deliver(without=10)
    here.work()
    assert here.outcome(first) == "waiting"
    assert not ForgeChange.objects.filter(number=second.number).exists()
    here.poll(minutes=16)
    here.work()
    assert here.outcome(second) == "waiting"
    # a review may leave the time of the change as it was: it is found when the change is next asked about
    here.github.merge(second, "sue")
    here.github.outbox.clear()
    here.poll(minutes=16)
    here.work()
    assert here.change(second).state == "merged"


def test_after_an_outage_it_polls_at_once(here: Yard) -> None:
    here.poll()
    here.work()
    here.github.trouble(r".*", "drop", times=500)
    pull = here.pull("ada")
    here.github.outbox.clear()
    here.poll(minutes=20)
    assert Forge.objects.get().poll_wanted
    assert not ForgeChange.objects.exists()
    here.github.troubles.clear()
    here.poll(seconds=15)
    here.work()
    assert here.outcome(pull) == "waiting"


def test_one_bad_delivery_holds_up_no_other_and_can_be_retried(here: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = here.pull("ada")
    other = here.github.add_repository("acme/find", {"CODEOWNERS": RULES_OF_FIND})
    good = here.github.open_pull(other, "sam", {"a.py": b"1"})
    apply = reading.apply

    def fail(forge: object, heard: object, *times: object) -> None:
        if getattr(getattr(heard, "place", None), "slug", "") == "acme/orders":
            raise RuntimeError("this can't be read")
        apply(forge, heard, *times)  # type: ignore[arg-type]

    monkeypatch.setattr(reading, "apply", fail)
    here.hear()
    assert here.outcome(good) == "allowed" or here.outcome(good) == "waiting"
    for _ in range(12):
        here.work(hours=7)
    dead = ForgeDelivery.objects.get(state=DeliveryState.DEAD)
    assert "this can't be read" in dead.last_error
    monkeypatch.setattr(reading, "apply", apply)
    reading.retry(dead, actor=SYSTEM, now=here.now)
    here.work()
    assert here.outcome(bad) == "waiting"


RULES_OF_FIND = b"* @acme/search\n"


def test_deliveries_of_a_repository_are_read_in_order(here: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    here.pull("ada")
    here.pull("bob")
    seen: list[int] = []
    failing = [True]
    apply = reading.apply

    def note(forge: object, heard: object, *times: object) -> None:
        number = getattr(heard, "number", 0)
        if number == 1 and failing:
            raise RuntimeError("not yet")
        seen.append(number)
        apply(forge, heard, *times)  # type: ignore[arg-type]

    monkeypatch.setattr(reading, "apply", note)
    here.deliver()
    here.work()
    assert seen == []
    failing.clear()
    here.work(hours=1)
    assert seen == [1, 2]


def test_a_killed_worker_s_delivery_and_change_are_taken_again(here: Yard) -> None:
    pull = here.pull("ada")
    here.deliver()
    ForgeDelivery.objects.update(lease_until=here.now + timedelta(seconds=60), lease_token="gone", attempts=1)
    here.work()
    assert not ForgeChange.objects.exists()
    here.work(seconds=61)
    ForgeChange.objects.update(wanted=9, lease_until=here.now + timedelta(seconds=60), lease_token="gone", attempts=1)
    Change.objects.all()
    here.work(seconds=61)
    assert here.outcome(pull) == "waiting"
    assert here.row(pull).asked == 9


def test_older_news_never_replaces_newer(here: Yard) -> None:
    pull = here.pull("ada")
    here.hear()
    row = here.row(pull)
    ForgeChange.objects.filter(pk=row.pk).update(forge_at=here.now + timedelta(days=1), wanted=row.wanted + 1)
    before = here.change(pull).changed_at
    here.work()
    again = here.row(pull)
    assert "older news" in again.last_error
    assert again.asked < again.wanted
    assert here.change(pull).changed_at == before
