import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awayteam.sources.shapes import MAX_NAME, Names, Notes, json_safe, refer, slug, tag, tags

NAME = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
TAG = re.compile(r"[a-z0-9:+#]+(-[a-z0-9:+#]+)*")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("WG - Docs  Maintainers/English", "wg-docs-maintainers-english"),
        ("Größe & Ölçü", "grosse-olcu"),
        ("orders.v1.Orders", "orders.v1.orders"),
        ("  #govuk-search  ", "govuk-search"),
        ("Æsir", "aesir"),
    ],
)
def test_slugs(text, expected):
    assert slug(text) == expected


def test_different_texts_keep_different_slugs():
    assert slug("支付 team") != slug("订单 team")
    assert slug("!!!") != slug("???")
    assert slug("a" * 100 + "b") != slug("a" * 100 + "c")


@given(st.text(max_size=200))
def test_a_slug_is_a_valid_name_and_stays_itself(text):
    name = slug(text)
    assert NAME.fullmatch(name)
    assert 1 <= len(name) <= MAX_NAME
    assert slug(name) == name
    assert refer(name, "group") == f"group:default/{name}"


@given(st.lists(st.text(max_size=80)))
def test_names_of_one_file_are_unique_and_stable(titles):
    names = Names()
    given_names = {title: names.of(title) for title in titles}
    assert len(set(given_names.values())) == len(given_names)
    assert all(NAME.fullmatch(name) and len(name) <= MAX_NAME for name in given_names.values())
    assert {title: names.of(title) for title in titles} == given_names


@given(st.lists(st.text(max_size=100)))
def test_tags_are_valid(values):
    found = tags(values)
    assert all(TAG.fullmatch(one) and len(one) <= 63 for one in found)
    assert len(set(found)) == len(found)
    assert tag("C++ & C#") == "c++-c#"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Payments", "group:default/payments"),
        ("user:ada", "user:default/ada"),
        ("Component:Shop/cart", "component:shop/cart"),
        ({"name": "x", "kind": "API"}, "api:default/x"),
        ({"name": "x", "namespace": "y"}, "group:y/x"),
        ("two words", None),
        ("", None),
        ("a:b:c", None),
        (7, "group:default/7"),
        (None, None),
        ({}, None),
        ("x" * 64, None),
    ],
)
def test_references(value, expected):
    assert refer(value, "group") == expected


def test_notes_are_bounded():
    notes = Notes("f", limit=2)
    for number in range(5):
        notes.add(str(number))
    assert [one.message for one in notes.all()] == [
        "0",
        "1",
        "3 more problems of this file are not listed; mend these first",
    ]


def test_anything_becomes_json():
    deep: list = []
    for _ in range(200):
        deep = [deep]
    value = {1: {2, 3}, "a": float("nan"), "b": 2**70, "c": b"x", "d": "\ud800", "e": deep}
    assert json.loads(json.dumps(json_safe(value)))["d"] == "?"
