"""`awayteam goal`: what teams mean to reach, and where they stand."""

from typing import Annotated, Any

import typer

from awayteam.cli.people import PERSON, actor_of
from awayteam.cli.shared import CURSOR, JSON, LIMIT, day, django, facts, moment, number, print_json, table

REASON = Annotated[str, typer.Option("--reason", help="Why, in a sentence; it stands in the history.")]
GOAL = Annotated[int, typer.Argument(metavar="GOAL", min=1, help="The number of a goal.")]


def register(app: typer.Typer) -> None:
    commands = typer.Typer(help="Set goals and measure them.", no_args_is_help=True)
    commands.command("list")(list_)
    commands.command("show")(show)
    commands.command("add")(add)
    commands.command("key-result")(key_result)
    commands.command("measure")(measure)
    commands.command("close")(close)
    app.add_typer(commands, name="goal")


def list_(
    team: Annotated[str, typer.Option("--team", help="Goals of one team or unit.")] = "",
    state: Annotated[list[str] | None, typer.Option("--state", help="open, met, missed or dropped.")] = None,
    limit: LIMIT = 100,
    cursor: CURSOR = "",
    as_json: JSON = False,
) -> None:
    """Goals by their end, the earliest first; the open ones unless --state says otherwise."""
    django()
    from awayteam.kernel.actor import SYSTEM
    from awayteam.roadmaps import queries

    page = queries.goals(
        SYSTEM, team=_team(team) if team else None, states=state or ["open"], cursor=cursor or None, limit=limit
    )
    if as_json:
        from awayteam.roadmaps.api import shaping

        items = [shaping.goal_of(row) for row in page.items]
        print_json({"items": items, "next_cursor": page.next_cursor, "total": page.total})
        return
    rows = ((row.pk, row.team.ref, row.title, row.state, row.starts, row.ends, row.owner or "") for row in page.items)
    table(("NUMBER", "TEAM", "GOAL", "STATE", "FROM", "UNTIL", "OWNER"), rows)


def show(number_: GOAL, as_json: JSON = False) -> None:
    """One goal with its key results and figures."""
    django()
    _print(number_, as_json)


def add(
    team: Annotated[str, typer.Argument(metavar="TEAM", help="A team or unit.")],
    title: Annotated[str, typer.Argument(metavar="TITLE", help="What it means to reach.")],
    starts: Annotated[str, typer.Option("--from", metavar="DAY", help="First day, such as 2026-10-01.")],
    ends: Annotated[str, typer.Option("--until", metavar="DAY", help="Last day.")],
    kind: Annotated[str, typer.Option("--kind", help="okr (key results) or pl (figures).")] = "okr",
    statement: Annotated[str, typer.Option("--statement", help="Markdown.")] = "",
    owner: Annotated[str, typer.Option("--owner", help="Who answers for it.")] = "",
    parent: Annotated[int, typer.Option("--serves", min=0, help="Number of the goal above.")] = 0,
    reason: REASON = "by command",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Set a goal."""
    django()
    from django.utils import timezone

    from awayteam.organisation import queries as organisation
    from awayteam.roadmaps import actions, queries

    actor = actor_of(person)
    made = actions.create_goal(
        actor=actor, now=timezone.now(), team=_team(team), title=title, starts=day(starts, "--from"),
        ends=day(ends, "--until"), kind=kind, statement=statement, reason=reason,
        owner=organisation.person(actor, owner if ":" in owner else f"user:{owner}") if owner else None,
        parent=queries.goal(actor, parent) if parent else None,
    )  # fmt: skip
    _print(made.pk, as_json)


def key_result(
    number_: GOAL,
    title: Annotated[str, typer.Argument(metavar="TITLE", help="By which number one sees it.")],
    baseline: Annotated[str, typer.Option("--baseline", help="Where it stands before.")],
    target: Annotated[str, typer.Option("--target", help="Where it should be.")],
    unit: Annotated[str, typer.Option("--unit", help="Such as ms or %.")] = "",
    reason: REASON = "by command",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Add a key result to a goal; it should rise or fall as target and baseline say."""
    django()
    from django.utils import timezone

    from awayteam.roadmaps import actions, queries

    actor, low, high = actor_of(person), number(baseline, "--baseline"), number(target, "--target")
    actions.add_key_result(
        actor=actor, now=timezone.now(), goal=queries.goal(actor, number_), title=title, baseline=low, target=high,
        direction="up" if high > low else "down", unit=unit, reason=reason,
    )  # fmt: skip
    _print(number_, as_json)


def measure(
    result: Annotated[int, typer.Argument(metavar="KEY-RESULT", min=1, help="The number of a key result.")],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="What was measured.")],
    source: Annotated[str, typer.Option("--source", help="Where the number comes from.")],
    at: Annotated[str, typer.Option("--at", metavar="TIME", help="When it was measured (default: now).")] = "",
    corrects: Annotated[int, typer.Option("--corrects", min=0, help="Number of a wrong measurement.")] = 0,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Record a value of a key result."""
    django()
    from django.utils import timezone

    from awayteam.kernel.errors import NotFound
    from awayteam.roadmaps import actions
    from awayteam.roadmaps.models import KeyResult

    row = KeyResult.objects.select_related("goal__team").filter(pk=result).first()
    if row is None:
        raise NotFound(f"There is no key result {result}.", "See `awayteam goal show GOAL` for their numbers.")
    wrong = row.measurements.filter(pk=corrects).first() if corrects else None
    if corrects and wrong is None:
        raise NotFound(f"Key result {result} has no measurement {corrects}.", "See `awayteam goal show --json`.")
    actions.measure(
        actor=actor_of(person), now=timezone.now(), key_result=row, value=number(value, "VALUE"), source=source,
        at=moment(at), corrects=wrong,
    )  # fmt: skip
    _print(row.goal_id, as_json)


def close(
    number_: GOAL,
    state: Annotated[str, typer.Argument(metavar="STATE", help="met, missed or dropped.")],
    reason: REASON = "by command",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Say what became of a goal."""
    django()
    from django.utils import timezone

    from awayteam.roadmaps import actions, queries

    actor = actor_of(person)
    actions.close_goal(actor=actor, now=timezone.now(), goal=queries.goal(actor, number_), state=state, reason=reason)
    _print(number_, as_json)


def _team(word: str) -> Any:
    from awayteam.kernel.actor import SYSTEM
    from awayteam.organisation import queries

    return queries.team(SYSTEM, word if ":" in word else f"group:{word}")


def _print(number_: int, as_json: bool) -> None:
    from django.utils import timezone

    from awayteam.kernel.actor import SYSTEM
    from awayteam.roadmaps import queries

    row = queries.goal(SYSTEM, number_)
    view = queries.views(SYSTEM, [row], timezone.now())[0]
    if as_json:
        from awayteam.roadmaps.api import schemas, shaping

        print_json(schemas.GoalDetail(**shaping.goal_detail(view)).model_dump(mode="json"))
        return
    typer.secho(f"Goal {row.pk}: {row.title}", bold=True)
    facts(
        [
            ("Team", row.team.ref),
            ("State", row.state),
            ("Time", f"{row.starts} to {row.ends}"),
            ("Owner", row.owner and row.owner.ref),
            ("Serves", row.parent and f"{row.parent} ({row.parent_id})"),
            ("Progress", "" if view.progress is None else f"{view.progress:.0%}"),
            ("Served by", ", ".join(f"#{item.pk} {item}" for item in view.items)),
        ]
    )
    table(
        ("NUMBER", "KEY RESULT", "FROM", "TO", "NOW", "PROGRESS"),
        (
            (one.row.pk, one.row.title, f"{one.row.baseline:g}", f"{one.row.target:g} {one.row.unit}",
             f"{one.latest.value:g}" if one.latest else "", "" if one.progress is None else f"{one.progress:.0%}")
            for one in view.key_results
        ),
    )  # fmt: skip
    for figure in view.figures:
        actual = "" if figure.actual is None else f", actual {figure.actual:f}"
        typer.echo(f"{figure.name} {figure.period}: planned {figure.planned:f}{actual} {figure.unit}".rstrip())
