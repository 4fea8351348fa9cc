"""What is particular to experiments as stories: who acts, whose turn comes, what the clock's end does."""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Q, QuerySet
from django.urls import reverse

from awayteam.experiments import permissions
from awayteam.experiments.machine import MACHINE, State, Verb
from awayteam.experiments.models import Experiment, ExperimentStep
from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor, ActorKind
from awayteam.kernel.businesstime import Calendar
from awayteam.kernel.events import EventName
from awayteam.kernel.permissions import Decision
from awayteam.reviews import chain
from awayteam.stories.plot import Held, Plot, Turn, hours_of

V = Verb


def always(time_zone: str) -> Calendar:
    """Day and night: a run doesn't rest on weekends."""
    return Calendar(time_zone, weekdays=(0, 1, 2, 3, 4, 5, 6), hours=("00:00", "24:00"))


class ExperimentPlot(Plot[Experiment]):
    kind = "experiment"
    name = "experiment"
    machine = MACHINE
    model = Experiment
    steps = ExperimentStep
    related = ("team", "owner", "decider", "registration", "entity")
    events = {
        V.APPROVE: EventName.EXPERIMENT_APPROVED,
        V.CHECK: EventName.EXPERIMENT_CHECKED,
        V.CLEAN_UP: EventName.EXPERIMENT_CLEANED_UP,
        V.DECIDE: EventName.EXPERIMENT_DECIDED,
        V.DESIGN: EventName.EXPERIMENT_DESIGNED,
        V.EXPIRE: EventName.EXPERIMENT_EXPIRED,
        V.REALLOCATE: EventName.EXPERIMENT_REALLOCATED,
        V.REVISE: EventName.EXPERIMENT_REVISED,
        V.START: EventName.EXPERIMENT_STARTED,
        V.STOP: EventName.EXPERIMENT_STOPPED,
        V.SUBMIT: EventName.EXPERIMENT_SUBMITTED,
        V.WITHDRAW: EventName.EXPERIMENT_WITHDRAWN,
    }

    def label(self, row: Experiment) -> str:
        return row.title

    def address(self, row: Experiment) -> str:
        return reverse("experiment", args=[row.pk])

    def visible(self, actor: Actor, queryset: "QuerySet[Experiment]", now: datetime) -> "QuerySet[Experiment]":
        return permissions.visible(actor, queryset, now)

    def seen_by_all(self, pk: int) -> bool:
        return Experiment.objects.filter(pk=pk).exclude(entity__restricted=True).exists()

    def of(self, held: Held[Experiment], party: str) -> Decision:
        return permissions.as_party(held.actor, held.row, party)

    def why_not(self, held: Held[Experiment], verb: StrEnum) -> str:
        if held.actor.kind is ActorKind.SYSTEM and verb == V.DECIDE:
            return "Only a person decides; say who acts."
        return ""

    def turn(self, held: Held[Experiment], state: StrEnum) -> Turn:
        book, row = rulebook.current().experiments, held.row
        hours, owner = hours_of(row.team), _here(row, "owner", held.now)
        if state == State.RUNNING:
            return Turn(owner, row.team_id, minutes_left(row, held.now), always(hours.time_zone))
        minutes = {
            State.DRAFT: book.design_minutes, State.CHECKED: book.submit_minutes, State.READY: book.start_minutes,
            State.IN_REVIEW: book.review_minutes, State.STOPPED: book.decide_minutes,
            State.DECIDED: book.removal_minutes,
        }[State(state)]  # fmt: skip
        decides = state in (State.IN_REVIEW, State.STOPPED)
        person = _here(row, "decider", held.now) if decides else owner
        if row.silent or (person is None and state in (State.STOPPED, State.DECIDED)):
            person = next(iter(chain.managers_above(row.decider_id, row.team, held.now)), person)
        return Turn(person, row.team_id, minutes, hours)

    def expire(self, held: Held[Experiment]) -> None:
        from awayteam.experiments.actions.clockwork import expire

        expire(held)

    def listeners(self, row: Experiment) -> Collection[int]:
        return (row.team_id,)

    def side(self, held: Held[Experiment]) -> int | None:
        return held.row.team_id

    def waiting(self, actor: Actor) -> Q | None:
        return Q(owner=actor.person_id) | Q(decider=actor.person_id) if actor.person_id is not None else None


def minutes_left(row: Experiment, now: datetime) -> int:
    """Minutes of the planned runtime that are left; at least one."""
    ends = (row.started_at or now) + timedelta(days=row.days)
    return max(round((ends - now).total_seconds() / 60), 1)


def _here(row: Experiment, name: str, now: datetime) -> int | None:
    """The person's id, None where they left."""
    person = getattr(row, name)
    gone = person is None or (person.left_at is not None and person.left_at <= now)
    return None if gone else person.pk


EXPERIMENT = ExperimentPlot()
