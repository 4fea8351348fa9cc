"""Plans whose time has come, and flags that became stale, again and again."""

from awayteam.flags.actions import ask_about_stale, run_plans
from awayteam.flags.models import Flag, Plan
from awayteam.kernel.jobs import Job

PLANS = Job(
    "flags.plans",
    5,
    run_plans,
    pending=lambda now: Plan.objects.filter(at__lte=now, done_at=None, cancelled_at=None).exists(),
)
STALE = Job(
    "flags.stale",
    3600,
    ask_about_stale,
    pending=lambda _now: Flag.objects.filter(archived_at=None, asked_at=None).exists(),
)
