"""What the worker does again and again: the nightly look, agendas, reminders, turns of those who left."""

from datetime import datetime

from awayteam.allocations.actions import agendas, ending, looking
from awayteam.kernel.jobs import Job


def _look(now: datetime) -> int:
    return looking.look(now).series


LOOK = Job("allocations.look", 900, _look, pending=looking.is_due, lease_seconds=3_600)
AGENDAS = Job("allocations.agendas", 3_600, agendas.make_agendas, pending=agendas.is_due)
REMINDERS = Job("allocations.reminders", 3_600, ending.remind, pending=lambda now: ending.ending(now).exists())
TURNS = Job("allocations.turns", 3_600, ending.pass_on, pending=lambda now: ending.stranded(now).exists())
ALL = (LOOK, AGENDAS, REMINDERS, TURNS)
