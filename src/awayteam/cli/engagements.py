"""What the commands about engagements share: running a verb, reading options, and printing engagements and texts."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from awayteam.cli.failing import usage
from awayteam.cli.people import actor_of
from awayteam.cli.shared import django, facts, print_json, table

if TYPE_CHECKING:
    from awayteam.engagements.models import Engagement
    from awayteam.engagements.queries import EngagementFilter, Story

NUMBER = Annotated[int, typer.Argument(metavar="NUMBER", min=1, help="The number of the engagement.")]
WORDS = Annotated[str, typer.Option("--words", help="Why, in a sentence; it stands in the story.")]
Many = list[str] | None
BAR = 20


def ready() -> Any:
    """Settings and schema, and then the actions of engagements, which need them to be imported."""
    django()
    from awayteam.engagements import actions

    return actions


def team_of(actor: Any, word: str) -> Any:
    from awayteam.organisation import queries

    return queries.team(actor, word if ":" in word else f"group:{word}")


def person_of(actor: Any, word: str) -> Any:
    """The person that a word names; "none" for nobody."""
    from awayteam.organisation import queries

    return None if word == "none" else queries.person(actor, word if ":" in word else f"user:{word}")


def load(id: int, actor: Any) -> "Engagement":
    from django.utils import timezone

    from awayteam.engagements import queries

    return queries.load(actor, id, timezone.now())


def act(action: Callable[..., Any], id: int, as_person: str, as_json: bool, /, **values: Any) -> None:
    """Run a verb as that person and print the engagement then. Values that are functions are looked up as the actor."""
    from django.utils import timezone

    actor = actor_of(as_person)
    row = load(id, actor)
    given = {name: value(actor) if callable(value) else value for name, value in values.items()}
    action(row, actor=actor, now=timezone.now(), **given)
    print_one(id, actor, as_json)


def scope_of(lines: Sequence[str]) -> list[Any]:
    """Lines REPOSITORY:PATTERN; a repository that is followed under that name is linked."""
    from awayteam.contributions.models import Repository
    from awayteam.engagements.actions import ScopeLine

    found = []
    for line in lines:
        repository, colon, pattern = line.rpartition(":")
        if not colon or not repository or not pattern:
            usage(f"--scope {line!r}: write REPOSITORY:PATTERN, such as orders:/refunds/")
        found.append((repository, pattern))
    followed = {one.name: one for one in Repository.objects.filter(name__in=[name for name, _pattern in found])}
    return [ScopeLine(name, pattern, "", followed.get(name)) for name, pattern in found]


def print_list(actor: Any, wanted: "EngagementFilter", sort: str, cursor: str, limit: int, as_json: bool) -> None:
    from django.utils import timezone

    from awayteam.engagements import queries
    from awayteam.engagements.api import schemas

    page = queries.list_engagements(actor, wanted, sort=sort, cursor=cursor or None, limit=limit, now=timezone.now())
    if as_json:
        items = [schemas.engagement_of(row).model_dump(mode="json") for row in page.items]
        print_json({"items": items, "next_cursor": page.next_cursor, "total": page.total})
        return
    rows = (
        (row.id, row.words, row.title, row.away.label, row.home.label, row.ends_on, _turn(row), row.clock)
        for row in page.items
    )
    table(("Number", "State", "Title", "Away team", "Home team", "Until", "Turn", "Clock"), rows)
    if page.next_cursor:
        typer.echo(f"There are more: --cursor {page.next_cursor}", err=True)


def _turn(row: Any) -> str:
    found = row.turn or row.turn_team
    return found.label if found else ""


def print_one(id: int, actor: Any, as_json: bool) -> None:
    """The story of an engagement, as JSON or for reading."""
    from django.utils import timezone

    from awayteam.engagements import queries
    from awayteam.engagements.api import schemas

    now = timezone.now()
    story = queries.story(actor, queries.load(actor, id, now), now)
    if as_json:
        print_json(schemas.detail_of(story).model_dump(mode="json"))
        return
    _heading(story)
    _contracts(story)
    _people(story)
    _timeline(story)


def _heading(story: "Story") -> None:
    row, engagement, turn = story.row, story.engagement, story.turn
    scope = "; ".join(f"{one.repository}:{pattern}" for one in story.scopes for pattern, _why in one.patterns)
    typer.echo(f"{row.id} {row.title}\n")
    facts(
        [
            ("State", row.words),
            ("Away team", f"{row.away.label} ({engagement.away_lead or 'no lead yet'})"),
            ("Home team", f"{row.home.label} ({engagement.home_decider or 'no decider yet'})"),
            ("Service", row.service.ref if row.service else None),
            ("Request", f"#{row.request_id}" if row.request_id else None),
            ("Time-box", f"{row.starts_on or '?'} to {row.ends_on or '?'}"),
            ("Review", row.review_mode),
            ("Hours", f"{row.pledged_hours} pledged"),
            ("Warranty", f"{row.warranty_days} days"),
            ("Scope", scope),
        ]
    )
    if story.request_ended is not None:
        typer.echo(f"\n{story.request_ended.sentence} Go on, or withdraw.")
    if turn is not None:
        who = turn.person.label if turn.person else turn.team.label if turn.team else "nobody"
        typer.echo(f"\nWhat happens next: {who} must {turn.todo}.")
        if turn.face is not None:
            gone = round(turn.face.fraction * BAR)
            typer.echo(f"[{'#' * gone}{'.' * (BAR - gone)}] {turn.face.text}")
        typer.echo(f"When the clock runs out: {turn.then}")
    if story.can_do:
        typer.echo(f"You may: {', '.join(option.verb for option in story.can_do)}.")
    for one in story.missing:
        typer.echo(f"Missing: {one.what}{f' ({one.whose})' if one.whose else ''}")


def _contracts(story: "Story") -> None:
    if story.contracts:
        typer.echo("\nTexts, newest first")
    for one in story.contracts:
        signed = ", ".join(f"{row.label} ({row.side}, {row.role})" for row in one.signatures)
        typer.echo(f"{one.number}  {one.state}  {one.sha256}  signed by {signed}")
        if one.why:
            typer.echo(f"   {' '.join(one.why.split())}")


def _people(story: "Story") -> None:
    if not story.members:
        return
    typer.echo("\nMembers")
    table(
        ("Person", "Share", "From", "Until", "Agreed by"),
        ((one.person.label, f"{one.share}%", one.joins_on, one.leaves_on or "the end", one.agreed_by or "nobody yet")
         for one in story.here),
    )  # fmt: skip


def _timeline(story: "Story") -> None:
    typer.echo("\nStory, newest first")
    for entry in story.timeline:
        typer.echo(f"{entry.at:%Y-%m-%d %H:%M}  {entry.label} {entry.words}")
        if entry.text:
            typer.echo(f"{'':18}{' '.join(entry.text.split())}")


def print_text(id: int, actor: Any, number: int, against: int, as_json: bool) -> None:
    """A text of the contract with its hash, or what it says otherwise than another one."""
    from awayteam.engagements import contracts
    from awayteam.engagements.api import schemas
    from awayteam.kernel.errors import NotFound

    row = load(id, actor)
    texts = {one.number: one for one in row.contracts.all()}
    if not texts:
        raise NotFound(f"Engagement {id} has no text yet.", "Propose it first.")
    for wanted in (number or max(texts), against or max(texts)):
        if wanted not in texts:
            raise NotFound(f"Engagement {id} has no text {wanted}.", "Look at its contracts.")
    one = texts[number or max(texts)]
    if against:
        found = contracts.differences(contracts.parse(texts[against].text), contracts.parse(one.text))
        if as_json:
            print_json([schemas.difference_of(each).model_dump(mode="json") for each in found])
        else:
            table(("What", "Before", "After"), ((each.label, each.before, each.after) for each in found))
        return
    if as_json:
        print_json(schemas.text_of(one.number, one.state, one.text).model_dump(mode="json"))
        return
    typer.echo(f"Text {one.number} of engagement {id}, {one.state}\nSHA-256 {one.sha256}\n")
    for label, lines in contracts.readable(contracts.parse(one.text)):
        typer.echo(f"{label}")
        for line in lines:
            typer.echo(f"  {line}")
