"""`awayteam backup`, `restore`, `reindex` and `doctor`."""

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from awayteam.kernel.backup import Progress

JSON = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    app.command()(backup)
    app.command()(restore)
    app.command()(reindex)
    app.command()(doctor)


def backup(
    file: Annotated[Path | None, typer.Argument(help="Where to (default: backups/ in the data folder).")] = None,
    as_json: JSON = False,
) -> None:
    """Copy the whole installation into one file, while it runs."""
    from awayteam.cli.setup import django

    django(existing=True)
    from django.conf import settings
    from django.utils import timezone

    from awayteam.kernel import backup as backups

    now = timezone.now()
    path = file or settings.DATA / "backups" / f"awayteam-{now:%Y%m%d-%H%M%S}.tar.gz"
    with _progress("Backing up") as progress:
        summary = backups.write(path, now=now, progress=progress)
    if as_json:
        typer.echo(json.dumps({"path": str(summary.path), "bytes": summary.size, "rows": summary.rows}))
    else:
        typer.echo(f"{summary.path}: {sum(summary.rows.values()):,} rows, {summary.size / 1e6:.1f} MB")


def restore(
    file: Annotated[Path, typer.Argument(help="A file that awayteam backup made.")],
    replace: Annotated[bool, typer.Option("--replace", help="Replace the organisation that is here.")] = False,
    as_json: JSON = False,
) -> None:
    """Put a backup back, in one step; also from SQLite into PostgreSQL or the other way round."""
    from awayteam.cli.setup import django

    django()
    from awayteam.kernel import backup as backups

    with _progress("Restoring") as progress:
        rows = backups.restore(file, replace=replace, progress=progress)
    if as_json:
        typer.echo(json.dumps({"rows": rows}))
    else:
        typer.echo(f"{sum(rows.values()):,} rows restored from {file}")


def reindex(as_json: JSON = False) -> None:
    """Build the search index and the counts of facets anew, where `awayteam doctor` finds them wanting."""
    from awayteam.cli.setup import django

    django(existing=True)
    from django.db import transaction

    from awayteam.catalog import facets, search

    with _progress("Indexing") as progress, transaction.atomic():
        facets.rebuild()
        entities = search.rebuild(lambda done, every: progress(f"of {every:,}", done))
    search.optimise()
    if as_json:
        typer.echo(json.dumps({"entities": entities}))
    else:
        typer.echo(f"{entities:,} entities indexed and counted")


def doctor(
    mend: Annotated[bool, typer.Option("--mend", help="Put back what keeps append-only tables, first.")] = False,
    as_json: JSON = False,
) -> None:
    """Check the installation and say what to mend; exit code 1 where something is bad."""
    from awayteam.cli.setup import django

    django(migrate=False, existing=True)
    from django.utils import timezone

    from awayteam.kernel import doctor as checking
    from awayteam.kernel.actor import SYSTEM
    from awayteam.kernel.doctor import Health

    now = timezone.now()
    mended, failed = checking.try_to_mend(actor=SYSTEM, now=now) if mend else ([], [])
    for what in mended:
        typer.echo(f"Put back: {what}.", err=True)
    found = [*failed, *checking.examine(now)]
    if as_json:
        items = [{"subject": d.subject, "health": d.health, "finding": d.finding, "advice": d.advice} for d in found]
        typer.echo(json.dumps(items))
    else:
        marks = {Health.GOOD: ("✓", "green"), Health.WARNING: ("!", "yellow"), Health.BAD: ("✗", "red")}
        for diagnosis in found:
            mark, colour = marks[diagnosis.health]
            typer.secho(f"{mark} ", fg=colour, nl=False)
            typer.echo(f"{diagnosis.subject}: {diagnosis.finding}")
            if diagnosis.advice:
                typer.echo(f"    {diagnosis.advice}")
    if any(diagnosis.health is Health.BAD for diagnosis in found):
        raise typer.Exit(1)


@contextmanager
def _progress(what: str) -> "Iterator[Progress]":
    """A bar on the terminal's error stream that says which table, and how many rows so far."""
    from rich.console import Console
    from rich.progress import Progress as Bar
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.fields[rows]:,} rows"),
        TimeElapsedColumn(),
    )
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None, rows=0)

        def show(table: str, rows: int) -> None:
            bar.update(task, description=f"{what} {table}", rows=rows)

        yield show
