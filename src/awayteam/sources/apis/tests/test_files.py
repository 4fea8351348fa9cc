import json
from pathlib import Path

import pytest

from awayteam.sources.apis import read, recognises
from awayteam.sources.apis.files import MAX_KEPT
from awayteam.sources.declared import RelationType

OPENAPI = """openapi: 3.0.0
info:
  title: Order Service (v2)
  version: 1.10
  description: Orders of customers.
  x-lifecycle: experimental
x-owner: payments
x-system: shop/checkout
tags: [{name: Order Things}, {name: order things}, {}]
externalDocs: {url: https://example.org/docs}
paths: {/orders: {get: {summary: List}}}
"""


@pytest.mark.parametrize(
    ("path", "data", "expected"),
    [
        ("api/openapi.yaml", b"openapi: 3.0.0\n", True),
        ("x.yml", b"# c\n---\nswagger: '2.0'\n", True),
        ("x.yml", b"\xef\xbb\xbfasyncapi: 3.0.0\n", True),
        ("x.json", b'{"info": {}, "openapi": "3.1.0"}', True),
        ("a/b.proto", b'syntax = "proto3";', True),
        ("x.yaml", b"spec:\n  definition: |\n    openapi: 3.0.0\n", False),
        ("x.yaml", b"openapi: true\n", False),
        ("x.txt", b"openapi: 3.0.0\n", False),
        ("x.json", b'{"openapi": {}}', False),
        ("x.proto", b"\0\0", False),
        ("x.yaml", b"", False),
    ],
)
def test_recognises(path, data, expected):
    assert recognises(path, data) is expected


def test_an_openapi_file_becomes_an_api():
    reading = read("api/openapi.yaml", OPENAPI.encode())
    assert reading.problems == ()
    (api,) = reading.declared
    assert (api.ref, api.kind, api.title, api.type) == (
        "api:default/order-service-v2",
        "API",
        "Order Service (v2)",
        "openapi",
    )
    assert (api.lifecycle, api.owner, api.system) == ("experimental", "group:default/payments", "system:shop/checkout")
    assert api.relations == (
        (RelationType.OWNED_BY, api.ref, "group:default/payments"),
        (RelationType.PART_OF, api.ref, "system:shop/checkout"),
    )
    assert api.tags == ("order-things",)
    assert [one.key for one in api.operations or ()] == ["GET /orders"]
    assert api.document == {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "API",
        "metadata": {
            "name": "order-service-v2",
            "namespace": "default",
            "title": "Order Service (v2)",
            "description": "Orders of customers.",
            "links": [{"url": "https://example.org/docs", "title": "Documentation"}],
            "tags": ["order-things"],
        },
        "spec": {
            "type": "openapi",
            "version": "1.10",
            "definition": OPENAPI,
            "lifecycle": "experimental",
            "owner": "group:default/payments",
            "system": "system:shop/checkout",
        },
    }


def test_a_long_definition_is_left_out_of_the_document():
    text = OPENAPI + "x-filler: " + "a" * MAX_KEPT + "\n"
    (api,) = read("openapi.yaml", text.encode()).declared
    assert "definition" not in api.document["spec"]
    assert api.document["metadata"]["annotations"] == {"awayteam/definition-omitted": f"{len(text)} bytes"}
    assert len(json.dumps(api.document)) < 10_000


def test_problems_name_the_file_and_a_nameless_api_is_named_after_it():
    reading = read("x/stock.yaml", b"openapi: 3.0.0\nx-owner: [1]\npaths: 1\n")
    (api,) = reading.declared
    assert (api.ref, api.owner) == ("api:default/stock", None)
    assert [(one.file, one.message) for one in reading.problems] == [
        ("x/stock.yaml", "paths: expected an object (key: value), found a text"),
        ("x/stock.yaml", "info.title is missing; the API is named after its file"),
        ("x/stock.yaml", "x-owner: a list is no reference; write group:name or a name"),
    ]
    broken = read("x/stock.yaml", b"openapi: 3.0.0\npaths: [\n")
    assert broken.declared == ()
    assert [(one.file, one.line) for one in broken.problems] == [("x/stock.yaml", 3)]


def test_protobuf_files_are_named_after_package_or_single_service():
    two = b"package shop.v1; service A { rpc M(X) returns (Y); } service B {}"
    one = b"package shop.v1;\n// Does it.\nservice Carts { rpc M(X) returns (Y); }"
    assert [(api.ref, api.type) for api in read("a.proto", two).declared] == [("api:default/shop.v1", "grpc")]
    (api,) = read("b.proto", one).declared
    assert (api.ref, api.title, api.description) == ("api:default/shop.v1.carts", "shop.v1.Carts", "Does it.")
    assert read("c.proto", b"message A {}").declared == ()
    assert [api.ref for api in read("dir/plain.proto", b"service A {} service B {}").declared] == ["api:default/plain"]


@pytest.mark.realdata
def test_real_descriptions(shared_data: Path):
    counts = {}
    for path in sorted([*shared_data.rglob("*asyncapi*.y*ml"), *shared_data.rglob("*.proto")]):
        data = path.read_bytes()
        assert recognises(path.name, data)
        reading = read(path.name, data)
        assert reading.problems == (), path
        for api in reading.declared:
            counts[api.ref] = len(api.operations or ())
    assert counts == {
        "api:default/adeo-asyncapi-case-study": 1,
        "api:default/comments-service": 2,
        "api:default/notifications-service": 1,
        "api:default/oteldemo": 20,
        "api:default/public-api": 1,
        "api:default/website-backend": 4,
        "api:default/website-websocket-client": 2,
    }
