"""The ledger of springs that go otherwise, or are read event by event."""

from datetime import timedelta

import pytest

from awayteam.credit.deriving import derive, rebuild
from awayteam.credit.models import Entry, Ledger
from awayteam.credit.tests.life import FRIDAY, ledger, spring
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.models import Event

pytestmark = pytest.mark.django_db


def test_event_by_event_it_is_the_same() -> None:
    made = spring()
    last = Event.objects.order_by("-pk").values_list("pk", flat=True)[0]
    at_once = Entry.objects.count()
    numbers = list(Event.objects.order_by("pk").values_list("pk", flat=True))
    for number in numbers:
        Ledger.objects.update_or_create(pk=1, defaults={"event": number - 1, "at": made.now, "rule": "1"})
        derive(made.now)
    piecemeal = ledger()
    assert (at_once, len(piecemeal), numbers[-1]) == (1, 5, last)
    Entry.objects.all().delete()
    rebuild(actor=SYSTEM, now=made.now)
    assert ledger() == piecemeal


def test_use_that_begins_with_a_change_counts_and_old_use_does_not() -> None:
    made = spring()
    Entry.objects.all().delete()
    row = made.uses("old", "discovery", FRIDAY - timedelta(days=3))
    made.uses("old", "discovery", FRIDAY + timedelta(days=1))
    made.uses("late", "division", FRIDAY - timedelta(days=3), uses=False)
    made.uses("late", "division", FRIDAY + timedelta(days=2))
    rebuild(actor=SYSTEM, now=made.now)
    assert {row.words for row in Entry.objects.filter(kind="reuse")} == {"used by finder", "used by late"}
    assert row.ref == "component:default/old"


def test_use_a_year_later_is_no_reuse() -> None:
    made = spring()
    made.uses("much-later", "discovery", FRIDAY + timedelta(days=366))
    rebuild(actor=SYSTEM, now=made.now)
    assert Entry.objects.filter(kind="reuse").count() == 1
