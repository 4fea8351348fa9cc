"""The cases behind a figure of engagements, exactly those that it counted, the newest first."""

from dataclasses import dataclass
from datetime import datetime

from awayteam.insights.queries.counting import between
from awayteam.insights.queries.listing import LARGEST_PAGE
from awayteam.insights.scope import Scope
from awayteam.insights.visits.cases import VISIT_MEASURES, Case, VisitMeasure
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.paging import Page, decode_cursor, page_of
from awayteam.organisation.queries import team as team_of


@dataclass(frozen=True, slots=True)
class WhichVisits:
    """Which cases: of `measure`, of `group` ("" all; "a+b" either), in `part` of the window, from below `away` and to
    below `home` (references of teams or units; "" all)."""

    measure: str
    group: str = ""
    part: str = ""
    away: str = ""
    home: str = ""


def visit_measure(which: WhichVisits) -> VisitMeasure:
    """The measure; raises `InvalidInput` for one that there isn't."""
    found = VISIT_MEASURES.get(which.measure)
    if found is None:
        what = f"There is no figure {which.measure[:40]!r}."
        raise InvalidInput(what, f"Use one of {', '.join(VISIT_MEASURES)}.", {"measure": "unknown"})
    return found


def visit_cases(scope: Scope, which: WhichVisits) -> list[Case]:
    """All cases, the newest first. Raises `InvalidInput`, `NotFound` for teams."""
    measure, last = visit_measure(which), len(scope.window.periods) - 1
    part = which.part
    if part not in ("", "before") and not (part.isascii() and part.isdecimal() and len(part) < 4 and int(part) <= last):
        raise InvalidInput(
            f"There is no part {part[:20]!r} of the window.", f"Use before, or 0 to {last}.", {"part": "unknown"}
        )
    away, home = (_below(scope, ref) for ref in (which.away, which.home))
    groups = set(which.group.split("+")) if which.group else None
    found = [
        case
        for case in measure.cases(scope, *between(scope, part))
        if (groups is None or case.group in groups)
        and (away is None or case.away in away)
        and (home is None or case.home in home)
    ]
    return sorted(found, key=_order, reverse=True)


def _below(scope: Scope, ref: str) -> frozenset[int] | None:
    return scope.below(team_of(scope.actor, ref).pk) if ref else None


def _order(case: Case) -> tuple[datetime, int, str, str]:
    return case.at, case.key[1], case.title, case.group


def visit_page(scope: Scope, which: WhichVisits, *, cursor: str | None = None, limit: int = 50) -> Page[Case]:
    """A page of cases; the cursor counts how many were shown, for several cases may fall on one moment."""
    rows, limit = visit_cases(scope, which), max(1, min(limit, LARGEST_PAGE))
    start = decode_cursor(cursor, int)[0] if cursor else 0
    shown = rows[start : start + limit + 1]
    page = page_of(shown, limit, lambda _row: (start + limit,))
    return Page(page.items, page.next_cursor, len(rows))
