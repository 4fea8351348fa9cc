"""Requests through their actions: what each side may do, what the clock does, and what stands in the rows after it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core import serializers
from django.db import models

from awayteam.kernel import clocks
from awayteam.kernel.actor import ActorKind
from awayteam.kernel.errors import AwayteamError, Conflict, InvalidInput, NotAllowed, NotFound
from awayteam.kernel.models import Clock, ClockState, Event
from awayteam.notifications.models import Notification
from awayteam.organisation.models import Membership, Person, Role
from awayteam.requests import actions, jobs
from awayteam.requests.actions import Aim, Plan, Worth
from awayteam.requests.machine import State
from awayteam.requests.models import Asker, Escalation, ManagementTime, Request, Step
from awayteam.requests.tests.town import NOON, Town, found, service

pytestmark = pytest.mark.django_db
PLAN = Plan((Decimal("0.5"), Decimal(1), Decimal(2)))


@pytest.fixture
def town() -> Town:
    return found()


def rows(*tables: type[models.Model]) -> str:
    return "".join(serializers.serialize("json", table._default_manager.order_by("pk")) for table in tables)


def everything() -> str:
    return rows(Request, Asker, Step, Escalation, Clock, Event, Notification)


def denied(action: Any, *arguments: Any, error: type[AwayteamError] = NotAllowed, **more: Any) -> AwayteamError:
    """The action is refused with `error`, and nothing changed."""
    before = everything()
    with pytest.raises(error) as refused:
        action(*arguments, **more)
    assert everything() == before
    return refused.value


def run_out(request: Request, town: Town) -> Request:
    """Let the clock of a request run out."""
    request.refresh_from_db()
    assert request.due_at is not None
    town.now = request.due_at + timedelta(minutes=1)
    assert clocks.run_due(town.now) >= 1
    request.refresh_from_db()
    return request


def test_asking_gives_the_decider_a_turn_and_a_clock(town: Town) -> None:
    request = town.ask()
    assert (request.state, request.turn_person, request.decider) == ("asked", town.person("olga"), town.person("olga"))
    assert request.clock is not None
    assert request.clock.state == ClockState.RUNNING
    assert request.due_at == request.clock.due_at == NOON + timedelta(days=7)  # 5 working days, over a weekend
    assert request.value_per_week == Decimal(100)
    assert Event.objects.filter(name="request.asked", subject_id=request.pk).count() == 1
    assert Notification.objects.filter(person=town.person("olga"), group="turn").count() == 1


def test_an_outsider_cannot_ask_in_a_teams_name(town: Town) -> None:
    denied(town.ask, "ann")
    denied(town.ask, "olga", "payments", "orders")


def test_a_team_does_not_ask_itself(town: Town) -> None:
    error = denied(town.ask, "oscar", "orders", "orders", error=InvalidInput)
    assert "home_team" in error.fields


def test_value_needs_grounds(town: Town) -> None:
    error = denied(town.ask, worth=Worth(Decimal(5)), error=InvalidInput)
    assert "grounds" in error.fields


def test_only_the_decider_decides(town: Town) -> None:
    request = town.ask()
    for name in ("oscar", "paul", "mona", "sam", "ann"):
        decline = {"reason": "no-room", "words": "No.", "now": town.now}
        denied(actions.decline, request, actor=town.actor(name), **decline)
    actions.decline(request, actor=town.actor("olga"), now=town.now, reason="no-room", words="Not this quarter.")
    request.refresh_from_db()
    assert (request.state, request.turn_person) == ("declined", town.person("paul"))
    step = Step.objects.filter(request=request).last()
    assert step is not None
    assert (step.reason_code, step.on_time, step.minutes) == ("no-room", True, 0)


def test_who_asks_never_decides_even_as_the_home_teams_decider(town: Town) -> None:
    Membership.objects.create(team=town.team("payments"), person=town.person("olga"), role=Role.MEMBER)
    request = town.ask("olga")
    assert request.turn_person == town.person("oscar")
    error = denied(actions.welcome, request, actor=town.actor("olga"), now=town.now)
    assert "You ask in this request" in str(error)


def test_a_member_of_the_asking_team_decides_only_where_nobody_else_can(town: Town) -> None:
    Membership.objects.create(team=town.team("payments"), person=town.person("olga"), role=Role.MEMBER)
    assert town.ask("paul").turn_person == town.person("oscar")
    Membership.objects.filter(person__in=[town.person("oscar"), town.person("mona"), town.person("dana")]).delete()
    assert town.ask("paul").turn_person == town.person("olga")


def test_when_the_clock_runs_out_an_away_team_cannot_be_refused(town: Town) -> None:
    request = run_out(town.ask(), town)
    assert (request.state, request.turn_person) == ("overdue", town.person("paul"))
    assert request.lost_refusal_at == town.now
    told = set(Notification.objects.filter(event="request.expired").values_list("person__name", flat=True))
    assert "paul" in told
    refusal = {"reason": "unsafe", "words": "No.", "refuse_away": True, "now": town.now}
    denied(actions.decline, request, actor=town.actor("olga"), error=InvalidInput, **refusal)
    actions.decline(request, actor=town.actor("olga"), now=town.now, reason="unsafe", words="It is unsafe.")
    actions.send_away(request, actor=town.actor("paul"), now=town.now, words="We do it ourselves.")
    request.refresh_from_db()
    assert (request.state, request.turn_person) == ("away", town.person("paul"))


def test_a_refusal_in_time_holds_for_an_away_team_and_may_be_escalated(town: Town) -> None:
    request = town.ask()
    actions.decline(
        request, actor=town.actor("olga"), now=town.now, reason="unsafe", words="It opens a hole.", refuse_away=True
    )
    denied(actions.send_away, request, actor=town.actor("paul"), now=town.now, words="Yet.", error=Conflict)
    actions.escalate(request, actor=town.actor("paul"), now=town.now, words="Customers leave.")
    request.refresh_from_db()
    assert (request.state, request.turn_person) == ("escalated", town.person("mona"))
    assert request.level == town.team("commerce")
    escalation = Escalation.objects.get(request=request)
    assert escalation.brief_sha256
    assert escalation.manager == town.person("mona")


def test_escalation_needs_an_away_team_to_be_impossible_refused_or_tried(town: Town) -> None:
    request = run_out(town.ask(), town)
    error = denied(actions.escalate, request, actor=town.actor("paul"), now=town.now, words="Now.", error=Conflict)
    assert "You can send an away team" in str(error)
    actions.send_away(request, actor=town.actor("paul"), now=town.now, words="We try.")
    actions.stop_away(request, actor=town.actor("paul"), now=town.now, words="We lack the hardware.")
    actions.escalate(request, actor=town.actor("paul"), now=town.now, words="We tried.")
    request.refresh_from_db()
    assert request.state == State.ESCALATED


def test_a_silent_manager_passes_it_up_and_at_the_top_the_refusal_stands(town: Town) -> None:
    request = town.ask(can_send_away=False, away_impossible="Nobody here knows the language.")
    request = run_out(request, town)
    actions.escalate(request, actor=town.actor("paul"), now=town.now, words="It matters.")
    request = run_out(request, town)
    assert (request.state, request.turn_person, request.level) == (
        "escalated", town.person("dana"), town.team("division"),
    )  # fmt: skip
    request = run_out(request, town)
    assert (request.state, request.turn_person) == ("declined", town.person("paul"))
    assert request.upheld_at is not None
    assert Escalation.objects.get(request=request).outcome == "silent"
    denied(actions.escalate, request, actor=town.actor("paul"), now=town.now, words="Again.", error=Conflict)


def test_managers_time_is_counted(town: Town) -> None:
    request = town.ask(can_send_away=False, away_impossible="Nobody here knows the language.")
    request = run_out(request, town)
    actions.escalate(request, actor=town.actor("paul"), now=town.now, words="It matters.")
    denied(actions.uphold, request, actor=town.actor("olga"), now=town.now, words="No.")
    actions.uphold(request, actor=town.actor("mona"), now=town.now, words="Not now.", minutes_spent=45)
    assert list(ManagementTime.objects.values_list("minutes", "person__name")) == [(45, "mona")]


def test_accepting_puts_it_on_the_roadmap_and_promises_a_date(town: Town) -> None:
    request = town.ask()
    actions.accept(request, actor=town.actor("olga"), now=town.now, plan=PLAN)
    request.refresh_from_db()
    assert request.state == State.ACCEPTED
    assert request.item is not None
    assert (request.item.team, request.item.rank, request.item.state) == (town.team("orders"), 1, "planned")
    assert request.expected_from is not None
    assert request.expected_until is not None
    assert town.now.date() < request.expected_from <= request.expected_until
    assert request.due_at is not None
    assert request.due_at.date() >= request.expected_until


def test_a_broken_promise_lets_the_askers_choose(town: Town) -> None:
    request = town.ask()
    actions.accept(request, actor=town.actor("olga"), now=town.now, plan=PLAN)
    request = run_out(request, town)
    assert (request.state, request.turn_person) == ("overdue", town.person("paul"))
    assert request.lost_refusal_at is not None
    actions.deliver(request, actor=town.actor("olga"), now=town.now)
    actions.dispute(request, actor=town.actor("paul"), now=town.now, words="Only whole orders work.")
    actions.deliver(request, actor=town.actor("olga"), now=town.now)
    actions.confirm(request, actor=town.actor("paul"), now=town.now)
    request.refresh_from_db()
    assert request.state == State.DONE
    assert request.clock is None
    assert not Clock.objects.filter(state=ClockState.RUNNING).exists()


def test_a_question_stops_the_home_teams_clock_and_starts_the_askers(town: Town) -> None:
    request = town.ask()
    town.now = town.days(1)
    actions.ask_back(request, actor=town.actor("olga"), now=town.now, words="Which currencies?")
    request.refresh_from_db()
    assert (request.state, request.turn_person, request.left_minutes) == (
        "needs-information", town.person("paul"), 2400 - 480,
    )  # fmt: skip
    town.now = town.days(3)
    actions.answer(request, actor=town.actor("paul"), now=town.now, words="Euro and pound.")
    request.refresh_from_db()
    assert request.clock is not None
    assert (request.state, request.turn_person, request.clock.allowance_minutes) == (
        "asked", town.person("olga"), 2400 - 480,
    )  # fmt: skip


def test_an_unanswered_question_lapses(town: Town) -> None:
    request = town.ask()
    actions.ask_back(request, actor=town.actor("olga"), now=town.now, words="Which currencies?")
    assert run_out(request, town).state == State.LAPSED


def test_moving_needs_the_other_team_and_ping_pong_ends_with_a_manager(town: Town) -> None:
    request = town.ask()
    move = {"to": town.team("search"), "words": "It is about search."}
    actions.move(request, actor=town.actor("olga"), now=town.now, **move)
    denied(actions.take_over, request, actor=town.actor("olga"), now=town.now)
    actions.send_back(request, actor=town.actor("sam"), now=town.now, words="It is about orders.")
    request.refresh_from_db()
    assert (request.state, request.turn_person, request.moves) == ("asked", town.person("olga"), 2)
    actions.move(request, actor=town.actor("olga"), now=town.now, **move)
    request.refresh_from_db()
    assert (request.state, request.turn_person) == ("arbitration", town.person("mona"))
    actions.assign(request, actor=town.actor("mona"), now=town.now, to=town.team("search"), words="Search it is.")
    request.refresh_from_db()
    assert (request.state, request.home_team, request.turn_person) == (
        "asked", town.team("search"), town.person("sam"),
    )  # fmt: skip
    again = {"to": town.team("orders"), "words": "No."}
    denied(actions.move, request, actor=town.actor("sam"), now=town.now, error=Conflict, **again)


def test_a_team_that_says_nothing_to_an_offer_does_not_have_it(town: Town) -> None:
    request = town.ask()
    actions.move(request, actor=town.actor("olga"), now=town.now, to=town.team("search"), words="Theirs.")
    request = run_out(request, town)
    assert (request.state, request.home_team, request.turn_person) == (
        "asked", town.team("orders"), town.person("olga"),
    )  # fmt: skip
    assert request.lost_refusal_at is None


def test_merged_requests_add_up_and_name_everybody(town: Town) -> None:
    first = town.ask()
    second = town.ask("sue", "search", worth=Worth(Decimal(40), "Two support cases a week"))
    before = sum(Asker.objects.values_list("value_per_week", flat=True))
    denied(actions.merge, second, actor=town.actor("paul"), now=town.now, into=first, words="The same.")
    actions.merge(second, actor=town.actor("olga"), now=town.now, into=first, words="The same.")
    first.refresh_from_db()
    second.refresh_from_db()
    assert (second.state, second.merged_into, second.clock, second.askers_count) == ("merged", first, None, 0)
    assert (first.value_per_week, first.askers_count) == (Decimal(140), 2)
    assert before == sum(Asker.objects.values_list("value_per_week", flat=True)) == Decimal(140)
    assert {asker.person.name for asker in first.askers.all()} == {"paul", "sue"}
    denied(actions.merge, first, actor=town.actor("olga"), now=town.now, into=second, words="Back.", error=Conflict)


def test_who_needs_it_no_more_leaves_and_the_last_one_ends_it(town: Town) -> None:
    request = town.ask()
    worth = Worth(Decimal(40), "Two cases a week")
    actions.join(request, actor=town.actor("sue"), now=town.now, team=town.team("search"), worth=worth)
    actions.withdraw(request, actor=town.actor("paul"), now=town.now, words="We changed our plans.")
    request.refresh_from_db()
    assert (request.state, request.value_per_week, request.asker) == ("asked", Decimal(40), town.person("sue"))
    actions.withdraw(request, actor=town.actor("sue"), now=town.now, words="Neither do we.")
    request.refresh_from_db()
    assert (request.state, request.turn_team) == ("withdrawn", None)


def test_two_deciders_cannot_overwrite_each_other(town: Town) -> None:
    request = town.ask()
    actions.welcome(request, actor=town.actor("olga"), now=town.now, version=request.version)
    late = {"reason": "no-room", "words": "No.", "version": request.version, "now": town.now}
    denied(actions.decline, request, actor=town.actor("olga"), error=Conflict, **late)


def test_a_restricted_thing_hides_its_requests(town: Town) -> None:
    request = town.ask(aim=Aim(entity=service(town, restricted=True)))
    stranger = town.actor("sue")
    assert stranger.kind is ActorKind.PERSON
    denied(actions.join, request, actor=stranger, now=town.now, team=town.team("search"), worth=Worth(), error=NotFound)


def test_a_decider_who_left_hands_the_turn_on(town: Town) -> None:
    request = town.ask()
    Person.objects.filter(name="olga").update(left_at=town.now)
    assert jobs.run(town.days(1)) == 1
    request.refresh_from_db()
    assert (request.turn_person, request.decider) == (town.person("oscar"), town.person("oscar"))
    assert request.clock is not None
    assert request.clock.turn_person_id == town.person("oscar").pk
    assert jobs.run(town.days(1)) == 0


def test_a_dissolved_home_team_leaves_its_requests_to_the_new_owner_or_a_manager(town: Town) -> None:
    owned = town.ask(aim=Aim(entity=service(town)))
    loose = town.ask()
    search = service(town, "search-api", "search").owner
    entity = owned.entity
    assert entity is not None
    entity.owner = search
    entity.save()
    orders = town.team("orders")
    orders.dissolved_at = town.now
    orders.save()
    assert jobs.run(town.days(1)) == 2
    owned.refresh_from_db()
    loose.refresh_from_db()
    assert (owned.state, owned.home_team, owned.turn_person) == ("asked", town.team("search"), town.person("sam"))
    assert (loose.state, loose.turn_person) == ("arbitration", town.person("mona"))
