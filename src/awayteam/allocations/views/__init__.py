"""Pages of budgets, allocations, growth and agendas."""

from awayteam.allocations.views.lists import agenda, agendas, allocations, budget, budgets, capacity, consumer, growths
from awayteam.allocations.views.stories import allocation, allocation_verb, ask, growth, growth_verb

__all__ = [
    "agenda",
    "agendas",
    "allocation",
    "allocation_verb",
    "allocations",
    "ask",
    "budget",
    "budgets",
    "capacity",
    "consumer",
    "growth",
    "growth_verb",
    "growths",
]
