"""What a flag is in an environment: definitions one after another, roll-backs, and the kill switch."""

from datetime import datetime

from django.db import transaction

from awayteam.flags.actions.common import bump, hold, read, setting_of, subject, touch
from awayteam.flags.models import Definition, Environment, Flag, Setting
from awayteam.flags.rules import Written, everybody
from awayteam.kernel import events
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput, NotFound
from awayteam.kernel.events import EventName
from awayteam.organisation.rules import require_reason


def define(
    flag: Flag,
    environment: Environment,
    text: str,
    *,
    actor: Actor,
    now: datetime,
    reason: str,
    number: int | None = None,
    as_is: bool = False,
) -> Definition:
    """Let the flag be this in the environment from now on; the same text again changes nothing.

    `number` is the definition that the writer saw (0: none). `as_is`: take a targeting with problems too; the flag
    then answers PARSE_ERROR. Raises `NotFound`, `NotAllowed`, `InvalidInput` (with lines), `Conflict`.
    """
    require_reason(reason)
    with transaction.atomic():
        row = hold(flag, actor=actor, now=now)
        made = read(row.key, text, environment, as_is=as_is)
        if made.flag.kind != row.kind:
            what = f"The variants of {row.key} are of kind {row.kind}, not {made.flag.kind}."
            raise InvalidInput(what, "Code relies on it: make another flag.", {"definition": what})
        return write(row, environment, text, made, actor=actor, now=now, reason=reason, number=number)


def write(
    row: Flag,
    environment: Environment,
    text: str,
    made: Written,
    *,
    actor: Actor,
    now: datetime,
    reason: str,
    number: int | None = None,
    restored: int | None = None,
) -> Definition:
    """Append a definition that was read, and serve it. The flag is held."""
    setting = Setting.objects.select_related("definition").filter(flag=row, environment=environment).first()
    before = setting.definition if setting is not None else None
    seen = before.number if before is not None else 0
    if number is not None and number != seen:
        raise Conflict(f"{row.key} was changed in {environment} meanwhile.", "Look at it again before you go on.")
    if before is not None and before.text == text:
        return before
    if setting is not None and setting.killed_variant and setting.killed_variant not in made.flag.variants:
        what = f"Everybody gets {setting.killed_variant!r} now by the kill switch, which is no variant of this."
        raise InvalidInput(what, "Keep the variant, or release the flag first.", {"definition": what})
    definition = Definition.objects.create(
        flag=row, environment=environment, number=seen + 1, text=text, number_restored=restored,
        reason=reason.strip(), person_id=actor.person_id, label=actor.label[:200], at=now,
    )  # fmt: skip
    _serve(row, environment, definition, everybody(made.data), now)
    touch(row, now)
    bump([environment.pk], now)
    name = EventName.FLAG_DEFINED if restored is None else EventName.FLAG_ROLLED_BACK
    data = {"environment": environment.key, "number": definition.number, "restored": restored}
    changes = {"definition": (before.number if before else None, definition.number)}
    events.append(name, subject=subject(row), actor=actor, now=now, reason=reason, changes=changes, data=data)
    return definition


def _serve(flag: Flag, environment: Environment, definition: Definition, only: str, now: datetime) -> None:
    """`since` moves unless everybody goes on getting the same variant."""
    setting = Setting.objects.filter(flag=flag, environment=environment).first()
    if setting is None:
        Setting.objects.create(flag=flag, environment=environment, definition=definition, everybody=only, since=now)
        return
    if not only or only != setting.everybody:
        setting.since = now
    setting.definition, setting.everybody = definition, only
    setting.save(update_fields=["definition", "everybody", "since"])


def roll_back(
    flag: Flag, environment: Environment, number: int, *, actor: Actor, now: datetime, reason: str
) -> Definition:
    """Bring an earlier definition back, as a new one. Raises as `define`; `NotFound` where there is no such number."""
    require_reason(reason)
    with transaction.atomic():
        row = hold(flag, actor=actor, now=now)
        former = Definition.objects.filter(flag=row, environment=environment, number=number).first()
        if former is None:
            raise NotFound(f"{row.key} has no definition {number} in {environment}.")
        made = read(row.key, former.text, environment, as_is=True)
        return write(row, environment, former.text, made, actor=actor, now=now, reason=reason, restored=number)


def kill(
    flag: Flag, environment: Environment, *, actor: Actor, now: datetime, reason: str, variant: str = ""
) -> Setting:
    """Give everybody one variant at once ("": the default in their code), whatever the definition says.

    Raises `NotFound`, `NotAllowed`, `InvalidInput` (no such variant), `Conflict` (killed already).
    """
    require_reason(reason)
    with transaction.atomic():
        row = hold(flag, actor=actor, now=now)
        setting = setting_of(row, environment)
        if setting.killed_at is not None:
            raise Conflict(f"{row.key} is switched off in {environment} already.", "Release it first.")
        if variant and variant not in read(row.key, setting.definition.text, environment, as_is=True).flag.variants:
            raise InvalidInput(f"{row.key} has no variant {variant[:60]!r}.", fields={"variant": "no such variant"})
        setting.killed_at, setting.killed_variant, setting.since = now, variant, now
        setting.killed_why, setting.killed_by = reason.strip(), actor.label[:200]
        setting.save(update_fields=["killed_at", "killed_variant", "killed_why", "killed_by", "since"])
        touch(row, now)
        bump([environment.pk], now)
        data = {"environment": environment.key, "variant": variant}
        events.append(EventName.FLAG_KILLED, subject=subject(row), actor=actor, now=now, reason=reason, data=data)
    return setting


def release(flag: Flag, environment: Environment, *, actor: Actor, now: datetime, reason: str) -> Setting:
    """Let the definition hold again after `kill`. Raises as it; `Conflict` where nothing is switched off."""
    require_reason(reason)
    with transaction.atomic():
        row = hold(flag, actor=actor, now=now)
        setting = setting_of(row, environment)
        if setting.killed_at is None:
            raise Conflict(f"{row.key} isn't switched off in {environment}.", "Look at it again.")
        setting.killed_at, setting.killed_variant, setting.since = None, "", now
        setting.killed_why = setting.killed_by = ""
        setting.save(update_fields=["killed_at", "killed_variant", "killed_why", "killed_by", "since"])
        touch(row, now)
        bump([environment.pk], now)
        data = {"environment": environment.key}
        events.append(EventName.FLAG_RELEASED, subject=subject(row), actor=actor, now=now, reason=reason, data=data)
    return setting
