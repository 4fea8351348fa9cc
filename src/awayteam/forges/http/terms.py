"""How long, how large, how often: the bounds of a call. And the clock, which tests replace."""

import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Terms:
    """Bounds of one `Http`. Times are seconds; `call_seconds` holds for a call with all its tries and pauses.

    A pause that the forge asks for and that is longer than `pause_seconds` isn't waited for: the call fails with
    `retry_at`, and whoever asked comes back then.
    """

    call_seconds: float = 30.0
    try_seconds: float = 10.0
    tries: int = 3
    pause_seconds: float = 3.0
    first_pause_seconds: float = 0.2
    body_bytes: int = 20_000_000
    pages: int = 50
    redirects: int = 3
    connections: int = 10
    idle_seconds: float = 30.0


class Clock(Protocol):
    """Time and chance."""

    def now(self) -> datetime:
        """With a time zone."""
        ...

    def passed(self) -> float:
        """Seconds since any fixed moment; never goes back."""
        ...

    def pause(self, seconds: float) -> None: ...
    def chance(self) -> float:
        """Evenly from [0, 1)."""
        ...


class _SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def passed(self) -> float:
        return time.monotonic()

    def pause(self, seconds: float) -> None:
        time.sleep(seconds)

    def chance(self) -> float:
        return random.random()  # noqa: S311 - spreads retries, hides nothing


SYSTEM_CLOCK: Clock = _SystemClock()
