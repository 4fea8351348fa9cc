"""What the choice of a bar raiser reads: management lines by person and by unit, loads and days of assignment."""

from datetime import date, timedelta

import pytest

from awayteam.organisation.models import Membership, Person, Role
from awayteam.reviews import pool
from awayteam.reviews.assignment import Why
from awayteam.reviews.models import BarRaiser
from awayteam.reviews.tests.town import Town, ask, found, raiser

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def town() -> Town:
    return found()


def reasons(town: Town, *asking: str) -> dict[str, Why]:
    """Who was passed over, and why, where these people ask."""
    people = dict.fromkeys((town.person(name).pk for name in asking), "Asks.")
    wanted = pool.Wanted("architecture", [town.team("orders")], people, people, 1440)
    return {one.name: one.why for one in pool.find(wanted, town.now).passed_over}


def under(town: Town, name: str, manager: Person) -> Person:
    """Somebody new who reports to `manager`."""
    town.people[name] = Person.objects.create(ref=f"user:default/{name}", name=name, manager=manager)
    return town.person(name)


def test_whoever_reports_to_an_asker_is_passed_over_however_far_below(town: Town) -> None:
    olga = town.person("olga")
    under(town, "right-below", olga)
    under(town, "far-below", under(town, "middle", under(town, "upper", olga)))
    under(town, "elsewhere", town.person("zoe"))
    for name in ("right-below", "far-below", "elsewhere"):
        raiser(town, name)
    assert reasons(town, "olga") == {"right-below": Why.LINE, "far-below": Why.LINE}
    assert reasons(town, "middle") == {"far-below": Why.LINE}
    assert reasons(town, "olga", "zoe") == {"right-below": Why.LINE, "far-below": Why.LINE, "elsewhere": Why.LINE}


def test_a_circle_of_managers_ends(town: Town) -> None:
    one, zoe = under(town, "one", town.person("olga")), town.person("zoe")
    Person.objects.filter(pk=town.person("olga").pk).update(manager=one)
    raiser(town, "one")
    assert reasons(town, "olga") == {"one": Why.LINE}
    assert reasons(town, "zoe") == {}
    Person.objects.filter(pk=zoe.pk).update(manager=zoe)
    raiser(town, "zoe")
    assert reasons(town, "zoe") == {"zoe": Why.BARRED}


def test_whoever_belongs_below_a_unit_of_an_asker_is_passed_over(town: Town) -> None:
    unit = town.team("maps").parent
    assert unit is not None
    held = Membership.objects.create(team=unit, person=town.person("zoe"), role=Role.MANAGER)
    assert reasons(town, "zoe") == {"rita": Why.LINE}
    held.delete()
    Membership.objects.create(team=town.team("division"), person=town.person("zoe"), role=Role.MANAGER)
    assert reasons(town, "zoe") == {"rita": Why.LINE, "rob": Why.LINE}


def test_open_reviews_and_the_day_of_the_last_are_counted_of_few_and_of_many(town: Town) -> None:
    ask(town)
    ask(town, title="Another", now=town.now + timedelta(days=1))
    rita, rob = town.person("rita").pk, town.person("rob").pk
    loads, last = pool.loads_of([rita, rob])
    assert loads == {rita: 1, rob: 1}
    assert sorted(last.values()) == [town.now.date(), town.now.date() + timedelta(days=1)]
    some = Person.objects.bulk_create(Person(ref=f"user:default/x{n}", name=f"x{n}") for n in range(600))
    BarRaiser.objects.bulk_create(
        BarRaiser(person=one, field="architecture", since=date(2025, 1, 1), created_at=town.now) for one in some
    )
    assert pool.loads_of([rita, rob, *(one.pk for one in some)]) == (loads, last)
    passed = reasons(town, "paul")
    assert {name: passed.pop(name) for name in ("rita", "rob")} == {"rita": Why.RECENT, "rob": Why.RECENT}
    assert set(passed.values()) == {Why.TRAINING}
