"""Result files: what usual tools write, what hostile ones do, and that one bad entry never costs its neighbours."""

import json
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awayteam.sources.results import Kind, ResultError, base, read

JUNIT = b"""<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="shop.cart" tests="5" failures="1" errors="1">
    <properties><property name="failure" value="none"/></properties>
    <testcase classname="shop.cart.Adds" name="adds" file="./tests/cart.py" time="0.1"/>
    <testcase classname="shop.cart.Adds" name="adds twice" file="tests\\cart.py">
      <failure message="expected 2&#10;but was 1" type="AssertionError">Traceback: line 3</failure>
      <system-out>&lt;failure&gt; in the output is no failure</system-out>
    </testcase>
    <testcase name="sums"><error>ZeroDivisionError: by zero</error></testcase>
    <testcase classname="shop.cart.Adds" name="waits"><skipped message="later"/></testcase>
    <testcase classname="shop.cart.Adds" name="flaky"><flakyFailure message="once"/></testcase>
    <testsuite name="inner"><testcase name="deep"><failure/></testcase></testsuite>
  </testsuite>
</testsuites>"""


def keys(data: bytes) -> list[str]:
    return [item.key for item in read(data).items.values()]


def test_junit_gives_what_failed_with_its_message_and_file() -> None:
    results = read(JUNIT)
    assert [(one.key, one.words, one.path) for one in results.items.values()] == [
        ("shop.cart.Adds.adds twice", "expected 2 but was 1", "tests/cart.py"),
        ("shop.cart.sums", "ZeroDivisionError: by zero", ""),
        ("inner.deep", "", ""),
    ]
    assert results.seen == 6
    assert results.problems == []
    assert {one.kind for one in results.items.values()} == {Kind.CHECK}


def test_a_suite_alone_may_be_the_root_and_may_fail_as_a_whole() -> None:
    data = b'<testsuite name="db"><error message="no database"/><testcase name="a"/></testsuite>'
    assert keys(data) == ["db (as a whole)"]


def test_one_bad_test_case_never_sinks_its_neighbours() -> None:
    data = (
        b'<testsuite name="s">\n<testcase name="good"><failure/></testcase>\n<testcase><failure/></testcase>\n'
        b'<testcase name="\x1b[31mred\x00" classname="C">'
        b'<failure message="\xff\xfe caf\xe9 &#27;[0m &#0;"/></testcase>\n'
        b"</testsuite>"
    )
    results = read(data)
    assert [one.key for one in results.items.values()] == ["s.good", "C.?[31mred?"]
    assert [(one.where, one.message) for one in results.problems] == [
        ("line 3", "a <testcase> has no name; it is left out"),
        ("the file", "characters that XML can't hold were replaced by ?"),
    ]


def test_long_names_are_kept_apart() -> None:
    data = "".join(f'<testcase name="{"x" * 3000}{n}"><failure/></testcase>' for n in range(3))
    found = keys(f"<testsuite>{data}</testsuite>".encode())
    assert len(set(found)) == 3
    assert {len(one) for one in found} == {500}


COBERTURA = b"""<?xml version="1.0" ?>
<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">
<coverage line-rate="0.5" version="7"><sources><source>/build/shop</source></sources><packages><package name="a">
<classes>
 <class name="A" filename="a/A.java" line-rate="1">
  <methods><method name="m"><lines><line number="99" hits="0"/></lines></method></methods>
  <lines><line number="1" hits="1"/><line number="2" hits="0" branch="true" condition-coverage="50% (1/2)"/></lines>
 </class>
 <class name="A$B" filename="a\\A.java" line-rate="1"><lines>
 <line number="2" hits="3"/><line number="3" hits="0"/></lines></class>
 <class name="C" filename="c.java" line-rate="0.25"><lines/></class>
 <class name="D"><lines><line number="1" hits="1"/></lines></class>
 <class name="E" filename="e.java"><lines><line number="x" hits="1"/><line number="7" hits="0"/></lines></class>
</classes></package></packages></coverage>"""


def test_cobertura_gives_each_file_once_and_all() -> None:
    results = read(COBERTURA)
    assert [(one.key, one.value) for one in results.items.values()] == [
        ("(all)", Decimal("50.00")),
        ("a/A.java", Decimal("66.67")),
        ("c.java", Decimal("25.00")),
        ("e.java", Decimal("0.00")),
    ]
    assert [one.where for one in results.problems] == ["line 12", "line 13"]
    assert {one.kind for one in results.items.values()} == {Kind.COVERAGE}


def test_the_reports_own_counts_go_before_its_lines() -> None:
    data = COBERTURA.replace(b'version="7"', b'lines-covered="9999" lines-valid="10000"')
    assert next(iter(read(data).items.values())).value == Decimal("99.99")


@pytest.mark.parametrize(
    ("part", "whole", "value"), [(1, 1_000_000, "0.01"), (999_999, 1_000_000, "99.99"), (0, 3, "0"), (3, 3, "100")]
)
def test_what_is_not_whole_never_shows_as_whole(part: int, whole: int, value: str) -> None:
    assert base.percentage(part, whole) == Decimal(value)


def sarif(*results: Any, **run: Any) -> bytes:
    rules = [
        {"id": "S1", "defaultConfiguration": {"level": "error"}, "messageStrings": {"m": {"text": "{0} is {1}, {7}"}}},
        {"id": "S2"},
    ]
    tool = {"driver": {"name": "Scan", "rules": rules}}
    return json.dumps({"version": "2.1.0", "runs": [{"tool": tool, "results": list(results), **run}]}).encode()


def at(uri: str, line: int = 0) -> list[dict[str, Any]]:
    region = {"region": {"startLine": line}} if line else {}
    return [{"physicalLocation": {"artifactLocation": {"uri": uri}, **region}}]


def test_sarif_gives_what_stands_open() -> None:
    text = {"text": "bad"}
    results = read(
        sarif(
            {"ruleId": "S1", "message": {"id": "m", "arguments": ["x", "tainted"]}, "locations": at("src/a%20b.py", 4)},
            {"ruleIndex": 1, "message": text, "locations": at("file:///build/c.py")},
            {"ruleId": "S2/deep", "level": "note", "message": text},
            {"ruleId": "S2", "kind": "pass", "message": text},
            {"ruleId": "S2", "kind": "review", "message": text},
            {"ruleId": "S2", "baselineState": "absent", "message": text},
            {"ruleId": "S9", "message": text, "suppressions": [{"kind": "inSource"}]},
            {"ruleId": "S8", "message": text, "suppressions": [{"kind": "external", "status": "rejected"}]},
            {"ruleId": "S7", "message": text, "suppressions": []},
        )
    )
    assert [(one.key, one.words, one.path) for one in results.items.values()] == [
        ("Scan: S1 src/a b.py:4", "error: x is tainted, {7}", "src/a b.py"),
        ("Scan: S2 /build/c.py", "warning: bad", "/build/c.py"),
        ("Scan: S2/deep: bad", "note: bad", ""),
        ("Scan: S2: bad", "review: bad", ""),
        ("Scan: S8: bad", "warning: bad", ""),
        ("Scan: S7: bad", "warning: bad", ""),
    ]
    assert results.seen == 9


def test_one_bad_result_never_sinks_its_neighbours() -> None:
    results = read(sarif("text", {}, {"kind": "odd", "ruleId": "S1"}, {"ruleId": "S1", "locations": [7]}, None))
    assert [one.key for one in results.items.values()] == ["Scan: S1"]
    assert [one.where for one in results.problems] == [f"runs[0].results[{n}]" for n in (0, 1, 2, 4)]


def test_results_in_another_file_are_told() -> None:
    data = json.loads(sarif())
    del data["runs"][0]["results"]
    data["runs"][0]["externalPropertyFileReferences"] = {"results": [{"location": {"uri": "x"}}]}
    assert "another file" in read(json.dumps(data).encode()).problems[0].message


ENTITIES = b'<?xml version="1.0"?>\n<!DOCTYPE t [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>\n<testsuite name="&b;"/>'
OUTSIDE = b'<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n<testsuite><testcase name="&x;"/></testsuite>'


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"hello", "well-formed"),
        (b"<testsuite>\n<testcase name='a'>\n</testsuite>", "line 3"),
        (b"<testsuite>\n<testcase name='a'/>", "line 2"),
        (ENTITIES, "line 2: a DOCTYPE"),
        (OUTSIDE, "DOCTYPE"),
        (b"<testsuite>&nbsp;</testsuite>", "undefined entity"),
        (b"<report name='x'/>", "JaCoCo"),
        (b"<html/>", "<html>"),
        (b"<testsuite>" * 100, "nested"),
        (b'<coverage generated="1"/>', "Clover"),
        (b"<coverage/>", "no file"),
        (b'<?xml version="1.0" encoding="no-such-thing"?><testsuite/>', "encoding"),
        (b"{", "JSON"),
        (b'{"runs": [],\n "version": }', "line 2"),
        (b"[]", "SARIF"),
        (b'{"version": "2.0.0", "runs": []}', "2.1.0"),
        (b"[" * 100_000, "JSON"),
    ],
)
def test_a_file_that_cant_be_read_says_why_and_where(data: bytes, words: str) -> None:
    with pytest.raises(ResultError, match=words):
        read(data)


def test_files_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("awayteam.sources.results.MAX_BYTES", 100)
    with pytest.raises(ResultError, match="at most 100"):
        read(b"<testsuite>" + b" " * 100 + b"</testsuite>")
    monkeypatch.undo()
    monkeypatch.setattr(base, "MAX_ITEMS", 2)
    results = read(sarif(*({"ruleId": f"R{n}"} for n in range(5))))
    assert len(results.items) == 2
    assert "3 more items" in results.problems[0].message


def test_other_encodings_are_read() -> None:
    text = '<?xml version="1.0" encoding="{}"?><testsuite name="s">'
    text += '<testcase name="caf\u00e9"><failure/></testcase></testsuite>'
    for name in ("UTF-16", "ISO-8859-1", "utf-8"):
        assert keys(text.format(name).encode(name)) == ["s.caf\u00e9"]


@given(st.binary(max_size=300).map(lambda data: b"<testsuite name='s'>" + data) | st.binary(max_size=200))
def test_nothing_but_a_clear_error_comes_of_any_bytes(data: bytes) -> None:
    with suppress(ResultError):
        assert read(data).format


WORDS = (
    "ruleId", "rule", "index", "message", "text", "locations", "physicalLocation", "region", "kind", "artifactLocation",
    "uri", "startLine", "suppressions", "ruleIndex", "results", "tool",
)  # fmt: skip
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(WORDS),
        inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(st.lists(json_values, max_size=4), json_values)
def test_any_shape_of_sarif_is_read_or_told(results: list[Any], tool: Any) -> None:
    found = read(sarif(*results, artifacts=tool))
    assert found.seen == len(results)
    assert all(item.key and len(item.key) <= 500 for item in found.items.values())
