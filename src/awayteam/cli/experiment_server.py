"""`awayteam experiment`: the experiments of an installation, beside the commands that need a table alone."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from awayteam.cli.shared import CURSOR, JSON, LIMIT, day, django, facts, print_json, table

PERSON = Annotated[str, typer.Option("--as", metavar="PERSON", help="Who says so; without it, the software itself.")]
NAME = Annotated[str, typer.Argument(metavar="EXPERIMENT", help="Its number or key.")]
WORDS = Annotated[str, typer.Option("--words", help="Why; it stands in the story.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the group."""
    for name, command in (
        ("list", list_), ("show", show), ("design", design), ("check", check), ("submit", submit), ("start", start),
        ("stop", stop), ("look", look), ("scorecard", scorecard), ("decide", decide), ("clean-up", clean_up),
        ("learnings", learnings),
    ):  # fmt: skip
        app.command(name)(command)


def _actor(person: str) -> Any:
    from awayteam.cli.review import actor_named

    return actor_named(person)


def _named(actor: Any, name: str) -> Any:
    from awayteam.experiments import queries

    return queries.named(actor, name)


def _print_one(pk: int, actor: Any, as_json: bool) -> None:
    from django.utils import timezone

    from awayteam.experiments import queries
    from awayteam.experiments.api.schemas import story_out

    values = story_out(queries.story(actor, pk, timezone.now())).model_dump()
    if as_json:
        print_json(values)
        return
    plain = ("id", "key", "title", "state", "surface", "layer", "days", "outcome", "due_at", "register_entry")
    facts([(name.replace("_", " ").capitalize(), values[name]) for name in plain])
    for name in ("team", "owner", "decider", "turn"):
        facts([(name.capitalize(), (values[name] or {}).get("ref"))])
    for one in values["findings"]:
        typer.echo(f"{one['level']:<14}{one['words']} {one['advice']}".rstrip())
    if values["analysis"]:
        look = values["analysis"]
        typer.echo(f"{'Last look:':<14}{look['state']} {look['progress']}% {look['doing']} {look['problem']}".rstrip())
    for one in values["blockers"]:
        typer.echo(f"{'Invalid:':<14}{one['words']}")
    if values["recommendation"]:
        typer.echo(
            f"{'Rule:':<14}{values['recommendation']['outcome']}: {' '.join(values['recommendation']['reasons'])}"
        )


def list_(
    state: Annotated[list[str] | None, typer.Option("--state", help="Only this state (repeatable).")] = None,
    team: Annotated[list[str] | None, typer.Option("--team", help="Only this team (a reference, repeatable).")] = None,
    ended: Annotated[bool, typer.Option("--ended", help="Those that have ended as well.")] = False,
    limit: LIMIT = 50,
    cursor: CURSOR = "",
    as_json: JSON = False,
) -> None:
    """Experiments, the most pressing first."""
    django()
    from django.utils import timezone

    from awayteam.experiments import queries
    from awayteam.experiments.api.schemas import ExperimentOut, values
    from awayteam.kernel.actor import SYSTEM

    wanted = queries.ExperimentFilter(state=tuple(state or ()), team=tuple(team or ()), live=not ended)
    page = queries.experiments(SYSTEM, wanted, now=timezone.now(), cursor=cursor or None, limit=limit)
    if as_json:
        items = [ExperimentOut(**values(row)).model_dump() for row in page.items]
        print_json({"items": items, "next_cursor": page.next_cursor, "total": page.total})
        return
    rows = (
        (row.experiment.pk, row.words, row.outcome, row.experiment.team, row.experiment.key, row.experiment.title)
        for row in page.items
    )
    table(("number", "state", "decided", "team", "key", "title"), rows)


def show(name: NAME, person: PERSON = "", as_json: JSON = False) -> None:
    """One experiment: where it stands, what the checks found, what the rule says."""
    django()
    actor = _actor(person)
    _print_one(_named(actor, name).pk, actor, as_json)


def design(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="JSON with title, team, decider and design; - for standard input.")
    ],
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Open a draft from a file, as POST /api/v1/experiments takes it."""
    django()
    from django.utils import timezone

    from awayteam.experiments import actions, inputs

    actor, now = _actor(person), timezone.now()
    made = actions.design(inputs.wanted(actor, _read(file), now), actor=actor, now=now)
    _print_one(made.pk, actor, as_json)


def _read(file: Path) -> dict[str, Any]:
    from awayteam.kernel.errors import InvalidInput

    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
        values = json.loads(text)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InvalidInput(f"{file} can't be read: {error}.", "Give JSON with title, team and design.") from error
    if not isinstance(values, dict) or not {"title", "team"} <= set(values):
        raise InvalidInput(f"{file} names no title or team.", "Give an object with title, team, decider, design.")
    return values


def _act(name: str, person: str, as_json: bool, verb: str, **given: Any) -> None:
    django()
    from django.utils import timezone

    from awayteam.experiments import actions

    actor = _actor(person)
    row = _named(actor, name)
    getattr(actions, verb)(row, **given, actor=actor, now=timezone.now())
    _print_one(row.pk, actor, as_json)


def check(name: NAME, person: PERSON = "", as_json: JSON = False) -> None:
    """Let the machine check a draft: power, guardrails, collisions, sample ratio, an A/A run on the past.

    Exit code 1 where something forbids it.
    """
    django()
    from django.utils import timezone

    from awayteam.experiments import actions

    actor = _actor(person)
    row = actions.check(_named(actor, name), actor=actor, now=timezone.now())
    _print_one(row.pk, actor, as_json)
    if row.state == "draft":
        raise typer.Exit(1)


def submit(name: NAME, words: WORDS = "", person: PERSON = "", as_json: JSON = False) -> None:
    """Register the design by its hash; the rulebook says whether a bar raiser looks first."""
    _act(name, person, as_json, "submit", words=words)


def start(name: NAME, person: PERSON = "", as_json: JSON = False) -> None:
    """Assign units from now on."""
    _act(name, person, as_json, "start")


def stop(name: NAME, words: WORDS = "", person: PERSON = "", as_json: JSON = False) -> None:
    """Assign nobody new; the decider has the turn."""
    _act(name, person, as_json, "stop", words=words)


def look(name: NAME, person: PERSON = "", as_json: JSON = False) -> None:
    """Look at the facts now, in this process, with its progress."""
    django()
    from django.utils import timezone
    from rich.console import Console
    from rich.progress import Progress

    from awayteam.experiments.measuring.working import card_of

    actor = _actor(person)
    row = _named(actor, name)
    _measured(row)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Looking at the facts", total=100)
        card = card_of(
            row, timezone.now(), lambda share, doing: progress.update(task, completed=share, description=doing)
        )
    _print_card(row, card, as_json)


def _measured(row: Any) -> None:
    from awayteam.kernel.errors import Conflict

    if row.started_at is None:
        raise Conflict(f"The experiment is {row.state}: there is nothing to look at.", "Start it first.")


def scorecard(name: NAME, person: PERSON = "", as_json: JSON = False) -> None:
    """The newest scorecard. Exit code 1 where it must not be believed."""
    django()
    from django.utils import timezone

    from awayteam.experiments import queries
    from awayteam.kernel.errors import NotFound

    actor = _actor(person)
    told = queries.story(actor, _named(actor, name).pk, timezone.now())
    if told.card is None or told.card.result is None:
        raise NotFound("There is no scorecard yet.", "Look at the facts: awayteam experiment look.")
    _print_card(told.experiment, told.card.result, as_json)
    if told.card.result["blockers"]:
        raise typer.Exit(1)


def _print_card(row: Any, card: dict[str, Any], as_json: bool) -> None:
    from awayteam.experiments import words

    if as_json:
        print_json({"experiment": row.pk, "key": row.key, "card": card})
        return
    facts([("Experiment", row.title), ("Units", f"{card['units']:,}"), ("Facts up to", card["until"])])
    for one in card["blockers"]:
        typer.echo(f"{'Invalid:':<14}{one['words']} {one['advice']}")
    for arm in card["arms"]:
        rows = (
            (one["title"], one["role"], words.value(one["control"], one), words.value(one["value"], one),
             words.percent(one["change"]), words.interval(one["low"], one["high"]), words.STANDINGS[one["standing"]])
            for one in arm["metrics"]
        )  # fmt: skip
        table(("metric", "role", "control", arm["key"], "change", "what fits", "so it"), rows)
    typer.echo(f"{'Rule:':<14}{card['recommendation']['outcome']}: {' '.join(card['recommendation']['reasons'])}")
    for one in card["recommendation"]["unknown"]:
        typer.echo(f"{'Not known:':<14}{one}")


def decide(
    name: NAME,
    outcome: Annotated[str, typer.Option("--outcome", help="ship, dont-ship, discuss or invalid.")],
    words: WORDS = "",
    arm: Annotated[str, typer.Option("--arm", help="The arm that ships.")] = "",
    look_again_on: Annotated[str, typer.Option("--look-again-on", metavar="DATE", help="Against the rule: when.")] = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Decide by the scorecard; against the rule it stands in the public register."""
    on = day(look_again_on, "--look-again-on") if look_again_on else None
    _act(name, person, as_json, "decide", outcome=outcome, words=words, arm=arm, look_again_on=on)


def clean_up(name: NAME, words: WORDS = "", person: PERSON = "", as_json: JSON = False) -> None:
    """Say that the flag and the losing code are gone."""
    _act(name, person, as_json, "clean_up", words=words)


def learnings(
    text: Annotated[str, typer.Argument(metavar="[WORDS]", help="Words in question and answer.")] = "",
    limit: LIMIT = 50,
    cursor: CURSOR = "",
    as_json: JSON = False,
) -> None:
    """What ended experiments taught."""
    django()
    from awayteam.experiments import queries
    from awayteam.experiments.api.schemas import learning_out
    from awayteam.kernel.actor import SYSTEM

    page = queries.learnings(SYSTEM, text=text, cursor=cursor or None, limit=limit)
    if as_json:
        items = [learning_out(row).model_dump() for row in page.items]
        print_json({"items": items, "next_cursor": page.next_cursor, "total": page.total})
        return
    rows = ((row.pk, row.outcome, row.team, row.title, row.learnt[:80]) for row in page.items)
    table(("number", "decided", "team", "title", "learnt"), rows)
