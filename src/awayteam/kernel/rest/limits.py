"""How often one may ask: a bucket of tokens for each actor or address, kept in this process.

With several processes each counts for itself, so that the limit is at most that many times larger; it protects the
service from a script gone wild, not from an attack, which is for the proxy in front.
"""

import threading
import time
from collections import OrderedDict

KEPT = 10_000
"""Buckets kept; the one used longest ago goes first, and an unknown caller starts with a full one."""


class Limiter:
    """At most `per_minute` requests in a minute for each key; a quiet key may spend a minute's worth at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, key: str, per_minute: int, now: float | None = None) -> float:
        """Take one token; the seconds to wait where there is none, else 0."""
        now = time.monotonic() if now is None else now
        rate = per_minute / 60
        with self._lock:
            left, since = self._buckets.pop(key, (float(per_minute), now))
            left = min(float(per_minute), left + (now - since) * rate)
            allowed = left >= 1
            self._buckets[key] = (left - 1 if allowed else left, now)
            if len(self._buckets) > KEPT:
                self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - left) / rate


LIMITER = Limiter()
