"""`awayteam agreements`: writes the folder that `awayteam check` judges by, and says what is wrong with one."""

from pathlib import Path
from typing import Annotated

import typer

from awayteam.cli.shared import JSON, django, print_json


def register(app: typer.Typer) -> None:
    said = "Folders of agreements that are kept in git, for checks without a server."
    group = typer.Typer(help=said, no_args_is_help=True)
    app.add_typer(group, name="agreements")
    group.command("export")(export)
    group.command("check")(check)


def export(
    folder: Annotated[Path, typer.Argument(help="Where to write: .awayteam in a clone, or a repository of its own.")],
    repository: Annotated[
        list[str] | None, typer.Option("--repository", help="Only engagements that name this one; repeatable.")
    ] = None,
    as_json: JSON = False,
) -> None:
    """Write signed engagements that aren't over, the organisation and the rulebook into FOLDER.

    The same state gives the same bytes. What an earlier export wrote and is over now is removed; files of others, and
    files that were changed since, stop it before anything is written. FOLDER then holds names and addresses of people:
    keep it where those may be read.
    """
    django()
    from django.utils import timezone

    from awayteam.gate.folder import exporting

    exported = exporting.export(now=timezone.now(), repositories=repository or ())
    done = exporting.write(exported, folder)
    if as_json:
        print_json(
            {
                "engagements": list(exported.engagements),
                "written": list(done.written),
                "unchanged": list(done.unchanged),
                "removed": list(done.removed),
                "left_out": list(exported.left_out),
            }
        )
        return
    for name in done.written:
        typer.echo(f"wrote    {name}")
    for name in done.removed:
        typer.echo(f"removed  {name}")
    for said in exported.left_out:
        typer.echo(f"awayteam: {said}", err=True)
    count = len(exported.engagements)
    typer.echo(f"{count} {'engagement' if count == 1 else 'engagements'}; {len(done.unchanged)} files unchanged")


def check(
    folder: Annotated[str, typer.Argument(help="A folder, or COMMIT:PATH of the repository in --repo.")],
    repo: Annotated[str, typer.Option("--repo", help="The repository that COMMIT:PATH is of.")] = ".",
    as_json: JSON = False,
) -> None:
    """Everything that is wrong with a folder of agreements: 0 nothing, 1 something, 2 it can't be read."""
    from awayteam.gate.folder.files import FolderError, from_commit, from_folder
    from awayteam.gate.folder.loading import lint
    from awayteam.sources import gitcmd
    from awayteam.sources.ownership.base import shown

    try:
        commit, colon, path = folder.partition(":")
        if colon and not Path(folder).exists():
            files = from_commit(repo, gitcmd.resolve(repo, commit), path)
        else:
            files = from_folder(folder, own=True)
        wrong, notes = lint(files)
    except (FolderError, gitcmd.GitError) as error:
        typer.echo(f"awayteam: {shown(str(error))}", err=True)
        raise typer.Exit(2) from error
    if as_json:
        rows = [("error", one) for one in wrong] + [("note", one) for one in notes]
        print_json(
            [
                {
                    "severity": severity,
                    "file": shown(one.file),
                    "line": one.line,
                    "key": one.key,
                    "message": one.message,
                }
                for severity, one in rows
            ]
        )
    else:
        for one in wrong:
            typer.echo(shown(f"{one}"))
        for one in notes:
            typer.echo(shown(f"{one} (note)"))
        typer.echo(f"{len(wrong)} mistakes, {len(notes)} notes")
    raise typer.Exit(1 if wrong else 0)
