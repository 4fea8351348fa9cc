"""The words in which goals and items are told apart; plain values, so that rules can use them without a database."""

from enum import StrEnum


class GoalKind(StrEnum):
    """Objective with key results, or a line of profit and loss."""

    OKR = "okr"
    PL = "pl"


class GoalState(StrEnum):
    OPEN = "open"
    MET = "met"
    MISSED = "missed"
    DROPPED = "dropped"


class Direction(StrEnum):
    """Which way a key result should go."""

    UP = "up"
    DOWN = "down"


class DocumentKind(StrEnum):
    """A press release with its questions and answers, written before the thing is built."""

    PRFAQ = "prfaq"


class ItemKind(StrEnum):
    FEATURE = "feature"
    BUG = "bug"
    PERFORMANCE = "performance"
    ACCESS = "access"
    DEBT = "debt"
    OTHER = "other"


class ItemState(StrEnum):
    PLANNED = "planned"
    STARTED = "started"
    DONE = "done"
    DROPPED = "dropped"


OPEN_STATES = (ItemState.PLANNED, ItemState.STARTED)
"""States in which an item has a rank and takes capacity."""


def pairs(values: type[StrEnum]) -> list[tuple[str, str]]:
    """The values of an enumeration as Django wants choices."""
    return [(one.value, one.value) for one in values]
