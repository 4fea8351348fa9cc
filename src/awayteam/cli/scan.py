"""`awayteam scan`: which team changes whose code, from repositories alone. No server, no database."""

import gc
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from awayteam.contributions.bots import Bots
    from awayteam.contributions.opening import Opening, Options
    from awayteam.contributions.scan import Progress, Scan


def register(app: typer.Typer) -> None:
    app.command()(scan)


def scan(
    repos: Annotated[list[str], typer.Argument(metavar="REPO...", help="Git repositories (bare or not).")],
    org: Annotated[
        list[str] | None, typer.Option("--org", help="Files or folders that say who is in which team; repeatable.")
    ] = None,
    since: Annotated[str, typer.Option("--since", help="12mo, 2y, 6w, 90d, a date, or all.")] = "12mo",
    until: Annotated[str, typer.Option("--until", help="A date; by default each repository's newest commit.")] = "",
    as_of: Annotated[
        str, typer.Option("--as-of", help="commit: rules and teams of each commit's date; head: of the newest commit.")
    ] = "",
    format: Annotated[str, typer.Option("--format", help="Format of the ownership rules.")] = "auto",
    aliases: Annotated[
        Path | None, typer.Option("--aliases", help="Corrections: LOGIN = Name <address> a line.")
    ] = None,
    rulebook: Annotated[
        Path | None, typer.Option("--rulebook", help="A rulebook whose bots count; without it, those that ship.")
    ] = None,
    nested: Annotated[bool, typer.Option(help="Members of a team belong to its parents too.")] = True,
    guess: Annotated[bool, typer.Option(help="Link authors with close names (marked as guess).")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    html: Annotated[Path | None, typer.Option("--html", help="Write one self-contained page.")] = None,
) -> None:
    """Which team changes whose code: the away map of one or more repositories."""
    from awayteam.cli.failing import refused, usage

    if as_of not in ("", "commit", "head"):
        usage(f"--as-of {as_of} isn't known; choose commit or head")
    if format not in ("auto", "github", "gitlab", "gitea", "prow", "gerrit", "maintainers"):
        usage(f"--format {format} isn't known; see awayteam owners --help")
    from awayteam.contributions.opening import Options

    options = Options(since=since, until=until, as_of=as_of, format=format, nested=nested, guess=guess)
    with refused():
        found = run(repos, org or [], options, aliases, rulebook)
        if html is not None:
            from awayteam.contributions.report_html import page

            html.write_text(page(found), encoding="utf-8")
        if as_json:
            from awayteam.contributions.report_json import report

            typer.echo(json.dumps(report(found), indent=1))
            return
        from awayteam.contributions.report_terminal import render

        render(found)
        if html is not None:
            typer.echo(f"Page written to {html}")


def run(
    repos: list[str], org: list[str], options: "Options", aliases: Path | None, rulebook: Path | None = None
) -> "Scan":
    """The scan with a progress bar on a terminal. Ends the command with 2 where an option says nothing."""
    from awayteam.cli.failing import usage
    from awayteam.contributions.rules import back_from, day

    try:
        back_from(0, options.since)
        if options.until:
            day(options.until)
    except ValueError as error:
        usage(str(error))
    gc.disable()  # a scan makes many small values and no cycles; the process ends with it
    opening = _begin(repos[0], options)
    try:
        return _run(repos, org, options, aliases, rulebook, opening)
    finally:
        if opening is not None:
            opening.close()


def _begin(repo: str, options: "Options") -> "Opening | None":
    """Let git work while the rest is loaded; what can't be read is told later, in its turn."""
    from awayteam.contributions.opening import Opening
    from awayteam.sources.gitcmd import GitError

    try:
        return Opening(repo, options)
    except GitError:
        return None


def _run(
    repos: list[str],
    org: list[str],
    options: "Options",
    aliases: Path | None,
    rulebook: Path | None,
    opening: "Opening | None",
) -> "Scan":
    from awayteam.contributions.identities import read_aliases
    from awayteam.contributions.organisation import read_organisation
    from awayteam.contributions.scan import scan as scan_repos
    from awayteam.sources.ownership.base import shown

    organisation = read_organisation(org, nested=options.nested)
    for problem in organisation.problems[:20]:
        typer.echo(shown(f"awayteam: {problem.file}:{problem.line or 1}: {problem.message}"), err=True)
    if org and not organisation.teams and not organisation.people:
        typer.echo("awayteam: the files of --org declare no team and no person", err=True)
    known, wrong = read_aliases(aliases.read_text("utf-8")) if aliases else ({}, [])
    for message in wrong:
        typer.echo(f"awayteam: {aliases}: {message}", err=True)
    bots = _bots(rulebook) if rulebook else None
    with progress_bar(len(repos)) as progress:
        found = scan_repos(repos, organisation, options, aliases=known, bots=bots, progress=progress, opening=opening)
    for message in found.failed:
        typer.echo(shown(f"awayteam: {message}; the other repositories are counted"), err=True)
    return found


def _bots(file: Path) -> "Bots":
    """The bots of an organisation's rulebook; a rulebook that is wrong raises `RulebookError`."""
    from awayteam.contributions.bots import Bots
    from awayteam.kernel.rulebook.build import parse

    rules = parse(file.read_text("utf-8"), str(file)).contributions
    return Bots((*rules.bots, *rules.more_bots))


@contextmanager
def progress_bar(repos: int) -> "Iterator[Progress | None]":
    """Commits read and their rate on standard error, where that is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    from awayteam.sources.ownership.base import shown

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TextColumn("{task.completed:,} commits"),
    )
    with Bar(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, int] = {}

        def tell(name: str, count: int) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(f"Reading {shown(name)} ({len(tasks) + 1} of {repos})", total=None)
            bar.update(tasks[name], completed=count)  # type: ignore[arg-type]

        yield tell
