"""How the ledger follows the event log: what is read of it, and how entries are written."""

from awayteam.credit.deriving.ledger import Rebuilt, derive, pending, rebuild, record
from awayteam.credit.deriving.units import note_units

__all__ = ["Rebuilt", "derive", "note_units", "pending", "rebuild", "record"]
