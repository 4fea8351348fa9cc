"""`awayteam review pool`: who raises the bar in which field, and who is away."""

from typing import Annotated, Any

import typer

from awayteam.cli.shared import JSON, day, django, print_json, table

app = typer.Typer(help="The pool of bar raisers.", no_args_is_help=True)
PERSON = Annotated[str, typer.Option("--as", metavar="PERSON", help="Who says so.")]


def register(review: typer.Typer) -> None:
    review.add_typer(app, name="pool")


def _actor(person: str) -> Any:
    from awayteam.cli.review import actor_named

    return actor_named(person)


@app.command("list")
def list_(
    field: Annotated[str, typer.Option("--field", help="Only this field.")] = "",
    as_json: JSON = False,
) -> None:
    """Everybody in the pool, with how much they have open."""
    django()
    from django.utils import timezone

    from awayteam.kernel.actor import SYSTEM
    from awayteam.reviews import queries
    from awayteam.reviews.api.schemas import raiser_out

    rows = queries.pool(SYSTEM, timezone.now(), field=field)
    if as_json:
        print_json({"items": [raiser_out(row).model_dump() for row in rows]})
        return
    table(
        ("Number", "Field", "Who", "Now", "Open", "Until"),
        (
            (row.raiser.pk, row.raiser.field, row.person, row.ready or "free", f"{row.load} of {row.load_max}",
             row.raiser.term_until)
            for row in rows
        ),
    )  # fmt: skip


@app.command()
def join(
    who: Annotated[str, typer.Argument(metavar="PERSON")],
    field: Annotated[str, typer.Argument(metavar="FIELD")],
    trained: Annotated[str, typer.Option("--trained", metavar="DATE", help="When they were trained.")] = "",
    trained_by: Annotated[str, typer.Option("--trained-by", help="A person or a course.")] = "",
    since: Annotated[str, typer.Option("--since", metavar="DATE")] = "",
    until: Annotated[str, typer.Option("--until", metavar="DATE", help="The last day of the term.")] = "",
    load: Annotated[int | None, typer.Option("--load", min=1, max=50, help="Open reviews at most.")] = None,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Put somebody into the pool of a field."""
    django()
    from django.utils import timezone

    from awayteam.organisation import queries as organisation
    from awayteam.reviews import actions

    actor = _actor(person)
    terms = actions.Terms(
        day(since, "--since") if since else None, day(until, "--until") if until else None,
        day(trained, "--trained") if trained else None, trained_by, load,
    )  # fmt: skip
    made = actions.join(organisation.person(actor, who), field, terms, actor=actor, now=timezone.now())
    _said(made.pk, f"{made.person} is in the pool of {field}", as_json)


def _said(number: int, text: str, as_json: bool) -> None:
    if as_json:
        print_json({"id": number, "said": text})
    else:
        typer.echo(f"{number}: {text}")


@app.command()
def leave(
    number: Annotated[int, typer.Argument(metavar="NUMBER", min=1)],
    words: Annotated[str, typer.Option("--words", help="Why.")],
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Take somebody out of the pool."""
    django()
    from django.utils import timezone

    from awayteam.reviews import actions

    row = actions.leave(number, words=words, actor=_actor(person), now=timezone.now())
    _said(row.pk, f"{row.person} has left the pool", as_json)


@app.command()
def away(
    who: Annotated[str, typer.Argument(metavar="PERSON")],
    first: Annotated[str, typer.Argument(metavar="FROM")],
    last: Annotated[str, typer.Argument(metavar="TO", help="The last day away.")],
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Note that a bar raiser is away on these days."""
    django()
    from django.utils import timezone

    from awayteam.organisation import queries as organisation
    from awayteam.reviews import actions

    actor = _actor(person)
    row = actions.be_away(
        organisation.person(actor, who), day(first, "FROM"), day(last, "TO"), actor=actor, now=timezone.now()
    )
    _said(row.pk, f"{row.person} is away from {row}", as_json)
