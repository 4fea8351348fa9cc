"""A flag itself: made, edited, archived, and brought back."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from awayteam.flags.actions.asking import stop_asking
from awayteam.flags.actions.common import bump, hold, read, subject, touch
from awayteam.flags.actions.defining import write
from awayteam.flags.models import Environment, Flag, Plan, Setting
from awayteam.flags.permissions import Verb, can
from awayteam.flags.rules import PASSING, Purpose, wrong_key
from awayteam.kernel import events, rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput
from awayteam.kernel.events import EventName
from awayteam.organisation.models import Team
from awayteam.organisation.rules import require_reason

MAX_TITLE, MAX_DESCRIPTION = 200, 20_000
FURTHEST_DAYS = 3650


@dataclass(frozen=True, slots=True)
class Wanted:
    """A flag that somebody wants. `text` is its definition in each of `environments` (all of them where empty).

    Without `remove_on`, flags of releases and experiments get the rulebook's.
    """

    key: str
    owner: Team
    text: str
    purpose: Purpose = Purpose.RELEASE
    title: str = ""
    description: str = ""
    remove_on: date | None = None
    environments: Collection[Environment] = ()


def create(wanted: Wanted, *, actor: Actor, now: datetime, reason: str, as_is: bool = False) -> Flag:
    """Make a flag with its first definition. Raises `NotAllowed`, `InvalidInput`, `Conflict` (the key is taken)."""
    require_reason(reason)
    can(actor, Verb.CREATE, wanted.owner, now).require()
    environments = list(wanted.environments) or list(Environment.objects.all())
    _check(wanted, environments, now)
    with transaction.atomic():
        if Flag.objects.filter(key=wanted.key).exists():
            raise Conflict(f"There is a flag {wanted.key} already.", "Choose another key, or change that one.")
        made = {one.pk: read(wanted.key, wanted.text, one, as_is=as_is) for one in environments}
        kind = next(iter(made.values())).flag.kind
        assert kind is not None
        row = Flag.objects.create(
            key=wanted.key, title=wanted.title.strip(), description=wanted.description.strip(), owner=wanted.owner,
            kind=kind.value, purpose=wanted.purpose.value, remove_on=wanted.remove_on or _removal(wanted.purpose, now),
            created_by_id=actor.person_id, created_at=now, changed_at=now,
        )  # fmt: skip
        data = {"owner": wanted.owner.ref, "purpose": wanted.purpose.value}
        events.append(EventName.FLAG_CREATED, subject=subject(row), actor=actor, now=now, reason=reason, data=data)
        for one in environments:
            write(row, one, wanted.text, made[one.pk], actor=actor, now=now, reason=reason)
    return row


def _removal(purpose: Purpose, now: datetime) -> date | None:
    return now.date() + timedelta(days=rulebook.current().flags.remove_days) if purpose in PASSING else None


def _check(wanted: Wanted, environments: list[Environment], now: datetime) -> None:
    wrong: dict[str, str] = {}
    if what := wrong_key(wanted.key):
        wrong["key"] = what
    if not environments:
        wrong["environments"] = "there is none yet; an administrator makes one"
    if wanted.owner.is_unit or wanted.owner.dissolved_at is not None:
        wrong["owner"] = "is a team that there is, not a unit"
    wrong |= _wrong_words(wanted.title, wanted.description, wanted.remove_on, now)
    if wrong:
        raise InvalidInput("The flag can't be made.", "; ".join(f"{k}: {v}" for k, v in wrong.items()) + ".", wrong)


def _wrong_words(title: str, description: str, remove_on: date | None, now: datetime) -> dict[str, str]:
    wrong = {}
    for name, text, most in (("title", title, MAX_TITLE), ("description", description, MAX_DESCRIPTION)):
        if "\0" in text or len(text) > most:
            wrong[name] = f"has at most {most:,} characters"
    if remove_on is not None and not now.date() <= remove_on <= now.date() + timedelta(days=FURTHEST_DAYS):
        wrong["remove_on"] = f"lies from today to {FURTHEST_DAYS} days ahead"
    return wrong


def edit(
    flag: Flag,
    *,
    actor: Actor,
    now: datetime,
    reason: str,
    version: int | None = None,
    title: str | None = None,
    description: str | None = None,
    owner: Team | None = None,
    purpose: Purpose | None = None,
    remove_on: date | None = None,
    no_removal: bool = False,
) -> Flag:
    """Change what is said of a flag; None leaves a field as it is, `no_removal` takes the date of removal away.

    A new owner is one of the actor's own teams too, or takes a manager of both. Raises as `create`.
    """
    require_reason(reason)
    with transaction.atomic():
        row = hold(flag, actor=actor, now=now, version=version)
        if owner is not None and owner.pk != row.owner_id:
            can(actor, Verb.CREATE, owner, now).require()
        unchanged = remove_on if remove_on != row.remove_on else None
        wrong = _wrong_words(title or "", description or "", unchanged, now)
        kept = purpose or Purpose(row.purpose)
        if no_removal and kept in PASSING:
            wrong["remove_on"] = f"is needed for a flag of a{'n' if kept is Purpose.EXPERIMENT else ''} {kept}"
        if wrong:
            raise InvalidInput("The flag can't be changed so.", "Mend these.", wrong)
        wanted: dict[str, Any] = {
            "title": title.strip() if title is not None else None,
            "description": description.strip() if description is not None else None,
            "owner": owner, "purpose": purpose.value if purpose else None, "remove_on": remove_on,
        }  # fmt: skip
        changed = {name: value for name, value in wanted.items() if value is not None and value != getattr(row, name)}
        if no_removal and row.remove_on is not None:
            changed["remove_on"] = None
        if not changed:
            return row
        before = {name: _plain(getattr(row, name)) for name in changed}
        touch(row, now, **changed)
        events.append(
            EventName.FLAG_EDITED, subject=subject(row), actor=actor, now=now, reason=reason,
            changes={name: (before[name], _plain(value)) for name, value in changed.items()},
        )  # fmt: skip
    return row


def _plain(value: Any) -> Any:
    return value.ref if isinstance(value, Team) else value.isoformat() if isinstance(value, date) else value


def archive(flag: Flag, *, actor: Actor, now: datetime, reason: str, version: int | None = None) -> Flag:
    """Say that the flag is gone from the code: it is served no more, its plans are cancelled. `restore` undoes it."""
    require_reason(reason)
    with transaction.atomic():
        row = hold(flag, actor=actor, now=now, version=version)
        stop_asking(row, actor=actor, now=now)
        touch(row, now, archived_at=now, asked_at=None, asked_why="")
        Plan.objects.filter(setting__flag=row, done_at=None, cancelled_at=None).update(cancelled_at=now)
        bump(list(Setting.objects.filter(flag=row).values_list("environment_id", flat=True)), now)
        events.append(EventName.FLAG_ARCHIVED, subject=subject(row), actor=actor, now=now, reason=reason)
    return row


def restore(flag: Flag, *, actor: Actor, now: datetime, reason: str, version: int | None = None) -> Flag:
    """Serve an archived flag again, with the definitions that it had."""
    require_reason(reason)
    with transaction.atomic():
        row = hold(flag, actor=actor, now=now, version=version, archived=True)
        touch(row, now, archived_at=None)
        bump(list(Setting.objects.filter(flag=row).values_list("environment_id", flat=True)), now)
        events.append(EventName.FLAG_RESTORED, subject=subject(row), actor=actor, now=now, reason=reason)
    return row
