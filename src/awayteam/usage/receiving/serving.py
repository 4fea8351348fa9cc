"""The one receiver of this process, and the thread that hands over what it has."""

import atexit
import os
import threading
from multiprocessing.util import Finalize

from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from awayteam.kernel.log import Log
from awayteam.usage.receiving import senders
from awayteam.usage.receiving.receiver import Receiver

log = Log(__name__)
TICK_SECONDS = 1.0


class _Served:
    """The receiver, once somebody sends, and what its senders sent since it was last noted."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.receiver: Receiver | None = None
        self.sent: dict[int, list[int]] = {}
        self.stop = threading.Event()


_served = _Served()


def configured() -> Receiver:
    """A receiver as the environment wants it (docs/configuration.md)."""
    return Receiver(
        seconds=max(10.0, float(os.environ.get("AWAYTEAM_PAIRING_SECONDS", "15"))),
        capacity=max(10_000, int(os.environ.get("AWAYTEAM_PAIRING_SPANS", "4000000"))),
    )


def current() -> Receiver:
    """The receiver of this process, begun at the first call."""
    if _served.receiver is None:
        with _served.lock:
            if _served.receiver is None:
                _served.receiver = configured()
                _served.stop.clear()
                threading.Thread(target=_hand_over, args=(_served.stop,), name="usage-receiver", daemon=True).start()
                atexit.register(finish)
                Finalize(None, finish, exitpriority=100)  # web processes are children, which `atexit` never hears of
    return _served.receiver


def noted(sender: int, accepted: int, refused: int) -> None:
    """Remember what a sender sent; it is written every few seconds."""
    with _served.lock:
        one = _served.sent.setdefault(sender, [0, 0])
        one[0] += accepted
        one[1] += refused


def finish() -> None:
    """Hand everything over and begin anew with the next one who sends."""
    with _served.lock:
        receiver, _served.receiver = _served.receiver, None
        _served.stop.set()
    if receiver is not None:
        receiver.finish()
        write_notes()


def write_notes() -> None:
    """Write who sent how much."""
    with _served.lock:
        sent, _served.sent = _served.sent, {}
    now = timezone.now()
    for sender, (accepted, refused) in sent.items():
        senders.note(sender, accepted, refused, now)


def _hand_over(stop: threading.Event) -> None:
    while not stop.wait(TICK_SECONDS):
        receiver = _served.receiver
        if receiver is None:
            return
        try:
            receiver.tick()
            close_old_connections()
            write_notes()
        except DatabaseError:
            log.exception("usage.notes-failed")
        except Exception:
            log.exception("usage.hand-over-failed")
