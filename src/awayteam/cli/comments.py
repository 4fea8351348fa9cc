"""`awayteam comment` and `awayteam discussion`: taking part in a story, and reading it."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from awayteam.cli.failing import usage
from awayteam.cli.people import PERSON, actor_of
from awayteam.cli.shared import JSON, django, print_json

if TYPE_CHECKING:
    from awayteam.kernel.actor import Actor

SUBJECT = Annotated[
    str, typer.Argument(metavar="KIND:ID", help="Of what: request:17, or a reference such as component:default/orders.")
]


def register(app: typer.Typer) -> None:
    app.command("comment")(comment)
    app.command("discussion")(discussion)


def comment(
    subject: SUBJECT,
    text: Annotated[str, typer.Argument(metavar="TEXT|-", help="Markdown; - reads it from standard input.")],
    reply_to: Annotated[
        int | None, typer.Option("--reply-to", metavar="ID", min=1, help="The comment it answers.")
    ] = None,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Say something about a subject; whom it mentions (@ada, @orders) is told."""
    django()
    from django.utils import timezone

    from awayteam.discussions import actions, queries

    actor = actor_of(person, needed=True)
    kind, id = _named(actor, subject)
    about, _address = queries.subject_of(actor, kind, id)
    made = actions.comment(
        actor=actor,
        now=timezone.now(),
        subject=about,
        text=sys.stdin.read() if text == "-" else text,
        reply_to=queries.comment(actor, reply_to) if reply_to else None,
    )
    if as_json:
        from awayteam.discussions.api import comment_of

        print_json(comment_of(made).dict())
    else:
        typer.echo(f"Comment {made.pk} on {about.label}.")


def discussion(
    subject: SUBJECT,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Show what was said about a subject."""
    django()
    from awayteam.discussions import queries

    actor = actor_of(person)
    kind, id = _named(actor, subject)
    thread = queries.thread(actor, kind, id)
    rows = [(depth, row) for root in thread.rows for depth, row in [(0, root), *((1, one) for one in root.replies)]]
    if as_json:
        from awayteam.discussions.api import comment_of

        print_json({"label": thread.subject.label, "comments": [comment_of(row.comment).dict() for _, row in rows]})
        return
    typer.echo(thread.subject.label)
    for depth, row in rows:
        it, margin = row.comment, "    " * depth
        said = it.text if it.deleted_at is None else f"(deleted by {it.deleted_by_label})"
        typer.echo(f"\n{margin}{it.pk}  {it.author_label}, {it.at:%Y-%m-%d %H:%M}")
        typer.echo("\n".join(f"{margin}{line}" for line in said.splitlines()))


def _named(actor: "Actor", text: str) -> tuple[str, int]:
    """The kind and id that somebody wrote; a reference means the entity that has it."""
    kind, colon, id = text.partition(":")
    if colon and id.isdecimal() and len(id) < 19:
        return kind, int(id)
    if not colon or not id:
        usage(f"{text[:60]!r} names nothing; write request:17 or component:default/orders")
    from awayteam.catalog.queries import resolve

    return "entity", resolve(actor, text).pk
