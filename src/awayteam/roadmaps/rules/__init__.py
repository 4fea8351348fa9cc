"""The rules of goals and roadmaps: pure functions over plain values."""

from awayteam.roadmaps.rules.capacity import FAR, Capacity, Note, Presence, capacity_of
from awayteam.roadmaps.rules.effort import UNITS, Accuracy, Estimate, accuracy_of
from awayteam.roadmaps.rules.order import (
    Suggested,
    funded,
    funded_until,
    gain,
    last_funded,
    order_by_value_over_effort,
    outvalued,
    reordered,
    score,
)
from awayteam.roadmaps.rules.plan import Inputs, Plan, PlanItem, Slot, Why, plan
from awayteam.roadmaps.rules.ranks import RankOption, at_each_rank
from awayteam.roadmaps.rules.whatif import NEW, Drop, Insert, Move, Slip, WhatIf, what_if

__all__ = [
    "FAR",
    "NEW",
    "UNITS",
    "Accuracy",
    "Capacity",
    "Drop",
    "Estimate",
    "Inputs",
    "Insert",
    "Move",
    "Note",
    "Plan",
    "PlanItem",
    "Presence",
    "RankOption",
    "Slip",
    "Slot",
    "Suggested",
    "WhatIf",
    "Why",
    "accuracy_of",
    "at_each_rank",
    "capacity_of",
    "funded",
    "funded_until",
    "gain",
    "last_funded",
    "order_by_value_over_effort",
    "outvalued",
    "plan",
    "reordered",
    "score",
    "what_if",
]
