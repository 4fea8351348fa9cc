import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awayteam.sources.apis import operations

PETS = """
openapi: 3.1.0
info: {title: Pets, version: 1.10}
paths:
  /pets:
    parameters: [{name: q, in: query}]
    get:
      summary: List pets
      tags: [pets, lists]
    post:
      description: |

        Add a pet.
        Second line.
      deprecated: true
  /pets/{id}:
    $ref: '#/components/pathItems/Pet'
  x-internal: true
webhooks:
  born:
    post: {operationId: petBorn}
components:
  pathItems:
    Pet:
      delete: {summary: Remove a pet, deprecated: "true"}
  schemas:
    Pet: {type: object, properties: {get: {type: string}}}
"""


def test_openapi_3_lists_paths_references_and_webhooks():
    found, problems = operations("openapi", PETS)
    assert problems == []
    assert [(one.key, one.verb, one.path, one.summary, one.deprecated, one.tags) for one in found] == [
        ("GET /pets", "GET", "/pets", "List pets", False, ("pets", "lists")),
        ("POST /pets", "POST", "/pets", "Add a pet.", True, ()),
        ("DELETE /pets/{id}", "DELETE", "/pets/{id}", "Remove a pet", True, ()),
        ("webhook POST born", "POST", "born", "", False, ()),
    ]
    assert [one.name for one in found] == ["", "", "", "petBorn"]


def test_json_and_yaml_say_the_same():
    tree = {
        "swagger": "2.0",
        "info": {"title": "T", "version": "1"},
        "paths": {"/a": {"get": {"summary": "A", "deprecated": True}, "put": {"tags": ["x"]}}},
    }
    from_json = operations("openapi", json.dumps(tree))
    from_flow_yaml = operations("openapi", "# a comment makes it YAML\n" + json.dumps(tree))
    assert from_json == from_flow_yaml
    assert [one.key for one in from_json[0]] == ["GET /a", "PUT /a"]
    assert [one.deprecated for one in from_json[0]] == [True, False]


def test_anchors_aliases_and_merge_keys_within_and_outside_of_the_paths():
    text = """
openapi: 3.0.0
components:
  x-shared: {deep: [&old {summary: Old one, deprecated: true}]}
x-item: &item
  get: {summary: Merged}
paths:
  /a: {get: *old}
  /b: {<<: *item, put: {summary: Own}}
  /c: &c {get: {summary: C}}
  /d: *c
"""
    found, problems = operations("openapi", text)
    assert problems == []
    assert {one.key: (one.summary, one.deprecated) for one in found} == {
        "GET /a": ("Old one", True),
        "GET /b": ("Merged", False),
        "PUT /b": ("Own", False),
        "GET /c": ("C", False),
        "GET /d": ("C", False),
    }


def test_an_alias_that_leads_nowhere_and_one_into_itself_are_problems():
    found, problems = operations("openapi", "openapi: 3.0.0\npaths: &p\n  /a: {get: *nowhere}\n  /b: *p\n")
    assert found == []
    assert [one.message for one in problems[:2]] == [
        "the alias *nowhere leads nowhere; define &nowhere before it",
        "the alias *p leads nowhere; define &p before it",
    ]


def test_a_bomb_of_aliases_costs_nothing():
    rows = ["openapi: 3.0.0", "x0: &a0 [lol, lol]"]
    rows += [f"x{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 40)]
    rows += ["paths: {/a: {get: {summary: *a39, tags: *a39}}}"]
    started = time.perf_counter()
    found, problems = operations("openapi", "\n".join(rows))
    assert [one.key for one in found] == ["GET /a"]
    assert problems
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("openapi: 3.0.0\npaths:\n\t/a: {}\n", "no valid YAML", 3),
        ("openapi: 3.0.0\npaths: [1\n", "no valid YAML", 3),
        ("- openapi\n", "expected an object with keys such as openapi, swagger, paths, found a list", 1),
        ("title: x\n", "no OpenAPI description: the key 'openapi' (or 'swagger') with its version is missing", None),
        ("openapi: 3.0.0\npaths: 7\n", "paths: expected an object (key: value), found a text", None),
        ("openapi: 3.0.0\npaths: {/a: {get: 1}}\n", "GET /a: expected an object that describes the operation", None),
        ("openapi: 3.0.0\npaths: {}\npaths: {}\n", "the key 'paths' stands twice in the same object", 3),
        ("openapi: 3.0.0\npaths: " + "[" * 5000, "nested deeper than 200 levels", 2),
        ("openapi: 3.0.0\nx: " + "[" * 5000, "nested deeper than 200 levels", 2),
        ("openapi: 3\x00", "no valid YAML", None),
        ("", "", None),
    ],
)
def test_what_bad_input_gets(text, message, line):
    found, problems = operations("openapi", text)
    assert found == []
    if message:
        assert problems[0].message.startswith(message)
        assert problems[0].line == line
    else:
        assert problems == []


def test_a_wrong_operation_does_not_sink_its_neighbours():
    found, problems = operations(
        "openapi", "openapi: 3.0.0\npaths: {/a: 1, /b: {get: [], put: {tags: {}}}, /c: {get: {}}}"
    )
    assert [one.key for one in found] == ["PUT /b", "GET /c"]
    assert len(problems) == 3


def test_latin_1_is_refused_with_its_byte_and_line():
    found, problems = operations("openapi", "openapi: 3.0.0\ninfo: {title: Größe}\n".encode("latin-1"))
    assert found == []
    assert (problems[0].message, problems[0].line) == ("byte 32 is no UTF-8; save the file in the encoding UTF-8", 2)


def test_utf_16_and_bom_are_read():
    for encoding in ("utf-8-sig", "utf-16"):
        found, problems = operations("openapi", PETS.encode(encoding))
        assert len(found) == 4
        assert problems == []


def test_a_definition_of_another_type_is_looked_at_or_left_alone():
    assert [one.key for one in operations("rest", PETS)[0]][:1] == ["GET /pets"]
    assert operations("wsdl", "<definitions/>") == ([], [])


def test_a_description_of_thirteen_megabytes_takes_a_few_seconds_and_shows_progress():
    item = """  /things/NUMBER:
    get:
      summary: Get a thing
      responses:
        '200':
          description: A thing that somebody asked for, told in many words
          content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}
        '404': {description: There is no such thing, and this text makes the description long}
"""
    text = "openapi: 3.0.3\npaths:\n" + "".join(item.replace("NUMBER", str(n)) for n in range(40_000))
    assert len(text) > 13_000_000
    shown: list[tuple[int, int]] = []
    started = time.perf_counter()
    found, problems = operations("openapi", text, lambda done, total: shown.append((done, total)))
    assert time.perf_counter() - started < 15  # measured: under 2 s; the rest is for a busy machine
    assert len(found) == 40_000
    assert problems == []
    assert shown == sorted(shown)
    assert len(shown) > 5
    assert all(0 < done <= total == len(text) for done, total in shown)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
KEYS = ["paths", "webhooks", "/a", "get", "put", "tags", "$ref", "summary", "deprecated", "components", "pathItems"]
shaped = st.recursive(
    anything, lambda inner: st.dictionaries(st.sampled_from(KEYS), inner, min_size=1, max_size=5), max_leaves=20
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), shaped, max_size=5))
def test_any_value_at_any_place_gives_problems_and_never_an_exception(tree):
    for kind in ("openapi", "graphql"):
        operations(kind, json.dumps({"openapi": "3.1.0", **tree}))


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200), st.sampled_from(["openapi", "asyncapi", "grpc", "graphql", "other"]))
def test_any_text_gives_problems_and_never_an_exception(text, kind):
    operations(kind, text)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["openapi", "asyncapi", "grpc", "graphql", "other"]))
def test_any_bytes_give_problems_and_never_an_exception(data, kind):
    operations(kind, data)
