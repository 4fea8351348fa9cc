"""Server-sent events: an application that waits here hears at once that its flags may have changed.

A stream holds a thread of the web server, so there are few of them in a process, and each ends after half a minute; the
application comes again by itself and loses nothing, because it says which state it has seen. Where all are taken,
nothing is offered, and applications ask again and again, which costs one statement and no body.
"""

import os
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import orjson
from django.core import signing

from awayteam.flags.serving.cache import CACHE, Caller
from awayteam.kernel import rulebook
from awayteam.kernel.lightpaths import Answered, Asked, json_answer

SALT = "awayteam.flags.events"
CHANNEL_SECONDS = 24 * 3600
STREAM_SECONDS = 30.0
LOOK_SECONDS = 1.0
RETRY_MILLISECONDS = 2_000
INACTIVITY_SECONDS = 120
KEPT_FREE = 2
"""Threads of the web server that streams never take."""
TYPE = (("Content-Type", "text/event-stream"), ("Cache-Control", "no-store"), ("X-Accel-Buffering", "no"))


class _Open:
    """How many streams are open in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    def enter(self) -> bool:
        with self._lock:
            if self._count >= most():
                return False
            self._count += 1
            return True

    def leave(self) -> None:
        with self._lock:
            self._count -= 1

    @property
    def room(self) -> bool:
        return self._count < most()


OPEN = _Open()


def most() -> int:
    """Streams that this process may hold: the rulebook's, as far as the web server has threads for them."""
    threads = int(os.environ.get("AWAYTEAM_WEB_THREADS", "4"))
    return max(min(rulebook.current().flags.streams_max, threads - KEPT_FREE), 0)


def offer(caller: Caller) -> dict[str, Any] | None:
    """Where this caller may wait for changes, in the protocol's words; None while there is no room."""
    if not OPEN.room:
        return None
    channel = signing.dumps([caller.environment, caller.token], salt=SALT, compress=False)
    where = f"/ofrep/v1/events?channel={quote(channel)}"
    return {"type": "sse", "endpoint": {"requestUri": where}, "inactivityDelaySec": INACTIVITY_SECONDS}


def open_stream(asked: Asked) -> Answered:
    """The stream of a channel, or why there is none: 401 for a channel that isn't ours, 429 where all are taken."""
    try:
        environment, _token = signing.loads(asked.query().get("channel", ""), salt=SALT, max_age=CHANNEL_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        return json_answer(401, {"errorDetails": "Ask for all flags again: this channel has ended."})
    if not OPEN.enter():
        wait = ("Retry-After", str(INACTIVITY_SECONDS))
        return json_answer(429, {"errorDetails": "Too many applications wait here; ask again and again."}, wait)
    return Answered(200, Events(int(environment), asked.header("Last-Event-ID")), TYPE)


class Events(Iterator[bytes]):
    """The events of one environment, as bytes; the place is given back when it ends or the reader leaves."""

    def __init__(self, environment: int, seen: str, seconds: float = STREAM_SECONDS) -> None:
        self._environment = environment
        self._seen = seen
        self._until = time.monotonic() + seconds
        self._begun = self._over = False

    def __next__(self) -> bytes:
        try:
            piece = b"" if self._over else self._next()
        except BaseException:
            self.close()
            raise
        if not piece:
            self.close()
            raise StopIteration
        return piece

    def close(self) -> None:
        """Give the place back; WSGI servers call this when the reader is gone."""
        if not self._over:
            self._over = True
            OPEN.leave()

    def __del__(self) -> None:
        self.close()

    def _next(self) -> bytes:
        """The next piece: first what to do after the end, then a change as soon as there is one; empty at the end."""
        if not self._begun:
            self._begun = True
            served = CACHE.latest(self._environment)
            known, self._seen = self._seen, self._seen or (served.version if served else "")
            first = f"retry: {RETRY_MILLISECONDS}\n"
            return (first + ("\n" if known else f"id: {self._seen}\n\n")).encode()
        while time.monotonic() < self._until:
            served = CACHE.latest(self._environment)
            if served is not None and served.version != self._seen:
                self._seen = served.version
                changed = int(served.changed_at.timestamp())
                data = {"type": "refetchEvaluation", "etag": served.version, "lastModified": changed}
                return b"id: %b\ndata: %b\n\n" % (served.version.encode(), orjson.dumps(data))
            time.sleep(LOOK_SECONDS)
        return b""
