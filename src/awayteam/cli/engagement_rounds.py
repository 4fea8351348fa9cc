"""`awayteam engagement round|hours|report`: reviews of an away team's work, the home team's hours, and the report."""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from awayteam.cli.engagement import app as engagement
from awayteam.cli.failing import usage
from awayteam.cli.people import PERSON, actor_of
from awayteam.cli.rounds import figure_of, point_of, print_hours, print_report, print_round, standard_of, visit_of
from awayteam.cli.shared import CURSOR, JSON, LIMIT, day, django, number, print_json, table

app = typer.Typer(help="Review rounds: show, answer, dispute.", no_args_is_help=True)
hours_app = typer.Typer(help="Hours that the home team pledged and gave.", no_args_is_help=True)
report_app = typer.Typer(help="The report for both managers.", no_args_is_help=True)
VISIT = Annotated[int, typer.Argument(metavar="ENGAGEMENT", min=1, help="The number of the engagement.")]
ROUND = Annotated[int, typer.Argument(metavar="ROUND", min=1, help="The number of the round within it.")]
WORDS = Annotated[str, typer.Option("--words", help="A sentence; it stands in the story.")]
MINUTES = Annotated[int, typer.Option("--minutes", min=0, max=1440, help="Your time, booked on the pledge.")]
URL = Annotated[str, typer.Option("--url", help="Where it stands; kept as text.")]
COMMIT = Annotated[str, typer.Option("--commit", help="The commit that is meant.")]
WHERE = Annotated[str, typer.Option("--at", metavar="PATH[:LINE]", help="The place in what is shown.")]


def register(root: typer.Typer) -> None:  # noqa: ARG001 - these commands belong to `engagement`
    engagement.add_typer(app, name="round")
    engagement.add_typer(hours_app, name="hours")
    engagement.add_typer(report_app, name="report")


def _actions() -> Any:
    """Settings and schema, and then the actions, which need them to be imported."""
    django()
    from awayteam.rounds import actions

    return actions


def _load(actor: Any, visit: int, round: int) -> Any:
    from django.utils import timezone

    from awayteam.rounds.queries.story import by_number

    return by_number(actor, visit, round, timezone.now())


def _act(action: Callable[..., Any], visit: int, round: int, person: str, as_json: bool, **values: Any) -> None:
    """Run a verb as that person, and print the round then."""
    from django.utils import timezone

    actor = actor_of(person, needed=True)
    row = _load(actor, visit, round)
    given = {name: value(row) if callable(value) else value for name, value in values.items()}
    action(row, actor=actor, now=timezone.now(), **given)
    print_round(actor, row.pk, as_json)


@app.command("open")
def open_(
    visit: VISIT,
    title: Annotated[str, typer.Argument(metavar="TITLE", help="What is shown, in a line.")],
    kind: Annotated[str, typer.Option("--kind", help="change (the default) or design.")] = "change",
    words: WORDS = "",
    url: URL = "",
    commit: COMMIT = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Show a change or a design for review."""
    actions = _actions()
    from django.utils import timezone

    actor = actor_of(person, needed=True)
    made = actions.open_round(
        visit_of(actor, visit), actor=actor, now=timezone.now(), kind=kind, title=title, words=words, url=url,
        commit=commit,
    )  # fmt: skip
    print_round(actor, made.pk, as_json)


@app.command()
def approve(
    visit: VISIT, round: ROUND, words: WORDS = "", minutes: MINUTES = 0, person: PERSON = "", as_json: JSON = False
) -> None:
    """Let it pass."""
    _act(_actions().approve, visit, round, person, as_json, words=words, minutes=minutes)


@app.command("request-changes")
def request_changes(
    visit: VISIT,
    round: ROUND,
    words: WORDS,
    standard: Annotated[str, typer.Option("--standard", help="The frozen document: its number, path or title.")] = "",
    section: Annotated[str, typer.Option("--section", help="A heading of it.")] = "",
    line: Annotated[int, typer.Option("--line", min=0, help="A line of it.")] = 0,
    check: Annotated[str, typer.Option("--check", help="A check that is red now and wasn't before.")] = "",
    baseline: Annotated[str, typer.Option("--baseline", help="A figure of the baseline, by number or name.")] = "",
    figure: Annotated[str, typer.Option("--figure", help="The worse figure of now.")] = "",
    at: WHERE = "",
    minutes: MINUTES = 0,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Ask for a change that a frozen standard, or the baseline, owes."""
    actions = _actions()

    def points(row: Any) -> list[Any]:
        cites = {
            "standard": standard_of(row, standard), "section": section, "standard_line": line or None, "check": check,
            "baseline": figure_of(row, baseline), "figure": number(figure, "--figure") if figure else None,
        }  # fmt: skip
        return [point_of("change", words, at, **cites)]

    _act(actions.request_changes, visit, round, person, as_json, points=points, minutes=minutes)


@app.command()
def advise(
    visit: VISIT, round: ROUND, words: WORDS, at: WHERE = "", person: PERSON = "", as_json: JSON = False
) -> None:
    """Give advice, which doesn't block."""
    _act(_actions().advise, visit, round, person, as_json, points=lambda _row: [point_of("advice", words, at)])


@app.command()
def demand(
    visit: VISIT,
    round: ROUND,
    words: WORDS,
    at: WHERE = "",
    minutes: MINUTES = 0,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Demand what the frozen standards don't say; a bar raiser rules."""
    points = lambda _row: [point_of("demand", words, at)]  # noqa: E731 - made once the round is known
    _act(_actions().demand, visit, round, person, as_json, points=points, minutes=minutes)


@app.command()
def rule(
    visit: VISIT,
    round: ROUND,
    outcome: Annotated[str, typer.Argument(metavar="grant|refuse")],
    words: WORDS,
    days: Annotated[int, typer.Option("--days", min=0, help="With grant: working days that it takes.")] = 0,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Rule on a demand, as the bar raiser."""
    actions = _actions()
    if outcome == "grant":
        if not days:
            usage("grant needs --days: the time-box grows by them")
        _act(actions.grant, visit, round, person, as_json, words=words, days=days)
    elif outcome == "refuse":
        _act(actions.refuse, visit, round, person, as_json, words=words)
    else:
        usage(f"{outcome!r} is no ruling; choose grant or refuse")


@app.command()
def resubmit(
    visit: VISIT,
    round: ROUND,
    words: WORDS,
    url: URL = "",
    commit: COMMIT = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Show it again with the points answered."""
    _act(_actions().resubmit, visit, round, person, as_json, words=words, url=url, commit=commit)


@app.command()
def withdraw(visit: VISIT, round: ROUND, words: WORDS, person: PERSON = "", as_json: JSON = False) -> None:
    """Take it back."""
    _act(_actions().withdraw, visit, round, person, as_json, words=words)


@app.command("list")
def list_(
    visit: Annotated[int, typer.Argument(metavar="[ENGAGEMENT]", min=0, help="Of one engagement (0: of all).")] = 0,
    state: Annotated[list[str] | None, typer.Option("--state", help="A state, live, closed, all.")] = None,
    limit: LIMIT = 50,
    cursor: CURSOR = "",
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Rounds, the newest first."""
    django()
    from django.utils import timezone

    from awayteam.rounds import queries
    from awayteam.rounds.api import schemas

    wanted = queries.RoundFilter(engagement=visit or None, state=tuple(state or ()))
    page = queries.list_rounds(actor_of(person), wanted, cursor=cursor or None, limit=limit, now=timezone.now())
    if as_json:
        items = [schemas.round_of(row).model_dump(mode="json") for row in page.items]
        print_json({"items": items, "next_cursor": page.next_cursor, "total": page.total})
        return
    rows = (
        (row.round.engagement_id, row.round.number, row.round.kind, row.words, row.round.title, row.whose,
         row.face.text if row.face else "")
        for row in page.items
    )  # fmt: skip
    table(("Engagement", "Round", "Kind", "State", "Title", "Turn", "Clock"), rows)
    if page.next_cursor:
        typer.echo(f"There are more: --cursor {page.next_cursor}", err=True)


@app.command()
def show(visit: VISIT, round: ROUND, person: PERSON = "", as_json: JSON = False) -> None:
    """One round: whose turn it is, its remarks with what they cite, and its story."""
    django()
    actor = actor_of(person)
    print_round(actor, _load(actor, visit, round).pk, as_json)


@hours_app.command("show")
def show_hours(visit: VISIT, person: PERSON = "", as_json: JSON = False) -> None:
    """What was pledged and given."""
    django()
    actor = actor_of(person)
    print_hours(actor, visit, as_json)


@hours_app.command("book")
def book(
    visit: VISIT,
    minutes: Annotated[int, typer.Argument(metavar="MINUTES", min=1, max=1440)],
    what: Annotated[str, typer.Argument(metavar="WHAT", help="For what.")],
    on: Annotated[str, typer.Option("--on", metavar="DATE", help="The day (today).")] = "",
    round: Annotated[int, typer.Option("--round", min=0, help="The round that it was for.")] = 0,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Book time that you gave."""
    actions = _actions()
    from django.utils import timezone

    actor = actor_of(person, needed=True)
    row = visit_of(actor, visit)
    about = _load(actor, visit, round) if round else None
    day_ = day(on, "--on") if on else None
    actions.book(row, actor=actor, now=timezone.now(), minutes=minutes, what=what, on=day_, round=about)
    print_hours(actor, visit, as_json)


@hours_app.command("cancel")
def cancel(
    booking: Annotated[int, typer.Argument(metavar="BOOKING", min=1)],
    why: Annotated[str, typer.Option("--why", help="Why it is taken back.")],
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Take back what was booked wrongly."""
    actions = _actions()
    from django.utils import timezone

    actor = actor_of(person, needed=True)
    row = actions.cancel(booking, actor=actor, now=timezone.now(), why=why)
    print_hours(actor, row.engagement_id, as_json)


@report_app.command("make")
def make(
    visit: VISIT,
    days: Annotated[int, typer.Option("--days", min=1, max=366, help="Of how many days.")] = 7,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """Write a report of the last days; it is sent to both managers."""
    actions = _actions()
    from django.utils import timezone

    actor = actor_of(person)
    print_report(actions.make_report(visit_of(actor, visit), actor=actor, now=timezone.now(), days=days), as_json)


@report_app.command("show")
def show_report(
    visit: VISIT,
    report: Annotated[int, typer.Option("--report", min=0, help="Its number (0: the newest).")] = 0,
    person: PERSON = "",
    as_json: JSON = False,
) -> None:
    """A report that was made."""
    django()
    from django.utils import timezone

    from awayteam.kernel.errors import NotFound
    from awayteam.rounds import queries

    actor = actor_of(person)
    made = queries.reports(visit_of(actor, visit))
    if not made:
        raise NotFound(f"Engagement {visit} has no report yet.", f"awayteam engagement report make {visit}")
    print_report(queries.report(actor, report or made[0].pk, timezone.now()), as_json)
