"""Disputes: who may, who decides, what silence does; denied and nothing changed."""

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest

from awayteam.credit import actions, jobs, queries
from awayteam.credit.deriving import derive, rebuild
from awayteam.credit.models import Dispute, Entry
from awayteam.credit.permissions import visible
from awayteam.credit.tests.life import Spring, ledger, spring
from awayteam.kernel import clocks
from awayteam.kernel.actor import ANONYMOUS, SYSTEM
from awayteam.kernel.errors import AwayteamError, Conflict, InvalidInput, NotAllowed, NotFound
from awayteam.kernel.events import Subject
from awayteam.kernel.models import Event
from awayteam.notifications.models import Notification

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def spring_of_module(of_module: None) -> Spring:
    made = spring()
    derive(made.now)
    return made


@pytest.fixture
def lived(spring_of_module: Spring, db: None) -> Spring:
    return deepcopy(spring_of_module)


def _entry(kind: str = "engagement-completed") -> Entry:
    return Entry.objects.get(kind=kind)


def _dispute(lived: Spring, who: str = "oscar", kind: str = "engagement-completed") -> Dispute:
    return actions.dispute(
        _entry(kind), actor=lived.town.actor(who, lived.now), now=lived.now, words="He was on holiday for a week."
    )


def _all() -> tuple[object, ...]:
    return ledger(), list(Dispute.objects.values()), Event.objects.count(), Notification.objects.count()


def _refused(error: type[AwayteamError], deed: Callable[[], Any]) -> None:
    before = _all()
    with pytest.raises(error):
        deed()
    assert _all() == before


def test_the_manager_of_the_unit_above_decides(lived: Spring) -> None:
    row = _dispute(lived)
    assert row.turn_person is not None
    assert row.level is not None
    assert row.due_at is not None
    assert (row.turn_person.name, row.level.name, row.state) == ("mona", "commerce", "open")
    mona = lived.town.actor("mona", lived.now)
    row = actions.withdraw_entry(row, actor=mona, now=lived.now, words="He was, by the calendar.")
    entry = _entry()
    assert (row.state, entry.withdrawn_why, row.answer) == ("withdrawn-entry",) + (entry.withdrawn_why,) * 2
    assert entry.withdrawn_at == lived.now
    wanted = queries.filter_of(mona, lived.now)
    assert not next(one for one in queries.totals(mona, wanted, lived.now) if one.kind == entry.kind).entries
    assert [one.entry.pk for one in queries.entries_of(mona, _of(entry), lived.now, 5)] == [entry.pk]


def _of(entry: Entry) -> Any:
    from django.db.models import Q

    return Q(pk=entry.pk)


def test_a_withdrawn_entry_stays_withdrawn_when_the_ledger_is_made_anew(lived: Spring) -> None:
    actions.withdraw_entry(_dispute(lived), actor=lived.town.actor("mona", lived.now), now=lived.now, words="Right.")
    before = ledger()
    made = rebuild(actor=SYSTEM, now=lived.now)
    assert (made.added, made.changed, made.removed) == (0, 0, 0)
    assert ledger() == before


def test_a_disputed_entry_that_nothing_supports_is_kept_as_withdrawn(lived: Spring) -> None:
    row = _dispute(lived)
    Entry.objects.filter(pk=row.entry_id).update(key="engagement-completed:0:0")
    rebuild(actor=SYSTEM, now=lived.now)
    assert Entry.objects.get(pk=row.entry_id).withdrawn_why == "Nothing that is recorded supports it any more."


def test_the_entry_stands_where_it_is_upheld_or_the_dispute_taken_back(lived: Spring) -> None:
    before = ledger()
    actions.uphold(_dispute(lived), actor=lived.town.actor("mona", lived.now), now=lived.now, words="He was there.")
    row = _dispute(lived)
    row = actions.take_back(row, actor=lived.town.actor("oscar", lived.now), now=lived.now, words="I was wrong.")
    assert (row.state, row.turn_person, row.clock) == ("taken-back", None, None)
    assert ledger() == before


def test_silence_goes_up_and_at_the_top_the_entry_stands(lived: Spring) -> None:
    row = _dispute(lived)
    assert row.due_at is not None
    at = row.due_at + timedelta(minutes=1)
    clocks.run_due(at)
    row.refresh_from_db()
    assert row.level is not None
    assert row.turn_person is not None
    assert row.due_at is not None
    assert (row.state, row.level.name, row.turn_person.name) == ("open", "division", "dana")
    clocks.run_due(row.due_at + timedelta(minutes=1))
    row.refresh_from_db()
    assert (row.state, row.answer) == ("upheld", "No manager above answered; the entry stands.")
    assert _entry().withdrawn_at is None
    assert [step.verb for step in row.steps.order_by("pk")] == ["dispute", "pass-up", "expire"]


def test_the_turn_of_somebody_who_left_goes_on(lived: Spring) -> None:
    row, mona = _dispute(lived), lived.town.person("mona")
    assert jobs.TURNS.pending is not None
    assert not jobs.TURNS.pending(lived.now)
    mona.left_at = lived.now
    mona.save()
    at = lived.now + timedelta(hours=1)
    assert jobs.TURNS.pending(at)
    jobs.TURNS.run(at)
    row.refresh_from_db()
    assert row.turn_person == lived.town.person("dana")
    assert (row.state, row.level) == ("open", lived.town.team("division"))


@pytest.mark.parametrize("who", ["sam", "ann"])
def test_whom_it_does_not_concern_cannot_dispute(lived: Spring, who: str) -> None:
    _refused(NotAllowed, lambda: _dispute(lived, who))


def test_nobody_signed_in_sees_or_disputes_anything(lived: Spring) -> None:
    assert list(visible(ANONYMOUS, Entry.objects.all(), lived.now)) == []
    _refused(NotFound, lambda: actions.dispute(_entry(), actor=ANONYMOUS, now=lived.now, words="No."))


def test_a_dispute_needs_words_and_comes_in_time_and_once(lived: Spring) -> None:
    oscar = lived.town.actor("oscar", lived.now)
    _refused(InvalidInput, lambda: actions.dispute(_entry(), actor=oscar, now=lived.now, words="  "))
    later = lived.now + timedelta(days=91)
    _refused(NotAllowed, lambda: actions.dispute(_entry(), actor=oscar, now=later, words="No."))
    _dispute(lived)
    _refused(Conflict, lambda: _dispute(lived, "olga"))


@pytest.mark.parametrize("who", ["oscar", "paul", "olga", "sam"])
def test_only_a_manager_above_without_a_stake_decides(lived: Spring, who: str) -> None:
    row = _dispute(lived)
    actor = lived.town.actor(who, lived.now)
    _refused(NotAllowed, lambda: actions.uphold(row, actor=actor, now=lived.now, words="It stands."))
    _refused(NotAllowed, lambda: actions.withdraw_entry(row, actor=actor, now=lived.now, words="It goes."))


def test_a_manager_who_disputes_does_not_decide(lived: Spring) -> None:
    row = _dispute(lived, "mona")
    assert row.turn_person is not None
    assert row.turn_person.name == "dana"
    mona = lived.town.actor("mona", lived.now)
    _refused(NotAllowed, lambda: actions.withdraw_entry(row, actor=mona, now=lived.now, words="It goes."))


def test_only_whoever_disputed_takes_it_back(lived: Spring) -> None:
    row = _dispute(lived)
    mona = lived.town.actor("mona", lived.now)
    _refused(NotAllowed, lambda: actions.take_back(row, actor=mona, now=lived.now, words="Enough."))


def test_what_is_settled_is_settled_and_versions_count(lived: Spring) -> None:
    row, mona = _dispute(lived), lived.town.actor("mona", lived.now)
    _refused(Conflict, lambda: actions.uphold(row.pk, actor=mona, now=lived.now, words="Yes.", version=7))
    actions.uphold(row, actor=mona, now=lived.now, words="Yes.", version=row.version)
    _refused(Conflict, lambda: actions.withdraw_entry(row, actor=mona, now=lived.now, words="No."))


def test_thanks_are_given_once_by_people_to_others_for_what_they_see(lived: Spring) -> None:
    paul, about = lived.town.actor("paul", lived.now), Subject("engagement", lived.visit.pk, "")

    def thank(person: str, about: Subject = about, words: str = "Thanks.", actor: Any = paul) -> Entry:
        return actions.thank(lived.town.person(person), about, actor=actor, now=lived.now, words=words)

    _refused(Conflict, lambda: thank("olga"))
    _refused(NotAllowed, lambda: thank("paul"))
    _refused(InvalidInput, lambda: thank("oscar", words=" "))
    _refused(InvalidInput, lambda: thank("oscar", Subject("team", 1, "")))
    _refused(NotFound, lambda: thank("oscar", Subject("engagement", 99_999, "")))
    _refused(NotAllowed, lambda: thank("oscar", actor=ANONYMOUS))
    _refused(NotAllowed, lambda: thank("oscar", actor=SYSTEM))
    made = thank("oscar", words="He stayed late.")
    assert (made.evidence_kind, made.words, made.given_by_id) == ("comment", "He stayed late.", paul.person_id)
    assert Notification.objects.filter(person=lived.town.person("oscar"), event="credit.thanked").exists()


def test_credit_for_what_one_may_not_see_is_not_shown(lived: Spring) -> None:
    service = lived.village.service
    service.restricted = True
    service.save()
    sam, oscar = lived.town.actor("sam", lived.now), lived.town.actor("oscar", lived.now)
    kinds = set(visible(sam, Entry.objects.all(), lived.now).values_list("kind", flat=True))
    assert "engagement-completed" not in kinds
    assert "thanks" not in kinds
    assert visible(oscar, Entry.objects.all(), lived.now).filter(kind="engagement-completed").exists()
    with pytest.raises(NotFound):
        queries.entry(sam, _entry().pk, lived.now)
