"""An allocation from the request to its end: who decides, what holds, and what refusals leave as it was."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from awayteam.accounts.models import User
from awayteam.allocations import actions
from awayteam.allocations.actions import Wanted
from awayteam.allocations.machine import GROWTH_MACHINE, MACHINE
from awayteam.allocations.models import Allocation, Budget
from awayteam.allocations.rules import Per, Period, Rate
from awayteam.kernel.errors import AwayteamError, Conflict, InvalidInput, NotAllowed
from awayteam.kernel.machines import problems
from awayteam.requests.tests.town import NOON, Town, found, service

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2026, 3, 2), date(2026, 8, 30)


def _ask(town: Town, provider: Any, consumer: Any, rate: int = 100, starts: date = FIRST, **more: Any) -> Allocation:
    wanted = Wanted(
        provider, town.team("payments"), Rate(rate, Per.HOUR), Period(starts, LAST), "Refunds.", consumer=consumer
    )
    return actions.ask(wanted, actor=town.actor("paul"), now=more.pop("now", NOON))


def test_the_machines_are_whole() -> None:
    assert problems(MACHINE) == []
    assert problems(GROWTH_MACHINE) == []


def test_asked_granted_less_amended_and_given_back() -> None:
    town = found()
    provider, consumer = service(town), service(town, "refunds", "payments")
    first = _ask(town, provider, consumer)
    assert (first.state, first.turn_person, first.home_team) == ("asked", town.person("olga"), town.team("orders"))
    with pytest.raises(Conflict):
        _ask(town, provider, consumer)
    for who in ("paul", "pia", "sam"):
        with pytest.raises(AwayteamError):
            actions.grant(first, actor=town.actor(who), now=NOON)
    with pytest.raises(InvalidInput):
        actions.grant(first, actor=town.actor("olga"), now=NOON, rate=50)
    assert Allocation.objects.get().state == "asked"
    actions.grant(first, actor=town.actor("olga"), now=NOON, rate=50, words="Half until the new disks are in.")
    assert Budget.objects.get(provider=provider).granted == 1_200
    second = _ask(town, provider, consumer, 80, FIRST + timedelta(days=9), now=NOON + timedelta(hours=1))
    actions.grant(second, actor=town.actor("olga"), now=NOON + timedelta(hours=2))
    first.refresh_from_db()
    assert (first.state, first.last_day) == ("amended", FIRST + timedelta(days=8))
    later: datetime = NOON + timedelta(days=20)
    with pytest.raises(NotAllowed):
        actions.withdraw(second, actor=town.actor("sam"), now=later, words="No.")
    actions.withdraw(second, actor=town.actor("paul"), now=later, words="The service is gone.")
    assert Allocation.objects.get(pk=second.pk).last_day == later.date()


def test_pages_answer() -> None:
    town = found()
    provider, consumer = service(town), service(town, "refunds", "payments")
    row = _ask(town, provider, consumer)
    client = Client()
    client.force_login(User.objects.create_user("olga", person=town.person("olga")))
    for address in (
        "/budgets/", "/budgets/of/default/component/orders-api/", "/budgets/held-by/default/component/refunds/",
        "/budgets/held-by/default/group/payments/", "/allocations/?state=all", "/allocations/new/", "/growth/",
        "/growth/agendas/", f"/allocations/{row.pk}/",
    ):  # fmt: skip
        assert client.get(address).status_code == 200, address
