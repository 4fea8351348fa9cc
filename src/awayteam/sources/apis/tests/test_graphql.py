import json
import time

import pytest

from awayteam.sources.apis import operations

SHOP = '''
"""A schema, with "quotes" and \\""" inside."""
schema @link(url: "x") { query: Root, mutation: Change subscription: Watch }
directive @tag(name: String!) repeatable on FIELD_DEFINITION
scalar Date @specifiedBy(url: "https://example.org")
enum Colour { RED @deprecated GREEN }
union Any = Root | Change
input Filter { name: String = "x", of: [Int!]! = [1, 2] }
type Root implements Node & Other @key(fields: "id") {
  "All orders"
  orders(first: Int = 10, filter: Filter = {name: "}"}): [Order!]! # comment }
  """
  One order.
  More.
  """
  order(id: ID!): Order @tag(name: "a") @deprecated(reason: "use orders")
}
extend type Root { more: String }
type Change { place(order: Filter!): Order! }
type Watch { placed: Order }
type Query { notARoot: String }
interface Node { id: ID! }
type Order { id: ID! }
'''


def test_fields_of_the_root_types():
    found, problems = operations("graphql", SHOP)
    assert problems == []
    assert [(one.key, one.verb, one.path, one.summary, one.deprecated) for one in found] == [
        ("query orders", "query", "orders", "All orders", False),
        ("query order", "query", "order", "One order.", True),
        ("query more", "query", "more", "", False),
        ("mutation place", "mutation", "place", "", False),
        ("subscription placed", "subscription", "placed", "", False),
    ]
    assert [one.name for one in found] == ["orders", "order", "more", "place", "placed"]


def test_default_root_types():
    found, problems = operations("graphql", "type Query { a: Int } type Mutation { b: Int }")
    assert [one.key for one in found] == ["query a", "mutation b"]
    assert problems == []


def test_introspection():
    fields = [{"name": "a", "description": "A", "isDeprecated": True}, {"name": "b"}, 7]
    schema = {"queryType": {"name": "Q"}, "types": [{"name": "Q", "fields": fields}, 3]}
    found, problems = operations("graphql", json.dumps({"data": {"__schema": schema}}))
    assert [(one.key, one.summary, one.deprecated) for one in found] == [("query a", "A", True), ("query b", "", False)]
    assert problems == []


@pytest.mark.parametrize(
    ("text", "message", "keys"),
    [
        ("type Query { a: Int", "the fields of a type are never closed; add the missing '}'", ["query a"]),
        ("type Query { a(b: Int : Int }", "a bracket is never closed; add the missing ')'", []),
        ("type Query { a b: Int }", "expected a field such as name: Type, found 'a'", ["query b"]),
        ("} type Query { a: Int }", "there is one '}' too many", ["query a"]),
        ('type Query { a: Int " }', "unexpected character '\"'; is a quote left open?", ["query a"]),
        (
            'type Query { a: Int }\n"""open " text',
            'a description is opened here and never closed; add the missing """',
            ["query a"],
        ),
        ("type Order { id: ID }", "the schema has no type Query, Mutation or Subscription", []),
        ('{"data": 7}', "data: expected an object (key: value), found a number", []),
        ('{"data"', "no valid JSON", []),
    ],
)
def test_what_bad_input_gets(text, message, keys):
    found, problems = operations("graphql", text)
    assert problems[0].message.startswith(message)
    assert [one.key for one in found] == keys


@pytest.mark.parametrize("text", ['"\\' * 100_000, '"""' * 100_001, "type Query { a(" * 30_000, "{[(" * 50_000])
def test_hostile_files_take_no_time(text):
    started = time.perf_counter()
    _found, problems = operations("graphql", text)
    assert problems
    assert time.perf_counter() - started < 5
