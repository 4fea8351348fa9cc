"""The answer to "may this actor do that": one shape for every app, always with its reason."""

from dataclasses import dataclass

from awayteam.kernel.actor import Actor, ActorKind
from awayteam.kernel.errors import NotAllowed


@dataclass(frozen=True, slots=True)
class Decision:
    """`reason` is a sentence for people; `rule` names the rule that decided, for the audit and for tests."""

    allowed: bool
    reason: str
    rule: str

    def __bool__(self) -> bool:
        return self.allowed

    def require(self) -> None:
        """Raise `NotAllowed` with the reason unless allowed."""
        if not self.allowed:
            raise NotAllowed(self.reason)


def may_write(actor: Actor) -> Decision:
    """Whether the actor may change anything at all: everybody who is signed in, but with a token that only reads.

    Use it as `if not (writes := may_write(actor)): return writes`. A refusal is false, so that what is written as
    `refusal or allowed` would let everybody in; there is no form of this that returns nothing for "may".
    """
    if actor.kind is ActorKind.ANONYMOUS:
        return Decision(False, "Sign in first.", "signed-in")
    if not actor.may_write:
        return Decision(False, "This token may only read.", "token-scope")
    return Decision(True, "You may write.", "token-scope")


def seen_by_all(actor: Actor, what: str, *, viewing: bool) -> Decision:
    """Whether `actor` may view `what` ("sources"), as everybody who is signed in may, or else change it, as
    administrators may."""
    if actor.kind is ActorKind.ANONYMOUS:
        return Decision(False, f"Sign in to see the {what}.", "signed-in")
    if viewing:
        return Decision(True, f"Everybody who is signed in sees the {what}.", "reading-is-open")
    if not (writes := may_write(actor)):
        return writes
    if actor.is_administrator:
        return Decision(True, f"Administrators look after the {what}.", "administrator")
    return Decision(False, f"Only administrators look after the {what}.", "administrator")


def administrators_only(actor: Actor, what: str) -> Decision:
    """Whether `actor` may do `what` ("retry messages"), which is for administrators with a scope to write."""
    if not actor.is_administrator:
        return Decision(False, f"Only administrators may {what}.", "administrator")
    if not (writes := may_write(actor)):
        return writes
    return Decision(True, "Administrators may.", "administrator")
