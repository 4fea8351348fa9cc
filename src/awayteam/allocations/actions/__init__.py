"""Every write of allocations, budgets and growth."""

from awayteam.allocations.actions.agendas import make_agendas
from awayteam.allocations.actions.answering import fix, plan
from awayteam.allocations.actions.asking import Wanted, ask, renewal_of
from awayteam.allocations.actions.budgets import declare, recount
from awayteam.allocations.actions.deciding import decline, grant, withdraw
from awayteam.allocations.actions.importing import Imported, import_allocations
from awayteam.allocations.actions.looking import look

__all__ = [
    "Imported",
    "Wanted",
    "ask",
    "declare",
    "decline",
    "fix",
    "grant",
    "import_allocations",
    "look",
    "make_agendas",
    "plan",
    "recount",
    "renewal_of",
    "withdraw",
]
