"""Disputes in any order, by anybody: whatever is tried, what must hold holds; what is refused changed nothing."""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awayteam.credit import actions, settling
from awayteam.credit.deriving import derive, rebuild
from awayteam.credit.machine import FINAL
from awayteam.credit.models import Dispute, Entry
from awayteam.credit.tests.life import Spring, ledger, spring
from awayteam.kernel import clocks
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.errors import AwayteamError

pytestmark = pytest.mark.django_db
PEOPLE = ("olga", "oscar", "paul", "pia", "sam", "mona", "dana", "ann")
DEEDS = {"uphold": actions.uphold, "withdraw": actions.withdraw_entry, "take-back": actions.take_back}
deeds = st.tuples(st.sampled_from(PEOPLE), st.sampled_from(["dispute", "wait", *DEEDS]), st.integers(0, 4))


@pytest.fixture
def lived() -> Spring:
    made = spring()
    derive(made.now)
    return made


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(deeds, max_size=12))
def test_whatever_is_tried_the_ledger_keeps_its_word(lived: Spring, tried: list[tuple[str, str, int]]) -> None:
    with transaction.atomic():
        now, keys = lived.now, set(Entry.objects.values_list("key", flat=True))
        for who, deed, number in tried:
            now += timedelta(hours=3)
            if deed == "wait":
                now += timedelta(days=6)
                clocks.run_due(now)
            else:
                _try(lived, who, deed, number, now)
            _holds(keys)
        before = ledger()
        made = rebuild(actor=SYSTEM, now=now)
        assert (made.added, made.changed, made.removed) == (0, 0, 0)
        assert ledger() == before
        transaction.set_rollback(True)


def _try(lived: Spring, who: str, deed: str, number: int, now: object) -> None:
    """One deed; a refusal leaves everything as it was."""
    actor = lived.town.actor(who)
    before = (ledger(), list(Dispute.objects.order_by("pk").values_list("pk", "state", "version")))
    try:
        with transaction.atomic():
            if deed == "dispute":
                entry = Entry.objects.order_by("pk")[number]
                actions.dispute(entry, actor=actor, now=now, words="No.")  # type: ignore[arg-type]
            else:
                rows = list(Dispute.objects.order_by("pk"))
                if not rows:
                    return
                row = rows[number % len(rows)]
                stakes = settling.stakes(row.entry, row.opened_by_id)
                DEEDS[deed](row.pk, actor=actor, now=now, words="So.")  # type: ignore[arg-type]
                assert (actor.person_id == row.opened_by_id) if deed == "take-back" else actor.person_id not in stakes
                assert row.state not in FINAL, "what is settled is settled"
    except AwayteamError:
        assert before == (ledger(), list(Dispute.objects.order_by("pk").values_list("pk", "state", "version")))


def _holds(keys: set[str]) -> None:
    """No entry is lost, withdrawn ones are those of a dispute that ended so, and nothing open is without a clock."""
    assert set(Entry.objects.values_list("key", flat=True)) == keys
    withdrawn = set(Dispute.objects.filter(state="withdrawn-entry").values_list("entry_id", flat=True))
    assert set(Entry.objects.filter(withdrawn_at__isnull=False).values_list("pk", flat=True)) == withdrawn
    for row in Dispute.objects.select_related("clock", "turn_person"):
        assert (row.closed_at is None) == (row.clock is not None) == (row.state == "open")
        assert row.state != "open" or row.turn_person is not None
