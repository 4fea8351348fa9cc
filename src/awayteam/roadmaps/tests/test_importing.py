"""Items from files: what can be read is read, what can't is told with line and field, and nothing is doubled."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.models import Event
from awayteam.roadmaps import actions, reading
from awayteam.roadmaps.models import Dependency, Item
from awayteam.roadmaps.tests.world import NOW, World, order

CSV = """Key,Team,Title,Kind,Effort,High,Value per week,Rank,State,Promised on,Needs,Goal
T-1,orders,Faster basket,performance,2,4,20,,,2027-02-01,T-3,Twice as fast
T-2,orders,"Share, with friends",feature,1.5,,5,1,,,,
T-3,search,Facets,feature,3,,,,started,,,
T-4,orders,Old tables,debt,1,,,,,,,
"""


@pytest.fixture
def world(db: None) -> World:
    made = World()
    made.goal()
    return made


def load(world: World, text: str | bytes, **more: object) -> actions.Imported:
    data = text if isinstance(text, bytes) else text.encode()
    who = world.actor(world.ada, manages=[world.orders, world.search, world.shop])
    given = {"actor": who, "now": NOW, "found": reading.read(data), "reason": "from the tracker", **more}
    return actions.import_items(**given)  # type: ignore[arg-type]


def numbers(done: actions.Imported) -> tuple[int, int, int, int, int]:
    return done.created, done.updated, done.unchanged, done.needs, len(done.errors)


def test_a_file_is_put_on_roadmaps_once(world: World) -> None:
    assert numbers(load(world, CSV)) == (4, 0, 0, 1, 0)
    assert (order(world.orders), order(world.search)) == (["Share, with friends", "Faster basket"], ["Facets"])
    fast = Item.objects.get(external_key="T-1")
    assert (fast.kind, fast.effort_low, fast.effort_high, fast.value_per_week) == ("performance", 2, 4, 20)
    assert (fast.goal.title if fast.goal else "", str(fast.promised_on)) == ("Twice as fast", "2027-02-01")
    facets = Item.objects.get(external_key="T-3")
    assert (facets.state, facets.started_at, facets.estimated) == ("started", NOW, 3)
    assert Item.objects.get(external_key="T-4").rank is None
    assert Dependency.objects.get().needs == facets
    assert fast.forecast_p50 is not None
    count = Event.objects.count()
    assert numbers(load(world, CSV)) == (0, 0, 4, 0, 0)
    assert Event.objects.count() == count


def test_a_second_import_changes_what_differs(world: World) -> None:
    load(world, CSV)
    text = CSV.replace("2,4,20,", "3,4,25,").replace("T-2,orders,", "T-2,orders,New name for ")
    text = text.replace('New name for "Share, with friends"', "Renamed")
    done = load(world, text)
    assert numbers(done) == (0, 2, 2, 0, 0)
    edited = Event.objects.filter(name="item.edited").order_by("pk")[0]
    assert edited.data["changes"] == {"effort_low": ["2.00", "3.00"], "effort_likely": ["2.00", "3.00"],
                                      "value_per_week": ["20.00", "25.00"]}  # fmt: skip
    assert order(world.orders) == ["Renamed", "Faster basket"]


def test_without_key_the_title_tells_whose_row_it_is(world: World) -> None:
    world.item("by hand")
    done = load(world, "title,effort\nby hand,2\nnew,1\n", team=world.orders)
    assert numbers(done) == (1, 1, 0, 0, 0)
    assert numbers(load(world, "key,title,effort\nK,by hand,2\n", team=world.orders)) == (0, 1, 0, 0, 0)
    assert Item.objects.get(external_key="K").title == "by hand"


def test_finished_items_bring_their_past(world: World) -> None:
    head = "key,title,effort,state,started_at,done_at,real_effort\n"
    load(world, f"{head}A,a,2,done,2026-01-05,2026-02-02,4\nB,b,2,dropped,,2026-02-02,\n", team=world.orders)
    item = Item.objects.get(external_key="A")
    assert (item.state, item.estimated, item.real_effort, item.real_given) == ("done", 2, 4, True)
    assert Item.objects.get(external_key="B").dropped_at is not None
    fresh = world.item("c", 1.0)
    assert fresh.forecast_p50 is not None
    assert fresh.forecast_p50 > NOW.date().replace(day=27)


def test_bad_rows_are_told_and_sink_no_other(world: World) -> None:
    text = (
        "key,team,title,effort,effort_high,rank,kind,needs,goal,done_at\n"
        "1,orders,good,1,,,,,,\n"
        "2,nobody,a,1,,,,,,\n"
        "3,orders,,1,,,,,,\n"
        "4,orders,b,much,,,,,,\n"
        "5,orders,c,3,1,,,,,\n"
        "6,orders,d,1,,zero,,,,\n"
        "7,orders,e,1,,,wish,,,\n"
        "8,orders,f,1,,,,nowhere,,\n"
        "9,orders,g,1,,,,,no such goal,\n"
        "10,orders,h,1,,,,1,,31.1.2026\n"
        "11,,i,1,,,,,,\n"
        "12,orders,j,1,,,,12,,\n"
        "13,orders,k,1,,,,,,,extra\n"
    )
    done = load(world, text)
    assert [(error.line, error.field) for error in done.errors] == [
        (3, "team"), (4, "title"), (5, "effort"), (6, "effort_likely"), (7, "rank"), (8, "kind"), (9, "needs"),
        (10, "goal"), (11, "done_at"), (12, "team"), (13, "needs"), (14, ""),
    ]  # fmt: skip
    assert order(world.orders) == ["good", "f", "j"]
    assert "'much' must be a number" in done.errors[2].message


def test_a_circle_in_a_file_is_refused_where_it_closes(world: World) -> None:
    done = load(world, "key,title,effort,needs\nA,a,1,B\nB,b,1,C\nC,c,1,A\n", team=world.orders)
    assert [(error.line, error.field) for error in done.errors] == [(4, "needs")]
    assert done.needs == 2


def test_a_dry_run_tells_the_same_and_leaves_nothing(world: World) -> None:
    count = Event.objects.count()
    assert numbers(load(world, CSV, dry_run=True)) == (4, 0, 0, 1, 0)
    assert not Item.objects.exists()
    assert Event.objects.count() == count


def test_those_who_may_not_rank_import_nothing(world: World) -> None:
    done = actions.import_items(
        actor=world.member, now=NOW, found=reading.read(CSV.encode()), reason="from the tracker"
    )
    assert [(error.line, error.field, error.message[:28]) for error in done.errors] == [
        (2, "needs", "there is no item 'T-3'"),
        (4, "", "Only members and managers of"),
    ]
    assert numbers(done) == (3, 0, 0, 0, 2)
    assert not Item.objects.filter(team=world.search).exists()


def test_json_says_the_same(world: World) -> None:
    done = load(
        world, '{"items": [{"key": "J", "title": "a", "effort": 1.5, "needs": ["K"], "team": "orders"}, 7, {}]}'
    )
    assert [(error.line, error.field) for error in done.errors] == [
        (1, "needs"), (2, ""), (3, "effort"), (3, "title"),
    ]  # fmt: skip
    assert Item.objects.get().effort_likely == Decimal("1.5")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"[",
        b'{"a": 1}',
        b"title,nonsense\n",
        b"title,Title\n",
        b"a\0b",
        b"title,effort\n" + b'"' * 99,
    ],
)
def test_files_that_are_no_such_files_give_no_rows(data: bytes) -> None:
    assert outcome(data)[0] == []


@given(st.binary(max_size=400) | st.text(max_size=300).map(lambda text: f"title,effort,rank\n{text}".encode()))
def test_any_file_is_read_or_refused_with_words(data: bytes) -> None:
    rows, words = outcome(data)
    assert all(words)
    assert all(row.title and row.effort[0] <= row.effort[2] for row in rows)


def outcome(data: bytes) -> tuple[list[reading.ItemRow], list[str]]:
    """The rows that can be used, and what is said about the others or the whole file."""
    try:
        found = reading.read(data)
    except InvalidInput as error:
        return [], [error.what, error.advice]
    return found.rows, [error.message for error in found.errors]
