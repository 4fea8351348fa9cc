"""`awayteam roadmap`: what teams will do in which order, what slips when that changes, and moving items in and out."""

import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from awayteam.cli.people import PERSON, actor_of
from awayteam.cli.shared import JSON, day, django, facts, number, print_json, table

if TYPE_CHECKING:
    from awayteam.roadmaps.models import Item
    from awayteam.roadmaps.queries import Trial

TEAM = Annotated[str, typer.Argument(metavar="TEAM", help="A team (orders, group:default/orders).")]
ITEM = Annotated[int, typer.Argument(metavar="ITEM", min=1, help="The number of an item.")]
REASON = Annotated[str, typer.Option("--reason", help="Why, in a sentence; it stands in the history.")]
EFFORT = Annotated[
    str, typer.Option("--effort", metavar="LOW,LIKELY,HIGH", help="Effort in team-weeks; one number stands for all.")
]
BY_HAND = "by command"


def register(app: typer.Typer) -> None:
    commands = typer.Typer(help="Look at roadmaps, rank them, and try what slips.", no_args_is_help=True)
    commands.command("list")(list_)
    commands.command("show")(show)
    commands.command("item")(item)
    commands.command("add")(add)
    commands.command("rank")(rank)
    commands.command("what-if")(what_if)
    commands.command("estimate")(estimate)
    commands.command("start")(start)
    commands.command("finish")(finish)
    commands.command("drop")(drop)
    commands.command("depend")(depend)
    commands.command("import")(import_)
    commands.command("export")(export)
    app.add_typer(commands, name="roadmap")


def list_(
    text: Annotated[str, typer.Option("--text", help="Part of a team's name.")] = "",
    show: Annotated[
        Literal["", "risk", "debt", "empty"],
        typer.Option("--show", help="Only teams with promises at risk, and so on."),
    ] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many teams at most.")] = 100,
    cursor: Annotated[str, typer.Option("--cursor", help="Go on where the page before ended.")] = "",
    as_json: JSON = False,
) -> None:
    """Every team's roadmap in a line, from stored forecasts."""
    django()
    from awayteam.kernel.actor import SYSTEM
    from awayteam.roadmaps import queries

    page = queries.overview(SYSTEM, queries.OverviewFilter(text, None, show), cursor=cursor or None, limit=limit)
    if as_json:
        from awayteam.roadmaps.api import shaping

        items = [shaping.overview_of(row) for row in page.items]
        print_json({"items": items, "next_cursor": page.next_cursor, "total": page.total})
        return
    table(
        ("TEAM", "OPEN", "NOW AND NEXT", "PROMISES AT RISK", "ALL DONE BY"),
        (
            (row.team.ref, row.open, "; ".join(one.title for one in row.items), len(row.risky) or "", row.last_p50)
            for row in page.items
        ),
    )
    if page.next_cursor:
        typer.echo(f"There are more: --cursor {page.next_cursor}", err=True)


def show(team: TEAM, as_json: JSON = False) -> None:
    """A team's roadmap, planned now."""
    django()
    from django.utils import timezone

    from awayteam.kernel.actor import SYSTEM
    from awayteam.roadmaps import queries

    view = queries.roadmap(SYSTEM, _team(team), timezone.now())
    if as_json:
        from awayteam.roadmaps.api import schemas, shaping

        print_json(schemas.RoadmapOut(**shaping.roadmap_of(view)).model_dump(mode="json"))
        return
    typer.secho(f"Roadmap of {view.team}", bold=True)
    weeks = sum(week.weeks for week in view.weeks[:13])
    facts([("Capacity", f"{weeks:.1f} team-weeks in 13 weeks"), ("Funded", f"until {view.funded_until}")])
    table(
        ("RANK", "NUMBER", "ITEM", "STATE", "TEAM-WEEKS", "VALUE", "DONE 50%", "85%", "PROMISED", ""),
        (
            (row.item.rank, row.item.id, row.item.title, row.item.state, f"{row.plan.likely:g}", f"{row.plan.value:g}",
             row.slot.p50 or row.slot.why, row.slot.p85, row.item.promised, row.risk)
            for row in view.ranked
        ),
    )  # fmt: skip
    if view.unranked:
        titles = ", ".join(f"{row.item.title} ({row.item.id})" for row in view.unranked)
        typer.echo(f"Not ranked until it names a goal: {titles}")
    if view.suggested and view.gain > 0:
        typer.echo(f"Ordered by value over effort, {view.gain:,.0f} points less would be lost to waiting.")
    for circle in view.circles:
        typer.echo(f"These need each other all around: {', '.join(map(str, circle))}", err=True)


def item(number_: ITEM, as_json: JSON = False) -> None:
    """One item with what it waits for."""
    django()
    from awayteam.kernel.actor import SYSTEM
    from awayteam.roadmaps import queries

    _print(queries.item(SYSTEM, number_), as_json)


def add(
    team: TEAM,
    title: Annotated[str, typer.Argument(metavar="TITLE", help="What it is.")],
    effort: EFFORT = "1",
    kind: Annotated[str, typer.Option("--kind", help="feature, bug, performance, access, debt or other.")] = "feature",
    value: Annotated[str, typer.Option("--value", help="Points for each week of delay.")] = "0",
    goal: Annotated[int, typer.Option("--goal", min=0, help="Number of the goal that it serves.")] = 0,
    rank: Annotated[int, typer.Option("--rank", min=0, help="Rank (0: the end).")] = 0,
    promised: Annotated[str, typer.Option("--promised", metavar="DAY", help="Day promised to others.")] = "",
    description: Annotated[str, typer.Option("--description", help="Markdown.")] = "",
    key: Annotated[str, typer.Option("--key", help="Its key where it comes from.")] = "",
    reason: REASON = BY_HAND,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Put an item on a team's roadmap."""
    django()
    from django.utils import timezone

    from awayteam.roadmaps import actions, queries

    actor = actor_of(person)
    made = actions.place(
        actor=actor, now=timezone.now(), team=_team(team), title=title, effort=_effort(effort), kind=kind,
        value_per_week=number(value, "--value"), goal=queries.goal(actor, goal) if goal else None, rank=rank or None,
        promised=day(promised, "--promised") if promised else None, description=description, external_key=key or None,
        reason=reason,
    )  # fmt: skip
    _print(made.item, as_json)


def rank(
    team: TEAM,
    number_: ITEM,
    wanted: Annotated[int, typer.Argument(metavar="RANK", min=1, help="Its new rank.")],
    reason: REASON = BY_HAND,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Give an item another rank."""
    django()
    from awayteam.kernel.errors import NotFound
    from awayteam.roadmaps import actions

    found, actor = _item(number_), actor_of(person)
    if found.team_id != _team(team).pk:
        raise NotFound(f"{team} has no item {number_}.", f"It stands on the roadmap of {found.team}.")
    _act(actions.move, actor, found, as_json, rank=wanted, reason=reason)


def what_if(
    team: TEAM,
    number_: Annotated[int, typer.Option("--item", min=0, help="Number of an item of the team.")] = 0,
    wanted: Annotated[int, typer.Option("--rank", min=0, help="Rank to try (0 with --effort: every rank).")] = 0,
    drop_: Annotated[bool, typer.Option("--drop", help="What if the item were dropped.")] = False,
    effort: EFFORT = "",
    value: Annotated[str, typer.Option("--value", help="Points a week of something new.")] = "0",
    as_json: JSON = False,
) -> None:
    """What slips if an item, or something new, gets a rank; nothing is saved."""
    django()
    from django.utils import timezone

    from awayteam.cli.failing import usage
    from awayteam.kernel.actor import SYSTEM
    from awayteam.roadmaps import queries

    if bool(number_) == bool(effort) or (number_ and not (wanted or drop_)):
        usage("say what is to be tried: --item N with --rank R or --drop, or --effort LOW,LIKELY,HIGH")
    found, now = _team(team), timezone.now()
    wish = queries.Wish("something new", _effort(effort), number(value, "--value")) if effort else None
    if wish is not None and not wanted:
        _options(queries.each_rank(SYSTEM, found, wish, now), as_json)
        return
    trial = queries.try_rank(SYSTEM, found, now, rank=None if drop_ else wanted, item=number_ or None, wish=wish)
    _trial(trial, as_json)


def _options(options: list[Any], as_json: bool) -> None:

    if as_json:
        from awayteam.roadmaps.api import shaping

        print_json({"items": [shaping.option_of(one) for one in options]})
        return
    rows = ((one.rank, one.p50, one.p85, one.slipped, f"{one.cost:,.1f}") for one in options)
    table(("RANK", "DONE 50%", "85%", "OTHERS THAT MOVE", "POINTS LOST"), rows)


def _trial(trial: "Trial", as_json: bool) -> None:

    if as_json:
        from awayteam.roadmaps.api import shaping

        print_json(shaping.trial_of(trial))
        return
    if trial.own is not None:
        typer.echo(f"It would be done by {trial.own.p50} (50%), {trial.own.p85} (85%).")
    typer.echo(f"{len(trial.slips)} other ends move; {trial.cost:,.1f} points are lost.")
    table(
        ("ITEM", "TEAM", "WAS DONE", "WOULD BE", "DAYS", "POINTS"),
        (
            (trial.title(one), trial.team(one).ref, one.before.p50, one.after.p50,
             "" if one.days50 is None else f"{one.days50:+d}", "" if one.cost is None else f"{one.cost:+.1f}")
            for one in trial.slips
        ),
    )  # fmt: skip


def estimate(
    number_: ITEM, effort: EFFORT, reason: REASON = BY_HAND, person: PERSON = "", as_json: JSON = False
) -> None:
    """Set the effort of an item."""
    django()
    from awayteam.roadmaps import actions

    _act(actions.reestimate, actor_of(person), _item(number_), as_json, effort=_effort(effort), reason=reason)


def start(number_: ITEM, reason: REASON = BY_HAND, person: PERSON = "", as_json: JSON = False) -> None:
    """Begin to work on an item."""
    django()
    from awayteam.roadmaps import actions

    _act(actions.start, actor_of(person), _item(number_), as_json, reason=reason)


def finish(
    number_: ITEM,
    real: Annotated[str, typer.Option("--real", metavar="WEEKS", help="Team-weeks that it took.")] = "",
    reason: REASON = BY_HAND,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Say that an item is done."""
    django()
    from awayteam.roadmaps import actions

    weeks = number(real, "--real") if real else None
    _act(actions.finish, actor_of(person), _item(number_), as_json, real_effort=weeks, reason=reason)


def drop(number_: ITEM, reason: REASON = BY_HAND, person: PERSON = "", as_json: JSON = False) -> None:
    """Give an item up."""
    django()
    from awayteam.roadmaps import actions

    _act(actions.drop, actor_of(person), _item(number_), as_json, reason=reason)


def depend(
    number_: ITEM,
    on: Annotated[int, typer.Argument(metavar="NEEDS", min=1, help="The number of the item that it needs.")],
    remove: Annotated[bool, typer.Option("--remove", help="It no longer waits for that.")] = False,
    reason: REASON = BY_HAND,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Say that an item can't start before another one is done."""
    django()
    from awayteam.roadmaps import actions

    action = actions.undepend if remove else actions.depend
    _act(action, actor_of(person), _item(number_), as_json, needs=_item(on), reason=reason)


def import_(
    path: Annotated[str, typer.Argument(metavar="FILE", help="CSV or JSON (- for standard input).")],
    team: Annotated[str, typer.Option("--team", help="Team of rows that name none.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    reason: REASON = "imported",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Put the rows of a file on roadmaps; exit code 1 where rows were refused, the others are taken."""
    data = _file(path)
    django()
    from django.utils import timezone

    from awayteam.roadmaps import actions, reading

    done = actions.import_items(
        actor=actor_of(person), now=timezone.now(), found=reading.read(data, path),
        team=_team(team) if team else None, reason=reason, dry_run=dry_run,
    )  # fmt: skip
    errors = [{"line": one.line, "field": one.field, "message": one.message} for one in done.errors]
    numbers = {"created": done.created, "updated": done.updated, "unchanged": done.unchanged, "needs": done.needs}
    if as_json:
        print_json({**numbers, "dry_run": dry_run, "errors": errors})
    else:
        would = "would be " if dry_run else ""
        typer.echo(
            f"{done.created} {would}made, {done.updated} {would}changed, {done.unchanged} as they were, "
            f"{done.needs} needs tied"
        )
        for one in done.errors:
            typer.echo(f"line {one.line}{', ' + one.field if one.field else ''}: {one.message}", err=True)
    if errors:
        raise typer.Exit(1)


def export(
    team: Annotated[str, typer.Argument(metavar="[TEAM]", help="One team (default: all).")] = "",
    form: Annotated[Literal["csv", "json"], typer.Option("--format", help="What to write.")] = "csv",
    every: Annotated[bool, typer.Option("--all", help="Done and dropped items too.")] = False,
) -> None:
    """Write items in the form that `import` reads."""
    django()
    from awayteam.kernel.actor import SYSTEM
    from awayteam.roadmaps import exporting

    rows = exporting.rows(SYSTEM, team=_team(team) if team else None, closed=every)
    if form == "json":
        print_json({"items": list(rows)})
    else:
        exporting.write_csv(sys.stdout, rows)


def _file(path: str) -> bytes:
    from awayteam.kernel.errors import InvalidInput

    if path == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InvalidInput(f"{path}: {error.strerror}.", "Name a file that can be read.") from None


def _team(word: str) -> Any:
    from awayteam.kernel.actor import SYSTEM
    from awayteam.organisation import queries

    return queries.team(SYSTEM, word if ":" in word else f"group:{word}")


def _item(number_: int) -> "Item":
    from awayteam.kernel.actor import SYSTEM
    from awayteam.roadmaps import queries

    return queries.item(SYSTEM, number_)


def _effort(text: str) -> tuple[Decimal, Decimal, Decimal]:
    from awayteam.cli.failing import usage

    parts = [number(part.strip(), "--effort") for part in text.split(",")]
    if len(parts) not in {1, 3}:
        usage("--effort takes LOW,LIKELY,HIGH or one number, such as 1,2,4")
    return parts[0], parts[len(parts) // 2], parts[-1]


def _act(action: Callable[..., Any], actor: Any, found: "Item", as_json: bool, **values: Any) -> None:
    """Run an action on the item and print the item then."""
    from django.utils import timezone

    from awayteam.roadmaps import queries

    action(actor=actor, now=timezone.now(), item=found, **values)
    _print(queries.item(actor, found.pk), as_json)


def _print(row: "Item", as_json: bool) -> None:
    from awayteam.roadmaps.api import schemas, shaping

    found = schemas.ItemDetail(**shaping.item_detail(row)).model_dump(mode="json")
    if as_json:
        print_json(found)
        return
    typer.secho(f"#{found['id']} {found['title']}", bold=True)
    facts(
        [
            ("Team", found["team"]["label"]),
            ("State", found["state"]),
            ("Rank", found["rank"]),
            ("Effort", f"{found['effort_low']:g}, {found['effort_likely']:g}, {found['effort_high']:g} team-weeks"),
            ("Value", f"{found['value_per_week']:g} points a week"),
            ("Goal", found["goal"]["title"] if found["goal"] else ""),
            ("Done", f"{found['p50']} (50%), {found['p85']} (85%)" if found["p50"] else ""),
            ("Promised", f"{found['promised_on']} {found['risk']}" if found["promised_on"] else ""),
            ("Took", f"{found['real_effort']:g} team-weeks" if found["real_effort"] is not None else ""),
            ("Waits for", ", ".join(f"#{one['id']} {one['title']}" for one in found["needs"])),
        ]
    )
