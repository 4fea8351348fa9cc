"""Who may look after sources: administrators, and the software itself. Everybody signed in may see them."""

from datetime import datetime
from enum import StrEnum

from awayteam.kernel.actor import Actor
from awayteam.kernel.permissions import Decision, seen_by_all
from awayteam.sources.models import Source


class Verb(StrEnum):
    CREATE = "source.create"
    REFRESH = "source.refresh"
    REMOVE = "source.remove"
    RENAME = "source.rename"
    UPDATE = "source.update"
    VIEW = "source.view"


def can(actor: Actor, verb: Verb, source: Source | None = None, now: datetime | None = None) -> Decision:  # noqa: ARG001
    """Whether `actor` may do `verb` to `source` (None for a new one)."""
    return seen_by_all(actor, "sources", viewing=verb is Verb.VIEW)
