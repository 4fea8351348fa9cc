"""Teams, people and memberships, now and as of a date."""

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from awayteam.kernel import rulebook
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.organisation import queries
from awayteam.organisation.models import Identity, Membership, Person, Team

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)


def team(name: str, parent: Team | None = None, **values: object) -> Team:
    return Team.objects.create(ref=f"group:default/{name}", name=name, parent=parent, **values)


def person(name: str, **values: object) -> Person:
    return Person.objects.create(ref=f"user:default/{name}", name=name, **values)


def join(
    team: Team, person: Person, role: str = "member", starts: datetime | None = None, ends: datetime | None = None
) -> None:
    Membership.objects.create(team=team, person=person, role=role, starts=starts, ends=ends)


@pytest.fixture
def company() -> dict[str, Team]:
    root = team("company", is_unit=True)
    shop = team("shop", root, is_unit=True)
    orders = team("orders", shop, title="Order Desk", on_call_url="https://on.call/orders")
    stock = team("stock", shop)
    team("named-only", declared=False)
    ada, bob, eve = person("ada", display_name="Ada"), person("bob"), person("eve", display_name="Éve")
    join(orders, ada, "lead", starts=NOW - timedelta(days=10))
    join(orders, ada, "decider")
    join(orders, bob, ends=NOW - timedelta(days=5))
    join(stock, bob, starts=NOW - timedelta(days=5))
    join(shop, eve, "manager")
    Identity.objects.create(person=eve, provider="github", value="Eve-G", value_key="eve-g", created_at=NOW)
    return {row.name: row for row in Team.objects.all()}


def test_references_and_bare_names_find_teams_and_people(company: dict[str, Team]) -> None:
    assert queries.team(SYSTEM, "orders") == queries.team(SYSTEM, "Group:Default/Orders") == company["orders"]
    assert queries.person(SYSTEM, "ada").display_name == "Ada"
    for ref in ("nobody", "", "a:b/c/d", "\0"):
        with pytest.raises(NotFound):
            queries.team(SYSTEM, ref)
        with pytest.raises(NotFound):
            queries.person(SYSTEM, ref)


def test_members_hold_roles_and_dates_and_leads_come_first(company: dict[str, Team]) -> None:
    assert [(row.person.name, row.roles, row.starts) for row in queries.members(company["orders"])] == [
        ("ada", ("lead", "decider"), None)
    ]
    then = queries.members(company["orders"], at=NOW - timedelta(days=6))
    assert [(row.person.name, row.roles) for row in then] == [("ada", ("lead", "decider")), ("bob", ("member",))]
    before = queries.members(company["orders"], at=NOW - timedelta(days=20))
    assert [(row.person.name, row.roles) for row in before] == [("ada", ("decider",)), ("bob", ("member",))]


def test_teams_of_a_person_now_then_and_formerly(company: dict[str, Team]) -> None:
    bob = queries.person(SYSTEM, "bob")
    assert [place.team.name for place in queries.teams_of(bob)] == ["stock"]
    assert [place.team.name for place in queries.teams_of(bob, at=NOW - timedelta(days=6))] == ["orders"]
    assert [place.team.name for place in queries.former_teams_of(bob)] == ["orders"]
    assert [row.person.name for row in queries.membership_history(company["orders"])] == ["bob"]


def test_the_tree_counts_people_below_once(
    company: dict[str, Team], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    join(company["stock"], queries.person(SYSTEM, "ada"))
    with django_assert_num_queries(2):
        nodes = queries.tree(SYSTEM)
    assert [(node.team.name, node.depth, node.members, node.people) for root in nodes for node in root.walk()] == [
        ("company", 0, 0, 3),
        ("shop", 1, 1, 3),
        ("orders", 2, 1, 1),
        ("stock", 2, 2, 2),
        ("named-only", 0, 0, 0),
    ]


def test_circles_of_parents_end_everywhere(company: dict[str, Team]) -> None:
    company["company"].parent = company["orders"]
    company["company"].save()
    names = [node.team.name for root in queries.tree(SYSTEM) for node in root.walk()]
    assert sorted(names) == ["company", "named-only", "orders", "shop", "stock"]
    assert [row.name for row in queries.above(company["orders"])] == ["shop", "company"]
    assert len(queries.below(company["orders"])) == 4


def test_what_is_above_and_below(company: dict[str, Team]) -> None:
    assert [row.name for row in queries.above(company["stock"])] == ["shop", "company"]
    assert [row.name for row in queries.children(company["shop"])] == ["orders", "stock"]
    assert set(queries.below(company["shop"])) == {company[name].pk for name in ("shop", "orders", "stock")}


def test_two_pizzas_are_for_teams_not_units(company: dict[str, Team]) -> None:
    book = rulebook.current()
    largest = book.organisation.team_size_max
    for n in range(largest + 1):
        join(company["stock"], person(f"extra-{n}"))
        join(company["shop"], person(f"boss-{n}"))
    assert queries.size_check(company["stock"], book).is_over
    assert (
        queries.size_check(company["stock"], book).sentence == f"{largest + 2} people, more than the limit of {largest}"
    )
    assert not queries.size_check(company["shop"], book).is_over
    assert not queries.size_check(company["stock"], book, at=NOW - timedelta(days=400)).size < largest
    assert [row.team.name for row in queries.teams(SYSTEM, book, oversized=True).items] == ["stock"]
    health = queries.health(SYSTEM, book)
    assert (health.teams, health.units, health.oversized, health.without_on_call, health.without_members) == (
        2,
        2,
        1,
        1,
        0,
    )


def test_lists_of_teams_and_people_are_paged_and_narrowed(company: dict[str, Team]) -> None:
    book = rulebook.current()
    first = queries.teams(SYSTEM, book, limit=3)
    rest = queries.teams(SYSTEM, book, limit=3, cursor=first.next_cursor)
    assert [row.team.name for row in (*first.items, *rest.items)] == ["company", "orders", "shop", "stock"]
    assert first.total == 4
    assert [row.team.name for row in queries.teams(SYSTEM, book, without_on_call=True).items] == ["stock"]
    assert [row.team.name for row in queries.teams(SYSTEM, book, units=False, text="DESK").items] == ["orders"]
    page = queries.people(SYSTEM, limit=2)
    assert [row.person.name for row in page.items] == ["ada", "bob"]
    assert [row.person.name for row in queries.people(SYSTEM, limit=2, cursor=page.next_cursor).items] == ["eve"]
    assert [row.person.name for row in queries.people(SYSTEM, text="eve-g").items] == ["eve"]
    assert [row.person.name for row in queries.people(SYSTEM, team=company["stock"]).items] == ["bob"]
    newcomer = person("new")
    assert [row.person for row in queries.people(SYSTEM, teamless=True).items] == [newcomer]
    with pytest.raises(InvalidInput):
        queries.people(SYSTEM, cursor="zzz")


def test_pages_take_a_constant_number_of_statements(
    company: dict[str, Team], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ada, book = queries.person(SYSTEM, "ada"), rulebook.current()
    for budget, read in (
        (1, lambda: queries.members(company["orders"])),
        (1, lambda: queries.teams_of(ada)),
        (1, lambda: queries.above(company["orders"])),
        (1, lambda: queries.identities(ada)),
        (1, lambda: queries.fact_edits(ada)),
        (1, lambda: queries.size_check(company["orders"], book)),
        (2, lambda: queries.teams(SYSTEM, book)),
        (3, lambda: queries.people(SYSTEM)),
        (3, lambda: queries.health(SYSTEM, book)),
    ):
        with django_assert_num_queries(budget):
            read()
