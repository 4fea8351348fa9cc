"""What edits of facts have in common, whatever they are about: one open edit for each field, beside the source's value.

The models (`catalog.Edit`, `organisation.FactEdit`) have the columns `field`, `value`, `declared`, `reason`, `made_at`
and `ended_at`, besides what they are about and who made them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from awayteam.kernel.errors import Conflict, NotFound

E = TypeVar("E", bound=Model)


def opened(
    edits: "QuerySet[E]",
    about: Mapping[str, Any],
    by: Mapping[str, Any],
    *,
    field: str,
    value: Any,
    current: Any,
    reason: str,
    now: datetime,
) -> E:
    """A new open edit in place of the former one, in the caller's transaction.

    `about` and `by` are the columns that say of what and by whom, `current` the value in force. Raises `Conflict` where
    the value is the same already.
    """
    former: Any = edits.filter(**about, field=field, ended_at=None).first()
    if value == (former.value if former else current):
        raise Conflict(f"{field} has this value already.", "Nothing needs to be changed.")
    if former is not None:
        former.ended_at = now
        former.save(update_fields=["ended_at"])
    declared = former.declared if former else current
    return edits.create(**about, **by, field=field, value=value, declared=declared, reason=reason, made_at=now)


def ended(edits: "QuerySet[E]", about: Mapping[str, Any], *, field: str, label: str, now: datetime) -> E:
    """The open edit of a field, taken back in the caller's transaction; raises `NotFound` where there is none."""
    edit: Any = edits.filter(**about, field=field, ended_at=None).first()
    if edit is None:
        raise NotFound(f"{label} has no edit of {field!r}.")
    edit.ended_at = now
    edit.save(update_fields=["ended_at"])
    found: E = edit
    return found
