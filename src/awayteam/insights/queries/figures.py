"""All figures of one question: about fifteen statements, whatever the number of requests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from awayteam.insights import rules
from awayteam.insights.cases import AGES, MEASURES
from awayteam.insights.queries.counting import Counted, Counts, count, flows
from awayteam.insights.rules import Change, Figure, Queue, Share, Spread
from awayteam.insights.scope import Place, Scope
from awayteam.insights.windows import Period
from awayteam.kernel.clocks import calendar_of
from awayteam.requests.machine import Verb
from awayteam.requests.models import Kind
from awayteam.requests.rules import REASON_WORDS, DeclineReason
from awayteam.requests.words import KIND_WORDS

PROMISED_ODDS = 0.85
"""With these odds a promised day is met where plan and team are as good as they say."""
ANSWER_DAYS = (0.5, 1, 2, 3, 5, 10)
LEAD_DAYS = (7, 14, 30, 60, 91, 182)


@dataclass(frozen=True, slots=True)
class Point:
    """A figure of one period; `part` is what a list of its cases is asked for by. None where there is no case."""

    label: str
    part: str
    n: int
    value: float | None
    running: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One of several things that were counted, now and in the window before; `key` is the group of its cases."""

    key: str
    words: str
    now: int
    before: int


@dataclass(frozen=True, slots=True)
class Timed:
    """Times of one sort: spread now and before, its median for each period, and how many lie in each span.

    The unit is the measure's (`cases.MEASURES`).
    """

    now: Spread
    before: Spread
    points: Sequence[Point]
    spans: Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Part:
    """One unit, team or kind of those that the scope is made of; `place` is None for a kind."""

    key: str
    label: str
    place: Place | None
    asked: int
    decided: Spread
    expiry: Share
    done: Spread
    away: Share
    open: int
    oldest_days: int
    value_per_week: Decimal


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that a page, a command and the REST interface tell. Numbers are counted from `cases.MEASURES`.

    `decided` in working minutes (`per_day` of them are a usual day), `done` and `age` in hours and days.
    `value_per_week` is what delay of the open requests costs each week; `value_points` the same at each period's end.
    """

    scope: Scope
    per_day: int
    asked: Line
    decided: Timed
    mix: Sequence[Line]
    reasons: Sequence[Line]
    expiry: Share
    expiry_before: Share
    expiry_points: Sequence[Point]
    moved: Line
    promises: Share
    promises_before: Share
    promise_ends: Sequence[Line]
    done: Timed
    away: Share
    away_before: Share
    age: Spread
    ages: Sequence[Line]
    open: int
    value_per_week: Decimal
    value_points: Sequence[Point]
    escalated: Line
    outcomes: Sequence[Line]
    managed: Line
    managed_points: Sequence[Point]
    parts: Sequence[Part]
    kinds: Sequence[Part]
    change: Change | None = None
    worst: Part | None = None
    definitions: dict[str, str] = field(default_factory=dict)


class _Counting:
    """All counts of a scope, made once and cut in several ways."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.few = scope.few_below
        self.decided = count(scope, "decided")
        self.ended = count(scope, "ended", values=False)
        self.declined = count(scope, "declined", values=False)
        self.moved = count(scope, "moved", values=False)
        self.promised = count(scope, "promised", values=False)
        self.done = count(scope, "done")
        self.asked = count(scope, "asked", values=False)
        self.open = count(scope, "open", before=False)
        self.escalated = count(scope, "escalated", values=False)
        self.managed = count(scope, "managed")

    def spread(self, counts: Counts) -> Spread:
        return rules.spread(counts.values, self.few)

    def share(self, counts: Counts, group: str) -> Share:
        return Share(counts.where(lambda row: row.group == group).number, counts.number, self.few)


def figures(scope: Scope) -> Figures:
    """Count everything that the scope is about."""
    made, window = _Counting(scope), scope.window
    per_day = calendar_of().minutes_per_day
    parts = _parts(made, scope.parts)
    values = rules.value_at_edges(float(made.open.points), flows(scope))
    found = Figures(
        scope=scope,
        per_day=per_day,
        asked=_line(made.asked, "asked"),
        decided=_timed(made, made.decided, _spans(ANSWER_DAYS, per_day, "working day")),
        mix=_lines(made.decided, MEASURES["decided"].groups),
        reasons=_lines(made.declined, {reason.value: REASON_WORDS[reason] for reason in DeclineReason}, empty=False),
        expiry=made.share(made.ended.now, "ran-out"),
        expiry_before=made.share(made.ended.before, "ran-out"),
        expiry_points=_expiry_points(made),
        moved=_line(made.moved, "moved"),
        promises=made.share(made.promised.now, "kept"),
        promises_before=made.share(made.promised.before, "kept"),
        promise_ends=_lines(made.promised, MEASURES["promised"].groups),
        done=_timed(made, made.done, _spans(LEAD_DAYS, 24, "day")),
        away=made.share(made.done.now, "away"),
        away_before=made.share(made.done.before, "away"),
        age=made.spread(made.open),
        ages=_ages(made),
        open=made.open.number,
        value_per_week=made.open.points,
        value_points=_points(window.periods, {index: (1, value) for index, value in enumerate(values)}),
        escalated=_line(made.escalated, "escalated"),
        outcomes=_lines(made.escalated, MEASURES["escalated"].groups, empty=False),
        managed=_line_of_minutes(made.managed),
        managed_points=_hours(made),
        parts=parts,
        kinds=_kinds(made),
        definitions={measure.title: measure.says for measure in MEASURES.values()},
    )  # fmt: skip
    return _judged(found, made)


def _judged(found: Figures, made: _Counting) -> Figures:
    """With what is notable: the figure that changed most, and the part whose queue costs most."""
    change = rules.largest_change(_candidates(found, made), made.few)
    queues = [Queue(one.key, one.open, float(one.value_per_week), one.oldest_days) for one in found.parts]
    worst = rules.worst_queue(queues) if len(found.parts) > 1 else None
    named = [one for one in found.parts if worst and one.key == worst.key]
    return replace(found, change=change, worst=named[0] if named else None)


def _candidates(found: Figures, made: _Counting) -> list[Figure]:
    now, before = found.decided.now, found.decided.before
    lead, lead_before = found.done.now, found.done.before
    kept, kept_before = found.promises, found.promises_before
    spent, spent_before = made.managed.now, made.managed.before
    return [
        Figure("decided", now.median, before.median, now.n, before.n),
        Figure("done", lead.median, lead_before.median, lead.n, lead_before.n),
        Figure("expired", found.expiry.share, found.expiry_before.share, found.expiry.n, found.expiry_before.n),
        Figure("promised", kept.share, kept_before.share, kept.n, kept_before.n, "down"),
        Figure("managed", spent.total, spent_before.total, spent.number, spent_before.number),
        Figure("asked", found.asked.now, found.asked.before, found.asked.now, found.asked.before, "either"),
    ]  # fmt: skip


def _line(counts: Counts, key: str) -> Line:
    return Line("", MEASURES[key].title, counts.now.number, counts.before.number)


def _line_of_minutes(counts: Counts) -> Line:
    return Line("", MEASURES["managed"].title, counts.now.total, counts.before.total)


def _lines(counts: Counts, groups: Mapping[str, str], *, empty: bool = True) -> list[Line]:
    """A line for each group in the order of `groups`; without `empty` only those that occur, most first."""
    found = counts.by(lambda row: row.group)
    nothing = Counts([])
    lines = [
        Line(key, words, found.get(key, nothing).now.number, found.get(key, nothing).before.number)
        for key, words in groups.items()
    ]
    return lines if empty else sorted((one for one in lines if one.now or one.before), key=lambda one: -one.now)


def _ages(made: _Counting) -> list[Line]:
    words = MEASURES["open"].groups
    found = made.open.by(lambda row: row.group)
    return [Line(key, words[key], found[key].number if key in found else 0, 0) for key in (*AGES, "older")]


def _timed(made: _Counting, counts: Counts, spans: Sequence[tuple[str, float]]) -> Timed:
    now = counts.now
    by = {period: made.spread(some) for period, some in now.by(lambda row: row.period).items()}
    values = {period: (one.n, one.median) for period, one in by.items()}
    numbers = rules.buckets(now.values, [edge for _, edge in spans])
    words = [*(label for label, _ in spans), f"more than {spans[-1][0].removeprefix('up to ')}"]
    return Timed(
        made.spread(now), made.spread(counts.before), _points(made.scope.window.periods, values),
        list(zip(words, numbers, strict=True)),
    )  # fmt: skip


def _spans(days: Sequence[float], per_day: int, unit: str) -> list[tuple[str, float]]:
    return [(f"up to {day:g} {unit}{'s' if day > 1 else ''}", day * per_day) for day in days]


def _points(periods: Sequence[Period], values: Mapping[int, tuple[int, float | None]]) -> list[Point]:
    found = []
    for index, period in enumerate(periods):
        n, value = values.get(index, (0, None))
        found.append(Point(period.label, str(index), n, value, period.running))
    return found


def _expiry_points(made: _Counting) -> list[Point]:
    """How many ran out in each period: a number, as the share of the few of a week would jump about."""
    by = {period: made.share(some, "ran-out") for period, some in made.ended.now.by(lambda row: row.period).items()}
    return _points(made.scope.window.periods, {period: (one.n, float(one.part)) for period, one in by.items()})


def _hours(made: _Counting) -> list[Point]:
    by, periods = made.managed.now.by(lambda row: row.period), made.scope.window.periods
    spent = {index: (some.number, some.total / 60) for index, some in by.items()}
    return _points(periods, {index: spent.get(index, (0, 0.0)) for index in range(len(periods))})


def _parts(made: _Counting, places: Sequence[Place]) -> list[Part]:
    """One for each place of the scope where anything was counted; the one whose delay costs most comes first."""
    of = {team: place for place in places for team in place.below}
    cut = {name: counts.by(lambda row: of.get(row.home)) for name, counts in _cuts(made).items()}
    rows = []
    for place in places:
        key = f"{place.ref} itself" if place.alone else place.ref
        rows.append(_part(made, key, place.label, place, {name: some.get(place) for name, some in cut.items()}))
    return _sorted(rows)


def _kinds(made: _Counting) -> list[Part]:
    cut = {name: counts.by(lambda row: row.kind) for name, counts in _cuts(made).items()}
    rows = [
        _part(made, kind, KIND_WORDS[kind], None, {name: some.get(kind) for name, some in cut.items()})
        for kind in Kind.values
    ]
    return _sorted(rows)


def _sorted(rows: Sequence[Part]) -> list[Part]:
    counted = [row for row in rows if row.asked or row.decided.n or row.expiry.n or row.open or row.done.n]
    return sorted(counted, key=lambda row: (-row.value_per_week, -row.open, row.label))


def _cuts(made: _Counting) -> dict[str, Counts]:
    return {
        "asked": made.asked.now, "decided": made.decided.now, "ended": made.ended.now, "done": made.done.now,
        "open": made.open,
    }  # fmt: skip


def _part(made: _Counting, key: str, label: str, place: Place | None, cut: dict[str, Counts | None]) -> Part:
    nothing = Counts([])
    of = {name: counts or nothing for name, counts in cut.items()}
    return Part(
        key=key,
        label=label,
        place=place,
        asked=of["asked"].number,
        decided=made.spread(of["decided"]),
        expiry=made.share(of["ended"], "ran-out"),
        done=made.spread(of["done"]),
        away=made.share(of["done"], "away"),
        open=of["open"].number,
        oldest_days=max((row.value or 0 for row in of["open"].rows), default=0),
        value_per_week=of["open"].points,
    )


__all__ = ["PROMISED_ODDS", "Counted", "Figures", "Line", "Part", "Point", "Timed", "Verb", "figures"]
