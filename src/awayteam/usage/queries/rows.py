"""What questions about use are answered with: frozen rows, each with what it rests on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, TypeVar

from awayteam.catalog.queries.rows import EntityLink

Item = TypeVar("Item")
WINDOW_DAYS = 30
"""Days of the summary, today included; other windows are read from the files."""
HIDDEN = "(restricted)"


@dataclass(frozen=True, slots=True)
class Party:
    """A consumer or provider: the entity that it is, or the telemetry's name alone where nobody knows that.

    `names` are the ids of the telemetry's names that it stands for. Who may not see the entity gets `HIDDEN` instead
    of a name, and no ids: calls still count.
    """

    name: str
    kind: str
    names: tuple[int, ...] = ()
    entity: EntityLink | None = None
    owner: EntityLink | None = None

    @property
    def is_hidden(self) -> bool:
        return not self.names

    @property
    def label(self) -> str:
        return self.entity.label if self.entity else self.name


@dataclass(frozen=True, slots=True)
class Use:
    """One consumer's use of a provider, or of one operation of it, as one kind of evidence saw it in the window.

    `edge` is the id of the `Edge`, None where operations are added up (then latencies are None too) or a party is
    hidden. `calls` and `failed` are estimates where `sampling` is below 1, of unknown worth where it is None.
    """

    consumer: Party
    provider: Party
    operation: str | None
    kind: str
    source: str
    calls: float
    failed: float
    seen: int
    sampling: float | None
    first_seen: datetime
    last_seen: datetime
    p50_ms: float | None = None
    p95_ms: float | None = None
    edge: int | None = None

    @property
    def failed_share(self) -> float:
        return self.failed / self.calls if self.calls else 0.0


@dataclass(frozen=True, slots=True)
class Behind:
    """What stands behind the figures of one source in a window: `since` and `until` are the first and last day on
    which anything of it was received; counts as in `counts.TALLY`. `days` of the window had anything at all."""

    source: str
    since: date | None
    until: date | None
    days: int
    spans: int
    paired: int
    by_word: int
    unpaired: int
    expired: int
    foreign: int
    dropped: int
    capped: int
    refused: int
    sampling: float | None = None


@dataclass(frozen=True, slots=True)
class Answer(Generic[Item]):
    """Rows of one window (`since` to `until`, days in UTC, both included) and what stands behind them, by source."""

    items: Sequence[Item]
    since: date
    until: date
    evidence: tuple[Behind, ...] = ()
    next_cursor: str | None = None
