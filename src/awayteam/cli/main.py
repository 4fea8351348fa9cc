"""The `awayteam` command: assembles what the apps offer, and renders every error as a sentence with an exit code.

Exit codes: 0 done, 1 the work itself failed or found something wrong, 2 the command was used wrongly, 130 interrupted.
"""

import importlib
import os
import sys
from functools import cache
from typing import Any

import typer
from typer.core import TyperGroup

MODULES = (
    "imports",
    "catalog",
    "org",
    "search",
    "ask",
    "request",
    "request_exchange",
    "engagement",
    "engagement_people",
    "access",
    "change",
    "engagement_rounds",
    "engagement_handovers",
    "forge",
    "forge_access",
    "insights",
    "credit",
    "succession",
    "route",
    "roadmap",
    "goal",
    "duplicates",
    "flags",
    "review",
    "owners",
    "check",
    "agreements",
    "scan",
    "usage",
    "quota",
    "envoy",
    "experiment",
    "identities",
    "contributions",
    "comments",
    "notifications",
    "rulebook",
    "views",
    "users",
    "serve",
    "worker",
    "maintenance",
    "machines",
    "demo",
)
"""Modules of this package, in the order of `awayteam --help`; each offers `register(app)` and imports lightly."""


ALONE = frozenset({"check", "experiment", "identities", "owners", "scan", "usage"})
"""Commands that are built without the others: they need no installation, and every tenth of a second counts there."""


@cache
def build(modules: tuple[str, ...] = MODULES) -> TyperGroup:
    """The command with the parts of these modules (all); every leaf takes `--data`.

    It is built once in a process: the parts that modules keep grow with each registration.
    """
    app = typer.Typer(
        name="awayteam",
        help="Service-oriented collaboration: who owns what, who may change it, who asks whom, by when.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for name in modules:
        importlib.import_module(f"awayteam.cli.{name}").register(app)
    command = typer.main.get_command(app)
    assert isinstance(command, TyperGroup)
    _offer_data(command)
    return command


def _show_version(wanted: bool) -> None:
    if wanted:
        from awayteam import __version__

        typer.echo(f"awayteam {__version__}")
        raise typer.Exit


def _root(
    version: bool = typer.Option(
        False, "--version", help="Show the version and stop.", is_eager=True, callback=_show_version, expose_value=False
    ),
) -> None:
    pass


def _offer_data(command: TyperGroup) -> None:
    donor = typer.Typer(add_completion=False)
    donor.command()(_data)
    option = typer.main.get_command(donor).params[0]
    _append(command, option)


def _append(command: Any, option: Any) -> None:
    if isinstance(command, TyperGroup):
        for child in command.commands.values():
            _append(child, option)
    else:
        command.params.append(option)


def _use_data(value: str | None) -> str | None:
    if value is None:
        return value
    if not value.strip():
        raise typer.BadParameter("name a folder")
    os.environ["AWAYTEAM_DATA"] = value
    return value


def _data(
    data: str | None = typer.Option(
        None,
        "--data",
        metavar="FOLDER",
        help="Data folder of the installation (or AWAYTEAM_DATA).",
        is_eager=True,
        expose_value=False,
        callback=_use_data,
    ),
) -> None:
    """Never runs: its option is lent to every other command."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command and leave the process with its exit code."""
    from awayteam.kernel.errors import AwayteamError

    first = (sys.argv[1:] if arguments is None else arguments)[:1]
    try:
        build(tuple(first) if first and first[0] in ALONE else MODULES)(args=arguments, prog_name="awayteam")
    except AwayteamError as error:
        typer.secho(f"awayteam: {error.what}", err=True, fg="red" if sys.stderr.isatty() else None)
        for name, message in error.fields.items():
            typer.echo(f"  {name}: {message}", err=True)
        if error.advice:
            typer.echo(f"  {error.advice}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
