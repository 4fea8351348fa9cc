"""Evaluating flags: JSONLogic by a table, what flagd adds, errors with their lines, and hostile rules and contexts."""

import json
import math
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awayteam.flags.evaluating import BadDefinition, Flag, explain, read, read_document
from awayteam.flags.evaluating import logic as limits
from awayteam.flags.evaluating.logic import Compiler, Run, TooMuch
from awayteam.flags.rules import everybody, read_definition

CONTEXT = {
    "targetingKey": "user-1", "email": "ada@shop.example", "age": 29, "version": "2.1.0", "tags": ["a", "b"],
    "user": {"name": "Ada", "roles": ["dev"]}, "zero": 0, "empty": "", "no": None, "yes": True, "Ключ": "да",
    "rows": [{"n": 1}, {"n": 2}, {"n": 3}],
}  # fmt: skip


def logic(rule: Any, context: dict[str, Any] | None = None, evaluators: dict[str, Any] | None = None) -> Any:
    """What a rule gives; it must be well."""
    compiler = Compiler("the-flag", evaluators or {})
    made = compiler.compile(rule, ())
    assert compiler.problems == []
    return made(CONTEXT if context is None else context, Run(1_000_000.7))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"var": "user.name"}, "Ada"), ({"var": ["user.none", 7]}, 7), ({"var": "tags.1"}, "b"),
        ({"var": "Ключ"}, "да"),
        ({"var": {"cat": ["a", "ge"]}}, 29), ({"var": "$flagd.flagKey"}, "the-flag"),
        ({"var": "$flagd.timestamp"}, 1_000_000), ({"var": ["no", "x"]}, "x"), ({"var": "tags.9"}, None),
        ({"missing": ["age", "gone", "empty"]}, ["gone", "empty"]), ({"missing_some": [1, ["age", "gone"]]}, []),
        ({"missing_some": [2, ["age", "gone"]]}, ["gone"]), ({"missing": [{"merge": ["age", ["gone"]]}]}, ["gone"]),
        ({"if": [False, 1, True, 2, 3]}, 2), ({"if": [False, 1]}, None), ({"if": []}, None),
        ({"if": [0, 1, [], 2, 3]}, 3),
        ({"and": [1, "", 2]}, ""), ({"and": [1, 2]}, 2), ({"or": [0, None, "x"]}, "x"), ({"!": [[]]}, True),
        ({"!!": ["0"]}, True), ({"!": {"var": "zero"}}, True), ({"!!": [{}]}, True),
        ({"==": [1, "1"]}, True), ({"===": [1, "1"]}, False), ({"==": [0, False]}, True), ({"==": [None, 0]}, False),
        ({"==": [{"var": "gone"}, None]}, True), ({"!=": [1, 2]}, True), ({"!==": [1, 1.0]}, False),
        ({"===": [True, 1]}, False), ({"==": ["1.0", 1]}, True), ({"==": ["x", math.nan]}, False),
        ({"<": [1, {"var": "age"}, 30]}, True), ({"<=": [1, 1, 0]}, False), ({">": ["b", "a"]}, True),
        ({">=": [{"var": "age"}, "29"]}, True), ({"<": ["x", 1]}, False),
        ({"+": [1, "2", 3.5]}, 6.5), ({"*": [2, 3]}, 6), ({"-": [5]}, -5), ({"-": [5, 7]}, -2), ({"/": [1, 4]}, 0.25),
        ({"/": [1, 0]}, None), ({"%": [-7, 3]}, -1), ({"%": [1, 0]}, None), ({"+": ["x"]}, None),
        ({"min": [3, 1, 2]}, 1), ({"max": []}, None), ({"max": [{"var": "age"}, 30]}, 30),
        ({"map": [{"var": "rows"}, {"*": [{"var": "n"}, 2]}]}, [2, 4, 6]),
        ({"filter": [{"var": "rows"}, {">": [{"var": "n"}, 1]}]}, [{"n": 2}, {"n": 3}]),
        ({"reduce": [{"var": "rows"}, {"+": [{"var": "accumulator"}, {"var": "current.n"}]}, 0]}, 6),
        ({"all": [{"var": "rows"}, {">": [{"var": "n"}, 0]}]}, True), ({"all": [[], True]}, False),
        ({"some": [{"var": "tags"}, {"==": [{"var": ""}, "b"]}]}, True), ({"none": [{"var": "tags"}, False]}, True),
        ({"merge": [1, [2, 3], []]}, [1, 2, 3]), ({"in": ["b", {"var": "tags"}]}, True),
        ({"in": ["shop", {"var": "email"}]}, True),
        ({"in": [{"var": "age"}, [28, 29]]}, True), ({"in": ["1", [1]]}, False), ({"in": [1, None]}, False),
        ({"in": [{"var": "user.name"}, ["Bob", "Ada"]]}, True),
        ({"cat": ["a", 1, 2.0, None, True]}, "a12true"), ({"substr": ["jsonlogic", 4]}, "logic"),
        ({"substr": ["jsonlogic", -5]}, "logic"), ({"substr": ["jsonlogic", 1, 3]}, "son"),
        ({"substr": ["jsonlogic", 4, -2]}, "log"), ({"log": "x"}, "x"),
        ({"starts_with": [{"var": "email"}, "ada@"]}, True), ({"ends_with": [{"var": "age"}, "9"]}, None),
        ({"starts_with": ["a"]}, None), ({"sem_ver": [{"var": "version"}, "^", "2"]}, True),
        ({"sem_ver": ["1.0.0-alpha.1", "<", "1.0.0-alpha.beta"]}, True),
        ({"sem_ver": ["1.0.0-2", "<", "1.0.0-11"]}, True),
        ({"sem_ver": ["V1.2", "=", "1.2.0+b1"]}, True), ({"sem_ver": ["1.2", "~", "1.2.9"]}, True),
        ({"sem_ver": ["01.0", "=", "1.0"]}, None), ({"sem_ver": ["1", "~=", "1"]}, None),
        ({"sem_ver": [True, "=", 1]}, None),
        ({"$ref": "adult"}, True),
    ],
)  # fmt: skip
def test_operators(rule: Any, expected: Any) -> None:
    found = logic(rule, evaluators={"adult": {">=": [{"var": "age"}, {"$ref": "limit"}]}, "limit": {"+": [10, 8]}})
    assert found == expected
    assert type(found) is type(expected)


def test_inside_a_loop_the_context_is_not_seen() -> None:
    assert logic({"map": [{"var": "rows"}, {"var": "age"}]}) == [None, None, None]
    assert logic({"map": [{"var": "rows"}, {"var": "$flagd.flagKey"}]}) == [None, None, None]


def test_buckets_of_fractional_hold_their_shares_and_depend_on_the_flag() -> None:
    rule = {"fractional": [["a", 1], ["b", 3]]}
    made = Compiler("one", {}).compile(rule, ())
    other = Compiler("two", {}).compile(rule, ())
    found = [made({"targetingKey": f"u{n}"}, Run()) for n in range(20_000)]
    second = [other({"targetingKey": f"u{n}"}, Run()) for n in range(20_000)]
    assert abs(found.count("a") / 20_000 - 0.25) < 0.015
    assert abs(sum(a == b for a, b in zip(found, second, strict=True)) / 20_000 - 0.625) < 0.02, "independent flags"
    assert made({}, Run()) is None
    assert logic({"fractional": [{"var": "gone"}, ["a", 1]]}) is None
    assert logic({"fractional": ["x", ["a", -1], ["b", 1]]}) == "b"
    assert logic({"fractional": ["x", ["a", 0]]}) is None
    assert logic({"fractional": [5, ["a", {"var": "age"}], [{"var": "gone"}, 0]]}) == "a"


FLAG = {
    "state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off",
    "targeting": {"if": [{"==": [{"var": "age"}, 29]}, "on", None]},
}  # fmt: skip


def flag(**changes: Any) -> Flag:
    return Flag("f", {name: value for name, value in (FLAG | changes).items() if value is not ...})


def test_reasons_and_values_of_a_flag() -> None:
    def told(made: Flag, context: dict[str, Any] | None = None) -> tuple[Any, ...]:
        answer = made.evaluate(context or {})
        return answer.value, answer.variant, answer.reason.value, answer.error

    assert told(flag(), {"age": 29}) == (True, "on", "TARGETING_MATCH", "")
    assert told(flag()) == (False, "off", "DEFAULT", "")
    assert told(flag(targeting={})) == (False, "off", "STATIC", "")
    assert told(flag(targeting=None, defaultVariant=None)) == (None, "", "DEFAULT", "")
    assert told(flag(defaultVariant=...)) == (None, "", "DEFAULT", "")
    assert told(flag(state="DISABLED")) == (None, "", "DISABLED", "")
    assert told(flag(targeting={"if": [True, "gone"]})) == (None, "", "ERROR", "GENERAL")
    assert told(flag(targeting={"var": "user"}), {"user": {"a": 1}})[3] == "GENERAL"
    assert told(flag(targeting={"nope": 1})) == (None, "", "ERROR", "PARSE_ERROR")
    yes = flag(variants={"true": 1, "false": 0}, defaultVariant="false", targeting={"==": [{"var": "age"}, 29]})
    assert told(yes, {"age": 29}) == (1, "true", "TARGETING_MATCH", "")
    assert told(yes) == (0, "false", "TARGETING_MATCH", "")


def test_metadata_of_the_file_stands_under_that_of_the_flag() -> None:
    text = json.dumps({"flags": {"f": FLAG | {"metadata": {"a": 2}}}, "metadata": {"a": 1, "b": "x"}})
    assert read_document(text).ruleset().evaluate("f", {}).metadata == {"a": 2, "b": "x"}
    assert read_document(text).ruleset().evaluate("gone", {}).error == "FLAG_NOT_FOUND"


BAD = """{
  "state": "ON",
  "variants": {"on": true,
               "off": "no"},
  "defaultVariant": "gone",
  "targeting": {"if": [
     {"starts_wiht": [1, 2]},
     "on",
     {"==": [1]}
  ]},
  "colour": 1
}"""


def test_every_problem_names_its_field_and_line() -> None:
    with pytest.raises(BadDefinition) as caught:
        read_definition("f", BAD, {})
    found = {one.where: (one.line, one.what) for one in caught.value.problems}
    assert found["state"][0] == 2
    assert found["variants.off"] == (4, "is a string, and the first variant a boolean")
    assert found["defaultVariant"][0] == 5
    assert found["targeting.if[0]"] == (7, "there is no operator 'starts_wiht'; did you mean starts_with?")
    assert found["targeting.if[2]"] == (9, "== takes 2 arguments, and has 1")
    assert found["colour"][0] == 11


def test_a_result_that_is_no_variant_is_doubtful_though_legal() -> None:
    text = json.dumps(FLAG | {"targeting": {"if": [True, "om", {"fractional": [["on", 1], ["oof", 1]]}]}}, indent=1)
    doubts = read_definition("f", text, {}).doubts
    assert [one.where for one in doubts] == ["targeting.if[1]", "targeting.if[2].fractional[1][0]"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1, "a": 2}', "stands twice"), ("{", "no JSON"), ('{"a": NaN}', "no value of JSON"),
        ("[" * 90_000 + "]" * 90_000, "deeper"), ('{"a": 123456789012345678901234}', "too large"),
        (b"\xff\xfe{}", "isn't UTF-8"), ('{"a": ' + "[" * 120 + "]" * 120 + "}", "deeper"),
        ("x" * 5_000_000, "at most"),
        ('{"a": "\\ud800', "no JSON"),
    ],
)  # fmt: skip
def test_texts_that_cannot_be_used_say_why(text: str | bytes, words: str) -> None:
    with pytest.raises(BadDefinition, match=words):
        read(text)


def test_hostile_rules_are_bounded_when_they_are_compiled() -> None:
    def problems(rule: Any, evaluators: dict[str, Any] | None = None) -> str:
        compiler = Compiler("f", evaluators or {})
        compiler.compile(rule, ())
        return "; ".join(what for _path, what in compiler.problems)

    deep: Any = 1
    for _ in range(90):
        deep = {"!": [deep]}
    assert "nested deeper" in problems(deep)
    assert "more than" in problems({"and": [1] * (limits.MOST_NODES + 1)})
    laughs: dict[str, Any] = {"a0": {"cat": ["ha"] * 10}}
    for n in range(1, 30):
        laughs[f"a{n}"] = {"cat": [{"$ref": f"a{n - 1}"}, {"$ref": f"a{n - 1}"}]}
    assert "more than" in problems({"$ref": "a29"}, laughs)
    assert "circle" in problems({"$ref": "x"}, {"x": {"!": [{"$ref": "y"}]}, "y": {"$ref": "x"}})
    assert "one operator" in problems({"if": [], "and": []})
    assert "no operator 'regex'" in problems({"regex": ["(a+)+$", "aaaaaaaaaaaaaaaa!"]})


def test_hostile_rules_are_bounded_when_they_run() -> None:
    rows = {"rows": list(range(300))}
    loops: Any = {"var": "rows"}
    with pytest.raises(TooMuch):
        logic({"map": [loops, {"map": [list(range(300)), 1]}]}, rows)
    grow = {"reduce": [{"var": "rows"}, {"cat": [{"var": "accumulator"}, {"var": "accumulator"}]}, "ha"]}
    with pytest.raises(TooMuch):
        logic(grow, rows)
    with pytest.raises(TooMuch):
        logic({"reduce": [{"var": "rows"}, {"merge": [{"var": "accumulator"}, {"var": "accumulator"}]}, [1]]}, rows)
    answer = flag(targeting=grow).evaluate(rows)
    assert (answer.error, "grows beyond" in answer.details) == ("GENERAL", True)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4), max_leaves=12,
)  # fmt: skip
names = st.sampled_from(sorted(limits.OPERATORS))
rules = st.recursive(
    values | st.builds(lambda path: {"var": path}, st.sampled_from(["", "a", "a.b", "a.0", "targetingKey", "$flagd"])),
    lambda inner: st.builds(lambda name, args: {name: args}, names, st.lists(inner, max_size=4)), max_leaves=15,
)  # fmt: skip


@given(rule=rules, context=st.dictionaries(st.sampled_from(["a", "b", "targetingKey", "ü"]), values, max_size=4))
@settings(max_examples=300, deadline=None)
def test_no_rule_and_no_context_raises_anything(rule: Any, context: dict[str, Any]) -> None:
    made = Flag("f", {"variants": {"on": True}, "defaultVariant": "on", "targeting": {"if": [rule, "on"]}})
    answer = made.evaluate(context)
    assert answer.reason.value in {"TARGETING_MATCH", "DEFAULT", "ERROR", "SPLIT"}
    assert answer.error in {"", "GENERAL", "PARSE_ERROR", "INVALID_CONTEXT"}
    assert made.evaluate(context) == answer, "the same question has the same answer"


def test_an_explanation_tells_each_step_in_reading_order() -> None:
    told = explain("f", FLAG, {}, {"age": 30})
    assert told.answer.variant == "off"
    assert [(step.path, step.depth, step.value) for step in told.steps] == [
        ("targeting", 0, None), ("targeting.if[0]", 1, False), ("targeting.if[0].==[0]", 2, 30),
    ]  # fmt: skip
    many = explain(
        "f", FLAG | {"targeting": {"map": [{"var": "rows"}, {"!": {"var": ""}}]}}, {}, {"rows": list(range(400))}
    )
    assert (len(many.steps), many.left_out) == (500, 302)


@pytest.mark.parametrize(
    ("changes", "only"),
    [
        ({"targeting": {}}, "off"), ({"targeting": {"if": [{"var": "x"}, "off", None]}}, "off"),
        ({"targeting": {"if": [{"var": "x"}, "on"]}}, ""),
        ({"targeting": {"fractional": [["on", 0], ["off", 5]]}}, "off"),
        ({"targeting": {"fractional": [["on", 1], ["off", 5]]}}, ""), ({"state": "DISABLED"}, ""),
        ({"targeting": {}, "defaultVariant": None}, ""), ({"targeting": {"var": "x"}}, ""),
        ({"targeting": {"experiment": {"id": "e", "arms": [["off", 1]]}}}, ""),
    ],
)  # fmt: skip
def test_a_flag_that_gives_everybody_the_same_is_found(changes: dict[str, Any], only: str) -> None:
    assert everybody(FLAG | changes) == only


def test_a_context_of_everything_is_quick() -> None:
    made = flag(targeting={"in": ["x" * 50, {"var": "text"}]})
    began = time.perf_counter()
    made.evaluate({"text": "x" * 200_000, **{f"k{n}": n for n in range(10_000)}})
    assert time.perf_counter() - began < 1
