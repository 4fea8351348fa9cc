"""What is particular to one kind of story: its machine, who may act as each party, whose turn comes, what clocks do."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db.models import Q, QuerySet

from awayteam.kernel.actor import Actor
from awayteam.kernel.businesstime import Calendar
from awayteam.kernel.clocks import calendar_of
from awayteam.kernel.events import EventName, Subject
from awayteam.kernel.machines import Machine
from awayteam.kernel.permissions import Decision
from awayteam.organisation.models import Team
from awayteam.stories.models import Story, StoryStep

M = TypeVar("M", bound=Story)


@dataclass(frozen=True, slots=True)
class Turn:
    """Who acts next: `person` is None where it is anybody's of the team, `team` where it is nobody's in particular.

    `minutes` is working time of `calendar`.
    """

    person: int | None
    team: int | None
    minutes: int
    calendar: Calendar


@dataclass
class Held(Generic[M]):
    """A story that is locked until the transaction ends, as `actor` found it. `party` is as whom they act."""

    plot: "Plot[M]"
    row: M
    actor: Actor
    now: datetime
    party: str = ""

    @property
    def subject(self) -> Subject:
        return self.plot.subject(self.row)

    @cached_property
    def standing(self) -> Any:
        """What `Plot.standing` gives: read once for each row that is held."""
        return self.plot.standing(self)


class Plot(ABC, Generic[M]):
    """One kind of story. Derive, make one instance, and give it to `stories.registry.register` in `App.register()`."""

    kind: str
    """The kind of the subject in events, clocks and notifications."""
    machine: Machine
    model: type[M]
    steps: type[StoryStep]
    events: Mapping[StrEnum, EventName]
    """The event of each verb."""
    related: tuple[str, ...] = ()
    """Foreign keys that are read with the row."""
    name: str
    """What people call it, in the singular and small: "engagement"."""

    @abstractmethod
    def label(self, row: M) -> str:
        """What it is called in lists and messages."""

    @abstractmethod
    def address(self, row: M) -> str:
        """The path of its page."""

    @abstractmethod
    def visible(self, actor: Actor, queryset: "QuerySet[M]", now: datetime) -> "QuerySet[M]":
        """The rows of `queryset` that the actor may see: the one rule for lists and details."""

    @abstractmethod
    def turn(self, held: Held[M], state: StrEnum) -> Turn:
        """Who has the turn once the row is in `state`, which isn't final, and for how long."""

    @abstractmethod
    def of(self, held: Held[M], party: str) -> Decision:
        """Whether the actor may act as `party`. The software itself always may, and is not asked about."""

    def standing(self, held: Held[M]) -> Any:  # noqa: ARG002 - for those that override it
        """What the actor is to the row, for `of` and `turn`; kept in `Held.standing`."""
        return None

    def why_not(self, held: Held[M], verb: StrEnum) -> str:  # noqa: ARG002 - for those that override it
        """Why the row's history doesn't allow `verb` now, as a sentence; "" where it does. Asked before `of`."""
        return ""

    def expire(self, held: Held[M]) -> None:
        """What follows when the clock of the present state has run out: the machine's own transition, if it is one.

        Override where the machine gives a choice of targets, or where more than the state changes.
        """
        from awayteam.stories import stepping

        stepping.run_out(held)

    def sentence(self, held: Held[M], verb: StrEnum) -> str:
        """What people are told of a step that brings no text of its own."""
        said = self.machine.states(held.row.state).value.replace("-", " ")
        if not held.actor.label or held.party == "the clock":
            return f"The clock of {self.label(held.row)} ran out: it is {said} now."
        return f"{held.actor.label}: {self.label(held.row)} is {said} now ({verb.value.replace('-', ' ')})."

    def listeners(self, row: M) -> Collection[int]:  # noqa: ARG002 - for those that override it
        """Teams whose people hear of every step, beside those who follow it and who has the turn."""
        return ()

    def side(self, held: Held[M]) -> int | None:  # noqa: ARG002 - for those that override it
        """The team that acts in this step, for the record."""
        return None

    def waiting(self, actor: Actor) -> Q | None:  # noqa: ARG002 - for those that override it
        """Open rows for which the actor waits while others act, for Home; None where there are none."""
        return None

    def seen_by_all(self, pk: int) -> bool:  # noqa: ARG002 - for those that override it
        """Whether everybody who is signed in sees this row, so that nobody must be asked about one by one."""
        return False

    def subject(self, row: M) -> Subject:
        return Subject(self.kind, row.pk, self.label(row)[:300])


def hours_of(team: Team) -> Calendar:
    """The working hours of a team."""
    return calendar_of(team.calendar, team.time_zone)
