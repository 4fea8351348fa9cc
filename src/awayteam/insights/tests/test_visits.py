"""Insights of visits: a spring told by hand; every number is the number of its cases."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from awayteam.accounts.models import User
from awayteam.credit.tests.life import FRIDAY, MONDAY, finish
from awayteam.engagements import actions as engagements
from awayteam.engagements.models import Engagement
from awayteam.engagements.tests.village import NOON, Village, settle
from awayteam.insights.scope import Asked, Scope, scope
from awayteam.insights.visits import flat
from awayteam.insights.visits.cases import VISIT_MEASURES
from awayteam.insights.visits.figures import VisitFigures, figures
from awayteam.insights.visits.listing import WhichVisits, visit_cases, visit_page
from awayteam.insights.visits.paths import path_of
from awayteam.kernel import clocks
from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.requests import actions as requests
from awayteam.requests.machine import State, Verb
from awayteam.rounds import actions as rounds

pytestmark = pytest.mark.django_db
LATER = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def settled(of_module: None) -> Village:
    """Three visits of payments to orders, all begun on 9 March:

    - for a request: a round answered after two working hours, accepted on 20 March, in production on the 23rd;
    - withdrawn on 12 March;
    - left alone: nobody answered its round, so the time-box grew, and ran out.
    """
    made = settle()
    town = made.town
    request = town.ask(title="Refund a part")
    requests.welcome(request, actor=town.actor("olga"), now=NOON)
    request.refresh_from_db()
    first = made.active(MONDAY, request=request)
    _answer(made, first)
    done = finish(made, first, FRIDAY)
    deployed = FRIDAY + timedelta(days=3)
    engagements.deploy(done, actor=made.actor("pia", deployed), now=deployed)
    second = made.active(MONDAY, title="Given up")
    at = MONDAY + timedelta(days=3)
    engagements.withdraw(
        second, actor=made.actor("pia", at), now=at, reason="not-needed-any-more", words="Nobody needs it."
    )
    third = made.active(MONDAY, title="Left alone")
    rounds.open_round(
        third, actor=made.actor("paul", MONDAY), now=MONDAY, kind="change", title="Silence", words="Look."
    )
    for day in range((LATER - MONDAY).days):
        clocks.run_due(MONDAY + timedelta(days=day))
    return made


@pytest.fixture
def village(settled: Village, db: None) -> Village:
    return deepcopy(settled)


def _answer(made: Village, visit: Engagement) -> None:
    row = rounds.open_round(
        visit, actor=made.actor("paul", MONDAY), now=MONDAY, kind="change", title="Ledger", words="L"
    )
    at = MONDAY + timedelta(hours=2)
    rounds.approve(row, actor=made.actor("olga", at), now=at, words="Fine.")


def ask(village: Village, who: str = "mona", **more: str) -> Scope:
    values = {"since": "2026-03-01", "until": "2026-05-31", "every": "month"} | more
    return scope(village.town.actor(who, LATER), Asked(**values), LATER)


def test_the_spring_by_hand(village: Village) -> None:
    found = figures(ask(village))
    assert (found.begun.now, found.begun.before) == (3, 0)
    assert [(flow.away.label, flow.home.label, flow.visits) for flow in found.flows] == [("payments", "orders", 3)]
    assert [(flow.away.label, flow.home.label, flow.visits) for flow in found.unit_flows] == [
        ("commerce", "commerce", 3)
    ]
    assert (found.in_time.part, found.in_time.n) == (1, 2)
    assert (found.accepted.part, found.accepted.n) == (1, 3)
    assert {one.key: one.now for one in found.ends} == {"accepted": 1, "silent": 0, "withdrawn": 1, "expired": 1}
    assert (found.timed.part, found.timed.n) == (1, 1)
    assert {one.key: one.now for one in found.changes if one.now} == {"silence": 1}
    assert {row.key: row.now.n for row in found.paths} == {"home": 0, "away": 1, "duplicate": 0, "escalation": 0}
    hours = (FRIDAY + timedelta(days=3) - NOON).total_seconds() // 3600
    assert found.paths[1].now.median == hours
    (home,) = found.homes
    assert (home.place.label, home.begun, home.answered.n) == ("orders", 3, 2)


def test_the_answer_is_counted_in_working_time(village: Village) -> None:
    cases = visit_cases(ask(village), WhichVisits("answered", "in-time"))
    assert [(case.value, case.group) for case in cases] == [(120, "in-time")]


@pytest.mark.parametrize("measure", VISIT_MEASURES)
def test_every_number_is_the_number_of_its_cases(village: Village, measure: str) -> None:
    asked = ask(village)
    cases = visit_cases(asked, WhichVisits(measure))
    assert all(case.group in VISIT_MEASURES[measure].groups for case in cases if VISIT_MEASURES[measure].groups)
    groups = VISIT_MEASURES[measure].groups
    assert sum(len(visit_cases(asked, WhichVisits(measure, group))) for group in groups) == (
        len(cases) if groups else 0
    )
    periods = range(len(asked.window.periods))
    assert sum(len(visit_cases(asked, WhichVisits(measure, part=str(index)))) for index in periods) == len(cases)


def test_figures_link_to_as_many_cases(village: Village) -> None:
    asked = ask(village)
    found = figures(asked)
    for measure, lines in (("ended", found.ends), ("timed", found.times), ("changed", found.changes)):
        for one in lines:
            assert len(visit_cases(asked, WhichVisits(measure, one.key))) == one.now
    assert len(visit_cases(asked, WhichVisits("ended", "accepted+silent"))) == found.accepted.part
    (flow,) = found.unit_flows
    assert len(visit_cases(asked, WhichVisits("begun", away=flow.away.ref, home=flow.home.ref))) == flow.visits
    assert visit_cases(asked, WhichVisits("begun", away="group:default/search")) == []


def test_a_unit_counts_visits_below_it_and_another_none(village: Village) -> None:
    assert figures(ask(village, team="group:default/commerce")).begun.now == 3
    assert figures(ask(village, team="group:default/discovery")).begun.now == 0


def test_the_window_before_is_compared_with(village: Village) -> None:
    found = figures(ask(village, since="2026-03-21", until="2026-05-31"))
    assert (found.begun.now, found.begun.before) == (0, 3)
    assert (found.accepted.part, found.accepted.n) == (0, 1)
    assert (found.accepted_before.part, found.accepted_before.n) == (1, 2)


def test_visits_to_what_one_may_not_see_are_not_counted(village: Village) -> None:
    village.service.restricted = True
    village.service.save()
    assert figures(ask(village, "sam")).begun.now == 0
    assert figures(ask(village, "oscar")).begun.now == 3


def test_cases_go_page_by_page(village: Village) -> None:
    asked = ask(village)
    first = visit_page(asked, WhichVisits("begun"), limit=2)
    assert (len(first.items), first.total) == (2, 3)
    rest = visit_page(asked, WhichVisits("begun"), cursor=first.next_cursor, limit=2)
    assert rest.next_cursor is None
    assert {case.key for case in (*first.items, *rest.items)} == {
        case.key for case in visit_cases(asked, WhichVisits("begun"))
    }


def test_an_impossible_question_is_refused(village: Village) -> None:
    with pytest.raises(InvalidInput):
        visit_cases(ask(village), WhichVisits("nothing"))
    with pytest.raises(InvalidInput):
        visit_cases(ask(village), WhichVisits("begun", part="99"))
    with pytest.raises(NotFound):
        visit_cases(ask(village), WhichVisits("begun", away="group:default/nobody"))


def test_the_path_of_a_request() -> None:
    assert path_of(last=Verb.CONFIRM.value, ruled=False, visited=False) == "home"
    assert path_of(last=Verb.FINISH_AWAY.value, ruled=False, visited=False) == "away"
    assert path_of(last=Verb.CONFIRM.value, ruled=False, visited=True) == "away"
    assert path_of(last=State.DUPLICATED.value, ruled=False, visited=False) == "duplicate"
    assert path_of(last=Verb.CONFIRM.value, ruled=True, visited=False) == "escalation"


def test_page_file_and_interface_say_the_same(village: Village) -> None:
    client = Client()
    client.force_login(User.objects.create_user("mona", person=village.person("mona")))
    query = {"since": "2026-03-01", "until": "2026-05-31"}
    found: VisitFigures = figures(ask(village))
    page = client.get("/insights/visits/", query).content.decode()
    assert "payments" in page
    assert "3</b><span>visits begun, before 0" in page
    told = client.get("/api/v1/insights/engagements", query).json()
    assert (told["begun"]["now"], told["accepted"]["part"], told["accepted"]["cases"]) == (3, 1, 3)
    cases = client.get("/api/v1/insights/engagements/cases", query | {"measure": "ended"}).json()
    assert {case["group"] for case in cases["items"]} == {"accepted", "withdrawn", "expired"}
    listed = client.get("/insights/visits/cases/", query | {"measure": "begun"}).content.decode()
    assert "3 cases" in listed
    lines = b"".join(client.get("/insights/visits/", query | {"format": "csv"}).streaming_content).decode().splitlines()
    assert len(lines) == len(list(flat.rows(found))) + 1
