"""`awayteam request import` and `awayteam request export`: requests from and to files."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from awayteam.cli.failing import usage
from awayteam.cli.people import PERSON, actor_of
from awayteam.cli.request import app
from awayteam.cli.requests import team_of
from awayteam.cli.shared import JSON, django, print_json

if TYPE_CHECKING:
    from awayteam.requests.exchange.rows import Read, RowError

FORMATS = ("auto", "csv", "json", "github", "jira-csv", "jira-json", "kep")
Many = list[str] | None


def register(root: typer.Typer) -> None:
    """The commands hang on `awayteam request`, which stands already."""


@app.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files, or with kep a folder.")],
    format: Annotated[str, typer.Option("--format", help=f"One of {', '.join(FORMATS)}.")] = "auto",
    map_: Annotated[
        Many, typer.Option("--map", metavar="COLUMN=FIELD", help="What a column of yours means (repeatable).")
    ] = None,
    to: Annotated[str, typer.Option("--to", metavar="TEAM", help="Who is asked, where a row names nobody.")] = "",
    as_team: Annotated[str, typer.Option("--as-team", metavar="TEAM", help="Who asks, where a row doesn't say.")] = "",
    asker: Annotated[str, typer.Option("--asker", metavar="PERSON", help="In whose person, likewise.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would happen, and do nothing.")] = False,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Bring requests in from CSV, JSON, GitHub issues, Jira exports or enhancement proposals.

    A request is made once by its key, and changed when it is imported again. Rows that can't be used are told with
    file, line and field, and don't keep the others out. Exit code 1 where there were any.
    """
    if format not in FORMATS:
        usage(f"--format is one of {', '.join(FORMATS)}")
    mapping = _mapping(map_ or ())
    django()
    from django.utils import timezone

    from awayteam.kernel.actor import SYSTEM
    from awayteam.organisation import queries
    from awayteam.requests.actions.importing import Defaults, import_requests

    found = _read(files, format, mapping)
    asking = queries.person(SYSTEM, asker if ":" in asker else f"user:{asker}") if asker else None
    defaults = Defaults(
        team_of(SYSTEM, to) if to else None, team_of(SYSTEM, as_team) if as_team else None, asking, format == "kep"
    )
    with _bar(len(found.rows)) as progress:
        done = import_requests(
            found, actor=actor_of(person), now=timezone.now(), defaults=defaults, dry_run=dry_run, progress=progress
        )
    if as_json:
        errors = _told(done.errors)
        counts = {"created": done.created, "updated": done.updated, "unchanged": done.unchanged}
        print_json({**counts, "dry_run": dry_run, "errors": errors, "warnings": _told(done.warnings)})
    else:
        would = "would be " if dry_run else ""
        typer.echo(f"{done.created} {would}created, {done.updated} {would}updated, {done.unchanged} unchanged")
        for e in [*done.errors, *done.warnings]:
            typer.echo(f"{e.file}:{e.line}: {e.field + ': ' if e.field else ''}{e.message}", err=True)
    if done.errors:
        raise typer.Exit(1)


def _told(rows: "list[RowError]") -> list[dict[str, Any]]:
    return [{"file": one.file, "line": one.line, "field": one.field, "message": one.message} for one in rows]


def _mapping(pairs: Any) -> dict[str, str]:
    from awayteam.requests.exchange.rows import COLUMNS

    mapping = {}
    for pair in pairs:
        theirs, equals, ours = pair.rpartition("=")
        if not equals or ours not in COLUMNS:
            usage(f"--map {pair!r}: write COLUMN=FIELD; fields are {', '.join(COLUMNS)}")
        mapping[theirs] = ours
    return mapping


def _read(files: list[Path], format: str, mapping: dict[str, str]) -> "Read":
    from awayteam.requests.actions.importing import problem_if_none
    from awayteam.requests.exchange import keps, reading
    from awayteam.requests.exchange.rows import Read

    whole = Read()
    for path in files:
        if format == "kep" or path.is_dir():
            part = keps.read_keps(path)
        else:
            try:
                data = path.read_bytes()
            except OSError as error:
                usage(f"{path} can't be read: {error.strerror}")
            part = reading.read(data, path.name, format, mapping)
        problem_if_none(part, path.name)
        whole.rows += part.rows
        whole.errors += part.errors
    return whole


@app.command()
def export(
    format: Annotated[str, typer.Option("--format", help="csv or json.")] = "csv",
    state: Annotated[Many, typer.Option("--state", help="A state, or open, closed, all (the default).")] = None,
    home: Annotated[Many, typer.Option("--home", metavar="TEAM", help="Only of teams that answer.")] = None,
    out: Annotated[str, typer.Option("--out", metavar="FILE", help="Where to; without it, standard output.")] = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Write requests as CSV or JSON, in the shape that the import reads."""
    django()
    from django.utils import timezone

    from awayteam.requests import queries
    from awayteam.requests.exchange import writing

    if format not in ("csv", "json"):
        usage("--format is csv or json")
    wanted = queries.RequestFilter(state=tuple(state or ("all",)), home=tuple(home or ()))
    actor, now, ids, cursor = actor_of(person), timezone.now(), [], None
    while True:
        page = queries.list_requests(actor, wanted, sort="created", cursor=cursor, limit=1_000, now=now)
        ids += [row.id for row in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    write = writing.to_json if format == "json" or as_json else writing.to_csv
    lines = write(writing.each(ids))
    if not out:
        sys.stdout.writelines(lines)
        return
    with open(out, "w", encoding="utf-8", newline="") as handle:
        handle.writelines(lines)
    typer.echo(f"{len(ids)} requests written to {out}", err=True)


def _bar(total: int) -> Any:
    """A progress bar on a terminal where it takes a while; it gives the function that moves it."""
    from contextlib import contextmanager

    @contextmanager
    def shown() -> Any:
        if total < 500 or not sys.stderr.isatty():
            yield None
            return
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("Importing requests", total=total)
            yield lambda done, of: progress.update(task, completed=done, total=of)

    return shown()


__all__ = ["register"]
