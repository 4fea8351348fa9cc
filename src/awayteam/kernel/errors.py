"""Errors that every interface renders well: a status, what is wrong, and what to do."""

from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass
class AwayteamError(Exception):
    """Something that the person or program who asked can understand and act on.

    `what` says what is wrong and where; `advice` what to do; `fields` maps a field's name to what is wrong with it.
    """

    what: str
    advice: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)

    status: ClassVar[int] = 400
    title: ClassVar[str] = "Bad request"
    exit_code: ClassVar[int] = 1

    def __str__(self) -> str:
        return f"{self.what} {self.advice}".strip()


class InvalidInput(AwayteamError):
    """A value that can't be used."""

    status = 422
    title = "Invalid input"
    exit_code = 2


class NotFound(AwayteamError):
    """There is no such thing, or the actor may not see it; the two are told apart to nobody."""

    status = 404
    title = "Not found"


class NotAllowed(AwayteamError):
    """The actor may see the thing but not do this to it; `what` gives the rule's reason."""

    status = 403
    title = "Not allowed"


class NotSignedIn(AwayteamError):
    """Nobody is signed in, or the token isn't good."""

    status = 401
    title = "Not signed in"


class Conflict(AwayteamError):
    """The thing has changed meanwhile, or its state doesn't allow this."""

    status = 409
    title = "Conflict"


class Unavailable(AwayteamError):
    """Something that is needed doesn't answer now; trying again later makes sense."""

    status = 503
    title = "Not available now"
