"""A request that ends while its visit runs: both sides hear of it once, and a merged one is followed."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from awayteam.accounts.models import User
from awayteam.catalog.models import Entity
from awayteam.engagements import actions, jobs, queries
from awayteam.engagements.actions.following import follow_request
from awayteam.engagements.models import Engagement
from awayteam.engagements.rules import request_over
from awayteam.engagements.served import ended
from awayteam.engagements.tests.village import LAST, NOON, Village, after, settle
from awayteam.kernel import clocks
from awayteam.kernel.models import Clock, Event
from awayteam.notifications.models import Notification
from awayteam.requests import actions as requests
from awayteam.requests.machine import FINAL, State
from awayteam.requests.models import Request

pytestmark = pytest.mark.django_db
ENDED, FOLLOWED = "engagement.request-ended", "engagement.request-followed"
LATER = after(8)


def welcomed(village: Village, **more: Any) -> Request:
    """A request for which orders lets payments come."""
    asked = village.town.ask(**more)
    return requests.welcome(asked, actor=village.actor("olga"), now=NOON)


def run_out(request: Request) -> datetime:
    """Let the request's clock run out, and no other; when that was."""
    clock = Request.objects.select_related("clock").get(pk=request.pk).clock
    assert clock is not None
    Clock.objects.exclude(pk=clock.pk).filter(state="running").update(next_at=clock.due_at + timedelta(days=999))
    at = clock.due_at + timedelta(seconds=1)
    Clock.objects.filter(pk=clock.pk).update(next_at=at)
    assert clocks.run_due(at) == 1
    return at


def _now(row: Engagement) -> Engagement:
    return Engagement.objects.select_related("request__entity", "home_team", "away_team").get(pk=row.pk)


def _withdraw(village: Village, request: Request, at: datetime) -> datetime:
    requests.withdraw(request, actor=village.actor("paul", at), now=at, words="Customers don't ask any more.")
    return at


def _drop(village: Village, request: Request, at: datetime) -> datetime:
    return run_out(request)


def _duplicate(village: Village, request: Request, at: datetime) -> datetime:
    Request.objects.filter(pk=request.pk).update(
        state="duplicated", closed_at=at, entered_at=at, turn_team=None, turn_person=None, clock=None
    )
    return at


@pytest.mark.parametrize(
    ("end", "says"),
    [
        (_withdraw, "was withdrawn by paul: “Customers don't ask any more”."),
        (_drop, "was dropped."),
        (_duplicate, "was given up for a build of their own."),
    ],
)
def test_both_sides_hear_once_that_the_request_of_a_draft_ended(village: Village, end: Any, says: str) -> None:
    request = welcomed(village)
    row = village.open(request=request)
    before = _now(row)
    at = end(village, request, after(1)) + timedelta(minutes=5)
    assert jobs.follow(at) == 1
    told = Notification.objects.filter(event=ENDED)
    sentence = f"The request that it serves, #{request.pk} Refund a part of an order, {says}"
    assert {one.text for one in told} == {
        f"{row.title}: {sentence} Nothing else changes by itself: go on, or withdraw."
    }
    assert {"olga", "oscar", "pia", "paul", "mona"} == set(told.values_list("person__name", flat=True))
    event = Event.objects.get(name=ENDED)
    assert (event.subject_id, event.data["request"]) == (row.pk, request.pk)
    assert jobs.follow(at + timedelta(hours=1)) == 0
    assert not follow_request(row, now=at + timedelta(hours=1))
    assert told.count() == 5
    assert (_now(row).state, _now(row).version) == ("preparing", before.version)


@pytest.fixture
def village() -> Village:
    return settle()


def test_people_go_on_where_the_request_is_gone(village: Village) -> None:
    request = welcomed(village)
    row = village.propose(request=request)
    _withdraw(village, request, after(0.5))
    assert jobs.follow(after(1)) == 1
    assert village.sign(row, now=after(1)).state == "agreed"
    assert Request.objects.get(pk=request.pk).state == "withdrawn"


def test_or_they_withdraw(village: Village) -> None:
    request = welcomed(village)
    row = village.active(request=request)
    _withdraw(village, request, LATER)
    assert jobs.follow(LATER) == 1
    actions.withdraw(row, actor=village.actor("pia", LATER), now=LATER, reason="not-needed-any-more", words="Gone.")
    assert _now(row).state == "withdrawn"
    assert ended(_now(row)) is None
    assert jobs.follow(after(9)) == 0


def test_a_request_that_the_away_team_finished_by_hand(village: Village) -> None:
    request = welcomed(village)
    row = village.active(request=request)
    requests.finish_away(request.pk, actor=village.actor("paul", LATER), now=LATER, words="Done in a fortnight.")
    assert jobs.follow(LATER) == 1
    found = ended(_now(row))
    assert found is not None
    assert (found.became, found.by, found.words) == ("was finished", "paul", "Done in a fortnight")


def test_an_accepted_handover_ends_it_as_it_should(village: Village) -> None:
    request = welcomed(village)
    row = village.active(request=request)
    actions.hand_over(row, actor=village.actor("pia", LATER), now=LATER)
    actions.accept(row, actor=village.actor("olga", LATER), now=LATER)
    assert Request.objects.get(pk=request.pk).state == "done"
    assert (jobs.follow(after(9)), ended(_now(row))) == (0, None)


def test_a_refusal_that_came_before_the_visit_is_no_news(village: Village) -> None:
    asked = village.town.ask()
    requests.decline(asked, actor=village.actor("olga"), now=NOON, reason="no-room", words="Not this year.")
    row = village.open(request=Request.objects.get(pk=asked.pk), now=after(1))
    assert (jobs.follow(after(2)), ended(_now(row))) == (0, None)


def test_a_refusal_during_the_visit_is_told_anew_when_it_comes_again(village: Village) -> None:
    asked = village.town.ask()
    at = run_out(asked)
    row = village.open(request=Request.objects.get(pk=asked.pk), now=at + timedelta(minutes=1), starts_on=None,
                       ends_on=None)  # fmt: skip
    later = at + timedelta(hours=1)
    requests.decline(asked.pk, actor=village.actor("olga", later), now=later, reason="no-room", words="Never.")
    assert jobs.follow(later) == 1
    found = ended(_now(row))
    assert found is not None
    assert found.sentence.endswith("was declined by olga: “Never”.")
    Request.objects.filter(pk=asked.pk).update(entered_at=after(30))
    assert jobs.follow(after(29)) == 0  # a clock elsewhere is ahead: not yet
    assert jobs.follow(after(31)) == 1
    assert Event.objects.filter(name=ENDED).count() == 2


def test_a_merged_request_is_followed(village: Village) -> None:
    first, second = village.town.ask(), village.town.ask(title="Refund lines")
    run_out(first)
    at = run_out(second)
    row = village.open(request=Request.objects.get(pk=first.pk), now=at, starts_on=at.date(), ends_on=at.date())
    requests.merge(first.pk, actor=village.actor("olga", at), now=at, into=second.pk, words="The same.")
    assert jobs.follow(at) == 1
    found = _now(row)
    assert (found.request_id, found.state) == (second.pk, "preparing")
    event = Event.objects.get(name=FOLLOWED)
    assert event.data["changes"] == {"request": [first.pk, second.pk]}
    assert event.reason == (
        f"The request that it serves, #{first.pk} Refund a part of an order, was merged into another one by olga: "
        f"“The same”. The visit serves #{second.pk} Refund lines from now on."
    )
    assert set(Notification.objects.filter(event=FOLLOWED).values_list("person__name", flat=True)) >= {"olga", "pia"}
    assert Request.objects.get(pk=second.pk).state == "overdue"  # nothing is signed yet
    assert (jobs.follow(after(60)), ended(found)) == (0, None)


def test_the_visit_that_has_begun_is_the_away_team_of_the_request_that_goes_on(village: Village) -> None:
    first = welcomed(village)
    row = village.active(request=first)
    stopped = LATER
    requests.stop_away(first.pk, actor=village.actor("paul", stopped), now=stopped, words="Too hard.")
    second = village.town.ask(title="Refund lines", now=stopped)
    at = run_out(second)
    Engagement.objects.filter(pk=row.pk).update(ends_on=(at + timedelta(days=20)).date())
    requests.merge(first.pk, actor=village.actor("olga", at), now=at, into=second.pk, words="The same.")
    assert jobs.follow(at) == 1
    assert _now(row).request_id == second.pk
    assert Request.objects.get(pk=second.pk).state == "away"


def test_a_request_that_was_merged_into_one_that_ended_too(village: Village) -> None:
    first, second = village.town.ask(), village.town.ask(title="Refund lines")
    at = run_out(first)
    row = village.open(request=Request.objects.get(pk=first.pk), now=at, starts_on=at.date(), ends_on=at.date())
    requests.merge(first.pk, actor=village.actor("olga", at), now=at, into=second.pk, words="The same.")
    for asker in Request.objects.get(pk=second.pk).askers.all():
        requests.withdraw(second.pk, actor=village.actor(asker.person.name, at), now=at, words="Gone.")
        if Request.objects.get(pk=second.pk).state == "withdrawn":
            break
    assert Request.objects.get(pk=second.pk).state == "withdrawn"
    assert jobs.follow(at) == 1
    assert _now(row).request_id == second.pk
    names = Event.objects.filter(name__in=[ENDED, FOLLOWED]).order_by("pk").values_list("name", flat=True)
    assert list(names) == [FOLLOWED, ENDED]
    assert jobs.follow(at + timedelta(days=1)) == 0


def test_what_fails_is_found_again(village: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    request = welcomed(village)
    row = village.open(request=request)
    _withdraw(village, request, after(1))

    def broken(**_more: Any) -> int:
        raise RuntimeError("killed while telling")

    with monkeypatch.context() as patch:
        patch.setattr("awayteam.engagements.actions.following.tell", broken)
        assert jobs.follow(after(1)) == 0
    assert not Event.objects.filter(name=ENDED).exists()
    assert jobs.follow(after(1)) == 1
    assert Event.objects.filter(name=ENDED, subject_id=row.pk).count() == 1


def test_the_worker_looks_with_one_statement(village: Village) -> None:
    request = welcomed(village)
    village.open(request=request)
    village.open(title="Another")
    pending = jobs.FOLLOWING.pending
    assert pending is not None
    with CaptureQueriesContext(connection) as seen:
        assert not pending(after(1))
    assert len(seen) == 1
    _withdraw(village, request, after(1))
    assert pending(after(1))
    assert jobs.FOLLOWING.run(after(1)) == 1
    assert not pending(after(1))


def test_words_of_a_restricted_request_stay_with_those_who_see_it(village: Village) -> None:
    request = welcomed(village)
    row = village.open(request=request)
    Request.objects.filter(pk=request.pk).update(entity=village.service)
    Entity.objects.filter(pk=village.service.pk).update(restricted=True)
    _withdraw(village, request, after(1))
    found = ended(_now(row))
    assert found is not None
    assert (found.by, found.words) == ("", "")


def test_the_page_and_the_commands_say_so(village: Village, client: Client) -> None:
    request = welcomed(village)
    row = village.open(request=request)
    _withdraw(village, request, after(1))
    story = queries.story(village.actor("pia"), queries.load(village.actor("pia"), row.pk, LATER), LATER)
    assert story.request_ended is not None
    client.force_login(User.objects.create(username="pia", person=village.person("pia")))
    for path in ("", "setup/check/", "sign/"):
        page = client.get(f"/engagements/{row.pk}/{path}").content.decode()
        assert f'The request that it serves, <a href="/requests/{request.pk}/">#{request.pk} Refund' in page, path
        assert "Go on, or withdraw." in page
    shown = client.get(f"/api/v1/engagements/{row.pk}").json()
    assert shown["request_ended"] == story.request_ended.sentence
    assert client.get(f"/api/v1/engagements/{village.open(title='x').pk}").json()["request_ended"] == ""


@pytest.mark.parametrize("state", list(State))
def test_a_visit_outlives_a_request_that_is_final_or_was_declined_since(state: State) -> None:
    ask: Callable[[datetime, bool], bool] = lambda since, accepted: request_over(  # noqa: E731
        state, since, opened=NOON, accepted=accepted
    )
    assert ask(after(1), False) is (state in FINAL or state is State.DECLINED)
    assert ask(after(-1), False) is (state in FINAL)
    assert not ask(after(1), True)


def test_the_last_day_stays(village: Village) -> None:
    request = welcomed(village)
    row = village.active(request=request)
    _withdraw(village, request, LATER)
    jobs.follow(LATER)
    assert _now(row).ends_on == LAST


def _merged(village: Village, row: Engagement, first: Request, second: Request, at: datetime) -> None:
    requests.stop_away(first.pk, actor=village.actor("paul", at), now=at, words="Too hard.")
    requests.merge(first.pk, actor=village.actor("olga", at), now=at, into=second.pk, words="The same.")
    assert jobs.follow(at) == 1
    assert _now(row).request_id == second.pk


def test_a_visit_merged_into_a_declined_request_is_its_away_team_and_no_refusal_is_told(village: Village) -> None:
    first = welcomed(village)
    row = village.active(request=first)
    second = village.town.ask(title="Refund lines", now=LATER)
    requests.decline(second, actor=village.actor("olga", LATER), now=LATER, reason="no-room", words="Not now.")
    _merged(village, row, first, second, LATER)
    assert Request.objects.get(pk=second.pk).state == "away"
    assert not Event.objects.filter(name=ENDED).exists()
    assert not Notification.objects.filter(event=ENDED).exists()
    assert ended(_now(row)) is None


def test_a_visit_merged_into_an_open_question_says_who_decides_and_an_accepted_handover_finishes_it(
    village: Village,
) -> None:
    first = welcomed(village)
    row = village.active(request=first)
    second = village.town.ask(title="Refund lines", now=LATER)
    _merged(village, row, first, second, LATER)
    assert Request.objects.get(pk=second.pk).state == "asked"
    words = "Its home team still has to decide on that request; until then it goes on as if nobody came."
    assert Event.objects.get(name=FOLLOWED).reason.endswith(f"from now on. {words}")
    actions.hand_over(row, actor=village.actor("pia", LATER), now=LATER)
    actions.accept(row, actor=village.actor("olga", LATER), now=LATER)
    assert Request.objects.get(pk=second.pk).state == "done"


def test_the_title_of_a_restricted_request_is_told_to_nobody_by_the_software(village: Village, client: Client) -> None:
    first = welcomed(village)
    row = village.active(request=first)
    second = village.town.ask(title="Secret merger", now=LATER)
    Request.objects.filter(pk=second.pk).update(entity=village.service)
    Entity.objects.filter(pk=village.service.pk).update(restricted=True)
    Engagement.objects.filter(pk=row.pk).update(service=None)
    _merged(village, row, first, second, LATER)
    event = Event.objects.get(name=FOLLOWED)
    assert f"The visit serves #{second.pk} from now on." in event.reason
    told = Notification.objects.filter(event=FOLLOWED)
    assert told.exists()
    assert not told.filter(text__contains="Secret").exists()
    for asker in Request.objects.get(pk=second.pk).askers.filter(left_at__isnull=True):
        requests.withdraw(second.pk, actor=village.actor(asker.person.name, LATER), now=LATER, words="Gone.")
        if Request.objects.get(pk=second.pk).state == "withdrawn":
            break
    assert jobs.follow(LATER) == 1
    assert "Secret" not in Event.objects.get(name=ENDED).reason
    client.force_login(User.objects.create(username="ann", person=village.person("ann")))
    page = client.get(f"/engagements/{row.pk}/").content.decode()
    assert f'<a href="/requests/{second.pk}/">#{second.pk}</a>' in page
    assert "Secret" not in page
