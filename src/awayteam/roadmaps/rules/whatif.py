"""What slips when a roadmap changes: for one change in full, and for a new item at every rank it could have."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from awayteam.roadmaps.rules.capacity import FAR
from awayteam.roadmaps.rules.plan import Inputs, Plan, PlanItem, Slot, plan

NEW = 0
"""The id of an item that isn't on any roadmap yet."""


class Insert(NamedTuple):
    """A new item (its id is `NEW`) takes the rank that it carries; those from there on make room."""

    item: PlanItem


class Move(NamedTuple):
    """An item gets another rank of its team."""

    item: int
    rank: int


class Drop(NamedTuple):
    """An item is given up."""

    item: int


Change = Insert | Move | Drop


class Slip(NamedTuple):
    """How an item's end moves. Days are positive where it slips, negative where it comes sooner, None where one of the
    two dates doesn't exist. `cost` is value_per_week x weeks of slip at 50% (negative: gained), in points."""

    item: int
    team: int
    before: Slot
    after: Slot
    days50: int | None
    days85: int | None
    cost: float | None


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The plan before and after, and each item whose end moves, by the order of the plan after."""

    before: Plan
    after: Plan
    slips: Sequence[Slip]

    @property
    def cost(self) -> float:
        """Points lost (or, negative, gained) by all slips together; those without date aren't in it."""
        return sum(one.cost for one in self.slips if one.cost is not None)


def what_if(inputs: Inputs, changes: Iterable[Change], before: Plan | None = None) -> WhatIf:
    """What the changes, one after the other, do to everything in the plan. `before` saves planning again.

    Raises `KeyError` for items that aren't there.
    """
    items = list(inputs.items)
    for change in changes:
        items = changed(items, change)
    before = before or plan(inputs)
    efforts = {id: found for id, found in before.efforts.items() if id != NEW}
    after = plan(replace(inputs, items=items), efforts)
    return WhatIf(before, after, slips_of(before, after, {one.id: one.value for one in inputs.items}))


def slips_of(before: Plan, after: Plan, values: Mapping[int, float]) -> list[Slip]:
    """The items of both plans whose end at 50% or 85% differs."""
    known, moved = before.by_item(), []
    for slot in after.slots:
        old = known.get(slot.item)
        if old is not None and (old.day50, old.day85) != (slot.day50, slot.day85):
            moved.append(_slip(old, slot, values[slot.item]))
    moved.sort(key=lambda slip: (slip.team, slip.after.day50, slip.after.rank or 0))
    return moved


def _slip(old: Slot, new: Slot, value: float) -> Slip:
    dated = old.day50 < FAR and new.day50 < FAR
    surely = old.day85 < FAR and new.day85 < FAR
    days = new.day50 - old.day50
    return Slip(
        new.item, new.team, old, new, days if dated else None, new.day85 - old.day85 if surely else None,
        value * days / 7 if dated else None,
    )  # fmt: skip


def changed(items: Sequence[PlanItem], change: Change) -> list[PlanItem]:
    """The items with their ranks after a change; ranks stay dense."""
    if isinstance(change, Insert):
        new, rest = change.item, list(items)
    else:
        by_id = {one.id: one for one in items}
        new = by_id[change.item]
        rest = [one for one in items if one.id != change.item]
    if isinstance(change, Drop):
        new = new._replace(rank=None)
    if isinstance(change, Move):
        new = new._replace(rank=change.rank)
    ranked = sorted(
        (one for one in rest if one.team == new.team and one.rank is not None), key=lambda one: one.rank or 0
    )
    if new.rank is not None:
        place = min(max(new.rank, 1), len(ranked) + 1) - 1
        ranked.insert(place, new)
    ranks = {one.id: place for place, one in enumerate(ranked, 1)}
    if not isinstance(change, Drop):
        rest.append(new)
    return [
        one if one.team != new.team or one.rank == ranks.get(one.id) else one._replace(rank=ranks.get(one.id))
        for one in rest
    ]
