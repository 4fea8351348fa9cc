"""Changing roadmaps: what each verb does to rows, ranks, forecasts and history, and what it refuses."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awayteam.kernel.actor import ANONYMOUS, SYSTEM, Actor
from awayteam.kernel.errors import Conflict, InvalidInput, NotAllowed
from awayteam.kernel.models import Event
from awayteam.organisation.models import Membership
from awayteam.roadmaps import actions
from awayteam.roadmaps.actions import ranking
from awayteam.roadmaps.models import Dependency, Item, Roadmap
from awayteam.roadmaps.tests.world import NOW, World, day, effort, order

WHY = {"now": NOW, "reason": "because"}


@pytest.fixture
def world(db: None) -> World:
    return World()


def names() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("name", flat=True))


def test_items_are_placed_at_the_end_or_where_it_is_said(world: World) -> None:
    for title in "abc":
        world.item(title)
    world.item("first", rank=1)
    world.item("beyond", rank=99)
    assert order(world.orders) == ["first", "a", "b", "c", "beyond"]
    item = Item.objects.get(title="b")
    assert (item.forecast_starts, item.forecast_p50, item.created_by) == (day(14), day(18), world.ada)
    assert item.forecast_p85 is not None
    assert item.forecast_p85 > day(18)
    assert Roadmap.objects.get(team=world.orders).version == 6
    placed = Event.objects.filter(name="item.placed").order_by("pk")[3]
    assert (placed.subject_label, placed.data["rank"], placed.data["displaced"]) == ("first", 1, 3)


def test_what_slips_is_given_back_with_its_cost(world: World) -> None:
    world.item("cheap", value_per_week=Decimal(7))
    world.item("dear", value_per_week=Decimal(70))
    done = actions.place(
        actor=world.lead, team=world.orders, title="new", effort=effort(2), rank=1, **WHY
    )  # fmt: skip
    rows = [(row["title"], row["rank_before"], row["rank_after"], row["days50"], row["cost"]) for row in done.displaced]
    assert rows == [("dear", 2, 3, 14, 140.0), ("cheap", 1, 2, 14, 14.0)]
    assert done.displaced[0]["team_ref"] == "group:default/orders"
    assert done.displaced[0]["p50_before"] == day(11).isoformat()


def test_a_slip_reaches_the_roadmaps_of_others(world: World) -> None:
    ours = world.item("ours")
    theirs = world.item("theirs", team=world.search, value_per_week=Decimal(7))
    actions.depend(actor=world.stranger, item=theirs, needs=ours, **WHY)
    theirs.refresh_from_db()
    assert theirs.forecast_starts == day(7)
    found = actions.reestimate(actor=world.member, item=ours, effort=effort(3), **WHY)
    assert [(row["title"], row["days50"], row["cost"]) for row in found] == [("theirs", 14, 14.0), ("ours", 14, 0.0)]
    theirs.refresh_from_db()
    assert theirs.forecast_starts == day(21)


def test_items_move_up_and_down(world: World) -> None:
    items = {title: world.item(title) for title in "abcde"}
    actions.move(actor=world.lead, item=items["d"], rank=2, **WHY)
    assert order(world.orders) == ["a", "d", "b", "c", "e"]
    actions.move(actor=world.lead, item=items["a"], rank=4, **WHY)
    assert order(world.orders) == ["d", "b", "c", "a", "e"]
    actions.move(actor=world.lead, item=items["d"], rank=1000, **WHY)
    assert order(world.orders) == ["b", "c", "a", "e", "d"]
    assert Event.objects.filter(name="item.moved").order_by("-pk")[0].data["changes"] == {"rank": [1, 5]}
    with pytest.raises(Conflict, match="rank 5 already"):
        actions.move(actor=world.lead, item=items["d"], rank=9, **WHY)
    with pytest.raises(InvalidInput):
        actions.move(actor=world.lead, item=items["d"], rank=0, **WHY)


def test_a_second_decider_does_not_overwrite_the_first(world: World) -> None:
    first, second = world.item("a"), world.item("b")
    seen = Roadmap.objects.get(team=world.orders).version
    actions.move(actor=world.lead, item=second, rank=1, version=seen, **WHY)
    with pytest.raises(Conflict, match="has changed since you looked"):
        actions.move(actor=world.lead, item=first, rank=1, version=seen, **WHY)
    assert order(world.orders) == ["b", "a"]


def test_debt_is_ranked_only_for_a_goal_of_the_team(world: World) -> None:
    debt = world.item("tidy up", kind="debt")
    assert (debt.rank, debt.forecast_p50) == (None, None)
    with pytest.raises(InvalidInput, match="isn't ranked until"):
        world.item("more", kind="debt", rank=1)
    with pytest.raises(Conflict, match="isn't ranked until"):
        actions.move(actor=world.lead, item=debt, rank=1, **WHY)
    with pytest.raises(Conflict, match="isn't ranked until"):
        actions.start(actor=world.lead, item=debt, **WHY)
    foreign = world.goal("theirs", team=world.search)
    with pytest.raises(InvalidInput, match="neither a goal of Orders"):
        actions.edit(actor=world.lead, item=debt, fields={"goal": foreign}, **WHY)
    goal = world.goal("of the unit", team=world.shop)
    actions.edit(actor=world.lead, item=debt, fields={"goal": goal}, **WHY)
    debt.refresh_from_db()
    assert (debt.rank, debt.goal) == (1, goal)
    actions.edit(actor=world.lead, item=debt, fields={"goal": None}, **WHY)
    debt.refresh_from_db()
    assert debt.rank is None


def test_the_database_itself_refuses_what_may_not_be(world: World) -> None:
    debt, other = world.item("tidy up", kind="debt"), world.item("other")
    wrong: list[tuple[Item, dict[str, Any]]] = [
        (debt, {"rank": 7}),
        (other, {"rank": None, "state": "started", "started_at": NOW}),
        (other, {"effort_low": Decimal(9)}),
        (other, {"state": "done"}),
        (other, {"state": "dropped"}),
        (other, {"value_per_week": Decimal(-1)}),
    ]
    for item, values in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            Item.objects.filter(pk=item.pk).update(**values)
    world.item("third")
    with pytest.raises(IntegrityError), transaction.atomic():
        Item.objects.filter(title="third").update(rank=1)


def test_closing_a_goal_takes_the_rank_of_its_debt(world: World) -> None:
    goal = world.goal()
    debt = world.item("tidy up", kind="debt", goal=goal)
    feature = world.item("faster", goal=goal)
    actions.close_goal(actor=world.member, goal=goal, state="met", **WHY)
    debt.refresh_from_db()
    feature.refresh_from_db()
    assert (debt.rank, debt.goal, feature.rank, feature.goal) == (None, None, 1, goal)
    closed = Event.objects.get(name="goal.closed")
    assert (closed.data["unranked"], closed.data["changes"]) == ([debt.pk], {"state": ["open", "met"]})
    with pytest.raises(Conflict):
        actions.close_goal(actor=world.member, goal=goal, state="missed", **WHY)
    with pytest.raises(InvalidInput, match="isn't open"):
        actions.edit(actor=world.lead, item=debt, fields={"goal": goal}, **WHY)
    actions.reopen_goal(actor=world.member, goal=goal, **WHY)
    goal.refresh_from_db()
    assert (goal.state, goal.closed_at) == ("open", None)


def test_work_begins_and_ends_and_teaches_about_estimates(world: World) -> None:
    first, second = world.item("a", 2.0), world.item("b", 1.0)
    actions.start(actor=world.member, item=second, **WHY)
    second.refresh_from_db()
    assert (second.state, second.estimated, second.forecast_starts) == ("started", Decimal("1.000"), day(0))
    with pytest.raises(Conflict, match="begun already"):
        actions.start(actor=world.member, item=second, **WHY)
    actions.reestimate(actor=world.member, item=second, effort=effort(5), **WHY)
    later = NOW + timedelta(days=14)
    actions.finish(actor=world.member, item=second, now=later, reason="shipped")
    second.refresh_from_db()
    assert (second.state, second.rank, second.real_effort, second.real_given) == ("done", None, Decimal("2.000"), False)
    assert second.estimated == Decimal("1.000")
    first.refresh_from_db()
    assert (first.rank, first.forecast_starts) == (1, day(14))
    finished = Event.objects.get(name="item.finished")
    assert (finished.data["estimated"], finished.data["real_effort"]) == ("1.000", "2.000")
    actions.finish(actor=world.member, item=first, now=later, real_effort=Decimal("3.5"), reason="shipped")
    first.refresh_from_db()
    assert (first.real_effort, first.real_given, first.started_at) == (Decimal("3.5"), True, None)
    with pytest.raises(Conflict, match="is done"):
        actions.drop(actor=world.lead, item=first, **WHY)


def test_time_is_shared_among_what_is_in_work_together(world: World) -> None:
    first, second = world.item("a"), world.item("b")
    for one in (first, second):
        actions.start(actor=world.member, item=one, **WHY)
    actions.finish(actor=world.member, item=first, now=NOW + timedelta(days=14), reason="shipped")
    first.refresh_from_db()
    assert first.real_effort == Decimal("1.000")


def test_what_is_dropped_lets_others_move_up_and_stop_waiting(world: World) -> None:
    items = {title: world.item(title) for title in "abc"}
    actions.depend(actor=world.member, item=items["b"], needs=items["a"], **WHY)
    displaced = actions.drop(actor=world.lead, item=items["a"], **WHY)
    assert order(world.orders) == ["b", "c"]
    assert [(row["title"], row["days50"]) for row in displaced] == [("b", -7), ("c", -7)]
    items["a"].refresh_from_db()
    assert (items["a"].state, items["a"].dropped_at, items["a"].version) == ("dropped", NOW, 2)


def test_needs_never_close_a_circle(world: World) -> None:
    a, b = world.item("a"), world.item("b")
    c = world.item("c", team=world.search)
    actions.depend(actor=world.lead, item=a, needs=b, **WHY)
    actions.depend(actor=world.lead, item=b, needs=c, **WHY)
    with pytest.raises(Conflict, match="“c” needs “a” needs “b” needs “c”"):
        actions.depend(actor=world.stranger, item=c, needs=a, **WHY)
    with pytest.raises(InvalidInput):
        actions.depend(actor=world.lead, item=a, needs=a, **WHY)
    with pytest.raises(Conflict, match="already"):
        actions.depend(actor=world.lead, item=a, needs=b, **WHY)
    actions.undepend(actor=world.lead, item=b, needs=c, **WHY)
    with pytest.raises(Conflict, match="doesn't need"):
        actions.undepend(actor=world.lead, item=b, needs=c, **WHY)
    assert list(Dependency.objects.values_list("item__title", "needs__title")) == [("a", "b")]
    assert names()[-3:] == ["item.dependency-added", "item.dependency-added", "item.dependency-removed"]


def test_two_roadmaps_are_reshuffled_as_one(world: World) -> None:
    ours = {title: world.item(title, value_per_week=Decimal(1)) for title in "abc"}
    theirs = {title: world.item(title, team=world.search) for title in "xyz"}
    changes = [(ours["c"], 1), (ours["a"], None), (theirs["z"], 1), (theirs["x"], 3)]
    with pytest.raises(NotAllowed):
        actions.reshuffle(actor=world.lead, changes=changes, **WHY)
    assert order(world.orders) == ["a", "b", "c"]
    displaced = actions.reshuffle(actor=world.lead, changes=changes, authorised_by="escalation", **WHY)
    assert (order(world.orders), order(world.search)) == (["c", "b"], ["z", "y", "x"])
    assert displaced[0] | {} == displaced[0]
    assert (displaced[0]["title"], displaced[0]["dropped"], displaced[0]["rank_before"]) == ("a", True, 1)
    event = Event.objects.get(name="roadmap.reshuffled")
    assert event.data["ranks"] == {
        str(ours["a"].pk): [1, None],
        str(ours["c"].pk): [3, 1],
        str(theirs["x"].pk): [1, 3],
        str(theirs["z"].pk): [3, 1],
    }
    assert event.data["authorised_by"] == "escalation"
    assert set(Roadmap.objects.values_list("version", flat=True)) == {5}
    with pytest.raises(Conflict, match="is dropped"):
        actions.reshuffle(actor=SYSTEM, changes=[(ours["a"], 1)], **WHY)
    with pytest.raises(InvalidInput):
        actions.reshuffle(actor=SYSTEM, changes=[], **WHY)


def test_an_item_is_planned_anew_at_once(world: World) -> None:
    a, b = world.item("a"), world.item("b")
    found = actions.replan(
        actor=world.stranger,
        item=b,
        effort=effort(2),
        value_per_week=Decimal(5),
        rank=1,
        authorised_by="request",
        **WHY,
    )
    assert [row["title"] for row in found] == ["a"] or {row["title"] for row in found} == {"a", "b"}
    b.refresh_from_db()
    assert (b.rank, b.effort_likely, b.value_per_week, b.version) == (1, 2, 5, 2)
    assert order(world.orders) == ["b", "a"]
    with pytest.raises(NotAllowed):
        actions.replan(actor=world.stranger, item=a, rank=1, **WHY)
    actions.revalue(actor=world.member, item=a, value_per_week=Decimal("3.50"), **WHY)
    assert Event.objects.get(name="item.valued").data["changes"] == {"value_per_week": ["0.00", "3.50"]}


def test_capacity_notes_move_dates_and_are_taken_back(world: World) -> None:
    item = world.item("a")
    note, displaced = actions.note_capacity(
        actor=world.member, team=world.orders, starts=day(0), ends=day(6), share=Decimal(0), **WHY
    )
    assert [(row["title"], row["days50"]) for row in displaced] == [("a", 7)]
    actions.remove_note(actor=world.member, note=note, **WHY)
    item.refresh_from_db()
    assert item.forecast_p50 == day(4)
    for wrong in ({}, {"share": Decimal(1), "people": Decimal(1)}, {"share": Decimal("2.5")}, {"people": Decimal(-1)}):
        with pytest.raises(InvalidInput):
            actions.note_capacity(actor=world.member, team=world.orders, starts=day(0), ends=day(6), **wrong, **WHY)
    with pytest.raises(InvalidInput):
        actions.note_capacity(
            actor=world.member, team=world.orders, starts=day(2), ends=day(1), share=Decimal(1), **WHY
        )
    assert names()[-2:] == ["capacity.noted", "capacity.note-removed"]


def test_people_who_leave_lower_the_capacity(world: World) -> None:
    Membership.objects.filter(person=world.bob).update(ends=NOW + timedelta(days=7))
    item = world.item("a", 1.5)
    assert item.forecast_p50 == day(11)
    Membership.objects.filter(team=world.orders).update(ends=NOW - timedelta(days=1))
    assert world.item("b").forecast_p50 is None


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("title", {"title": " "}),
        ("title", {"title": "x" * 301}),
        ("title", {"title": "a\0b"}),
        ("kind", {"kind": "wish"}),
        ("effort_likely", {"effort": effort(1, 2, 3)}),
        ("effort_low", {"effort": effort(1, 0.001, 3)}),
        ("effort_high", {"effort": (Decimal(1), Decimal(1), Decimal("Infinity"))}),
        ("value_per_week", {"value_per_week": Decimal(-1)}),
        ("value_per_week", {"value_per_week": Decimal("NaN")}),
        ("rank", {"rank": 0}),
        ("reason", {"reason": " "}),
    ],
)
def test_bad_values_are_named(world: World, field: str, values: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as caught:
        world.item(**{"title": "a", **values})
    assert list(caught.value.fields) == [field]
    assert not Item.objects.exists()
    assert not Event.objects.filter(name="item.placed").exists()


def test_strangers_readers_and_nobody_change_nothing(world: World) -> None:
    item = world.item("a")
    world.item("b")
    count = Event.objects.count()
    reader = replace(world.lead, scopes=frozenset({"read"}))
    for actor in (world.stranger, reader, ANONYMOUS):
        for act in _acts(actor, item, world):
            with pytest.raises(NotAllowed):
                act()
    assert Event.objects.count() == count
    assert order(world.orders) == ["a", "b"]


def _acts(actor: Actor, item: Item, world: World) -> list[Any]:
    who = {"actor": actor, **WHY}
    return [
        lambda: actions.place(team=world.orders, title="x", effort=effort(1), **who),
        lambda: actions.move(item=item, rank=2, **who),
        lambda: actions.edit(item=item, fields={"title": "x"}, **who),
        lambda: actions.start(item=item, **who),
        lambda: actions.finish(item=item, **who),
        lambda: actions.drop(item=item, **who),
        lambda: actions.revalue(item=item, value_per_week=Decimal(1), **who),
        lambda: actions.note_capacity(team=world.orders, starts=day(0), ends=day(1), share=Decimal(1), **who),
        lambda: actions.create_goal(team=world.orders, title="x", starts=day(0), ends=day(1), **who),
        lambda: actions.create_document(team=world.orders, title="x", text="y", **who),
    ]


def test_the_rulebook_may_keep_ranking_to_deciders(world: World, rulebook: Any) -> None:
    item = world.item("a")
    world.item("b")
    rulebook('[roadmaps]\nranking = "deciders"\n')
    with pytest.raises(NotAllowed, match="deciders, leads and managers"):
        actions.move(actor=world.member, item=item, rank=2, **WHY)
    with pytest.raises(NotAllowed):
        actions.place(actor=world.member, team=world.orders, title="x", effort=effort(1), rank=1, **WHY)
    actions.place(actor=world.member, team=world.orders, title="at the end", effort=effort(1), **WHY)
    actions.move(actor=world.lead, item=item, rank=2, **WHY)
    assert order(world.orders) == ["b", "a", "at the end"]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 8)), max_size=8))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_ranks_stay_dense_whatever_is_moved(world: World, moves: list[tuple[int, int]]) -> None:
    Item.objects.all().delete()
    for title in "abcdef":
        world.item(title)
    expected = list("abcdef")
    for number, rank in moves:
        title = "abcdef"[number]
        expected.remove(title)
        expected.insert(min(rank, 6) - 1, title)
        ids = dict(Item.objects.values_list("title", "pk"))
        ranking.write(world.orders.pk, [ids[one] for one in expected])
        assert order(world.orders) == expected
