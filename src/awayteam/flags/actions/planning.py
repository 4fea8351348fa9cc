"""Plans: changes of a flag that happen by themselves at a time."""

from datetime import datetime, timedelta

from django.db import transaction

from awayteam.flags.actions.common import hold, read, setting_of, subject
from awayteam.flags.actions.defining import define, kill, release
from awayteam.flags.models import Environment, Flag, Plan
from awayteam.flags.rules import Deed
from awayteam.kernel import events
from awayteam.kernel.actor import SYSTEM, Actor
from awayteam.kernel.errors import AwayteamError, Conflict, InvalidInput, NotFound
from awayteam.kernel.events import EventName
from awayteam.organisation.rules import require_reason

FURTHEST = timedelta(days=3650)
AT_ONCE = 100
MOST_WAITING = 50


def plan(
    flag: Flag,
    environment: Environment,
    at: datetime,
    deed: Deed,
    *,
    actor: Actor,
    now: datetime,
    reason: str,
    text: str = "",
    variant: str = "",
) -> Plan:
    """Let `deed` happen at `at`: DEFINE needs `text`, KILL may name a `variant`. What can't be used is refused now.

    Raises `NotFound`, `NotAllowed`, `InvalidInput`, `Conflict` (too many are waiting).
    """
    require_reason(reason)
    if not now < at <= now + FURTHEST:
        what = "lies ahead, and at most ten years"
        raise InvalidInput(f"The time of a plan {what}.", "Choose another time.", {"at": what})
    with transaction.atomic():
        row = hold(flag, actor=actor, now=now)
        setting = setting_of(row, environment)
        if setting.plans.filter(done_at=None, cancelled_at=None).count() >= MOST_WAITING:
            raise Conflict(f"{MOST_WAITING} plans of {row.key} are waiting already.", "Cancel some first.")
        if deed is Deed.DEFINE and read(row.key, text, environment).flag.kind != row.kind:
            what = f"The variants of {row.key} are of kind {row.kind}."
            raise InvalidInput(what, "Keep to it.", {"definition": what})
        variants = read(row.key, setting.definition.text, environment, as_is=True).flag.variants
        if deed is Deed.KILL and variant and variant not in variants:
            raise InvalidInput(f"{row.key} has no variant {variant[:60]!r}.", fields={"variant": "no such variant"})
        made = Plan.objects.create(
            setting=setting, at=at, deed=deed.value, text=text if deed is Deed.DEFINE else "",
            variant=variant if deed is Deed.KILL else "", reason=reason.strip(), created_by_id=actor.person_id,
            label=actor.label[:200], created_at=now,
        )  # fmt: skip
        data = {"environment": environment.key, "at": at.isoformat(), "deed": deed.value, "plan": made.pk}
        events.append(EventName.FLAG_PLANNED, subject=subject(row), actor=actor, now=now, reason=reason, data=data)
    return made


def cancel_plan(planned: Plan, *, actor: Actor, now: datetime, reason: str = "") -> Plan:
    """Take a plan back before its time. Raises `NotFound`, `NotAllowed`, `Conflict` (done or cancelled already)."""
    with transaction.atomic():
        hold(planned.setting.flag, actor=actor, now=now)
        row = Plan.objects.select_for_update(of=("self",)).select_related("setting__environment").filter(pk=planned.pk)
        found = row.first()
        if found is None:
            raise NotFound("There is no such plan.")
        if found.done_at is not None or found.cancelled_at is not None:
            raise Conflict("This plan is done or cancelled already.", "Look at it again.")
        found.cancelled_at = now
        found.save(update_fields=["cancelled_at"])
        data = {"environment": found.setting.environment.key, "plan": found.pk}
        name = EventName.FLAG_PLAN_CANCELLED
        events.append(name, subject=subject(planned.setting.flag), actor=actor, now=now, reason=reason, data=data)
    return found


def run_plans(now: datetime) -> int:
    """Do the plans whose time has come; returns how many. One that can't be done says so, and the others go on."""
    due = Plan.objects.filter(at__lte=now, done_at=None, cancelled_at=None).order_by("at", "pk")
    return sum(_run(pk, now) for pk in due.values_list("pk", flat=True)[:AT_ONCE])


def _run(pk: int, now: datetime) -> int:
    with transaction.atomic():
        rows = Plan.objects.select_for_update(of=("self",), skip_locked=True)
        waiting = rows.filter(pk=pk, done_at=None, cancelled_at=None)
        row = waiting.select_related("setting__flag", "setting__environment").first()
        if row is None:
            return 0
        flag, environment = row.setting.flag, row.setting.environment
        reason = f"As {row.label} planned: {row.reason}"[:2000]
        try:
            with transaction.atomic():
                if row.deed == Deed.DEFINE:
                    define(flag, environment, row.text, actor=SYSTEM, now=now, reason=reason)
                elif row.deed == Deed.KILL:
                    kill(flag, environment, actor=SYSTEM, now=now, reason=reason, variant=row.variant)
                else:
                    release(flag, environment, actor=SYSTEM, now=now, reason=reason)
        except AwayteamError as error:
            row.failed = str(error)[:2000]
            data = {"environment": environment.key, "plan": row.pk}
            name = EventName.FLAG_PLAN_FAILED
            events.append(name, subject=subject(flag), actor=SYSTEM, now=now, reason=row.failed, data=data)
        row.done_at = now
        row.save(update_fields=["done_at", "failed"])
    return 1
