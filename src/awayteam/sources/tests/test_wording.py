"""Broken YAML is explained without the words of a parser."""

import pytest

from awayteam.sources import yamldoc


@pytest.mark.parametrize(
    ("text", "line", "advice"),
    [
        ("a: b: c\n", 1, "put the value in quotes, or mend the indentation"),
        ("a: 1\n b: 2\n", 2, "put the value in quotes, or mend the indentation"),
        ("a:\n  b: 1\n c: 2\n", 3, "mend the indentation, or close the quotes and brackets above"),
        ("a:\n- 1\n- 2\nb\n", 5, "write `key: value`, or mend the indentation"),
        ("a: [1, 2\nb: 3\n", 2, "isn't closed, or lacks a comma"),
        ("a: {b: 1\n", 2, "isn't closed, or lacks a comma"),
        ('a: "open\n', 2, "the text ends within quotes; close them"),
        ('a: "C:\\path"\n', 1, "use single quotes"),
        ("a: @b\n", 1, "'@' can't begin a value; put the value in quotes"),
        ("a:\n\tb: 1\n", 2, "indent with spaces"),
        ("a: *\n", 1, "put the value in quotes"),
        ("a: !x!y z\n", 1, "put the value in quotes"),
        ("a: - b\n", 1, "on a line of its own"),
        ("a: | text\n  more\n", 1, "go on below"),
    ],
)
def test_what_is_wrong_and_what_to_do(text: str, line: int, advice: str) -> None:
    (document,) = yamldoc.load(text.encode())
    assert document.problem is not None
    assert document.problem.message.startswith("this isn't YAML: ")
    assert advice in document.problem.message
    assert document.problem.line == line
    assert not any(word in document.problem.message for word in ("block", "scalar", "token", "node", "expected"))


def test_it_says_where_the_thing_begins_that_is_broken_later() -> None:
    (document,) = yamldoc.load(b"a:\n  - b: [1,\n      2\nc: 3\n")
    assert document.problem is not None
    assert "(what it belongs to begins 2 lines above)" in document.problem.message


@pytest.mark.parametrize("text", ["a: !!str 1\n", "a: ! 1\n", "a: !!map {b: 1}\n"])
def test_tags_of_yaml_itself_are_no_remark(text: str) -> None:
    (document,) = yamldoc.load(text.encode())
    assert document.remarks == ()


def test_unknown_tags_are_remarked_upon_with_their_lines_document_by_document() -> None:
    one, two, three = yamldoc.load(b"a: !x 1\nb: !y [2]\n---\nc: 3\n---\nd: !<tag:example.org,2000:z> {e: 4}\n")
    assert [(each.line, each.document) for each in one.remarks] == [(1, 0), (2, 0)]
    assert two.remarks == ()
    assert [each.message for each in three.remarks] == [
        "the tag tag:example.org,2000:z means nothing here, so its value was taken as written; remove the tag"
    ]
    assert one.value == {"a": "1", "b": [2]}
