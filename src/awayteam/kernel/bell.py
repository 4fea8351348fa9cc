"""Wakes the sleeping worker of this process when there is work; a worker elsewhere finds it on its next look."""

import threading

_condition = threading.Condition()
_rings = 0


def ring() -> None:
    """Wake whoever waits: `transaction.on_commit(bell.ring)`. Cheap where nobody does."""
    global _rings
    with _condition:
        _rings += 1
        _condition.notify_all()


def heard() -> int:
    """How often it has rung so far; handed to `wait`, so that a ring in between isn't missed."""
    return _rings


def wait(since: int, seconds: float) -> bool:
    """Sleep until a ring after the first `since`, at most `seconds`; whether there was one."""
    with _condition:
        return _condition.wait_for(lambda: _rings > since, seconds)
