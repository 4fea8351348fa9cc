"""The calendar: a person's clocks, at the right time, under names that last, for nobody else."""

from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar as Read

from awayteam.accounts.actors import actor_of_user
from awayteam.api.tests.organisation import Organisation
from awayteam.kernel import clocks, turns
from awayteam.kernel.actor import SYSTEM, Actor
from awayteam.kernel.businesstime import Calendar
from awayteam.kernel.errors import NotFound
from awayteam.kernel.events import Subject
from awayteam.kernel.models import Clock
from awayteam.notifications import queries
from awayteam.notifications.actions import make_calendar, revoke_calendar
from awayteam.notifications.calendar_feed import calendar
from awayteam.organisation.models import Person

NOW = datetime(2026, 3, 27, 10, tzinfo=UTC)
BERLIN = Calendar(time_zone="Europe/Berlin")


@pytest.fixture(autouse=True)
def _only_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_providers", {})


def actor(org: Organisation, name: str) -> Actor:
    return actor_of_user(org.users[name], NOW)


def clock(org: Organisation, number: int, *, person: str = "", team: str = "", minutes: int = 480) -> Clock:
    return clocks.start(
        "request.decide",
        subject=Subject("request", number, f"Refund, part {number}; now"),
        minutes=minutes,
        calendar=BERLIN,
        actor=SYSTEM,
        now=NOW,
        turn_person_id=org.people[person].pk if person else None,
        turn_team_id=org.teams[team].pk if team else None,
    )


def entries(org: Organisation, name: str, *, with_teams: bool = False, now: datetime = NOW) -> dict[str, Read]:
    made = make_calendar(actor=actor(org, name), now=now, with_teams=with_teams)
    read = Read.from_ical(calendar(queries.feed_of(made.token, now), now))
    return {str(entry["uid"]): entry for entry in read.walk("VEVENT")}


def test_a_clock_is_an_entry_with_an_alarm(org: Organisation) -> None:
    row = clock(org, 7, person="bob", team="payments")
    ((uid, entry),) = entries(org, "bob").items()
    assert uid == "turn-request-7@127.0.0.1"
    # a working day from 11:00 in Berlin on the Friday before the clocks change: Monday 11:00, an hour earlier in UTC
    assert entry.decoded("dtend") == row.due_at == datetime(2026, 3, 30, 9, tzinfo=UTC)
    assert entry.decoded("dtend") - entry.decoded("dtstart") == timedelta(minutes=30)
    assert entry["dtend"].to_ical() == b"20260330T090000Z"
    assert str(entry["summary"]) == "decide: Refund, part 7; now"
    (alarm,) = entry.walk("VALARM")
    assert alarm.decoded("trigger") == timedelta(hours=-1)
    assert alarm["trigger"].params["RELATED"] == "END"


def test_an_entry_moves_with_its_clock_and_goes_with_it(org: Organisation) -> None:
    row = clock(org, 7, person="bob")
    before = entries(org, "bob")
    clocks.extend(row, 480, actor=SYSTEM, now=NOW)
    after = entries(org, "bob")
    assert before.keys() == after.keys()
    (one,), (other,) = before.values(), after.values()
    assert other.decoded("dtend") - one.decoded("dtend") == timedelta(days=1)
    clocks.stop(row, actor=SYSTEM, now=NOW)
    assert entries(org, "bob") == {}


def test_teams_turns_only_where_they_are_wanted(org: Organisation) -> None:
    clock(org, 1, person="bob", team="payments")
    clock(org, 2, person="ada", team="payments")
    clock(org, 3, team="search")
    assert set(entries(org, "bob")) == {"turn-request-1@127.0.0.1"}
    assert set(entries(org, "bob", with_teams=True)) == {"turn-request-1@127.0.0.1", "turn-request-2@127.0.0.1"}
    assert set(entries(org, "sam", with_teams=True)) == {"turn-request-3@127.0.0.1"}


def test_the_address_ends_when_it_is_replaced_revoked_or_its_person_left(org: Organisation) -> None:
    bob = actor(org, "bob")
    first = make_calendar(actor=bob, now=NOW).token
    second = make_calendar(actor=bob, now=NOW).token
    assert queries.feed_of(second, NOW).person == org.people["bob"]
    for token in (first, "", "x" * 5_000, "\udc80"):
        with pytest.raises(NotFound):
            queries.feed_of(token, NOW)
    Person.objects.filter(name="bob").update(left_at=NOW - timedelta(days=1))
    with pytest.raises(NotFound):
        queries.feed_of(second, NOW)
    Person.objects.filter(name="bob").update(left_at=None)
    assert revoke_calendar(actor=bob, now=NOW) is True
    assert revoke_calendar(actor=bob, now=NOW) is False
    with pytest.raises(NotFound):
        queries.feed_of(second, NOW)


def test_the_same_clocks_are_the_same_calendar(org: Organisation) -> None:
    clock(org, 7, person="bob")
    feed = queries.feed_of(make_calendar(actor=actor(org, "bob"), now=NOW).token, NOW)
    assert calendar(feed, NOW) == calendar(feed, NOW + timedelta(seconds=20))
