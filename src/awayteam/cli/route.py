"""`awayteam route`: who should hear of a stack trace, a log line, an address, a path."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from awayteam.cli.shared import JSON, django, print_json

if TYPE_CHECKING:
    from awayteam.requests.routing.match import Candidate, Routing

MOST = 4 * 1024 * 1024


def register(app: typer.Typer) -> None:
    app.command("route")(route)


def route(
    file: Annotated[str, typer.Argument(metavar="[FILE|-]", help="The text; - or nothing: standard input.")] = "-",
    limit: Annotated[int, typer.Option("--limit", min=1, max=20, help="How many candidates.")] = 5,
    index: Annotated[bool, typer.Option("--index", help="Bring the index up to date first.")] = False,
    as_json: JSON = False,
) -> None:
    """Which team owns what a text is about: paste a trace, logs, an address, a path, an operation, a name.

    Exit code 1 where nothing is found.
    """
    text = _read(file)
    django()
    from django.utils import timezone

    from awayteam.kernel.actor import SYSTEM
    from awayteam.requests.routing import index as indexing
    from awayteam.requests.routing.match import route as ask
    from awayteam.requests.routing.models import RoutingState

    now = timezone.now()
    if index or not RoutingState.objects.exists():
        indexing.bring_up_to_date(now)
    found = ask(SYSTEM, text, now=now, limit=limit)
    if as_json:
        print_json(_json(found))
    else:
        _print(found)
    if not found.candidates:
        raise typer.Exit(1)


def _read(file: str) -> str:
    from awayteam.cli.failing import usage

    try:
        if file == "-":
            data = sys.stdin.buffer.read(MOST)
        else:
            with open(file, "rb") as handle:
                data = handle.read(MOST)
    except OSError as error:
        usage(f"{file} can't be read: {error.strerror}")
    return data.decode("utf-8", "replace")


def _label(one: "Candidate") -> str:
    team = f"{one.team} ({one.team.ref})" if one.team else "no team that is known here"
    return f"{team}  {one.entity.ref}" if one.entity else team


def _print(found: "Routing") -> None:
    for one in found.candidates:
        typer.secho(f"{one.score:.0%}  {_label(one)}", bold=True)
        if one.decider:
            typer.echo(f"     {one.decider} would answer")
        for reason in one.reasons:
            typer.echo(f"     line {reason.line}: {reason.text}")
        if one.more:
            typer.echo(f"     and {one.more} more reasons")
    if found.cut:
        typer.echo("Only the beginning of the text was read.", err=True)
    if not found.candidates:
        typer.echo("Nobody is found. Paste more of it, or name the service.", err=True)


def _json(found: "Routing") -> dict[str, Any]:
    def named(thing: Any) -> dict[str, str] | None:
        return {"ref": thing.ref, "label": str(thing)} if thing is not None else None

    return {
        "candidates": [
            {
                "score": one.score,
                "team": named(one.team),
                "entity": named(one.entity),
                "decider": named(one.decider),
                "reasons": [
                    {"text": r.text, "line": r.line, "evidence": r.evidence, "weight": r.weight} for r in one.reasons
                ],
                "more_reasons": one.more,
            }
            for one in found.candidates
        ],
        "findings": [
            {"kind": f.kind.value, "value": f.value, "line": f.line, "weight": round(f.weight, 3), "foreign": f.foreign}
            for f in found.findings[:200]
        ],
        "unmatched": [{"kind": f.kind.value, "value": f.value, "line": f.line} for f in found.unmatched],
        "lines": found.lines,
        "cut": found.cut,
    }
