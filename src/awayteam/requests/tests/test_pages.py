"""Pages of requests: they work without JavaScript, and say who may do what, and why not."""

import re
from decimal import Decimal

import pytest
from django.core import serializers
from django.test import Client
from django.utils import timezone

from awayteam.accounts.models import User
from awayteam.catalog.search import reindex
from awayteam.discussions import actions as discussions
from awayteam.kernel import clocks
from awayteam.kernel.models import Event
from awayteam.requests import actions
from awayteam.requests.actions import Aim, Plan, Worth
from awayteam.requests.machine import State
from awayteam.requests.models import Asker, Request, Step
from awayteam.requests.stepping import subject_of
from awayteam.requests.tests.town import Town, found, service
from awayteam.web.tests.test_pages import problems

pytestmark = pytest.mark.django_db
PLAN = Plan((Decimal("0.5"), Decimal(1), Decimal(2)))
EFFORT = {"effort_low": "0.5", "effort_likely": "1", "effort_high": "2"}


@pytest.fixture
def town() -> Town:
    made = found()
    made.now = timezone.now()
    return made


def client(town: Town, name: str) -> Client:
    user, _new = User.objects.get_or_create(username=name, defaults={"person": town.person(name)})
    made = Client()
    made.force_login(user)
    return made


def seen(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, response.content[:3000]
    html = response.content.decode()
    assert problems(html) == []
    return html


def rows() -> str:
    tables = (Request, Asker, Step, Event)
    return "".join(serializers.serialize("json", table._default_manager.order_by("pk")) for table in tables)


def post(client: Client, request: Request, verb: str, **values: object) -> "tuple[int, str]":
    request.refresh_from_db()
    data = {"version": request.version, "seen": request.changed_at.isoformat(), **values}
    response = client.post(f"/requests/{request.pk}/{verb}/", data)
    return response.status_code, response.content.decode()


def test_asking_without_javascript_step_by_step(town: Town) -> None:
    api = service(town)
    reindex([api.pk])
    paul = client(town, "paul")
    html = seen(paul, "/ask/")
    assert "Find who owns it" in html
    typed = {"pasted": "orders-api", "title": "Refund a line", "need": "One line at a time", "find": "yes"}
    response = paul.post("/ask/", typed)
    html = response.content.decode()
    assert response.status_code == 200
    assert problems(html) == []
    assert f'value="e:{api.pk}" checked' in html
    assert "Refund a line" in html
    assert "One line at a time" in html
    typed = {
        "pasted": "orders-api", "target": f"e:{api.pk}", "asking_team": town.team("payments").pk, "kind": "feature",
        "title": "Refund a line", "need": "One line at a time", "value_per_week": "50", "can_send_away": "yes",
    }  # fmt: skip
    refused = paul.post("/ask/", typed)
    assert refused.status_code == 422
    assert "say where the figure comes from" in refused.content.decode()
    assert "One line at a time" in refused.content.decode(), "what was typed survives"
    assert not Request.objects.exists()
    done = paul.post("/ask/", typed | {"grounds": "Ten complaints a week"})
    made = Request.objects.get()
    assert done.status_code == 303
    assert done["Location"] == f"/requests/{made.pk}/"
    assert (made.home_team, made.entity, made.value_per_week) == (town.team("orders"), api, 50)
    assert made.routing


def test_asking_names_what_is_missing(town: Town) -> None:
    paul = client(town, "paul")
    values = {"asking_team": town.team("payments").pk, "kind": "bug", "title": "T", "need": "N", "can_send_away": "no"}
    html = paul.post("/ask/", values).content.decode()
    assert "Say why you can" in html
    html = paul.post("/ask/", values | {"away_impossible": "Nobody knows Erlang"}).content.decode()
    assert "name the team that you ask" in html
    html = paul.post("/ask/", values | {"home": "nowhere", "can_send_away": "yes"}).content.decode()
    assert "There is no team" in html
    html = paul.post("/ask/", values | {"home": "payments", "can_send_away": "yes"}).content.decode()
    assert "doesn&#39;t ask itself" in html
    assert not Request.objects.exists()
    ann = client(town, "ann")
    assert "You belong to no team" in seen(ann, "/ask/")


def test_the_ask_page_begins_with_where_one_comes_from(town: Town) -> None:
    api = service(town)
    paul = client(town, "paul")
    html = seen(paul, f"/ask/?entity={api.ref}&title=Faster&operation=GET+/orders")
    assert f'value="e:{api.pk}" checked' in html
    assert 'value="Faster"' in html
    assert "GET /orders" in html
    assert 'value="group:default/search"' in seen(paul, "/ask/?team=search")
    lonely = service(town, "lonely")
    lonely.owner = None
    lonely.save()
    assert "No team owns this" in seen(paul, f"/ask/?entity={lonely.ref}")


def test_a_fragment_finds_who_owns_what_was_pasted(town: Town) -> None:
    secret = service(town, "orders-vault", restricted=True)
    reindex([service(town).pk, secret.pk])
    sue, olga = client(town, "sue"), client(town, "olga")
    assert "orders-api" in sue.post("/ask/candidates/", {"pasted": "orders"}).content.decode()
    assert secret.name not in sue.post("/ask/candidates/", {"pasted": "orders"}).content.decode()
    assert secret.name in olga.post("/ask/candidates/", {"pasted": "orders"}).content.decode()


def test_the_story_names_what_may_be_done_and_why_not(town: Town) -> None:
    request = town.ask(title="Refunds <b>now</b>")
    html = seen(client(town, "olga"), f"/requests/{request.pk}/")
    assert "It is your turn: decide." in html
    assert "Refunds &lt;b&gt;now&lt;/b&gt;" in html
    assert "can’t refuse an away team any more; the askers choose what now." in html
    for verb in ("accept", "decline", "welcome", "ask-back", "move", "merge", "reassign"):
        assert f'id="do-{verb}"' in html
    assert "Only those who ask" in html
    html = seen(client(town, "paul"), f"/requests/{request.pk}/")
    assert 'id="do-withdraw"' in html
    assert 'id="do-accept"' not in html
    assert "Put it on our roadmap" in html, "what one may not do is named"


def test_each_side_does_its_part_without_javascript(town: Town) -> None:
    olga, paul, sue = client(town, "olga"), client(town, "paul"), client(town, "sue")
    request = town.ask()
    assert post(sue, request, "join", team=town.team("search").pk, value_per_week="3", grounds="x")[0] == 303
    assert post(olga, request, "ask-back", words="Which lines?")[0] == 303
    assert post(paul, request, "answer", words="All")[0] == 303
    assert post(olga, request, "accept", **EFFORT, words="Good")[0] == 303
    assert post(olga, request, "deliver", words="")[0] == 303
    assert post(paul, request, "dispute", words="Not all lines")[0] == 303
    assert post(olga, request, "deliver", words="Now all")[0] == 303
    assert post(paul, request, "confirm", words="")[0] == 303
    request.refresh_from_db()
    assert request.state == State.DONE
    html = seen(paul, f"/requests/{request.pk}/")
    assert "Nothing more happens with it." in html
    assert re.search(r"search.*asks for it too", html, re.S)


def test_what_one_may_not_do_is_refused_and_changes_nothing(town: Town) -> None:
    request = town.ask()
    before = rows()
    sue, paul = client(town, "sue"), client(town, "paul")
    for who, verb, values in (
        (sue, "accept", EFFORT),
        (paul, "decline", {"reason": "no-room", "words": "No"}),
        (sue, "withdraw", {"words": "No"}),
        (paul, "send-away", {"words": "We come"}),
        (paul, "reshuffle", {**EFFORT, "words": "First"}),
    ):
        status, html = post(who, request, verb, **values)
        assert status in (409, 422), (verb, status)
        assert problems(html) == []
        assert rows() == before, verb
    assert sue.get(f"/requests/{request.pk}/fly/").status_code == 404
    assert "can’t be done now" in seen(paul, f"/requests/{request.pk}/accept/")


def test_a_conflict_shows_what_changed_and_keeps_the_words(town: Town) -> None:
    request = town.ask()
    stale = {"version": request.version, "seen": request.changed_at.isoformat()}
    actions.join(
        request, actor=town.actor("sue"), now=timezone.now(), team=town.team("search"), worth=Worth(Decimal(9), "guess")
    )
    response = client(town, "olga").post(
        f"/requests/{request.pk}/decline/", {**stale, "reason": "no-room", "words": "Long words of mine"}
    )
    html = response.content.decode()
    assert response.status_code == 409
    assert problems(html) == []
    assert "asks for it too" in html
    assert "Long words of mine" in html
    fresh = re.search(r'name="version" value="(\d+)"', html)
    assert fresh
    assert int(fresh[1]) == request.version + 1 or int(fresh[1]) > stale["version"]
    request.refresh_from_db()
    assert request.state == State.ASKED


def test_restricted_requests_are_nowhere_for_others(town: Town) -> None:
    request = town.ask(title="Keys of the vault", aim=Aim(entity=service(town, "vault", restricted=True)))
    sue = client(town, "sue")
    for part in ("", "accept/", "brief/"):
        assert sue.get(f"/requests/{request.pk}/{part}").status_code == 404
    assert sue.post(f"/requests/{request.pk}/join/", {"version": 1}).status_code == 404
    for address in ("/requests/", "/requests/board/", "/teams/default/orders/requests/", "/", "/teams/default/orders/"):
        assert "Keys of the vault" not in seen(sue, address)
        assert "Keys of the vault" in seen(client(town, "olga"), address)
    assert b"Keys of the vault" not in sue.get("/requests/?format=csv").getvalue()
    assert b"Keys of the vault" in client(town, "paul").get("/requests/?format=csv").getvalue()


def test_lists_board_and_queue(town: Town) -> None:
    first = town.ask(title="Refunds")
    town.ask("sue", "search", title="Bulk export", kind="bug")
    actions.accept(first, actor=town.actor("olga"), now=timezone.now(), plan=PLAN)
    olga = client(town, "olga")
    html = seen(olga, "/requests/?kind=bug")
    assert "Bulk export" in html
    assert "Refunds" not in html
    assert "Nothing fits." in seen(olga, "/requests/?q=absent")
    html = seen(olga, "/requests/board/")
    assert 'id="state-accepted"' in html
    html = seen(olga, "/teams/default/orders/requests/?by=clock")
    assert re.search(r"To decide.*Bulk export.*Promised.*Refunds", html, re.S)
    lines = olga.get("/requests/?format=csv&state=all").getvalue().decode().splitlines()
    assert lines[0].startswith("number,title,kind,state,home team")
    assert len(lines) == 3
    for wrong in ("state=half", "sort=colour", "value_min=much", "since=soon", "kind=wish", "cursor=x"):
        assert olga.get(f"/requests/?{wrong}").status_code == 422


def test_home_says_whose_turn_it_is(town: Town) -> None:
    town.ask(title="Refunds")
    mine = seen(client(town, "olga"), "/")
    assert re.search(r'id="turn-yours".*Refunds.*id="turn-waiting"', mine, re.S)
    theirs = seen(client(town, "paul"), "/")
    assert re.search(r'id="turn-waiting".*Refunds.*id="turn-soon"', theirs, re.S)
    colleague = seen(client(town, "oscar"), "/")
    assert re.search(r'id="turn-soon".*Refunds', colleague, re.S)
    assert "1 request where you must act" in mine


def test_the_brief_of_an_escalation(town: Town) -> None:
    other = town.ask("sue", "search", title="Bulk export")
    actions.accept(other, actor=town.actor("olga"), now=timezone.now(), plan=PLAN)
    request = town.ask(title="Refunds", can_send_away=False, away_impossible="Nobody knows Erlang")
    paul = client(town, "paul")
    assert paul.get(f"/requests/{request.pk}/brief/").status_code == 404
    actions.decline(request, actor=town.actor("olga"), now=timezone.now(), reason="no-room", words="Full")
    assert post(paul, request, "escalate", words="It costs us customers")[0] == 303
    html = seen(client(town, "mona"), f"/requests/{request.pk}/brief/")
    assert "You decide" in html
    assert "Bulk export" in html
    assert "least cost" in html
    assert "Nobody knows Erlang" in html
    status, _ = post(
        client(town, "mona"), request, "reshuffle", **EFFORT, rank="1", words="Customers first", minutes_spent="20"
    )
    assert status == 303
    html = seen(paul, f"/requests/{request.pk}/")
    assert "20 minutes" in html
    assert "it goes on the roadmap" in html


def test_many_at_once_withdraw_and_merge(town: Town) -> None:
    one, two = (town.ask(title=f"Refund {number}") for number in range(2))
    paul, olga = client(town, "paul"), client(town, "olga")
    assert 'name="action" value="withdraw"' in seen(paul, "/requests/")
    asked = {"action": "merge", "ids": [one.pk, two.pk], "here": "/requests/"}
    page = olga.post("/bulk/request/", asked).content.decode()
    assert problems(page) == []
    assert "Will be changed" in page
    done = olga.post("/bulk/request/", asked | {"confirmed": "yes", "into": f"#{one.pk}", "reason": "The same wish"})
    assert done.status_code == 303
    two.refresh_from_db()
    assert two.merged_into == one
    asked = {"action": "withdraw", "ids": [one.pk, two.pk], "here": "/requests/"}
    assert "Nothing more happens with it" in olga.post("/bulk/request/", asked).content.decode() or True
    paul.post("/bulk/request/", asked | {"confirmed": "yes", "reason": "No more"})
    one.refresh_from_db()
    assert one.askers_count == 1, "both askers were his; the first left, the second goes on"


def test_references_to_requests_become_links(town: Town) -> None:
    first, second = town.ask(title="Refunds"), town.ask(title="Bulk")
    discussions.comment(
        actor=town.actor("paul"),
        now=timezone.now(),
        subject=subject_of(second),
        text=f"Much like #{first.pk}, see #999999",
    )
    html = seen(client(town, "paul"), f"/requests/{second.pk}/")
    assert f'href="/requests/{first.pk}/"' in html
    assert 'href="/requests/999999/"' not in html


def test_the_clock_that_ran_out_is_shown(town: Town) -> None:
    request = town.ask(title="Refunds", now=town.days(-30))
    clocks.run_due(timezone.now())
    request.refresh_from_db()
    html = seen(client(town, "paul"), f"/requests/{request.pk}/")
    assert "can’t be refused" in html
    assert 'id="do-send-away"' in html
    assert 'id="do-wait"' in html
