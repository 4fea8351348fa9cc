"""Clocks that run out together end as they would one by one; and whoever runs them waits for nobody."""

import threading
import time
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from awayteam.kernel import clocks
from awayteam.kernel.models import Clock, ClockState, Event
from awayteam.notifications.actions import follow
from awayteam.notifications.models import Notification
from awayteam.organisation.models import Person
from awayteam.requests import actions
from awayteam.requests.actions import Aim, Plan
from awayteam.requests.models import Asker, Escalation, Request, Step
from awayteam.requests.stepping import subject_of
from awayteam.requests.tests.town import Town, found, service

PLAN = Plan((Decimal("0.5"), Decimal(1), Decimal(2)))
NEVER = 10**9


def crowd(town: Town) -> list[Request]:
    """Two requests in each state that has a clock, some restricted, one whose asker has left."""
    secret = service(town, "secret", restricted=True)
    olga, paul, now = town.actor("olga"), town.actor("paul"), town.now
    made = []
    for aim in (Aim(), Aim(secret)):
        rows = [town.ask(title=f"Number {number}", aim=aim) for number in range(9)]
        actions.ask_back(rows[1], actor=olga, now=now, words="Which?")
        actions.welcome(rows[2], actor=olga, now=now)
        actions.welcome(rows[3], actor=olga, now=now)
        actions.send_away(rows[3], actor=paul, now=now, words="We come.")
        actions.decline(rows[4], actor=olga, now=now, reason="no-room", words="No.")
        actions.accept(rows[5], actor=olga, now=now, plan=PLAN)
        actions.accept(rows[6], actor=olga, now=now, plan=PLAN)
        actions.deliver(rows[6], actor=olga, now=now)
        actions.move(rows[7], actor=olga, now=now, to=town.team("search"), words="Theirs.")
        made += rows
    left = town.ask("pia", title="Of somebody who left")
    Person.objects.filter(name="pia").update(left_at=now + timedelta(days=1))
    follow(actor=town.actor("sue"), now=now, subject=subject_of(made[0]), level="all")
    Clock.objects.update(next_at=now, due_at=now)
    return [*made, left]


def told() -> dict[int, dict[str, Any]]:
    """Everything that stands in the rows of each request, without the ids of what was made."""
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    hidden = {"clock_id": None, "clock": None}
    for row in Request.objects.values():
        found[row["id"]]["request"] = row | hidden
    tables: list[tuple[str, Any, str]] = [
        ("steps", Step.objects.order_by("pk").values(), "request_id"),
        ("askers", Asker.objects.order_by("pk").values(), "request_id"),
        ("escalations", Escalation.objects.order_by("pk").values(), "request_id"),
        ("clocks", Clock.objects.order_by("pk").values(), "subject_id"),
        ("events", Event.objects.filter(subject_kind="request").order_by("pk").values(), "subject_id"),
        ("messages", Notification.objects.order_by("person_id", "at", "text").values(), "subject_id"),
    ]
    for name, rows, key in tables:
        for row in rows:
            data = {k: v for k, v in row.pop("data", {}).items() if k != "clock"}
            kept = {k: v for k, v in row.items() if k not in ("id", "key", "version")}
            found[row[key]].setdefault(name, []).append(kept | {"data": data})
    return found


def run_all(now: Any) -> int:
    total = 0
    while ran := clocks.run_due(now):
        total += ran
    return total


@pytest.mark.django_db
def test_many_clocks_end_as_they_would_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    town = found()
    requests = crowd(town)
    later = town.days(3)
    begun = told()
    with transaction.atomic():
        monkeypatch.setattr(clocks, "TOGETHER", NEVER)
        alone = run_all(later)
        one_by_one = told()
        transaction.set_rollback(True)
    assert told() == begun
    monkeypatch.setattr(clocks, "TOGETHER", 2)
    assert run_all(later) == alone == len(requests)
    together = told()
    for request in requests:
        assert together[request.pk] == one_by_one[request.pk], request.title
    states = set(Request.objects.values_list("state", flat=True))
    assert states == {"overdue", "lapsed", "dropped", "asked", "done"}
    assert Clock.objects.filter(state=ClockState.EXPIRED).count() == len(requests)


@pytest.mark.django_db
def test_a_batch_that_fails_is_run_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    town = found()
    requests = [town.ask(title=f"Number {number}") for number in range(6)]
    from awayteam.requests import together

    def broken(*_: Any, **__: Any) -> int:
        raise RuntimeError("no")

    monkeypatch.setattr(together, "tell_many", broken)
    assert clocks.run_due(town.days(20)) == len(requests)
    assert set(Request.objects.values_list("state", flat=True)) == {"overdue"}
    assert Step.objects.filter(verb="expire").count() == len(requests)
    assert Event.objects.filter(name="clock.expired").count() == len(requests)


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time: nobody can hold a row")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", [1, 8])
def test_whoever_acts_goes_before_the_clock(number: int) -> None:
    """Somebody decides just while the clock runs out: the worker passes the request over, and neither waits."""
    town = found()
    requests = [town.ask(title=f"Number {n}") for n in range(number)]
    acts, done = threading.Event(), threading.Event()
    errors: list[BaseException] = []

    def decide() -> None:
        try:
            with transaction.atomic():
                Request.objects.select_for_update().get(pk=requests[0].pk)
                acts.set()
                assert done.wait(20)
                actions.welcome(requests[0], actor=town.actor("olga"), now=town.now)
        except BaseException as error:
            errors.append(error)
        finally:
            acts.set()
            connection.close()

    deciding = threading.Thread(target=decide)
    deciding.start()
    assert acts.wait(20)
    started = time.monotonic()
    assert clocks.run_due(town.days(20)) == number - 1
    assert time.monotonic() - started < 5
    assert clocks.run_due(town.days(20)) == 0
    done.set()
    deciding.join(20)
    assert errors == []
    requests[0].refresh_from_db()
    assert requests[0].state == "away-welcome"
    assert Clock.objects.filter(state=ClockState.RUNNING, lease_until=None, subject_id=requests[0].pk).count() == 1
    assert Request.objects.filter(state="overdue").count() == number - 1
