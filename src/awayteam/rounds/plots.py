"""What is particular to a round as a story: who may act, whose turn comes, and what its clock's end does."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from django.db.models import Q, QuerySet
from django.urls import reverse

from awayteam.engagements.machine import State as Engaged
from awayteam.kernel import clocks, rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.events import EventName
from awayteam.kernel.permissions import Decision
from awayteam.rounds import permissions, reviewers
from awayteam.rounds.machine import MACHINE, Party, State, Verb
from awayteam.rounds.models import RemarkKind, Round, RoundStep
from awayteam.rounds.permissions import Standing
from awayteam.stories.plot import Held, Plot, Turn, hours_of

KIND = "round"
AWAY_TURN = frozenset({State.OWN_REVIEW, State.CHANGES})
"""States in which the away team has the turn; while the engagement rests, so does that."""


class RoundPlot(Plot[Round]):
    kind = KIND
    name = "round"
    machine = MACHINE
    model = Round
    steps = RoundStep
    events = {
        Verb.OPEN: EventName.ROUND_OPENED,
        Verb.APPROVE: EventName.ROUND_APPROVED,
        Verb.DEMAND: EventName.ROUND_DEMANDED,
        Verb.EXPIRE: EventName.ROUND_EXPIRED,
        Verb.GRANT: EventName.ROUND_DEMAND_GRANTED,
        Verb.REFUSE: EventName.ROUND_DEMAND_REFUSED,
        Verb.REQUEST_CHANGES: EventName.ROUND_CHANGES_REQUESTED,
        Verb.RESUBMIT: EventName.ROUND_RESUBMITTED,
        Verb.WITHDRAW: EventName.ROUND_WITHDRAWN,
    }
    related = ("engagement", "engagement__home_team", "engagement__away_team")

    def label(self, row: Round) -> str:
        return f"Round {row.number} of {row.engagement.title}: {row.title}"[:300]

    def address(self, row: Round) -> str:
        return reverse("round", args=[row.pk])

    def visible(self, actor: Actor, queryset: "QuerySet[Round]", now: datetime) -> "QuerySet[Round]":
        return permissions.visible(actor, queryset, now)

    def seen_by_all(self, pk: int) -> bool:
        return Round.objects.filter(pk=pk).exclude(engagement__service__restricted=True).exists()

    def standing(self, held: Held[Round]) -> Standing:
        return Standing(held.actor, held.row.engagement, held.now, held.row)

    def of(self, held: Held[Round], party: str) -> Decision:
        standing: Standing = held.standing
        return standing.of(party)

    def why_not(self, held: Held[Round], verb: StrEnum) -> str:
        if verb != Verb.DEMAND:
            return ""
        most = rulebook.current().rounds.demands_max
        made = held.row.remarks.filter(Q(kind=RemarkKind.DEMAND) | ~Q(ruling="")).count()
        if made < most:
            return ""
        return f"{made} demands were made in this round; a round takes {most}. Give advice, or cite a frozen standard."

    def turn(self, held: Held[Round], state: StrEnum) -> Turn:
        row, book = held.row, rulebook.current().rounds
        home, away = row.engagement.home_team, row.engagement.away_team
        if state in AWAY_TURN:
            person = None if state == State.OWN_REVIEW else reviewers.who_resubmits(row, held.now)
            minutes = book.own_minutes if state == State.OWN_REVIEW else book.changes_minutes
            return Turn(person, away.pk, minutes, hours_of(away))
        minutes = {
            State.OPEN: book.review_minutes,
            State.DEPUTY: book.deputy_minutes,
            State.FALL_BACK: book.fallback_minutes,
            State.DISPUTED: book.dispute_minutes,
        }[State(state)]
        if state in (State.OPEN, State.DEPUTY):
            return Turn(row.reviewer_id, home.pk, minutes, hours_of(home))
        return Turn(row.independent_id, None, minutes, hours_of(home))

    def expire(self, held: Held[Round]) -> None:
        from awayteam.rounds.actions import silence

        if held.row.state in AWAY_TURN and held.row.engagement.state == Engaged.PAUSED:
            silence.wait(held)
        else:
            silence.silent(held)

    def listeners(self, row: Round) -> Collection[int]:
        return (row.engagement.home_team_id, row.engagement.away_team_id)

    def side(self, held: Held[Round]) -> int | None:
        engagement = held.row.engagement
        away = held.party in (Party.AWAY, Party.COLLEAGUE)
        home = held.party == Party.REVIEWER
        return engagement.away_team_id if away else engagement.home_team_id if home else None

    def waiting(self, actor: Actor) -> Q | None:
        return Q(opened_by=actor.person_id) if actor.person_id is not None else None

    def sentence(self, held: Held[Round], verb: StrEnum) -> str:
        row = held.row
        if held.party == Party.CLOCK:
            return f"{self.label(row)}: {SILENT[State(row.state)]}"
        return f"{held.actor.label} {SAID[verb]}: {self.label(row)}."


SAID: dict[StrEnum, str] = {
    Verb.OPEN: "asks for a review",
    Verb.APPROVE: "approved",
    Verb.DEMAND: "demands something beyond the standards",
    Verb.GRANT: "granted the demand",
    Verb.REFUSE: "refused the demand",
    Verb.REQUEST_CHANGES: "requests changes",
    Verb.RESUBMIT: "shows it again",
    Verb.WITHDRAW: "withdrew",
}
"""What a person did, after their name."""

SILENT: dict[State, str] = {
    State.DEPUTY: "the reviewer was silent; it is the deputy's turn.",
    State.FALL_BACK: "nobody answered yet; somebody independent looks.",
    State.UNANSWERED: "nobody answered; the time-box grows, and the away team may go on.",
    State.LAPSED: "the away team was silent; the round is over.",
    State.OPEN: "the bar raiser was silent; the demand is advice, and the reviewer answers.",
}
"""What the end of a clock led to."""

ROUND = RoundPlot()


def extend_clock(held: Held[Round], minutes: int, why: str) -> None:
    """Give whoever has the turn `minutes` of working time more."""
    assert held.row.clock is not None
    held.row.clock = clocks.extend(held.row.clock, minutes, actor=held.actor, now=held.now, reason=why)
    held.row.due_at = held.row.clock.due_at
