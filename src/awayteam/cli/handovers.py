"""What the commands about handovers and defects share: running a verb, and printing what there is then."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import typer

from awayteam.cli.people import actor_of
from awayteam.cli.shared import django, facts, moment, print_json, table


def ready() -> Any:
    """Settings and schema, and then the actions of handovers, which need them to be imported."""
    django()
    from awayteam.handovers import actions

    return actions


def at(text: str) -> datetime | None:
    """The moment that an option says; None where nothing was said."""
    return moment(text)


def current(engagement: int, actor: Any) -> int:
    """The number of the newest handover of an engagement. Raises `NotFound`."""
    from django.utils import timezone

    from awayteam.engagements.models import Engagement
    from awayteam.engagements.permissions import visible
    from awayteam.handovers import queries
    from awayteam.kernel.errors import NotFound

    now = timezone.now()
    row = visible(actor, Engagement.objects.filter(pk=engagement), now).first()
    if row is None:
        raise NotFound(f"There is no engagement {engagement}.", "Look at `awayteam engagement list`.")
    found = queries.handovers(actor, row, now)
    if not found:
        what = f"Nothing of engagement {engagement} is handed over."
        raise NotFound(what, f"Begin with `awayteam engagement handover begin {engagement}`.")
    return found[0].pk


def act(action: Callable[..., Any], engagement: int, person: str, as_json: bool, /, *line: int, **more: Any) -> None:
    """Run a verb on the newest handover of an engagement as that person, and print the handover then."""
    from django.utils import timezone

    actor = actor_of(person, needed=True)
    pk = current(engagement, actor)
    action(pk, *line, actor=actor, now=timezone.now(), **more)
    print_handover(pk, actor, as_json)


def print_handover(pk: int, actor: Any, as_json: bool) -> None:
    """A handover with its checklist, as JSON or for reading."""
    from django.utils import timezone

    from awayteam.handovers import queries
    from awayteam.handovers.api import schemas

    story = queries.handover_story(actor, pk, timezone.now())
    if as_json:
        print_json(schemas.handover_of(story).model_dump(mode="json"))
        return
    row = story.row
    typer.echo(f"Handover {row.number}: {row.engagement}\n")
    facts([
        ("State", story.words), ("From", row.engagement.away_team), ("To", row.engagement.home_team),
        ("Done", f"{story.met} of {len(story.lines)} lines"), ("Reviewer", row.reviewer),
    ])  # fmt: skip
    _next(story.next)
    typer.echo("\nChecklist")
    table(
        ("Line", "State", "What", "What shows it"),
        (
            (one.row.number, one.state, one.row.text, "; ".join(shown.text for shown in one.evidence))
            for one in story.lines
        ),
    )  # fmt: skip
    for text in story.unmet if story.can_change else ():
        typer.echo(f"Missing: {text}")
    for one in story.refusals:
        typer.echo(f"Refused by {one.label} on {one.at:%Y-%m-%d}: {one.words}")


def _next(found: Any) -> None:
    if found.todo:
        who = found.person or found.team or "an administrator"
        left = f" {found.face.text}." if found.face is not None else ""
        typer.echo(f"\nWhat happens next: {who} must {found.todo}.{left}")
        typer.echo(f"When the clock runs out: {found.then}.")
    if found.can_do:
        typer.echo(f"You may: {', '.join(one.verb for one in found.can_do)}.")


def print_defect(pk: int, actor: Any, as_json: bool) -> None:
    """A defect: whose it is and why, as JSON or for reading."""
    from django.utils import timezone

    from awayteam.handovers import queries
    from awayteam.handovers.api import schemas

    story = queries.defect_story(actor, pk, timezone.now())
    if as_json:
        print_json(schemas.defect_detail(story).model_dump(mode="json"))
        return
    row = story.row
    typer.echo(f"Defect {row.pk}: {row.title}\n")
    where = f"{row.path}:{row.line}" if row.path and row.line else row.path
    facts([
        ("State", story.words), ("Severity", row.severity), ("Engagement", f"{row.engagement_id} {row.engagement}"),
        ("Where", where), ("Found", f"{row.found_at:%Y-%m-%d %H:%M}"), ("Repaired by", row.fixed_by),
    ])  # fmt: skip
    typer.echo(f"\nThe rules give it to the {row.routed} team. {story.rule_words}")
    for one in row.reasons:
        typer.echo(f"  {one['text']} ({one['source']})")
    _next(story.next)


def print_defects(page: Any, as_json: bool) -> None:
    """A page of defects."""
    from awayteam.handovers.api import schemas
    from awayteam.handovers.words import DEFECT_STATE_WORDS

    if as_json:
        items = [schemas.defect_of(row).model_dump(mode="json") for row in page.items]
        print_json({"items": items, "next_cursor": page.next_cursor, "total": page.total})
        return
    rows = (
        (row.pk, DEFECT_STATE_WORDS[row.state], row.severity, row.title, row.engagement,
         row.turn_person or row.turn_team)
        for row in page.items
    )  # fmt: skip
    table(("Number", "State", "Severity", "Title", "Engagement", "Turn"), rows)
    if page.next_cursor:
        typer.echo(f"There are more: --cursor {page.next_cursor}", err=True)


def print_look_back(engagement: Any, actor: Any, as_json: bool) -> None:
    """What may be read of a retrospective."""
    from django.utils import timezone

    from awayteam.handovers import queries
    from awayteam.handovers.api import schemas

    found = queries.looking_back(actor, engagement, timezone.now())
    if as_json:
        print_json(schemas.look_back_of(found).model_dump(mode="json"))
        return
    for one in found.answers:
        typer.echo(f"{one.row.person} ({one.row.side} side)")
        for said in one.row.answers:
            typer.echo(f"  {said['question']}\n    {said['answer'] or '-'}")
    if found.hidden:
        waits = " and ".join(f"the {side} side" for side in found.waits_for)
        typer.echo(f"{found.hidden} can't be read yet: they wait for {waits}.")
