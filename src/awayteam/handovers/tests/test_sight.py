"""Whoever has a part in a visit to what is restricted, or a turn, sees it: in the list, by its number, in messages."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from awayteam.engagements import actions, queries
from awayteam.engagements.models import Contract, Engagement, Member
from awayteam.engagements.permissions import NAMED
from awayteam.engagements.queries import EngagementFilter
from awayteam.engagements.tests.village import FIRST, Village, settle
from awayteam.handovers.models import Defect, Handover
from awayteam.kernel.errors import NotFound
from awayteam.kernel.events import Subject
from awayteam.kernel.models import Event
from awayteam.notifications.actions import tell
from awayteam.notifications.models import Notification
from awayteam.organisation.models import Membership, Person, Role
from awayteam.rounds.models import Round

pytestmark = pytest.mark.django_db
Give = Callable[[Village, Engagement, Person], object]


@pytest.fixture
def village() -> Village:
    """ann belongs to no team, and orders-api is restricted to those whom it concerns."""
    found = settle()
    found.service.restricted = True
    found.service.save()
    return found


def sees(village: Village, name: str, row: Engagement) -> bool:
    """Whether a person sees the engagement; the list, the page and messages must agree."""
    now = timezone.now()
    actor = village.actor(name, now)
    listed = queries.list_engagements(actor, EngagementFilter(state=("all",)), now=now).items
    total = queries.total(actor, EngagementFilter(state=("all",)), now)
    try:
        loaded = queries.load(actor, row.pk, now).pk == row.pk
    except NotFound:
        loaded = False
    key = f"test-{Event.objects.count()}-{name}"
    subject = Subject("engagement", row.pk, row.title)
    tell(now=now, subject=subject, event="x", text="x", address="/", persons=[village.person(name).pk], key=key)
    told = Notification.objects.filter(key=key).exists()
    assert [one.id for one in listed] == [row.pk] * loaded
    assert (total, told) == (int(loaded), loaded)
    return loaded


def _name(column: str) -> Give:
    return lambda village, row, person: Engagement.objects.filter(pk=row.pk).update(**{column: person})


def _visitor(village: Village, row: Engagement, person: Person) -> None:
    Member.objects.create(engagement=row, person=person, joins_on=FIRST, joined_at=row.created_at)


def _manager(village: Village, row: Engagement, person: Person) -> None:
    Person.objects.filter(name="paul").update(manager=person)


def _lead(village: Village, row: Engagement, person: Person) -> None:
    """ann leads search, and sue of search comes along."""
    search = village.town.team("search")
    Membership.objects.create(team=search, person=person, role=Role.LEAD)
    _visitor(village, row, village.person("sue"))


def _amendment(village: Village, row: Engagement, person: Person) -> None:
    now = row.began_at or row.created_at
    actions.amend(row, actor=village.actor("pia", now), now=now, why="More", pledged_hours=40)
    Contract.objects.filter(engagement=row, state="signing").update(turn_person=person)


def _round(column: str) -> Give:
    def give(village: Village, row: Engagement, person: Person) -> None:
        at = row.created_at
        Round.objects.create(
            engagement=row, number=1, kind="change", title="x", way="home", state="open", created_at=at, entered_at=at,
            changed_at=at, **{column: person},
        )  # fmt: skip

    return give


def _handover(column: str) -> Give:
    def give(village: Village, row: Engagement, person: Person) -> None:
        at = row.created_at
        Handover.objects.create(
            engagement=row, number=1, state="looking-over", created_at=at, entered_at=at, changed_at=at,
            submitted_at=at, **{column: person},
        )  # fmt: skip

    return give


def _defect(column: str) -> Give:
    def give(village: Village, row: Engagement, person: Person) -> None:
        at = row.created_at
        Defect.objects.create(
            engagement=row, title="x", found_at=at, label="x", routed="away", rule="scope", under_warranty=True,
            state="open", created_at=at, entered_at=at, changed_at=at, **{column: person},
        )  # fmt: skip

    return give


PARTS: dict[str, Give] = {
    **{column: _name(column) for column in NAMED},
    "visitor": _visitor,
    "manager of a visitor": _manager,
    "lead of a visitor's team": _lead,
    "signs an amendment": _amendment,
    **{f"round's {column}": _round(column) for column in ("opened_by", "reviewer", "independent", "turn_person")},
    **{f"handover's {column}": _handover(column) for column in ("reviewer", "turn_person")},
    **{f"defect's {column}": _defect(column) for column in ("reported_by", "turn_person")},
}


@pytest.mark.parametrize("part", sorted(PARTS))
def test_whoever_has_a_part_sees_it(part: str, village: Village) -> None:
    row = village.active()
    assert not sees(village, "ann", row)
    PARTS[part](village, row, village.person("ann"))
    assert sees(village, "ann", row)
    assert not sees(village, "sam", row)


def test_the_sides_see_it_and_nobody_else(village: Village) -> None:
    row = village.active()
    seen = {name for name in village.town.people if sees(village, name, row)}
    assert seen == {"olga", "oscar", "pia", "paul", "mona", "dana"}


def test_a_manager_agrees_to_the_time_of_somebody_in_a_restricted_visit(village: Village) -> None:
    row = village.open()
    now = row.created_at + timedelta(hours=1)
    Person.objects.filter(name="sue").update(manager=village.person("ann"))
    joined = actions.add_member(row, actor=village.actor("pia", now), now=now, person=village.person("sue"), share=50)
    done = actions.agree_to_member(joined.member, actor=village.actor("ann", now), now=now)
    assert done.member.agreed_by == village.person("ann")


def test_who_leads_a_team_that_a_visitor_left_sees_it_no_more(village: Village) -> None:
    row = village.active()
    _lead(village, row, village.person("ann"))
    Membership.objects.filter(person=village.person("sue")).update(ends=row.created_at)
    assert not sees(village, "ann", row)


def test_who_leads_a_visitor_whose_manager_is_named_doesnt_see_it(village: Village) -> None:
    row = village.active()
    _lead(village, row, village.person("ann"))
    Person.objects.filter(name="sue").update(manager=village.person("mona"))
    assert not sees(village, "ann", row)
