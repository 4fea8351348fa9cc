"""A reorganisation in mid-visit: what becomes of the contract, the sides, the people and the turns."""

from datetime import timedelta

import pytest

from awayteam.catalog.models import Entity, Ownership
from awayteam.engagements import jobs
from awayteam.engagements.models import Engagement, Granting, Member
from awayteam.engagements.tests.village import NOON, Village, after, settle
from awayteam.kernel.models import Event
from awayteam.notifications.models import Notification
from awayteam.organisation.models import Membership, Role, Team

pytestmark = pytest.mark.django_db


def _now(row: Engagement) -> Engagement:
    return Engagement.objects.select_related("home_team", "away_team").get(pk=row.pk)


def _give_service_to(village: Village, name: str, days: float) -> None:
    owner, _new = Entity.objects.get_or_create(
        ref=f"group:default/{name}",
        defaults={"kind": "Group", "namespace": "default", "name": name, "team": village.town.team(name),
                  "sort_name": name, "changed_at": NOON, "first_seen_at": NOON},
    )  # fmt: skip
    service = village.service
    assert service.owner is not None
    Ownership.objects.filter(entity=service, ends__isnull=True).update(ends=after(days))
    if not Ownership.objects.filter(entity=service).exists():
        Ownership.objects.create(entity=service, owner=service.owner, ends=after(days))
    Ownership.objects.create(entity=service, owner=owner, starts=after(days))
    service.owner = owner
    service.save()


def test_nothing_happens_where_nothing_changed() -> None:
    village = settle()
    row = village.active()
    version = _now(row).version
    assert jobs.run(after(8)) == 0
    assert _now(row).version == version


def test_the_contract_goes_with_the_service() -> None:
    village = settle()
    row = village.active()
    text = row.contract.text if row.contract else ""
    _give_service_to(village, "search", 8)
    assert jobs.run(after(9)) == 1
    found = _now(row)
    assert (found.home_team.name, found.home_decider_id, found.state) == ("search", village.person("sam").pk, "active")
    assert found.contract is not None
    assert found.contract.text == text
    event = Event.objects.get(name="engagement.reorganised")
    assert event.data["changes"]["home_team"] == ["group:default/orders", "group:default/search"]
    told = set(Notification.objects.filter(event="engagement.reorganised").values_list("person__name", flat=True))
    assert {"sam", "pia", "paul"} <= told


def test_a_visit_to_ones_own_service_ends() -> None:
    village = settle()
    row = village.active()
    _give_service_to(village, "payments", 8)
    assert jobs.run(after(9)) == 1
    found = _now(row)
    assert (found.state, found.reason, found.turn_person_id) == ("withdrawn", "reorganised", None)
    assert not Granting.objects.filter(engagement=row, ends_at__isnull=True).exists()


def test_a_service_that_the_home_team_never_owned_moves_nobody() -> None:
    village = settle()
    row = village.active()
    Entity.objects.filter(pk=village.service.pk).update(owner=None)
    assert jobs.run(after(9)) == 0
    assert _now(row).home_team.name == "orders"


def test_a_proposed_text_that_names_the_old_home_team_is_written_again() -> None:
    village = settle()
    row = village.propose()
    _give_service_to(village, "search", 1)
    assert jobs.run(after(2)) == 1
    found = _now(row)
    assert (found.state, found.home_team.name) == ("preparing", "search")
    assert found.contracts.get().state == "withdrawn"


def test_the_lead_takes_a_dissolved_away_team_along() -> None:
    village = settle()
    row = village.active()
    search = village.town.team("search")
    Membership.objects.create(team=search, person=village.person("pia"), role=Role.MEMBER)
    Team.objects.filter(name="payments").update(dissolved_at=after(8))
    assert jobs.run(after(9)) == 1
    assert (_now(row).away_team.name, _now(row).state) == ("search", "active")


def test_a_dissolved_away_team_without_another_withdraws() -> None:
    village = settle()
    row = village.active()
    Team.objects.filter(name="payments").update(dissolved_at=after(8))
    assert jobs.run(after(9)) == 1
    assert (_now(row).state, _now(row).reason) == ("withdrawn", "reorganised")


@pytest.mark.parametrize("why", ["left", "changed sides"])
def test_a_member_stops_who_left_or_joined_the_home_team(why: str) -> None:
    village = settle()
    row = village.active()
    paul = village.person("paul")
    if why == "left":
        paul.left_at = after(8)
        paul.save()
    else:
        Membership.objects.create(team=village.town.team("orders"), person=paul, role=Role.MEMBER, starts=after(8))
    assert jobs.run(after(9)) == 1
    member = Member.objects.get(engagement=row, person=paul)
    assert member.left_at == after(9)
    assert member.why
    assert jobs.run(after(9.1)) == 0


def test_the_turn_of_a_lead_who_left_is_handed_on() -> None:
    village = settle()
    row = village.active()
    Membership.objects.create(team=village.town.team("payments"), person=village.person("paul"), role=Role.DECIDER)
    pia = village.person("pia")
    pia.left_at = after(8)
    pia.save()
    assert jobs.run(after(9)) == 1
    found = _now(row)
    assert found.turn_person_id == found.away_lead_id == village.person("paul").pk
    assert found.clock is not None
    assert found.clock.turn_person_id == found.turn_person_id


def test_a_decider_of_record_who_left_is_followed() -> None:
    village = settle()
    row = village.propose()
    olga = village.person("olga")
    olga.left_at = NOON + timedelta(hours=1)
    olga.save()
    assert jobs.run(after(1)) == 1
    found = _now(row)
    assert found.state == "proposed"
    assert found.turn_person_id == found.home_decider_id
    assert found.home_decider_id == village.person("oscar").pk


def test_only_what_may_have_changed_is_looked_at_closely() -> None:
    village = settle()
    village.active()
    village.propose(title="Another")
    assert list(jobs.touched(after(8))) == []
    Membership.objects.filter(person=village.person("olga")).update(ends=after(7))
    assert list(jobs.touched(after(8))) == []  # she is named, and stays
    Engagement.objects.filter(state="proposed").update(home_decider=village.person("mona"))
    assert [row.title for row in jobs.touched(after(8))] == ["Another"]


def test_a_lead_who_changes_sides_is_followed() -> None:
    village = settle()
    row = village.active()
    pia = village.person("pia")
    Membership.objects.filter(person=pia).update(ends=after(8))
    Membership.objects.create(team=village.town.team("orders"), person=pia, role=Role.LEAD, starts=after(8))
    assert jobs.run(after(9)) == 1
    found = _now(row)
    assert (found.away_lead, found.turn_person) == (village.person("paul"), village.person("paul"))
    assert jobs.run(after(9.1)) == 0
