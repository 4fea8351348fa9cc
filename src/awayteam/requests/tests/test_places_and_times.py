"""Clocks of teams that work elsewhere and at other hours: time zones, clock changes, holidays; and who decides then."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from awayteam.kernel import businesstime
from awayteam.kernel.businesstime import Calendar
from awayteam.organisation.models import Membership, Role
from awayteam.requests import actions
from awayteam.requests.actions import Plan
from awayteam.requests.machine import State
from awayteam.requests.models import Request
from awayteam.requests.tests.town import Town, found

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Town:
    """Orders work in Berlin, payments in New York, search in Tokyo."""
    made = found()
    for name, zone, country in (
        ("orders", "Europe/Berlin", "DE"),
        ("payments", "America/New_York", "US"),
        ("search", "Asia/Tokyo", "JP"),
    ):
        team = made.team(name)
        team.time_zone, team.calendar = zone, {"country": country}
        team.save()
    return made


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def calendar_of(request: Request) -> Calendar:
    assert request.clock is not None
    return Calendar.from_data(request.clock.calendar)


def test_a_clock_keeps_the_hours_of_the_home_team_when_its_clocks_change(town: Town) -> None:
    request = town.ask(kind="bug", now=at("2026-03-27T16:00:00+01:00"))  # a Friday, two working days are granted
    assert calendar_of(request).time_zone == "Europe/Berlin"
    assert request.due_at == at("2026-03-31T16:00:00+02:00")


def test_a_clock_leaves_out_the_holidays_of_the_home_team_alone(town: Town) -> None:
    thursday = at("2026-04-02T16:00:00+02:00")  # before Easter
    request = town.ask(kind="access", now=thursday)  # one working day
    assert request.due_at == at("2026-04-07T16:00:00+02:00")
    there = town.ask(kind="access", home="search", now=at("2026-04-02T16:00:00+09:00"))
    assert there.due_at == at("2026-04-03T16:00:00+09:00"), "Good Friday is a working day in Tokyo"


def test_what_was_left_of_a_clock_goes_on_after_more_information(town: Town) -> None:
    asked = at("2026-03-26T10:00:00+01:00")
    request = town.ask(kind="bug", now=asked)
    back = at("2026-03-26T13:00:00+01:00")  # three of sixteen hours are gone
    request = actions.ask_back(request, actor=town.actor("olga", back), now=back, words="Which of them?")
    assert calendar_of(request).time_zone == "America/New_York", "the clock is the asker's now"
    assert request.left_minutes == 13 * 60
    answered = at("2026-03-30T09:00:00+02:00")  # the Monday after the clocks changed
    request = actions.answer(request, actor=town.actor("paul", answered), now=answered, words="All.")
    assert calendar_of(request).time_zone == "Europe/Berlin"
    assert request.due_at == at("2026-03-31T14:00:00+02:00"), "eight hours on Monday, five on Tuesday"


def test_an_answer_at_the_last_minute_leaves_the_decider_time(town: Town) -> None:
    request = town.ask(kind="access", now=at("2026-03-26T09:00:00+01:00"))
    late = at("2026-03-26T16:59:00+01:00")
    request = actions.ask_back(request, actor=town.actor("olga", late), now=late, words="Why?")
    answered = at("2026-03-27T20:00:00+01:00")  # a Friday evening
    request = actions.answer(request, actor=town.actor("paul", answered), now=answered, words="To read.")
    assert request.due_at == at("2026-03-30T13:00:00+02:00"), "four working hours at least"


def test_a_promised_day_lasts_until_the_home_teams_evening(town: Town) -> None:
    asked = at("2026-03-23T10:00:00+09:00")
    request = town.ask(home="search", now=asked)
    promised = Plan((Decimal("0.2"), Decimal("0.2"), Decimal("0.2")), promised=date(2026, 4, 8))
    request = actions.accept(request, actor=town.actor("sam", asked), now=asked, plan=promised)
    assert request.due_at is not None
    assert request.expected_until == date(2026, 4, 8)
    assert request.due_at == at("2026-04-08T17:00:00+09:00")


def test_a_manager_who_decides_for_the_team_does_not_judge_the_escalation_too(town: Town) -> None:
    Membership.objects.filter(person=town.person("olga")).delete()
    Membership.objects.create(team=town.team("orders"), person=town.person("mona"), role=Role.DECIDER)
    request = town.ask()
    assert request.turn_person == town.person("mona")
    refused: dict[str, Any] = {"reason": "unsafe", "words": "It opens a hole.", "refuse_away": True}
    request = actions.decline(request, actor=town.actor("mona"), now=town.now, **refused)
    request = actions.escalate(request, actor=town.actor("paul"), now=town.now, words="Customers leave.")
    assert (request.state, request.turn_person) == (State.ESCALATED, town.person("dana"))


@pytest.mark.parametrize(
    "start", ["2026-03-27T16:30:00+01:00", "2026-10-23T16:30:00+02:00", "2026-12-31T12:00:00+01:00"]
)
def test_every_clock_has_its_whole_time_in_the_hours_of_whoever_has_the_turn(town: Town, start: str) -> None:
    for home in ("orders", "search"):
        request = town.ask(home=home, now=at(start))
        assert request.due_at is not None
        assert request.clock is not None
        calendar = calendar_of(request)
        assert businesstime.between(calendar, at(start), request.due_at) == request.clock.allowance_minutes
        assert businesstime.is_working(calendar, request.due_at - timedelta(minutes=1))
