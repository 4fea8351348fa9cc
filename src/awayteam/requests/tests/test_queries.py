"""Lists, facets, queues and stories of requests: exactly what fits, what may be seen, in a few statements."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from awayteam.discussions import actions as discussions
from awayteam.kernel import clocks
from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.requests import actions, permissions, queries
from awayteam.requests.actions import Aim, Plan, Worth
from awayteam.requests.models import Asker, Request
from awayteam.requests.permissions import visible
from awayteam.requests.queries import RequestFilter
from awayteam.requests.stepping import subject_of
from awayteam.requests.tests.town import Town, found, service

pytestmark = pytest.mark.django_db
PLAN = Plan((Decimal("0.5"), Decimal(1), Decimal(2)))
NOTHING = RequestFilter()


@pytest.fixture
def town() -> Town:
    return found()


def titles(town: Town, who: str = "paul", sort: str = "title", **wanted: object) -> list[str]:
    page = queries.list_requests(town.actor(who), RequestFilter(**wanted), sort=sort, now=town.now)  # type: ignore[arg-type]
    return [row.title for row in page.items]


def worth(value: int) -> Worth:
    return Worth(Decimal(value), "a guess")


def test_every_sort_pages_through_everything_once(town: Town) -> None:
    for number in range(7):
        now = town.now + timedelta(minutes=number % 3)
        town.ask(title=f"{'abcabca'[number]} {number}", worth=worth(number // 2), now=now)
    for name in queries.SORTS:
        for sort in (name, f"-{name}"):
            seen: list[int] = []
            cursor = None
            while True:
                page = queries.list_requests(
                    town.actor("paul"), NOTHING, sort=sort, cursor=cursor, limit=2, now=town.now
                )
                seen += [row.id for row in page.items]
                cursor = page.next_cursor
                if cursor is None:
                    break
            assert len(seen) == len(set(seen)) == 7, sort
            whole = queries.list_requests(town.actor("paul"), NOTHING, sort=sort, now=town.now).items
            assert [row.id for row in whole] == seen
    values = [row.value_per_week for row in queries.list_requests(town.actor("paul"), NOTHING, now=town.now).items]
    assert values == sorted(values, reverse=True)


def test_filters_narrow_to_what_fits(town: Town) -> None:
    api = service(town)
    first = town.ask(title="Refunds", worth=worth(500), aim=Aim(entity=api))
    second = town.ask("sue", "search", "orders", title="Bulk export", kind="bug", worth=worth(5))
    third = town.ask("olga", "orders", "search", title="Faster hits", kind="performance", worth=worth(50))
    actions.withdraw(second, actor=town.actor("sue"), now=town.now, words="not needed")
    actions.join(third, actor=town.actor("paul"), now=town.now, team=town.team("payments"), worth=worth(1))
    assert titles(town) == ["Faster hits", "Refunds"]
    assert titles(town, state=("all",)) == ["Bulk export", "Faster hits", "Refunds"]
    assert titles(town, state=("closed",)) == titles(town, state=("withdrawn",)) == ["Bulk export"]
    assert titles(town, kind=("performance", "bug")) == ["Faster hits"]
    assert titles(town, home=("orders",)) == ["Refunds"]
    assert titles(town, home=("mine",), who="olga") == ["Refunds"]
    assert titles(town, asking=("payments",)) == ["Faster hits", "Refunds"]
    assert titles(town, turn=("me",), who="olga") == ["Refunds"]
    assert titles(town, turn=("user:default/sam", "group:orders")) == ["Faster hits", "Refunds"]
    assert titles(town, asker=("me",), who="paul") == ["Faster hits", "Refunds"]
    assert titles(town, entity=("component:default/orders-api",)) == ["Refunds"]
    assert titles(town, unit=("discovery",)) == ["Faster hits"]
    assert titles(town, unit=("division",)) == ["Faster hits", "Refunds"]
    assert titles(town, text="faster HITS one line") == ["Faster hits"]
    assert titles(town, text="one line absent") == []
    assert titles(town, text=f"#{first.pk}") == ["Refunds"]
    assert titles(town, value_min=Decimal(51)) == ["Faster hits", "Refunds"]
    assert titles(town, value_min=Decimal(52)) == ["Refunds"]
    assert titles(town, since=date(2026, 3, 3)) == []
    assert titles(town, home=("nowhere",)) == []
    for wrong in ({"state": ("half",)}, {"kind": ("wish",)}, {"home": (":",)}):
        with pytest.raises(InvalidInput):
            titles(town, **wrong)
    with pytest.raises(InvalidInput):
        titles(town, sort="colour")


def test_overdue_and_lost_refusals(town: Town) -> None:
    town.ask(title="Late")
    town.now = town.now + timedelta(days=20)
    town.ask(title="Fresh")
    assert titles(town, overdue=True) == ["Late"]
    clocks.run_due(town.now)
    assert titles(town, overdue=True) == titles(town, lost=True) == ["Late"]
    assert titles(town, overdue=False) == titles(town, lost=False) == ["Fresh"]


def test_merged_requests_are_shown_where_they_are_asked_for(town: Town) -> None:
    one, two = town.ask(title="One"), town.ask("sue", "search", title="Two")
    actions.merge(two, actor=town.actor("olga"), now=town.now, into=one, words="the same")
    assert titles(town, state=("all",)) == ["One"]
    assert titles(town, state=("all",), merged=True) == ["One", "Two"]
    assert titles(town, state=("merged",)) == ["Two"]
    story = queries.story(town.actor("paul"), queries.load(town.actor("paul"), one.pk, town.now), town.now)
    assert [row.title for row in story.merged] == ["Two"]
    assert {asker.team.label for asker in story.askers} == {"payments", "search"}
    gone = queries.story(town.actor("paul"), queries.load(town.actor("paul"), two.pk, town.now), town.now)
    assert gone.into is not None
    assert gone.into.id == one.pk
    assert gone.turn is None
    assert gone.can_do == []


def test_facets_count_what_lists_show(town: Town) -> None:
    town.ask(title="Refunds")
    town.ask("sue", "search", title="Bulk", kind="bug")
    town.ask("olga", "orders", "search", title="Hits")
    wanted = RequestFilter(kind=("feature",))
    for facet in queries.facets(town.actor("paul"), wanted, now=town.now):
        for value in facet.values:
            field = {facet.name: (value.value,)}
            fitting = queries.list_requests(town.actor("paul"), replace(wanted, **field), now=town.now)
            assert len(fitting.items) == value.count, (facet.name, value)
    by_name = {facet.name: facet for facet in queries.facets(town.actor("paul"), wanted, now=town.now)}
    assert [(value.value, value.count, value.selected) for value in by_name["kind"].values] == [
        ("feature", 2, True),
        ("bug", 1, False),
    ]


def test_the_queue_of_a_team_by_value_and_by_clock(town: Town) -> None:
    town.ask(title="Small and old", worth=worth(1))
    town.now = town.days(1)
    town.ask(title="Large", worth=worth(90))
    accepted = town.ask(title="Promised", worth=worth(50))
    actions.accept(accepted, actor=town.actor("olga"), now=town.now, plan=PLAN)
    back = town.ask(title="Unclear", worth=worth(7))
    actions.ask_back(back, actor=town.actor("olga"), now=town.now, words="Which lines?")
    offered = town.ask("sue", "search", "payments", title="Theirs")
    actions.move(offered, actor=town.actor("pia"), now=town.now, to=town.team("orders"), words="It is yours")
    found = queries.queue(town.actor("olga"), town.team("orders"), town.now)
    assert [row.title for row in found.decide] == ["Large", "Small and old"]
    assert [row.title for row in found.offered] == ["Theirs"]
    assert [row.title for row in found.promised] == ["Promised"]
    assert [row.title for row in found.elsewhere] == ["Unclear"]
    assert found.value_per_week == 91
    by_clock = queries.queue(town.actor("olga"), town.team("orders"), town.now, by="clock")
    assert [row.title for row in by_clock.decide] == ["Small and old", "Large"]
    few = queries.queue(town.actor("olga"), town.team("orders"), town.now, limit=2)
    assert few.left_out == 3
    theirs = queries.queue(town.actor("pia"), town.team("payments"), town.now)
    assert [row.title for row in theirs.elsewhere] == ["Theirs"]


def test_what_somebody_waits_for(town: Town) -> None:
    request = town.ask(title="Refunds")
    assert [row.title for row in queries.waiting_for(town.actor("pia"), town.now)] == ["Refunds"]
    assert queries.waiting_for(town.actor("olga"), town.now) == []
    actions.ask_back(request, actor=town.actor("olga"), now=town.now, words="Which lines?")
    assert queries.waiting_for(town.actor("paul"), town.now) == []  # it is his turn now
    assert [row.title for row in queries.waiting_for(town.actor("pia"), town.now)] == ["Refunds"]


def test_restricted_requests_are_not_there_for_others(town: Town) -> None:
    secret = service(town, "vault", "orders", restricted=True)
    request = town.ask(title="Keys", aim=Aim(entity=secret))
    assert titles(town, who="paul") == titles(town, who="olga") == ["Keys"]
    assert titles(town, who="sue") == []
    assert queries.total(town.actor("sue"), NOTHING, town.now) == 0
    assert all(not facet.values for facet in queries.facets(town.actor("sue"), NOTHING, now=town.now))
    assert queries.queue(town.actor("sue"), town.team("orders"), town.now).rows == []
    with pytest.raises(NotFound):
        queries.load(town.actor("sue"), request.pk, town.now)
    for number in (0, -1, 2**70, request.pk + 1):
        with pytest.raises(NotFound):
            queries.load(town.actor("olga"), number, town.now)


def test_those_who_are_to_answer_see_what_is_restricted(town: Town) -> None:
    secret = service(town, "vault", "orders", restricted=True)
    request = town.ask(title="Keys", aim=Aim(entity=secret))
    assert titles(town, who="sue") == []
    Asker.objects.create(request=request, team=town.team("search"), person=town.person("sam"), joined_at=town.now)
    assert titles(town, who="sue") == ["Keys"], "a colleague of somebody who asks"
    other = town.ask("paul", title="Locks", aim=Aim(entity=secret))
    assert titles(town, who="sue") == ["Keys"]
    actions.move(other, actor=town.actor("olga"), now=town.now, to=town.team("search"), words="Yours")
    assert titles(town, who="sue") == ["Keys", "Locks"], "the team that is asked to take it"


def test_the_story_says_what_happens_next_and_what_happened(town: Town) -> None:
    request = town.ask(title="Refunds", worth=worth(70))
    town.now = town.days(1)
    discussions.comment(actor=town.actor("sue"), now=town.now, subject=subject_of(request), text="We need it **too**.")
    actions.join(request, actor=town.actor("sue"), now=town.now, team=town.team("search"), worth=worth(7))
    town.now = town.days(1)
    actions.ask_back(request, actor=town.actor("olga"), now=town.now, words="Which lines?")
    story = queries.story(town.actor("paul"), queries.load(town.actor("paul"), request.pk, town.now), town.now)
    assert story.turn is not None
    assert story.turn.mine
    assert story.turn.person is not None
    assert story.turn.person.label == "paul"
    assert story.turn.then.startswith("It lapses")
    assert {option.verb for option in story.can_do} == {"answer", "duplicate", "withdraw", "revise"}
    refused = {option.verb: option.why_not for option in story.cannot_do}
    assert refused["merge"] == "You ask in this request; somebody else decides it."
    assert refused["join"].startswith("Your team asks for this already")
    assert [(row.team.label, row.cost) for row in story.askers] == [
        ("payments", Decimal("20.00")),
        ("search", Decimal("1.00")),
    ]
    assert story.cost.so_far == 21
    assert [(entry.sort, entry.words) for entry in story.timeline] == [
        ("step", "asked for information"),
        ("event", "asks for it too"),
        ("comment", "commented"),
        ("step", "asked for it"),
    ]


@pytest.mark.parametrize("named", [permissions.UNSEEN_MOST, 0])
def test_facets_leave_out_what_is_hidden_and_tell_the_length_of_the_list(
    town: Town, monkeypatch: pytest.MonkeyPatch, named: int
) -> None:
    monkeypatch.setattr(permissions, "UNSEEN_MOST", named)
    town.ask(title="Keys", aim=Aim(entity=service(town, "vault", "orders", restricted=True)))
    town.ask(title="Refunds")
    closed = town.ask("sue", "search", title="Bulk", kind="bug")
    actions.withdraw(closed.pk, actor=town.actor("sue"), now=town.now, words="Gone.")
    filters = [NOTHING, RequestFilter(state=("all",)), RequestFilter(state=("closed",)), RequestFilter(kind=("bug",))]
    for who, seen in (("sue", 1), ("paul", 2), ("olga", 2)):
        actor = town.actor(who)
        for wanted in filters:
            facets = queries.facets(actor, wanted, now=town.now)
            assert queries.total_of(facets, wanted) == queries.total(actor, wanted, town.now), (who, wanted)
        for facet in queries.facets(actor, NOTHING, now=town.now):
            if facet.name != "state":
                assert sum(value.count for value in facet.values) == seen, (who, facet.name)
        rows = set(visible(actor, Request.objects.all(), town.now))
        assert rows == set(visible(actor, Request.objects.all(), town.now, few=True)), who
        assert rows == set(permissions.visible_at_once(actor)), who


@pytest.mark.parametrize("named", [0, 2_000])
@pytest.mark.parametrize("who", ["sue", "paul", "olga"])
def test_the_page_of_the_list_says_what_the_single_questions_say(
    town: Town, monkeypatch: pytest.MonkeyPatch, who: str, named: int
) -> None:
    monkeypatch.setattr(permissions, "UNSEEN_MOST", named)
    town.ask(title="Vault keys", aim=Aim(entity=service(town, "vault", "orders", restricted=True)))
    town.ask(title="Refunds and keys")
    town.ask("sue", "search", title="Bulk", kind="bug")
    actor = town.actor(who)
    for wanted in (
        NOTHING, RequestFilter(state=("all",)), RequestFilter(text="keys"), RequestFilter(text="keys", kind=("bug",)),
        RequestFilter(text="keys", unit=("division",)), RequestFilter(turn=("me",)), RequestFilter(asking=("search",)),
        RequestFilter(overdue=False), RequestFilter(home=("orders",), state=("closed",)),
    ):  # fmt: skip
        shown = queries.listing(actor, wanted, sort="title", cursor=None, limit=50, most=12, now=town.now)
        assert shown.page == queries.list_requests(actor, wanted, sort="title", now=town.now), wanted
        assert shown.total == queries.total(actor, wanted, town.now) == len(shown.page.items), wanted
        assert shown.facets == queries.facets(actor, wanted, now=town.now, most=12), wanted


def test_a_facet_shows_the_most_frequent_and_counts_the_rest(town: Town) -> None:
    for number in range(3):
        town.ask(title=f"Refunds {number}")
    town.ask("sue", "search", title="Bulk")
    facets = {facet.name: facet for facet in queries.facets(town.actor("paul"), NOTHING, now=town.now, most=1)}
    assert [(value.count, facets["asking"].more) for value in facets["asking"].values] == [(3, 1)]


@pytest.mark.parametrize("many", [1, 12])
def test_statements_do_not_grow_with_what_there_is(town: Town, many: int) -> None:
    for number in range(many):
        request = town.ask(title=f"Refunds {number}")
    actor = town.actor("olga")
    for place in range(many):
        now = town.now + timedelta(minutes=place)
        discussions.comment(actor=actor, now=now, subject=subject_of(request), text="Hm.")
    with CaptureQueriesContext(connection) as listed:
        queries.list_requests(actor, NOTHING, now=town.now)
    assert len(listed) == 2
    with CaptureQueriesContext(connection) as counted:
        queries.facets(actor, NOTHING, now=town.now)
    assert len(counted) == 7
    with CaptureQueriesContext(connection) as queued:
        queries.queue(actor, town.team("orders"), town.now)
    assert len(queued) == 2
    with CaptureQueriesContext(connection) as told:
        queries.story(actor, queries.load(actor, request.pk, town.now), town.now)
    assert len(told) <= 18, "\n".join(query["sql"][:150] for query in told.captured_queries)
