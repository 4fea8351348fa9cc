"""`awayteam contributions`: the repositories that the away map follows, and refreshing them."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from awayteam.cli.shared import JSON

if TYPE_CHECKING:
    from awayteam.contributions.models import Repository
    from awayteam.contributions.refresh import Progress, Refreshed


def register(app: typer.Typer) -> None:
    commands = typer.Typer(help="Look after the repositories that the away map follows.", no_args_is_help=True)
    commands.command("add")(add)
    commands.command("refresh")(refresh)
    commands.command("list")(list_)
    commands.command("remove")(remove)
    app.add_typer(commands, name="contributions")


def add(
    repo: Annotated[str, typer.Argument(metavar="REPO", help="Git repository (bare or not), or its address.")],
    name: Annotated[str, typer.Option("--name", help="What it is called (default: from its path).")] = "",
    ref: Annotated[str, typer.Option("--ref", help="Branch or tag to follow (default: the main branch).")] = "",
    as_json: JSON = False,
) -> None:
    """Follow a repository and read it at once."""
    _django(existing=False)
    from django.utils import timezone

    from awayteam.contributions import actions
    from awayteam.kernel.actor import SYSTEM

    made = actions.follow(repo, actor=SYSTEM, now=timezone.now(), name=name, ref=ref)
    _report(_refresh([made]), as_json)


def refresh(
    repos: Annotated[
        list[str] | None,
        typer.Argument(metavar="[REPO...]", help="Names, paths or addresses (default: all)."),
    ] = None,
    as_json: JSON = False,
) -> None:
    """Read what is new. Exit code 1 where a repository could not be read; the others are."""
    _django()
    _report(_refresh([_named(one) for one in repos] if repos else _all()), as_json)


def list_(as_json: JSON = False) -> None:
    """The repositories with their state."""
    _django()
    from awayteam.cli.shared import print_json, table
    from awayteam.contributions import queries
    from awayteam.kernel.actor import SYSTEM

    rows = queries.repositories(SYSTEM)
    if as_json:
        print_json(
            [
                {
                    "repository": row.repository.name,
                    "location": row.repository.location,
                    "ref": row.repository.ref,
                    "state": row.state,
                    "commits": row.commits,
                    "commit": row.repository.tip,
                    "error": row.repository.last_error,
                    "read_at": row.repository.last_success_at,
                }
                for row in rows
            ]
        )
        return
    cells = ((row.repository.name, row.state, row.commits, row.repository.location) for row in rows)
    table(("Repository", "State", "Commits", "Location"), cells)


def remove(
    repo: Annotated[str, typer.Argument(metavar="REPO", help="Name, path or address.")],
    reason: Annotated[str, typer.Option("--reason", help="Stands in the history.")] = "",
) -> None:
    """Stop following a repository and forget its commits; the repository itself stays as it is."""
    _django()
    from django.utils import timezone

    from awayteam.contributions import actions
    from awayteam.kernel.actor import SYSTEM

    found = _named(repo)
    actions.unfollow(found, actor=SYSTEM, now=timezone.now(), reason=reason)
    typer.echo(f"{found.name} isn't followed any more.")


def _django(*, existing: bool = True) -> None:
    from awayteam.cli.setup import django

    django(existing=existing)


def _all() -> "list[Repository]":
    from awayteam.contributions.models import Repository

    return list(Repository.objects.order_by("pk"))


def _named(text: str) -> "Repository":
    """The repository of this name, path or address. Raises `NotFound`."""
    from awayteam.contributions.models import Repository
    from awayteam.imports.actions import absolute
    from awayteam.kernel.errors import NotFound

    found = Repository.objects.filter(name=text).first() or Repository.objects.filter(location=absolute(text)).first()
    if found is None:
        raise NotFound(f"{text} isn't followed.", "See `awayteam contributions list`, or add it.")
    return found


def _refresh(repositories: "list[Repository]") -> "list[Refreshed]":
    from django.utils import timezone

    from awayteam.contributions.refresh import refresh as run
    from awayteam.kernel.actor import SYSTEM

    with _progress(len(repositories)) as progress:
        return run(repositories, actor=SYSTEM, now=timezone.now(), progress=progress)


@contextmanager
def _progress(count: int) -> "Iterator[Progress | None]":
    """Commits read, repository by repository, on a terminal's standard error; nothing elsewhere."""
    from awayteam.cli.scan import progress_bar

    with progress_bar(count) as tell:
        yield tell


def _report(done: "list[Refreshed]", as_json: bool) -> None:
    from awayteam.cli.shared import print_json

    if as_json:
        print_json([one.as_json() for one in done])
    for one in done:
        if one.error:
            typer.secho(f"awayteam: {one.repository.name}: {one.error}", err=True)
        elif not as_json:
            whole = f", read whole ({one.why})" if one.why else ""
            typer.echo(f"{one.repository.name}: {one.new:,} new, {one.commits:,} commits{whole}")
            for note in one.notes:
                typer.echo(f"  {note}", file=sys.stderr)
    if any(one.error for one in done):
        raise typer.Exit(1)
