"""Members and open places through the real actions: who may, who must agree, what access follows."""

from copy import deepcopy
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from awayteam.engagements import actions, asking, people, waiting
from awayteam.engagements.actions import ScopeLine
from awayteam.engagements.loading import grants
from awayteam.engagements.models import Application, Engagement, Member, Place
from awayteam.engagements.tests.village import FIRST, LAST, NOON, Village, after, settle
from awayteam.kernel.errors import Conflict, InvalidInput, NotAllowed
from awayteam.kernel.models import Event
from awayteam.notifications.models import Notification
from awayteam.organisation.models import Membership, Role

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 3, 10, 9, tzinfo=NOON.tzinfo)


@pytest.fixture(scope="module")
def settled(of_module: None) -> Village:
    return settle()


@pytest.fixture
def village(settled: Village, db: None) -> Village:
    return deepcopy(settled)


def may(village: Village, name: str, at: datetime = MORNING, path: str = "refunds/a.py") -> bool:
    return bool(grants().may(village.person(name).pk, path, at, "orders"))


def told(village: Village, name: str) -> list[str]:
    return list(Notification.objects.filter(person=village.person(name)).order_by("pk").values_list("text", flat=True))


def test_a_member_of_a_signed_visit_may_change_its_paths_while_it_is_active(village: Village) -> None:
    row = village.active()
    assert may(village, "paul")
    assert not may(village, "paul", path="billing/a.py")
    assert not may(village, "paul", at=NOON)
    assert not may(village, "pia")
    assert not may(village, "olga")
    end = datetime(2026, 4, 4, tzinfo=NOON.tzinfo)
    answer = grants().may(village.person("paul").pk, "refunds/a.py", MORNING)
    assert (answer.engagement, answer.until) == (row.pk, end)
    actions.pause(row, actor=village.actor("pia", MORNING), now=MORNING, until=date(2026, 3, 20), words="Illness.")
    assert not may(village, "paul", at=MORNING + timedelta(hours=1))
    assert may(village, "paul", at=MORNING - timedelta(hours=1))


def test_access_ends_though_nothing_runs(village: Village) -> None:
    village.active()
    assert may(village, "paul", at=datetime(2026, 4, 3, 23, 59, tzinfo=NOON.tzinfo))
    assert not may(village, "paul", at=datetime(2026, 4, 4, tzinfo=NOON.tzinfo))


def test_who_comes_later_needs_their_manager_and_the_home_side(village: Village) -> None:
    row = village.active()
    joined = actions.add_member(
        row, actor=village.actor("pia", MORNING), now=MORNING, person=village.person("sue"), share=50
    )
    assert joined.needs == ("their manager", "the home side")
    assert "Do you agree to 50% of sue's time" in told(village, "dana")[-1]
    with pytest.raises(NotAllowed, match="manager"):
        actions.agree_to_member(joined.member, actor=village.actor("pia", MORNING), now=MORNING)
    with pytest.raises(NotAllowed):
        actions.welcome_member(joined.member, actor=village.actor("pia", MORNING), now=MORNING)
    assert not may(village, "sue", at=MORNING + timedelta(hours=1))
    actions.agree_to_member(joined.member, actor=village.actor("dana", MORNING), now=MORNING)
    assert not may(village, "sue", at=MORNING + timedelta(hours=1))
    done = actions.welcome_member(joined.member, actor=village.actor("olga", MORNING), now=MORNING)
    assert done.needs == ()
    assert may(village, "sue", at=MORNING + timedelta(hours=1))
    names = (
        Event.objects.filter(subject_kind="engagement", subject_id=row.pk)
        .order_by("-pk")
        .values_list("name", flat=True)
    )
    assert list(names[:3]) == ["engagement.member-welcomed", "engagement.member-agreed", "engagement.member-added"]


def test_home_lists_whose_word_is_missing(village: Village) -> None:
    def lines(name: str) -> list[tuple[str, str]]:
        return [(one.title, one.state) for one in waiting.waiting(village.actor(name, MORNING), MORNING)]

    row = village.active()
    joined = actions.add_member(row, actor=village.actor("pia", MORNING), now=MORNING, person=village.person("sue"))
    said = "sue: 100% for Refund a part of an order"
    assert {name: lines(name) for name in ("dana", "olga", "sue", "ann", "mona")} == {
        "dana": [(said, "agree to their time")], "olga": [], "sue": [], "ann": [], "mona": []
    }  # fmt: skip
    actions.agree_to_member(joined.member, actor=village.actor("dana", MORNING), now=MORNING)
    assert (lines("dana"), lines("olga")) == ([], [(said, "welcome them")])
    actions.welcome_member(joined.member, actor=village.actor("olga", MORNING), now=MORNING)
    assert lines("olga") == []


def test_nobody_agrees_to_their_own_time(village: Village) -> None:
    row = village.open()
    joined = actions.add_member(row, actor=village.actor("pia"), now=NOON, person=village.person("pia"))
    assert joined.needs == ("their manager",)
    with pytest.raises(NotAllowed, match="Your manager"):
        actions.agree_to_member(joined.member, actor=village.actor("pia"), now=NOON)
    assert Member.objects.get(pk=joined.member.pk).agreed_at is None
    assert actions.agree_to_member(joined.member, actor=village.actor("mona"), now=NOON).needs == ()


@pytest.mark.parametrize("name", ["olga", "oscar"])
def test_nobody_of_the_home_side_joins(village: Village, name: str) -> None:
    row = village.open()
    before = (Member.objects.count(), Engagement.objects.get(pk=row.pk).version)
    with pytest.raises(InvalidInput, match="nobody is on both"):
        actions.add_member(row, actor=village.actor("pia"), now=NOON, person=village.person(name))
    assert (Member.objects.count(), Engagement.objects.get(pk=row.pk).version) == before


def test_who_changes_to_the_home_team_has_no_access_from_then_on(village: Village) -> None:
    village.active()
    Membership.objects.create(
        team=village.town.team("orders"), person=village.person("paul"), role=Role.MEMBER, starts=MORNING
    )
    assert may(village, "paul", at=MORNING - timedelta(minutes=1))
    assert not may(village, "paul")


def test_who_leaves_has_no_access_from_then_on(village: Village) -> None:
    row = village.active()
    member = row.members.get()
    with pytest.raises(NotAllowed):
        actions.end_membership(member, actor=village.actor("sam", MORNING), now=MORNING)
    assert may(village, "paul")
    actions.end_membership(member, actor=village.actor("paul", MORNING), now=MORNING, words="Another job.")
    assert not may(village, "paul")
    with pytest.raises(Conflict, match="has left"):
        actions.end_membership(member, actor=village.actor("paul", MORNING), now=MORNING)


def test_strangers_and_the_home_side_put_nobody_on_the_list_of_a_signed_visit(village: Village) -> None:
    row = village.active()
    for name in ("sam", "olga"):
        with pytest.raises(NotAllowed):
            actions.add_member(row, actor=village.actor(name, MORNING), now=MORNING, person=village.person("sue"))
    assert row.members.count() == 1
    waiting = village.propose(title="Another")
    with pytest.raises(Conflict, match="second signature"):
        actions.add_member(waiting, actor=village.actor("pia"), now=NOON, person=village.person("sue"))


def test_too_much_of_somebodys_time_is_told_and_never_hinders(village: Village) -> None:
    first, second = village.open(), village.open(title="Second visit")
    load = people.load_of(village.person("paul"), FIRST, LAST)
    assert (load.share, load.too_much) == (200, True)
    joined = actions.add_member(second, actor=village.actor("pia"), now=NOON, person=village.person("sue"), share=60)
    assert joined.warning == ""
    joined = actions.add_member(first, actor=village.actor("pia"), now=NOON, person=village.person("sue"), share=50)
    assert joined.warning == "With this, 110% of sue's time is promised at once (60% in Second visit)."
    later = actions.change_member(
        joined.member, actor=village.actor("pia"), now=NOON, joins_on=LAST + timedelta(days=9)
    )
    assert later.warning == ""


def test_asking_for_more_needs_the_manager_anew_and_less_does_not(village: Village) -> None:
    row = village.open()
    member = row.members.get()
    less = actions.change_member(member, actor=village.actor("oscar"), now=NOON, share=40, leaves_on=LAST)
    assert less.needs == ()
    more = actions.change_member(member, actor=village.actor("oscar"), now=NOON, share=41)
    assert more.needs == ("their manager",)
    for values in ({"share": 101}, {"leaves_on": FIRST - timedelta(days=1)}):
        with pytest.raises(InvalidInput):
            actions.change_member(member, actor=village.actor("oscar"), now=NOON, **values)


def offered(village: Village, row: Engagement, **more: Any) -> Place:
    given: dict[str, Any] = {"title": "Somebody who knows SQL", "hours": 40, "skills": ["SQL", " sql ", "Python"]}
    return actions.offer_place(row, actor=village.actor("pia"), now=NOON, **{**given, **more})


def test_a_place_is_offered_applied_for_and_taken(village: Village) -> None:
    row = village.open()
    place = offered(village, row, open_until=date(2026, 3, 6))
    assert place.skills == ["sql", "python"]
    mine = actions.apply_for_place(place, actor=village.actor("sue"), now=NOON, words="I wrote its index.")
    other = actions.apply_for_place(place, actor=village.actor("ann"), now=NOON)
    assert told(village, "pia")[-1] == "ann would take the place 'Somebody who knows SQL'."
    with pytest.raises(Conflict, match="already"):
        actions.apply_for_place(place, actor=village.actor("sue"), now=NOON)
    with pytest.raises(NotAllowed):
        actions.take_application(mine, actor=village.actor("sam"), now=NOON)
    joined = actions.take_application(mine, actor=village.actor("pia"), now=NOON, share=20)
    assert (joined.member.person, joined.member.share) == (village.person("sue"), 20)
    place.refresh_from_db()
    assert (place.filled_by, place.closed_at) == (joined.member, NOON)
    answers = dict(Application.objects.values_list("pk", "answer"))
    assert answers == {mine.pk: "taken", other.pk: "refused"}
    assert "You were refused" in told(village, "ann")[-1]
    with pytest.raises(Conflict):
        actions.apply_for_place(place, actor=village.actor("sam"), now=NOON)


def test_a_place_can_be_refused_and_closed(village: Village) -> None:
    row = village.open()
    place = offered(village, row)
    one = actions.apply_for_place(place, actor=village.actor("ann"), now=NOON)
    with pytest.raises(InvalidInput):
        actions.refuse_application(one, actor=village.actor("pia"), now=NOON, words=" ")
    actions.refuse_application(one, actor=village.actor("pia"), now=NOON, words="We need somebody full time.")
    with pytest.raises(Conflict, match="answer"):
        actions.take_application(one, actor=village.actor("pia"), now=NOON)
    with pytest.raises(NotAllowed):
        actions.close_place(place, actor=village.actor("ann"), now=NOON)
    actions.close_place(place, actor=village.actor("pia"), now=NOON)
    with pytest.raises(Conflict):
        actions.close_place(place, actor=village.actor("pia"), now=NOON)


def test_places_that_cant_be_are_refused(village: Village) -> None:
    row = village.open()
    for values in ({"title": " "}, {"hours": 0}, {"skills": ["x" * 61]}, {"open_until": date(2026, 3, 1)}):
        with pytest.raises(InvalidInput):
            offered(village, row, **values)
    with pytest.raises(NotAllowed):
        actions.offer_place(row, actor=village.actor("sam"), now=NOON, title="Any", hours=1)
    assert not Place.objects.exists()
    place = offered(village, row, open_until=date(2026, 3, 6))
    with pytest.raises(InvalidInput, match="both"):
        actions.apply_for_place(place, actor=village.actor("oscar"), now=NOON)
    with pytest.raises(Conflict, match="open until"):
        actions.apply_for_place(place, actor=village.actor("ann"), now=after(9))


def test_an_end_is_announced_once_three_days_before(village: Village) -> None:
    village.active()
    before = len(told(village, "paul"))
    for moment, number in (
        (after(29), 0),
        (after(30), 1),
        (after(31), 1),
    ):
        asking.announce(moment)
        assert len(told(village, "paul")) - before == number
    assert told(village, "paul")[-1].endswith("ends on 2026-04-04 at 00:00 UTC by itself.")


def test_a_text_in_force_earlier_answers_for_its_time(village: Village) -> None:
    row = village.active()
    text = actions.amend(
        row,
        actor=village.actor("pia", MORNING),
        now=MORNING,
        why="More to do.",
        scope=[ScopeLine("orders", "/billing/")],
    )
    later = MORNING + timedelta(hours=2)
    assert may(village, "paul", at=later)
    actions.sign_amendment(text, actor=village.actor("olga", later), now=later, sha256=text.sha256)
    assert not may(village, "paul", at=later)
    assert may(village, "paul", at=later, path="billing/a.py")
    assert may(village, "paul", at=MORNING)
    assert not may(village, "paul", at=MORNING, path="billing/a.py")


def test_what_one_may_not_see_is_answered_without_its_name(village: Village) -> None:
    row = village.active()
    village.service.restricted = True
    village.service.save()
    seen = asking.ask(village.actor("olga", MORNING), village.person("paul"), ["refunds/a.py"], MORNING, explain=True)
    assert seen.access[0].engagement == row.pk
    assert len(seen.explanations) == 1
    hidden = asking.ask(village.actor("ann", MORNING), village.person("paul"), ["refunds/a.py"], MORNING, explain=True)
    assert bool(hidden.access[0])
    assert (hidden.access[0].engagement, hidden.explanations) == (None, ())
    assert row.title not in hidden.access[0].reason


def test_access_is_loaded_in_few_statements(village: Village, django_assert_max_num_queries: Any) -> None:
    for number in range(5):
        village.active(title=f"Visit {number}")
    actor, paul = village.actor("olga", MORNING), village.person("paul")
    with django_assert_max_num_queries(7):
        asking.ask(actor, paul, ["refunds/a.py"], MORNING)
