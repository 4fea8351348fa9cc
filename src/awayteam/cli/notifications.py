"""`awayteam notifications`: what somebody was told, and trying how they are told."""

from typing import Annotated

import typer

from awayteam.cli.people import PERSON, actor_of
from awayteam.cli.shared import CURSOR, JSON, django, print_json, table


def register(app: typer.Typer) -> None:
    commands = typer.Typer(
        help="What a person was told: list it, mark it as read, try a channel.", no_args_is_help=True
    )
    commands.command("list")(list_)
    commands.command("read")(read)
    commands.command("test")(try_channel)
    app.add_typer(commands, name="notifications")


def list_(
    person: PERSON = "",
    state: Annotated[str, typer.Option("--state", help="unread, read or all.")] = "unread",
    group: Annotated[str, typer.Option("--group", help="turn, mention, moved or subscription.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many rows at most.")] = 50,
    cursor: CURSOR = "",
    as_json: JSON = False,
) -> None:
    """What a person was told, the newest first."""
    django()
    from awayteam.cli.failing import usage
    from awayteam.notifications import queries
    from awayteam.notifications.api import notification_of
    from awayteam.notifications.rules import Group

    if state not in {"unread", "read", "all"}:
        usage(f"--state: {state[:40]!r} is none of unread, read, all")
    if group and group not in set(Group):
        usage(f"--group: {group[:40]!r} is none of {', '.join(Group)}")
    actor = actor_of(person, needed=True)
    page = queries.inbox(actor, state=state, group=group, cursor=cursor or None, limit=limit).page
    rows = [notification_of(row) for row in page.items]
    if as_json:
        print_json({"items": [row.dict() for row in rows], "next_cursor": page.next_cursor})
        return
    table(
        ["Id", "When", "Why", "Unread", "Told"],
        [
            [row.id, f"{row.at:%Y-%m-%d %H:%M}", row.group, "" if row.read_at else "yes", row.text or "(hidden)"]
            for row in rows
        ],
    )


def read(
    ids: Annotated[list[int] | None, typer.Argument(metavar="[ID...]", help="Which; see `list`.", min=1)] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Mark notifications of a person as read."""
    django()
    from django.utils import timezone

    from awayteam.cli.failing import usage
    from awayteam.notifications import actions

    if bool(ids) is everything:
        usage("name the notifications, or say --all")
    actor, now = actor_of(person, needed=True), timezone.now()
    count = actions.read_all(actor=actor, now=now) if everything else actions.read(actor=actor, now=now, ids=ids or [])
    if as_json:
        print_json({"changed": count})
    else:
        typer.echo(f"{count} marked as read.")


def try_channel(
    channel: Annotated[str, typer.Option("--channel", help="email, slack or webhook.")] = "email",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Send one message to a person at once, and say what came of it. Exit code 1 where it didn't arrive."""
    django()
    from django.utils import timezone

    from awayteam.notifications import actions

    where = actions.try_channel(actor=actor_of(person, needed=True), now=timezone.now(), channel=channel)
    if as_json:
        print_json({"channel": channel, "went_to": where})
    else:
        typer.echo(f"A message went to {where}.")
