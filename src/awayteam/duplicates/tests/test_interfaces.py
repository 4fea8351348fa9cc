"""Duplicates on pages and by REST: what people press, what they read, and what they may not."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from awayteam.accounts.models import User
from awayteam.duplicates import actions
from awayteam.duplicates.alike import job
from awayteam.duplicates.models import Duplicate, Likeness
from awayteam.duplicates.tests.test_actions import SOON, add, in_review
from awayteam.duplicates.tests.test_alike import alike
from awayteam.duplicates.tests.world import NOW, Small, build
from awayteam.kernel import turns
from awayteam.kernel.turns import Place

pytestmark = pytest.mark.django_db
LATER = (datetime.now(UTC).date() + timedelta(days=200)).isoformat()
FORM = {"of": "finder", "what": "Finding", "why": "Speed", "on": LATER}


@pytest.fixture
def small() -> Small:
    return build()


def client(name: str) -> Client:
    made = Client()
    made.force_login(User.objects.get(username=name))
    return made


def send(who: str, path: str, body: Any, **headers: str) -> Any:
    made = client(who)
    return made.post(f"/api/v1{path}", json.dumps(body), content_type="application/json", headers=headers)


@pytest.fixture(autouse=True)
def _no_csrf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("awayteam.kernel.rest.auth.csrf_is_good", lambda _request: True)


def test_a_form_that_takes_a_minute(small: Small) -> None:
    sam = client("sam")
    page = sam.get("/duplicates/new/?of=component:default/finder")
    assert b"component:default/finder" in page.content
    made = sam.post("/duplicates/new/", {**FORM, "team": small.teams["search"].pk})
    row = Duplicate.objects.get()
    assert (made.status_code, made["Location"]) == (303, f"/duplicates/{row.pk}/")
    assert (row.entity, row.words) == (small.things["finder"], "")
    words = sam.post("/duplicates/new/", {**FORM, "of": "spell checking", "team": small.teams["search"].pk})
    assert words.status_code == 303
    assert Duplicate.objects.latest("pk").words == "spell checking"
    past = sam.post("/duplicates/new/", {**FORM, "on": "2001-01-01", "team": small.teams["search"].pk})
    assert (past.status_code, b"must lie in the future" in past.content) == (422, True)
    other = sam.post("/duplicates/new/", {**FORM, "team": small.teams["orders"].pk})
    assert other.status_code == 422
    assert b"You belong to no team" in client("ned").get("/duplicates/new/").content


def test_both_answer_on_the_page_and_a_manager_decides(small: Small) -> None:
    row = in_review(small)
    where = f"/duplicates/{row.pk}/"
    assert b"Only Search and Orders may do that." in client("ned").get(where).content
    own = client("sam").post(f"{where}answer/", {"choice": "keep", "on": LATER, "reason": "Ours is faster"})
    assert own.status_code == 303, own.content
    bad = client("ada").post(f"{where}answer/", {"choice": "retire", "on": "2001-01-01", "reason": "x"})
    assert bad.status_code == 422
    home = client("ada").post(f"{where}answer/", {"choice": "retire", "on": LATER, "reason": "One will do"})
    assert home.status_code == 303
    row.refresh_from_db()
    assert (row.state, row.manager) == ("arbitration", small.people["mia"])
    page = client("mia").get(where).content.decode()
    assert "Decide" in page
    assert "Ours is faster" in page
    ruled = client("mia").post(
        f"{where}settle/", {"choice": "converge-own", "on": LATER, "reason": "The older one stays"}
    )
    assert ruled.status_code == 303
    ended = client("ada").post(f"{where}finish/", {"reason": "All have moved"})
    assert ended.status_code == 303
    row.refresh_from_db()
    assert row.state == "converged"
    assert b"this has ended" in client("ned").get(where).content


def test_somebody_of_both_sides_says_for_which(small: Small) -> None:
    row = in_review(small)
    where, mia = f"/duplicates/{row.pk}/", client("mia")
    assert b"In whose name" in mia.get(where).content
    form = {"choice": "keep", "on": LATER, "reason": "Fine"}
    assert mia.post(f"{where}answer/", form).status_code == 422
    assert mia.post(f"{where}answer/", {**form, "side": "HOME"}).status_code == 303
    assert mia.post(f"{where}answer/", form).status_code in (403, 422)


@pytest.mark.parametrize(("who", "status"), [("ned", 403), ("sam", 303)])
def test_looking_again_is_for_both_teams(small: Small, who: str, status: int) -> None:
    row = add(small)
    made = client(who).post(f"/duplicates/{row.pk}/look-again/", {"reason": "Soon enough"})
    assert made.status_code == status
    row.refresh_from_db()
    assert row.state == ("review" if status == 303 else "open")


def test_lists_say_it_as_csv_and_narrowed(small: Small) -> None:
    add(small, customer_facing=True)
    ned = client("ned")
    text = b"".join(ned.get("/duplicates/?format=csv").streaming_content).decode()
    assert "component:default/finder" not in text.splitlines()[0]
    assert "Search builds its own finder" in text
    assert b"Nothing fits." in ned.get("/duplicates/?state=kept").content
    assert b"Search builds its own finder" in ned.get("/duplicates/?customers=yes&sort=title").content
    assert ned.get("/duplicates/?cursor=x").status_code == 422


def test_panels_show_it_on_the_thing_and_the_team(small: Small) -> None:
    for number in range(2):
        add(small, title=f"Own {number}")
    ned = client("ned")
    thing = ned.get("/catalog/default/component/finder/").content
    assert b"3 solutions" in thing
    assert b"Own 1" in thing
    assert b"Own 0" in ned.get("/teams/default/search/").content
    assert b"Built twice" not in ned.get("/catalog/default/component/seeker/").content


def test_home_says_whose_turn_it_is(small: Small) -> None:
    add(small, title="Resting")
    in_review(small, title="Asked")
    gathered = turns.gather(small.actor("ada"), NOW)
    assert [row.title for row in gathered[Place.YOURS].rows] == ["Asked"]
    bob = turns.gather(small.actor("bob"), NOW)
    assert [row.title for row in bob[Place.SOON].rows] == ["Asked"]
    sam = turns.gather(small.actor("sam"), NOW)
    assert [row.title for row in sam[Place.SOON].rows] == ["Resting"]


def test_likenesses_are_listed_compared_and_dismissed(small: Small) -> None:
    alike(small)
    job.compare(NOW)
    row = Likeness.objects.get()
    ned, ada = client("ned"), client("ada")
    assert f"/duplicates/alike/{row.pk}/".encode() in ned.get("/duplicates/alike/").content
    page = ned.get(f"/duplicates/alike/{row.pk}/").content
    assert b"get order" in page
    assert b"Only the teams that own the two" in page
    assert ned.post(f"/duplicates/alike/{row.pk}/dismiss/", {"reason": "x"}).status_code == 403
    assert ada.post(f"/duplicates/alike/{row.pk}/dismiss/", {"reason": "Partners only"}).status_code == 303
    assert b"No two APIs" in ned.get("/duplicates/alike/").content
    assert b"Partners only" in ned.get(f"/duplicates/alike/{row.pk}/").content
    assert ada.post(f"/duplicates/alike/{row.pk}/restore/", {"reason": "After all"}).status_code == 303


def test_the_same_by_rest(small: Small) -> None:
    body = {"team": "search", "of": "component:default/finder", "what": "Finding", "why": "Speed", "on": LATER}
    made = send("sam", "/duplicates", body)
    assert made.status_code == 201, made.content
    one = made.json()
    assert (one["state"], one["entity"]["ref"], one["home_team"]["ref"]) == (
        "open",
        "component:default/finder",
        "group:default/orders",
    )
    path = f"/duplicates/{one['id']}"
    seen = client("ada").get(f"/api/v1{path}")
    assert "look-again" in seen.json()["may"]
    asked = send("ada", f"{path}/look-again", {"reason": "Now"}, **{"If-Match": seen["ETag"]})
    assert asked.json()["state"] == "review"
    stale = send("ada", f"{path}/finish", {"reason": "x"}, **{"If-Match": seen["ETag"]})
    assert stale.status_code == 412
    said = {"choice": "converge", "gives_way": "own", "on": LATER, "reason": "One will do"}
    assert send("sam", f"{path}/answer", said).json()["state"] == "review"
    assert send("ned", f"{path}/answer", said).status_code == 403
    assert send("ada", f"{path}/answer", said).json()["state"] == "converging"
    assert send("ada", f"{path}/settle", said).status_code == 409
    page = client("ned").get("/api/v1/duplicates?state=converging&home=group:default/orders").json()
    assert (page["total"], page["items"][0]["id"]) == (1, one["id"])
    assert send("ada", "/duplicates", {**body, "of": "component:default/nothing"}).status_code == 404
    assert send("sam", "/duplicates", {**body, "why": ""}).status_code == 422


def test_likenesses_by_rest(small: Small) -> None:
    alike(small)
    job.compare(NOW)
    [row] = client("ned").get("/api/v1/likenesses").json()["items"]
    found = client("ned").get(f"/api/v1/likenesses/{row['id']}").json()
    assert {"what": "get order", "a": ["GET /orders/{id}"], "b": ["GET /v1/order/{orderId}"], "boilerplate": False} in (
        found["matches"]
    )
    assert send("ned", f"/likenesses/{row['id']}/dismiss", {"reason": "x"}).status_code == 403
    assert send("ada", f"/likenesses/{row['id']}/dismiss", {"reason": "Partners"}).json()["dismissed_why"] == "Partners"
    assert client("ned").get("/api/v1/likenesses?dismissed=true").json()["total"] == 1


def test_from_a_request_it_is_told_what_it_came_from(small: Small) -> None:
    row = add(small, about=("request", 17))
    assert (row.about_kind, row.about_id) == ("request", 17)
    assert actions.finish(row, actor=small.actor("sam"), now=NOW, reason="Gone").closed_at == NOW
    assert row.on == SOON
