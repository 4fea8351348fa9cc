"""How long a change waits for a review: from being shown (opened, or pushed to after a review) until somebody looks."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Wait:
    """One wait that ended: the first of a change, or that of a later round."""

    number: int
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Spread:
    """Of measured waits, in minutes; percentiles are nearest-rank, so that a figure is one that really occurred."""

    count: int
    median: int | None
    p90: int | None


def waits(opened_at: datetime, pushes: Iterable[datetime], reviews: Iterable[datetime]) -> list[Wait]:
    """The waits of a change. A push while it waits starts nothing anew; a review with nothing new to see ends nothing.
    At the same moment the push comes first."""
    moments = sorted([(at, 0) for at in pushes if at > opened_at] + [(at, 1) for at in reviews if at >= opened_at])
    since: datetime | None = opened_at
    found: list[Wait] = []
    for at, is_review in moments:
        if is_review and since is not None:
            found.append(Wait(len(found) + 1, since, at))
            since = None
        elif not is_review and since is None:
            since = at
    return found


def spread(minutes: Sequence[int]) -> Spread:
    ordered = sorted(minutes)

    def at(share: float) -> int | None:
        return ordered[max(math.ceil(share * len(ordered)) - 1, 0)] if ordered else None

    return Spread(len(ordered), at(0.5), at(0.9))
