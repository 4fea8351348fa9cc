"""What one may not see is nowhere: not in lists, details, relations, pictures, facets, search, events or findings."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from awayteam.api.tests.organisation import SECRET, Organisation

TRACES = re.compile(rf"{SECRET}|hush|hidden-tag", re.IGNORECASE)
WORDS = {
    "words": "vault",
    "text": "vault",
    "type": "dependsOn",
    "facet": ["metadata.name", "spec.type", "metadata.tags", "relations.dependsOn", "metadata.title"],
    "fullTextFilterTerm": "vault",
    "fullTextFilterFields": "metadata.name",
    "uid": "1",
}
THINGS = [
    ("component", "finder"), ("component", "orders"), ("api", "orders-api"), ("group", "payments"), ("system", "shop"),
]  # fmt: skip


def reads(client: Any) -> Iterator[str]:
    """Every address that GET knows, about several things, bare and with its words."""
    for prefix in ("/api/v1", "/api/catalog"):
        schema = client.get(f"{prefix}/openapi.json").json()
        for path, operations in schema["paths"].items():
            if "get" not in operations:
                continue
            names = [each["name"] for each in operations["get"]["parameters"] if each["in"] == "query"]
            words = "&".join(
                f"{name}={value}"
                for name in names
                if name in WORDS
                for value in (WORDS[name] if isinstance(WORDS[name], list) else [WORDS[name]])
            )
            for filled in fill(path):
                yield filled
                yield f"{filled}?{words}"
                if "limit" in names:
                    yield f"{filled}?limit=200&presence=present&presence=missing&presence=orphan"


def fill(path: str) -> Iterator[str]:
    if "{kind}" in path:
        for kind, name in THINGS:
            yield path.replace("{kind}", kind).replace("{namespace}", "default").replace("{name}", name)
    elif "{" in path:
        name = "payments" if "teams" in path else "ada"
        yield re.sub(r"\{\w+\}", "1", path.replace("{namespace}", "default").replace("{name}", name))
    else:
        yield path


@pytest.mark.parametrize("who", ["sam", "eve"])
def test_others_find_no_trace_of_a_restricted_entity(org: Organisation, who: str) -> None:
    client = org.client(who)
    asked = list(reads(client))
    assert len(asked) > 100
    for path in asked:
        response = client.get(path)
        content = b"".join(response)
        assert response.status_code in {200, 403, 404, 422, 400}, (path, content)
        asking = content.replace(path.encode(), b"").decode()
        found = TRACES.search(re.sub(r'"(instance|words)":"[^"]*"', "", asking))
        assert found is None, (path, content)


@pytest.mark.parametrize("who", ["ada", "bob", "mia", "zoe"])
def test_owners_those_above_and_administrators_find_it(org: Organisation, who: str) -> None:
    client = org.client(who)
    assert client.get(f"/api/v1/entities/component/default/{SECRET}").json()["ref"] == f"component:default/{SECRET}"
    names = {row["name"] for row in client.get("/api/v1/entities?limit=200").json()["items"]}
    assert SECRET in names
    assert client.get("/api/v1/search?words=vault").json()["groups"]


def test_it_is_not_there_even_where_one_knows_its_name(org: Organisation) -> None:
    client = org.client("sam")
    base = f"/api/v1/entities/component/default/{SECRET}"
    schema = client.get("/api/v1/openapi.json").json()
    rests = [
        path.split("{name}")[1]
        for path in schema["paths"]
        if path.startswith("/api/v1/entities/{kind}/{namespace}/{name}")
    ]
    assert len(rests) >= 10
    for rest in rests:
        assert client.get(f"{base}{rest}?type=dependsOn").status_code in {404, 405}, rest
