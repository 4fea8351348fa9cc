"""The nightly look over real stored counts: a jump is found once, answered, and not asked again; agendas follow."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from awayteam.allocations import actions
from awayteam.allocations.models import AgendaItem, Budget, Growth
from awayteam.requests.tests.town import found, service
from awayteam.usage.models import Name
from awayteam.usage.tests.land import NOW, days, stored

pytestmark = pytest.mark.django_db


def test_a_jump_is_found_answered_and_not_asked_again(settings: Any, tmp_path: Path) -> None:
    settings.DATA = tmp_path
    town = found()
    provider, consumer = service(town), service(town, "refunds", "payments")
    stored(
        days(("refunds", "orders-api", "GET /a", 2_000), back=range(2, 85)),
        days(("refunds", "orders-api", "GET /a", 40_000), back=[1]),
    )
    for name, entity in (("refunds", consumer), ("orders-api", provider)):
        Name.objects.filter(text=name).update(entity=entity)
    assert actions.look(NOW).found == 1
    row = Growth.objects.get()
    assert (row.kind, row.state, row.consumer_team, round(row.level)) == (
        "spike", "open", town.team("payments"), 40_000,
    )  # fmt: skip
    assert actions.look(NOW + timedelta(minutes=1)).found == 0
    assert Budget.objects.get(provider=provider).used == 2_000
    until = NOW.date() + timedelta(days=9)
    actions.plan(row, actor=town.actor("paul", NOW), now=NOW, words="The campaign began.", until=until)
    assert actions.look(NOW + timedelta(hours=1)).found == 0
    assert Growth.objects.get().state == "planned"
    assert actions.make_agendas(NOW) == 2
    assert set(AgendaItem.objects.values_list("topic", flat=True)) == {"growth"}
