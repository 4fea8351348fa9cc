"""The planner's engine: teams as lanes that each work on one thing at a time, run forward from today.

A lane takes the first ready job in its order and finishes it before it takes another. A job is ready when what it needs
is done: in its own lane at once, elsewhere on the day after. Nothing here looks ahead: which job a lane takes depends
on what has happened until then only. From that follows what people expect of a ranking: a job that is moved down never
finishes earlier, and what is moved or inserted below a job that waits for nothing never delays it.

Positions are work done by a lane since today, in millionths of a team-week; days are counted from today.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import NamedTuple

from awayteam.roadmaps.rules.capacity import FAR, Capacity


class Choice(NamedTuple):
    """What a lane would take next, and at which position; `waits` where it must stand idle until then."""

    job: int
    start: int
    source: int


FREE, READY, PENDING = range(3)


@dataclass(slots=True)
class Jobs:
    """The jobs of all lanes as parallel lists; a job is its number.

    `key` orders the jobs of a lane (even numbers, so that another fits between any two). `unmet` counts needs among
    the jobs, `ready_at` is the position from which needs elsewhere allow a start (0: at once), `users` are the jobs
    that need a job. `order` lists for each lane, by key, the jobs that wait for nothing.
    """

    lane: list[int]
    key: list[int]
    work: list[int]
    unmet: list[int]
    ready_at: list[int]
    users: list[list[int]]
    order: list[list[int]]
    capacity: Sequence[Capacity]

    @property
    def is_alone(self) -> bool:
        return len(self.capacity) == 1


class Course:
    """How the work goes, up to some moment; `run` brings it to the end. A copy goes its own way.

    `start` and `end` hold each job's positions (-1: not taken), `log` the jobs in the order of their start, `before`
    the job for whose end each one waited (-1: it began at once).
    """

    __slots__ = (
        "at", "before", "binding", "day", "end", "events", "jobs", "last", "log", "next", "pending", "place", "ready",
        "ready_at", "start", "unmet",
    )  # fmt: skip

    def __init__(self, jobs: Jobs) -> None:
        lanes, count = len(jobs.capacity), len(jobs.work)
        self.jobs = jobs
        self.at = [0] * lanes
        self.place = [0] * lanes
        self.last = [-1] * lanes
        self.next = [0] * lanes
        self.events = [(0, lane) for lane in range(lanes)]
        self.ready: list[list[tuple[int, int]]] = [[] for _ in range(lanes)]
        self.pending: list[list[tuple[int, int, int]]] = [[] for _ in range(lanes)]
        self.unmet = list(jobs.unmet)
        self.ready_at = list(jobs.ready_at)
        self.binding = [-1] * count
        self.start, self.end, self.before = [-1] * count, [-1] * count, [-1] * count
        self.log: list[int] = []
        self.day = 0
        for job in range(count):
            if not jobs.unmet[job] and jobs.ready_at[job] > 0:
                heappush(self.pending[jobs.lane[job]], (jobs.ready_at[job], jobs.key[job], job))

    def copy(self) -> "Course":
        """The same state, to be run another way."""
        made = Course.__new__(Course)
        made.jobs, made.day = self.jobs, self.day
        for name in ("at", "before", "binding", "end", "events", "last", "log", "next", "place", "ready_at", "start",
                     "unmet"):  # fmt: skip
            setattr(made, name, getattr(self, name).copy())
        made.ready = [heap.copy() for heap in self.ready]
        made.pending = [heap.copy() for heap in self.pending]
        return made

    def run(self) -> "Course":
        """Go on until nothing more can be taken; returns itself."""
        while (lane := self.advance()) is not None:
            choice = self.peek(lane)
            if choice is not None:
                self.take(lane, choice)
        return self

    def advance(self) -> int | None:
        """The lane that decides next, with `peek` and `take`; None when all have come to their end."""
        while self.events:
            day, lane = heappop(self.events)
            if self.next[lane] == day:
                self.day, self.next[lane] = day, -1
                return lane
        return None

    def peek(self, lane: int) -> Choice | None:
        """What the lane takes now: the first in its order that is ready; None where it must wait for others.

        A lane that must stand idle until a known day is asked again on that day, since by then more may be ready.
        """
        at, ready, pending = self.at[lane], self.ready[lane], self.pending[lane]
        while pending and pending[0][0] <= at:
            _, key, job = heappop(pending)
            heappush(ready, (key, job))
        order, place = self.jobs.order[lane], self.place[lane]
        if place < len(order) and not (ready and ready[0][0] < self.jobs.key[order[place]]):
            return Choice(order[place], at, FREE)
        if ready:
            return Choice(ready[0][1], at, READY)
        if not pending:
            return None
        position, _, job = pending[0]
        if not self.jobs.is_alone and (day := self.jobs.capacity[lane].day_after(position)) > self.day:
            self._call(lane, day)
            return None
        return Choice(job, position, PENDING)

    def take(self, lane: int, choice: Choice) -> None:
        """Let the lane do the job from its start to its end, and tell those who wait for it."""
        job, start, source = choice
        if source == FREE:
            self.place[lane] += 1
        else:
            heappop(self.ready[lane]) if source == READY else heappop(self.pending[lane])
        self.occupy(lane, job, start)
        for user in self.jobs.users[job]:
            self._release(user, job, lane)

    def occupy(self, lane: int, job: int, start: int) -> None:
        """Put the job into the lane at `start`, and ask the lane again at its end."""
        end = start + self.jobs.work[job]
        self.start[job], self.end[job] = start, end
        self.before[job] = self.last[lane] if start == self.at[lane] and self.last[lane] >= 0 else self.binding[job]
        self.at[lane], self.last[lane] = end, job
        self.log.append(job)
        self._call(lane, 0 if self.jobs.is_alone else self.jobs.capacity[lane].day_after(end))

    def _release(self, user: int, job: int, lane: int) -> None:
        """One need of `user` is met by `job` of `lane`; where that is never done it stays blocked."""
        other, position = self.jobs.lane[user], self.end[job]
        if other != lane:
            day = self.jobs.capacity[lane].day_done(position)
            if day >= FAR:
                return
            position = self.jobs.capacity[other].by(day)
        if position >= self.ready_at[user]:
            self.ready_at[user], self.binding[user] = position, job
        self.unmet[user] -= 1
        if self.unmet[user]:
            return
        heappush(self.pending[other], (self.ready_at[user], self.jobs.key[user], user))
        if other != lane:
            position = max(self.ready_at[user], self.at[other])
            day = self.jobs.capacity[other].day_after(position)
            if self.next[other] < 0 or day < self.next[other]:
                self._call(other, max(day, self.day))

    def _call(self, lane: int, day: int) -> None:
        self.next[lane] = day
        heappush(self.events, (day, lane))
