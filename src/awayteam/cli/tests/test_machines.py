"""The drawn states are those of the code, and no machine has a fault."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from awayteam.cli import machines as command
from awayteam.kernel import machines

APP = typer.Typer()
command.register(APP)
WRITTEN = Path(__file__).parents[4] / "docs" / "states.md"


def test_the_documentation_draws_the_machines_as_they_are() -> None:
    result = CliRunner().invoke(APP, ["machines", "document"])
    assert result.exit_code == 0, result.output
    assert WRITTEN.read_text(encoding="utf-8") == result.output, "run: awayteam machines document > docs/states.md"


@pytest.mark.parametrize("name", sorted(machines.registered))
def test_a_machine_has_no_fault(name: str) -> None:
    assert machines.problems(machines.registered[name]) == []


def test_requests_and_duplicates_are_among_them() -> None:
    result = CliRunner().invoke(APP, ["machines", "list", "--json"])
    assert {"duplicate", "request"} <= set(machines.registered)
    assert '"name": "request"' in result.output
