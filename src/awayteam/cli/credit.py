"""`awayteam credit`: who did what for others, with the evidence; thanking, disputing, and making the ledger anew."""

import csv
import sys
from typing import Annotated, Any

import typer

from awayteam.cli.failing import usage
from awayteam.cli.people import PERSON, actor_of
from awayteam.cli.shared import CURSOR, JSON, LIMIT, django, facts, print_json, table

app = typer.Typer(help="Credit for what people did for others, with its evidence.", no_args_is_help=True)
TEAM = Annotated[str, typer.Option("--team", metavar="TEAM", help="A team, or a unit with what stood below it.")]
OF = Annotated[str, typer.Option("--person", metavar="PERSON", help="One person's.")]
KIND = Annotated[str, typer.Option("--kind", help="engagement-completed, review-in-time, pledged-hours, reuse, ...")]
SINCE = Annotated[str, typer.Option("--since", metavar="DATE", help="The first day (default: a year back).")]
UNTIL = Annotated[str, typer.Option("--until", metavar="DATE", help="The last day (default: today).")]
WITHDRAWN = Annotated[bool, typer.Option("--withdrawn", help="With entries that were withdrawn.")]
WORDS = Annotated[str, typer.Option("--words", help="Why, or for what; it stands there for everybody.")]


def register(root: typer.Typer) -> None:
    root.add_typer(app, name="credit")


def _filter(actor: Any, **given: Any) -> Any:
    from django.utils import timezone

    from awayteam.credit import queries

    return queries.filter_of(actor, timezone.now(), **given)


@app.command()
def show(
    team: TEAM = "",
    of: OF = "",
    since: SINCE = "",
    until: UNTIL = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Totals of each kind, side by side; kinds are never added up."""
    django()
    from awayteam.credit import api, words

    actor = actor_of(person)
    found = api.summary(actor, _filter(actor, team=team, person=of, since=since, until=until))
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    typer.echo(f"{found.person or found.team or 'The organisation'}, {found.since} to {found.until}")
    rows = [("", one) for one in found.totals]
    rows += [(part.team, one) for part in found.parts for one in part.totals if one.entries]
    table(
        ("Of", "Kind", "Cases", "In all"),
        [(of, words.kind_words(one.kind), one.things, words.amount(one.quantity, one.measure)) for of, one in rows],
    )


@app.command("list")
def list_(
    team: TEAM = "",
    of: OF = "",
    kind: KIND = "",
    since: SINCE = "",
    until: UNTIL = "",
    withdrawn: WITHDRAWN = False,
    limit: LIMIT = 50,
    cursor: CURSOR = "",
    person: PERSON = "",
    as_json: JSON = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
) -> None:
    """Entries of the ledger, the newest first."""
    if as_json and as_csv:
        usage("choose --json or --csv")
    django()
    from django.utils import timezone

    from awayteam.credit import api, queries

    actor = actor_of(person)
    wanted = _filter(actor, team=team, person=of, kind=kind, since=since, until=until, withdrawn=withdrawn)
    page = queries.entries(actor, wanted, timezone.now(), cursor=cursor or None, limit=limit)
    rows = [api.entry_out(row) for row in page.items]
    if as_json:
        print_json({"items": [row.model_dump(mode="json") for row in rows], "next_cursor": page.next_cursor})
        return
    header = ("number", "kind", "time", "who", "about", "how much", "words", "withdrawn")
    lines = [
        (row.id, row.kind, row.at.isoformat(), row.person or row.team,
         f"{row.subject_kind}:{row.subject_id} {row.subject_label}", row.amount, row.words, row.withdrawn_why)
        for row in rows
    ]  # fmt: skip
    if as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(lines)
    else:
        table(tuple(name.capitalize() for name in header), lines)


@app.command()
def thank(
    whom: Annotated[str, typer.Argument(metavar="PERSON", help="Whom you thank.")],
    about: Annotated[str, typer.Option("--for", metavar="THING", help="engagement:12 or request:7.")],
    words: WORDS,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Thank somebody in words, for an engagement or a request."""
    django()
    from django.utils import timezone

    from awayteam.credit import actions
    from awayteam.kernel.events import Subject
    from awayteam.organisation import queries as organisation

    kind, _, number = about.partition(":")
    if not (number.isascii() and number.isdecimal() and len(number) < 18):
        usage("--for: write engagement:12 or request:7")
    actor = actor_of(person, needed=True)
    made = actions.thank(
        organisation.person(actor, whom), Subject(kind, int(number), ""), actor=actor, now=timezone.now(), words=words
    )
    _print_entry(actor, made.pk, as_json)


def _print_entry(actor: Any, number: int, as_json: bool) -> None:
    from awayteam.credit import api

    _print(api.entry_story(actor, number).model_dump(mode="json"), as_json)


def _print(values: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(values)
        return
    facts([(name.replace("_", " ").capitalize(), value) for name, value in values.items() if value is not False])


@app.command()
def entry(
    number: Annotated[int, typer.Argument(metavar="ENTRY", min=1)],
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """One entry with its evidence, the units that have it too, and its disputes."""
    django()
    _print_entry(actor_of(person), number, as_json)


@app.command()
def dispute(
    number: Annotated[int, typer.Argument(metavar="ENTRY", min=1, help="The entry's number.")],
    words: WORDS,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Say why an entry isn't right; a manager above decides."""
    django()
    from django.utils import timezone

    from awayteam.credit import actions, api, queries

    actor, now = actor_of(person, needed=True), timezone.now()
    made = actions.dispute(queries.entry(actor, number, now), actor=actor, now=now, words=words)
    _print(api.dispute_story(actor, made.pk).model_dump(mode="json"), as_json)


@app.command()
def settle(
    number: Annotated[int, typer.Argument(metavar="DISPUTE", min=1, help="The dispute's number.")],
    verb: Annotated[str, typer.Argument(metavar="HOW", help="uphold, withdraw-entry, or take-back.")],
    words: WORDS,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Decide a dispute (uphold the entry, withdraw it), or take one's own back."""
    django()
    from django.utils import timezone

    from awayteam.credit import actions, api

    deeds = {"uphold": actions.uphold, "withdraw-entry": actions.withdraw_entry, "take-back": actions.take_back}
    if verb not in deeds:
        usage(f"choose one of {', '.join(deeds)}")
    actor = actor_of(person, needed=True)
    deeds[verb](number, actor=actor, now=timezone.now(), words=words)
    _print(api.dispute_story(actor, number).model_dump(mode="json"), as_json)


@app.command()
def rebuild(
    reason: Annotated[str, typer.Option("--reason", help="Why; it stands in the history.")] = "",
    as_json: JSON = False,
) -> None:
    """Derive all entries from the event log again. Says what was different; all zero where the ledger was right."""
    django()
    from dataclasses import asdict

    from django.utils import timezone

    from awayteam.credit import actions
    from awayteam.kernel.actor import SYSTEM

    made = asdict(actions.rebuild(actor=SYSTEM, now=timezone.now(), reason=reason))
    if as_json:
        print_json(made)
    else:
        typer.echo(", ".join(f"{number:,} {name}" for name, number in made.items()))
