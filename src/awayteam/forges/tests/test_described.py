"""The checker of exchanges itself: it finds what is wrong."""

from typing import Any

import pytest

from awayteam.forges.tests.described import Description
from awayteam.forges.tests.peer import Asked, Exchange, Reply

MEMBER = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}
MEMBERS = {"type": "array", "items": {"$ref": "#/definitions/Member"}}
DOCUMENT: dict[str, Any] = {
    "basePath": "{{AppSubUrl}}/api",
    "definitions": {"Member": MEMBER},
    "responses": {"One": {"schema": {"$ref": "#/definitions/Member"}}},
    "paths": {
        "/members/{id}": {
            "put": {
                "parameters": [
                    {"in": "path", "name": "id"},
                    {"in": "query", "name": "ref", "required": True},
                    {"in": "body", "name": "body", "schema": {"$ref": "#/definitions/Member"}},
                ],
                "responses": {"200": {"$ref": "#/responses/One"}, "404": {}},
            }
        },
        "/members/all": {"get": {"responses": {"200": {"schema": MEMBERS}}}},
    },
}


def exchange(method: str, path: str, body: Any = None, answer: Any = None, **query: str) -> Exchange:
    asked = Asked(method, path, {name: [value] for name, value in query.items()}, {}, body)
    return Exchange(asked, Reply(200, answer))


@pytest.mark.parametrize(
    ("one", "says"),
    [
        (exchange("PUT", "/api/members/1", {"id": 1}, {"id": 1, "name": None}, ref="x"), []),
        (exchange("PUT", "/api/members/1", {"id": 1}, {"id": 1}), ["asks without ?ref"]),
        (exchange("PUT", "/api/members/1", {"id": "1"}, {"id": 1}, ref="x"), ["body.id is str, not integer"]),
        (exchange("PUT", "/api/members/1", {"id": True}, {"id": 1}, ref="x"), ["body.id is bool, not integer"]),
        (exchange("PUT", "/api/members/1", {}, {"id": 1}, ref="x"), ["body.id is lacking"]),
        (exchange("PUT", "/api/members/1", {"id": 1}, {"id": 1, "role": 2}, ref="x"), ["answer.role isn't described"]),
        (exchange("GET", "/api/members/all", None, [{"id": 1.5}]), ["answer[].id is float, not integer"]),
        (exchange("GET", "/api/members/all", None, {"id": 1}), ["answer is dict, not array"]),
        (exchange("GET", "/api/members/all", {"x": 1}, [], sort="asc", page="2"), ["asks with ?sort", "sends a body"]),
    ],
)
def test_what_isnt_as_described_is_found(one: Exchange, says: list[str]) -> None:
    wrong, unknown = Description(DOCUMENT).problems([one], types=True)
    assert [each.partition(": ")[2] for each in wrong] == says
    assert unknown == set()


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/api/members/all"), ("GET", "/members/all"), ("GET", "/api/members/1/x")]
)
def test_calls_that_arent_described_are_named(method: str, path: str) -> None:
    wrong, unknown = Description(DOCUMENT).problems([exchange(method, path)], types=True)
    assert (wrong, len(unknown)) == ([], 1)
