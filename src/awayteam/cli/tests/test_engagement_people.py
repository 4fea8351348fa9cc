"""`awayteam engagement member|place|standard|baseline`: in use, and with what can't be."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine

from awayteam.cli.tests.runner import Run, runner
from awayteam.contributions.models import Repository
from awayteam.engagements.models import Application, BaselineItem, Engagement, Member, Place, Standard
from awayteam.engagements.tests.village import NOON, Village, after, settle
from awayteam.kernel.models import Event
from awayteam.organisation.models import Person
from awayteam.requests import actions as requests
from awayteam.requests.models import Request

pytestmark = pytest.mark.django_db
JUNIT = """<testsuite name="refunds"><testcase classname="refunds" name="test_one"><failure message="red"/></testcase>
<testcase classname="refunds" name="test_two"/></testsuite>"""
COBERTURA = """<coverage line-rate="0.5"><packages><package><classes>
<class filename="refunds/lines.py" line-rate="0.25"/></classes></package></packages></coverage>"""
TABLES = (Member, Place, Application, Standard, BaselineItem, Event)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(monkeypatch, capsys, "pia")


@pytest.fixture
def village() -> Iterator[Village]:
    with time_machine.travel(NOON, tick=False):
        found = settle()
        Person.objects.filter(name="sue").update(manager=found.person("dana"))
        yield found


def rows() -> list[Any]:
    return [list(model._default_manager.order_by("pk").values()) for model in TABLES]


def test_members_from_the_list_to_their_end(village: Village, run: Run) -> None:
    row = village.active()
    with time_machine.travel(after(8), tick=False):
        number = run("member", "add", row.pk, "sue", "--share", 50, "--from", "2026-03-10", "--until", "2026-03-20")[
            "id"
        ]
        plain = run("member", "list", row.pk, plain=True)
        assert "sue" in plain
        assert "50%" in plain
        changed = run("member", "change", number, "--share", 40, plain=True)
        assert changed.startswith(f"{number}  sue: 40% from 2026-03-10 until 2026-03-20\n")
        assert "Still to agree: " in changed
        run("member", "agree", number, who="dana")
        run("member", "welcome", number, who="olga")
        [sue] = [one for one in run("member", "list", row.pk) if one["person"] == "user:default/sue"]
        assert (sue["share"], sue["agreed_at"] is None, sue["home_agreed_at"] is None) == (40, False, False)
        assert run("member", "end", number, "--words", "Done early") == {"engagement": row.pk, "member": number}
    assert Member.objects.get(pk=number).left_at == after(8)


def test_places_from_the_offer_to_the_answer(village: Village, run: Run) -> None:
    row = village.open()
    first = run("place", "offer", row.pk, "--title", "SQL", "--hours", 40, "--skill", "sql", "--until", "2026-03-20")
    second = run("place", "offer", row.pk, "--title", "Go", "--hours", 8, plain=True)
    assert second.split()[1:] == ["Go"]
    found = run("place", "list", "--skill", "sql", who="sue")["items"]
    assert [(one["id"], one["title"], one["hours"]) for one in found] == [(first["id"], "SQL", 40)]
    assert "Go" in run("place", "list", "--text", "go", who="sue", plain=True)
    page = run("place", "list", "--limit", 1)
    assert [one["title"] for one in run("place", "list", "--cursor", page["next_cursor"])["items"]] == ["SQL"]
    sue = run("place", "apply", first["id"], "--words", "I know it", who="sue")["id"]
    sam = run("place", "apply", first["id"], who="sam")["id"]
    assert run("place", "refuse", sam, "--words", "One is enough", plain=True) == "sam was told.\n"
    taken = run("place", "take", sue, "--share", 30, "--from", "2026-03-10", plain=True)
    assert ": 30% from 2026-03-10" in taken
    assert run("place", "close", second.split()[0])["closed_at"] is not None
    assert run("place", "list", who="sue")["items"] == []


def test_standards_by_hand_and_from_a_repository(village: Village, run: Run, tmp_path: Path) -> None:
    row = village.open()
    folder = tmp_path / "orders"
    folder.mkdir()
    (folder / "CONTRIBUTING.md").write_text("# Rules\n\nTest what you change.\n")
    (folder / "notes.txt").write_text("Nothing.\n")
    git = ["git", "-C", str(folder), "-c", "user.name=ada", "-c", "user.email=ada@example.org"]
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "First"]):
        subprocess.run([*git, *words], check=True)
    Repository.objects.create(name="orders", location=str(folder), created_at=NOON)
    found = run("standard", "find", "orders")
    assert [one["path"] for one in found["documents"]] == ["CONTRIBUTING.md"]
    assert "CONTRIBUTING.md" in run("standard", "find", "orders", plain=True)
    [taken] = run("standard", "take", row.pk, "orders")
    assert (taken["path"], len(taken["commit"])) == ("CONTRIBUTING.md", 40)
    named = run("standard", "take", row.pk, "orders", "--path", "notes.txt")
    assert {one["path"] for one in named} == {"CONTRIBUTING.md", "notes.txt"}
    text = tmp_path / "rules.md"
    text.write_text("# House rules\n")
    written = run("standard", "write", row.pk, text, "--title", "House")
    assert written[-1]["title"] == "House"
    left = run("standard", "remove", written[-1]["id"], plain=True)
    assert "House" not in left
    assert len(run("standard", "list", row.pk)) == 2
    assert "is followed" in run("standard", "take", row.pk, "elsewhere", code=1)
    assert run("standard", "take", row.pk, "orders", "--path", "no.md", code=2)
    assert Standard.objects.filter(engagement=row).count() == 2


def test_the_story_says_that_the_request_is_gone(village: Village, run: Run) -> None:
    asked = village.town.ask()
    requests.welcome(asked, actor=village.actor("olga"), now=NOON)
    row = village.open(request=Request.objects.get(pk=asked.pk))
    assert "The request that it serves" not in run("show", row.pk, plain=True)
    requests.withdraw(asked.pk, actor=village.actor("paul"), now=NOON, words="Nobody asks any more.")
    shown = run("show", row.pk, plain=True)
    says = "was withdrawn by paul: “Nobody asks any more”. Go on, or withdraw."
    assert f"The request that it serves, #{asked.pk} Refund a part of an order, {says}" in shown


def test_a_baseline_from_files_and_by_hand(village: Village, run: Run, tmp_path: Path) -> None:
    row = village.open()
    junit, coverage = tmp_path / "junit.xml", tmp_path / "coverage.xml"
    junit.write_text(JUNIT)
    coverage.write_text(COBERTURA)
    assert run("baseline", "take", row.pk, junit, coverage)["counts"] == {"check": 1, "coverage": 2}
    assert run("baseline", "take", row.pk, junit, plain=True) == "1 check\n"
    by_hand = run("baseline", "add", row.pk, "--kind", "coverage", "--key", "all of it", "--value", "41.5")
    assert (by_hand["kind"], by_hand["key"]) == ("coverage", "all of it")
    assert "defect  Totals are wrong" in run(
        "baseline", "add", row.pk, "--kind", "defect", "--key", "Totals are wrong", plain=True
    )
    listed = run("baseline", "list", row.pk)
    assert sorted(one["kind"] for one in listed) == ["check", "coverage", "coverage", "coverage", "defect"]
    assert "Totals are wrong" in run("baseline", "list", row.pk, plain=True)
    assert len(run("baseline", "remove", row.pk, "--item", by_hand["id"])) == 4
    assert run("baseline", "remove", row.pk) == []


BAD: dict[str, tuple[tuple[object, ...], str, int, str]] = {
    "no such engagement": (("member", "list", 99), "pia", 1, "There is no engagement 99"),
    "no number": (("member", "list", "first"), "pia", 2, "valid int"),
    "nobody of that name": (("member", "add", "ROW", "nobody"), "pia", 1, "nobody"),
    "a share of nothing": (("member", "add", "ROW", "sue", "--share", 0), "pia", 2, "1 to 100"),
    "a share of more than all": (("member", "add", "ROW", "sue", "--share", 101), "pia", 2, "1 to 100"),
    "no day": (("member", "add", "ROW", "sue", "--from", "soon"), "pia", 2, "no date"),
    "a last day before the first": (
        ("member", "add", "ROW", "sue", "--from", "2026-03-20", "--until", "2026-03-10"), "pia", 2, "before",
    ),
    "somebody twice": (("member", "add", "ROW", "paul"), "pia", 2, "on the list already"),
    "somebody of the home side": (("member", "add", "ROW", "oscar"), "pia", 2, "both"),
    "a stranger adds": (("member", "add", "ROW", "sue"), "ann", 1, "Only"),
    "one's own time": (("member", "agree", "PAUL"), "paul", 1, "manager"),
    "no such member": (("member", "end", 99), "pia", 1, "99"),
    "member zero": (("member", "end", 0), "pia", 2, "greater than"),
    "a place without a title": (("place", "offer", "ROW", "--title", " ", "--hours", 4), "pia", 2, "title"),
    "a place of no hours": (("place", "offer", "ROW", "--title", "x", "--hours", 0), "pia", 2, "hours"),
    "hours that are no number": (("place", "offer", "ROW", "--title", "x", "--hours", "many"), "pia", 2, "valid int"),
    "a stranger offers": (("place", "offer", "ROW", "--title", "x", "--hours", 4), "ann", 1, "Only"),
    "no such place": (("place", "apply", 99), "sue", 1, "99"),
    "no such application": (("place", "take", 99), "pia", 1, "99"),
    "a refusal without words": (("place", "refuse", 99), "pia", 2, "--words"),
    "a cursor of nobody": (("place", "list", "--cursor", "x"), "sue", 2, "cursor"),
    "a standard without a file": (("standard", "write", "ROW", "/nowhere.md", "--title", "x"), "pia", 2, "nowhere"),
    "a standard without a title": (("standard", "write", "ROW", "TEXT", "--title", ""), "pia", 2, "title"),
    "a standard that is no text": (("standard", "write", "ROW", "BYTES", "--title", "x"), "pia", 2, "isn't text"),
    "a standard that is too long": (("standard", "write", "ROW", "LONG", "--title", "x"), "pia", 2, "at most"),
    "a repository that nobody follows": (("standard", "find", "elsewhere"), "pia", 1, "is followed"),
    "no such standard": (("standard", "remove", 99), "pia", 1, "99"),
    "a stranger writes": (("standard", "write", "ROW", "TEXT", "--title", "x"), "ann", 1, "Only"),
    "a result file of no kind": (("baseline", "take", "ROW", "TEXT"), "pia", 2, "rules.md"),
    "a good and a bad file": (("baseline", "take", "ROW", "JUNIT", "BYTES"), "pia", 2, "bytes.md"),
    "no result file": (("baseline", "take", "ROW"), "pia", 2, "FILE"),
    "a kind of nothing": (("baseline", "add", "ROW", "--kind", "hope", "--key", "x"), "pia", 2, "hope"),
    "coverage without its figure": (("baseline", "add", "ROW", "--kind", "coverage", "--key", "x"), "pia", 2, "figure"),
    "a figure that is none": (
        ("baseline", "add", "ROW", "--kind", "check", "--key", "x", "--value", "much"), "pia", 2, "--value",
    ),
    "an item that is no number": (("baseline", "remove", "ROW", "--item", "x"), "pia", 2, "no number"),
    "a stranger removes": (("baseline", "remove", "ROW"), "ann", 1, "Only"),
    "a baseline under a contract": (("baseline", "add", "SIGNED", "--kind", "check", "--key", "x"), "pia", 1, "draft"),
    "a standard under a contract": (("standard", "write", "SIGNED", "TEXT", "--title", "x"), "pia", 1, "draft"),
}  # fmt: skip


@pytest.mark.parametrize("what", sorted(BAD))
def test_what_cannot_be_is_said_and_changes_nothing(what: str, village: Village, run: Run, tmp_path: Path) -> None:
    row = village.open()
    names = {"TEXT": "rules.md", "BYTES": "bytes.md", "LONG": "long.md", "JUNIT": "junit.xml"}
    contents = {"TEXT": b"# Rules\n", "BYTES": b"\xff\xfe\x00", "LONG": b"x" * 3_000_000, "JUNIT": JUNIT.encode()}
    places: dict[object, object] = {name: tmp_path / file for name, file in names.items()}
    for name, content in contents.items():
        (tmp_path / names[name]).write_bytes(content)
    places |= {"ROW": row.pk, "PAUL": Member.objects.get(engagement=row).pk}
    arguments, who, code, says = BAD[what]
    if "SIGNED" in arguments:
        places["SIGNED"] = village.agreed(title="Another").pk
    before = rows()
    assert says in run(*(places.get(one, one) for one in arguments), who=who, code=code)
    assert rows() == before
    assert Engagement.objects.get(pk=row.pk).version == row.version
