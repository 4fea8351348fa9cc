"""What every write of flags needs: the rows held, the words of refusals, and the bump that servers look for."""

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import F

from awayteam.flags.evaluating import BadDefinition
from awayteam.flags.models import Environment, Flag, Setting
from awayteam.flags.permissions import Verb, can
from awayteam.flags.rules import Written, read_definition
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput, NotFound
from awayteam.kernel.events import Subject


def subject(flag: Flag) -> Subject:
    return Subject("flag", flag.pk, flag.key)


def hold(flag: Flag, *, actor: Actor, now: datetime, version: int | None = None, archived: bool = False) -> Flag:
    """The flag as it is now, locked until the transaction ends, which the actor may change.

    Raises `NotFound`, `NotAllowed`; `Conflict` where it isn't at `version` any more, or is archived (or isn't).
    """
    row = Flag.objects.select_for_update(of=("self",)).select_related("owner").filter(pk=flag.pk).first()
    if row is None:
        raise NotFound("There is no such flag.")
    can(actor, Verb.CHANGE, row, now).require()
    if version is not None and row.version != version:
        raise Conflict("Somebody changed this flag meanwhile.", "Look at it again before you go on.")
    if (row.archived_at is not None) is not archived:
        raise Conflict(f"{row.key} is {'not ' if archived else ''}archived.", "Look at it again.")
    return row


def touch(flag: Flag, now: datetime, **changes: Any) -> None:
    """Write changes of a held flag, and count them."""
    flag.version, flag.changed_at = flag.version + 1, now
    for name, value in changes.items():
        setattr(flag, name, value)
    flag.save(update_fields=[*changes, "version", "changed_at"])


def bump(environments: Collection[int], now: datetime) -> None:
    """Let those who serve these environments notice that something changed."""
    Environment.objects.filter(pk__in=environments).update(version=F("version") + 1, changed_at=now)


def setting_of(flag: Flag, environment: Environment) -> Setting:
    """What the flag is in the environment, locked. Raises `NotFound` where it isn't defined there."""
    rows = Setting.objects.select_for_update(of=("self",)).select_related("definition")
    row = rows.filter(flag=flag, environment=environment).first()
    if row is None:
        raise NotFound(f"{flag.key} isn't defined in {environment}.", "Define it there first.")
    return row


def evaluators_of(environment: Environment) -> dict[str, Any]:
    found = json.loads(environment.evaluators)
    return found if isinstance(found, dict) else {}


def read(key: str, text: str, environment: Environment, *, as_is: bool = False, field: str = "definition") -> Written:
    """The definition, or `InvalidInput` with every problem and its line."""
    try:
        return read_definition(key, text, evaluators_of(environment), as_is=as_is)
    except BadDefinition as error:
        raise refused(error, field) from None


def refused(error: BadDefinition, field: str = "definition") -> InvalidInput:
    words = "; ".join(str(one) for one in error.problems[:10])
    problems = [{"where": one.where, "line": one.line, "what": one.what} for one in error.problems]
    return InvalidInput(
        "The definition can't be used.", f"Mend it: {words}.", {field: words}, {"problems": problems}
    )  # fmt: skip
