"""Who saw which arm, and what they did: kept for a moment, and sent in batches from a thread of its own."""

import json
import logging
import threading
import time
import uuid
from collections import OrderedDict, deque
from datetime import UTC, datetime
from typing import Any

from openfeature.evaluation_context import EvaluationContext
from openfeature.flag_evaluation import FlagEvaluationDetails
from openfeature.hook import Hook, HookContext, HookHints

from .http import ask

log = logging.getLogger("awayteam.openfeature")
MOST_WAITING = 50_000
MOST_KNOWN = 100_000
BATCH = 500
AGAIN_SECONDS = 3600.0
LONGEST_PAUSE = 60.0


class Facts:
    """A bounded queue: where it is full the oldest go, and how many is logged. `flush` sends what waits."""

    def __init__(self, url: str, token: str, *, timeout: float, every_seconds: float) -> None:
        self._url, self._token, self._timeout, self._every = url, token, timeout, every_seconds
        self._waiting: deque[tuple[str, dict[str, Any]]] = deque()
        self._known: OrderedDict[tuple[str, str, str], float] = OrderedDict()
        self._lock, self._sending = threading.Lock(), threading.Lock()
        self._wake, self._stop = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self.dropped = 0

    def exposed(self, experiment: str, unit: str, arm: str) -> None:
        """Note that a unit saw an arm; again within the hour counts once."""
        key, now = (experiment, unit, arm), time.monotonic()
        with self._lock:
            before = self._known.get(key)
            if before is not None and now - before < AGAIN_SECONDS:
                return
            self._known[key] = now
            self._known.move_to_end(key)
            if len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)
        self._put("exposures", {"experiment": experiment, "unit": unit, "arm": arm, "at": _now()})

    def happened(self, unit: str, name: str, value: float | None) -> None:
        """Note what a unit did. Each has an id, so that a batch that is sent twice counts once."""
        row = {"unit": unit, "name": name, "at": _now(), "id": uuid.uuid4().hex}
        self._put("events", row if value is None else row | {"value": value})

    def _put(self, kind: str, row: dict[str, Any]) -> None:
        with self._lock:
            self._waiting.append((kind, row))
            if len(self._waiting) > MOST_WAITING:
                self._waiting.popleft()
                self.dropped += 1
            full = len(self._waiting) >= BATCH
        if full:
            self._wake.set()

    def start(self) -> None:
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, name="awayteam-facts", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Send what waits, once, and end."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(2 * self._timeout + 1)
        self.flush()

    def _run(self) -> None:
        pause = self._every
        while not self._stop.is_set():
            self._wake.wait(pause)
            self._wake.clear()
            sent = self.flush()
            pause = self._every if sent else min(max(pause, 1.0) * 2, LONGEST_PAUSE)
            if not sent:
                self._stop.wait(pause)

    def flush(self) -> bool:
        """Send all that waits, batch by batch; False where one couldn't be sent and waits on."""
        with self._sending:
            while self._waiting:
                with self._lock:
                    batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
                if not self._send(batch):
                    with self._lock:
                        self._waiting.extendleft(reversed(batch))
                    return False
        return True

    def _send(self, batch: list[tuple[str, dict[str, Any]]]) -> bool:
        """Whether the batch is done with: taken, or refused for good."""
        rows: dict[str, list[dict[str, Any]]] = {}
        for kind, row in batch:
            rows.setdefault(kind, []).append(row)
        try:
            reply = ask(self._url, self._token, timeout=self._timeout, body=json.dumps(rows).encode())
        except OSError as error:
            log.warning("%s doesn't answer: %s; %d facts wait", self._url, error, len(batch))
            return False
        if reply.status == 429 or reply.status >= 500:
            return False
        if reply.status >= 300:
            log.error("%s refuses %d facts with %d: %r", self._url, len(batch), reply.status, reply.body[:300])
        return True


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class ExposureHook(Hook):
    """Notes an exposure after each evaluation that gave somebody an arm. Overrides of test users don't count."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def after(self, hook_context: HookContext, details: FlagEvaluationDetails[Any], hints: HookHints) -> None:  # noqa: ARG002
        said = details.flag_metadata
        context: EvaluationContext = hook_context.evaluation_context
        if said.get("assignment") == "enrolled" and details.variant and context.targeting_key:
            self._facts.exposed(str(said["experiment"]), context.targeting_key, details.variant)
