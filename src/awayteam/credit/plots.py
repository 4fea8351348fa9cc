"""What is particular to disputes as stories: who acts, whose turn comes, what the clock's end does."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from django.db.models import Q, QuerySet
from django.urls import reverse

from awayteam.credit import permissions, settling
from awayteam.credit.machine import MACHINE, Party, State, Verb
from awayteam.credit.models import Dispute, DisputeStep, Entry
from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.clocks import calendar_of
from awayteam.kernel.events import EventName
from awayteam.kernel.permissions import Decision
from awayteam.requests.deciders import Chosen
from awayteam.stories import stepping
from awayteam.stories.plot import Held, Plot, Turn, hours_of

ADMINISTRATOR = Decision(True, "Administrators may help out.", "administrator")
SILENT = "No manager above answered; the entry stands."


class DisputePlot(Plot[Dispute]):
    kind = "dispute"
    name = "dispute"
    machine = MACHINE
    model = Dispute
    steps = DisputeStep
    related = ("entry", "entry__team", "entry__person", "opened_by", "level")
    events = {
        Verb.DISPUTE: EventName.CREDIT_DISPUTED,
        Verb.EXPIRE: EventName.CREDIT_UPHELD,
        Verb.PASS_UP: EventName.CREDIT_DISPUTE_PASSED_UP,
        Verb.TAKE_BACK: EventName.CREDIT_DISPUTE_TAKEN_BACK,
        Verb.UPHOLD: EventName.CREDIT_UPHELD,
        Verb.WITHDRAW_ENTRY: EventName.CREDIT_WITHDRAWN,
    }

    def label(self, row: Dispute) -> str:
        return f"Dispute about credit for {row.entry.subject_label}"

    def address(self, row: Dispute) -> str:
        return reverse("credit_dispute", args=[row.pk])

    def visible(self, actor: Actor, queryset: "QuerySet[Dispute]", now: datetime) -> "QuerySet[Dispute]":
        return permissions.visible_disputes(actor, queryset, now)

    def seen_by_all(self, pk: int) -> bool:
        entry = Entry.objects.filter(disputes=pk).first()
        return entry is not None and not permissions.about_restricted(entry)

    def standing(self, held: Held[Dispute]) -> Chosen:
        return settling.chosen(held.row, held.now)

    def turn(self, held: Held[Dispute], state: StrEnum) -> Turn:  # noqa: ARG002 - there is one that waits
        found: Chosen = held.standing
        team = held.row.entry.team
        calendar = hours_of(team) if team is not None else calendar_of()
        return Turn(found.first, None, rulebook.current().credit.dispute_minutes, calendar)

    def of(self, held: Held[Dispute], party: str) -> Decision:
        actor, row = held.actor, held.row
        stakes = settling.stakes(row.entry, row.opened_by_id)
        if party == Party.DISPUTER:
            if actor.person_id is not None and actor.person_id == row.opened_by_id:
                return Decision(True, "You disputed it.", "disputer")
            return Decision(False, "Only whoever disputed it takes that back.", "disputer")
        if party != Party.MANAGER:
            return Decision(False, "Nobody does this; it follows by itself.", "clock")
        if actor.person_id is not None and actor.person_id in stakes:
            return Decision(False, "It is about you; somebody else decides.", "stake")
        found: Chosen = held.standing
        if actor.person_id is not None and actor.person_id in found.persons:
            return Decision(True, found.because, "manager")
        if actor.is_administrator:
            return ADMINISTRATOR
        return Decision(False, "The manager of the unit above the credited team decides.", "manager")

    def expire(self, held: Held[Dispute]) -> None:
        """The next unit above is asked; where none is left the entry stands."""
        row = held.row
        if row.level_id is not None:
            following = settling.level(row.entry, opened_by=row.opened_by_id, after=row.level_id, now=held.now)
            if following.unit is not None:
                row.level = following.unit
                stepping.enter(held, Verb.PASS_UP, State.OPEN, words=f"Silent; {following.unit} is asked.")
                return
        row.answer = SILENT
        stepping.enter(held, Verb.EXPIRE, State.UPHELD, words=SILENT, reason_code="silence", persons=_told(row))

    def listeners(self, row: Dispute) -> Collection[int]:
        return (row.entry.team_id,) if row.entry.team_id is not None else ()

    def waiting(self, actor: Actor) -> Q | None:
        return Q(opened_by=actor.person_id) if actor.person_id is not None else None


def _told(row: Dispute) -> list[int]:
    return sorted(settling.stakes(row.entry, row.opened_by_id))


DISPUTE = DisputePlot()
"""Registered in `apps.py`."""
