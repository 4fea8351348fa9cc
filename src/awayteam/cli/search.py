"""`awayteam search`: the one box, at a terminal."""

from typing import Annotated

import typer

from awayteam.cli.shared import JSON, django, print_json


def register(app: typer.Typer) -> None:
    app.command("search")(search)


def search(
    words: Annotated[
        list[str], typer.Argument(metavar="WORDS", help="Names, titles, people, owners, operations, tags.")
    ],
    kind: Annotated[list[str] | None, typer.Option("--kind", help="Only this kind (repeatable).")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100, help="How many of each kind.")] = 10,
    as_json: JSON = False,
) -> None:
    """Find anything by the beginnings of words; one slip is forgiven. Exit code 1 where nothing is found."""
    django()
    from awayteam.catalog import queries
    from awayteam.catalog.models import Presence
    from awayteam.kernel.actor import SYSTEM

    result = queries.search(SYSTEM, " ".join(words), limit=limit, kinds=tuple(kind or ()))
    if as_json:
        groups = [
            {
                "kind": group.kind,
                "more": group.more,
                "hits": [
                    {
                        "ref": hit.ref,
                        "title": hit.title,
                        "subtitle": hit.subtitle,
                        "matched": hit.matched,
                        "score": hit.score,
                        "presence": Presence(hit.presence).name.lower(),
                    }
                    for hit in group.hits
                ],
            }
            for group in result.groups
        ]
        print_json({"groups": groups, "corrected": {word: list(known) for word, known in result.corrected.items()}})
    else:
        for word, known in result.corrected.items():
            typer.echo(f"Nothing begins with {word!r}; looked for {', '.join(known)} as well.", err=True)
        for group in result.groups:
            more = f" ({'at least ' if group.at_least else ''}{group.more} more)" if group.more else ""
            typer.secho(f"{group.kind}{more}", bold=True)
            for hit in group.hits:
                typer.echo(f"  {hit.ref}  {hit.title}  [{hit.matched}]  {hit.subtitle}".rstrip())
    if not result.groups:
        if not as_json:
            typer.echo("Nothing found. Fewer or shorter words find more.", err=True)
        raise typer.Exit(1)
