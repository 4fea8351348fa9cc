"""Successions on pages, over HTTP and on the command line: the same answers and refusals, within few statements."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from awayteam.accounts.models import User
from awayteam.catalog.models import Entity, Relation
from awayteam.cli.main import main
from awayteam.kernel.models import Event
from awayteam.sources.declared import RelationType
from awayteam.succession import actions
from awayteam.succession.actions.watching import propose_all
from awayteam.succession.models import Evidence, Line, Succession
from awayteam.succession.tests.parish import DAY, NOON, Parish, parish
from awayteam.succession.views import DEEDS

pytestmark = pytest.mark.django_db
SignIn = Callable[[str], Client]


@pytest.fixture
def town(monkeypatch: pytest.MonkeyPatch) -> Parish:
    made = parish()
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOON)
    return made


@pytest.fixture
def as_(town: Parish) -> SignIn:
    def sign_in(name: str) -> Client:
        client = Client()
        user, _ = User.objects.get_or_create(username=name, defaults={"person": town.town.person(name)})
        client.force_login(user)
        return client

    return sign_in


def post(client: Client, address: str, body: dict[str, object], **headers: str) -> tuple[int, Any]:
    answer = client.post(f"/api/v1/succession{address}", json.dumps(body), "application/json", headers=headers)
    return answer.status_code, answer.json()


def state_of_everything() -> list[object]:
    rows = [Succession, Line, Evidence, Entity, Event]
    return [list(model.objects.order_by("pk").values()) for model in rows]


def test_a_transfer_from_offer_to_owner_over_http(as_: SignIn, town: Parish) -> None:
    olga, pia, mona = as_("olga"), as_("pia"), as_("mona")
    given = {"entity": "ledger", "team": "payments", "words": "You use it most."}
    status, made = post(olga, "/offer", given)
    assert (status, made["state"], made["turn_person"]) == (201, "answering", "user:default/pia")
    number = made["id"]
    assert made["evidence"][0]["document"]["finding"] == "none"
    assert made["may"] == ["withdraw"]
    assert "You began it" in made["may_not"]["accept"]
    status, refused = post(olga, "/offer", given)
    assert (status, refused["title"]) == (409, "Conflict")
    tag = pia.get(f"/api/v1/succession/{number}").headers["ETag"]
    status, found = post(pia, f"/{number}/refuse", {"words": "Too much."}, **{"If-Match": tag})
    assert (status, found["state"], found["level"]) == (200, "disputed", "group:default/commerce")
    status, _ = post(pia, f"/{number}/accept", {}, **{"If-Match": tag})
    assert status == 412
    status, found = post(mona, f"/{number}/decide", {"choice": "handing-over", "words": "It is yours."})
    assert (status, found["answer"]) == (200, "It is yours.")
    for line in found["lines"]:
        assert post(pia, f"/{number}/lines/{line['number']}/tick", {"words": "Here."})[0] == 200
    assert post(pia, f"/{number}/lines/1/untick", {})[1]["lines"][0]["done"] is False
    status, found = post(pia, f"/{number}/accept", {})
    assert (status, town.owner()) == (409, "orders")
    assert post(pia, f"/{number}/lines/1/tick", {})[0] == 200
    status, found = post(pia, f"/{number}/accept", {})
    assert (status, found["state"], town.owner()) == (200, "transferred", "payments")
    listed = pia.get("/api/v1/succession", {"ended": "true", "team": "group:default/orders"}).json()
    assert [one["id"] for one in listed["items"]] == [number]
    assert pia.get("/api/v1/succession").json()["items"] == []
    assert [one["verb"] for one in found["steps"]] == ["begin", "refuse", "decide", "accept"]


def test_evidence_that_is_not_enough_is_422_with_its_doubts_and_can_be_looked_at(as_: SignIn, town: Parish) -> None:
    town.covered()
    town.uses(town.till, sampling=0.01)
    sue = as_("sue")
    status, refused = post(sue, "/propose", {"entity": "ledger"})
    assert status == 422
    assert "36.6%" in json.dumps(refused)
    seen = sue.get("/api/v1/succession/look", {"entity": "ledger"}).json()
    assert (seen["finding"], seen["team"], seen["enough"]) == ("sole", "group:default/payments", False)
    assert sue.get("/api/v1/succession/candidates").json() == [
        {"entity": "component:default/ledger", "owner": "group:default/orders", "team": "group:default/payments",
         "share": 1.0, "succession": None}
    ]  # fmt: skip


def test_headers_of_a_retirement_are_there_from_its_deprecation_on(as_: SignIn, town: Parish) -> None:
    town.covered()
    olga = as_("olga")
    given = {"entity": "ledger", "words": "Old.", "sunset_on": "2026-12-31", "more": "https://docs.example.org/end"}
    status, made = post(olga, "/retire", given)
    assert (status, made["state"], made["receiver"]) == (201, "notice", None)
    assert olga.get(f"/api/v1/succession/{made['id']}/headers").status_code == 404
    row = Succession.objects.get()
    at = town.wait(row, NOON)
    told = olga.get(f"/api/v1/succession/{made['id']}/headers").json()
    assert told["headers"][0] == ["Deprecation", f"@{int(at.timestamp())}"]
    assert told["headers"][1] == ["Sunset", "Thu, 31 Dec 2026 23:59:00 GMT"]
    assert 'rel="sunset"' in told["recipes"]["nginx"]
    page = olga.get(f"/succession/{made['id']}/").content.decode()
    assert "RFC 9745" in page
    assert "Thu, 31 Dec 2026 23:59:00 GMT" in page


def test_everything_can_be_done_by_forms(as_: SignIn, town: Parish) -> None:
    town.sole()
    propose_all(NOON)
    row = Succession.objects.get()
    olga, pia, paul = as_("olga"), as_("pia"), as_("paul")
    page = f"/succession/{row.pk}/"
    shown = olga.get(page).content.decode()
    assert "Confirm the evidence" in shown
    assert "good enough" in shown
    assert olga.post(f"{page}confirm/", {"words": ""}).status_code == 303
    assert "is required" in pia.post(f"{page}refuse/", {"words": ""}).content.decode()
    assert pia.post(f"{page}accept/", {"words": ""}).status_code == 303
    for line in row.lines.all():
        assert paul.post(f"{page}lines/{line.number}/", {"words": "ours"}).status_code == 303
    assert paul.post(f"{page}lines/1/", {"undo": "yes"}).status_code == 303
    assert paul.post(f"{page}lines/1/", {"words": "ours"}).status_code == 303
    refused = paul.post(f"{page}accept/", {"words": ""})
    assert (refused.status_code, town.owner()) == (422, "orders")
    assert pia.post(f"{page}accept/", {"words": ""}).status_code == 303
    assert town.owner() == "payments"
    assert "changed hands" in pia.get(page).content.decode()
    assert "ledger" in pia.get("/succession/?ended=yes").content.decode()
    assert "component:default/ledger" in b"".join(pia.get("/succession/?ended=yes&format=csv")).decode()
    begun = pia.post("/succession/new/", {"how": "offer", "entity": "ledger", "team": "search", "words": "Yours?"})
    assert begun.status_code == 303
    wrong = pia.post("/succession/new/", {"how": "offer", "entity": "nothing", "team": "search", "words": "Yours?"})
    assert wrong.status_code == 422
    assert "There is no entity" in wrong.content.decode()


def test_panels_and_home_say_whose_turn_it_is(as_: SignIn, town: Parish) -> None:
    olga = as_("olga")
    assert "Offer it to another team" in olga.get("/catalog/default/component/ledger/").content.decode()
    assert "Ask to own it" in as_("sue").get("/catalog/default/component/ledger/").content.decode()
    row = actions.ask(town.ledger, actor=town.actor("pia"), now=NOON, team=town.team("payments"), words="We tend it.")
    for address in ("/catalog/default/component/ledger/", "/teams/default/orders/", "/teams/default/payments/", "/"):
        assert f"/succession/{row.pk}/" in olga.get(address).content.decode(), address
    assert "What may belong elsewhere" in olga.get("/succession/candidates/").content.decode()


def test_pages_take_few_statements_however_many_there_are(as_: SignIn, town: Parish) -> None:
    from awayteam.succession.tests.parish import thing

    pia, counts = as_("pia"), []
    for number in range(12):
        extra = thing(town.town, f"extra-{number}", "orders")
        actions.ask(extra, actor=town.actor("pia"), now=NOON, team=town.team("payments"), words="We tend it.")
        if number in (2, 11):
            pia.get("/succession/")
            with CaptureQueriesContext(connection) as seen:
                assert pia.get("/succession/").status_code == 200
            counts.append(len(seen))
    assert counts[0] == counts[1] <= 20
    with CaptureQueriesContext(connection) as seen:
        assert pia.get(f"/succession/{Succession.objects.order_by('pk')[0].pk}/").status_code == 200
    assert len(seen) <= 45


def test_what_is_restricted_is_seen_by_both_sides_only(as_: SignIn, town: Parish) -> None:
    row = actions.ask(town.ledger, actor=town.actor("pia"), now=NOON, team=town.team("payments"), words="We tend it.")
    Entity.objects.filter(pk=town.ledger.pk).update(restricted=True)
    for name, status in (("sue", 404), ("ann", 404), ("olga", 200), ("pia", 200), ("dana", 200)):
        assert as_(name).get(f"/api/v1/succession/{row.pk}").status_code == status, name
        assert as_(name).get(f"/succession/{row.pk}/").status_code == status, name
    assert as_("sue").get("/api/v1/succession").json()["items"] == []
    assert as_("pia").get(f"/succession/{row.pk}/").status_code == 200
    assert Client().get("/succession/").status_code == 302
    assert Client().get("/api/v1/succession").status_code == 401


def test_evidence_names_no_consumer_that_is_restricted(as_: SignIn, town: Parish) -> None:
    town.sole()
    Entity.objects.filter(pk=town.till.pk).update(restricted=True)
    Relation.objects.create(
        type=RelationType.DEPENDS_ON, source=town.till, target=town.ledger, declared_by=town.till
    )  # fmt: skip
    propose_all(NOON)
    row = Succession.objects.get()
    sue = as_("sue")
    for address in (f"/api/v1/succession/{row.pk}", "/api/v1/succession/look?entity=ledger", f"/succession/{row.pk}/"):
        text = sue.get(address).content.decode()
        assert "something restricted" in text, address
        assert "till" not in text.replace("until", "").replace("still", ""), address
    assert row.evidence.get().document["uses"][0]["team"] == "group:default/payments"


def test_who_may_not_changes_nothing(as_: SignIn, town: Parish) -> None:
    rows = [
        actions.ask(town.ledger, actor=town.actor("pia"), now=NOON, team=town.team("payments"), words="We tend it."),
        actions.retire(town.finder, actor=town.actor("sam"), now=NOON, words="Old."),
    ]
    ann, words = as_("ann"), {"words": "So."}
    before = state_of_everything()
    for row in rows:
        for verb in DEEDS:
            body = {**words, "choice": "kept"} if verb == "decide" else words
            status, _ = post(ann, f"/{row.pk}/{verb}", body)
            assert status in (403, 409), (verb, status)
            assert ann.post(f"/succession/{row.pk}/{verb}/", body).status_code == 422, verb
        assert post(ann, f"/{row.pk}/lines/1/tick", {})[0] == 403
        assert ann.post(f"/succession/{row.pk}/lines/1/", {"words": "x"}).status_code == 403
    for how in ("offer", "ask", "order"):
        assert post(ann, f"/{how}", {"entity": "till", "team": "search", "words": "Mine."})[0] == 403, how
    assert post(ann, "/retire", {"entity": "till", "words": "Old."})[0] == 403
    assert state_of_everything() == before


def test_the_command_line_does_the_same(
    town: Parish, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("awayteam.cli.setup.django", lambda **_options: None)

    def said(*given: str, code: int = 0) -> str:
        with pytest.raises(SystemExit) as left:
            main(list(given))
        captured = capsys.readouterr()
        assert (left.value.code or 0) == code, captured.err
        return captured.err if code else captured.out

    def run(*given: str) -> Any:
        return json.loads(said(*given, "--json"))

    made = run("succession", "ask", "ledger", "--team", "search", "--words", "We tend it.", "--as", "sue")
    number = str(made["id"])
    assert [one["id"] for one in run("succession", "list", "--mine", "--as", "sue")["items"]] == [made["id"]]
    assert run("succession", "accept", number, "--as", "olga")["state"] == "handing-over"
    for line in range(1, 7):
        run("succession", "tick", number, str(line), "--words", "Ours.", "--as", "sue")
    assert run("succession", "accept", number, "--as", "sam")["state"] == "transferred"
    assert town.owner() == "search"
    assert run("succession", "show", number)["owned_since"]
    ended = run("retire", "begin", "till", "--words", "Old.", "--on", "2027-01-31", "--as", "pia")
    assert ended["sunset_at"].startswith("2027-01-31")
    assert run("retire", "cancel", str(ended["id"]), "--words", "Needed.", "--as", "pia")["state"] == "withdrawn"
    assert run("retire", "headers", str(ended["id"]))["headers"] == []
    assert run("succession", "look", "ledger")["finding"] == "none"
    assert "2027-03-31" in said("retire", "begin", "till", "--words", "x", "--on", "soon", "--as", "pia", code=2)
    assert "can't be done with it now" in said("succession", "accept", number, "--as", "ann", code=1)
    assert "component:default/ledger" in said("succession", "list", "--ended")
    assert "We tend it." in said("succession", "show", number)


def test_a_list_goes_page_by_page_in_each_order(as_: SignIn, town: Parish) -> None:
    from awayteam.succession.tests.parish import thing

    for number in range(5):
        extra = thing(town.town, f"extra-{number}", "orders")
        at = NOON - timedelta(minutes=number) + 0 * DAY
        actions.ask(extra, actor=town.actor("pia"), now=at, team=town.team("payments"), words="We tend it.")
    pia = as_("pia")
    for sort in ("-created", "due", "entity"):
        seen, cursor = [], ""
        while True:
            given = {"limit": 2, "sort": sort, **({"cursor": cursor} if cursor else {})}
            page = pia.get("/api/v1/succession", given).json()
            seen += [one["entity"] for one in page["items"]]
            cursor = page["next_cursor"]
            if not cursor:
                break
        assert sorted(seen) == [f"component:default/extra-{number}" for number in range(5)], sort
        assert (seen == sorted(seen)) == (sort != "due"), sort
