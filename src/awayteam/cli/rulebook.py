"""`awayteam rulebook`: the values in force, what is wrong with a file, and what it would change."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from awayteam.kernel.rulebook import Rulebook

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="The rules by which this organisation works together.", no_args_is_help=True)
    group.command()(show)
    group.command()(check)
    group.command()(diff)
    group.command(hidden=True)(document)
    app.add_typer(group, name="rulebook")


def show(
    section: Annotated[
        str, typer.Argument(help="Only this section or key, such as clocks or clocks.lease_seconds.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Every value in force; those of your own file are marked."""
    from awayteam.kernel.errors import NotFound
    from awayteam.kernel.rulebook import values
    from awayteam.kernel.rulebook.document import toml

    book = _current()
    chosen = {key: value for key, value in values(book).items() if not section or f"{key}.".startswith(f"{section}.")}
    if not chosen:
        raise NotFound(f"The rulebook has no section or key {section!r}.", "See awayteam rulebook show.")
    if as_json:
        own = sorted(book.overridden & set(chosen))
        _print_json({"version": book.version, "values": chosen, "overridden": own})
        return
    width = max(map(len, chosen))
    for key, value in chosen.items():
        typer.echo(f"{key:<{width}}  {toml(value)}{'   (your own)' if key in book.overridden else ''}")
    typer.echo(f"\nversion {book.version}")


def check(
    file: Annotated[
        Path | None, typer.Argument(help="A rulebook file; without it, the one of this installation.")
    ] = None,
    as_json: Json = False,
) -> None:
    """What is wrong with a rulebook file; exit code 1 where something is."""
    from awayteam.kernel.rulebook import check as check_text

    path = file or _own_file()
    problems = check_text(_read(path, absent_is_empty=file is None), str(path))
    if as_json:
        shown = [
            {
                "file": each.file,
                "line": each.line,
                "key": each.key,
                "message": each.message,
                "suggestion": each.suggestion,
            }
            for each in problems
        ]
        _print_json({"file": str(path), "problems": shown})
    else:
        for problem in problems:
            typer.echo(str(problem), err=True)
        if not problems:
            typer.echo(f"{path}: good")
    if problems:
        raise typer.Exit(1)


def diff(
    old: Annotated[Path, typer.Argument(help="A rulebook file.")],
    new: Annotated[
        Path | None, typer.Argument(help="Another; without it, OLD is compared with the values in force.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Which values a rulebook file changes: OLD to NEW, or the values in force to OLD where it stands alone."""
    from awayteam.kernel.rulebook import diff as differences
    from awayteam.kernel.rulebook.document import toml

    before, after = (_parse(old), _parse(new)) if new else (_current(), _parse(old))
    found = differences(before, after)
    if as_json:
        changed = [{"key": each.key, "old": each.old, "new": each.new} for each in found]
        _print_json({"old": before.version, "new": after.version, "changed": changed})
        return
    for each in found:
        typer.echo(f"{each.key}: {toml(each.old)} -> {toml(each.new)}")
    if not found:
        typer.echo("No value differs.")


def document() -> None:
    """Print the reference of every key as Markdown (docs/rulebook.md)."""
    from awayteam.kernel.rulebook.document import document as text

    sys.stdout.write(text())


def _current() -> "Rulebook":
    from awayteam.cli.setup import django
    from awayteam.kernel.rulebook import current

    django(migrate=False)
    return current()


def _own_file() -> Path:
    from django.conf import settings

    from awayteam.cli.setup import django

    django(migrate=False)
    return Path(settings.RULEBOOK)


def _parse(path: Path) -> "Rulebook":
    from awayteam.kernel.rulebook import parse

    return parse(_read(path), str(path))


def _read(path: Path, *, absent_is_empty: bool = False) -> str:
    from awayteam.kernel.errors import AwayteamError

    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        if absent_is_empty:
            return ""
        raise AwayteamError(f"There is no file {path}.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise AwayteamError(f"{path} can't be read: {error}.", "Make it a readable UTF-8 file.") from error


def _print_json(value: Any) -> None:
    import orjson

    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n")
