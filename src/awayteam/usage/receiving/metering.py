"""Requests with metrics and access logs: what of them says who calls whom becomes counts."""

import threading
import time
from collections.abc import Iterator
from functools import lru_cache

from awayteam.kernel.lightpaths import Answered, Asked, TooLarge
from awayteam.usage.counts import Counts
from awayteam.usage.reading.values import Problems
from awayteam.usage.receiving import envoylog, meanings, protocol, samples, serving, snappy
from awayteam.usage.receiving.endpoint import document_of, said
from awayteam.usage.receiving.protocol import JSON, PROTOBUF, Refused
from awayteam.usage.receiving.receiver import From, Taken
from awayteam.usage.receiving.samples import BadMetrics, Sample
from awayteam.usage.receiving.senders import Known
from awayteam.usage.receiving.series import Series

MOST_SNAPPY, MOST_UNPACKED = 8 * 1024 * 1024, 64 * 1024 * 1024


class Meter:
    """Increases of the counters of all senders. Safe to share between threads."""

    def __init__(self) -> None:
        self.series = Series(time.time_ns())
        self._lock = threading.Lock()

    def counts(self, points: Iterator[Sample], sender: From, taken: Taken, hour: int, now: float) -> Counts:
        """What points add to counts; `now` in seconds of a clock that never goes back."""
        found = Counts()
        with self._lock:
            for sample in points:
                taken.accepted += 1
                added = self.series.increase(sender.name, sample, now)
                if added is not None and (one := meanings.read(sample, added, hour, sender.sampling)):
                    found.add(*one)
        return found


@lru_cache(maxsize=1)
def meter() -> Meter:
    return Meter()


def otlp(asked: Asked, known: Known) -> Answered:
    """`/v1/metrics`. Metrics that say nothing about calls are accepted and left alone."""
    encoding = protocol.encoding_of(asked)
    body, taken = protocol.body_of(asked), Taken()
    if encoding == JSON:
        points = samples.of_json(document_of(body), meanings.wanted, taken.problems)
    else:
        points = samples.of_protobuf(body, meanings.wanted, taken.problems)
    try:
        _take(points, known, taken)
    except BadMetrics as error:
        raise Refused(400, f"The body is no ExportMetricsServiceRequest: {error}.") from None
    return said(encoding, known, taken, "rejectedDataPoints")


def remote_write(asked: Asked, known: Known) -> Answered:
    """`/v1/write`: remote write 1.0 of Prometheus."""
    kind, _, parameters = asked.header("Content-Type").lower().partition(";")
    if kind.strip() != PROTOBUF or "write.v2" in parameters:
        raise Refused(415, f"Send remote write 1.0: {PROTOBUF}, prometheus.WriteRequest.")
    if asked.header("Content-Encoding").strip().lower() != "snappy":
        raise Refused(415, "Remote write is packed with snappy.")
    try:
        body = snappy.unpacked(asked.body(MOST_SNAPPY), MOST_UNPACKED)
    except TooLarge:
        raise Refused(413, f"A request has at most {MOST_SNAPPY >> 20} MiB; send smaller ones.") from None
    except snappy.BadSnappy as error:
        raise Refused(400, f"The body is no block of snappy: {error}.") from None
    taken = Taken()
    try:
        _take(samples.of_remote_write(body, meanings.wanted, taken.problems), known, taken)
    except BadMetrics as error:
        raise Refused(400, f"The body is no prometheus.WriteRequest: {error}.") from None
    serving.noted(known.sender.id, taken.accepted, taken.problems.count)
    return Answered(204)


def access_log(asked: Asked, known: Known) -> Answered:
    """`/v1/envoy/access-log`: lines of JSON."""
    body, taken = protocol.body_of(asked), Taken()
    receiver = serving.current()
    found = Counts()
    for key, count in envoylog.counts(body, taken.problems, receiver.clock.hour()):
        taken.accepted += 1
        found.add(key, count)
    _hand(found, "envoy", known, taken.problems)
    return said(JSON, known, taken, "rejectedLines")


def _take(points: Iterator[Sample], known: Known, taken: Taken) -> None:
    """Nothing is taken where the body is bad, so it is read wholly before."""
    receiver = serving.current()
    receiver.check_room()
    whole = list(points)
    found = meter().counts(iter(whole), known.sender, taken, receiver.clock.hour(), receiver.clock.steady())
    _hand(found, "metrics", known, taken.problems)


def _hand(found: Counts, source: str, known: Known, problems: Problems) -> None:
    receiver = serving.current()
    sources = {key.source for key in found.rows} or {source}
    if problems.count:
        found.tell(min(sources), receiver.clock.hour() // 24, {"refused": problems.count})
    if found:
        receiver.add(found, known.sender)
