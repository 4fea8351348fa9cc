"""What was said to a stand-in, held against a published description of the interface (Swagger 2.0).

Descriptions aren't kept here: they are large, and others' texts. Put them into a folder, name it in
`AWAYTEAM_API_DESCRIPTIONS`, and run `pytest -k described src/awayteam/forges`. The folder has `gitlab.json` (GitLab's
doc/api/openapi/openapi_v2.yaml as JSON), `gitea.json` (Gitea's templates/swagger/v1_json.tmpl) and `forgejo.json` (the
`/swagger.v1.json` of a Forgejo). Null is allowed everywhere, since none of them says where it may stand.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from awayteam.forges.tests.peer import Exchange

PAGING = frozenset({"page", "per_page"})
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "array": (list,),
    "object": (dict,),
}  # fmt: skip


def description(name: str) -> "Description":
    """The description in the folder that is named; the test is skipped where it isn't there."""
    folder = os.environ.get("AWAYTEAM_API_DESCRIPTIONS", "")
    path = Path(folder) / name
    if not folder or not path.is_file():
        pytest.skip(
            f"no {name} here; AWAYTEAM_API_DESCRIPTIONS=/folder pytest -k described (forges/tests/described.py)"
        )
    return Description(json.loads(path.read_text(encoding="utf-8")))


class Description:
    """Operations by method and path, and what they take and answer."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        prefix = re.sub(r"\{\{.*?\}\}", "", document.get("basePath") or "").rstrip("/")
        found = []
        for template, methods in document["paths"].items():
            pattern = re.sub(r"\\\{(\w*path\w*)\\\}", ".+", re.escape(prefix + template))
            pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", pattern)
            found.append((template.count("{"), re.compile(pattern + r"\Z"), template, methods))
        # Where several fit, the one with the fewest variables is meant: /members/all before /members/{user_id}.
        self.paths = sorted(found, key=lambda one: one[0])

    def operation(self, one: Exchange) -> dict[str, Any] | None:
        for _, pattern, _, methods in self.paths:
            if pattern.match(one.asked.path):
                operation = methods.get(one.asked.method.lower())
                return {**operation, "shared": methods.get("parameters", [])} if operation else None
        return None

    def problems(self, exchanges: Iterable[Exchange], *, types: bool) -> tuple[list[str], set[str]]:
        """What isn't as described, and which calls aren't described at all. Without `types`, answers are held against
        the names of the description only (GitLab's calls most of its values text)."""
        wrong: dict[str, None] = {}
        unknown: set[str] = set()
        for one in exchanges:
            operation = self.operation(one)
            words = f"{one.asked.method} {re.sub(r'/[0-9a-f]{40}|/[0-9]+', '/N', one.asked.path)}"
            if operation is None:
                unknown.add(words)
                continue
            for says in (*self._asked(one, operation), *self._answered(one, operation, types)):
                wrong[f"{words}: {says}"] = None
        return list(wrong), unknown

    def _asked(self, one: Exchange, operation: dict[str, Any]) -> Iterator[str]:
        parameters = [self._resolved(each) for each in (*operation.get("parameters", []), *operation["shared"])]
        names = {each["name"] for each in parameters if each["in"] == "query"}
        for name in set(one.asked.query) - names - PAGING:
            yield f"asks with ?{name}"
        for each in parameters:
            if each["in"] == "query" and each.get("required") and each["name"] not in one.asked.query:
                yield f"asks without ?{each['name']}"
        bodies = [each["schema"] for each in parameters if each["in"] == "body"]
        if one.asked.body is not None and not bodies:
            yield "sends a body"
        elif one.asked.body is not None:
            yield from self._fits(one.asked.body, bodies[0], "body", types=True)

    def _answered(self, one: Exchange, operation: dict[str, Any], types: bool) -> Iterator[str]:
        good = {int(code): told for code, told in operation["responses"].items() if code.startswith("2")}
        if one.reply.status >= 300 or one.reply.raw is not None:
            return
        if not good:
            yield "is described without success"
            return
        told = self._resolved(good.get(one.reply.status) or good[min(good)])
        if "schema" in told and one.reply.status != 204:
            yield from self._fits(one.reply.json, told["schema"], "answer", types=types)

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            _, kind, name = schema["$ref"].split("/")
            schema = self.document[kind][name]
        return schema

    def _fits(self, value: Any, schema: dict[str, Any], where: str, *, types: bool) -> Iterator[str]:
        schema = self._resolved(schema)
        if value is None:
            return
        if isinstance(value, list) and (schema.get("type") == "array" or not types):
            for each in value[:50]:
                yield from self._fits(each, schema.get("items", schema), f"{where}[]", types=types)
            return
        kind = schema.get("type")
        if types and kind in _TYPES and (not isinstance(value, _TYPES[kind]) or (kind != "boolean" and value is True)):
            yield f"{where} is {type(value).__name__}, not {kind}"
        if "enum" in schema and types and value not in schema["enum"]:
            yield f"{where} is {value!r}, none of {schema['enum']}"
        properties = schema.get("properties")
        if isinstance(value, dict) and properties:
            for name in set(value) - set(properties):
                yield f"{where}.{name} isn't described"
            for name in set(schema.get("required", ())) - set(value):
                yield f"{where}.{name} is lacking"
            for name in set(value) & set(properties):
                yield from self._fits(value[name], properties[name], f"{where}.{name}", types=types)
