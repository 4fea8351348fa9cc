"""What the worker looks after: open changes whose verdict may be another by now."""

from awayteam.gate.actions import rejudging
from awayteam.kernel.jobs import Job

JUDGING = Job(name="gate.judging", every_seconds=2, run=rejudging.run, pending=rejudging.is_due)
