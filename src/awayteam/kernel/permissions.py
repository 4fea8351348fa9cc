"""The answer to "may this actor do that": one shape for every app, always with its reason."""

from dataclasses import dataclass

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
