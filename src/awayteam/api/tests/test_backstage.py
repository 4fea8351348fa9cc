"""The contract of Backstage's catalog API, as its clients use it."""

import itertools
import json
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from awayteam.api.backstage import filters, shape
from awayteam.api.tests.organisation import NOW, SECRET, Organisation
from awayteam.catalog.models import Alias, Entity, Presence
from awayteam.sources.models import Source, SourceFile, SourceKind

BASE = "/api/catalog"


@pytest.fixture
def api(org: Organisation) -> Client:
    return org.client("ada", "read")


def names(answer: Any) -> list[str]:
    return [item["metadata"]["name"] for item in answer.json()["items"]]


def test_an_entity_has_the_shape_that_clients_expect(api: Client, org: Organisation) -> None:
    found = api.get(f"{BASE}/entities/by-name/Component/default/ORDERS").json()
    etag = found["metadata"].pop("etag")
    assert len(etag) == 40
    assert found == {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "Component",
        "metadata": {
            "name": "orders",
            "namespace": "default",
            "title": "Order Service",
            "description": "Takes orders",
            "tags": ["java", "tier-1"],
            "uid": str(org.entities["orders"].pk),
            "annotations": {
                "github.com/project-slug": "example/orders",
                "backstage.io/managed-by-location": "file:/srv/catalog/all.yaml",
                "backstage.io/managed-by-origin-location": "file:/srv/catalog/all.yaml",
            },
        },
        "spec": {
            "type": "service",
            "lifecycle": "production",
            "owner": "payments",
            "providesApis": ["orders-api"],
            "system": "shop",
        },
        "relations": [
            {"type": "dependsOn", "targetRef": f"component:default/{SECRET}"},
            {"type": "ownedBy", "targetRef": "group:default/payments"},
            {"type": "partOf", "targetRef": "system:default/shop"},
            {"type": "providesApi", "targetRef": "api:default/orders-api"},
        ],
    }


def test_the_etag_changes_with_the_entity_and_only_then(api: Client, org: Organisation) -> None:
    path = f"{BASE}/entities/by-uid/{org.entities['orders'].pk}"
    before = api.get(path).json()["metadata"]["etag"]
    assert api.get(path).json()["metadata"]["etag"] == before
    Entity.objects.filter(name="orders").update(title="Other")
    after = api.get(path).json()
    assert after["metadata"]["title"] == "Other"
    assert after["metadata"]["etag"] != before


def test_facts_in_force_stand_in_the_entity(api: Client, org: Organisation) -> None:
    Entity.objects.filter(name="orders").update(owner=org.entities["search"], lifecycle="deprecated", tags=["new"])
    found = api.get(f"{BASE}/entities/by-name/component/default/orders").json()
    assert (found["spec"]["owner"], found["spec"]["lifecycle"], found["metadata"]["tags"]) == (
        "group:default/search",
        "deprecated",
        ["new"],
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("filter=kind=component", ["finder", "legacy", "orders", SECRET]),
        ("filter=Kind=COMPONENT,Spec.Type=Service", ["finder", "orders", SECRET]),
        ("filter=kind=component,spec.type=website&filter=kind=api", ["legacy", "orders-api"]),
        ("filter=kind=component,kind=api,spec.lifecycle=production", ["orders", "orders-api", SECRET]),
        ("filter=metadata.tags.java", ["orders"]),
        ("filter=metadata.tags=java", ["orders"]),
        ("filter=metadata.annotations.github.com/project-slug", ["orders"]),
        ("filter=metadata.annotations.github.com/project-slug=Example/Orders", ["orders"]),
        ("filter=metadata.annotations.backstage.io/orphan=true", ["legacy"]),
        ("filter=kind=user,relations.memberof=group:default/payments", ["ada", "bob"]),
        ("filter=relations.ownedBy=group:default/search", ["finder"]),
        ("filter=spec.owner=search", ["finder"]),
        ("filter=spec.providesapis=orders-api", ["orders"]),
        ("filter=spec.providesApis.orders-api", ["orders"]),
        ("filter=spec.definition", ["orders-api"]),
        ("filter=spec.nothing", []),
        ("filter=metadata.name=orders", ["orders"]),
        ("filter=kind=component&fullTextFilterTerm=ORD&fullTextFilterFields=metadata.name", ["orders"]),
        (
            "filter=kind=component&fullTextFilterTerm=service&fullTextFilterFields=metadata.name,metadata.title",
            ["orders"],
        ),
        ("filter=kind=component&fullTextFilterTerm=100%25&fullTextFilterFields=metadata.name", []),
        ("filter=kind=component&fullTextFilterTerm=ega&orderField=metadata.name", ["legacy"]),
        ("filter=,,", None),
    ],
)
def test_filters_select_as_documented(api: Client, query: str, expected: list[str] | None) -> None:
    answer = api.get(f"{BASE}/entities/by-query?{query}")
    assert answer.status_code == 200, answer.content
    if expected is None:
        assert answer.json()["totalItems"] == 15
    else:
        assert sorted(names(answer)) == expected
        assert answer.json()["totalItems"] == len(expected)
        if "fullText" not in query:
            assert sorted(row["metadata"]["name"] for row in everything(api, query)) == expected


def everything(api: Client, query: str) -> list[dict[str, Any]]:
    return json.loads(b"".join(api.get(f"{BASE}/entities?{query}")))


@pytest.mark.parametrize(
    "order", ["", "metadata.name", "metadata.name,desc", "spec.type,asc", "spec.type,desc", "metadata.uid,desc"]
)
@pytest.mark.parametrize("limit", [1, 4, 7])
def test_pages_lead_on_to_the_end_and_back_to_the_start(api: Client, order: str, limit: int) -> None:
    whole = names(
        api.get(f"{BASE}/entities/by-query?orderField={quote(order)}" if order else f"{BASE}/entities/by-query")
    )
    assert len(whole) == 15
    start = f"{BASE}/entities/by-query?limit={limit}" + (f"&orderField={quote(order)}" if order else "")
    pages, answer = [], api.get(start)
    assert "prevCursor" not in answer.json()["pageInfo"]
    while True:
        pages.append(names(answer))
        assert answer.json()["totalItems"] == 15
        following = answer.json()["pageInfo"].get("nextCursor")
        if following is None:
            break
        answer = api.get(f"{BASE}/entities/by-query?limit={limit}&cursor={quote(following)}")
    assert list(itertools.chain.from_iterable(pages)) == whole
    back = [pages[-1]]
    while previous := answer.json()["pageInfo"].get("prevCursor"):
        answer = api.get(f"{BASE}/entities/by-query?limit={limit}&cursor={quote(previous)}")
        back.insert(0, names(answer))
    assert list(itertools.chain.from_iterable(back)) == whole


def test_what_has_no_value_stands_last_in_either_direction(api: Client) -> None:
    for direction in ("asc", "desc"):
        found = api.get(f"{BASE}/entities/by-query?orderField=spec.lifecycle,{direction}").json()["items"]
        values = [item["spec"].get("lifecycle") for item in found]
        with_value = [value for value in values if value]
        assert values == [*sorted(with_value, reverse=direction == "desc"), *[None] * (15 - len(with_value))]


def test_offset_limit_zero_and_total(api: Client) -> None:
    whole = names(api.get(f"{BASE}/entities/by-query"))
    assert names(api.get(f"{BASE}/entities/by-query?offset=3&limit=2")) == whole[3:5]
    assert api.get(f"{BASE}/entities/by-query?limit=0").json() == {"items": [], "totalItems": 15, "pageInfo": {}}


def test_fields_prune_the_rest_away(api: Client) -> None:
    path = f"{BASE}/entities/by-query?filter=metadata.name=orders&fields="
    (only,) = api.get(f"{path}kind,metadata.name,metadata.nothing,metadata.annotations.github.com/project-slug").json()[
        "items"
    ]
    assert only == {
        "kind": "Component",
        "metadata": {"name": "orders", "annotations": {"github.com/project-slug": "example/orders"}},
    }
    (related,) = api.get(f"{path}relations").json()["items"]
    assert list(related) == ["relations"]
    assert len(related["relations"]) == 4


def test_by_refs_keeps_the_order_and_says_null(api: Client, org: Organisation) -> None:
    Alias.objects.create(ref="component:default/purchases", entity=org.entities["orders"], since=NOW)
    body = {
        "entityRefs": [
            *("Component:default/ORDERS", "component:default/none", "nonsense"),
            *("group:payments", "component:purchases", "resource:ghost"),
        ],
        "fields": ["metadata.name"],
    }
    answer = api.post(f"{BASE}/entities/by-refs", body, content_type="application/json")
    found = [item and item["metadata"]["name"] for item in answer.json()["items"]]
    assert found == ["orders", None, None, "payments", "orders", None]
    narrowed = api.post(f"{BASE}/entities/by-refs?filter=kind=group", body, content_type="application/json")
    assert [bool(item) for item in narrowed.json()["items"]] == [False, False, False, True, False, False]


def by_predicate(api: Client, predicate: Any, **more: Any) -> Any:
    body = {"query": predicate, **more}
    return api.post(f"{BASE}/entities/by-query", body, content_type="application/json")


@pytest.mark.parametrize(
    ("predicate", "filter"),
    [
        ({"kind": "component"}, "kind=component"),
        ({"kind": {"$in": ["Component", "api"]}}, "kind=component,kind=api"),
        ({"kind": "component", "spec.type": "SERVICE"}, "kind=component,spec.type=service"),
        ({"$all": [{"kind": "component"}, {"spec.lifecycle": "production"}]},
         "kind=component,spec.lifecycle=production"),
        ({"metadata.tags": {"$contains": "java"}}, "metadata.tags=java"),
        ({"metadata.annotations.github.com/project-slug": {"$exists": True}},
         "metadata.annotations.github.com/project-slug"),
        ({"relations": {"$contains": {"type": "ownedBy", "targetRef": "group:default/payments"}}},
         "relations.ownedBy=group:default/payments"),
    ],
)  # fmt: skip
def test_a_predicate_finds_what_the_filter_of_the_same_meaning_finds(api: Client, predicate: Any, filter: str) -> None:
    listed = api.get(f"{BASE}/entities/by-query", {"filter": filter})
    found = by_predicate(api, predicate)
    assert found.status_code == 200
    assert names(found) == names(listed)
    assert found.json()["totalItems"] == listed.json()["totalItems"] > 0


def test_predicates_negate_and_combine(api: Client, org: Organisation) -> None:
    everything = set(names(by_predicate(api, {})))
    tagged = set(names(by_predicate(api, {"metadata.tags": "java"})))
    assert set(names(by_predicate(api, {"$not": {"metadata.tags": "java"}}))) == everything - tagged
    either = {"$any": [{"metadata.tags": "java"}, {"$not": {"metadata.tags": {"$exists": True}}}]}
    assert tagged < set(names(by_predicate(api, either))) < everything | tagged
    without = set(names(by_predicate(api, {"spec.owner": {"$exists": False}})))
    assert without == everything - set(names(by_predicate(api, {"spec.owner": {"$exists": True}})))
    prefixed = set(names(by_predicate(api, {"metadata.name": {"$hasPrefix": "ORD"}})))
    assert prefixed == {name for name in everything if name.startswith("ord")}
    assert set(names(by_predicate(api, {"$not": {"metadata.title": {"$hasPrefix": "order"}}}))) >= without
    assert names(by_predicate(api, {"$any": []})) == []
    assert SECRET in everything
    assert SECRET not in names(by_predicate(org.client("eve", "read"), {}))


def test_pages_of_a_predicate_follow_each_other(api: Client) -> None:
    predicate = {"kind": {"$in": ["component", "api", "group"]}}
    whole = names(by_predicate(api, predicate, orderBy=[{"field": "metadata.name", "order": "desc"}]))
    assert (
        whole == names(by_predicate(api, predicate, orderField=["metadata.name,desc"])) == sorted(whole, reverse=True)
    )
    found: list[str] = []
    page = by_predicate(api, predicate, orderField=["metadata.name,desc"], limit=2, totalItems="exclude")
    while True:
        found += names(page)
        if "nextCursor" not in page.json()["pageInfo"]:
            break
        body = {"cursor": page.json()["pageInfo"]["nextCursor"], "limit": 2}
        page = api.post(f"{BASE}/entities/by-query", body, content_type="application/json")
    assert found == whole


@pytest.mark.parametrize(
    "predicate",
    [
        {"$nor": []},
        {"$all": {}},
        {"$all": ["x"]},
        {"kind": {"$in": "component"}},
        {"kind": {"$exists": "yes"}},
        {"kind": {"$in": [], "$exists": True}},
        {"kind": None},
        {"kind": ["component"]},
        {"spec": {"$contains": {"type": "x"}}},
        {"relations": {"$contains": {"targetRef": "group:default/payments"}}},
        {"": "x"},
        {"$any": [{"kind": str(n)} for n in range(101)]},
        {"kind": "x" * 11_000},
    ],
)
def test_a_predicate_that_cannot_be_read_is_refused(api: Client, predicate: Any) -> None:
    refused = by_predicate(api, predicate)
    assert refused.status_code == 400
    assert refused.json()["error"]["name"] == "InputError"


def test_predicates_are_only_so_deep(api: Client) -> None:
    deep: Any = {"kind": "component"}
    for _ in range(12):
        deep = {"$not": deep}
    assert by_predicate(api, deep).status_code == 400


def test_ancestry_leads_to_the_location(api: Client, org: Organisation) -> None:
    file = SourceFile.objects.create(
        source=org.source, path="root.yaml", format="backstage", content_hash="r", read_at=NOW
    )
    Entity.objects.create(
        ref="location:default/root", kind="Location", name="root", sort_name="root", source=org.source, file=file,
        document={"kind": "Location", "spec": {"targets": ["./all.yaml"]}}, first_seen_at=NOW, changed_at=NOW,
    )  # fmt: skip
    found = api.get(f"{BASE}/entities/by-name/component/default/orders/ancestry").json()
    assert found["rootEntityRef"] == "component:default/orders"
    assert [(row["entity"]["metadata"]["name"], row["parentEntityRefs"]) for row in found["items"]] == [
        ("orders", ["location:default/root"]),
        ("root", []),
    ]


@pytest.mark.parametrize(
    ("facet", "expected"),
    [
        ("kind", {"Component": 4, "API": 1, "Group": 3, "User": 6, "System": 1}),
        ("spec.type", {"service": 3, "website": 1, "openapi": 1, "team": 2, "unit": 1}),
        ("metadata.tags", {"java": 1, "tier-1": 1, "hidden-tag": 1}),
        ("relations.ownedBy", {"group:default/payments": 4, "group:default/search": 1}),
        ("spec.providesApis", {"orders-api": 1}),
        ("metadata.annotations.github.com/project-slug", {"example/orders": 1}),
        ("spec.owner", {"payments": 4, "search": 1}),
        ("spec.nothing", {}),
        ("relations.nothing", {}),
        ("metadata", {}),
    ],
)
def test_facets_count_values(api: Client, facet: str, expected: dict[str, int]) -> None:
    found = api.get(f"{BASE}/entity-facets?facet={facet}").json()["facets"]
    assert {row["value"]: row["count"] for row in found[facet]} == expected


def test_facets_take_filters(api: Client) -> None:
    found = api.get(f"{BASE}/entity-facets?facet=spec.lifecycle&facet=kind&filter=kind=component").json()["facets"]
    assert found == {
        "kind": [{"value": "Component", "count": 4}],
        "spec.lifecycle": [{"value": "experimental", "count": 1}, {"value": "production", "count": 2}],
    }


def test_the_old_list_is_whole_or_has_a_link_to_the_next_page(api: Client) -> None:
    shown = everything(api, "fields=kind,metadata.name")
    refs = [f"{row['kind']}:default/{row['metadata']['name']}".lower() for row in shown]
    assert refs == sorted(refs)
    whole = sorted(row["metadata"]["name"] for row in shown)
    assert len(whole) == 15
    found, path = [], f"{BASE}/entities?limit=4&order=desc:metadata.name&fields=metadata.name"
    while path:
        answer = api.get(path)
        found += [row["metadata"]["name"] for row in answer.json()]
        path = answer["Link"].split(";")[0].strip("<>") if "Link" in answer else ""
    assert found == whole[::-1]


@pytest.mark.parametrize(
    ("path", "status", "name"),
    [
        ("/entities/by-name/component/default/none", 404, "NotFoundError"),
        ("/entities/by-name/resource/default/ghost", 404, "NotFoundError"),
        ("/entities/by-uid/none", 404, "NotFoundError"),
        ("/entities/by-uid/%EF%BC%91", 404, "NotFoundError"),
        ("/entities/by-query?filter==x", 400, "InputError"),
        ("/entities/by-query?cursor=nonsense", 400, "InputError"),
        ("/entities/by-query?cursor=W10=", 400, "InputError"),
        ("/entities/by-query?limit=-1", 400, "InputError"),
        ("/entities/by-query?orderField=metadata.name,up", 400, "InputError"),
        ("/entities/by-query?fields=metadata.tags[0]", 400, "InputError"),
        ("/entities/by-query?filter=a%22b=c", 400, "InputError"),
        ("/entities/by-query?orderField=a%22b", 400, "InputError"),
        ("/entities?order=metadata.name", 400, "InputError"),
        ("/entity-facets", 400, "InputError"),
        ("/entity-facets?facet=a%22b", 400, "InputError"),
    ],
)
def test_errors_are_what_clients_and_people_read(api: Client, path: str, status: int, name: str) -> None:
    answer = api.get(BASE + path)
    found = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/json"), found
    assert (found["error"]["name"], found["response"]) == (name, {"statusCode": status})
    assert found["error"]["message"].startswith(found["detail"])
    assert found["status"] == status


@pytest.mark.parametrize("path", ["/nothing", "/entities/by-name/component/default"])
def test_other_addresses_are_absent_in_the_same_shape(api: Client, path: str) -> None:
    found = api.get(BASE + path)
    assert (found.status_code, found.json()["error"]["name"]) == (404, "NotFoundError")


def test_nobody_reads_without_signing_in(org: Organisation) -> None:
    answer = Client().get(f"{BASE}/entities/by-query")
    assert (answer.status_code, answer.json()["error"]["name"]) == (401, "AuthenticationError")


def test_a_relation_to_what_one_may_not_see_cannot_be_asked_for(org: Organisation) -> None:
    asked = f"filter=relations.dependsOn=component:default/{SECRET}"
    assert sorted(names(org.client("ada").get(f"{BASE}/entities/by-query?{asked}"))) == ["finder", "orders"]
    for path in (f"{BASE}/entities/by-query?{asked}", f"/api/v1/entities?{asked}"):
        assert org.client("sam").get(path).json()["items"] == []


@pytest.mark.parametrize(
    ("kind", "location", "ref", "expected"),
    [
        (
            SourceKind.REMOTE,
            "https://token@github.example.org/o/r.git",
            "main",
            "url:https://github.example.org/o/r/blob/main/a.yaml",
        ),
        (
            SourceKind.REMOTE,
            "https://gitlab.example.org/o/r",
            "",
            "url:https://gitlab.example.org/o/r/-/blob/HEAD/a.yaml",
        ),
        (SourceKind.REMOTE, "https://git.example.org/r.git", "", "url:https://git.example.org/r/a.yaml"),
        (SourceKind.FOLDER, "/srv/x/", "", "file:/srv/x/a.yaml"),
        (SourceKind.FILE, "/srv/x/a.yaml", "", "file:/srv/x/a.yaml"),
    ],
)
def test_where_it_comes_from(kind: str, location: str, ref: str, expected: str) -> None:
    source = Source(name="s", kind=kind, location=location, ref=ref)
    assert shape.location_of(Entity(source=source, file=SourceFile(source=source, path="a.yaml"))) == expected


@pytest.mark.parametrize(
    "document", [{}, {"metadata": [], "spec": None, "apiVersion": 7}, {"spec": {"owner": {"a": 1}}}]
)
def test_a_document_of_any_kind_has_a_shape(document: Any) -> None:
    entity = Entity(pk=1, kind="Thing", name="x", document=document, presence=Presence.PRESENT)
    found = shape.shape(entity, [])
    assert found["apiVersion"] == "backstage.io/v1alpha1"
    assert found["metadata"]["name"] == "x"


def test_keys_with_dots_are_selected_whole() -> None:
    entity = {"metadata": {"annotations": {"a.b/c.d": 1, "e": 2}}, "spec": {"x": None}}
    assert filters.select(entity, ["metadata.annotations.a.b/c.d", "spec.x", "spec.y", ".", ""]) == {
        "metadata": {"annotations": {"a.b/c.d": 1}},
        "spec": {"x": None},
    }
