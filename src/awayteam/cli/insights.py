"""`awayteam insights`: how requests between teams go, in figures."""

import csv
import sys
from typing import Annotated, Any

import typer

from awayteam.cli.failing import usage
from awayteam.cli.people import PERSON, actor_of
from awayteam.cli.shared import JSON, django, print_json, table


def register(root: typer.Typer) -> None:
    root.command()(insights)


def insights(
    team: Annotated[str, typer.Option("--team", metavar="TEAM", help="A team, or a unit with all below it.")] = "",
    since: Annotated[str, typer.Option("--since", metavar="DATE|SPAN", help="2026-01-31, or back: 4w, 6mo, 2y.")] = "",
    until: Annotated[str, typer.Option("--until", metavar="DATE", help="The last day (default: today).")] = "",
    every: Annotated[str, typer.Option("--every", help="Periods: week, month, quarter.")] = "",
    kind: Annotated[str, typer.Option("--kind", help="feature, bug, performance, access.")] = "",
    cases: Annotated[
        str, typer.Option("--cases", metavar="FIGURE", help="List what is counted: decided, expired, open, ...")
    ] = "",
    visits: Annotated[bool, typer.Option("--visits", help="How visits of away teams go instead.")] = False,
    person: PERSON = "",
    as_json: JSON = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
) -> None:
    """How requests go: time to decision, what is decided, promises, what waits, and what management spends on it.

    With --visits: who visits whom, how long reviews take, how visits end, and the time that each path takes.
    Without --since the last three months, compared with those before.
    """
    if as_json and as_csv:
        usage("choose --json or --csv")
    django()
    from django.utils import timezone

    from awayteam.insights import queries
    from awayteam.insights.scope import Asked, scope

    asked = scope(actor_of(person), Asked(team=team, since=since, until=until, every=every, kind=kind), timezone.now())
    if visits:
        _visits(asked, cases, as_json, as_csv)
        return
    if cases:
        _print_cases(asked, cases, as_json, as_csv)
        return
    found = queries.figures(asked)
    if as_json:
        from awayteam.insights.api import out

        print_json(out(found).model_dump(mode="json"))
    elif as_csv:
        from awayteam.insights import flat

        _print_csv(flat.HEADER, flat.rows(found))
    else:
        _print(found)


def _print_csv(header: Any, rows: Any) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)


def _print(found: Any) -> None:
    from awayteam.insights import flat, words
    from awayteam.kernel import rulebook

    window = found.scope.window
    typer.echo(f"{found.scope.team or 'The organisation'}, {window.words} ({window.zone})")
    for sentence in words.headline(found, rulebook.current().requests.value_unit):
        typer.echo(sentence)
    if found.scope.leaves_out:
        typer.echo("Requests about restricted things that you may not see are not counted.")
    _print_rows(flat.rows(found), found.per_day)


def _print_rows(lines: Any, per_day: int) -> None:
    typer.echo("")
    rows = [
        (row.figure, row.of, _number(row.now, row.unit, per_day), _count(row.cases),
         _number(row.before, row.unit, per_day), _count(row.cases_before))
        for row in lines
    ]  # fmt: skip
    table(("Figure", "Of", "Now", "Cases", "Before", "Cases before"), rows)


def _visits(asked: Any, measure: str, as_json: bool, as_csv: bool) -> None:
    from awayteam.insights.flat import HEADER
    from awayteam.insights.visits import api, flat
    from awayteam.insights.visits.figures import figures

    if measure:
        _print_visit_cases(asked, measure, as_json, as_csv)
        return
    found = figures(asked)
    if as_json:
        print_json(api.out(found).model_dump(mode="json"))
    elif as_csv:
        _print_csv(HEADER, flat.rows(found))
    else:
        window = found.scope.window
        typer.echo(f"Visits at {found.scope.team or 'all teams'}, {window.words} ({window.zone})")
        _print_rows(flat.rows(found), found.per_day)


def _print_visit_cases(asked: Any, measure: str, as_json: bool, as_csv: bool) -> None:
    from awayteam.insights.visits.listing import WhichVisits, visit_cases, visit_measure

    which = WhichVisits(measure)
    unit = visit_measure(which).unit
    rows = [
        (case.key[0], case.key[1], case.title, asked.places[case.away].ref if case.away else "",
         asked.places[case.home].ref, case.at.isoformat(), case.group, case.value, unit)
        for case in visit_cases(asked, which)
    ]  # fmt: skip
    _print_listed(
        ("kind", "number", "title", "away team", "home team", "time", "outcome", "value", "unit"), rows, as_json, as_csv
    )


def _count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def _number(value: float | None, unit: str, per_day: int) -> str:
    """A number in its unit, as people read it."""
    from awayteam.insights import words

    if value is None:
        return ""
    if unit == "working minutes":
        return words.minutes(value, per_day)
    if unit == "hours":
        return words.hours(value)
    if unit == "share":
        return f"{value * 100:.0f} %"
    if unit == "minutes":
        return f"{value / 60:.1f} h"
    return f"{value:,g} {unit}" if unit in ("days", "points a week") else f"{value:,g}"


def _print_cases(asked: Any, measure: str, as_json: bool, as_csv: bool) -> None:
    from awayteam.insights import queries
    from awayteam.insights.queries import Which

    which, cursor, rows = Which(measure), None, []
    unit = queries.measure_of(which).unit
    while True:
        page = queries.cases(asked, which, cursor=cursor, limit=1_000)
        rows += [
            (row.request, row.title, row.kind, row.home.ref, row.at.isoformat(), row.group, row.value, unit, row.points)
            for row in page.items
        ]
        cursor = page.next_cursor
        if cursor is None:
            break
    header = ("request", "title", "kind", "home team", "time", "outcome", "value", "unit", "cost of delay a week")
    _print_listed(header, rows, as_json, as_csv)


def _print_listed(header: tuple[str, ...], rows: list[Any], as_json: bool, as_csv: bool) -> None:
    if as_json:
        print_json([dict(zip((name.replace(" ", "_") for name in header), row, strict=True)) for row in rows])
    elif as_csv:
        _print_csv(header, rows)
    else:
        table(header, rows)
