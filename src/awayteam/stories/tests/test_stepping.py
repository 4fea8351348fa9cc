"""What every story keeps, tried on engagements: one transaction, one event, a turn, a clock, and somebody told."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from awayteam.engagements.machine import Party, State, Verb
from awayteam.engagements.models import Engagement, EngagementStep
from awayteam.engagements.plots import ENGAGEMENT
from awayteam.engagements.tests.village import NOON, Village, settle
from awayteam.kernel import clocks, subjects, turns
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from awayteam.kernel.models import Clock, ClockState, Event
from awayteam.kernel.turns import Place
from awayteam.notifications.models import Notification
from awayteam.stories import hooks, stepping
from awayteam.stories.registry import plots

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def village() -> Village:
    return settle()


@pytest.fixture
def held(village: Village) -> Iterator[Any]:
    """A proposed engagement, held by olga of the home team."""
    row = village.propose()
    with transaction.atomic():
        yield stepping.hold(ENGAGEMENT, row, actor=village.actor("olga"), now=LATER)


def decline(village: Village, row: Engagement) -> None:
    with transaction.atomic():
        held = stepping.hold(ENGAGEMENT, row, actor=village.actor("olga"), now=LATER)
        stepping.check(held, Verb.DECLINE)
        stepping.enter(held, Verb.DECLINE, State.DECLINED, words="No.")


def counts() -> dict[str, Any]:
    return {
        "steps": EngagementStep.objects.count(),
        "events": Event.objects.filter(subject_kind="engagement").count(),
        "told": Notification.objects.count(),
        "clocks": list(Clock.objects.order_by("pk").values_list("state", flat=True)),
        "rows": list(Engagement.objects.order_by("pk").values_list("state", "version", "turn_person", "due_at")),
    }


def test_a_step_changes_turn_clock_story_events_and_tells(held: Any, village: Village) -> None:
    before, clock = counts(), held.row.clock
    stepping.check(held, Verb.DECLINE)
    step = stepping.enter(held, Verb.REVISE, State.PREPARING, words="The scope is too wide.")
    after = counts()
    assert (step.source, step.target, step.words) == ("proposed", "preparing", "The scope is too wide.")
    assert (step.party, step.on_time, step.minutes) == (Party.HOME.value, True, 60)
    assert after["steps"] == before["steps"] + 1
    [event] = Event.objects.filter(subject_kind="engagement", name="engagement.revised")
    assert (event.reason, event.data["changes"]["state"]) == ("The scope is too wide.", ["proposed", "preparing"])
    clock.refresh_from_db()
    assert clock.state == ClockState.STOPPED
    assert held.row.clock_id != clock.pk
    assert held.row.due_at == held.row.clock.due_at
    assert held.row.turn_person == village.person("pia")
    assert Notification.objects.filter(person=village.person("pia"), subject_kind="engagement").exists()


def test_a_final_state_is_nobodys_turn(held: Any) -> None:
    stepping.check(held, Verb.DECLINE)
    stepping.enter(held, Verb.DECLINE, State.DECLINED, words="No.")
    row = Engagement.objects.get(pk=held.row.pk)
    assert (row.turn_person, row.turn_team, row.clock, row.due_at) == (None, None, None, None)
    assert row.closed_at == LATER
    assert not Clock.objects.filter(subject_kind="engagement", state=ClockState.RUNNING).exists()


def test_what_raises_later_leaves_nothing(village: Village) -> None:
    row = village.propose()
    before = counts()

    def leave(*_: object) -> None:
        raise RuntimeError("the roof fell in")

    hooks.listen("engagement", "test", leave)
    try:
        with pytest.raises(RuntimeError):
            decline(village, row)
    finally:
        hooks._hooks["engagement"].pop("test")
    assert counts() == before


def test_what_the_machine_lacks_is_refused_twice(held: Any) -> None:
    with pytest.raises(Conflict, match="is proposed"):
        stepping.check(held, Verb.DEPLOY)
    before = counts()
    with pytest.raises(AssertionError, match="doesn't lead from proposed to closed"):
        stepping.enter(held, Verb.DECLINE, State.CLOSED)
    assert counts() == before


def test_strangers_and_readers_are_refused(village: Village) -> None:
    row = village.propose()
    before = counts()
    for actor in (village.actor("sue"), replace(village.actor("olga"), scopes=frozenset({"read"}))):
        held = stepping.look(ENGAGEMENT, row, actor=actor, now=LATER)
        with pytest.raises(NotAllowed):
            stepping.check(held, Verb.DECLINE)
    stepping.check(stepping.look(ENGAGEMENT, row, actor=SYSTEM, now=LATER), Verb.DECLINE)
    assert counts() == before


def test_two_who_look_at_the_same_version_dont_overwrite_each_other(village: Village) -> None:
    row = village.propose()
    seen = row.version
    with transaction.atomic():
        stepping.touch(stepping.hold(ENGAGEMENT, row, actor=village.actor("pia"), now=LATER, version=seen))
    with pytest.raises(Conflict, match="has changed since"), transaction.atomic():
        stepping.hold(ENGAGEMENT, row, actor=village.actor("olga"), now=LATER, version=seen)
    with pytest.raises(NotFound), transaction.atomic():
        stepping.hold(ENGAGEMENT, 10**9, actor=village.actor("olga"), now=LATER)


def test_offers_are_what_check_allows(village: Village) -> None:
    row = village.propose()
    for name in ("olga", "pia", "sue"):
        held = stepping.look(ENGAGEMENT, Engagement.objects.get(pk=row.pk), actor=village.actor(name), now=LATER)
        offered = {offer.verb for offer in stepping.offers(held) if offer.possible}
        allowed = set()
        for verb in Verb:
            held = stepping.look(ENGAGEMENT, Engagement.objects.get(pk=row.pk), actor=village.actor(name), now=LATER)
            try:
                stepping.check(held, verb)
            except (Conflict, NotAllowed):
                continue
            allowed.add(verb)
        assert offered == allowed, name


def test_the_clock_reminds_and_ends_and_a_stale_one_does_nothing(village: Village) -> None:
    row = village.propose()
    clock = Clock.objects.get(pk=row.clock_id)
    handler = clocks.handlers["engagement"]
    handler.remind(clock, LATER)
    told = Notification.objects.filter(event="clock.reminded")
    assert [one.person for one in told] == [village.person("olga")]
    with transaction.atomic():
        handler.expire(clock, clock.due_at)
    row.refresh_from_db()
    assert row.state == State.EXPIRED
    before = counts()
    handler.expire(clock, clock.due_at)
    handler.remind(clock, clock.due_at)
    assert counts() == before


def test_a_turn_is_handed_on_with_the_time_that_is_left(held: Any, village: Village) -> None:
    due, before = held.row.due_at, held.row.version
    assert stepping.hand_on(held, words="Nobody left.", name=plots["engagement"].events[Verb.PAUSE]) is False
    held.row.home_decider = held.row.home_contact = village.person("oscar")
    held.__dict__.pop("standing", None)
    stepping.hand_on(held, words="Olga left.", name=plots["engagement"].events[Verb.PAUSE])
    row = Engagement.objects.select_related("clock").get(pk=held.row.pk)
    assert (row.turn_person, row.clock.turn_person_id) == (village.person("oscar"), village.person("oscar").pk)
    assert (row.due_at, row.clock.due_at) == (due, due)
    assert row.version == before + 1


def test_home_shows_whose_turn_it_is(village: Village) -> None:
    row = village.propose()
    for name, place in (("olga", Place.YOURS), ("paul", Place.WAITING)):
        lists = turns.gather(village.actor(name), LATER)
        assert row.pk in [one.subject.id for one in lists[place].rows if one.subject.kind == "engagement"], name
    assert subjects.seen_by(village.actor("olga"), "engagement", [row.pk]) == {row.pk: ENGAGEMENT.address(row)}


@pytest.mark.parametrize("words", ["", "  \n", "a\0b", "x" * 20_001])
def test_words_are_checked(words: str) -> None:
    with pytest.raises(InvalidInput):
        stepping.words_of(words)
