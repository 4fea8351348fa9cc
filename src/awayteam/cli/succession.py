"""`awayteam succession` and `awayteam retire`: changes of owner, and ends, with their evidence and their checklist."""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from awayteam.cli.failing import usage
from awayteam.cli.people import PERSON, actor_of
from awayteam.cli.shared import CURSOR, JSON, LIMIT, django, facts, print_json, table

app = typer.Typer(help="Changes of owner: offered, asked for, proposed on evidence.", no_args_is_help=True)
ends = typer.Typer(help="Retire what nobody needs: notice, headers, a day.", no_args_is_help=True)
THING = Annotated[str, typer.Argument(metavar="THING", help="Service or API, by name or reference.")]
NUMBER = Annotated[int, typer.Argument(metavar="SUCCESSION", min=1, help="Its number.")]
TEAM = Annotated[str, typer.Option("--team", metavar="TEAM", help="The team, by name or reference.")]
WORDS = Annotated[str, typer.Option("--words", help="Why; both sides read it.")]


def register(root: typer.Typer) -> None:
    root.add_typer(app, name="succession")
    root.add_typer(ends, name="retire")


def _print(values: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(values)
        return
    many = ("lines", "evidence", "steps", "headers", "may_not", "concerned")
    facts([(name.replace("_", " ").capitalize(), value) for name, value in values.items() if name not in many])
    if values["lines"]:
        table(
            ("Line", "Done", "What", "By"),
            [(one["number"], "yes" if one["done"] else "", one["text"], one["done_by"]) for one in values["lines"]],
        )
    for name, value in values["headers"]:
        typer.echo(f"{name}: {value}")
    for verb, why in values["may_not"].items():
        typer.echo(f"Not {verb}: {why}")


def _story(actor: Any, number: int, as_json: bool) -> None:
    from awayteam.succession.api.schemas import story

    _print(story(actor, number).model_dump(mode="json"), as_json)


def _begin(name: str, thing: str, person: str, as_json: bool, *, team: str = "", key: str = "", **given: Any) -> None:
    """Run one of the actions that begin a succession, and print it."""
    django()
    from django.utils import timezone

    from awayteam.catalog import queries as catalog
    from awayteam.organisation import queries as organisation
    from awayteam.succession import actions

    actor = actor_of(person, needed=True)
    if key:
        given[key] = organisation.team(actor, team)
    made = getattr(actions, name)(catalog.resolve(actor, thing), actor=actor, now=timezone.now(), **given)
    _story(actor, made.pk, as_json)


def _do(number: int, deed: str, person: str, as_json: bool, **given: Any) -> None:
    """Run one of the actions on a succession, and print it."""
    django()
    from django.utils import timezone

    from awayteam.succession import actions

    actor = actor_of(person, needed=True)
    act: Callable[..., Any] = getattr(actions, deed)
    act(number, actor=actor, now=timezone.now(), **given)
    _story(actor, number, as_json)


@app.command("list")
def list_(
    state: Annotated[list[str] | None, typer.Option("--state", help="Only these.")] = None,
    kind: Annotated[list[str] | None, typer.Option("--kind", help="offer, ask, last-consumer, belonging, ...")] = None,
    team: TEAM = "",
    ended: Annotated[bool, typer.Option("--ended", help="With those that ended.")] = False,
    mine: Annotated[bool, typer.Option("--mine", help="Of one's own teams.")] = False,
    sort: Annotated[str, typer.Option("--sort", help="-created, due, or entity.")] = "-created",
    limit: LIMIT = 50,
    cursor: CURSOR = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Successions, the newest first."""
    django()
    from django.utils import timezone

    from awayteam.organisation import queries as organisation
    from awayteam.succession import queries
    from awayteam.succession.api.schemas import SuccessionOut, values

    actor = actor_of(person)
    wanted = queries.SuccessionFilter(
        tuple(state or ()), tuple(kind or ()), organisation.team(actor, team).ref if team else "", "", not ended, mine
    )
    page = queries.successions(actor, wanted, timezone.now(), sort=sort, cursor=cursor or None, limit=limit)
    rows = [SuccessionOut(**values(row)) for row in page.items]
    if as_json:
        print_json({"items": [row.model_dump(mode="json") for row in rows], "next_cursor": page.next_cursor})
        return
    table(
        ("Number", "Kind", "Thing", "From", "To", "State", "Turn", "Due"),
        [(r.id, r.kind, r.entity, r.giver, r.receiver, r.state, r.turn_person, r.due_at) for r in rows],
    )


@app.command()
def candidates(person: PERSON = "", as_json: JSON = False) -> None:
    """Things that another team uses alone, or most."""
    django()
    from django.utils import timezone

    from awayteam.succession import queries

    rows = queries.candidates(actor_of(person), timezone.now())
    found = [
        {"entity": row.entity.ref, "team": row.team.ref, "share": round(row.share, 4), "succession": row.open}
        for row in rows
    ]
    if as_json:
        print_json({"items": found})
    else:
        table(("Thing", "Used by", "Share", "Open"), [tuple(one.values()) for one in found])


@app.command()
def look(thing: THING, person: PERSON = "", as_json: JSON = False) -> None:
    """What is known now of the use and changes of a thing, and whether that is evidence enough."""
    django()
    from django.utils import timezone

    from awayteam.catalog import queries as catalog
    from awayteam.succession import queries

    actor = actor_of(person)
    document = queries.look(actor, catalog.resolve(actor, thing), timezone.now())[1]
    if as_json:
        print_json(document)
        return
    facts([(name.capitalize(), document[name]) for name in ("thing", "owner", "finding", "team", "enough", "source")])
    for doubt in document["doubts"]:
        typer.echo(f"- {doubt}")
    table(
        ("Consumer", "Team", "Calls", "Last seen"),
        [(one["ref"], one["team"], one["calls"], one["last"]) for one in document["uses"]],
    )


@app.command()
def show(number: NUMBER, person: PERSON = "", as_json: JSON = False) -> None:
    """One succession: whose turn it is, its checklist, what one may do. With --json its evidence and its story too."""
    django()
    _story(actor_of(person), number, as_json)


@app.command()
def offer(thing: THING, team: TEAM, words: WORDS, person: PERSON = "", as_json: JSON = False) -> None:
    """Offer what one's team owns to another team."""
    _begin("offer", thing, person, as_json, team=team, key="receiver", words=words)


@app.command()
def ask(thing: THING, team: TEAM, words: WORDS, person: PERSON = "", as_json: JSON = False) -> None:
    """Ask, for a team of one's own, to own something."""
    _begin("ask", thing, person, as_json, team=team, key="team", words=words)


@app.command()
def order(thing: THING, team: TEAM, words: WORDS, person: PERSON = "", as_json: JSON = False) -> None:
    """Have something change hands between two teams that one manages."""
    _begin("order", thing, person, as_json, team=team, key="receiver", words=words)


@app.command()
def propose(thing: THING, words: WORDS = "", person: PERSON = "", as_json: JSON = False) -> None:
    """Propose a change of owner because of what was measured."""
    _begin("propose", thing, person, as_json, words=words)


@app.command()
def confirm(number: NUMBER, words: WORDS = "", person: PERSON = "", as_json: JSON = False) -> None:
    """The evidence is right: both teams are given notice."""
    _do(number, "confirm", person, as_json, words=words)


@app.command()
def dismiss(number: NUMBER, words: WORDS, person: PERSON = "", as_json: JSON = False) -> None:
    """The evidence misleads."""
    _do(number, "dismiss", person, as_json, words=words)


@app.command()
def accept(number: NUMBER, words: WORDS = "", person: PERSON = "", as_json: JSON = False) -> None:
    """Agree to the handover; once the checklist is done, take it over."""
    _do(number, "accept", person, as_json, words=words)


@app.command()
def refuse(number: NUMBER, words: WORDS, person: PERSON = "", as_json: JSON = False) -> None:
    """Not with us: the manager above both decides."""
    _do(number, "refuse", person, as_json, words=words)


@app.command("object")
def object_to(number: NUMBER, words: WORDS, person: PERSON = "", as_json: JSON = False) -> None:
    """Be against it, as a side or as a team that uses it."""
    _do(number, "object_to", person, as_json, words=words)


@app.command()
def decide(
    number: NUMBER,
    choice: Annotated[str, typer.Argument(metavar="WHAT", help="handing-over, retiring, or kept.")],
    words: WORDS,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Decide a dispute, as the manager above both."""
    _do(number, "decide", person, as_json, choice=choice, words=words)


@app.command("go-on")
def go_on(number: NUMBER, words: WORDS, person: PERSON = "", as_json: JSON = False) -> None:
    """What was seen doesn't matter; the clock goes on."""
    _do(number, "go_on", person, as_json, words=words)


@app.command()
def withdraw(number: NUMBER, words: WORDS, person: PERSON = "", as_json: JSON = False) -> None:
    """Call it off; its owner stays."""
    _do(number, "withdraw", person, as_json, words=words)


@app.command()
def tick(
    number: NUMBER,
    line: Annotated[int, typer.Argument(metavar="LINE", min=1, help="The line's number.")],
    words: WORDS = "",
    undo: Annotated[bool, typer.Option("--undo", help="Open the line again.")] = False,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Say that one's side has this."""
    if undo and words:
        usage("--undo takes no words")
    django()
    from django.utils import timezone

    from awayteam.succession import actions

    actor, now = actor_of(person, needed=True), timezone.now()
    if undo:
        actions.untick(number, line, actor=actor, now=now)
    else:
        actions.tick(number, line, actor=actor, now=now, words=words)
    _story(actor, number, as_json)


@ends.command()
def begin(
    thing: THING,
    words: WORDS,
    on: Annotated[str, typer.Option("--on", metavar="DATE", help="Its last day.")] = "",
    more: Annotated[str, typer.Option("--more", metavar="URL", help="A page about the end, for the headers.")] = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Give notice that something ends."""
    from datetime import date

    try:
        day = date.fromisoformat(on) if on else None
    except ValueError:
        usage("--on: write the day as 2027-03-31")
    _begin("retire", thing, person, as_json, words=words, sunset_on=day, more=more)


@ends.command()
def cancel(number: NUMBER, words: WORDS, person: PERSON = "", as_json: JSON = False) -> None:
    """It doesn't end after all."""
    _do(number, "withdraw", person, as_json, words=words)


@ends.command()
def headers(number: NUMBER, person: PERSON = "", as_json: JSON = False) -> None:
    """The headers to send, to paste into a server or a proxy."""
    django()
    from django.utils import timezone

    from awayteam.succession import queries

    told = queries.story(actor_of(person), number, timezone.now())
    if as_json:
        print_json({"headers": told.headers, "recipes": dict(told.recipes)})
        return
    if not told.headers:
        typer.echo("It isn't deprecated now; there is nothing to send.")
    for title, text in told.recipes:
        typer.echo(f"# {title}\n{text}\n")
