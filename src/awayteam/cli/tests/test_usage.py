"""`awayteam usage` on files: what it prints, what it says of bad ones, how it ends."""

import json
from pathlib import Path
from typing import Any

import pytest

from awayteam.cli.main import main
from awayteam.usage.tests.test_reading import JAEGER, OTLP


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "jaeger.json").write_text(json.dumps(JAEGER))
    (tmp_path / "broken.json").write_text('{"data"')
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(["usage", *map(str, words)])
    said = capsys.readouterr()
    return int(left.value.code or 0), said.out, said.err


def ask(capsys: pytest.CaptureFixture[str], *words: object) -> Any:
    code, out, err = run(capsys, *words, "--json")
    assert code == 0, err
    return json.loads(out)


def test_edges_have_the_promised_fields(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    (one,) = ask(capsys, "edges", folder)
    assert one == {
        "consumer": "shop", "provider": "pay", "operation": "POST /charges", "kind": "service", "calls": 1, "failed": 1,
        "seen": 1, "source": "jaeger", "sampling": None, "first_seen": "2026-02-02T02:40:00.000020Z",
        "last_seen": "2026-02-02T02:40:00.000020Z",
    }  # fmt: skip
    (whole,) = ask(capsys, "edges", folder, "--group", "service")
    assert (whole["operation"], whole["calls"]) == (None, 1)


def test_each_source_keeps_its_figures(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    (folder / "otlp.json").write_text(json.dumps(OTLP))
    found = ask(capsys, "edges", folder)
    assert [(one["source"], one["sampling"]) for one in found] == [("jaeger", None), ("otlp", 1.0)]


def test_a_bad_file_is_told_and_the_others_count(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    code, out, err = run(capsys, "edges", folder)
    assert (code, out.split("\t")[:3]) == (0, ["shop", "pay", "POST /charges"])
    assert "broken.json: no JSON" in err
    assert "1 files, 3 spans: 1 calls seen by both sides" in err


def test_nothing_that_can_be_read_ends_with_1(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(capsys, "edges", tmp_path)[0] == 1
    (tmp_path / "a.json").write_text("{}")
    code, _, err = run(capsys, "edges", tmp_path)
    assert (code, "neither Jaeger" in err) == (1, True)
    code, _, err = run(capsys, "edges", tmp_path / "nowhere")
    assert (code, "No such file" in err) == (1, True)


def test_questions_of_one_service(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert [one["consumer"] for one in ask(capsys, "consumers", "pay", "--from", folder)] == ["shop"]
    assert ask(capsys, "consumers", "pay", "--from", folder, "--operation", "GET /other") == []
    assert [one["provider"] for one in ask(capsys, "providers", "shop", "--from", folder)] == ["pay"]
    assert ask(capsys, "blast-radius", "pay", "--from", folder) == [
        {"service": "shop", "depth": 1, "via": "pay", "calls": 1}
    ]  # fmt: skip
    (only,) = ask(capsys, "sole", folder)
    assert (only["provider"], only["consumer"], only["missed_below"]) == ("pay", "shop", None)
    code, _, err = run(capsys, "consumers", "pai", "--from", folder)
    assert (code, "did you mean pay?" in err) == (2, True)


@pytest.mark.parametrize("words", [("sole",), ("blast-radius", "pay", "--from"), ("providers", "shop", "--from")])
def test_tables_are_for_people(capsys: pytest.CaptureFixture[str], folder: Path, words: tuple[str, ...]) -> None:
    code, out, err = run(capsys, *words, folder)
    assert (code, "shop" in out, "spans" in err) == (0, True, True)


@pytest.fixture
def stored(db: None, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation whose catalog knows `pay`, and traces of today."""
    from awayteam.catalog.tests.world import entity, team
    from awayteam.cli import setup

    settings.DATA = tmp_path / "data"
    monkeypatch.setattr(setup, "django", lambda **_: None)
    entity("Component", "pay", owner=team("money"))
    (tmp_path / "jaeger.json").write_text(json.dumps(JAEGER))
    return tmp_path


def test_files_are_stored_once_and_answer_as_files_do(capsys: pytest.CaptureFixture[str], stored: Path) -> None:
    place = stored / "jaeger.json"
    done = ask(capsys, "import", place, "--as-if-now")
    assert (done["files"], done["known"], done["spans"], done["calls"], done["too_old"]) == (1, 0, 3, 1, 0)
    again = ask(capsys, "import", place)
    assert (again["files"], again["known"], again["calls"]) == (0, 1, 0)
    (one,), (other,) = ask(capsys, "edges"), ask(capsys, "edges", place)
    assert one.keys() == other.keys()
    assert {**one, "first_seen": "", "last_seen": ""} == {**other, "first_seen": "", "last_seen": ""}
    (whole,) = ask(capsys, "edges", "--group", "service", "--days", "7", "--limit", "5")
    assert (whole["operation"], whole["calls"]) == (None, 1)
    code, out, err = run(capsys, "consumers", "component:default/pay")
    assert (code, out.split("\t")[:3]) == (0, ["shop", "pay", "1"])
    assert "3 spans, 1 seen by both sides, 0 by the caller's word, 0 unpaired, 0 expired, 0 dropped" in err


def test_old_files_are_told_about(capsys: pytest.CaptureFixture[str], stored: Path) -> None:
    old = json.loads(json.dumps(JAEGER))
    for trace in old["data"]:
        for span in trace["spans"]:
            span["startTime"] -= 5 * 365 * 86_400 * 10**6
    (stored / "jaeger.json").write_text(json.dumps(old))
    code, _, err = run(capsys, "import", stored / "jaeger.json")
    assert (code, "1 calls are older than 13 months and weren't kept; --as-if-now" in err) == (0, True)
    assert run(capsys, "import", stored)[0] == 0
    assert run(capsys, "import", stored / "nowhere")[0] == 1


def test_questions_to_what_is_stored(capsys: pytest.CaptureFixture[str], stored: Path) -> None:
    ask(capsys, "import", stored / "jaeger.json", "--as-if-now")
    assert [one["provider"] for one in ask(capsys, "providers", "shop")] == ["pay"]
    (one,) = ask(capsys, "sole")
    assert (one["provider"], one["consumer"], one["missed_below"]) == ("pay", "shop", None)
    assert [one["service"] for one in ask(capsys, "blast-radius", "pay")] == ["shop"]
    assert [one["service"] for one in ask(capsys, "dependencies", "shop")] == ["pay"]
    assert [one["service"] for one in ask(capsys, "dependencies", "shop", "--from", stored / "jaeger.json")] == ["pay"]
    assert sum(one["calls"] for one in ask(capsys, "trend", "pay", "--days", "3")) == 1
    assert len(ask(capsys, "trend", "pay", "--days", "1", "--hourly")) >= 1
    assert [(one["team"], one["calls"]) for one in ask(capsys, "teams", "pay")] == [(None, 1)]
    assert [one["source"] for one in ask(capsys, "evidence")] == ["jaeger"]
    for words in (("unused",), ("deprecated",), ("undeclared",), ("unobserved", "--all")):
        assert ask(capsys, *words) == []
        assert run(capsys, *words)[:2] == (0, "")
    code, _, err = run(capsys, "consumers", "payy")
    assert (code, "Did you mean pay?" in err) == (1, True)


def test_names_are_matched_and_taken_back(capsys: pytest.CaptureFixture[str], stored: Path) -> None:
    ask(capsys, "import", stored / "jaeger.json", "--as-if-now")
    (one,) = ask(capsys, "unmatched")["items"]
    assert (one["name"], one["entity"], one["suggestions"]) == ("shop", None, [])
    assert ask(capsys, "match", "shop", "component:default/pay")["how"] == "hand"
    assert {one["name"]: one["entity"] for one in ask(capsys, "names")["items"]} == {
        "shop": "component:default/pay", "pay": "component:default/pay",
    }  # fmt: skip
    assert ask(capsys, "unmatch", "shop")["entity"] is None
    assert ask(capsys, "match", "shop", "--ignore", "--reason", "a test")["ignored"] is True
    assert ask(capsys, "unmatched")["items"] == []
    assert run(capsys, "match", "shop")[0] == 2
    added = ask(capsys, "rule", "add", "tests", "--pattern", "(.+)-test", "--replacement", r"\1")
    assert added == {"name": "tests", "kind": "name"}
    assert [one["name"] for one in ask(capsys, "rule", "list")][:2] == ["tests", "Kubernetes id"]
    assert ask(capsys, "rule", "remove", "tests") == {"removed": "tests"}
