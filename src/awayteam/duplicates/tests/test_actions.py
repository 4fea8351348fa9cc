"""Duplicates against the database: registering, both answers, silence, managers, and what is refused."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from awayteam.duplicates import actions, queries
from awayteam.duplicates.actions import Wanted
from awayteam.duplicates.machine import Party, State, Verb
from awayteam.duplicates.models import Answer, Duplicate
from awayteam.duplicates.permissions import can, visible
from awayteam.duplicates.rules import Choice, GivesWay, Said
from awayteam.duplicates.tests.world import NOW, Small, build
from awayteam.kernel import clocks
from awayteam.kernel.actor import ANONYMOUS
from awayteam.kernel.errors import AwayteamError, Conflict, InvalidInput, NotAllowed, NotFound
from awayteam.kernel.models import Clock, ClockState, Event
from awayteam.notifications.models import Notification

pytestmark = pytest.mark.django_db
SOON = date(2026, 4, 1)
LATER = date(2026, 9, 1)
KEEP = Said(Choice.KEEP, LATER)
RETIRE = Said(Choice.RETIRE, SOON)
OURS_GOES = Said(Choice.CONVERGE, SOON, GivesWay.OWN)


@pytest.fixture
def small() -> Small:
    return build()


def add(small: Small, who: str = "sam", **values: Any) -> Duplicate:
    given = {"team": small.team("search"), "what": "Finding orders", "why": "We need it now", "on": SOON}
    given |= {"entity": small.things["finder"]} | values
    return actions.add(Wanted(**given), actor=small.actor(who), now=NOW)


def in_review(small: Small, **values: Any) -> Duplicate:
    return actions.look_again(add(small, **values), actor=small.actor("ada"), now=NOW, reason="Let us see")


def running(row: Duplicate) -> list[Clock]:
    mine = Clock.objects.filter(subject_kind="duplicate", subject_id=row.pk, state=ClockState.RUNNING)
    return list(mine.order_by("pk"))


def run_out(row: Duplicate) -> Duplicate:
    """Let the next clock of the duplicate run out."""
    at = max(clock.due_at for clock in running(row)) + timedelta(minutes=1)
    Clock.objects.filter(pk__in=[clock.pk for clock in running(row)]).update(reminders=[])
    for clock in running(row):
        Clock.objects.filter(pk=clock.pk).update(next_at=clock.due_at)
    clocks.run_due(at)
    return Duplicate.objects.get(pk=row.pk)


def told() -> set[str]:
    return set(Notification.objects.values_list("person__name", flat=True))


def test_registering_takes_a_minute_and_the_home_team_is_told(small: Small) -> None:
    row = add(small)
    assert (row.state, row.home_team, row.title) == (State.OPEN, small.teams["orders"], "Search builds its own finder")
    [clock] = running(row)
    assert clock.due_at == datetime(2026, 4, 1, 9, tzinfo=NOW.tzinfo) == row.due_at
    assert {"ada", "bob"} <= told()
    assert "sam" not in told()
    event = Event.objects.get(name="duplicate.added")
    assert (event.subject_id, event.data["of"]) == (row.pk, "component:default/finder")


def test_without_a_date_the_rulebook_names_one(small: Small) -> None:
    assert add(small, on=None).on == NOW.date() + timedelta(days=180)


def test_what_the_catalog_has_not_is_named_in_words(small: Small) -> None:
    row = add(small, entity=None, words="A spell checker", home_team=None)
    assert (row.entity, row.home_team, row.words) == (None, None, "A spell checker")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"what": "  "}, "what"),
        ({"why": ""}, "why"),
        ({"entity": None}, "entity"),
        ({"on": NOW.date()}, "on"),
        ({"on": NOW.date() + timedelta(days=731)}, "on"),
        ({"title": "x" * 201}, "title"),
        ({"what": "a\0b"}, "what"),
    ],
)
def test_what_is_wrong_is_said_by_field_and_nothing_is_written(small: Small, wrong: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        add(small, **wrong)
    assert field in caught.value.fields
    assert not Duplicate.objects.exists()
    assert not Event.objects.exists()


def test_nobody_duplicates_their_own_or_speaks_for_others(small: Small) -> None:
    with pytest.raises(InvalidInput):
        add(small, "ada", team=small.team("orders"))
    with pytest.raises(NotAllowed):
        add(small, "ada")
    with pytest.raises(NotFound):
        add(small, entity=small.things["vault"])
    with pytest.raises(InvalidInput):
        add(small, own=small.things["finder"])
    assert not Duplicate.objects.exists()
    assert add(small, "mia").team == small.teams["search"]


def test_at_the_date_both_are_asked_in_their_own_hours(small: Small) -> None:
    row = run_out(add(small))
    assert (row.state, row.review, row.asked) == (State.REVIEW, 1, 1)
    turns = {clock.turn_team_id: clock.turn_person_id for clock in running(row)}
    assert turns == {
        small.teams["search"].pk: small.people["sam"].pk,
        small.teams["orders"].pk: small.people["ada"].pk,
    }
    assert {"sam", "ada"} <= told()


@pytest.mark.parametrize(
    ("said", "state"), [(KEEP, State.KEPT), (RETIRE, State.RETIRING), (OURS_GOES, State.CONVERGING)]
)
def test_two_equal_answers_hold(small: Small, said: Said, state: State) -> None:
    row = in_review(small)
    row = actions.answer(row, said, actor=small.actor("sam"), now=NOW, reason="Ours")
    assert (row.state, len(running(row))) == (State.REVIEW, 1)
    row = actions.answer(row, said, actor=small.actor("bob"), now=NOW, reason="Fine")
    assert (row.state, row.on, row.gives_way) == (state, said.on, said.gives_way or "")
    [clock] = running(row)
    assert clock.kind == "duplicate.date"
    assert Answer.objects.filter(duplicate=row, review=1).count() == 2


def test_two_that_differ_go_to_the_manager_above_both(small: Small) -> None:
    row = in_review(small)
    actions.answer(row, KEEP, actor=small.actor("sam"), now=NOW, reason="Ours is faster")
    row = actions.answer(row, RETIRE, actor=small.actor("ada"), now=NOW, reason="Ours does it all")
    assert (row.state, row.unit, row.manager) == (State.ARBITRATION, small.teams["shop"], small.people["mia"])
    assert "mia" in told()
    with pytest.raises(NotAllowed):
        actions.settle(row, KEEP, actor=small.actor("ada"), now=NOW, reason="Mine")
    row = actions.settle(row, OURS_GOES, actor=small.actor("mia"), now=NOW, reason="One will do")
    assert (row.state, row.manager, row.unit) == (State.CONVERGING, None, None)
    row = actions.finish(row, actor=small.actor("ada"), now=NOW, reason="All moved")
    assert (row.state, row.closed_at, running(row)) == (State.CONVERGED, NOW, [])


def test_silence_is_asked_again_then_goes_up_and_at_the_top_it_stays(small: Small) -> None:
    row = in_review(small)
    actions.answer(row, KEEP, actor=small.actor("sam"), now=NOW, reason="Ours is faster")
    row = run_out(row)
    assert (row.state, row.asked, len(running(row))) == (State.REVIEW, 2, 1)
    row = run_out(row)
    assert (row.state, row.manager) == (State.ARBITRATION, small.people["mia"])
    row = run_out(row)
    assert (row.state, row.manager, row.unit) == (State.ARBITRATION, small.people["cem"], small.teams["company"])
    row = run_out(row)
    assert row.state == State.KEPT
    assert row.reason == "No manager decided, so it is kept for now."


def test_an_agreed_date_that_passes_asks_both_again(small: Small) -> None:
    row = in_review(small)
    for name in ("sam", "ada"):
        row = actions.answer(row, OURS_GOES, actor=small.actor(name), now=NOW, reason="One will do")
    row = run_out(row)
    assert (row.state, row.review, row.asked) == (State.REVIEW, 2, 1)
    actions.answer(row, KEEP, actor=small.actor("ada"), now=row.changed_at, reason="It works")
    assert Answer.objects.filter(duplicate=row, review=2).count() == 1


def test_where_nobody_owns_the_thing_the_own_word_is_enough(small: Small) -> None:
    row = add(small, entity=small.things["lonely"])
    row = actions.look_again(row, actor=small.actor("sue"), now=NOW, reason="Time to look")
    assert len(running(row)) == 1
    with pytest.raises(InvalidInput) as caught:
        actions.answer(row, Said(Choice.CONVERGE, SOON, GivesWay.HOME), actor=small.actor("sue"), now=NOW, reason="x")
    assert "gives_way" in caught.value.fields
    row = actions.answer(row, RETIRE, actor=small.actor("sue"), now=NOW, reason="Not needed")
    assert row.state == State.RETIRING
    assert actions.finish(row, actor=small.actor("sue"), now=NOW, reason="Gone").state == State.RETIRED


def test_nobody_answers_on_both_sides_nor_twice(small: Small) -> None:
    row = in_review(small)
    mia = small.actor("mia")
    with pytest.raises(InvalidInput):
        actions.answer(row, KEEP, actor=mia, now=NOW, reason="Both mine")
    actions.answer(row, KEEP, actor=mia, now=NOW, reason="Both mine", side=Party.OWN)
    with pytest.raises(NotAllowed):
        actions.answer(row, KEEP, actor=mia, now=NOW, reason="Both mine", side=Party.HOME)
    with pytest.raises(Conflict):
        actions.answer(row, KEEP, actor=small.actor("sam"), now=NOW, reason="Again")
    assert not can(small.actor("ned"), Verb.ANSWER, row)
    assert Answer.objects.count() == 1


def test_a_colleague_who_was_faster_is_a_conflict(small: Small) -> None:
    row = in_review(small)
    actions.answer(row, KEEP, actor=small.actor("sam"), now=NOW, reason="Ours", version=row.version)
    with pytest.raises(Conflict):
        actions.answer(row, KEEP, actor=small.actor("ada"), now=NOW, reason="Fine", version=row.version)


def _deeds(row: Duplicate) -> list[tuple[str, Callable[..., Any]]]:
    return [
        ("ada", lambda **k: actions.withdraw(row, **k)),
        ("ned", lambda **k: actions.look_again(row, **k)),
        ("ada", lambda **k: actions.finish(row, **k)),
        ("ada", lambda **k: actions.settle(row, KEEP, **k)),
        ("sam", lambda **k: actions.answer(row, KEEP, **k)),
    ]


@pytest.mark.parametrize("place", range(5))
def test_what_is_denied_changes_nothing(small: Small, place: int) -> None:
    row = add(small)
    before, events = Duplicate.objects.values().get(pk=row.pk), Event.objects.count()
    who, deed = _deeds(row)[place]
    with pytest.raises(AwayteamError):
        deed(actor=small.actor(who), now=NOW, reason="Because")
    assert (Duplicate.objects.values().get(pk=row.pk), Event.objects.count()) == (before, events)


def test_what_was_never_built_is_taken_back(small: Small) -> None:
    row = actions.withdraw(add(small), actor=small.actor("sue"), now=NOW, reason="Not needed after all")
    assert (row.state, running(row)) == (State.WITHDRAWN, [])
    with pytest.raises(Conflict):
        actions.look_again(row, actor=small.actor("sue"), now=NOW, reason="x")


def test_what_is_restricted_is_seen_by_both_teams_only(small: Small) -> None:
    row = add(small, "zoe", entity=small.things["vault"])
    everything = Duplicate.objects.all()
    assert [visible(small.actor(name), everything).count() for name in ("ada", "sam", "mia", "ned")] == [1, 1, 1, 0]
    assert not visible(ANONYMOUS, everything).exists()
    with pytest.raises(NotFound):
        queries.duplicate(small.actor("ned"), row.pk)
    shown = queries.duplicates(small.actor("sam"), queries.DuplicateFilter()).items[0]
    assert (shown.entity, shown.of) == (None, "something restricted")
    with pytest.raises(NotFound):
        actions.look_again(row, actor=small.actor("ned"), now=NOW, reason="x")


def test_none_is_better_than_five(small: Small) -> None:
    for number in range(2):
        add(small, title=f"Own {number}")
    found, crowd = queries.of_entity(small.actor("ned"), small.things["finder"])
    assert (len(found), crowd.solutions, crowd.is_too_many) == (2, 3, True)
    assert "3 solutions" in crowd.warning
    assert queries.numbers(small.actor("ned")).crowded == 1


def test_lists_narrow_sort_and_page(small: Small) -> None:
    for number in range(5):
        add(small, title=f"Own {number}", on=SOON + timedelta(days=number), customer_facing=number == 2)
    actor = small.actor("ned")
    for sort in queries.SORTS:
        seen, cursor = [], None
        while True:
            page = queries.duplicates(actor, queries.DuplicateFilter(), sort=sort, cursor=cursor, limit=2)
            seen += [row.duplicate.title for row in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert sorted(seen) == [f"Own {number}" for number in range(5)], sort
    count = lambda **wanted: queries.duplicates(actor, queries.DuplicateFilter(**wanted)).total  # noqa: E731
    assert count(customers=True) == 1
    assert count(team=("group:default/search",)) == 5
    assert count(team=("group:default/orders",)) == 0
    assert count(home=("group:default/orders",)) == 5
    assert count(state=("kept",)) == 0
    assert count(text="own 3") == 1
    with pytest.raises(InvalidInput):
        queries.duplicates(actor, queries.DuplicateFilter(), sort="what")


def test_the_story_names_turns_deeds_and_answers(small: Small) -> None:
    row = in_review(small, customer_facing=True)
    actions.answer(row, KEEP, actor=small.actor("sam"), now=NOW, reason="Ours")
    told = queries.story(small.actor("ada"), row.pk, NOW)
    assert [turn.person for turn in told.turns] == ["Ada"]
    assert told.silent == (Party.HOME,)
    allowed = {deed.verb: bool(deed.decision) for deed in told.deeds}
    assert allowed == {Verb.ANSWER: True, Verb.FINISH: False}
    assert [one.person for one in told.answers] == [small.people["sam"]]
    assert "Customers see 2" in told.row.crowd.warning
