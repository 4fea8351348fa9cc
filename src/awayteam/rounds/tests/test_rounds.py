"""Rounds through their actions: who may answer, what may be demanded, what silence does, and what rows say."""

from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core import serializers
from django.db import models

from awayteam.engagements import actions as engagements
from awayteam.engagements.models import Engagement, Extension, Member
from awayteam.engagements.permissions import Standing as EngagementStanding
from awayteam.kernel.errors import AwayteamError, Conflict, InvalidInput, NotAllowed
from awayteam.kernel.models import Clock, Event
from awayteam.notifications.models import Notification
from awayteam.organisation.models import Person
from awayteam.reviews.models import Absence, BarRaiser
from awayteam.rounds import actions, jobs
from awayteam.rounds.models import Booking, Remark, Round, RoundStep, Trip
from awayteam.rounds.rules import Point
from awayteam.rounds.tests.camp import MONDAY, Camp, pitch, run_out

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def pitched(of_module: None) -> Camp:
    return pitch()


@pytest.fixture
def camp(pitched: Camp, db: None) -> Camp:
    return deepcopy(pitched)


def rows(*tables: type[models.Model]) -> str:
    return "".join(serializers.serialize("json", table._default_manager.order_by("pk")) for table in tables)


def everything() -> str:
    return rows(Round, RoundStep, Trip, Remark, Booking, Clock, Event, Notification, Extension, Engagement)


def denied(action: Any, *arguments: Any, error: type[AwayteamError] = NotAllowed, **more: Any) -> AwayteamError:
    """The action is refused with `error`, and nothing changed."""
    before = everything()
    with pytest.raises(error) as refused:
        action(*arguments, **more)
    assert everything() == before
    return refused.value


def test_a_round_waits_for_the_contact_by_the_home_teams_hours(camp: Camp) -> None:
    row = camp.show()
    assert (row.state, row.turn_person, row.number, row.trip) == ("open", camp.person("olga"), 1, 1)
    assert row.due_at == MONDAY + timedelta(hours=8)
    assert Notification.objects.filter(person=camp.person("olga"), event="round.opened").count() == 1
    assert camp.show(title="Second").number == 2


def test_only_the_away_team_shows_something(camp: Camp) -> None:
    for name in ("olga", "oscar", "sam", "ann"):
        denied(camp.show, name)
    assert camp.show("pia").opened_by == camp.person("pia")


def test_nobody_of_the_away_side_answers_nor_a_stranger(camp: Camp) -> None:
    row = camp.show()
    for name in ("paul", "pia", "mona", "sam", "sue", "ann"):
        denied(actions.approve, row, actor=camp.actor(name), now=MONDAY)
        denied(camp.changes, row, name)
        denied(camp.demand, row, name)


def test_anybody_of_the_home_team_may_answer_before_the_contact(camp: Camp) -> None:
    at = MONDAY + HOUR
    row = actions.approve(camp.show(), actor=camp.actor("oscar"), now=at, words="Fine.", minutes=30)
    assert (row.state, row.answered_by, row.closed_at) == ("approved", camp.person("oscar"), at)
    trip = Trip.objects.get(round=row)
    assert (trip.minutes, trip.in_time, trip.ended_in, trip.asked_home) == (60, True, "approved", True)
    booking = Booking.objects.get()
    assert (booking.person, booking.minutes, booking.round) == (camp.person("oscar"), 30, row)


def test_somebody_who_was_with_the_visitors_reviews_nothing(camp: Camp) -> None:
    member = camp.village.join(camp.engagement, "oscar")
    row = camp.show()
    denied(actions.approve, row, actor=camp.actor("oscar"), now=MONDAY)
    Member.objects.filter(pk=member.pk).update(left_at=MONDAY)
    denied(actions.approve, row, actor=camp.actor("oscar"), now=MONDAY + HOUR)


def test_changes_must_be_cited_else_it_is_advice(camp: Camp) -> None:
    row = camp.show()
    olga = camp.actor("olga")
    for points in (
        [Point("change", "Nicer.")], [Point("advice", "Nicer.")], [], [camp.cited(section="Deployment")],
        [camp.cited(), Point("change", "Green it.", check=camp.red.key)],
        [Point("change", "x", baseline=camp.coverage.pk, figure=Decimal(82))],
    ):  # fmt: skip
        denied(actions.request_changes, row, actor=olga, now=MONDAY, points=points, error=InvalidInput)
    error = denied(
        actions.request_changes, row, actor=olga, now=MONDAY, error=InvalidInput,
        points=[camp.cited(), Point("change", "Green it.", check=camp.red.key)],
    )  # fmt: skip
    assert "was red before the visit" in error.fields["points.2.check"]
    points = [
        camp.cited(), Point("advice", "Nicer."), Point("change", "x", check="tests.new"),
        Point("change", "x", baseline=camp.coverage.pk, figure=Decimal("80.2")),
    ]  # fmt: skip
    row = actions.request_changes(row, actor=olga, now=MONDAY + HOUR, points=points)
    assert (row.state, row.turn_person) == ("changes", camp.person("paul"))
    assert [one.kind for one in row.remarks.order_by("pk")] == ["change", "advice", "change", "change"]


def test_coming_back_is_a_new_trip_with_a_clock(camp: Camp) -> None:
    row = camp.changes(camp.show())
    denied(actions.resubmit, row, actor=camp.actor("olga"), now=MONDAY, words="Done.")
    at = MONDAY + 3 * HOUR
    row = actions.resubmit(row, actor=camp.actor("pia", at), now=at, words="There is a test now.", commit="abc")
    assert (row.state, row.trip, row.turn_person, row.commit) == ("open", 2, camp.person("olga"), "abc")
    assert Remark.objects.get(round=row).resolved_at == at
    assert list(Trip.objects.filter(round=row).values_list("number", "in_time")) == [(1, True), (2, None)]
    denied(actions.resubmit, row, actor=camp.actor("pia", at), now=at, words="Again.", error=Conflict)


def test_silence_goes_to_the_deputy_then_to_somebody_independent_then_costs_the_home_team(camp: Camp) -> None:
    row = camp.show()
    before = Engagement.objects.get().ends_on
    run_out(row)
    assert (row.state, row.turn_person) == ("deputy", camp.person("oscar"))
    run_out(row)
    assert (row.state, row.turn_person, row.independent) == ("fall-back", camp.person("sam"), camp.person("sam"))
    assert any("architecture" in reason for reason in row.chosen)
    at = run_out(row)
    assert (row.state, row.closed_at) == ("unanswered", at)
    trip = Trip.objects.get(round=row)
    assert (trip.in_time, trip.ended_in) == (False, "unanswered")
    grown = Extension.objects.get()
    assert (grown.cause, grown.subject_kind, grown.subject_id) == ("silence", "round", row.pk)
    assert grown.days == 4  # 8 + 4 + 16 hours, and a minute
    after = Engagement.objects.get().ends_on
    assert before is not None
    assert after is not None
    assert after > before
    step = RoundStep.objects.filter(story=row).order_by("pk").last()
    assert step is not None
    assert (step.verb, step.on_time) == ("expire", False)


def test_the_independent_reviewer_answers_and_the_home_team_still_may(camp: Camp) -> None:
    row = camp.show()
    at = run_out(row)
    at = run_out(row)
    denied(actions.approve, row, actor=camp.actor("sue", at), now=at)
    row = actions.approve(row, actor=camp.actor("sam", at), now=at)
    assert row.state == "approved"
    trip = Trip.objects.get(round=row)
    assert (trip.in_time, trip.answered_by) == (False, camp.person("sam"))
    late = camp.show(now=at)
    at = run_out(late)
    at = run_out(late)
    assert actions.approve(late, actor=camp.actor("oscar", at), now=at).state == "approved"


def test_without_a_bar_raiser_the_manager_above_both_looks(camp: Camp) -> None:
    BarRaiser.objects.all().delete()
    row = camp.show()
    run_out(row)
    run_out(row)
    assert (row.state, row.independent) == ("fall-back", camp.person("dana"))


def test_who_lately_took_part_in_a_visit_is_not_independent(camp: Camp) -> None:
    other = camp.village.active(title="Another visit")
    camp.village.join(other, "sam")
    row = camp.show()
    run_out(row)
    run_out(row)
    assert (row.state, row.independent) == ("fall-back", camp.person("dana"))
    assert row.chosen[0] == "None of 1 can: 1 by recent."


def test_who_is_absent_or_left_is_not_asked(camp: Camp) -> None:
    Absence.objects.create(person=camp.person("olga"), starts_on=MONDAY.date(), ends_on=MONDAY.date(), noted_at=MONDAY)
    row = camp.show()
    assert row.turn_person == camp.person("oscar")
    assert row.chosen[0] == "The contact is absent."
    Person.objects.filter(name="oscar").update(left_at=MONDAY)
    row = camp.show(title="Second")
    assert (row.state, row.way, row.turn_person) == ("fall-back", "independent", camp.person("sam"))


def test_a_demand_is_ruled_on_and_a_granted_one_gives_time(camp: Camp) -> None:
    row = camp.demand(camp.show())
    assert (row.state, row.turn_person) == ("disputed", camp.person("sam"))
    for name in ("olga", "paul", "mona", "sue"):
        denied(actions.grant, row, actor=camp.actor(name), now=MONDAY, words="Yes.", days=3)
        denied(actions.refuse, row, actor=camp.actor(name), now=MONDAY, words="No.")
    denied(actions.grant, row, actor=camp.actor("sam"), now=MONDAY, words="Yes.", days=0, error=InvalidInput)
    row = actions.grant(row, actor=camp.actor("sam"), now=MONDAY, words="It is owed.", days=3)
    assert (row.state, row.turn_person) == ("changes", camp.person("paul"))
    remark = Remark.objects.get()
    assert (remark.kind, remark.ruling, remark.ruled_by) == ("demand", "granted", camp.person("sam"))
    grown = Extension.objects.get()
    assert (grown.cause, grown.days, grown.person) == ("ruling", 3, camp.person("sam"))


def test_a_refused_demand_is_advice_and_the_reviewer_answers(camp: Camp) -> None:
    row = camp.demand(camp.show())
    row = actions.refuse(row, actor=camp.actor("sam"), now=MONDAY + HOUR, words="Not in the standards.")
    assert (row.state, row.turn_person, row.trip) == ("open", camp.person("olga"), 1)
    assert (Remark.objects.get().kind, Remark.objects.get().ruling) == ("advice", "refused")
    assert not Extension.objects.exists()
    row = camp.demand(row, now=MONDAY + 2 * HOUR)
    run_out(row)
    assert (row.state, row.turn_person) == ("open", camp.person("olga"))
    assert list(Remark.objects.values_list("ruling", "ruled_by")) == [
        ("refused", camp.person("sam").pk),
        ("refused", None),
    ]
    error = denied(camp.demand, row, error=Conflict)
    assert "a round takes 2" in str(error)


def test_a_demand_is_one_and_what_was_red_before_is_none(camp: Camp) -> None:
    row, olga = camp.show(), camp.actor("olga")
    twice = [Point("demand", "One."), Point("demand", "Two.")]
    denied(actions.demand, row, actor=olga, now=MONDAY, points=twice, error=InvalidInput)
    red = [Point("demand", "Green it.", check=camp.red.key)]
    denied(actions.demand, row, actor=olga, now=MONDAY, points=red, error=InvalidInput)


def test_advice_is_free_and_blocks_nothing(camp: Camp) -> None:
    row = camp.show()
    row = actions.advise(row, actor=camp.actor("ann"), now=MONDAY, points=[Point("advice", "Look at ours.")])
    assert (row.state, row.version) == ("open", 2)
    assert Notification.objects.filter(person=camp.person("paul"), event="round.advised").count() == 1
    row = actions.approve(row, actor=camp.actor("olga"), now=MONDAY)
    advice = [Point("advice", "Late.")]
    denied(actions.advise, row, actor=camp.actor("ann"), now=MONDAY, points=advice, error=Conflict)


def test_the_away_team_may_take_it_back_and_lapses_when_silent(camp: Camp) -> None:
    row = camp.show()
    denied(actions.withdraw, row, actor=camp.actor("olga"), now=MONDAY, words="Away with it.")
    denied(actions.withdraw, row, actor=camp.actor("paul"), now=MONDAY, words=" ", error=InvalidInput)
    row = actions.withdraw(row, actor=camp.actor("paul"), now=MONDAY, words="It was wrong.")
    assert (row.state, Trip.objects.get().ended_in) == ("withdrawn", "withdrawn")
    row = camp.changes(camp.show(title="Second"))
    run_out(row)
    assert row.state == "lapsed"


def test_while_the_engagement_rests_the_away_teams_time_rests(camp: Camp) -> None:
    row = camp.changes(camp.show())
    until = MONDAY.date() + timedelta(days=60)
    engagements.pause(camp.engagement, actor=camp.actor("pia"), now=MONDAY, words="Other work.", until=until)
    due = row.due_at
    run_out(row)
    assert row.state == "changes"
    assert row.due_at is not None
    assert due is not None
    assert row.due_at > due
    assert row.clock is not None
    assert row.clock.due_at == row.due_at
    denied(camp.show, error=Conflict)


def test_rounds_end_with_their_engagement(camp: Camp) -> None:
    open_one, changed = camp.show(), camp.changes(camp.show(title="Second"))
    done = actions.approve(camp.show(title="Third"), actor=camp.actor("olga"), now=MONDAY)
    engagements.withdraw(
        camp.engagement, actor=camp.actor("pia"), now=MONDAY + HOUR, reason="no-time", words="No money."
    )
    for row, state in ((open_one, "withdrawn"), (changed, "withdrawn"), (done, "approved")):
        row.refresh_from_db()
        assert row.state == state
    assert not Trip.objects.filter(answered_at__isnull=True).exists()
    assert not Clock.objects.filter(kind="round", state="running").exists()


def test_two_who_answer_at_once_dont_overwrite_each_other(camp: Camp) -> None:
    row = camp.show()
    seen = row.version
    camp.changes(row)
    denied(actions.approve, row.pk, actor=camp.actor("oscar"), now=MONDAY, version=seen, error=Conflict)


def test_a_turn_passes_on_when_its_person_left(camp: Camp) -> None:
    row = camp.show()
    changed = camp.changes(camp.show(title="Second"))
    assert jobs.run(MONDAY + HOUR) == 0
    Person.objects.filter(name__in=["olga", "paul"]).update(left_at=MONDAY)
    assert jobs.run(MONDAY + HOUR) == 2
    row.refresh_from_db()
    changed.refresh_from_db()
    assert row.turn_person == camp.person("oscar")
    assert changed.turn_person == camp.person("pia")
    assert jobs.run(MONDAY + 2 * HOUR) == 0
    assert Event.objects.filter(name="round.passed-on").count() == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "other"), ("title", " "), ("title", "x" * 201), ("url", "javascript:alert(1)"), ("commit", "x" * 65),
        ("words", "\0"),
    ],
)  # fmt: skip
def test_what_is_shown_is_checked(camp: Camp, field: str, value: str) -> None:
    error = denied(camp.show, error=InvalidInput, **{field: value})
    assert field in error.fields


def test_a_token_that_may_only_read_changes_nothing(camp: Camp) -> None:
    row = camp.show()
    paul, olga = (replace(camp.actor(name), scopes=frozenset({"read"})) for name in ("paul", "olga"))
    denied(actions.open_round, camp.engagement, actor=paul, now=MONDAY, kind="change", title="x")
    denied(actions.approve, row, actor=olga, now=MONDAY)
    denied(actions.advise, row, actor=olga, now=MONDAY, points=[Point("advice", "x")])
    denied(actions.withdraw, row, actor=paul, now=MONDAY, words="x")
    denied(actions.book, camp.engagement, actor=olga, now=MONDAY, minutes=5, what="x")
    denied(actions.make_report, camp.engagement, actor=olga, now=MONDAY)
    assert not EngagementStanding(olga, camp.engagement, MONDAY).of("home side")


def test_who_opened_it_answers_in_no_role(camp: Camp) -> None:
    """Even where they were chosen as independent reviewer, or became the decider of record meanwhile."""
    row = camp.show(kind="design")
    Round.objects.filter(pk=row.pk).update(independent=camp.person("paul"), state="fall-back")
    Engagement.objects.update(home_decider=camp.person("paul"))
    error = denied(actions.approve, row, actor=camp.actor("paul"), now=MONDAY)
    assert "nobody reviews own work" in str(error)
