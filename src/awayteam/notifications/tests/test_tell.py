"""Who is told: those who are meant, follow or belong, once each, and nobody who may not see the subject."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from awayteam.accounts.actors import actor_of_user
from awayteam.api.tests.organisation import SECRET, Organisation
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import NotFound
from awayteam.kernel.events import EventName, Subject
from awayteam.kernel.models import Event
from awayteam.notifications.actions import follow, tell, unfollow
from awayteam.notifications.models import Notification, Subscription
from awayteam.notifications.rules import Group, Level
from awayteam.organisation.models import Membership, Person

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


def actor(org: Organisation, name: str) -> Actor:
    return actor_of_user(org.users[name], NOW)


def about(org: Organisation, name: str = "orders") -> Subject:
    return Subject("entity", org.entities[name].pk, name)


def say(org: Organisation, *, on: str = "orders", **more: Any) -> int:
    given: dict[str, Any] = {"key": "one", "text": "Something happened.", "address": "/x/", **more}
    given["persons"] = [org.people[name].pk for name in given.pop("persons", ())]
    given["teams"] = [org.teams[name].pk for name in given.pop("teams", ())]
    return tell(now=NOW, subject=about(org, on), event=EventName.ENTITY_UPDATED, **given)


def told() -> dict[str, str]:
    return dict(Notification.objects.values_list("person__name", "group"))


def test_named_people_members_and_followers_are_told_once_each(org: Organisation) -> None:
    follow(actor=actor(org, "eve"), now=NOW, subject=about(org))
    follow(actor=actor(org, "bob"), now=NOW, subject=about(org))
    assert say(org, persons=["sam", "bob"], teams=["payments"]) == 4
    assert told() == {"sam": "turn", "bob": "turn", "ada": "moved", "eve": "subscription"}
    assert say(org, persons=["sam", "bob"], teams=["payments"]) == 4
    assert Notification.objects.count() == 4
    row = Notification.objects.get(person=org.people["sam"])
    assert (row.text, row.address, row.subject_kind, row.subject_label, row.read_at) == (
        "Something happened.",
        "/x/",
        "entity",
        "orders",
        None,
    )


def test_the_actor_and_those_who_left_are_not_told(org: Organisation) -> None:
    Person.objects.filter(name="ada").update(left_at=NOW - timedelta(days=1))
    org.users["sam"].is_active = False
    org.users["sam"].save()
    say(org, persons=["ada", "sam", "eve"], teams=["payments"], actor=actor(org, "bob"))
    assert told() == {"eve": "turn"}


def test_former_members_are_not_told(org: Organisation) -> None:
    Membership.objects.filter(person__name="bob").update(ends=NOW - timedelta(days=1))
    say(org, teams=["payments"])
    assert told() == {"ada": "moved"}


@pytest.mark.parametrize(
    ("level", "group", "hears"),
    [
        (Level.ALL, Group.MOVED, True),
        (Level.TURNS, Group.MOVED, False),
        (Level.TURNS, Group.TURN, True),
        (Level.TURNS, Group.MENTION, True),
        (Level.MUTED, Group.MENTION, False),
    ],
)
def test_members_hear_of_their_team_what_they_want_to(
    org: Organisation, level: Level, group: Group, hears: bool
) -> None:
    team = Subject("team", org.teams["payments"].pk, "payments")
    follow(actor=actor(org, "bob"), now=NOW, subject=team, level=level)
    say(org, teams=["payments"], group=group)
    assert ("bob" in told()) is hears
    assert "ada" in told()


def test_who_muted_a_subject_hears_only_what_names_them(org: Organisation) -> None:
    follow(actor=actor(org, "bob"), now=NOW, subject=about(org), level=Level.MUTED)
    say(org, teams=["payments"], group=Group.TURN)
    assert told() == {"ada": "moved"}
    say(org, persons=["bob"], key="two")
    assert Notification.objects.get(key="two").person == org.people["bob"]


def test_nobody_is_told_of_what_they_may_not_see(org: Organisation) -> None:
    people = ["ada", "bob", "eve", "mia", "sam", "zoe"]
    for name in ("eve", "sam"):
        Subscription.objects.create(
            person=org.people[name], subject_kind="entity", subject_id=org.entities[SECRET].pk, since=NOW
        )
    assert say(org, on=SECRET, persons=people, teams=["search", "payments"]) == 4
    assert set(told()) == {"ada", "bob", "mia", "zoe"}


def test_subjects_that_nobody_registers_are_told_to_administrators_only(org: Organisation) -> None:
    tell(
        now=NOW,
        subject=Subject("riddle", 1, "?"),
        event="riddle.posed",
        text="?",
        address="",
        persons=[person.pk for person in org.people.values()],
        key="riddle",
    )
    assert set(told()) == {"zoe"}


def test_the_number_of_statements_does_not_grow_with_people(org: Organisation) -> None:
    with CaptureQueriesContext(
        connection,
    ) as few:
        say(org, on=SECRET, persons=["ada"], teams=["payments"])
    crowd = [Person(ref=f"user:default/p{n}", name=f"p{n}", email=f"p{n}@x.org") for n in range(300)]
    people = Person.objects.bulk_create(crowd)
    Membership.objects.bulk_create(Membership(team=org.teams["payments"], person=one) for one in people)
    with CaptureQueriesContext(connection) as many:
        assert say(org, on=SECRET, teams=["payments"], key="two") == 302
    assert reads(many) == reads(few) <= 10


def reads(queries: CaptureQueriesContext) -> int:
    """How many statements but for inserts, which SQLite takes in batches of a size."""
    return sum(not one["sql"].startswith("INSERT") for one in queries.captured_queries)


def test_following_is_an_event_that_only_oneself_sees(org: Organisation) -> None:
    eve = actor(org, "eve")
    follow(actor=eve, now=NOW, subject=about(org))
    follow(actor=eve, now=NOW, subject=about(org))
    unfollow(actor=eve, now=NOW, subject=about(org))
    found = Event.objects.filter(name="subscription.changed").order_by("pk")
    assert [event.data["changes"] for event in found] == [
        {"entity orders": [None, "all"]},
        {"entity orders": ["all", None]},
    ]
    assert {(event.subject_kind, event.subject_id) for event in found} == {("preferences", eve.person_id)}
    assert not Subscription.objects.exists()


def test_what_one_may_not_see_one_can_not_follow(org: Organisation) -> None:
    with pytest.raises(NotFound):
        follow(actor=actor(org, "eve"), now=NOW, subject=about(org, SECRET))
    assert not Subscription.objects.exists()
    assert not Event.objects.filter(name="subscription.changed").exists()
