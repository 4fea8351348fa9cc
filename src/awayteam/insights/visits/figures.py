"""All figures of engagements for one question; each number is the number of its cases."""

from collections.abc import Sequence
from dataclasses import dataclass

from awayteam.insights import rules
from awayteam.insights.queries.figures import Line, Point
from awayteam.insights.rules import Share, Spread
from awayteam.insights.scope import Place, Scope
from awayteam.insights.visits.cases import VISIT_MEASURES, Case, count
from awayteam.insights.visits.paths import PATH_WORDS
from awayteam.kernel.clocks import calendar_of

MOST_FLOWS = 40


@dataclass(frozen=True, slots=True)
class Flow:
    """So many visits from `away` to `home`."""

    away: Place
    home: Place
    visits: int


@dataclass(frozen=True, slots=True)
class HomeRow:
    """One home team: visits begun, answers to rounds with their working time, ends, defects."""

    place: Place
    begun: int
    answered: Spread
    in_time: Share
    accepted: Share
    defects: int


@dataclass(frozen=True, slots=True)
class PathRow:
    """One path from request to production, in hours."""

    key: str
    words: str
    now: Spread
    before: Spread


@dataclass(frozen=True, slots=True)
class VisitFigures:
    """Everything that page, command and REST interface tell of engagements. Answers are in working minutes
    (`per_day` of them are a usual day), paths in hours."""

    scope: Scope
    per_day: int
    begun: Line
    flows: Sequence[Flow]
    more_flows: int
    unit_flows: Sequence[Flow]
    answered: Spread
    answered_before: Spread
    answered_points: Sequence[Point]
    in_time: Share
    in_time_before: Share
    accepted: Share
    accepted_before: Share
    ends: Sequence[Line]
    timed: Share
    timed_before: Share
    times: Sequence[Line]
    changes: Sequence[Line]
    defects: Sequence[Line]
    with_defects: Share
    homes: Sequence[HomeRow]
    paths: Sequence[PathRow]
    definitions: dict[str, str]


class _Counting:
    """The cases of every measure, in the window and the one before."""

    def __init__(self, scope: Scope) -> None:
        self.scope, self.few = scope, scope.few_below
        window = scope.window
        self.now = {key: one.cases(scope, window.start, scope.end) for key, one in VISIT_MEASURES.items()}
        self.before = {key: one.cases(scope, window.before, window.start) for key, one in VISIT_MEASURES.items()}

    def line(self, key: str) -> Line:
        return Line("", VISIT_MEASURES[key].title, len(self.now[key]), len(self.before[key]))

    def lines(self, key: str) -> list[Line]:
        now, before = (count(cases[key], lambda case: case.group) for cases in (self.now, self.before))
        groups = VISIT_MEASURES[key].groups
        return [
            Line(group, words, len(now.get(group, ())), len(before.get(group, ()))) for group, words in groups.items()
        ]

    def spread(self, cases: Sequence[Case]) -> Spread:
        by_value = count((case for case in cases if case.value is not None), lambda case: case.value)
        return rules.spread({value: len(some) for value, some in by_value.items()}, self.few)

    def share(self, cases: Sequence[Case], *groups: str) -> Share:
        return Share(sum(case.group in groups for case in cases), len(cases), self.few)


def figures(scope: Scope) -> VisitFigures:
    """Count everything that the scope is about."""
    made = _Counting(scope)
    now, before = made.now, made.before
    flows = _flows(scope, now["begun"])
    return VisitFigures(
        scope=scope,
        per_day=calendar_of().minutes_per_day,
        begun=made.line("begun"),
        flows=flows[:MOST_FLOWS],
        more_flows=max(0, len(flows) - MOST_FLOWS),
        unit_flows=_unit_flows(scope, flows),
        answered=made.spread(now["answered"]),
        answered_before=made.spread(before["answered"]),
        answered_points=_points(made, now["answered"]),
        in_time=made.share(now["answered"], "in-time"),
        in_time_before=made.share(before["answered"], "in-time"),
        accepted=made.share(now["ended"], "accepted", "silent"),
        accepted_before=made.share(before["ended"], "accepted", "silent"),
        ends=made.lines("ended"),
        timed=made.share(now["timed"], "in-time"),
        timed_before=made.share(before["timed"], "in-time"),
        times=made.lines("timed"),
        changes=made.lines("changed"),
        defects=made.lines("defects"),
        with_defects=_with_defects(made),
        homes=_homes(made),
        paths=_paths(made),
        definitions={one.title: one.says for one in VISIT_MEASURES.values()},
    )


def _flows(scope: Scope, cases: Sequence[Case]) -> list[Flow]:
    """From team to team, the most frequent first."""
    by = count((case for case in cases if case.away is not None), lambda case: (case.away, case.home))
    found = [Flow(scope.places[away], scope.places[home], len(some)) for (away, home), some in by.items()]
    return sorted(found, key=lambda flow: (-flow.visits, flow.away.label, flow.home.label))


def _unit_flows(scope: Scope, flows: Sequence[Flow]) -> list[Flow]:
    """From unit to unit: the units right above the teams today; a team without one stands for itself."""
    found: dict[tuple[int, int], int] = {}
    for flow in flows:
        pair = (scope.above(flow.away.id), scope.above(flow.home.id))
        found[pair] = found.get(pair, 0) + flow.visits
    made = [Flow(scope.places[away], scope.places[home], visits) for (away, home), visits in found.items()]
    return sorted(made, key=lambda flow: (-flow.visits, flow.away.label, flow.home.label))


def _points(made: _Counting, cases: Sequence[Case]) -> list[Point]:
    """The median of each period."""
    found = []
    for index, period in enumerate(made.scope.window.periods):
        one = made.spread([case for case in cases if period.start <= case.at < period.end])
        found.append(Point(period.label, str(index), one.n, one.median, period.running))
    return found


def _with_defects(made: _Counting) -> Share:
    """Of the visits accepted in the window, those that had a defect under warranty so far."""
    accepted = {case.key for case in made.now["ended"] if case.group in ("accepted", "silent")}
    broken = {case.key for case in made.now["defects"]}
    return Share(len(accepted & broken), len(accepted), made.few)


def _homes(made: _Counting) -> list[HomeRow]:
    by = {key: count(cases, lambda case: case.home) for key, cases in made.now.items()}
    homes = {home for key in ("begun", "answered", "ended", "defects") for home in by[key]}
    rows = []
    for home in homes:
        of = {key: some.get(home, []) for key, some in by.items()}
        rows.append(
            HomeRow(
                made.scope.places[home], len(of["begun"]), made.spread(of["answered"]),
                made.share(of["answered"], "in-time"), made.share(of["ended"], "accepted", "silent"),
                len(of["defects"]),
            )
        )  # fmt: skip
    return sorted(rows, key=lambda row: (-row.begun, -row.answered.n, row.place.label))


def _paths(made: _Counting) -> list[PathRow]:
    now, before = (count(cases["paths"], lambda case: case.group) for cases in (made.now, made.before))
    return [
        PathRow(key, words, made.spread(now.get(key, [])), made.spread(before.get(key, [])))
        for key, words in PATH_WORDS.items()
    ]
