"""The loader against libyaml, and against everything that shouldn't be in a file."""

import math
from typing import Any

import orjson
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from awayteam.sources import yamldoc
from awayteam.sources.yamldoc import block, events
from awayteam.sources.yamldoc.scalars import resolve


def one(data: str | bytes) -> yamldoc.Document:
    found = yamldoc.load(data.encode() if isinstance(data, str) else data)
    assert len(found) == 1
    return found[0]


def message(data: str | bytes) -> str:
    problem = one(data).problem
    assert problem is not None
    return problem.message


# --- ordinary files ---------------------------------------------------------------------------------------------------


def test_several_documents_have_their_places() -> None:
    found = yamldoc.load(b"a: 1\n---\n\n# nothing\n---\n\n# a remark\nb: 2\n---\n")
    assert [(d.index, d.line, d.value) for d in found] == [(0, 1, {"a": 1}), (2, 8, {"b": 2})]


def test_leading_separator_starts_the_first_document() -> None:
    assert [(d.index, d.line, d.value) for d in yamldoc.load(b"# head\n---\na: 1\n--- # next\nb: 2\n")] == [
        (0, 3, {"a": 1}),
        (1, 5, {"b": 2}),
    ]


def test_directives_and_end_marks() -> None:
    found = yamldoc.load(b"%YAML 1.2\n%TAG !e! tag:example.com,2024:\n---\na: !e!x 1\n...\n---\nb: 2\n...\nc: 3\n")
    assert [d.value for d in found] == [{"a": "1"}, {"b": 2}, {"c": 3}]
    assert [d.line for d in found] == [4, 7, 9]


@pytest.mark.parametrize("data", [b"", b"\n\n", b"# only a remark\n", b"---\n---\n", b"---\nnull\n", b"\xef\xbb\xbf"])
def test_nothing_in_it(data: bytes) -> None:
    assert yamldoc.load(data) == []


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("yes", "yes"), ("no", "no"), ("on", "on"), ("off", "off"), ("y", "y"), ("2024-01-02", "2024-01-02"),
        ("true", True), ("False", False), ("~", None), ("null", None), ("0o17", 15), ("017", 17), ("0x1F", 31),
        ("1_000", "1_000"), ("1:30", "1:30"), ("1.5", 1.5), ("1e3", 1000.0), (".5", 0.5), ("5.", 5.0), ("+3", 3),
        (".inf", ".inf"), (".nan", ".nan"), ("1e999", "1e999"), ("18446744073709551616", "18446744073709551616"),
        ("9" * 5000, "9" * 5000), ("1.2.3", "1.2.3"), ("=", "="), ("0b1", "0b1"), ("1e5a", "1e5a"),
    ],
)  # fmt: skip
def test_scalars_follow_the_core_schema_on_both_ways(written: str, value: Any) -> None:
    text = f"a: {written}\nc:\n  - {written}\n"
    expected = {"a": value, "c": [value]}
    assert next(iter(events.parse(text)))[1] == expected
    assert block.parse(text) == expected
    assert one(f"[{written}]").value == [value]
    assert orjson.loads(orjson.dumps(one(text).value)) == expected


def test_keys_are_text_as_written() -> None:
    text = "200: a\ntrue: b\n'3': c\n1.10: d\nnull: e\n"
    expected = {"200": "a", "true": "b", "3": "c", "1.10": "d", "null": "e"}
    assert block.parse(text) == expected
    assert next(iter(events.parse(text)))[1] == expected


def test_merge_keys_merge_and_own_keys_win() -> None:
    text = "x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz:\n  <<: [*x, *y]\n  a: 0\n'<<': kept\n"
    assert one(text).value["z"] == {"a": 0, "b": 2, "c": 4}
    assert one(text).value["<<"] == "kept"
    assert "takes a map" in message("<<: 3\n")


def test_json_files_and_flow_yaml() -> None:
    assert one('{"a": [1, 2.5, "\\ud83d\\ude00", null]}').value == {"a": [1, 2.5, "😀", None]}
    assert one("{a: b, c: [d]}").value == {"a": "b", "c": ["d"]}
    assert one("[1, 2]").value == [1, 2]


def test_utf16_and_line_ends() -> None:
    assert one("a: ü\r\nb: |\r\n  x\r\n  y\r\n".encode("utf-16")).value == {"a": "ü", "b": "x\ny\n"}
    assert one(b"a: 1\rb: 2\r").value == {"a": 1, "b": 2}


def test_lines_of_keys() -> None:
    document = yamldoc.load(b"---\n# head\na: 1\n---\nmetadata:\n  name: x\nspec:\n  list:\n    - a\n    - b\n")[1]
    assert document.line == 5
    assert document.line_of("metadata", "name") == 6
    assert document.line_of("spec", "list", 1) == 10
    assert document.line_of("spec", "absent", "deeper") == 7
    assert document.line_of("absent") == 5


# --- hostile files ----------------------------------------------------------------------------------------------------


def test_a_broken_document_leaves_its_neighbours() -> None:
    found = yamldoc.load(b"a: 1\n---\nb: [1,\nc: }\n---\nd: 'open\n---\ne: 5\n")
    assert [d.value for d in found] == [{"a": 1}, None, None, {"e": 5}]
    assert [d.index for d in found] == [0, 1, 2, 3]
    assert found[1].problem is not None
    assert found[1].problem.document == 1
    assert 3 <= (found[1].problem.line or 0) <= 4


def test_duplicate_keys_are_an_error_with_the_second_line() -> None:
    document = one("a: 1\nb: 2\na: 3\n")
    assert document.problem is not None
    assert document.problem.line == 3
    assert "'a' stands twice" in document.problem.message
    assert "stands twice" in message('{"a": 1, "a": 2}')
    assert "stands twice" in message("x:\n  - {a: 1, a: 2}\n")


def test_tabs() -> None:
    assert "indent with spaces" in message("a:\n\tb: 1\n")
    assert one("a: 'x\ty'\nb: |\n  c\td\n").value == {"a": "x\ty", "b": "c\td\n"}


def test_latin_1_names_byte_and_line_and_spares_the_neighbours() -> None:
    found = yamldoc.load(b"a: 1\n---\nb: x\nc: caf\xe9\n---\nd: 4\n")
    assert [d.value for d in found] == [{"a": 1}, None, {"d": 4}]
    problem = found[1].problem
    assert problem is not None
    assert problem.line == 4
    assert "0xE9" in problem.message
    assert "save the file as UTF-8" in problem.message


def test_nul_bytes_and_other_controls() -> None:
    assert "U+0000" in message(b"a: b\x00c\n")
    assert "U+001B" in message(b"a: \x1b[31m\n")
    assert "U+0000" in message('a: "x\\0y"\n')
    assert "U+0000" in message('{"a": "x\\u0000y"}')
    assert one('{"a": "x\\\\u0000y"}').value == {"a": "x\\u0000y"}
    assert one('{"a": "\\ud800"}').problem is not None


def test_wrong_utf16() -> None:
    assert "utf-16" in message(b"\xff\xfea")


def test_alias_bomb() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert "aliases expand" in message("\n".join(lines))
    long = f"a: &a {'x' * 100_000}\nb: [{', '.join(['*a'] * 5000)}]\n"
    assert "aliases expand" in message(long)


def test_merge_bomb() -> None:
    lines = [f"a0: &a0 {{{', '.join(f'k{n}: 1' for n in range(3000))}}}"]
    lines += [f"b{n}: {{<<: [{', '.join(['*a0'] * 10)}]}}" for n in range(100)]
    assert "aliases expand" in message("\n".join(lines))


def test_aliases_to_themselves_and_to_nothing() -> None:
    assert "stands for nothing" in message("a: &a [*a]\n")
    assert "stands for nothing" in message("a: *b\n")


def test_aliases_and_redefined_anchors() -> None:
    assert one("a: &x 1\nb: *x\nc: &x 2\nd: *x\n").value == {"a": 1, "b": 1, "c": 2, "d": 2}


@pytest.mark.parametrize("text", ["[" * 5000, "{a: " * 5000, "[" * 5000 + "]" * 5000, "- " * 5000 + "x"])
def test_deep_nesting(text: str) -> None:
    assert one(text).problem is not None


def test_deep_block_nesting() -> None:
    text = "".join("  " * n + "a:\n" for n in range(300))
    assert "nested deeper" in message(text)


def test_deep_json() -> None:
    assert "nested deeper" in message('{"a":' * 200 + "1" + "}" * 200)
    assert one('{"a":' * 100_000 + "1" + "}" * 100_000).problem is not None


def test_large_files_are_refused() -> None:
    found = list(yamldoc.documents(b"a: 1\n" * 100, max_bytes=100))
    assert len(found) == 1
    assert found[0].problem is not None
    assert "split it" in found[0].problem.message


def test_ten_thousand_documents() -> None:
    found = yamldoc.load(b"---\nkind: A\nname: x\n" * 10_000)
    assert len(found) == 10_000
    assert (found[-1].index, found[-1].line) == (9_999, 29_999)


def test_more_documents_than_are_read() -> None:
    found = yamldoc.load(b"---\n" * (yamldoc.MAX_DOCUMENTS + 5))
    assert len(found) == 1
    assert found[0].problem is not None
    assert "split it into several" in found[0].problem.message


def test_keys_that_are_no_text() -> None:
    assert "use plain text" in message("[a]: 1\n")
    assert "use plain text" in message("? {a: 1}\n: 2\n")


def test_unknown_tags_are_dropped_and_nothing_is_built() -> None:
    assert one("a: !!python/object/apply:os.system ['true']\nb: !mine 3\nc: !!str 3\nd: !!int '3'\n").value == {
        "a": ["true"],
        "b": "3",
        "c": "3",
        "d": 3,
    }


@given(st.binary(max_size=300))
def test_no_bytes_raise(data: bytes) -> None:
    for document in yamldoc.documents(data):
        orjson.dumps(document.value)
        document.line_of("a", 0)


@given(st.text(alphabet="ab-:#'\"[]{}|>&*!%@,?~. \n\t<1\\", max_size=120))
@settings(max_examples=1500)
def test_the_fast_way_agrees_with_libyaml_wherever_it_dares(text: str) -> None:
    try:
        fast = block.parse(text + "\n")
    except block.UnsureError:
        return
    values = [value for _, value in events.parse(text + "\n")]
    assert values == ([] if fast is None and not values else [fast])


_LINE = st.builds(
    lambda indent, dash, key, value: "  " * indent + dash + key + value,
    st.integers(0, 3),
    st.sampled_from(["", "", "- ", "-   ", "-"]),
    st.sampled_from(["a: ", "b:", "c/d.e: ", "'q r': ", '"s": ', "", "a: "]),
    st.sampled_from(
        ["", "x", "x y", "1", "true", "'it''s'", '"a\\nb"', "|", ">-", "|-", "[a, 'b', 1]", "[]", "{}", "# n", "x # n",
         "x#y", "http://a:1/b", "- z", "-5", "x:", "é", "[a, [b]]", "'", "  ", "*x", "&x y", "? q", "%x", "@x", "..."]
    ),
)  # fmt: skip


@given(st.lists(_LINE, max_size=9))
@settings(max_examples=3000)
def test_the_fast_way_agrees_with_libyaml_on_likely_lines(lines: list[str]) -> None:
    text = "\n".join(lines) + "\n"
    try:
        fast = block.parse(text)
    except block.UnsureError:
        return
    values = [value for _, value in events.parse(text)]
    assert values == ([] if fast is None and not values else [fast])


_TEXT = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\x85\u2028\u2029\ufeff\ufffe\uffff")
)
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | _TEXT
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=15,
)


@given(st.dictionaries(_TEXT, _VALUES, min_size=1, max_size=5), st.booleans())
@settings(max_examples=300)
def test_what_others_write_is_read_back(value: dict[str, Any], flow: bool) -> None:
    written = yaml.dump(value, Dumper=yaml.SafeDumper, allow_unicode=True, default_flow_style=flow, width=60)
    document = one(written)
    assert document.problem is None
    expected = yaml.safe_load(written)
    assert _same(document.value, expected)


@given(_VALUES)
@settings(max_examples=200)
def test_json_is_read_back(value: Any) -> None:
    document = one(orjson.dumps({"value": value}))
    assert document.value == {"value": value}


def _same(ours: Any, theirs: Any) -> bool:
    """Equal but for what YAML 1.1 and 1.2 read differently; floats to the last digit."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return len(ours) == len(theirs) and all(_same(ours[key], theirs[key]) for key in theirs)
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(_same, ours, theirs))
    if isinstance(theirs, str) and isinstance(ours, int | float):
        return resolve(theirs) == ours  # such as 0E0, a text to YAML 1.1
    if isinstance(theirs, float) and not isinstance(ours, str):
        return math.isclose(ours, theirs)
    if isinstance(ours, str) and isinstance(theirs, int):
        return ours == str(theirs) and not -(2**63) <= theirs < 2**64
    return type(ours) is type(theirs) and bool(ours == theirs)
