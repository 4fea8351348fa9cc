"""Following the event log, and turns of those who left, again and again."""

from awayteam.credit.actions.turning import pass_on, stranded
from awayteam.credit.deriving import derive, pending
from awayteam.kernel.jobs import Job

DERIVE = Job("credit", 60, derive, pending=pending)
TURNS = Job("credit.turns", 3600, pass_on, pending=lambda now: stranded(now).exists())
