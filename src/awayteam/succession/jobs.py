"""What the worker looks after: proposals and evidence once a day; owners that changed and people who left sooner."""

from awayteam.kernel.jobs import Job
from awayteam.succession.actions.watching import lapse_overtaken, look_again, pass_on, propose_all

DAY_SECONDS = 86_400
JOBS = (
    Job("succession.proposals", DAY_SECONDS, propose_all, lease_seconds=3600),
    Job("succession.evidence", DAY_SECONDS, look_again, lease_seconds=3600),
    Job("succession.overtaken", 300, lapse_overtaken),
    Job("succession.turns", 900, pass_on),
)
