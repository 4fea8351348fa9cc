"""Roadmaps for tests of the rules: small ones by Hypothesis, and what they need around them."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from hypothesis import strategies as st

from awayteam.kernel.businesstime import Calendar
from awayteam.roadmaps.rules import Accuracy, Capacity, Inputs, Note, PlanItem, Presence, capacity_of

TODAY = date(2026, 11, 23)
"""A Monday."""


def capacity(
    people: Sequence[Presence] | None = None, notes: Sequence[Note] = (), days: int = 364, **calendar: Any
) -> Capacity:
    return capacity_of(calendar=Calendar(**calendar), start=TODAY, days=days, people=people, notes=notes)


def item(id: int, effort: float = 1.0, *, team: int = 1, rank: int | None = None, **more: Any) -> PlanItem:
    """An item whose estimate has no range."""
    return PlanItem(id, team, id if rank is None else rank, effort, effort, effort, **more)


def exact(items: Sequence[PlanItem], **more: Any) -> Inputs:
    """Inputs whose teams work full weeks and estimate well."""
    teams = {one.team for one in items}
    return Inputs(
        items=items,
        capacity={team: capacity() for team in teams},
        today=TODAY,
        accuracy={team: Accuracy(doubt=0.0) for team in teams},
        **more,
    )


@st.composite
def roadmaps(draw: st.DrawFn, teams: int = 3, most: int = 7, needs: bool = True, circles: bool = False) -> Inputs:
    """Some teams with ranked items; needs go to any item (only to lower ids unless `circles`)."""
    items: list[PlanItem] = []
    for team in range(1, draw(st.integers(1, teams)) + 1):
        for rank in range(1, draw(st.integers(0, most)) + 1):
            low = draw(st.integers(1, 12)) / 4
            likely = low + draw(st.integers(0, 8)) / 4
            high = likely + draw(st.integers(0, 12)) / 4
            value = float(draw(st.integers(0, 20)))
            items.append(PlanItem(len(items) + 1, team, rank, low, likely, high, value))
    if needs and len(items) > 1:
        order = draw(st.permutations(range(len(items))))
        for place, number in enumerate(order):
            others = order if circles else order[:place]
            chosen = draw(st.lists(st.sampled_from(others), max_size=2, unique=True)) if others else []
            items[number] = items[number]._replace(needs=tuple(items[other].id for other in chosen if other != number))
    count = {one.team for one in items}
    started = draw(st.sets(st.sampled_from(sorted(count)))) if count else set()
    items = [
        one._replace(started=True, spent=0.5) if one.rank == 1 and one.team in started and not one.needs else one
        for one in items
    ]
    kinds = {
        "whole": {},
        "half gone": {"people": [Presence(), Presence(ends=date(2026, 12, 14))]},
        "holidays": {"country": "DE"},
        "pause": {"notes": [Note(date(2026, 12, 1), date(2026, 12, 20), share=0.0)]},
    }
    chosen_kinds = {team: draw(st.sampled_from(sorted(kinds))) for team in sorted(count)}
    accuracy = {team: draw(st.sampled_from([Accuracy(), Accuracy(9, 1.4, 0.4, 0.2, 0.6)])) for team in sorted(count)}
    return Inputs(items, {team: capacity(**kinds[kind]) for team, kind in chosen_kinds.items()}, TODAY, {}, accuracy)
