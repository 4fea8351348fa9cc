"""What is particular to successions as stories: who acts, whose turn comes, what the clock's end does."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from django.db.models import Q, QuerySet
from django.urls import reverse

from awayteam.catalog.models import Presence
from awayteam.engagements.turns import ALL_DAYS, ALL_HOURS, around_the_clock
from awayteam.kernel import businesstime, rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.businesstime import Calendar
from awayteam.kernel.clocks import calendar_of
from awayteam.kernel.events import EventName
from awayteam.kernel.permissions import Decision
from awayteam.organisation.models import Team
from awayteam.stories.plot import Held, Plot, Turn, hours_of
from awayteam.succession import permissions, rules
from awayteam.succession.machine import MACHINE, Party, State, Verb
from awayteam.succession.models import Succession, SuccessionStep
from awayteam.succession.rules import Parties
from awayteam.succession.sides import Standing, hearers, side_of
from awayteam.succession.words import KIND_LABELS

RELATED = (
    "entity", "entity__owner", "entity__owner__team", "giver", "giver_person", "receiver", "receiver__entity",
    "begun_by", "begun_team", "confirmed_by", "level", "objector", "objected_by",
)  # fmt: skip
GOES_ON = frozenset({Verb.ACCEPT, Verb.CONFIRM, Verb.DECIDE, Verb.GO_ON})
"""Verbs that need what it is about, and both sides, to be as they were."""


class SuccessionPlot(Plot[Succession]):
    kind = "succession"
    name = "succession"
    machine = MACHINE
    model = Succession
    steps = SuccessionStep
    related = RELATED
    events = {
        Verb.ACCEPT: EventName.SUCCESSION_ACCEPTED,
        Verb.BEGIN: EventName.SUCCESSION_BEGUN,
        Verb.CONFIRM: EventName.SUCCESSION_CONFIRMED,
        Verb.DECIDE: EventName.SUCCESSION_DECIDED,
        Verb.DISMISS: EventName.SUCCESSION_DISMISSED,
        Verb.EXPIRE: EventName.SUCCESSION_EXPIRED,
        Verb.GO_ON: EventName.SUCCESSION_RESUMED,
        Verb.HALT: EventName.SUCCESSION_HALTED,
        Verb.LAPSE: EventName.SUCCESSION_LAPSED,
        Verb.OBJECT: EventName.SUCCESSION_OBJECTED,
        Verb.PASS_UP: EventName.SUCCESSION_PASSED_UP,
        Verb.REFUSE: EventName.SUCCESSION_REFUSED,
        Verb.WITHDRAW: EventName.SUCCESSION_WITHDRAWN,
    }

    def label(self, row: Succession) -> str:
        where = f" to {row.receiver}" if row.receiver is not None else ""
        return f"{KIND_LABELS[row.kind]}: {row.entity}{where}"

    def address(self, row: Succession) -> str:
        return reverse("succession", args=[row.pk])

    def visible(self, actor: Actor, queryset: "QuerySet[Succession]", now: datetime) -> "QuerySet[Succession]":
        return permissions.visible(actor, queryset, now)

    def seen_by_all(self, pk: int) -> bool:
        return Succession.objects.filter(pk=pk, entity__restricted=False).exists()

    def standing(self, held: Held[Succession]) -> Standing:
        return Standing(held.actor, held.row, held.now)

    def of(self, held: Held[Succession], party: str) -> Decision:
        found: Standing = held.standing
        return found.of(party)

    def why_not(self, held: Held[Succession], verb: StrEnum) -> str:
        row = held.row
        if verb in GOES_ON and (why := overtaken(row)):
            return why
        if verb is Verb.ACCEPT and row.is_retirement:
            return "It is retired; nobody gets it."
        if verb is Verb.ACCEPT and row.state == State.HANDING_OVER:
            from awayteam.succession.checklist import why_not

            return why_not(row)
        return ""

    def turn(self, held: Held[Succession], state: StrEnum) -> Turn:
        book, row, found = rulebook.current().succession, held.row, held.standing
        if state is State.DISPUTED:
            level = found.level
            row.level = level.unit
            unit = level.unit.pk if level.unit is not None else None
            return Turn(level.chosen.first, unit, book.decide_minutes, _hours(level.unit or row.giver))
        if state is State.RETIRING:
            return self._until_sunset(held)
        party, minutes = {
            State.PROPOSED: (Party.GIVER, book.confirm_minutes),
            State.ANSWERING: (Party.ANSWERER, book.answer_minutes),
            State.NOTICE: (Party.GIVER if row.is_retirement else Party.RECEIVER, book.notice_minutes),
            State.HANDING_OVER: (Party.RECEIVER, book.handover_minutes),
            State.HALTED: (Party.GIVER, book.halt_minutes),
        }[State(state)]
        team = side_of(row, party)
        return Turn(found.chosen(party).first, team.pk if team is not None else None, minutes, _hours(team))

    def _until_sunset(self, held: Held[Succession]) -> Turn:
        row = held.row
        calendar = around_the_clock(row.giver) if row.giver is not None else _always()
        minutes = 1
        if row.sunset_at is not None and row.sunset_at > held.now:
            minutes = max(1, businesstime.between(calendar, held.now, row.sunset_at))
        return Turn(held.standing.chosen(Party.GIVER).first, row.giver_id, minutes, calendar)

    def expire(self, held: Held[Succession]) -> None:
        from awayteam.succession.actions.watching import expire

        expire(held)

    def listeners(self, row: Succession) -> Collection[int]:
        return hearers(row, {*row.noticing, *row.concerned.values_list("team_id", flat=True)})

    def side(self, held: Held[Succession]) -> int | None:
        team = side_of(held.row, held.party)
        return team.pk if team is not None else None

    def waiting(self, actor: Actor) -> Q | None:
        teams = sorted(actor.teams)
        mine = Q(begun_by=actor.person_id) if actor.person_id is not None else None
        theirs = Q(giver__in=teams) | Q(receiver__in=teams) if teams else None
        return mine if theirs is None else theirs if mine is None else mine | theirs


def overtaken(row: Succession) -> str:
    """Why it can't go on, as a sentence; "" where it can: reads the thing as it is now."""
    thing, receiver = row.entity, row.receiver
    group = receiver.entity if receiver is not None and hasattr(receiver, "entity") else None
    there = (
        receiver is not None and receiver.dissolved_at is None and group is not None
        and group.presence == Presence.PRESENT
    )  # fmt: skip
    owner = thing.owner.team_id if thing.owner is not None else None
    if row.giver_person_id is not None:
        still = thing.owner is not None and thing.owner.person_id == row.giver_person_id
        if not still and owner != row.receiver_id:
            return "Its owner changed another way."
    return rules.overtaken(
        Parties(row.giver_id, row.receiver_id, owner, there, thing.presence == Presence.PRESENT, not row.is_retirement)
    )


def _hours(team: Team | None) -> Calendar:
    return hours_of(team) if team is not None else calendar_of()


def _always() -> Calendar:
    """Every hour of every day in the rulebook's time zone."""
    return Calendar(calendar_of().time_zone, "", "", ALL_DAYS, ALL_HOURS)


SUCCESSION = SuccessionPlot()
"""Registered in `apps.py`."""
