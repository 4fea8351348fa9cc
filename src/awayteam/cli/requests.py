"""What the commands about requests share: running a verb, and printing requests."""

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from awayteam.cli.people import actor_of
from awayteam.cli.shared import django, facts, number, print_json, table

if TYPE_CHECKING:
    from awayteam.requests.queries import RequestFilter, Story

NUMBER = Annotated[int, typer.Argument(metavar="NUMBER", min=1, help="The number of the request.")]
WORDS = Annotated[str, typer.Option("--words", help="Why, in a sentence; it stands in the story.")]
EFFORT = Annotated[str, typer.Option("--effort", metavar="LOW,LIKELY,HIGH", help="Effort in team-weeks.")]
RANK = Annotated[int, typer.Option("--rank", min=0, help="Rank on the roadmap (0: the end).")]
BAR = 20


def effort(text: str) -> tuple[Decimal, Decimal, Decimal]:
    """Three numbers with commas between; one stands for all three."""
    from awayteam.cli.failing import usage

    parts = [number(part.strip(), "--effort") for part in text.split(",")]
    if len(parts) == 1:
        parts *= 3
    if len(parts) != 3:
        usage("--effort takes LOW,LIKELY,HIGH, such as 1,2,4")
    return parts[0], parts[1], parts[2]


def team_of(actor: Any, word: str) -> Any:
    from awayteam.organisation import queries

    return queries.team(actor, word if ":" in word else f"group:{word}")


def ready() -> Any:
    """Settings and schema, and then the actions of requests, which need them to be imported."""
    django()
    from awayteam.requests import actions

    return actions


def act(action: Callable[..., Any], id: int, as_person: str, as_json: bool, /, **values: Any) -> None:
    """Run a verb as that person and print the request then. Values that are functions are looked up as the actor."""
    from django.utils import timezone

    actor = actor_of(as_person)
    given = {name: value(actor) if callable(value) else value for name, value in values.items()}
    action(id, actor=actor, now=timezone.now(), **given)
    print_one(id, actor, as_json)


def print_list(actor: Any, wanted: "RequestFilter", sort: str, cursor: str, limit: int, as_json: bool) -> None:
    from django.utils import timezone

    from awayteam.requests import queries

    page = queries.list_requests(actor, wanted, sort=sort, cursor=cursor or None, limit=limit, now=timezone.now())
    if as_json:
        from awayteam.requests.api import schemas

        items = [schemas.request_of(row).model_dump(mode="json") for row in page.items]
        print_json({"items": items, "next_cursor": page.next_cursor, "total": page.total})
        return
    rows = (
        (row.id, row.words, row.value, row.title, row.home.label, row.asking.label, row.turn.label if row.turn else "",
         row.face.text if row.face else "")
        for row in page.items
    )  # fmt: skip
    table(("Number", "State", "Value a week", "Title", "Home team", "Asks", "Turn", "Clock"), rows)
    if page.next_cursor:
        typer.echo(f"There are more: --cursor {page.next_cursor}", err=True)


def print_one(id: int, actor: Any, as_json: bool) -> None:
    """The story of a request, as JSON or for reading."""
    from django.utils import timezone

    from awayteam.requests import queries

    now = timezone.now()
    story = queries.story(actor, queries.load(actor, id, now), now)
    if as_json:
        from awayteam.requests.api import schemas

        print_json(schemas.detail_of(story).model_dump(mode="json"))
        return
    _heading(story)
    _askers(story)
    _timeline(story)


def _heading(story: "Story") -> None:
    row, turn = story.row, story.turn
    typer.echo(f"{row.label}\n")
    facts(
        [
            ("State", row.words),
            ("Home team", row.home.label),
            ("Asks", f"{row.asking.label} ({row.asker.label})"),
            ("About", row.entity.ref if row.entity else None),
            ("Value", f"{row.value} a week; waiting has cost {story.cost.so_far_words}"),
            ("Wanted by", row.wanted_by),
            ("Promised", row.expected_until),
            ("Merged into", f"#{row.merged_into}" if row.merged_into else None),
        ]
    )
    if turn is not None:
        who = turn.person.label if turn.person else turn.team.label if turn.team else "nobody"
        typer.echo(f"\nWhat happens next: {who} must {turn.todo}.")
        if turn.face is not None:
            gone = round(turn.face.fraction * BAR)
            typer.echo(f"[{'#' * gone}{'.' * (BAR - gone)}] {turn.face.text}")
        typer.echo(f"When the clock runs out: {turn.then}")
    if story.can_do:
        typer.echo(f"You may: {', '.join(option.verb for option in story.can_do)}.")


def _askers(story: "Story") -> None:
    typer.echo("\nWho asks")
    table(
        ("Team", "Person", "Value a week", "Grounds"),
        ((a.team.label, a.person.label, a.value, a.grounds) for a in story.askers),
    )


def _timeline(story: "Story") -> None:
    typer.echo("\nStory, newest first")
    for entry in story.timeline:
        typer.echo(f"{entry.at:%Y-%m-%d %H:%M}  {entry.label} {entry.words}")
        if entry.text:
            typer.echo(f"{'':18}{' '.join(entry.text.split())}")


def print_brief(id: int, actor: Any, as_json: bool) -> None:
    """The brief of the latest escalation. Raises `NotFound` where there was none."""
    from django.utils import timezone

    from awayteam.kernel.errors import NotFound
    from awayteam.requests import queries

    now = timezone.now()
    story = queries.story(actor, queries.load(actor, id, now), now, comments=False)
    if not story.escalations:
        raise NotFound(f"#{id} was never escalated.", "A brief is made when somebody escalates.")
    latest = max(story.escalations, key=lambda row: row.id)
    if as_json:
        print_json(latest.brief)
        return
    brief = latest.brief
    typer.echo(f"{story.row.label}\n{latest.why}\n")
    weeks = brief["effort"]
    typer.echo(f"Effort {weeks['low']} to {weeks['high']} team-weeks, likely {weeks['likely']} ({weeks['grounds']}).\n")
    ranks = brief["ranks"]
    rows = (
        (one["rank"], one["p50"], one["p85"], one["slipped"], one["cost"], one["waiting_cost"],
         "cheapest" if one["rank"] == ranks["cheapest"] else "")
        for one in ranks["options"]
    )  # fmt: skip
    table(("Rank", "Done (50%)", "Done (85%)", "Items that slip", "Their cost", "Cost of waiting", ""), rows)
    for rank, slips in ranks["slips"].items():
        typer.echo(f"\nAt rank {rank}")
        table(
            ("Item", "Team", "Days later", "Cost", "For"),
            ((s["title"], s["team"], s["days"], s["cost"], ", ".join(s["for"])) for s in slips),
        )
