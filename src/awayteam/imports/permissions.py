"""Who may look after sources: administrators, and the software itself. Everybody signed in may see them."""

from datetime import datetime
from enum import StrEnum

from awayteam.kernel.actor import Actor, ActorKind
from awayteam.kernel.permissions import Decision
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
    if actor.kind is ActorKind.ANONYMOUS:
        return Decision(False, "Sign in to see sources.", "signed-in")
    if verb is Verb.VIEW:
        return Decision(True, "Everybody who is signed in sees the sources.", "reading-is-open")
    if not actor.may_write:
        return Decision(False, "This token may only read.", "token-scope")
    if actor.is_administrator:
        return Decision(True, "Administrators look after the sources.", "administrator")
    return Decision(False, "Only administrators look after the sources.", "administrator")
