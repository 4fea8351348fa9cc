"""Values of any type read as what was asked for; paths out of git's own diffs."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from awayteam.forges.diffs import touched
from awayteam.forges.port import ForgeError
from awayteam.forges.reading import Node, document


@pytest.mark.parametrize(
    ("value", "id"),
    [(7, "7"), ("7", "7"), ("007", "7"), (True, ""), (0, ""), (-7, ""), ("-7", ""), (7.0, ""), ("7x", ""), (None, ""),
     ("٧", ""), ([7], ""), (10**19, ""), ("9" * 20, ""), ("0", "")],
)  # fmt: skip
def test_an_id_is_a_positive_number_or_text_of_digits(value: Any, id: str) -> None:
    assert Node({"a": {"b": value}}).id("a", "b") == id


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-03-02T10:30:00Z", datetime(2026, 3, 2, 10, 30, tzinfo=UTC)),
        ("2026-03-02T10:30:00.123Z", datetime(2026, 3, 2, 10, 30, 0, 123000, tzinfo=UTC)),
        ("2026-03-02T12:30:00+02:00", datetime(2026, 3, 2, 10, 30, tzinfo=UTC)),
        ("2026-03-02 10:30:00 UTC", datetime(2026, 3, 2, 10, 30, tzinfo=UTC)),
        ("2026-03-02 12:30:00 +0200", datetime(2026, 3, 2, 10, 30, tzinfo=UTC)),
        ("2026-03-02", datetime(2026, 3, 2, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59-10:00", None),
        ("2026-13-02", None),
        ("UTC", None),
        (1772447400, None),
        (None, None),
    ],
)
def test_moments_are_in_utc_or_none(value: Any, moment: datetime | None) -> None:
    assert Node({"at": value}).moment("at") == moment


@pytest.mark.parametrize(
    "value", ["javascript:alert(1)", "//evil.example", "https://a b", "https://a\n", "https://" + "x" * 2000, 7, None]
)
def test_only_addresses_of_the_web_become_links(value: Any) -> None:
    assert Node({"url": value}).url("url") == ""
    assert Node({"url": "HTTPS://git.example/a"}).url("url") == "HTTPS://git.example/a"


def test_texts_lists_and_what_may_not_be_lacking() -> None:
    node = Node({"text": "a\0b\nc", "list": [1, 2, 3], "no": {}, "sha": "A" * 40, "short": "a" * 39})
    assert (node.text("text", most=3), node.line("text"), node.text("list")) == ("ab", "ab c", "")
    assert [one.value for one in node.items("list", most=2)] == [1, 2]
    assert (node.items("text"), list(node.at("no")), node.at("list", "x").value) == ([], [], None)
    assert (node.commit("sha"), node.commit("short")) == ("a" * 40, "")
    with pytest.raises(ForgeError, match=r"no\.x"):
        node.need("id", "no", "x")
    with pytest.raises(ForgeError, match="more than 3"):
        document(b'{"a": 1}', most=3)


def test_paths_of_a_diff_that_git_made_itself(tmp_path: Path) -> None:
    def git(*words: str) -> bytes:
        who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
        return subprocess.run(["git", *who, *words], cwd=tmp_path, check=True, capture_output=True).stdout

    git("init", "-q")
    names = ["a b", "x b/x", 'quote"d', "tab\there", "ümlaut", "gone", "moved from", "same", "bin", "mode", "a/-- b/y"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"{name}\n" * 9, encoding="utf-8")
    (tmp_path / "bin").write_bytes(b"\0\1\2")
    git("add", ".")
    git("commit", "-qm", "one")
    for name in names[:5] + names[10:]:
        (tmp_path / name).write_text("diff --git a/evil b/evil\nrename from evil\n--- a/evil\n", encoding="utf-8")
    (tmp_path / "gone").unlink()
    (tmp_path / "moved from").rename(tmp_path / 'moved "to" ü')
    (tmp_path / "mode").chmod(0o755)
    (tmp_path / "bin").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "empty").touch()
    git("add", "-A")
    for flags in ((), ("--binary",), ("--no-renames",), ("-c",)):
        options = ["-c", "core.quotepath=false"] if flags == ("-c",) else []
        more = [] if flags == ("-c",) else list(flags)
        expected = git("diff", "--cached", "--no-renames", "--name-only", "-z").decode().split("\0")[:-1]
        found = touched(git(*options, "diff", "--cached", "-M", *more))
        assert sorted(found) == sorted(expected)
        assert "evil" not in found


@pytest.mark.parametrize(
    "header",
    [b"a/x b/y", b"x y", b'"a/x" "c/x"', b'"a/x b/x', b"a/x b/x\0", b"a/" + b"x" * 5000 + b" b/" + b"x" * 5000],
)
def test_a_header_that_cant_be_read_is_an_error_and_no_guess(header: bytes) -> None:
    with pytest.raises(ForgeError) as error:
        touched(b"diff --git " + header + b"\nindex 1..2\n")
    assert error.value.final
    assert touched(b"") == []
