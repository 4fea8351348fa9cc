"""All figures as lines of one table, for CSV and the terminal: what, of what, now and before, with their cases."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from awayteam.insights.queries import Figures, Line, Part
from awayteam.insights.rules import Share, Spread

HEADER = ("figure", "of", "unit", "now", "cases", "before", "cases before")


class Row(NamedTuple):
    """`cases` are those from which the figure comes; None where the figure is a number of cases itself."""

    figure: str
    of: str
    unit: str
    now: float | None
    cases: int | None
    before: float | None
    cases_before: int | None


def rows(found: Figures) -> Iterator[Row]:
    """Every figure of the page, in its order."""
    yield line_row("asked", found.asked)
    yield from spread_rows("time to decision", "working minutes", found.decided.now, found.decided.before)
    yield from line_rows("first decisions", found.mix)
    yield from line_rows("refusals by reason", found.reasons)
    yield share_row("clock ran out", found.expiry, found.expiry_before)
    yield line_row("moves", found.moved)
    yield share_row("promises kept", found.promises, found.promises_before)
    yield from line_rows("promises", found.promise_ends)
    yield from spread_rows("time until done", "hours", found.done.now, found.done.before)
    yield share_row("done by away teams", found.away, found.away_before)
    yield Row("open requests", "", "requests", found.open, None, None, None)
    yield from spread_rows("age of open requests", "days", found.age, None)
    yield Row("cost of delay", "open requests", "points a week", float(found.value_per_week), found.open, None, None)
    yield line_row("escalations", found.escalated)
    yield from line_rows("escalations by outcome", found.outcomes)
    yield Row("management time", "", "minutes", found.managed.now, None, found.managed.before, None)
    for part in (*found.parts, *found.kinds):
        yield from _part(part)


def line_row(figure: str, line: Line) -> Row:
    return Row(figure, "", "cases", line.now, None, line.before, None)


def line_rows(figure: str, lines: Sequence[Line]) -> Iterator[Row]:
    for one in lines:
        yield Row(figure, one.words, "cases", one.now, None, one.before, None)


def share_row(figure: str, now: Share, before: Share | None, of: str = "") -> Row:
    then = (before.share, before.n) if before else (None, None)
    return Row(figure, of, "share", now.share, now.n, *then)


def spread_rows(figure: str, unit: str, now: Spread, before: Spread | None, of: str = "") -> Iterator[Row]:
    prefix = f"{of}, " if of else ""
    n = before.n if before else None
    yield Row(figure, f"{prefix}median", unit, now.median, now.n, before.median if before else None, n)
    yield Row(figure, f"{prefix}85% within", unit, now.p85, now.n, before.p85 if before else None, n)


def _part(part: Part) -> Iterator[Row]:
    of = part.place.ref if part.place else part.label
    yield Row("asked", of, "cases", part.asked, None, None, None)
    yield from spread_rows("time to decision", "working minutes", part.decided, None, of)
    yield share_row("clock ran out", part.expiry, None, of)
    yield from spread_rows("time until done", "hours", part.done, None, of)
    yield share_row("done by away teams", part.away, None, of)
    yield Row("open requests", of, "requests", part.open, None, None, None)
    yield Row("cost of delay", of, "points a week", float(part.value_per_week), part.open, None, None)
