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
    assert run(capsys, "edges")[0] == 2


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
