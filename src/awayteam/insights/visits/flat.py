"""Figures of engagements as lines of one table, for CSV and the terminal."""

from collections.abc import Iterator

from awayteam.insights.flat import Row, line_row, line_rows, share_row, spread_rows
from awayteam.insights.visits.figures import VisitFigures


def rows(found: VisitFigures) -> Iterator[Row]:
    """Every figure of the page, in its order."""
    yield line_row("visits begun", found.begun)
    yield from spread_rows("answers to rounds", "working minutes", found.answered, found.answered_before)
    yield share_row("answered in time", found.in_time, found.in_time_before)
    yield share_row("ended in an accepted handover", found.accepted, found.accepted_before)
    yield from line_rows("ends", found.ends)
    yield share_row("accepted by the first last day", found.timed, found.timed_before)
    yield from line_rows("times", found.times)
    yield from line_rows("changes of contracts", found.changes)
    yield from line_rows("defects under warranty", found.defects)
    yield share_row("visits with a defect", found.with_defects, None)
    for path in found.paths:
        yield from spread_rows("from request to production", "hours", path.now, path.before, path.words)
    for flow in found.flows:
        yield Row("flow", f"{flow.away.ref} to {flow.home.ref}", "cases", flow.visits, None, None, None)
    for home in found.homes:
        yield Row("visits begun", home.place.ref, "cases", home.begun, None, None, None)
        yield from spread_rows("answers to rounds", "working minutes", home.answered, None, home.place.ref)
        yield share_row("answered in time", home.in_time, None, home.place.ref)
        yield share_row("ended in an accepted handover", home.accepted, None, home.place.ref)
        yield Row("defects under warranty", home.place.ref, "cases", home.defects, None, None, None)
