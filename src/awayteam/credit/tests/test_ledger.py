"""The ledger follows the event log: what a spring gives, told by hand; anew it is the same."""

from copy import deepcopy
from datetime import timedelta
from decimal import Decimal

import pytest

from awayteam.credit.deriving import derive, pending, rebuild
from awayteam.credit.models import Entry, EntryUnit, Ledger, UnitAbove
from awayteam.credit.tests.life import Spring, finish, ledger, spring, told
from awayteam.discussions import actions as discussions
from awayteam.discussions.models import Comment
from awayteam.kernel import jobs
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.models import Event
from awayteam.organisation.models import Team
from awayteam.rounds.actions import cancel
from awayteam.rounds.models import Booking

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def spring_of_module(of_module: None) -> Spring:
    made = spring()
    derive(made.now)
    return made


@pytest.fixture
def lived(spring_of_module: Spring, db: None) -> Spring:
    return deepcopy(spring_of_module)


def test_the_springs_credit_is_what_one_counts_by_hand(lived: Spring) -> None:
    assert told() == {
        ("engagement-completed", "paul", "engagement", Decimal(12)),
        ("pledged-hours", "olga", "engagement", Decimal("1.5")),
        ("reuse", "payments", "engagement", Decimal(1)),
        ("downstream", "payments", "request", Decimal(40)),
        ("thanks", "olga", "engagement", Decimal(1)),
    }


def test_every_entry_has_its_evidence(lived: Spring) -> None:
    for row in Entry.objects.all():
        table = Comment if row.evidence_kind == "comment" else Event
        assert table.objects.filter(pk=row.evidence_id).exists(), row.key
    assert set(Entry.objects.values_list("evidence_kind", flat=True)) == {"event", "comment"}


def test_units_above_have_it_too(lived: Spring) -> None:
    entry = Entry.objects.get(kind="reuse")
    units = EntryUnit.objects.filter(entry=entry).order_by("steps")
    assert [row.unit.name for row in units] == ["commerce", "division"]


def test_reading_again_changes_nothing(lived: Spring) -> None:
    before, ids = ledger(), list(Entry.objects.values_list("pk", flat=True))
    assert derive(lived.now) == 0
    Ledger.objects.update(event=0, at=None)
    assert derive(lived.now) == 0
    assert (ledger(), list(Entry.objects.values_list("pk", flat=True))) == (before, ids)


def test_anew_it_is_the_same(lived: Spring) -> None:
    before, ids = ledger(), list(Entry.objects.values_list("pk", flat=True))
    made = rebuild(actor=SYSTEM, now=lived.now)
    assert (made.added, made.changed, made.removed, made.entries) == (0, 0, 0, 5)
    assert (ledger(), list(Entry.objects.values_list("pk", flat=True))) == (before, ids)


def test_from_nothing_it_is_the_same(lived: Spring) -> None:
    before = ledger()
    Entry.objects.all().delete()
    Ledger.objects.all().delete()
    assert rebuild(actor=SYSTEM, now=lived.now).added == 5
    assert ledger() == before


def test_a_wrong_entry_is_mended_and_an_unsupported_one_goes(lived: Spring) -> None:
    right = ledger()
    Entry.objects.filter(kind="reuse").update(quantity=7, team=Team.objects.get(name="search"))
    wrong = Entry.objects.get(kind="thanks")
    wrong.pk, wrong.key = None, "invented"
    wrong.save()
    made = rebuild(actor=SYSTEM, now=lived.now)
    assert (made.added, made.changed, made.removed) == (0, 1, 1)
    assert ledger() == right


def test_it_stays_where_it_was_earned(lived: Spring) -> None:
    payments, discovery = Team.objects.get(name="payments"), Team.objects.get(name="discovery")
    payments.parent = discovery
    payments.save()
    before = ledger()
    derive(lived.now + timedelta(days=1))
    rebuild(actor=SYSTEM, now=lived.now + timedelta(days=2))
    assert ledger() == before
    moved = UnitAbove.objects.filter(team=payments).order_by("pk")
    assert [(row.unit.name, row.starts is None, row.ends is None) for row in moved] == [
        ("commerce", True, False), ("discovery", False, True),
    ]  # fmt: skip
    second = lived.village.active(lived.now.replace(hour=9), title="More refunds")
    finish(lived.village, second, lived.now + timedelta(days=3))
    derive(lived.now + timedelta(days=3))
    entry = Entry.objects.get(kind="engagement-completed", subject_id=second.pk)
    assert [row.unit.name for row in entry.units.order_by("steps")] == ["discovery", "division"]


def test_hours_that_are_taken_back_go(lived: Spring) -> None:
    cancel(Booking.objects.get(), actor=lived.village.actor("olga", lived.now), now=lived.now, why="Another day.")
    assert derive(lived.now) == 1
    assert not Entry.objects.filter(kind="pledged-hours").exists()
    assert rebuild(actor=SYSTEM, now=lived.now).removed == 0


def test_thanks_go_with_their_words(lived: Spring) -> None:
    comment = Comment.objects.get(pk=Entry.objects.get(kind="thanks").evidence_id)
    discussions.delete(actor=lived.town.actor("paul", lived.now), now=lived.now, comment=comment)
    derive(lived.now)
    assert not Entry.objects.filter(kind="thanks").exists()
    assert rebuild(actor=SYSTEM, now=lived.now).added == 0


def test_each_third_team_counts_once_and_parties_never(lived: Spring) -> None:
    lived.uses("finder-two", "search", lived.now + timedelta(days=1))
    lived.uses("till", "payments", lived.now + timedelta(days=1))
    lived.uses("desk", "orders", lived.now + timedelta(days=1))
    derive(lived.now + timedelta(days=1))
    (row,) = Entry.objects.filter(kind="reuse")
    assert (row.words, row.served) == ("used by finder", lived.town.team("search"))


def test_the_job_has_nothing_to_do_where_nothing_happened(lived: Spring) -> None:
    assert "credit" in jobs.registered
    assert not pending(lived.now)
    lived.uses("another", "search", lived.now)
    assert pending(lived.now)
