"""`awayteam access`: whether somebody may change a path at a moment because an engagement grants it, and why."""

import sys
from typing import Annotated, Any

import typer

from awayteam.cli.failing import usage
from awayteam.cli.people import PERSON, actor_of
from awayteam.cli.shared import JSON, django, moment, print_json

LONGEST_LINE = 4_000


def register(root: typer.Typer) -> None:
    root.command("access")(access)


def access(
    who: Annotated[str, typer.Option("--person", metavar="PERSON", help="Whose access: a reference or a name.")],
    path: Annotated[
        list[str], typer.Option("--path", metavar="PATH", help="A path in the repository; - reads paths from stdin.")
    ],
    repository: Annotated[
        str, typer.Option("--repository", help="Its name as it is followed, or its address; any where not said.")
    ] = "",
    at: Annotated[
        str, typer.Option("--at", metavar="TIME", help="A time in ISO 8601, or a day (its end, UTC); now by default.")
    ] = "",
    explain: Annotated[
        bool, typer.Option("--explain", help="Say what each engagement lacks, for the first path.")
    ] = False,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Whether somebody may change paths, by which engagement, and until when. Exit code 1 where they may not."""
    django()
    from django.utils import timezone

    from awayteam.engagements import asking
    from awayteam.engagements.api.access import answer_of
    from awayteam.organisation import queries

    actor = actor_of(person)
    found = queries.person(actor, who if ":" in who else f"user:{who}")
    paths = _paths(path)
    when = _moment(at) or timezone.now()
    answers = asking.ask(actor, found, paths, when, repository=repository or None, explain=explain)
    if as_json:
        print_json(answer_of(found.ref, when, repository or None, paths, answers).model_dump(mode="json"))
    else:
        _print(paths, answers)
    if not all(answers.access):
        raise typer.Exit(1)


def _moment(text: str) -> Any:
    from awayteam.kernel.errors import InvalidInput

    try:
        return moment(text)
    except InvalidInput:
        raise InvalidInput(
            f"--at: {text[:60]!r} is no time.", "Write it as 2026-01-31T12:00+01:00.", {"--at": "no time"}
        ) from None


def _paths(given: list[str]) -> list[str]:
    """The paths of the options, with those of stdin in place of a `-`."""
    found: list[str] = []
    for one in given:
        found += [line for line in (raw.rstrip("\r\n") for raw in sys.stdin) if line] if one == "-" else [one]
    if not found:
        usage("no path was given: --path PATH, or --path - with one path a line on stdin")
    if long := next((one for one in found if len(one) > LONGEST_LINE), None):
        usage(f"{long[:40]!r}... has more than {LONGEST_LINE} characters; paths of a repository are shorter")
    return found


def _print(paths: list[str], answers: Any) -> None:
    for path, one in zip(paths, answers.access, strict=True):
        until = f" Until {one.until:%Y-%m-%d %H:%M} UTC." if one.until else ""
        head = "yes" if one.allowed else "no"
        typer.echo(f"{head}  {path if len(paths) > 1 else ''}{'  ' if len(paths) > 1 else ''}{one.reason}{until}")
    for one in answers.explanations:
        typer.echo(f"\nEngagement {one.engagement}, {one.title}: {'grants it' if one.allowed else 'does not grant it'}")
        for each in one.findings:
            typer.echo(f"  {'+' if each.holds else '-'} {each.says}")
