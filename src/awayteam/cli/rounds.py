"""What the commands about rounds share: what a word cites, and printing rounds, hours and reports."""

from typing import TYPE_CHECKING, Any

import typer

from awayteam.cli.failing import usage
from awayteam.cli.shared import facts, print_json, table

if TYPE_CHECKING:
    from awayteam.rounds.queries import Story


def point_of(kind: str, words: str, at: str, **cites: Any) -> Any:
    from awayteam.rounds.rules import Point

    path, _, line = at.rpartition(":")
    if not path or not line.isdecimal():
        path, line = at, ""
    return Point(kind, words, path=path, line=int(line) if line else None, **cites)


def standard_of(row: Any, word: str) -> int | None:
    """The frozen document that the word names: its number, path or title."""
    from awayteam.engagements.models import Standard

    frozen = list(Standard.objects.filter(engagement=row.engagement_id))
    return _named(word, [(one.pk, (one.path, one.title)) for one in frozen], "--standard")


def figure_of(row: Any, word: str) -> int | None:
    from awayteam.engagements.models import BaselineItem

    items = BaselineItem.objects.filter(engagement=row.engagement_id, kind="coverage")
    return _named(word, [(one.pk, (one.key,)) for one in items], "--baseline")


def _named(word: str, known: list[tuple[int, tuple[str, ...]]], option: str) -> int | None:
    if not word:
        return None
    for pk, names in known:
        if word == str(pk) or word in names:
            return pk
    choices = ", ".join(sorted({name for _, names in known for name in names if name})) or "nothing was frozen"
    return usage(f"{option}: {word!r} isn't known here; choose of: {choices}")


def print_round(actor: Any, pk: int, as_json: bool) -> None:
    from django.utils import timezone

    from awayteam.rounds import queries
    from awayteam.rounds.api import schemas

    now = timezone.now()
    story = queries.story(actor, queries.load(actor, pk, now), now)
    if as_json:
        print_json(schemas.detail_of(story).model_dump(mode="json"))
        return
    _heading(story)
    for row in story.remarks:
        one = row.remark
        typer.echo(f"\n{one.kind} by {one.label}{f' ({one.ruling})' if one.ruling else ''}: {one.words}")
        if row.citation:
            typer.echo(f"  cites {row.citation}")
        for line in row.quoted:
            typer.echo(f"  {'>' if line.cited else ' '} {line.number:>5}  {line.text}")
    typer.echo("\nStory, newest first")
    for event in story.events:
        typer.echo(f"{event.step.at:%Y-%m-%d %H:%M}  {event.step.label} {event.words}")
        if event.step.words:
            typer.echo(f"{'':18}{' '.join(event.step.words.split())}")


def _heading(story: "Story") -> None:
    one = story.round
    typer.echo(f"Round {one.number}: {one.title}\n")
    facts(
        [
            ("Engagement", f"{one.engagement_id}: {one.engagement.title}"), ("Kind", one.kind),
            ("State", story.row.words), ("Way", one.why), ("Round trips", one.trip), ("Address", one.url),
            ("Commit", one.commit),
        ]
    )  # fmt: skip
    if story.next is not None:
        typer.echo(f"\nWhat happens next: {story.next.who} must {story.next.todo}.")
        if story.next.face is not None:
            typer.echo(story.next.face.text)
        typer.echo(f"When the clock runs out: {story.next.then}")
    if story.can_do:
        typer.echo(f"You may: {', '.join(option.verb for option in story.can_do)}.")


def visit_of(actor: Any, visit: int) -> Any:
    from django.utils import timezone

    from awayteam.rounds.queries.hours import engagement_of

    return engagement_of(actor, visit, timezone.now())


def print_hours(actor: Any, visit: int, as_json: bool) -> None:
    from django.utils import timezone

    from awayteam.rounds import queries
    from awayteam.rounds.api import schemas

    found = queries.hours(actor, visit_of(actor, visit), timezone.now())
    if as_json:
        print_json(schemas.hours_of(found).model_dump(mode="json"))
        return
    pledge = found.pledge
    typer.echo(f"{pledge.booked / 60:.1f} h given of {pledge.pledged / 60:.1f} h pledged. {pledge.why_not}".strip())
    rows = (
        (row.pk, row.on, row.person, row.what, f"{row.minutes} min", "taken back" if row.cancelled_at else "")
        for row in found.rows
    )
    table(("Booking", "Day", "Who", "For what", "Time", ""), rows)


def print_report(row: Any, as_json: bool) -> None:
    from awayteam.rounds.api import schemas

    if as_json:
        print_json(schemas.report_detail(row).model_dump(mode="json"))
    else:
        typer.echo(row.text)
