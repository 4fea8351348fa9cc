"""What is particular to engagements and to contracts as stories: who acts, whose turn comes, what their clocks do."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from django.db.models import Q, QuerySet
from django.urls import reverse

from awayteam.engagements import permissions, turns
from awayteam.engagements.machine import CONTRACT as CONTRACT_MACHINE
from awayteam.engagements.machine import MACHINE, ContractState, ContractVerb, State, Verb
from awayteam.engagements.models import Contract, ContractStep, Engagement, EngagementStep, Side
from awayteam.engagements.permissions import OTHER, SIDES, Standing
from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.events import EventName
from awayteam.kernel.permissions import Decision
from awayteam.stories.plot import Held, Plot, Turn

RELATED = ("home_team", "away_team", "home_decider", "away_lead")
"""What every step reads; the rest of an engagement is read by those who ask for it."""
V, W = Verb, ContractVerb


class EngagementPlot(Plot[Engagement]):
    kind = "engagement"
    name = "engagement"
    machine = MACHINE
    model = Engagement
    steps = EngagementStep
    related = RELATED
    events = {
        V.ACCEPT: EventName.ENGAGEMENT_ACCEPTED,
        V.AMEND: EventName.ENGAGEMENT_AMENDED,
        V.CLOSE: EventName.ENGAGEMENT_CLOSED,
        V.DECLINE: EventName.ENGAGEMENT_DECLINED,
        V.DEPLOY: EventName.ENGAGEMENT_DEPLOYED,
        V.EXPIRE: EventName.ENGAGEMENT_EXPIRED,
        V.HAND_OVER: EventName.ENGAGEMENT_HANDING_OVER,
        V.OPEN: EventName.ENGAGEMENT_OPENED,
        V.PAUSE: EventName.ENGAGEMENT_PAUSED,
        V.PROPOSE: EventName.ENGAGEMENT_PROPOSED,
        V.RESUME: EventName.ENGAGEMENT_RESUMED,
        V.REVISE: EventName.ENGAGEMENT_REVISED,
        V.SIGN: EventName.ENGAGEMENT_SIGNED,
        V.START: EventName.ENGAGEMENT_STARTED,
        V.WITHDRAW: EventName.ENGAGEMENT_WITHDRAWN,
        V.WORK_ON: EventName.ENGAGEMENT_WORKED_ON,
    }

    def label(self, row: Engagement) -> str:
        return row.title or f"Engagement {row.pk}"

    def address(self, row: Engagement) -> str:
        return reverse("engagement", args=[row.pk])

    def visible(self, actor: Actor, queryset: "QuerySet[Engagement]", now: datetime) -> "QuerySet[Engagement]":
        return permissions.visible(actor, queryset, now)

    def seen_by_all(self, pk: int) -> bool:
        return Engagement.objects.filter(pk=pk).exclude(service__restricted=True).exists()

    def standing(self, held: Held[Engagement]) -> Standing:
        return Standing(held.actor, held.row, held.now)

    def of(self, held: Held[Engagement], party: str) -> Decision:
        standing: Standing = held.standing
        return standing.of(party)

    def turn(self, held: Held[Engagement], state: StrEnum) -> Turn:
        return turns.turn(held.row, State(state), held.standing, held.now, held.party)

    def why_not(self, held: Held[Engagement], verb: StrEnum) -> str:
        from awayteam.engagements.guards import why_not

        return why_not(held, Verb(verb))

    def expire(self, held: Held[Engagement]) -> None:
        from awayteam.engagements.actions.clockwork import expire

        expire(held)

    def listeners(self, row: Engagement) -> Collection[int]:
        return (row.home_team_id, row.away_team_id)

    def side(self, held: Held[Engagement]) -> int | None:
        side = SIDES.get(held.party)
        return None if side is None else held.row.home_team_id if side is Side.HOME else held.row.away_team_id

    def waiting(self, actor: Actor) -> Q | None:
        teams = sorted(actor.teams)
        return Q(home_team__in=teams) | Q(away_team__in=teams) if teams else None


class ContractPlot(Plot[Contract]):
    """The first contract waits under its engagement's own turn; an amendment has a turn of its own."""

    kind = "contract"
    name = "contract"
    machine = CONTRACT_MACHINE
    model = Contract
    steps = ContractStep
    related = ("engagement", *(f"engagement__{name}" for name in RELATED))
    events = {
        W.WRITE: EventName.CONTRACT_WRITTEN,
        W.SIGN: EventName.CONTRACT_SIGNED,
        W.DECLINE: EventName.CONTRACT_DECLINED,
        W.WITHDRAW: EventName.CONTRACT_WITHDRAWN,
        W.EXPIRE: EventName.CONTRACT_LAPSED,
    }

    def label(self, row: Contract) -> str:
        title = row.engagement.title or f"engagement {row.engagement_id}"
        return f"Amendment {row.number} of {title}" if _amends(row) else f"Contract of {title}"

    def address(self, row: Contract) -> str:
        return reverse("engagement", args=[row.engagement_id])

    def visible(self, actor: Actor, queryset: "QuerySet[Contract]", now: datetime) -> "QuerySet[Contract]":
        return permissions.visible_contracts(actor, queryset, now)

    def seen_by_all(self, pk: int) -> bool:
        return Contract.objects.filter(pk=pk).exclude(engagement__service__restricted=True).exists()

    def standing(self, held: Held[Contract]) -> Standing:
        return Standing(held.actor, held.row.engagement, held.now)

    def of(self, held: Held[Contract], party: str) -> Decision:
        standing: Standing = held.standing
        side = SIDES.get(party)
        if side is None:
            return Decision(False, "Nobody does this; it follows from something else.", "awayteam")
        return standing.signs(side)

    def turn(self, held: Held[Contract], state: StrEnum) -> Turn:  # noqa: ARG002 - there is one that waits
        standing: Standing = held.standing
        found = turns.of_side(standing, OTHER[held.row.proposed_side], rulebook.current().engagements.sign_minutes)
        return found if _amends(held.row) else Turn(None, None, found.minutes, found.calendar)

    def why_not(self, held: Held[Contract], verb: StrEnum) -> str:
        standing: Standing = held.standing
        mine = standing.side(held.actor.person_id) == held.row.proposed_side
        if mine and verb in (W.SIGN, W.DECLINE):
            return "Your side has signed this text already; the other side signs next."
        if not mine and verb == W.WITHDRAW and held.actor.person_id is not None:
            return "The other side proposed it; decline it with your reason instead."
        return ""

    def expire(self, held: Held[Contract]) -> None:
        from awayteam.stories.stepping import enter

        words = f"The {OTHER[held.row.proposed_side].value} side didn't answer."
        enter(held, W.EXPIRE, ContractState.LAPSED, words=words)

    def listeners(self, row: Contract) -> Collection[int]:
        return (row.engagement.home_team_id, row.engagement.away_team_id) if _amends(row) else ()

    def side(self, held: Held[Contract]) -> int | None:
        side, row = SIDES.get(held.party), held.row.engagement
        return None if side is None else row.home_team_id if side is Side.HOME else row.away_team_id


def _amends(row: Contract) -> bool:
    """Whether the engagement is under a contract already, which this one would replace."""
    return row.engagement.contract_id is not None


ENGAGEMENT = EngagementPlot()
CONTRACT = ContractPlot()
