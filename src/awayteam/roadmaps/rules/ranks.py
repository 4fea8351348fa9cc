"""A new item at every rank that it could have: when it would be done, and what slips."""

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from awayteam.roadmaps.rules.capacity import FAR
from awayteam.roadmaps.rules.course import Choice, Course
from awayteam.roadmaps.rules.effort import UNITS, Z85
from awayteam.roadmaps.rules.plan import NONE, Board, Inputs, Plan, PlanItem, plan
from awayteam.roadmaps.rules.whatif import NEW, Insert, what_if


class RankOption(NamedTuple):
    """A new item at one rank: when it would be done, how many items end later or sooner, what that costs in points."""

    rank: int
    p50: date | None
    p85: date | None
    slipped: int
    cost: float


def at_each_rank(inputs: Inputs, new: PlanItem, before: Plan | None = None) -> list[RankOption]:
    """For each rank that `new` could have in its team (its own doesn't count): its ends, and what slips; rank 1 first.

    The course of work is the same at every rank until the team takes the new item. So one run finds all: at each
    decision at which some rank would have it taken, the course is copied and run on, and from where no team waits for
    another any more the rest only shifts, which is summed up once for each length of shift. An item that needs others
    takes a run for each rank.
    """
    before = before or plan(inputs)
    own = [one for one in inputs.items if one.team == new.team]
    if new.needs:
        return _one_by_one(inputs, new, len([one for one in own if one.rank is not None]), before)
    mine = {one.id for one in own}
    if not any(need in mine for one in inputs.items if one.team != new.team for need in one.needs):
        elsewhere = {slot.item: slot.p50 for slot in before.slots if slot.team != new.team}
        inputs = replace(inputs, items=own, done_elsewhere={**inputs.done_elsewhere, **elsewhere})
    return _Ranks(inputs, new, before).options()


def _one_by_one(inputs: Inputs, new: PlanItem, count: int, before: Plan) -> list[RankOption]:
    made = []
    for rank in range(1, count + 2):
        found = what_if(inputs, [Insert(new._replace(id=NEW, rank=rank))], before)
        slot = found.after.by_item()[NEW]
        slipped = sum(slip.before.day50 != slip.after.day50 for slip in found.slips)
        made.append(RankOption(rank, slot.p50, slot.p85, slipped, found.cost))
    return made


class _Ranks:
    def __init__(self, inputs: Inputs, new: PlanItem, before: Plan) -> None:
        efforts = {id: found for id, found in before.efforts.items() if id != NEW}
        self.board = Board(inputs, new._replace(id=NEW), efforts)
        self.jobs = self.board.jobs
        self.new = len(self.board.items) - 1
        self.lane = self.board.lanes[new.team]
        self.capacity = self.jobs.capacity[self.lane]
        self.base = Course(self.jobs).run()
        self.doubts = self.board.doubts(self.base)
        self.days = [self._day(number, end) for number, end in enumerate(self.base.end)]
        self.special = {number for number in range(self.new) if self._is_special(number)}
        self.order = [number for number in self.base.log if self.jobs.lane[number] == self.lane]
        self.place = {number: place for place, number in enumerate(self.order)}
        self.shifts: dict[int, list[tuple[int, float]]] = {}

    def options(self) -> list[RankOption]:
        """One for each rank, the first rank first."""
        waiting, made, course = self._keys(), [], Course(self.jobs)
        left, taken = len(self.special), 0
        while waiting and (lane := course.advance()) is not None:
            choice = course.peek(lane)
            if lane == self.lane:
                ranks = [rank for rank, key in waiting if self._comes_first(course, choice, key)]
                if ranks:
                    p50, p85 = self._ends(course)
                    slipped, cost = self._slips(course, choice, left, taken)
                    made += [RankOption(rank, p50, p85, slipped, cost) for rank in ranks]
                    waiting = waiting[len(ranks) :]
                taken += choice is not None
            if choice is not None:
                course.take(lane, choice)
                left -= choice.job in self.special
        return made

    def _keys(self) -> list[tuple[int, int]]:
        """Each rank with the key that the new item has there: before the first planned item of that rank or lower."""
        queue = [number for number in range(self.new) if self.jobs.lane[number] == self.lane]
        planned = [number for number in queue if not self.board.items[number].started]
        last = self.jobs.key[queue[-1]] + 1 if queue else 1
        ranks = []
        for rank in range(1, len(queue) + 2):
            while planned and (self.board.items[planned[0]].rank or 0) < rank:
                planned.pop(0)
            ranks.append((rank, self.jobs.key[planned[0]] - 1 if planned else last))
        return ranks

    def _comes_first(self, course: Course, choice: Choice | None, key: int) -> bool:
        """Whether the lane would take the new item here; it waits for nothing, and fills what would be idle time."""
        return choice is None or choice.start > course.at[self.lane] or self.jobs.key[choice.job] > key

    def _ends(self, course: Course) -> tuple[date | None, date | None]:
        end, back = course.at[self.lane] + self.jobs.work[self.new], course.last[self.lane]
        alone, common = self.board.variance[self.new], self.board.work(self.new)
        if back >= 0:
            alone, common = alone + self.doubts.alone[back], common + self.doubts.common[back]
        doubt = self.board.inputs.accuracy.get(self.board.items[self.new].team, NONE).doubt
        wide = math.sqrt(alone + (common * doubt) ** 2)
        day = self.capacity.day_done(end)
        late = self.capacity.day_done(end + int(Z85 * wide * UNITS) + 1) if wide and day < FAR else day
        return self.capacity.date(day), self.capacity.date(late)

    def _slips(self, course: Course, choice: Choice | None, left: int, taken: int) -> tuple[int, float]:
        """How many items end at another day if the new one is taken now, and what that costs."""
        at = course.at[self.lane]
        if not left:
            return self._shifted(taken, self.jobs.work[self.new])
        fork, seen = course.copy(), len(course.log)
        if choice is None:
            fork.next[self.lane] = -1  # the lane doesn't wait idly now
        fork.occupy(self.lane, self.new, at)
        slipped, cost = self._run(fork, left, taken)
        for number in fork.log[seen + 1 :]:
            if fork.end[number] != self.base.end[number]:
                days = self._day(number, fork.end[number]) - self.days[number]
                slipped += days != 0
                cost += self.board.items[number].value * days / 7
        return slipped, cost

    def _run(self, fork: Course, left: int, taken: int) -> tuple[int, float]:
        """Run a course that has the new item, until its lane only shifts; returns what that shift makes slip.

        It only shifts once no special job is left and the same jobs are behind it as in the base course: what follows
        is decided by ends within the lane alone, which all come later by the same.
        """
        found, furthest = (0, 0.0), taken - 1
        while (lane := fork.advance()) is not None:
            if lane == self.lane and not left and furthest == taken - 1:
                if taken < len(self.order):
                    found = self._shifted(taken, fork.at[lane] - self.base.start[self.order[taken]])
                continue
            choice = fork.peek(lane)
            if choice is None:
                continue
            fork.take(lane, choice)
            left -= choice.job in self.special
            if lane == self.lane:
                taken, furthest = taken + 1, max(furthest, self.place[choice.job])
        return found

    def _is_special(self, number: int) -> bool:
        """A job of the lane that waits for what is outside of it, or for which another lane waits."""
        if self.jobs.lane[number] != self.lane or self.base.start[number] < 0:
            return False
        outside = any(
            self.jobs.lane[self.board.number[need]] != self.lane
            for need in self.board.items[number].needs
            if need in self.board.number
        )
        waits = outside or self.jobs.ready_at[number] > 0
        return waits or any(self.jobs.lane[user] != self.lane for user in self.jobs.users[number])

    def _shifted(self, taken: int, shift: int) -> tuple[int, float]:
        """What slips when everything that the lane takes after its first `taken` jobs ends `shift` later."""
        if shift not in self.shifts:
            self.shifts[shift] = list(self._tail(shift))[::-1]
        return self.shifts[shift][taken]

    def _tail(self, shift: int) -> Iterator[tuple[int, float]]:
        """From the lane's last job back to its first: sums of what slips."""
        slipped, cost = 0, 0.0
        yield slipped, cost
        for number in reversed(self.order):
            days = self.capacity.day_done(self.base.end[number] + shift) - self.days[number]
            slipped += days != 0
            cost += self.board.items[number].value * days / 7
            yield slipped, cost

    def _day(self, number: int, end: int) -> int:
        return self.jobs.capacity[self.jobs.lane[number]].day_done(end) if end > 0 else FAR
