"""`awayteam ask`: ask a team for something, from whatever one has in hand."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from awayteam.cli.failing import usage
from awayteam.cli.people import PERSON, actor_of, own_team
from awayteam.cli.requests import print_one
from awayteam.cli.shared import JSON, day, django, number, print_json

if TYPE_CHECKING:
    from awayteam.requests.routing.match import Routing

MOST = 4 * 1024 * 1024


def register(app: typer.Typer) -> None:
    app.command("ask")(ask)


def ask(
    title: Annotated[str, typer.Argument(metavar="WHAT", help="What you need, in one line.")] = "",
    to: Annotated[str, typer.Option("--to", metavar="TEAM", help="The team that you ask.")] = "",
    about: Annotated[
        str, typer.Option("--about", metavar="REF", help="The service, API or other thing that it is about.")
    ] = "",
    paste: Annotated[
        str, typer.Option("--paste", metavar="FILE|-", help="A trace, log, address or path: finds the team by it.")
    ] = "",
    need: Annotated[str, typer.Option("--need", help="What you need and why, in as many words as it takes.")] = "",
    need_file: Annotated[str, typer.Option("--need-file", metavar="FILE|-", help="The same from a file.")] = "",
    kind: Annotated[str, typer.Option("--kind", help="feature, bug, performance or access.")] = "feature",
    as_team: Annotated[str, typer.Option("--as-team", metavar="TEAM", help="The team that asks: yours.")] = "",
    value: Annotated[str, typer.Option("--value", help="What each week of delay costs your team.")] = "0",
    grounds: Annotated[str, typer.Option("--grounds", help="Where that figure comes from.")] = "",
    customers: Annotated[str, typer.Option("--customers", help="What customers get from it, and which.")] = "",
    goal: Annotated[int, typer.Option("--goal", min=0, help="Number of your team's goal that it serves.")] = 0,
    by: Annotated[str, typer.Option("--by", metavar="DATE", help="When you want it.")] = "",
    no_away: Annotated[
        str, typer.Option("--no-away", metavar="WHY", help="Your team can't send an away team, because ...")
    ] = "",
    person: PERSON = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show who would be asked, and ask nobody.")] = False,
    as_json: JSON = False,
) -> None:
    """Ask a team for a feature, a fix, performance or access. Its decider gets a clock.

    Examples: awayteam ask "Refund single lines" --about component:orders --need "..." --as ada

    awayteam ask "Orders fail at night" --kind bug --paste trace.txt --value 200 --grounds "40 lost orders a week"

    On a terminal, what is missing is asked for. Exit code 1 where nobody could be found to ask.
    """
    django()
    from django.utils import timezone

    from awayteam.requests import actions
    from awayteam.requests.actions import Aim, Worth
    from awayteam.roadmaps.queries.goals import goal as find_goal

    now = timezone.now()
    actor = actor_of(person, needed=True)
    pasted = _read(paste) if paste else ""
    home, entity, reasons, found = _home(actor, to, about, pasted, now)
    if home is None:
        if found is not None and as_json:
            print_json({"candidates": _candidates(found)})
        _nobody(found, bool(paste))
    team = own_team(actor, as_team)
    if _asks() and not dry_run:
        title, need = title or typer.prompt("In one line"), need or (_read(need_file) if need_file else "")
        need = need or typer.prompt("What do you need, and why")
    need = need or (_read(need_file) if need_file else "") or title
    if dry_run:
        _tell_dry(home, entity, reasons, as_json)
        return
    made = actions.ask(
        actor=actor,
        now=now,
        kind=kind,
        title=title,
        need=need,
        asking_team=team,
        home_team=home,
        worth=Worth(number(value, "--value"), grounds, customers, find_goal(actor, goal) if goal else None,
                    day(by, "--by") if by else None),
        aim=Aim(entity, pasted=pasted, routing=reasons),
        can_send_away=not no_away,
        away_impossible=no_away,
    )  # fmt: skip
    print_one(made.pk, actor, as_json)


def _asks() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _home(actor: Any, to: str, about: str, pasted: str, now: Any) -> tuple[Any, Any, list[str], "Routing | None"]:
    """The team that is asked, the thing, why, and what was found by the pasted text."""
    from awayteam.catalog import queries as catalog
    from awayteam.organisation import queries as organisation
    from awayteam.requests.routing.match import route

    entity = catalog.resolve(actor, about) if about else None
    if to:
        return organisation.team(actor, to if ":" in to else f"group:{to}"), entity, ["named by the asker"], None
    if entity is not None and entity.owner is not None and entity.owner.team is not None:
        return entity.owner.team, entity, [f"owns {entity.ref}"], None
    if not pasted:
        return None, entity, [], None
    found = route(actor, pasted, now=now)
    best = _chosen(found)
    if best is None:
        return None, entity, [], found
    return best.team, best.entity, [reason.text for reason in best.reasons], found


def _chosen(found: "Routing") -> Any:
    """The first candidate; on a terminal the one that the person picks, where there are several."""
    teams = [candidate for candidate in found.candidates if candidate.team is not None]
    if not teams or not _asks() or len(teams) == 1:
        return teams[0] if teams else None
    for place, candidate in enumerate(teams, 1):
        why = candidate.reasons[0].text if candidate.reasons else ""
        typer.echo(f"{place}  {candidate.team}  {candidate.score:.0%}  {why}")
    picked = typer.prompt("Whom do you ask", default=1, type=int)
    return teams[picked - 1] if 1 <= picked <= len(teams) else None


def _candidates(found: "Routing") -> list[dict[str, Any]]:
    return [
        {
            "team": candidate.team.ref if candidate.team else None,
            "entity": candidate.entity.ref if candidate.entity else None,
            "score": round(candidate.score, 3),
            "reasons": [reason.text for reason in candidate.reasons],
        }
        for candidate in found.candidates
    ]


def _nobody(found: "Routing | None", pasted: bool) -> None:
    if pasted and found is not None:
        typer.echo("Nobody was found by that text. Name the team with --to, or the thing with --about.", err=True)
        raise typer.Exit(1)
    usage("say whom you ask: --to TEAM, --about REF, or --paste FILE")


def _tell_dry(home: Any, entity: Any, reasons: list[str], as_json: bool) -> None:
    if as_json:
        print_json({"home_team": home.ref, "entity": entity.ref if entity else None, "reasons": reasons})
        return
    typer.echo(f"{home} would be asked" + (f" about {entity.ref}" if entity else "") + f": {'; '.join(reasons)}.")


def _read(file: str) -> str:
    try:
        if file == "-":
            data = sys.stdin.buffer.read(MOST)
        else:
            with open(file, "rb") as handle:
                data = handle.read(MOST)
    except OSError as error:
        usage(f"{file} can't be read: {error.strerror}")
    return data.decode("utf-8", "replace").replace("\0", "\ufffd")
