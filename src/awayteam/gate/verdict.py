"""What the gate answers: one outcome, and for each part of the change why, whose word it lacks, and until when."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Outcome(StrEnum):
    """May it go in now? `waiting`: not yet, and somebody can change that; `denied`: not without a new agreement."""

    ALLOWED = "allowed"
    WAITING = "waiting"
    DENIED = "denied"


class Standing(StrEnum):
    """What the change is to the owners of some of its paths."""

    HOME = "home"
    """The author belongs to the owners."""
    VISIT = "visit"
    """An engagement lets the author change this."""
    WARRANTY = "warranty"
    """The author's engagement is over, and its warranty runs."""
    AWAY = "away"
    """Neither: the code of others, without an agreement."""
    UNOWNED = "unowned"
    BOT = "bot"
    UNKNOWN = "unknown"
    """Nobody knows who the author is."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that was looked at. `rule` is the code of it (docs/gate.md lists them), `passes` how it came out."""

    rule: str
    passes: bool
    says: str


@dataclass(frozen=True, slots=True)
class Need:
    """A word that is lacking: `count` more of `people` (first those who are asked first) or of `teams` may give it.

    `else_` names those who could unblock it in their place, `until` when their time is over (None: no clock runs).
    """

    rule: str
    says: str
    count: int = 1
    people: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    else_: tuple[str, ...] = ()
    until: datetime | None = None
    address: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Paths of a change that the same rule decides about, with what came out for them.

    `rule` is "CODEOWNERS:12" or "", `owners` as the rules write them, `engagement` the one that counts (0: none).
    """

    paths: tuple[str, ...]
    rule: str
    owners: tuple[str, ...]
    standing: Standing
    outcome: Outcome
    reasons: tuple[Reason, ...]
    needs: tuple[Need, ...] = ()
    engagement: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer for a change at a moment. `whole` are reasons and `needs` of the change as a whole (an emergency, a
    bar raiser's condition); `until` is when a verdict that allows first ends by itself (an engagement's end), if ever.
    """

    outcome: Outcome
    repository: str
    head: str
    at: datetime
    sections: tuple[Section, ...] = ()
    whole: tuple[Reason, ...] = ()
    whole_needs: tuple[Need, ...] = ()
    until: datetime | None = None
    rulebook: str = ""

    @property
    def needs(self) -> tuple[Need, ...]:
        """Every word that is lacking, each once."""
        return tuple(dict.fromkeys((*self.whole_needs, *(need for one in self.sections for need in one.needs))))

    @property
    def is_allowed(self) -> bool:
        return self.outcome is Outcome.ALLOWED
