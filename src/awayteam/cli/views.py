"""`awayteam views`: ways to look at lists that people keep."""

from typing import TYPE_CHECKING, Annotated

import typer

from awayteam.cli.shared import JSON, django, print_json, table

if TYPE_CHECKING:
    from awayteam.kernel.actor import Actor

app = typer.Typer(name="views", help="Saved views of lists: show, save and remove them.", no_args_is_help=True)
PERSON = Annotated[str, typer.Option("--person", help="Whose: a name (ada) or reference (user:default/ada).")]


def register(root: typer.Typer) -> None:
    root.add_typer(app)


@app.command("list")
def show(
    person: PERSON,
    page: Annotated[str, typer.Option("--list", help="Only those of one list, such as services.")] = "",
    as_json: JSON = False,
) -> None:
    """Show the views that a person finds in the menus of lists."""
    django()
    from awayteam.lists.queries import views

    rows = views(_actor(person), page=page)
    if as_json:
        from awayteam.lists.api import view_of

        print_json([view_of(row).dict() for row in rows])
        return
    table(
        ["Id", "List", "Name", "Of whom", "Shared with", "Address"],
        [[row.id, row.title, row.name, row.owner_label, row.shared, row.address] for row in rows],
    )


@app.command("save")
def save(
    name: Annotated[str, typer.Argument(help="What the view is called.")],
    address: Annotated[str, typer.Argument(help="What it shows: /services/?lifecycle=production")],
    person: PERSON,
    team: Annotated[str, typer.Option("--team", help="Share it with this team.")] = "",
    everybody: Annotated[bool, typer.Option("--everybody", help="Share it with everybody.")] = False,
    as_json: JSON = False,
) -> None:
    """Keep an address of a list under a name."""
    django()
    from django.utils import timezone

    from awayteam.kernel.errors import InvalidInput
    from awayteam.lists import actions, queries
    from awayteam.organisation.queries import team as team_of

    if team and everybody:
        raise InvalidInput("A view is shared with a team or with everybody, not both.", "Leave one of them out.")
    actor = _actor(person)
    made = actions.save_view(
        actor=actor,
        now=timezone.now(),
        name=name,
        address=address,
        audience="team" if team else "everybody" if everybody else "me",
        team_id=team_of(actor, team).pk if team else None,
    )
    row = queries.view(actor, made.pk)
    if as_json:
        from awayteam.lists.api import view_of

        print_json(view_of(row).dict())
    else:
        typer.echo(f"View {row.id} of {row.title} kept: {row.address}")


@app.command("delete")
def delete(
    view_id: Annotated[int, typer.Argument(metavar="ID", help="Of the view; see `awayteam views list`.", min=1)],
    person: PERSON,
    restore: Annotated[bool, typer.Option("--restore", help="Bring a removed one back instead.")] = False,
    as_json: JSON = False,
) -> None:
    """Remove a view; for thirty days --restore brings it back."""
    django()
    from django.utils import timezone

    from awayteam.lists import actions, queries

    actor, now = _actor(person), timezone.now()
    (actions.restore_view if restore else actions.remove_view)(actor=actor, now=now, view_id=view_id)
    row = queries.view(actor, view_id)
    if as_json:
        from awayteam.lists.api import view_of

        print_json(view_of(row).dict())
    else:
        typer.echo(f"The view {row.name!r} of {row.title} is {'back' if restore else 'removed'}.")


def _actor(person: str) -> "Actor":
    """Views belong to people, so the shell says for whom it acts."""
    from django.utils import timezone

    from awayteam.accounts.actors import actor_of_user
    from awayteam.accounts.models import User
    from awayteam.kernel.actor import SYSTEM
    from awayteam.kernel.errors import NotFound
    from awayteam.organisation.queries import person as person_of

    found = person_of(SYSTEM, person)
    user = User.objects.filter(person=found, is_active=True).first()
    if user is None:
        raise NotFound(f"{found} has no account.", "Views are kept by those who sign in.")
    return actor_of_user(user, timezone.now())
