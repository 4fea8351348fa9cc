"""What is particular to allocations and findings of growth as stories: who acts, whose turn comes, what clocks do."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.urls import reverse

from awayteam.allocations import deciding, permissions
from awayteam.allocations.machine import (
    GROWTH_MACHINE,
    GROWTH_UNANSWERED,
    MACHINE,
    GrowthParty,
    GrowthState,
    GrowthVerb,
    Party,
    State,
    Verb,
)
from awayteam.allocations.models import Allocation, AllocationStep, Growth, GrowthStep
from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.businesstime import Calendar
from awayteam.kernel.events import EventName
from awayteam.kernel.permissions import Decision
from awayteam.organisation.models import Team
from awayteam.requests.deciders import NOBODY, Chosen
from awayteam.stories import stepping
from awayteam.stories.plot import Held, Plot, Turn, hours_of

SILENT = "Nobody who could decide answered."


def today(team: Team | None, now: datetime) -> date:
    """The day that it is where a team works."""
    return now.astimezone(ZoneInfo(hours_of(team).time_zone)).date() if team is not None else now.date()


def until_end_of(day: date, team: Team | None, now: datetime) -> tuple[int, Calendar]:
    """Minutes until `day` is over where the team works, every minute counted, and their calendar; at least 1."""
    zone = hours_of(team).time_zone if team is not None else "UTC"
    end = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
    always = Calendar(zone, "", "", (0, 1, 2, 3, 4, 5, 6), ("00:00", "24:00"))
    return max(int((end - now).total_seconds() // 60), 1), always


@dataclass(frozen=True, slots=True)
class Deciders:
    """Who may decide: of the provider's team, and of the unit that is asked after its silence."""

    home: Chosen
    manager: Chosen


class AllocationPlot(Plot[Allocation]):
    kind = "allocation"
    name = "allocation"
    machine = MACHINE
    model = Allocation
    steps = AllocationStep
    related = ("provider", "consumer", "team", "home_team", "asking_team", "asked_by", "unit")
    events = {
        Verb.AMEND: EventName.ALLOCATION_AMENDED,
        Verb.ASK: EventName.ALLOCATION_ASKED,
        Verb.DECLINE: EventName.ALLOCATION_DECLINED,
        Verb.EXPIRE: EventName.ALLOCATION_EXPIRED,
        Verb.GRANT: EventName.ALLOCATION_GRANTED,
        Verb.IMPORT: EventName.ALLOCATION_IMPORTED,
        Verb.LAPSE: EventName.ALLOCATION_LAPSED,
        Verb.PASS_UP: EventName.ALLOCATION_ESCALATED,
        Verb.RENEW: EventName.ALLOCATION_RENEWED,
        Verb.WITHDRAW: EventName.ALLOCATION_WITHDRAWN,
    }

    def label(self, row: Allocation) -> str:
        return f"{row.provider} for {row.consumer or row.team}"

    def address(self, row: Allocation) -> str:
        return reverse("allocation", args=[row.pk])

    def visible(self, actor: Actor, queryset: "QuerySet[Allocation]", now: datetime) -> "QuerySet[Allocation]":
        return permissions.visible(actor, queryset, now)

    def seen_by_all(self, pk: int) -> bool:
        row = Allocation.objects.filter(pk=pk).select_related("provider", "consumer").first()
        return row is not None and permissions.hides_nothing(row)

    def standing(self, held: Held[Allocation]) -> Deciders:
        row = held.row
        escalated = row.state == State.ESCALATED
        return Deciders(deciding.home(row, held.now), deciding.of_level(row, held.now) if escalated else NOBODY)

    def turn(self, held: Held[Allocation], state: StrEnum) -> Turn:
        row, book = held.row, rulebook.current().allocations
        found: Deciders = held.standing
        if state == State.ASKED:
            return Turn(found.home.first, row.home_team_id, book.decide_minutes, hours_of(row.home_team))
        if state == State.ESCALATED:
            unit = row.unit or row.home_team
            return Turn(found.manager.first, unit.pk, book.escalation_minutes, hours_of(unit))
        last = row.last_day or row.ends
        near = last - today(row.asking_team, held.now) <= timedelta(days=book.renew_days)
        minutes, calendar = until_end_of(last, row.asking_team, held.now)
        return Turn(None, row.asking_team_id if near else None, minutes, calendar)

    def of(self, held: Held[Allocation], party: str) -> Decision:
        actor, row = held.actor, held.row
        if party == Party.ASKER:
            return permissions.in_name_of(actor, row.asking_team, "withdraw it")
        if party not in (Party.HOME, Party.MANAGER):
            return Decision(False, "Nobody does this; it follows by itself.", "clock")
        if actor.person_id is not None and actor.person_id == row.asked_by_id:
            return Decision(False, "You asked for it; somebody else decides.", "both-sides")
        found: Deciders = held.standing
        chosen = found.home if party == Party.HOME else found.manager
        if actor.person_id is not None and actor.person_id in chosen.persons:
            return Decision(True, chosen.because, "decider")
        if actor.is_administrator and permissions.takes_part(actor):
            return permissions.ADMINISTRATOR
        return Decision(False, f"Whoever decides for {row.home_team} answers this.", "decider")

    def expire(self, held: Held[Allocation]) -> None:
        row = held.row
        if row.state == State.GRANTED:
            stepping.enter(held, Verb.EXPIRE, State.EXPIRED, words="Its last day is over.")
            return
        level = deciding.manager(row, held.now, after=row.unit_id)
        administrators_were_asked = row.state == State.ESCALATED and row.unit_id is None
        if administrators_were_asked or not level.chosen.persons:
            row.reason = SILENT
            stepping.enter(held, Verb.LAPSE, State.LAPSED, words=SILENT, reason_code="silence")
            return
        row.unit = level.unit
        asked = level.unit or "an administrator"
        stepping.enter(held, Verb.PASS_UP, State.ESCALATED, words=f"Silent; {asked} is asked.", reason_code="silence")

    def listeners(self, row: Allocation) -> Collection[int]:
        return {row.home_team_id, row.asking_team_id}

    def side(self, held: Held[Allocation]) -> int | None:
        if held.party == Party.ASKER:
            return held.row.asking_team_id
        return held.row.home_team_id if held.party in (Party.HOME, Party.MANAGER) else None

    def waiting(self, actor: Actor) -> Q | None:
        mine = Q(asking_team__in=sorted(actor.teams)) | Q(asked_by=actor.person_id)
        return mine & Q(state__in=[State.ASKED.value, State.ESCALATED.value]) if actor.person_id is not None else None


class GrowthPlot(Plot[Growth]):
    kind = "growth"
    name = "finding of growth"
    machine = GROWTH_MACHINE
    model = Growth
    steps = GrowthStep
    related = ("provider", "consumer", "home_team", "consumer_team", "allocation")
    events = {
        GrowthVerb.ASK_MORE: EventName.GROWTH_ANSWERED,
        GrowthVerb.END: EventName.GROWTH_ENDED,
        GrowthVerb.FIND: EventName.GROWTH_FOUND,
        GrowthVerb.FIX: EventName.GROWTH_ANSWERED,
        GrowthVerb.LAPSE: EventName.GROWTH_LAPSED,
        GrowthVerb.OVERDUE: EventName.GROWTH_OVERDUE,
        GrowthVerb.PASS: EventName.GROWTH_PASSED,
        GrowthVerb.PLAN: EventName.GROWTH_ANSWERED,
        GrowthVerb.RISE: EventName.GROWTH_RISEN,
    }

    def label(self, row: Growth) -> str:
        return f"Growth: {row.consumer or row.name} calls {row.provider}"

    def address(self, row: Growth) -> str:
        return reverse("growth", args=[row.pk])

    def visible(self, actor: Actor, queryset: "QuerySet[Growth]", now: datetime) -> "QuerySet[Growth]":
        return permissions.visible_growth(actor, queryset, now)

    def seen_by_all(self, pk: int) -> bool:
        row = Growth.objects.filter(pk=pk).select_related("provider", "consumer").first()
        return row is not None and permissions.hides_nothing(row)

    def turn(self, held: Held[Growth], state: StrEnum) -> Turn:
        row, team = held.row, held.row.consumer_team or held.row.home_team
        if state in GROWTH_UNANSWERED:
            calendar = hours_of(team) if team is not None else until_end_of(row.day, None, held.now)[1]
            return Turn(None, team.pk if team else None, rulebook.current().allocations.answer_minutes, calendar)
        minutes, calendar = until_end_of(row.until or row.day, team, held.now)
        return Turn(None, None, minutes, calendar)

    def of(self, held: Held[Growth], party: str) -> Decision:
        if party != GrowthParty.CONSUMER:
            return Decision(False, "Nobody does this; it follows by itself.", "clock")
        return permissions.can_answer(held.actor, held.row)

    def expire(self, held: Held[Growth]) -> None:
        state = GrowthState(held.row.state)
        if state is GrowthState.OPEN:
            stepping.enter(held, GrowthVerb.OVERDUE, GrowthState.OVERDUE, words="Nobody answered in time.")
        elif state is GrowthState.OVERDUE:
            words = "Nobody answered; it stands on the next agenda."
            stepping.enter(held, GrowthVerb.LAPSE, GrowthState.LAPSED, words=words, reason_code="silence")
        else:
            stepping.enter(held, GrowthVerb.END, GrowthState.ENDED, words="The date of the answer has come.")

    def listeners(self, row: Growth) -> Collection[int]:
        return {one for one in (row.home_team_id, row.consumer_team_id) if one is not None}

    def side(self, held: Held[Growth]) -> int | None:
        return held.row.consumer_team_id if held.party == GrowthParty.CONSUMER else None


ALLOCATION = AllocationPlot()
"""Both are registered in `apps.py`."""
GROWTH = GrowthPlot()
