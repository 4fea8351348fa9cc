"""The plan of a roadmap: who is done when, at 50% and at 85%.

One lane for each team in rank order, started items first. The date at 50% is that of the expected efforts, corrected by
the team's accuracy. For the date at 85% the variances of the work that leads to an item's end add up (as independent),
the doubt about the team's ratio counts for the sum of that work (as common to all of it), and 1.036 standard deviations
of work come on top (the normal quantile; good for sums of several items by the central limit theorem).
Along the way of dependencies the later of two ends counts, as PERT does; see `effort` for the sources.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from awayteam.roadmaps.rules.capacity import FAR, Capacity
from awayteam.roadmaps.rules.circles import circles
from awayteam.roadmaps.rules.course import Course, Jobs
from awayteam.roadmaps.rules.effort import UNITS, Z85, Accuracy, Estimate


class PlanItem(NamedTuple):
    """An open item as the planner sees it. Efforts are team-weeks; `spent` is what was worked on it already.

    `needs` are ids of items that must be done first: of this plan, or of `done_elsewhere`; others count as done. An
    item without rank is never worked on.
    """

    id: int
    team: int
    rank: int | None
    low: float
    likely: float
    high: float
    value: float = 0.0
    started: bool = False
    spent: float = 0.0
    needs: tuple[int, ...] = ()

    @property
    def estimate(self) -> Estimate:
        return Estimate(self.low, self.likely, self.high)


class Why(StrEnum):
    """Why an item has no date."""

    CIRCLE = "circle"
    """It needs something that needs it."""

    NEEDS = "needs"
    """What it needs has no date."""

    NOBODY = "nobody"
    """The team has nobody who could do it in foreseeable time."""

    UNRANKED = "unranked"


class Slot(NamedTuple):
    """When an item is worked on. `day50` and `day85` count from today (`FAR`: no date, and `why` says why not).

    `work` is the expected team-weeks still to go, `waits_for` the item whose end the team had to wait for.
    """

    item: int
    team: int
    rank: int | None
    begins: date | None
    p50: date | None
    p85: date | None
    day50: int
    day85: int
    work: float
    waits_for: int | None = None
    why: Why | None = None


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that a plan follows from. `capacity` holds each team of `items`; `accuracy` may leave teams out.

    `done_elsewhere` gives the day on which items outside of this plan will be done, None for never.
    """

    items: Sequence[PlanItem]
    capacity: Mapping[int, Capacity]
    today: date
    done_elsewhere: Mapping[int, date | None] = field(default_factory=dict)
    accuracy: Mapping[int, Accuracy] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """`slots` in the order of the items; `circles` are lists of ids that need each other all around."""

    slots: Sequence[Slot]
    circles: Sequence[Sequence[int]]
    efforts: Mapping[int, tuple[int, float]] = field(default_factory=dict, compare=False, repr=False)
    """Work to go and its variance by item; another plan of the same items needn't work them out again."""

    def by_item(self) -> dict[int, Slot]:
        return {slot.item: slot for slot in self.slots}


NONE = Accuracy()


def plan(inputs: Inputs, efforts: Mapping[int, tuple[int, float]] | None = None) -> Plan:
    """The plan of all items; the same for the same inputs, in whatever order they come.

    `efforts` are those of an earlier plan in which items had other ranks or needs.
    """
    board = Board(inputs, efforts=efforts)
    course = Course(board.jobs).run()
    return board.plan(course)


class Doubts(NamedTuple):
    """For each job, of the work that leads to its end: the variances that add up, the work whose ratio is in doubt, and
    the standard deviation (team-weeks) that follows."""

    alone: list[float]
    common: list[float]
    spread: list[float]


class Board:
    """The inputs laid out for the engine: a lane for each team, a job for each ranked item."""

    def __init__(
        self, inputs: Inputs, extra: PlanItem | None = None, efforts: Mapping[int, tuple[int, float]] | None = None
    ) -> None:
        """`extra` gets the last job, in the lane of its team but in no order: whoever runs the course places it."""
        self.inputs = inputs
        items = sorted((one for one in inputs.items if one.rank is not None), key=_order)
        self.items = items if extra is None else [*items, extra]
        self.teams = sorted({one.team for one in self.items})
        self.lanes = {team: lane for lane, team in enumerate(self.teams)}
        self.number = {one.id: number for number, one in enumerate(self.items)}
        self.efforts = dict(efforts or {})
        self.variance: list[float] = []
        self.jobs = self._jobs(extra is not None)

    def _jobs(self, with_extra: bool) -> Jobs:
        inputs, count = self.inputs, len(self.items)
        capacity = [inputs.capacity[team] for team in self.teams]
        jobs = Jobs([], [], [], [0] * count, [0] * count, [[] for _ in range(count)], [[] for _ in capacity], capacity)
        unranked = {one.id for one in inputs.items if one.rank is None}
        for number, one in enumerate(self.items):
            work, variance = self.efforts.get(one.id) or self._effort(one)
            jobs.lane.append(self.lanes[one.team])
            jobs.key.append(2 * number)
            jobs.work.append(work)
            self.variance.append(variance)
            for need in one.needs:
                self._need(jobs, number, need, unranked)
        for number in range(count - with_extra):
            if not jobs.unmet[number] and jobs.ready_at[number] <= 0:
                jobs.order[jobs.lane[number]].append(number)
        return jobs

    def _effort(self, one: PlanItem) -> tuple[int, float]:
        """Work to go in whole units, and the variance of it in team-weeks squared."""
        mean, range_ = (one.low + 4 * one.likely + one.high) / 6, one.high - one.low
        left, variance = self.inputs.accuracy.get(one.team, NONE).left(mean, range_ * range_ / 36, one.spent)
        found = (max(round(left * UNITS), 1), variance)
        self.efforts[one.id] = found
        return found

    def _need(self, jobs: Jobs, number: int, need: int, unranked: set[int]) -> None:
        if need in self.number:
            jobs.users[self.number[need]].append(number)
            jobs.unmet[number] += 1
        elif need in unranked or self.inputs.done_elsewhere.get(need, self.inputs.today) is None:
            jobs.unmet[number] += 1  # met by nobody
        elif (day := self.inputs.done_elsewhere.get(need)) is not None:
            done = jobs.capacity[jobs.lane[number]].by((day - self.inputs.today).days)
            jobs.ready_at[number] = max(jobs.ready_at[number], done)

    def plan(self, course: Course) -> Plan:
        """The slots of a course that has been run."""
        spread = self.doubts(course).spread
        stuck = {one.id: one.needs for number, one in enumerate(self.items) if course.start[number] < 0}
        found = circles(stuck) if stuck else []
        round_about = {id for circle in found for id in circle}
        made: dict[int, Slot] = {}
        for number, one in enumerate(self.items):
            if one.id in stuck:
                why = Why.CIRCLE if one.id in round_about else Why.NEEDS
                made[one.id] = _without_date(one, self.work(number), why)
            else:
                made[one.id] = self._slot(course, number, spread[number])
        for one in self.inputs.items:
            if one.rank is None:
                work = self.inputs.accuracy.get(one.team, NONE).adjusted(one.estimate, one.spent)[0]
                made[one.id] = _without_date(one, work, Why.UNRANKED)
        return Plan([made[one.id] for one in self.inputs.items], found, self.efforts)

    def work(self, number: int) -> float:
        """Expected team-weeks of a job."""
        return self.jobs.work[number] / UNITS

    def _slot(self, course: Course, number: int, doubt: float) -> Slot:
        one, capacity = self.items[number], self.jobs.capacity[self.jobs.lane[number]]
        end, before, work = course.end[number], course.before[number], self.jobs.work[number] / UNITS
        day50 = capacity.day_done(end)
        if day50 >= FAR:
            return _without_date(one, work, Why.NOBODY)
        day85 = capacity.day_done(end + int(Z85 * doubt * UNITS) + 1) if doubt else day50
        waits_for = self.items[before].id if before >= 0 and course.binding[number] == before else None
        day, date = capacity.day_after(course.start[number]), capacity.date
        return Slot(
            one.id, one.team, one.rank, date(day), date(day50), date(day85), day50, day85, work, waits_for, None
        )

    def doubts(self, course: Course) -> "Doubts":
        """The doubt about each job's end, along the way that leads to it."""
        count = len(self.items)
        alone, common, spread = [0.0] * count, [0.0] * count, [0.0] * count
        doubt = [self.inputs.accuracy.get(team, NONE).doubt for team in self.teams]
        lane, before, variance = self.jobs.lane, course.before, self.variance
        for job in course.log:
            own, back, work = lane[job], before[job], self.jobs.work[job] / UNITS
            if back < 0:
                alone[job], common[job] = variance[job], work
            elif lane[back] == own:
                alone[job], common[job] = alone[back] + variance[job], common[back] + work
            else:
                alone[job], common[job] = (spread[back] * self._exchange(lane[back], own)) ** 2 + variance[job], work
            spread[job] = math.sqrt(alone[job] + (common[job] * doubt[own]) ** 2)
        return Doubts(alone, common, spread)

    def _exchange(self, lane: int, other: int) -> float:
        """What a team-week of doubt in one lane is in the other: both are brought to weeks by their capacities."""
        rate = self.jobs.capacity[lane].rate
        return self.jobs.capacity[other].rate / rate if rate else 0.0


def _without_date(one: PlanItem, work: float, why: Why) -> Slot:
    return Slot(one.id, one.team, one.rank, None, None, None, FAR, FAR, work, None, why)


def _order(one: PlanItem) -> tuple[int, bool, int, int]:
    return (one.team, not one.started, one.rank or 0, one.id)


def dates(slots: Iterable[Slot]) -> dict[int, tuple[date | None, date | None, date | None]]:
    """Begin, 50% and 85% of each item, as they are stored for lists."""
    return {slot.item: (slot.begins, slot.p50, slot.p85) for slot in slots}
