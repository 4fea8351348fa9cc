import dataclasses
import os
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awayteam.kernel import doctor, rulebook
from awayteam.kernel.rulebook import RulebookError, forget
from awayteam.kernel.rulebook.build import DEFAULTS, sections
from awayteam.kernel.rulebook.document import document, toml
from awayteam.kernel.rulebook.tomllines import locate

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
KEYS = [(section.name, key) for section in sections() for key in dataclasses.fields(section.type)]


def said(text: str) -> list[str]:
    return [str(problem) for problem in rulebook.check(text, "own.toml")]


def test_every_key_has_a_default_and_a_documentation_and_no_default_lacks_a_key() -> None:
    shipped = tomllib.loads(DEFAULTS.read_text(encoding="utf-8"))
    assert {(section, key) for section, values in shipped.items() for key in values} == {
        (section, key.name) for section, key in KEYS
    }
    assert [f"{section}.{key.name}" for section, key in KEYS if len(key.metadata["doc"]) < 20] == []


def test_the_defaults_pass_their_own_checks() -> None:
    assert said(DEFAULTS.read_text(encoding="utf-8")) == []
    assert rulebook.defaults().overridden == frozenset()


def test_the_reference_is_current() -> None:
    written = Path(__file__).parents[4] / "docs" / "rulebook.md"
    assert written.read_text(encoding="utf-8") == document(), "run: awayteam rulebook document > docs/rulebook.md"


def test_the_reference_names_every_key_with_its_default() -> None:
    text = document()
    for section, key in KEYS:
        shown = toml(getattr(getattr(rulebook.defaults(), section), key.name))
        part = text.split(f"### `{section}.{key.name}`")[1].split("\n#")[0]
        assert key.metadata["doc"] in part
        assert f"Default: `{shown}`" in part


def test_an_organisation_overrides_single_keys() -> None:
    book = rulebook.parse('[calendar]\ncountry = "DE"\nsubdivision = "BE"\n[worker]\nidle_seconds = 1\n')
    assert (book.calendar.country, book.calendar.subdivision, book.worker.idle_seconds) == ("DE", "BE", 1.0)
    assert book.outbox == rulebook.defaults().outbox
    assert book.overridden == {"calendar.country", "calendar.subdivision", "worker.idle_seconds"}
    differences = rulebook.diff(rulebook.defaults(), book)
    assert [(each.key, each.old, each.new) for each in differences] == [
        ("calendar.country", "", "DE"),
        ("calendar.subdivision", "", "BE"),
        ("worker.idle_seconds", 2.0, 1.0),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[catalogue]\n", "own.toml:1: catalogue: there is no such section. Did you mean `catalog`?"),
        (
            "\n[catalog]\nedit_win = 1\n",
            "own.toml:3: catalog.edit_win: there is no such key. Did you mean `edit_wins`?",
        ),
        ("[catalog]\nzzz = 1", "own.toml:2: catalog.zzz: there is no such key. Known here: edit_wins,"),
        ("catalog = 3", "own.toml:1: catalog: this must be a section. Write [catalog] on a line of its own."),
        ("[clocks]\nlease_seconds = 1\n", "own.toml:2: clocks.lease_seconds: 1 is too small; the least is 5"),
        ("[clocks]\nlease_seconds = 99999\n", "own.toml:2: clocks.lease_seconds: 99999 is too large; the most is 3600"),
        ("[clocks]\nlease_seconds = 60.5\n", "own.toml:2: clocks.lease_seconds: this must be a whole number, not 60.5"),
        ("[clocks]\nlease_seconds = true\n", "own.toml:2: clocks.lease_seconds: this must be a whole number, not True"),
        ("[clocks]\nremind_at_half = 1\n", "own.toml:2: clocks.remind_at_half: this must be true or false, not 1"),
        (
            "[clocks]\nremind_before_minutes = 9\n",
            "own.toml:2: clocks.remind_before_minutes: this must be a list, each",
        ),
        ("[clocks]\nremind_before_minutes = [0]\n", "own.toml:2: clocks.remind_before_minutes: 0 is too small"),
        ("[worker]\nidle_seconds = nan\n", "own.toml:2: worker.idle_seconds: nan is too small"),
        ("[worker]\nidle_seconds = inf\n", "own.toml:2: worker.idle_seconds: inf is too large"),
        ("[catalog]\n\n# why\nedit_wins = 'me'\n", "own.toml:4: catalog.edit_wins: this must be one of 'person',"),
        ("[catalog]\nedit_wins = 1979-05-27\n", "own.toml:2: catalog.edit_wins: this must be one of"),
        ('calendar.time_zone = "Mars"', "own.toml:1: calendar.time_zone: there is no time zone 'Mars'"),
        ('[calendar]\ncountry = "XX"', "own.toml:2: calendar.country: no public holidays are known for 'XX'"),
        (
            '[calendar]\ncountry = "DE"\nsubdivision = "TX"',
            "own.toml:3: calendar.subdivision: DE has no subdivision 'TX'",
        ),
        ('[calendar]\nsubdivision = "BE"', "own.toml:2: calendar.subdivision: a subdivision needs a country"),
        ("[calendar]\nweekdays = []", "own.toml:2: calendar.weekdays: nobody would ever work"),
        ("[calendar]\nweekdays = [1, 1]", "own.toml:2: calendar.weekdays: a day is named twice"),
        ("[calendar]\nweekdays = [7]", "own.toml:2: calendar.weekdays: 7 is too large"),
        ('[calendar]\nhours = ["17:00", "09:00"]', "own.toml:2: calendar.hours: the working day must end after"),
        ('[calendar]\nhours = ["9", "17"]', "own.toml:2: calendar.hours: write start and end as"),
        (
            "[webhooks]\ntimeout_seconds = 100\n",
            "own.toml:2: webhooks.timeout_seconds: outbox.lease_seconds must be more",
        ),
        ("[accounts]\ntoken_days_max = 5\n", "own.toml:2: accounts.token_days_max: token_days_default is more than"),
        (
            "[outbox]\nbackoff_first_seconds = 86400\n",
            "own.toml:2: outbox.backoff_first_seconds: backoff_first_seconds is",
        ),
        ("[clocks]\nlease_seconds =\n", "own.toml:2: this is not TOML"),
        ("[clocks]\nlease_seconds = 9\nlease_seconds = 9\n", "own.toml:3: this is not TOML"),
        ("[clocks", "own.toml:1: this is not TOML"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, problem: str) -> None:
    assert [message[: len(problem)] for message in said(text)] == [problem]
    with pytest.raises(RulebookError, match=re.escape(problem)):
        rulebook.parse(text, "own.toml")


def test_all_problems_come_at_once_in_the_order_of_the_lines() -> None:
    text = "[worker]\nbatch = 0\n[clocks]\nx = 1\nlease_seconds = 0\n[nothing]\n"
    assert [int(message.split(":")[1]) for message in said(text)] == [2, 4, 5, 6]


def test_the_version_follows_the_values_and_nothing_else() -> None:
    one = rulebook.parse("[worker]\nbatch = 7\nidle_seconds = 1\n[catalog]\norphan_grace_days = 3\n")
    two = rulebook.parse("# ours\ncatalog = { orphan_grace_days = 0x3 }\n[worker] # w\nidle_seconds=1.0\nbatch=7")
    assert one.version == two.version
    assert rulebook.parse("[worker]\nbatch = 50\n").version == rulebook.defaults().version
    versions = {rulebook.parse(f"[worker]\nbatch = {batch}\n").version for batch in (7, 8, 50)}
    assert len(versions) == 3


NUMBERS = st.integers(-(2**40), 2**40) | st.floats()
PLAIN = st.none() | st.booleans() | NUMBERS | st.text(st.characters(codec="ascii"), max_size=9)
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=3), max_leaves=5)


@given(VALUES, st.sampled_from(KEYS))
def test_no_value_anywhere_does_more_than_be_refused(value: Any, place: tuple[str, Any]) -> None:
    section, key = place
    text = f"[{section}]\n{key.name} = {_as_toml(value)}\n"
    problems = rulebook.check(text)
    assert problems or rulebook.parse(text)
    assert all(problem.line == 2 for problem in problems)


def _as_toml(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ",".join(map(_as_toml, value)) + "]"
    if isinstance(value, str):
        return '"' + "".join(f"\\u{ord(character):04x}" for character in value) + '"'
    if isinstance(value, bool):
        return str(value).lower()
    return "1979-05-27" if value is None else repr(value)


# Where keys stand

TRICKY = '''# [not] = "a table"
a = "x # no = comment" # b = 1
"quoted key" = 'lit # eral'
"esc\\u0041pe".b = """
[no.table]
c = "1" \\
"""
d = [ # comment ]
  1, "]", [2,
  3]
]
[t.u] # table
e.f = { g = 1, h.i = [ { j = 2 } ] }
k = \'\'\'
l = 1
\'\'\'\'
m = 1979-05-27 07:32:00
[[arr]]
n = 1
[[arr]]
  [arr.sub]
  n = 2
[[arr.inner]]
o = "\\"#"
'''


def test_lines_of_a_tricky_file() -> None:
    lines = locate(TRICKY)
    assert {path: lines[path] for path in lines if not isinstance(path[-1], int) or path[0] == "arr"} == {
        ("a",): 2, ("quoted key",): 3, ("escApe",): 4, ("escApe", "b"): 4, ("d",): 8, ("t",): 12, ("t", "u"): 12,
        ("t", "u", "e"): 13, ("t", "u", "e", "f"): 13, ("t", "u", "e", "f", "g"): 13,
        ("t", "u", "e", "f", "h"): 13,
        ("t", "u", "e", "f", "h", "i"): 13, ("t", "u", "e", "f", "h", "i", 0, "j"): 13, ("t", "u", "k"): 14,
        ("t", "u", "m"): 17, ("arr",): 18, ("arr", 0): 18, ("arr", 0, "n"): 19, ("arr", 1): 20, ("arr", 1, "sub"): 21,
        ("arr", 1, "sub", "n"): 22, ("arr", 1, "inner"): 23, ("arr", 1, "inner", 0): 23,
        ("arr", 1, "inner", 0, "o"): 24,
    }  # fmt: skip
    assert (lines["d", 0], lines["d", 2, 0], lines["d", 2, 1]) == (9, 9, 10)


def test_every_path_of_a_file_has_a_line() -> None:
    for text in (TRICKY, TRICKY.replace("\n", "\r\n"), DEFAULTS.read_text(encoding="utf-8")):
        assert set(locate(text)) == set(_paths(tomllib.loads(text)))


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for name, inner in items for found in [(*path, name), *_paths(inner, (*path, name))]]


# The rulebook in force


def test_a_changed_file_takes_effect_and_a_bad_one_keeps_the_last_good(tmp_path: Path, settings: Any) -> None:
    settings.RULEBOOK = tmp_path / "rulebook.toml"
    rulebook.forget()
    assert rulebook.current() == rulebook.defaults()

    def write(text: str) -> None:
        before = settings.RULEBOOK.stat().st_mtime_ns if settings.RULEBOOK.exists() else 0
        settings.RULEBOOK.write_text(text)
        os.utime(settings.RULEBOOK, ns=(before + 10**9, before + 10**9))

    write("[worker]\nbatch = 7\n")
    good = rulebook.current()
    assert good.worker.batch == 7
    assert rulebook.current() is good
    write("[worker]\nbatch = 0\n")
    assert rulebook.current() is good
    problem = rulebook.problem()
    assert problem is not None
    assert [each.line for each in problem.problems] == [2]
    write("[worker]\nbatch = 8\n")
    assert rulebook.current().worker.batch == 8
    assert rulebook.problem() is None
    rulebook.forget()


def test_a_process_does_not_start_with_a_bad_rulebook(tmp_path: Path, settings: Any) -> None:
    settings.RULEBOOK = tmp_path / "rulebook.toml"
    settings.RULEBOOK.write_text("[worker]\nbatch = 0\n")
    rulebook.forget()
    with pytest.raises(RulebookError, match=r"rulebook.toml:2: worker.batch: 0 is too small"):
        rulebook.current()
    settings.RULEBOOK.write_bytes(b"\xff\xfe")
    with pytest.raises(RulebookError, match="can't be read"):
        rulebook.current()
    rulebook.forget()


def test_the_doctor_names_what_is_wrong_with_the_rulebook(rulebook: Any, settings: Any) -> None:
    rulebook("[worker]\nbatch = 7\n")
    (good,) = doctor._rulebook(NOW)
    assert (good.health, good.finding.split(", ")[1]) == (doctor.Health.GOOD, "1 values of your own")
    settings.RULEBOOK.write_text("[worker]\nbatch = 1000000\n")
    (bad,) = doctor._rulebook(NOW)
    assert (bad.health, bad.finding[:26]) == (doctor.Health.BAD, "the last good one is kept:")
    forget()
    (bad,) = doctor._rulebook(NOW)
    assert bad.finding.startswith("the server can't start: ")
    assert "own-rulebook.toml:2: worker.batch" in bad.finding
