"""`awayteam request`: look at what teams ask of each other, and act on it."""

from typing import Annotated, Any

import typer

from awayteam.cli.failing import usage
from awayteam.cli.people import PERSON, actor_of, own_team
from awayteam.cli.requests import (
    EFFORT,
    NUMBER,
    RANK,
    WORDS,
    act,
    effort,
    print_brief,
    print_list,
    print_one,
    ready,
    team_of,
)
from awayteam.cli.shared import CURSOR, JSON, LIMIT, day, django, number

app = typer.Typer(help="Requests between teams: decide, move, merge, escalate.", no_args_is_help=True)
Many = list[str] | None
SPENT = Annotated[int, typer.Option("--minutes", min=0, help="Management time that it took (0: the usual).")]
TEAM = Annotated[str, typer.Option("--as-team", metavar="TEAM", help="The team in whose name: yours.")]


def register(root: typer.Typer) -> None:
    root.add_typer(app, name="request")


@app.command("list")
def list_(
    state: Annotated[Many, typer.Option("--state", help="A state, or open (the default), closed, all.")] = None,
    kind: Annotated[Many, typer.Option("--kind", help="feature, bug, performance, access.")] = None,
    home: Annotated[Many, typer.Option("--home", metavar="TEAM", help="Teams that answer.")] = None,
    asking: Annotated[Many, typer.Option("--asking", metavar="TEAM", help="Teams that ask.")] = None,
    unit: Annotated[Many, typer.Option("--unit", help="Units above the team that answers.")] = None,
    about: Annotated[Many, typer.Option("--about", metavar="REF", help="The thing that it is about.")] = None,
    turn: Annotated[Many, typer.Option("--turn", help="Whose turn: me, a person, a team (group:orders).")] = None,
    text: Annotated[str, typer.Option("--text", help="Words of title or need, or a number.")] = "",
    overdue: Annotated[bool, typer.Option("--overdue", help="Only where a clock ran out.")] = False,
    sort: Annotated[
        str, typer.Option("--sort", help="value, due, created, changed, age or title; - turns it.")
    ] = "-value",
    limit: LIMIT = 50,
    cursor: CURSOR = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Requests, those of the most value first."""
    django()
    from awayteam.requests.queries import RequestFilter

    wanted = RequestFilter(
        state=tuple(state or ()), kind=tuple(kind or ()), home=tuple(home or ()), asking=tuple(asking or ()),
        unit=tuple(unit or ()), entity=tuple(about or ()), turn=tuple(turn or ()), text=text, overdue=overdue or None,
    )  # fmt: skip
    print_list(actor_of(person), wanted, sort, cursor, limit, as_json)


@app.command()
def show(request: NUMBER, person: PERSON = "", as_json: JSON = False) -> None:
    """One request: whose turn it is, what can be done, who asks, and its story."""
    django()
    print_one(request, actor_of(person), as_json)


@app.command()
def brief(request: NUMBER, person: PERSON = "", as_json: JSON = False) -> None:
    """The brief of its escalation: what each rank on the roadmap would cost, whom, and how much."""
    django()
    print_brief(request, actor_of(person), as_json)


@app.command()
def decide(
    request: NUMBER,
    outcome: Annotated[str, typer.Argument(metavar="accept|welcome|decline|ask-back")],
    words: WORDS = "",
    reason: Annotated[str, typer.Option("--reason", help="With decline: no-room, not-ours, unsafe, ...")] = "",
    refuse_away: Annotated[bool, typer.Option("--refuse-away", help="With decline: an away team as well.")] = False,
    weeks: EFFORT = "",
    rank: RANK = 0,
    promised: Annotated[str, typer.Option("--promise", metavar="DATE", help="With accept: the promised day.")] = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Answer for the home team.

    accept needs --effort LOW,LIKELY,HIGH in team-weeks; decline --reason and --words; ask-back --words.
    """
    actions = ready()
    if outcome == "accept":
        if not weeks:
            usage("accept needs --effort LOW,LIKELY,HIGH in team-weeks")
        day_ = day(promised, "--promise") if promised else None
        plan = actions.Plan(effort(weeks), rank or None, day_)
        act(actions.accept, request, person, as_json, plan=plan, words=words)
    elif outcome == "welcome":
        act(actions.welcome, request, person, as_json, words=words)
    elif outcome == "decline":
        act(actions.decline, request, person, as_json, reason=reason, words=words, refuse_away=refuse_away)
    elif outcome == "ask-back":
        act(actions.ask_back, request, person, as_json, words=words)
    else:
        usage(f"{outcome!r} is no answer; choose accept, welcome, decline or ask-back")


@app.command()
def move(
    request: NUMBER,
    to: Annotated[str, typer.Argument(metavar="TEAM", help="Where it belongs.")],
    words: WORDS,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Offer it to the team where it belongs; that team must take it."""
    actions = ready()
    act(actions.move, request, person, as_json, to=lambda actor: team_of(actor, to), words=words)


@app.command()
def assign(
    request: NUMBER,
    to: Annotated[str, typer.Argument(metavar="TEAM", help="Which team answers.")],
    words: WORDS,
    minutes: SPENT = 0,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Say as the manager of both which team answers."""
    actions = ready()
    to_team = lambda actor: team_of(actor, to)  # noqa: E731 - looked up as that actor
    act(actions.assign, request, person, as_json, to=to_team, words=words, minutes_spent=minutes or None)


@app.command()
def merge(
    request: NUMBER,
    into: Annotated[int, typer.Argument(metavar="INTO", min=1, help="The equal request that goes on.")],
    words: WORDS,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Merge it into an equal request: its askers and their value go along."""
    actions = ready()
    act(actions.merge, request, person, as_json, into=into, words=words)


@app.command()
def join(
    request: NUMBER,
    value: Annotated[str, typer.Option("--value", help="What each week of delay costs your team.")] = "0",
    grounds: Annotated[str, typer.Option("--grounds", help="Where that figure comes from.")] = "",
    as_team: TEAM = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Ask for the same: your team's value is added."""
    actions = ready()
    from django.utils import timezone

    actor, worth = actor_of(person, needed=True), actions.Worth(number(value, "--value"), grounds)
    actions.join(request, actor=actor, now=timezone.now(), team=own_team(actor, as_team), worth=worth)
    print_one(request, actor, as_json)


@app.command()
def revise(
    request: NUMBER,
    reason: Annotated[str, typer.Option("--reason", help="Why; it stands in the history.")],
    title: Annotated[str, typer.Option("--title")] = "",
    need: Annotated[str, typer.Option("--need")] = "",
    value: Annotated[str, typer.Option("--value", help="What each week of delay costs your team.")] = "",
    grounds: Annotated[str, typer.Option("--grounds", help="Where that figure comes from.")] = "",
    as_team: TEAM = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Change what is asked, or what it is worth to your team."""
    actions = ready()
    worth = actions.Worth(number(value, "--value"), grounds) if value else None
    team = (lambda actor: own_team(actor, as_team)) if as_team else None
    act(actions.revise, request, person, as_json, title=title or None, need=need or None, worth=worth, team=team,
        reason=reason)  # fmt: skip


@app.command("send-away")
def send_away(
    request: NUMBER,
    words: WORDS,
    until: Annotated[str, typer.Option("--until", metavar="DATE", help="When it means to be done.")] = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Send an away team."""
    actions = ready()
    act(actions.send_away, request, person, as_json, words=words, until=day(until, "--until") if until else None)


@app.command()
def postpone(
    request: NUMBER,
    until: Annotated[str, typer.Argument(metavar="DATE", help="The new day.")],
    words: WORDS,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Promise a later day."""
    actions = ready()
    act(actions.postpone, request, person, as_json, words=words, until=day(until, "DATE"))


@app.command()
def duplicate(
    request: NUMBER,
    what: Annotated[str, typer.Option("--what", help="What exactly your team builds.")],
    words: WORDS,
    on: Annotated[str, typer.Option("--look-again", metavar="DATE", help="When both teams look at it again.")] = "",
    as_team: TEAM = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Build your own; it is registered with a day to look at it again."""
    actions = ready()
    team = (lambda actor: own_team(actor, as_team)) if as_team else None
    again = day(on, "--look-again") if on else None
    act(actions.duplicate, request, person, as_json, what=what, words=words, look_again_on=again, team=team)


@app.command()
def escalate(request: NUMBER, words: WORDS, weeks: EFFORT = "", person: PERSON = "", as_json: JSON = False) -> None:
    """Let the manager above both teams decide; the brief is made by itself."""
    actions = ready()
    act(actions.escalate, request, person, as_json, words=words, effort=effort(weeks) if weeks else None)


@app.command()
def rule(
    request: NUMBER,
    outcome: Annotated[str, typer.Argument(metavar="reshuffle|away|uphold")],
    words: WORDS,
    weeks: EFFORT = "",
    rank: RANK = 0,
    displace: Annotated[
        Many, typer.Option("--displace", metavar="ITEM[=RANK]", help="An item that is dropped, or its new rank.")
    ] = None,
    minutes: SPENT = 0,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Decide an escalation: put it on the roadmap, let an away team come, or uphold the refusal."""
    actions = ready()
    spent = minutes or None
    if outcome == "reshuffle":
        if not weeks:
            usage("reshuffle needs --effort LOW,LIKELY,HIGH in team-weeks")
        changes = [_change(one) for one in displace or ()]
        plan = actions.Plan(effort(weeks), rank or None)
        act(actions.reshuffle, request, person, as_json, plan=plan, changes=changes, words=words, minutes_spent=spent)
    elif outcome in ("away", "uphold"):
        action = actions.rule_away if outcome == "away" else actions.uphold
        act(action, request, person, as_json, words=words, minutes_spent=spent)
    else:
        usage(f"{outcome!r} is no decision; choose reshuffle, away or uphold")


def _change(text: str) -> Any:
    from awayteam.requests.actions import Change

    item, equals, rank = text.partition("=")
    if not item.isdecimal() or (equals and not rank.isdecimal()):
        usage(f"--displace {text!r}: write ITEM to drop it, or ITEM=RANK")
    return Change(int(item), int(rank) if equals else None)


@app.command()
def withdraw(request: NUMBER, words: WORDS, as_team: TEAM = "", person: PERSON = "", as_json: JSON = False) -> None:
    """Need it no more; where others ask too, they go on."""
    actions = ready()
    team = (lambda actor: own_team(actor, as_team)) if as_team else None
    act(actions.withdraw, request, person, as_json, words=words, team=team)


@app.command()
def reassign(
    request: NUMBER,
    to: Annotated[str, typer.Argument(metavar="PERSON", help="Who decides it.")],
    words: WORDS,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Give the turn to somebody else of your team who may decide."""
    actions = ready()

    def found(actor: Any) -> Any:
        from awayteam.organisation import queries

        return queries.person(actor, to if ":" in to else f"user:{to}")

    act(actions.reassign, request, person, as_json, person=found, words=words)


def _plain(name: str, action: str, says: str) -> None:
    """A command for a verb that takes words only."""

    def command(request: NUMBER, words: WORDS = "", person: PERSON = "", as_json: JSON = False) -> None:
        actions = ready()
        act(getattr(actions, action), request, person, as_json, words=words)

    command.__doc__ = says
    app.command(name)(command)


for _name, _action, _says in (
    ("answer", "answer", "Give the information that the home team asked for."),
    ("take-over", "take_over", "Take a request that was moved to your team."),
    ("send-back", "send_back", "Say that it isn't your team's either."),
    ("wait", "wait", "Ask the home team again."),
    ("stop-away", "stop_away", "Say that the away team can't do it."),
    ("finish-away", "finish_away", "Say that the away team has done it."),
    ("give-up", "give_up", "Take a promise back."),
    ("deliver", "deliver", "Say that it is done."),
    ("confirm", "confirm", "Say that it is what was asked for."),
    ("dispute", "dispute", "Say that it isn't what was asked for."),
):
    _plain(_name, _action, _says)
