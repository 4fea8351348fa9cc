"""Following the event log, again and again."""

from awayteam.credit.deriving import derive, pending
from awayteam.kernel.jobs import Job

JOB = Job("credit", 60, derive, pending=pending)
