"""`awayteam agreements`: what it writes, what it prints, and what it says of a folder."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from awayteam.cli.main import main
from awayteam.gate.tests.post import AGREEMENT, ORGANISATION
from awayteam.gate.tests.yard import MONDAY, lay_out

Run = Callable[..., Any]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setattr("awayteam.cli.setup.django", lambda **_options: None)
    monkeypatch.setattr(timezone, "now", lambda: MONDAY)

    def run(*arguments: object, code: int = 0) -> tuple[str, str]:
        with pytest.raises(SystemExit) as left:
            main(["agreements", *map(str, arguments)])
        said = capsys.readouterr()
        assert (left.value.code or 0) == code, said.out + said.err
        return said.out, said.err

    return run


@pytest.mark.django_db
def test_an_export_is_a_folder_without_mistakes(run: Run, tmp_path: Path) -> None:
    number = lay_out().engagement.pk
    told = json.loads(run("export", tmp_path, "--json")[0])
    assert told == {
        "engagements": [number], "written": [f"agreements/{number}.toml", "organisation/awayteam.yaml"],
        "unchanged": [], "removed": [], "left_out": [],
    }  # fmt: skip
    assert run("check", tmp_path)[0] == "0 mistakes, 0 notes\n"
    assert "1 engagement; 2 files unchanged" in run("export", tmp_path)[0]
    assert "0 engagements" in run("export", tmp_path / "other", "--repository", "nowhere")[0]
    (tmp_path / "organisation/awayteam.yaml").write_text("version: 1\n")
    assert "changed since: organisation/awayteam.yaml" in run("export", tmp_path, code=1)[1]


def test_mistakes_and_notes(run: Run, tmp_path: Path) -> None:
    (tmp_path / "agreements").mkdir()
    (tmp_path / "organisation").mkdir()
    (tmp_path / "organisation/awayteam.yaml").write_text(ORGANISATION)
    file = tmp_path / "agreements/12.toml"
    file.write_text(AGREEMENT.replace("user:default/bob", "user:default/zed").replace("home_agreed_at", "# "))
    (tmp_path / "agreement.toml").touch()
    said = run("check", tmp_path)[0]
    assert "agreements/12.toml: user:default/zed stands in no file of the organisation (note)" in said
    assert "has no agreement of the home side" in said
    assert "agreement.toml: this file means nothing here" in said
    file.write_text(AGREEMENT.replace("[[grants]]", "[[grant]]"))
    rows = json.loads(run("check", tmp_path, "--json", code=1)[0])
    assert {"severity": "error", "file": "agreements/12.toml", "line": 10, "key": "grant"}.items() <= rows[0].items()
    assert "there is no such folder" in run("check", tmp_path / "nothing", code=2)[1]
    assert timezone.now() - MONDAY == timedelta(0)
