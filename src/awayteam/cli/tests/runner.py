"""Commands in this process, on the database of the tests."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from awayteam.cli.main import main

Run = Callable[..., Any]


def runner(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], usual: str) -> Run:
    """Runs `awayteam engagement ...` as somebody (`usual`): with `code` 0 the JSON that it prints (`plain`: its text),
    else what it says in refusing."""
    monkeypatch.setattr("awayteam.cli.setup.django", lambda **_options: None)

    def run(*arguments: object, who: str = usual, code: int = 0, plain: bool = False) -> Any:
        words = ["engagement", *map(str, arguments), "--as", who, *([] if plain else ["--json"])]
        with pytest.raises(SystemExit) as left:
            main(words)
        said = capsys.readouterr()
        assert (left.value.code or 0) == code, said.err
        if code:
            return said.err
        return said.out if plain else json.loads(said.out)

    return run
