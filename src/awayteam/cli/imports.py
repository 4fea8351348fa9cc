"""`awayteam import` and `awayteam sources`."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from awayteam.imports.engine import Progress
    from awayteam.imports.results import ImportResult
    from awayteam.sources.models import Source

JSON = Annotated[bool, typer.Option("--json", help="Print JSON.")]
SHOWN = 20
"""Errors, duplicates and dangling references that a summary for people shows of each."""


def register(app: typer.Typer) -> None:
    app.command("import")(import_)
    sources = typer.Typer(help="Look after the sources of the catalog.", no_args_is_help=True)
    sources.command("list")(list_)
    sources.command("show")(show)
    sources.command("remove")(remove)
    sources.command("refresh")(refresh)
    app.add_typer(sources, name="sources")


def import_(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Folder, file, glob, repository or address.")],
    path: Annotated[
        list[str] | None, typer.Option("--path", metavar="GLOB", help="Read only files that match (repeatable).")
    ] = None,
    name: Annotated[str, typer.Option("--name", help="Name of the source (default: from its path).")] = "",
    ref: Annotated[str, typer.Option("--ref", help="Branch, tag or commit of a git repository.")] = "",
    watch: Annotated[bool, typer.Option("--watch", help="Stay, and import again whenever something changes.")] = False,
    workers: Annotated[int, typer.Option("--workers", min=1, max=64, help="Processes that read files.")] = 2,
    as_json: JSON = False,
) -> None:
    """Turn files that the organisation has into teams, people, services, APIs and their relations.

    Exit codes: 0 done (errors in single documents are listed), 1 nothing could be imported, 2 wrong usage.
    """
    if name and len(paths) > 1:
        raise typer.BadParameter("a name fits one PATH only", param_hint="--name")
    if any(not one.strip() for one in [*paths, *(path or [])]):
        raise typer.BadParameter("a path must not be empty")
    _django(existing=False)
    from awayteam.imports.actions import Wanted

    wanted = [Wanted(one, name=name, ref=ref, globs=tuple(path or ()), watched=watch) for one in paths]
    sources, result, failures = _import(wanted, workers)
    if as_json:
        _print_json(result.as_json() | {"errors": result.errors + [_whole_source(*one) for one in failures]})
    else:
        _summary(result, sources)
    if watch:
        _watch(sources, as_json, workers)
    if failures or not (result.entities or result.duplicates):
        nothing = ("", "nothing that could be imported was found; see `awayteam import --help`")
        for _, failure in failures or [nothing]:
            typer.secho(f"awayteam: {failure}", err=True)
    if not (result.entities or result.duplicates) or len(failures) == len(paths):
        raise typer.Exit(1)


def _django(*, existing: bool = True) -> None:
    from awayteam.cli.setup import django

    django(existing=existing)


def _whole_source(place: str, failure: str) -> dict[str, Any]:
    return {"file": place, "document": None, "line": None, "entity": None, "message": failure}


def _import(wanted: list[Any], workers: int) -> tuple[list["Source"], "ImportResult", list[tuple[str, str]]]:
    """Import each place; one that can't be read keeps none of the others from being, and leaves no source behind.

    Returns the sources, what came of them, and (place, why) of those that failed.
    """
    from django.utils import timezone

    from awayteam.imports import actions, engine
    from awayteam.imports.results import result_of
    from awayteam.kernel.actor import SYSTEM
    from awayteam.kernel.errors import Unavailable

    sources: list[Source] = []
    failures: list[tuple[str, str]] = []
    totals = [0, 0, 0]
    for one in wanted:
        source = actions.source_for(one, actor=SYSTEM, now=timezone.now())
        try:
            with _progress(source.name) as progress:
                done = engine.run(source, actor=SYSTEM, now=timezone.now(), progress=progress, workers=workers)
        except Unavailable as error:
            failures.append((one.location, str(error)))
            if source.last_success_at is None:
                actions.remove(source, actor=SYSTEM, now=timezone.now(), reason="could not be read")
            else:
                sources.append(source)
            continue
        sources.append(source)
        totals = [total + more for total, more in zip(totals, (done.created, done.updated, done.orphaned), strict=True)]
    return sources, result_of(sources, *totals), failures


@contextmanager
def _progress(name: str) -> "Iterator[Progress]":
    """A bar on a terminal's standard error, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _what, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=None)

        def report(what: str, done: int, total: int | None) -> None:
            bar.update(task, description=f"{name}: {what}", completed=done, total=total)

        yield report


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def _summary(result: "ImportResult", sources: list["Source"]) -> None:
    names = ", ".join(source.name for source in sources)
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(result.entities.items())) or "nothing"
    typer.echo(f"{names}: {kinds}")
    typer.echo(
        f"{result.created} created, {result.updated} updated, {result.unchanged} unchanged, {result.orphaned} orphaned"
    )
    _some("error", [_error_line(one) for one in result.errors])
    _some("duplicate", [f"{d['ref']}: {d['kept']} keeps it, {d['dropped']} is dropped" for d in result.duplicates])
    _some("dangling reference", [f"{d['from']} {d['relation']} {d['to']}" for d in result.dangling])


def _error_line(error: dict[str, Any]) -> str:
    place = ":".join(str(part) for part in (error["file"], error["line"]) if part not in (None, ""))
    entity = f" [{error['entity']}]" if error["entity"] else ""
    return f"{place}{entity} {error['message']}".strip()


def _some(what: str, lines: list[str]) -> None:
    if not lines:
        return
    typer.echo(f"{len(lines)} {what}{'' if len(lines) == 1 else 's'}:")
    for line in lines[:SHOWN]:
        typer.echo(f"  {line}")
    if len(lines) > SHOWN:
        typer.echo(f"  ... and {len(lines) - SHOWN} more (--json lists them all)")


def _watch(sources: list["Source"], as_json: bool, workers: int) -> None:
    """Import again whenever something changed, until interrupted."""
    from awayteam.imports.jobs import watch
    from awayteam.imports.results import result_of

    def report(source: "Source", result: "ImportResult") -> None:
        if result.created or result.updated or result.orphaned:
            if as_json:
                typer.echo(json.dumps(result.as_json(), ensure_ascii=False))
            else:
                _summary(result, [source])

    typer.echo("Watching; stop with Ctrl-C.", err=True)
    try:
        watch(sources, workers=workers, report=report)
    except KeyboardInterrupt:
        _ = result_of(sources)
        raise typer.Exit(0) from None


def list_(as_json: JSON = False) -> None:
    """All sources with their health."""
    _django()
    from django.utils import timezone

    from awayteam.imports import queries
    from awayteam.kernel.actor import SYSTEM

    rows = queries.sources(SYSTEM, now=timezone.now())
    if as_json:
        _print_json([queries.as_json(row) for row in rows])
        return
    if not rows:
        typer.echo("No sources yet: awayteam import PATH adds one.")
    for row in rows:
        typer.echo(f"{row.name}: {row.health}, {row.entities} entities, {row.errors} errors, {row.location}")


def show(name: str, as_json: JSON = False) -> None:
    """One source: health, counts, files, and what is wrong where."""
    _django()
    from django.utils import timezone

    from awayteam.imports import queries
    from awayteam.imports.results import result_of
    from awayteam.kernel.actor import SYSTEM

    row = queries.source(SYSTEM, name, now=timezone.now())
    result = result_of([queries.get(SYSTEM, name)])
    if as_json:
        _print_json({**queries.as_json(row), **{k: v for k, v in result.as_json().items() if k in _STATE}})
        return
    typer.echo(f"{row.name} ({row.kind}): {row.location}{' at ' + row.ref if row.ref else ''}")
    typer.echo(f"{row.health}; last imported {row.last_success_at or 'never'}; {row.files} files")
    _summary(result, [queries.get(SYSTEM, name)])


_STATE = ("entities", "errors", "duplicates", "dangling")


def remove(name: str) -> None:
    """Take a source away; what only it declared becomes an orphan."""
    _django()
    from django.utils import timezone

    from awayteam.imports import actions, queries
    from awayteam.kernel.actor import SYSTEM

    actions.remove(queries.get(SYSTEM, name), actor=SYSTEM, now=timezone.now())
    typer.echo(f"{name} was removed.")


def refresh(
    name: Annotated[str | None, typer.Argument(help="Name of the source (default: all).")] = None, as_json: JSON = False
) -> None:
    """Import a source again, now."""
    _django()
    from django.utils import timezone

    from awayteam.imports import engine, queries
    from awayteam.imports.results import result_of
    from awayteam.kernel.actor import SYSTEM
    from awayteam.kernel.errors import Unavailable

    chosen = [queries.get(SYSTEM, name)] if name else list(queries.importable())
    totals = [0, 0, 0]
    failures: list[str] = []
    for source in chosen:
        try:
            with _progress(source.name) as progress:
                done = engine.run(source, actor=SYSTEM, now=timezone.now(), progress=progress)
        except Unavailable as error:
            failures.append(str(error))
            continue
        totals = [total + more for total, more in zip(totals, (done.created, done.updated, done.orphaned), strict=True)]
    result = result_of(chosen, *totals)
    if as_json:
        _print_json(result.as_json())
    else:
        _summary(result, chosen)
    for failure in failures:
        typer.secho(f"awayteam: {failure}", err=True)
    if failures and len(failures) == len(chosen):
        raise typer.Exit(1)
