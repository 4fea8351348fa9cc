"""`awayteam duplicate`: who builds their own of what others have, and which APIs look alike."""

from datetime import date
from typing import Annotated, Any

import typer

from awayteam.cli.shared import CURSOR, JSON, LIMIT, django, facts, print_json, table

app = typer.Typer(help="Own builds of what another team has: register them, look at them again.", no_args_is_help=True)
PERSON = Annotated[str, typer.Option("--as", metavar="PERSON", help="Who says so; without it, the software itself.")]
REASON = Annotated[str, typer.Option("--reason", help="Why; it stands in the history.")]


def register(root: typer.Typer) -> None:
    root.add_typer(app, name="duplicate")


def _actor(person: str) -> Any:
    from django.utils import timezone

    from awayteam.accounts.actors import actor_of_person
    from awayteam.kernel.actor import SYSTEM
    from awayteam.organisation import queries

    return actor_of_person(queries.person(SYSTEM, person), timezone.now()) if person else SYSTEM


def _day(text: str) -> date:
    from awayteam.kernel.errors import InvalidInput

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{text[:60]!r} is no date.", "Write it as 2026-01-31.", {"on": "no date"}) from None


def _row(row: Any) -> dict[str, Any]:
    one = row.duplicate
    return {
        "id": one.pk,
        "title": one.title,
        "state": one.state,
        "of": row.entity.ref if row.entity else one.words,
        "own": row.own.ref if row.own else None,
        "team": one.team.ref,
        "home_team": one.home_team.ref if one.home_team else None,
        "what": one.what,
        "why": one.why,
        "on": one.on,
        "customer_facing": one.customer_facing,
        "solutions": row.crowd.solutions,
        "warning": row.crowd.warning,
        "version": one.version,
    }


@app.command()
def add(
    team: Annotated[str, typer.Argument(metavar="TEAM", help="The team that builds its own.")],
    of: Annotated[str, typer.Argument(metavar="OF", help="What it duplicates: a reference, or words.")],
    what: Annotated[str, typer.Option("--what", help="What exactly is built again.")],
    why: Annotated[str, typer.Option("--why", help="Why that is worth it.")],
    on: Annotated[str, typer.Option("--on", metavar="DATE", help="When both teams look at it again.")] = "",
    own: Annotated[str, typer.Option("--own", metavar="REF", help="The own build, where the catalog has it.")] = "",
    customers: Annotated[bool, typer.Option("--customers", help="Customers see both.")] = False,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Register that a team builds its own; the home team is told."""
    django()
    from django.utils import timezone

    from awayteam.catalog import queries as catalog
    from awayteam.duplicates import actions
    from awayteam.organisation import queries as organisation

    actor = _actor(person)
    entity = catalog.resolve(actor, of) if ":" in of and " " not in of else None
    wanted = actions.Wanted(
        team=organisation.team(actor, team),
        what=what,
        why=why,
        entity=entity,
        words="" if entity else of,
        own=catalog.resolve(actor, own) if own else None,
        on=_day(on) if on else None,
        customer_facing=customers,
    )
    made = actions.add(wanted, actor=actor, now=timezone.now())
    _print_one(made.pk, actor, as_json)


@app.command("list")
def list_(
    state: Annotated[list[str] | None, typer.Option("--state", help="Only this state (repeatable).")] = None,
    team: Annotated[list[str] | None, typer.Option("--team", help="Only of this team (a reference).")] = None,
    home: Annotated[list[str] | None, typer.Option("--home", help="Only of what this team has.")] = None,
    ended: Annotated[bool, typer.Option("--ended", help="Those that have ended as well.")] = False,
    limit: LIMIT = 50,
    cursor: CURSOR = "",
    as_json: JSON = False,
) -> None:
    """What is built twice, by the date to look at it again."""
    django()
    from awayteam.duplicates import queries
    from awayteam.kernel.actor import SYSTEM

    wanted = queries.DuplicateFilter(tuple(state or ()), tuple(team or ()), tuple(home or ()), not ended)
    page = queries.duplicates(SYSTEM, wanted, cursor=cursor or None, limit=limit)
    if as_json:
        print_json({"items": [_row(row) for row in page.items], "next_cursor": page.next_cursor, "total": page.total})
        return
    rows = ((r.duplicate.pk, r.words, r.duplicate.on, r.duplicate.title, r.of, r.duplicate.team) for r in page.items)
    table(("Number", "State", "Date", "What", "Of", "Team"), rows)


@app.command()
def show(
    number: Annotated[int, typer.Argument(metavar="NUMBER", min=1)],
    as_json: JSON = False,
) -> None:
    """One duplicate with its turns and answers."""
    django()
    from awayteam.kernel.actor import SYSTEM

    _print_one(number, SYSTEM, as_json)


def _print_one(number: int, actor: Any, as_json: bool) -> None:
    from django.utils import timezone

    from awayteam.duplicates import queries

    told = queries.story(actor, number, timezone.now())
    turns = [
        {"party": t.party, "team": t.team.ref if t.team else None, "person": t.person, "due_at": t.face.due_at}
        for t in told.turns
    ]
    answers = [
        {"review": a.review, "party": a.party, "choice": a.choice, "gives_way": a.gives_way, "on": a.on,
         "reason": a.reason, "person": str(a.person or a.label), "at": a.at}
        for a in told.answers
    ]  # fmt: skip
    values = _row(told.row)
    if as_json:
        print_json({**values, "turns": turns, "answers": answers})
        return
    facts([(name.replace("_", " ").capitalize(), value) for name, value in values.items() if value is not False])
    for turn in turns:
        typer.echo(f"{'Turn:':<14}{turn['person'] or turn['team'] or 'administrators'} until {turn['due_at']:%Y-%m-%d}")
    for one in answers:
        typer.echo(f"{'Answer:':<14}{one['party']}: {one['choice']} by {one['on']} ({one['reason']})")


@app.command()
def answer(
    number: Annotated[int, typer.Argument(metavar="NUMBER", min=1)],
    choice: Annotated[str, typer.Argument(metavar="converge|keep|retire")],
    on: Annotated[str, typer.Option("--on", metavar="DATE", help="By when it ends, or when to look again.")],
    reason: REASON,
    gives_way: Annotated[
        str, typer.Option("--gives-way", metavar="own|home", help="Whose thing is given up, with converge.")
    ] = "",
    side: Annotated[str, typer.Option("--side", metavar="own|home", help="For which team you answer.")] = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Answer for one side; where a manager has the turn, decide."""
    django()
    from django.utils import timezone

    from awayteam.cli.failing import usage
    from awayteam.duplicates import actions, queries
    from awayteam.duplicates.machine import Party, State
    from awayteam.duplicates.rules import Choice, GivesWay, Said

    if choice not in set(Choice) or gives_way not in {"", *GivesWay} or side not in ("", "own", "home"):
        usage("choose converge, keep or retire; --gives-way and --side are own or home")
    actor = _actor(person)
    said = Said(Choice(choice), _day(on), GivesWay(gives_way) if gives_way else None)
    row = queries.duplicate(actor, number)
    now = timezone.now()
    if row.state == State.ARBITRATION:
        actions.settle(row, said, actor=actor, now=now, reason=reason)
    else:
        party = {"own": Party.OWN, "home": Party.HOME}.get(side)
        actions.answer(row, said, actor=actor, now=now, reason=reason, side=party)
    _print_one(number, actor, as_json)


@app.command("look-again")
def look_again(
    number: Annotated[int, typer.Argument(metavar="NUMBER", min=1)],
    reason: REASON,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Ask both teams before the date has come."""
    _act("look_again", number, reason, person, as_json)


@app.command()
def finish(
    number: Annotated[int, typer.Argument(metavar="NUMBER", min=1)],
    reason: REASON,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Say that only one of the two is left."""
    _act("finish", number, reason, person, as_json)


@app.command()
def withdraw(
    number: Annotated[int, typer.Argument(metavar="NUMBER", min=1)],
    reason: REASON,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Take back what was never built."""
    _act("withdraw", number, reason, person, as_json)


def _act(verb: str, number: int, reason: str, person: str, as_json: bool) -> None:
    django()
    from django.utils import timezone

    from awayteam.duplicates import actions, queries

    actor = _actor(person)
    getattr(actions, verb)(queries.duplicate(actor, number), actor=actor, now=timezone.now(), reason=reason)
    _print_one(number, actor, as_json)


@app.command()
def alike(
    of: Annotated[str, typer.Option("--of", metavar="REF", help="Only what looks like this API.")] = "",
    compare: Annotated[bool, typer.Option("--compare", help="Compare all APIs now, instead of waiting.")] = False,
    limit: LIMIT = 50,
    cursor: CURSOR = "",
    as_json: JSON = False,
) -> None:
    """APIs of different owners that look alike, the most alike first."""
    django()
    from django.utils import timezone

    from awayteam.catalog import queries as catalog
    from awayteam.duplicates.alike import job, queries
    from awayteam.kernel.actor import SYSTEM

    if compare:
        job.compare(timezone.now())
    api = catalog.resolve(SYSTEM, of) if of else None
    page = queries.alike(SYSTEM, of=api, cursor=cursor or None, limit=limit)
    if as_json:
        items = [
            {"id": row.pk, "a": row.a.ref, "b": row.b.ref, "score": round(row.score, 4), "operations": row.operations,
             "names": row.names, "descriptions": row.descriptions, "shared": row.shared}
            for row in page.items
        ]  # fmt: skip
        print_json({"items": items, "next_cursor": page.next_cursor, "total": page.total})
        return
    rows = ((f"{row.score:.0%}", row.a.ref, row.b.ref, row.shared) for row in page.items)
    table(("Alike", "One", "Other", "Operations"), rows)
