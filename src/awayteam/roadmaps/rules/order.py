"""What order the value would suggest, and which items are funded: offered for a look, never applied by itself.

Value for each week of delay, divided by the effort in team-weeks, orders a single lane so that the least value is lost
to waiting (W. E. Smith: "Various optimizers for single-stage production", Naval Research Logistics Quarterly 3, 1956;
in product development known as cost of delay divided by duration, Reinertsen 2009).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from heapq import heappop, heappush
from typing import NamedTuple

from awayteam.roadmaps.rules.plan import Inputs, Plan, PlanItem
from awayteam.roadmaps.rules.whatif import slips_of


class Suggested(NamedTuple):
    """An item with its rank now, the rank that value over effort would give it, and that quotient."""

    item: int
    rank: int
    suggested: int
    score: float


def score(one: PlanItem) -> float:
    """Points for each week of delay, for each team-week of effort."""
    return one.value / one.estimate.mean


def order_by_value_over_effort(items: Sequence[PlanItem]) -> list[Suggested]:
    """The ranked items of one team in the suggested order.

    Started ones stay first, and nothing stands before what it needs. Equal quotients keep their order; items without
    rank are left out.
    """
    ranked = sorted((one for one in items if one.rank is not None), key=lambda one: (not one.started, one.rank))
    numbers = {one.id: number for number, one in enumerate(ranked)}
    unmet = [sum(need in numbers for need in one.needs) for one in ranked]
    users: dict[int, list[int]] = {}
    for number, one in enumerate(ranked):
        for need in one.needs:
            users.setdefault(need, []).append(number)
    heap: list[tuple[bool, float, int]] = []

    def offer(number: int) -> None:
        heappush(heap, (not ranked[number].started, -score(ranked[number]), number))

    for number, count in enumerate(unmet):
        if not count:
            offer(number)
    order: list[int] = []
    while heap:
        number = heappop(heap)[2]
        order.append(number)
        for user in users.get(ranked[number].id, ()):
            unmet[user] -= 1
            if not unmet[user]:
                offer(user)
    order += [number for number, count in enumerate(unmet) if count]
    return [
        Suggested(ranked[number].id, ranked[number].rank or 0, place, score(ranked[number]))
        for place, number in enumerate(order, 1)
    ]


def reordered(inputs: Inputs, ranks: Mapping[int, int]) -> Inputs:
    """The inputs with other ranks for some items."""
    return replace(inputs, items=[one._replace(rank=ranks.get(one.id, one.rank)) for one in inputs.items])


def gain(before: Plan, after: Plan, values: Mapping[int, float]) -> float:
    """Points that the plan after loses less to waiting than the one before."""
    return -sum(slip.cost for slip in slips_of(before, after, values) if slip.cost is not None)


def funded_until(today: date, weeks: int) -> date:
    """The last day of the funded period that begins today."""
    return today + timedelta(days=7 * weeks)


def funded(plan: Plan, team: int, until: date) -> list[int]:
    """Ids of the team's items that are done at 50% by that day, in the order of their ends."""
    slots = [slot for slot in plan.slots if slot.team == team and slot.p50 is not None and slot.p50 <= until]
    return [slot.item for slot in sorted(slots, key=lambda slot: (slot.day50, slot.rank or 0))]


def last_funded(plan: Plan, items: Sequence[PlanItem], team: int, until: date, count: int = 3) -> list[PlanItem]:
    """The last items, by the end of their work, that are funded and not started: those that a better one displaces."""
    by_id = {one.id: one for one in items}
    found = [by_id[id] for id in funded(plan, team, until) if not by_id[id].started]
    return found[-count:]


def outvalued(value: float, effort: float, items: Sequence[PlanItem]) -> list[PlanItem]:
    """Those items that are worth less, for each team-week, than something of that value (points a week) and effort."""
    return [one for one in items if effort > 0 and score(one) < value / effort]
