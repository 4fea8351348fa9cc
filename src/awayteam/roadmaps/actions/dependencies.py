"""What an item needs before it can start, in the same team or another."""

from datetime import datetime

from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput
from awayteam.kernel.events import EventName
from awayteam.roadmaps import facts
from awayteam.roadmaps.actions.base import Displaced, changing, fresh, subject
from awayteam.roadmaps.choices import ItemState
from awayteam.roadmaps.models import Dependency, Item
from awayteam.roadmaps.permissions import Verb
from awayteam.roadmaps.rules.circles import way

STEPS = 500
"""Longest chain of needs that is followed."""


def depend(
    *, actor: Actor, now: datetime, item: Item, needs: Item, reason: str, version: int | None = None
) -> Displaced:
    """Say that `item` can't start before `needs` is done. Raises `Conflict` naming the circle that would close."""
    problems: dict[str, str] = {}
    facts.text(problems, "reason", reason, 2_000)
    facts.refuse(problems, "The reason can't be used.")
    if item.pk == needs.pk:
        raise InvalidInput("An item can't need itself.", "Name another one.", {"needs": "is the item itself"})
    with changing(item.team, actor=actor, now=now, reason=reason, verb=Verb.EDIT, version=version) as change:
        row, other = fresh(item), fresh(needs)
        for one in (row, other):
            if one.state in {ItemState.DONE, ItemState.DROPPED}:
                raise Conflict(f"{one} is {one.state}.", "Only what is planned or in work waits or is waited for.")
        if Dependency.objects.filter(item=row, needs=other).exists():
            raise Conflict(f"{row} needs {other} already.", "Nothing needs to be changed.")
        _refuse_circle(row, other)
        Dependency.objects.create(item=row, needs=other, reason=reason, created_at=now)
        change.tell(EventName.ITEM_DEPENDENCY_ADDED, subject(row), team=row.team_id, needs=other.pk, title=other.title)
    return change.displaced


def undepend(
    *, actor: Actor, now: datetime, item: Item, needs: Item, reason: str, version: int | None = None
) -> Displaced:
    """Say that `item` no longer waits for `needs`. Raises `Conflict` where it doesn't."""
    with changing(item.team, actor=actor, now=now, reason=reason, verb=Verb.EDIT, version=version) as change:
        row = fresh(item)
        if not Dependency.objects.filter(item=row, needs=needs).delete()[0]:
            raise Conflict(f"{row} doesn't need {needs}.", "Nothing needs to be changed.")
        change.tell(
            EventName.ITEM_DEPENDENCY_REMOVED, subject(row), team=row.team_id, needs=needs.pk, title=needs.title
        )
    return change.displaced


def _refuse_circle(item: Item, needs: Item) -> None:
    graph: dict[int, list[int]] = {}
    ahead = {needs.pk}
    for _ in range(STEPS):
        rows = list(Dependency.objects.filter(item__in=ahead).values_list("item_id", "needs_id"))
        for one, need in rows:
            graph.setdefault(one, []).append(need)
        ahead = {need for _, need in rows} - graph.keys()
        if not ahead or item.pk in ahead:
            break
    found = way(graph, needs.pk, item.pk)
    if found is not None:
        titles = dict(Item.objects.filter(pk__in=found).values_list("pk", "title"))
        circle = " needs ".join(f"“{titles[pk]}”" for pk in [item.pk, *found])
        raise Conflict(f"That would close a circle: {circle}.", "Take one of these needs away first.")
