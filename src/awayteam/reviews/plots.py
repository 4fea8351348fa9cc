"""What is particular to the story of a review, and to that of an entry of the register."""

from collections.abc import Collection
from datetime import UTC, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.urls import reverse

from awayteam.kernel import businesstime, rulebook
from awayteam.kernel.actor import Actor, ActorKind
from awayteam.kernel.businesstime import Calendar
from awayteam.kernel.clocks import calendar_of
from awayteam.kernel.events import EventName
from awayteam.kernel.permissions import Decision
from awayteam.organisation.models import Person
from awayteam.reviews import chain
from awayteam.reviews.machine import ENTRY, MACHINE, EntryState, EntryVerb, State, Verb
from awayteam.reviews.models import RegisterEntry, RegisterStep, Review, ReviewStep
from awayteam.reviews.permissions import as_entry_party, as_party, entries, visible
from awayteam.stories.plot import Held, Plot, Turn, hours_of

IN_PERSON = frozenset({Verb.DECLINE, Verb.DELIVER, Verb.FOLLOW, Verb.OVERRIDE})
"""What the software never does in somebody's name."""


def hours_of_person(person: Person) -> Calendar:
    """The working hours of somebody: those of their team, else the organisation's in their time zone."""
    team = person.primary_team
    return hours_of(team) if team is not None else calendar_of({}, person.time_zone)


def moment_of(entry: RegisterEntry) -> datetime:
    """When the day to look again begins where the team works."""
    zone = ZoneInfo(hours_of(entry.team).time_zone)
    return datetime.combine(entry.look_again_on, time(), zone).astimezone(UTC)


class ReviewPlot(Plot[Review]):
    kind = "review"
    name = "review"
    machine = MACHINE
    model = Review
    steps = ReviewStep
    related = ("team", "requester", "decider", "bar_raiser__primary_team", "entity")
    events = {
        Verb.ASSIGN: EventName.REVIEW_ASSIGNED,
        Verb.DECLINE: EventName.REVIEW_DECLINED,
        Verb.DELIVER: EventName.REVIEW_DELIVERED,
        Verb.EXPIRE: EventName.REVIEW_EXPIRED,
        Verb.FOLLOW: EventName.REVIEW_FOLLOWED,
        Verb.OVERRIDE: EventName.REVIEW_OVERRIDDEN,
        Verb.REQUEST: EventName.REVIEW_REQUESTED,
        Verb.WITHDRAW: EventName.REVIEW_WITHDRAWN,
    }

    def label(self, row: Review) -> str:
        return row.title

    def address(self, row: Review) -> str:
        return reverse("review", args=[row.pk])

    def visible(self, actor: Actor, queryset: "QuerySet[Review]", now: datetime) -> "QuerySet[Review]":
        return visible(actor, queryset, now)

    def seen_by_all(self, pk: int) -> bool:
        return Review.objects.filter(pk=pk).exclude(entity__restricted=True).exists()

    def turn(self, held: Held[Review], state: StrEnum) -> Turn:
        book, row = rulebook.current().reviews, held.row
        if state == State.UNASSIGNED:
            keeper = next(iter(chain.keepers((row.requester_id, row.decider_id), held.now)), None)
            return Turn(keeper, None, book.assign_minutes, calendar_of())
        if state == State.DELIVERED:
            return Turn(row.decider_id, row.team_id, book.decide_minutes, hours_of(row.team))
        assert row.bar_raiser is not None, "assigned to nobody"
        return Turn(row.bar_raiser_id, None, book.review_minutes, hours_of_person(row.bar_raiser))

    def of(self, held: Held[Review], party: str) -> Decision:
        return as_party(held.actor, held.row, party)

    def why_not(self, held: Held[Review], verb: StrEnum) -> str:
        if held.actor.kind is ActorKind.SYSTEM and verb in IN_PERSON:
            return "Only the person whose turn it is does this; say who acts."
        most = rulebook.current().reviews.declines_max
        if verb == Verb.DECLINE and held.row.declined >= most:
            return "It was declined before; now it is reviewed, or a keeper of the pool assigns somebody else."
        return ""

    def expire(self, held: Held[Review]) -> None:
        from awayteam.reviews import actions

        actions.run_out(held)

    def listeners(self, row: Review) -> Collection[int]:
        return (row.team_id,)

    def waiting(self, actor: Actor) -> Q | None:
        if actor.person_id is None:
            return None
        return Q(requester=actor.person_id) | Q(decider=actor.person_id)


class EntryPlot(Plot[RegisterEntry]):
    kind = "register"
    name = "entry of the register"
    machine = ENTRY
    model = RegisterEntry
    steps = RegisterStep
    related = ("team", "decider", "entity", "review")
    events = {
        EntryVerb.ENTER: EventName.REGISTER_ENTERED,
        EntryVerb.EXPIRE: EventName.REGISTER_ASKED,
        EntryVerb.TELL: EventName.REGISTER_TOLD,
    }

    def label(self, row: RegisterEntry) -> str:
        """Everybody reads it in events and messages: the name of something restricted is kept back."""
        if row.entity is not None and row.entity.restricted:
            return f"{row.get_kind_display()} about something restricted"
        return row.title

    def address(self, row: RegisterEntry) -> str:
        return reverse("register_entry", args=[row.pk])

    def visible(self, actor: Actor, queryset: "QuerySet[RegisterEntry]", now: datetime) -> "QuerySet[RegisterEntry]":
        return entries(actor, queryset, now)

    def turn(self, held: Held[RegisterEntry], state: StrEnum) -> Turn:
        """Dates count day and night; from the date on the team's hours count. Whoever left gives way to a manager."""
        row, hours = held.row, hours_of(held.row.team)
        decider = row.decider
        present = decider is not None and (decider.left_at is None or decider.left_at > held.now)
        person = row.decider_id
        if state == EntryState.UNANSWERED or not present:
            person = next(iter(chain.managers_above(row.decider_id, row.team, held.now)), None)
        if state == EntryState.STANDING:
            always = Calendar(hours.time_zone, weekdays=(0, 1, 2, 3, 4, 5, 6), hours=("00:00", "24:00"))
            minutes = businesstime.between(always, held.now, max(moment_of(row), held.now))
            return Turn(person, row.team_id, max(minutes, 1), always)
        return Turn(person, row.team_id, rulebook.current().reviews.tell_minutes, hours)

    def of(self, held: Held[RegisterEntry], party: str) -> Decision:
        return as_entry_party(held.actor, held.row, party)

    def expire(self, held: Held[RegisterEntry]) -> None:
        from awayteam.reviews import actions

        actions.entry_run_out(held)

    def listeners(self, row: RegisterEntry) -> Collection[int]:
        return (row.team_id,)

    def side(self, held: Held[RegisterEntry]) -> int | None:
        return held.row.team_id


REVIEW = ReviewPlot()
ENTRY_PLOT = EntryPlot()
