"""Reading by /api/v1: what each address answers."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from awayteam.api.tests.organisation import NOW, Organisation
from awayteam.catalog.models import Entity

ENTITIES = "/api/v1/entities"
ORDERS = f"{ENTITIES}/component/default/orders"


@pytest.fixture
def api(org: Organisation) -> Client:
    return org.client("ada")


def refs(answer: Any) -> list[str]:
    return [row["ref"] for row in answer.json()["items"]]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("kind=component", ["finder", "legacy", "orders", "vault"]),
        ("kind=Component&kind=api", ["finder", "legacy", "orders", "orders-api", "vault"]),
        ("kind=component&type=website", ["legacy"]),
        ("owner=payments&kind=component", ["orders", "vault"]),
        ("owner=&kind=component", ["legacy"]),
        ("tag=java", ["orders"]),
        ("presence=missing", ["ghost"]),
        ("presence=orphan", ["legacy"]),
        ("system=shop", ["orders"]),
        ("filter=metadata.annotations.github.com/project-slug", ["orders"]),
        ("filter=spec.lifecycle=experimental", ["finder"]),
        ("kind=component&lifecycle=production&source=main", ["orders", "vault"]),
        ("kind=component&source=", []),
        ("text=finder", ["finder"]),
    ],
)
def test_lists_are_narrowed(api: Client, query: str, names: list[str]) -> None:
    found = sorted(ref.rpartition("/")[2] for ref in refs(api.get(f"{ENTITIES}?{query}")))
    assert found == names


@pytest.mark.parametrize(
    "query",
    [
        "sort=sideways",
        "presence=gone",
        "filter==x",
        "cursor=e30",
        "limit=201",
        "as_of=yesterday",
        "owner=%3A",
        "as_of=0001-01-01",
    ],
)
def test_what_cannot_be_asked_is_422(api: Client, query: str) -> None:
    response = api.get(f"{ENTITIES}?{query}")
    assert (response.status_code, response["Content-Type"]) == (422, "application/problem+json"), response.content


def test_pages_join_without_gap_or_repetition(api: Client) -> None:
    whole = refs(api.get(f"{ENTITIES}?limit=200&sort=-name"))
    found, cursor = [], ""
    while True:
        page = api.get(f"{ENTITIES}?limit=3&sort=-name&cursor={cursor}").json()
        found += [row["ref"] for row in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert found == whole
    assert len(whole) == len(set(whole)) == 15


def test_before_it_was_there_it_was_not(api: Client) -> None:
    Entity.objects.filter(name="orders").update(changed_at=NOW + timedelta(days=10))
    day = (NOW + timedelta(days=1)).date()
    assert "component:default/orders" not in refs(api.get(f"{ENTITIES}?as_of={day}&kind=component"))
    assert "component:default/finder" in refs(api.get(f"{ENTITIES}?as_of={day}&kind=component"))


def test_an_entity_tells_facts_document_and_where_it_is_declared(api: Client) -> None:
    found = api.get(ORDERS.replace("orders", "Orders")).json()
    assert (found["ref"], found["title"], found["owner"]["ref"]) == (
        "component:default/orders",
        "Order Service",
        "group:default/payments",
    )
    assert found["declaration"]["path"] == "all.yaml"
    assert found["document"]["metadata"]["annotations"] == {"github.com/project-slug": "example/orders"}
    assert found["edits"] == []
    assert api.get(f"{ENTITIES}/component/default/nothing").status_code == 404


def test_relations_are_seen_from_both_ends(api: Client) -> None:
    providers = api.get(f"{ORDERS}/relations?type=providesApi").json()
    assert [row["other"]["ref"] for row in providers["items"]] == ["api:default/orders-api"]
    users = api.get(f"{ENTITIES}/api/default/orders-api/relations?type=apiconsumedby").json()
    assert [(row["type"], row["direction"], row["other"]["name"]) for row in users["items"]] == [
        ("apiConsumedBy", "in", "finder")
    ]
    counts = {row["type"]: row["count"] for row in api.get(f"{ORDERS}/relation-counts").json()}
    assert counts == {"ownedBy": 1, "partOf": 1, "providesApi": 1, "dependsOn": 1}
    assert api.get(f"{ORDERS}/relations?type=likes").status_code == 422


def test_the_neighbourhood_is_a_picture_with_ends_that_are_in_it(api: Client) -> None:
    found = api.get(f"{ENTITIES}/component/default/finder/neighbourhood").json()
    nodes = {node["entity"]["ref"] for node in found["nodes"]}
    assert found["centre"] in nodes
    assert {edge["source"] for edge in found["edges"]} | {edge["target"] for edge in found["edges"]} <= nodes


def test_operations_ownership_findings_history(api: Client) -> None:
    operations = f"{ENTITIES}/api/default/orders-api/operations"
    assert [row["key"] for row in api.get(operations).json()["items"]] == ["GET /orders", "GET /old"]
    assert [row["key"] for row in api.get(f"{operations}?deprecated=true").json()["items"]] == ["GET /old"]
    (held,) = api.get(f"{ORDERS}/ownership").json()
    assert (held["owner"]["ref"], held["starts"], held["ends"]) == ("group:default/payments", None, None)
    assert [row["line"] for row in api.get(f"{ORDERS}/findings").json()] == [7]
    assert [row["name"] for row in api.get(f"{ORDERS}/history").json()["items"]] == ["entity.created"]
    assert api.get(f"{ORDERS}/ancestry").json() == []


def test_facets_count_what_lists_hold(api: Client) -> None:
    facets = {facet["name"]: facet for facet in api.get("/api/v1/facets?kind=component").json()}
    for value in facets["kind"]["values"]:
        listed = api.get(f"{ENTITIES}?kind={value['value']}&limit=200").json()["items"]
        assert len(listed) == value["count"], value
    assert {each["value"]: each["count"] for each in facets["type"]["values"]} == {"service": 3, "website": 1}


def test_search_finds_by_word_and_groups_by_kind(api: Client) -> None:
    found = api.get("/api/v1/search?words=order").json()
    assert {group["kind"] for group in found["groups"]} >= {"Component", "API"}
    only = api.get("/api/v1/search?words=order&kind=api").json()
    assert [group["kind"] for group in only["groups"]] == ["API"]


def test_teams_and_the_tree(api: Client) -> None:
    teams = api.get("/api/v1/teams?units=false").json()
    assert [(row["name"], row["members"]) for row in teams["items"]] == [("payments", 2), ("search", 1)]
    tree = api.get("/api/v1/teams/tree").json()
    assert [(row["team"]["name"], row["depth"], row["people"]) for row in tree] == [
        ("engineering", 0, 4),
        ("payments", 1, 2),
        ("search", 1, 1),
    ]
    team = api.get("/api/v1/teams/default/Payments").json()
    assert (team["parent"]["name"], team["size"]["size"], team["size"]["is_over"]) == ("engineering", 2, False)
    members = api.get("/api/v1/teams/default/payments/members").json()
    assert [(row["person"]["name"], row["roles"]) for row in members] == [("ada", ["lead"]), ("bob", ["member"])]
    assert api.get("/api/v1/teams/default/nobody").status_code == 404


def test_people_and_their_identities(api: Client) -> None:
    assert [row["name"] for row in api.get("/api/v1/people?team=search").json()["items"]] == ["sam"]
    assert [row["name"] for row in api.get("/api/v1/people?teamless=true").json()["items"]] == ["eve", "zoe"]
    ada = api.get("/api/v1/people/default/ada").json()
    assert [place["team"]["ref"] for place in ada["teams"]] == ["group:default/payments"]
    assert [(row["provider"], row["value"]) for row in ada["identities"]] == [("github", "Ada")]
    assert api.get("/api/v1/people/default/ada/identities").json() == ada["identities"]


def test_me_tells_what_follows_from_roles(org: Organisation) -> None:
    mia = org.client("mia", "read").get("/api/v1/me").json()
    assert mia["manages"] == ["group:default/engineering", "group:default/payments", "group:default/search"]
    assert (mia["kind"], mia["scopes"], mia["is_administrator"]) == ("token", ["read"], False)


def test_events_are_told_newest_first(api: Client) -> None:
    page = api.get("/api/v1/events?limit=5&name=entity.created").json()
    ids = [row["id"] for row in page["items"]]
    assert ids == sorted(ids, reverse=True)
    following = api.get(f"/api/v1/events?limit=5&cursor={page['next_cursor']}").json()
    assert following["items"][0]["id"] == ids[-1] - 1
    assert api.get("/api/v1/events?name=nothing").status_code == 422
    assert api.get("/api/v1/events?until=2000-01-01").json()["items"] == []


def test_the_rulebook_is_open(api: Client) -> None:
    assert api.get("/api/v1/rulebook").json()["values"]["organisation.team_size_max"] == 8


def test_tokens_are_made_shown_once_and_revoked(api: Client) -> None:
    made = api.post("/api/v1/tokens", {"name": "ci", "scopes": ["write"]}, content_type="application/json")
    assert made.status_code == 201
    token = made.json()
    path = f"/api/v1/tokens/{token['id']}"
    assert token["token"].startswith("awat_")
    assert "token" not in api.get(path).json()
    assert Client(headers={"Authorization": f"Bearer {token['token']}"}).get("/api/v1/me").status_code == 200
    assert api.delete(f"{path}?reason=over").json()["state"] == "revoked"
    assert Client(headers={"Authorization": f"Bearer {token['token']}"}).get("/api/v1/me").status_code == 401


def test_tokens_of_others_are_not_there(org: Organisation) -> None:
    path = f"/api/v1/tokens/{org.client('ada').get('/api/v1/tokens').json()[0]['id']}"
    eve = org.client("eve")
    assert eve.get(path).status_code == 404
    assert eve.delete(path).status_code == 404
    assert org.client("ada").get(path).json()["state"] == "active"
    assert {row["account"] for row in org.client("zoe").get("/api/v1/tokens").json()} == {"ada", "eve", "zoe"}
