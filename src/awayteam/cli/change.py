"""`awayteam change`: changes that the gate was told of, why they wait, and letting one in as an emergency."""

from typing import Annotated, Any

import typer

from awayteam.cli.people import PERSON, actor_of
from awayteam.cli.shared import CURSOR, JSON, LIMIT, django, facts, print_json, table

app = typer.Typer(help="Changes at the gate: what they wait for, and why.", no_args_is_help=True)
NUMBER = Annotated[int, typer.Argument(metavar="NUMBER", min=1, help="The number of the change.")]
Many = list[str] | None


def register(root: typer.Typer) -> None:
    root.add_typer(app, name="change")


@app.command("list")
def list_changes(
    state: Annotated[str, typer.Option("--state", help="open, merged, closed or all.")] = "open",
    outcome: Annotated[Many, typer.Option("--outcome", help="allowed, waiting or denied; may be repeated.")] = None,
    repository: Annotated[Many, typer.Option("--repository", help="Its name; may be repeated.")] = None,
    home: Annotated[Many, typer.Option("--home", help="A team whose code it is, or mine; may be repeated.")] = None,
    by: Annotated[Many, typer.Option("--by", help="A team of the author; may be repeated.")] = None,
    engagement: Annotated[int | None, typer.Option("--engagement", min=1, help="Its number.")] = None,
    mine: Annotated[str, typer.Option("--mine", help="word: it waits for yours; made: you made it.")] = "",
    text: Annotated[str, typer.Option("--text", help="Words of its title, name or author.")] = "",
    sort: Annotated[str, typer.Option("--sort", help="How it is sorted; - before it turns it round.")] = "age",
    limit: LIMIT = 50,
    cursor: CURSOR = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Changes, the newest first."""
    django()
    from django.utils import timezone

    from awayteam.gate.api import schemas
    from awayteam.gate.queries import pages
    from awayteam.gate.queries.narrowing import ChangeFilter

    wanted = ChangeFilter(
        state=state, outcome=tuple(outcome or ()), repository=tuple(repository or ()), home=tuple(home or ()),
        by=tuple(by or ()), engagement=engagement, mine=mine, text=text,
    )  # fmt: skip
    page = pages.list_changes(
        actor_of(person), wanted, now=timezone.now(), sort=sort, cursor=cursor or None, limit=limit
    )
    if as_json:
        print_json({"items": list(map(schemas.change_of, page.items)), "next_cursor": page.next_cursor})
        return
    rows = (
        (one.change.pk, str(one.change), one.words, one.change.author_label, one.change.home_team, one.change.says)
        for one in page.items
    )
    table(("Number", "Change", "It", "Author", "Home", "Says"), rows)


@app.command()
def show(number: NUMBER, person: PERSON = "", as_json: JSON = False) -> None:
    """One change with its last verdict, its reviews, and every verdict that came out differently."""
    django()
    _show(number, person, as_json)


def _show(number: int, person: str, as_json: bool) -> None:
    from awayteam.gate import plain
    from awayteam.gate.api import reading

    found = reading.detail(actor_of(person), number)
    if as_json:
        print_json(found)
        return
    typer.echo(f"{found['repository']} {found['key']}: {found['title']}\n")
    facts(
        [
            ("State", found["state"]), ("Address", found["url"]), ("Author", found["author"]["label"]),
            ("Home team", found["home"]["label"] if found["home"] else "nobody's code"), ("Commit", found["head"]),
            ("Opened", f"{found['opened_at']:%Y-%m-%d %H:%M} UTC"),
        ]
    )  # fmt: skip
    if found["verdict"] is not None:
        typer.echo("\n" + _text(plain.from_json(found["verdict"])))
    for one in found["reviews"]:
        typer.echo(f"{one['at']:%Y-%m-%d %H:%M}  {one['by']['label']}: {one['said']} at {one['commit'][:10]}")
    typer.echo("\nVerdicts, newest first")
    for one in found["history"]:
        typer.echo(f"{one['at']:%Y-%m-%d %H:%M}  {one['outcome']:8} at {one['head'][:10]} ({one['cause']})")
    for one in found["passages"]:
        typer.echo(f"\nEmergency by {one['by']} at {one['head'][:10]}: {one['reason']} (register {one['entry']})")


def _text(verdict: Any, explain: bool = False) -> str:
    from django.utils import timezone

    from awayteam.gate import roster, words

    return words.text(verdict, explain, names=roster.current().at(timezone.now()).label)


@app.command()
def explain(
    number: NUMBER,
    suppose: Annotated[
        Many,
        typer.Option(
            "--suppose",
            metavar="WHAT",
            help="approved:PERSON, extended:ENGAGEMENT:DAY, signed:ENGAGEMENT, met:ENGAGEMENT or green:CHECK.",
        ),
    ] = None,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """The verdict about a change now, with every reason, or as it would be. Exit code 1 where it may not go in."""
    django()
    from django.utils import timezone

    from awayteam.gate import plain
    from awayteam.gate.api import reading
    from awayteam.gate.queries import story as stories
    from awayteam.gate.question import of_row

    actor, now = actor_of(person), timezone.now()
    change = stories.load(actor, number, now)
    found = reading.answer(actor, of_row(change, now), suppose or [], now)
    typer.echo(found["text"]) if not as_json else print_json(found)
    if not plain.from_json(found["verdict"]).is_allowed:
        raise typer.Exit(1)


@app.command()
def override(
    number: NUMBER,
    reason: Annotated[str, typer.Option("--reason", help="Why it can't wait; it stands in the public register.")],
    head: Annotated[
        str, typer.Option("--head", metavar="COMMIT", help="The commit that you saw; else the one it has now.")
    ] = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Let a change in as an emergency, without the words that it lacks: in public, at one commit, for a while."""
    django()
    from django.utils import timezone

    from awayteam.gate import actions
    from awayteam.gate.queries import story as stories

    actor, now = actor_of(person, needed=True), timezone.now()
    change = stories.load(actor, number, now)
    actions.allow_in_emergency(actor=actor, change=change, reason=reason, now=now, head=head)
    _show(number, person, as_json)
