"""Roadmaps over HTTP: the same verbs, with ETags, versions and row errors."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from awayteam.accounts import rules
from awayteam.accounts.models import ApiToken, User
from awayteam.organisation.models import Person
from awayteam.roadmaps.models import Document, Goal, Item
from awayteam.roadmaps.tests import shop
from awayteam.roadmaps.tests.world import World, order

TEAM = "/api/v1/roadmaps/default/orders"
WHY = {"reason": "because"}


@pytest.fixture
def world(db: None) -> World:
    made = World()
    shop.build(made.orders, made.search, made.lead, timezone.now())
    return made


@pytest.fixture
def ada(world: World) -> Client:
    return signed_in(world.ada)


def signed_in(person: Person) -> Client:
    now, secret = timezone.now(), f"awat_{person.name}"
    user = User.objects.create_user(username=person.name, person=person)
    ApiToken.objects.create(
        user=user, name="test", prefix=secret, scopes=["read", "write"], digest=rules.digest(secret), created_at=now,
        expires_at=now + timedelta(days=1),
    )  # fmt: skip
    return Client(headers={"Authorization": f"Bearer {secret}"})


def send(client: Client, method: str, path: str, body: Any = None, **headers: str) -> Any:
    data = None if body is None else json.dumps(body)
    return getattr(client, method)(path, data, content_type="application/json", headers=headers)


def item(title: str) -> Item:
    return Item.objects.get(title=title)


def test_a_roadmap_is_read_planned(ada: Client) -> None:
    found = ada.get(TEAM).json()
    assert [(row["title"], row["rank"], row["state"]) for row in found["items"]] == [
        ("Cache baskets", 1, "started"),
        ("Share a basket", 2, "planned"),
        ("Wish list", 3, "planned"),
    ]
    assert [(row["title"], row["why"]) for row in found["unranked"]] == [("Old tables", "unranked")]
    assert found["items"][1]["risk"] == "late"
    assert found["items"][1]["needs"] == [item("Facets in search").pk]
    assert [one["suggested"] for one in found["suggested"]] == [1, 2, 3]
    assert (found["estimates_items"], len(found["capacity"])) == (1, 26)
    overview = ada.get("/api/v1/roadmaps?show=risk").json()["items"]
    assert [(row["team"]["ref"], row["at_risk"]) for row in overview] == [
        ("group:default/orders", [item("Share a basket").pk])
    ]


def test_what_would_slip_is_told_without_saving(ada: Client, world: World) -> None:
    wish = item("Wish list").pk
    trial = ada.get(f"{TEAM}/what-if?item={wish}&rank=2").json()
    assert (trial["slips"], trial["p50"] is None) == ([], False)  # it goes ahead already while the other waits
    dropped = ada.get(f"{TEAM}/what-if?item={wish}").json()
    assert (dropped["p50"], dropped["cost"] < 0) == (None, True)
    assert [(row["title"], row["team"]) for row in dropped["slips"]] == [
        ("Facets in search", "group:default/search"),
        ("Share a basket", "group:default/orders"),
    ]
    new = ada.get(f"{TEAM}/what-if?effort=2&value=5&rank=1").json()
    options = ada.get(f"{TEAM}/ranks?effort=2&value=5").json()
    assert (options[0]["p50"], options[0]["cost"]) == (new["p50"], new["cost"])
    assert [one["rank"] for one in options] == [1, 2, 3, 4]
    assert order(world.orders) == ["Cache baskets", "Share a basket", "Wish list"]
    for bad in ("what-if", f"what-if?item={wish}&effort=1", "ranks", "ranks?effort=0", "what-if?effort=9&low=10"):
        assert ada.get(f"{TEAM}/{bad}").status_code == 422, bad
    assert ada.get(f"{TEAM}/what-if?item={item('Facets in search').pk}&rank=1").status_code == 404


def test_an_item_is_placed_changed_and_finished(ada: Client, world: World) -> None:
    made = send(ada, "post", "/api/v1/roadmap-items", {
        "team": "orders", "title": "New", "effort_likely": 2, "effort_high": 3.5, "rank": 2, "key": "K", **WHY,
    })  # fmt: skip
    assert made.status_code == 201, made.content
    body = made.json()
    assert (body["rank"], body["effort_low"], body["effort_high"], body["key"]) == (2, 2.0, 3.5, "K")
    path = f"/api/v1/roadmap-items/{body['id']}"
    again = send(
        ada, "post", "/api/v1/roadmap-items", {"team": "orders", "title": "x", "effort_likely": 1, "key": "K", **WHY}
    )
    assert again.status_code == 409
    changed = send(ada, "patch", path, {"title": "Newer", "effort_likely": 3, "value_per_week": 7.5, **WHY})
    assert changed.status_code == 200, changed.content
    assert (changed.json()["title"], changed.json()["effort_likely"], changed.json()["value_per_week"]) == (
        "Newer",
        3,
        7.5,
    )
    both = send(ada, "patch", path, {"title": "x", "effort_likely": 9, **WHY})
    assert (both.status_code, item("Newer").version) == (422, 4)
    assert send(ada, "patch", path, WHY).status_code == 422
    needs = send(ada, "post", f"{path}/needs", {"needs": item("Wish list").pk, **WHY}).json()
    assert [one["title"] for one in needs["needs"]] == ["Wish list"]
    assert send(ada, "delete", f"{path}/needs/{item('Wish list').pk}?reason=x").json()["needs"] == []
    assert send(ada, "post", f"{path}/start", WHY).json()["state"] == "started"
    done = send(ada, "post", f"{path}/finish", {"real_effort": 4, **WHY}).json()
    assert (done["state"], done["real_effort"], done["rank"], done["p50"]) == ("done", 4.0, None, None)
    assert send(ada, "post", f"{path}/drop", WHY).status_code == 409
    assert order(world.orders) == ["Cache baskets", "Share a basket", "Wish list"]


def test_two_who_rank_at_once_are_told(ada: Client, world: World) -> None:
    wish, path = item("Wish list").pk, f"/api/v1/roadmap-items/{item('Wish list').pk}"
    version, seen, tag = ada.get(TEAM).json()["version"], ada.get(path)["ETag"], ada.get(TEAM)["ETag"]
    first = send(ada, "post", f"{path}/rank", {"rank": 2, "version": version, **WHY}, **{"If-Match": seen})
    assert (first.status_code, first.json()["rank"]) == (200, 2)
    assert send(ada, "post", f"{path}/rank", {"rank": 1, "version": version, **WHY}).status_code == 409
    assert send(ada, "post", f"{path}/rank", {"rank": 1, **WHY}, **{"If-Match": seen}).status_code == 412
    changes = {"changes": [{"item": wish, "rank": None}, {"item": item("Share a basket").pk, "rank": 1}], **WHY}
    assert send(ada, "post", f"{TEAM}/reshuffle", changes, **{"If-Match": tag}).status_code == 412
    shuffled = send(ada, "post", f"{TEAM}/reshuffle", changes, **{"If-Match": ada.get(TEAM)["ETag"]})
    assert [row["title"] for row in shuffled.json()["items"]] == ["Share a basket", "Cache baskets"]
    assert order(world.orders) == ["Share a basket", "Cache baskets"]
    foreign = {"changes": [{"item": item("Facets in search").pk, "rank": 1}], **WHY}
    assert send(ada, "post", f"{TEAM}/reshuffle", foreign).status_code == 404


def test_items_are_listed_and_imported(ada: Client) -> None:
    listed = ada.get("/api/v1/roadmap-items?team=orders&state=open&limit=2").json()
    assert (len(listed["items"]), listed["total"]) == (2, 4)
    rest = ada.get(f"/api/v1/roadmap-items?team=orders&state=open&cursor={listed['next_cursor']}").json()
    assert len(rest["items"]) == 2
    assert ada.get("/api/v1/roadmap-items?state=nonsense").status_code == 422
    text = "key,title,effort\nA,a,1\nB,b,much\n"
    body = {"text": text, "team": "orders", "dry_run": True, **WHY}
    dry = send(ada, "post", "/api/v1/roadmap-imports", body).json()
    assert (dry["created"], [(one["line"], one["field"]) for one in dry["errors"]]) == (1, [(3, "effort")])
    assert not Item.objects.filter(external_key="A").exists()
    assert send(ada, "post", "/api/v1/roadmap-imports", {**body, "dry_run": False}).json()["created"] == 1
    assert send(ada, "post", "/api/v1/roadmap-imports", {**body, "dry_run": False}).json()["unchanged"] == 1


def test_goals_live_over_http(ada: Client) -> None:
    made = send(ada, "post", "/api/v1/goals", {
        "team": "orders", "title": "Learn", "starts": "2026-01-01", "ends": "2026-12-31", "owner": "bob", **WHY,
    }).json()  # fmt: skip
    path = f"/api/v1/goals/{made['id']}"
    wrong = {"title": "Courses", "baseline": 5, "target": 2, "direction": "up", **WHY}
    assert send(ada, "post", f"{path}/key-results", wrong).status_code == 422
    key = send(ada, "post", f"{path}/key-results", {**wrong, "target": 9}).json()["key_results"][0]
    measured = send(
        ada, "post", f"/api/v1/key-results/{key['id']}/measurements", {"value": 7, "source": "counted"}
    ).json()
    first = measured["key_results"][0]["measurements"][0]
    assert measured["key_results"][0]["progress"] == 0.5
    body = {"value": 6, "source": "counted again", "corrects": first["id"]}
    corrected = send(ada, "post", f"/api/v1/key-results/{key['id']}/measurements", body).json()
    assert [(one["value"], one["corrects"]) for one in corrected["key_results"][0]["measurements"]] == [
        (6.0, first["id"])
    ]
    edited = send(ada, "patch", path, {"title": "Learn more", "owner": "", **WHY}).json()
    assert (edited["title"], edited["owner"], edited["version"]) == ("Learn more", None, 2)
    assert send(ada, "patch", path, {"parent": made["id"], **WHY}).status_code == 409
    assert send(ada, "post", f"{path}/close", {"state": "met", **WHY}).json()["state"] == "met"
    assert send(ada, "post", f"{path}/reopen", WHY).json()["state"] == "open"
    assert [one["title"] for one in ada.get("/api/v1/goals?team=orders&state=missed").json()["items"]] == ["Long ago"]
    figures = Goal.objects.get(kind="pl")
    figure = {"name": "Cost", "period": "2026-Q4", "planned": 9000, "actual": 9700, **WHY}
    found = send(ada, "post", f"/api/v1/goals/{figures.pk}/figures", figure).json()["figures"]
    assert [(one["period"], one["actual"]) for one in found] == [("2026-Q4", 9700.0)]


def test_documents_and_notes_live_over_http(ada: Client) -> None:
    path = f"{TEAM}/documents"
    made = send(ada, "post", path, {"title": "Soon", "text": "One", "goals": [Goal.objects.get(kind="pl").pk], **WHY})
    assert made.status_code == 201, made.content
    assert send(ada, "post", path, {"title": "Soon", "text": "One", "goals": [99999], **WHY}).status_code == 422
    second = send(ada, "post", f"{path}/soon/versions", {"title": "Soon", "text": "Two", "base": 1, **WHY}).json()
    assert (second["number"], second["versions"], second["text"]) == (2, [1, 2], "Two")
    assert (
        send(ada, "post", f"{path}/soon/versions", {"title": "Soon", "text": "3", "base": 1, **WHY}).status_code == 409
    )
    assert ada.get(f"{path}/soon?version=1").json()["text"] == "One"
    linked = send(ada, "put", f"{path}/soon/links", {"goals": [], "items": [item("Wish list").pk], **WHY}).json()
    assert (linked["goals"], linked["items"]) == ([], [item("Wish list").pk])
    assert len(ada.get(path).json()) == Document.objects.count() == 2
    note = send(
        ada, "post", f"{TEAM}/capacity-notes", {"starts": "2027-01-04", "ends": "2027-01-08", "people": 1.5, **WHY}
    )
    assert (note.status_code, note.json()["people"]) == (201, 1.5)
    assert len(ada.get(f"{TEAM}/capacity-notes").json()) == 2
    assert send(ada, "delete", f"/api/v1/capacity-notes/{note.json()['id']}?reason=x").status_code == 204


def test_what_is_sent_again_is_done_once(ada: Client) -> None:
    body = {"team": "orders", "title": "Once", "effort_likely": 1, "value_per_week": 2.25, **WHY}
    answers = [
        send(ada, "post", "/api/v1/roadmap-items", body, **{"Idempotency-Key": "a-key-of-mine"}) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert [row.value_per_week for row in Item.objects.filter(title="Once")] == [Decimal("2.25")]


def test_what_is_exported_is_imported_alike(world: World, ada: Client) -> None:
    found = ada.get("/api/v1/roadmap-exports", {"team": "orders"}).json()["items"]
    assert len(found) == Item.objects.filter(team=world.orders, state__in=["planned", "started"]).count()
    text = ada.get("/api/v1/roadmap-exports", {"team": "orders", "format": "csv"}).json()["text"]
    again = send(ada, "post", "/api/v1/roadmap-imports", {"text": text, **WHY}).json()
    assert (again["created"], again["errors"]) == (0, [])
    assert len(text.splitlines()) > len(found) > 0
