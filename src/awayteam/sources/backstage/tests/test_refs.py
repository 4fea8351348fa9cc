"""References, by the rules of Backstage's documentation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awayteam.sources.backstage.refs import MAX_REFERENCE, BadReferenceError, Ref, canonical, compose, parse

_PART = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,40}", fullmatch=True)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("name", "component:here/name"),
        ("Other/Name", "component:other/name"),
        ("API:Name", "api:here/name"),
        ("api:other/name", "api:other/name"),
        ("other/a:b", "component:other/a:b"),
        ("api:other/a:b", "api:other/a:b"),
        (" api:other/name ", "api:other/name"),
        ("other/a/b", "component:other/a/b"),
    ],
)
def test_parts_and_defaults(written: str, expected: str) -> None:
    assert canonical(written, "Component", "Here") == expected


def test_old_objects() -> None:
    assert canonical({"kind": "API", "namespace": "X", "name": "Y"}) == "api:x/y"
    assert canonical({"name": "Y"}, "group", "ns") == "group:ns/y"
    for wrong in ({"name": "y"}, {"kind": "a"}, {"kind": 3, "name": "y"}, {"kind": "a", "name": ["y"]}):
        with pytest.raises(BadReferenceError):
            canonical(wrong)


@pytest.mark.parametrize("wrong", ["", " ", ":a", "a:", "a:/b", "/b", "a/", "a:b/", "a:b/\x00c", "x" * 300, "a:b\nc"])
def test_what_is_no_reference(wrong: str) -> None:
    with pytest.raises(BadReferenceError):
        canonical(wrong, "component")


@pytest.mark.parametrize("wrong", [None, 3, True, ["a"], 1.5])
def test_what_is_no_text(wrong: object) -> None:
    with pytest.raises(BadReferenceError, match="a reference is a text"):
        canonical(wrong, "component")


def test_a_bare_name_without_default_kind() -> None:
    with pytest.raises(BadReferenceError, match="names no kind; write it as kind:orders"):
        canonical("orders")
    with pytest.raises(BadReferenceError, match="names no kind"):
        canonical("default/orders")
    assert canonical("resource:orders") == "resource:default/orders"


@given(_PART, _PART, _PART)
def test_round_trip(kind: str, namespace: str, name: str) -> None:
    text = compose(kind, namespace, name)
    assert parse(f"{kind}:{namespace}/{name}") == Ref(kind.lower(), namespace.lower(), name.lower())
    assert canonical(text) == text
    assert canonical({"kind": kind, "namespace": namespace, "name": name}) == text


@given(st.text(max_size=80))
def test_canonical_is_idempotent_or_refuses(text: str) -> None:
    try:
        first = canonical(text, "component")
    except BadReferenceError:
        return
    assert canonical(first) == first
    assert canonical(first, "group", "elsewhere") == first
    assert len(first) <= MAX_REFERENCE
