import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from awayteam.kernel.logging import configure, hide_secrets


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_lines_are_json_with_name_level_and_time(capsys: pytest.CaptureFixture[str]) -> None:
    configure(json=True)
    structlog.get_logger("awayteam.test").info("source.imported", count=3, token="awat_abcdefghij")
    logging.getLogger("library").warning("asked %s", "https://ada:pw@example.org/x", extra={"password": "hunter2"})
    first, second = map(json.loads, capsys.readouterr().err.strip().splitlines())
    assert first["timestamp"].endswith("Z")
    assert {key: first[key] for key in first if key != "timestamp"} == {
        "event": "source.imported",
        "level": "info",
        "logger": "awayteam.test",
        "count": 3,
        "token": "[hidden]",
    }
    assert (second["event"], second["password"]) == ("asked https://[hidden]@example.org/x", "[hidden]")


def test_a_failure_keeps_its_trace_without_its_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    configure(json=True)
    try:
        raise ValueError("bad token awat_0123456789abcdef")
    except ValueError:
        structlog.get_logger("awayteam.test").exception("job.failed")
    (line,) = map(json.loads, capsys.readouterr().err.strip().splitlines())
    assert "ValueError: bad token [hidden]" in line["exception"]


def test_a_terminal_gets_plain_lines_from_the_level_on(capsys: pytest.CaptureFixture[str]) -> None:
    configure(json=False, level="warning")
    structlog.get_logger("awayteam.test").info("unheard")
    structlog.get_logger("awayteam.test").warning("heard", n=1)
    shown = capsys.readouterr().err
    assert "heard" in shown
    assert "unheard" not in shown


def test_secrets_hide_at_any_depth_and_the_rest_stays() -> None:
    event = {
        "headers": [{"Authorization": "Bearer x", "accept": "y"}],
        "api_key": "k",
        "secret": "",
        "keys": 3,
        "tokens": 7,
        "text": "use ghp_abcdefghijkl now",
        "none": None,
        "object": object,
    }
    assert hide_secrets(None, "info", event) == {
        "headers": [{"Authorization": "[hidden]", "accept": "y"}],
        "api_key": "[hidden]",
        "secret": "",
        "keys": 3,
        "tokens": 7,
        "text": "use [hidden] now",
        "none": None,
        "object": "<class 'object'>",
    }
