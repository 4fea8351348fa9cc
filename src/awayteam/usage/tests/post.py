"""Sending to the paths below /v1/ as a web server does it, and the messages to send."""

import gzip
import io
from pathlib import Path
from typing import Any

import orjson
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from awayteam.kernel import lightpaths
from awayteam.kernel.lightpaths import LightPaths
from awayteam.usage import spool
from awayteam.usage.counts import Count, CountKey
from awayteam.usage.receiving import endpoint, serving
from awayteam.usage.receiving.receiver import Clock, Receiver

PROTOBUF, JSON = "application/x-protobuf", "application/json"
HOUR = 500_000
NOW = HOUR * 3_600_000_000_000


class Hands(Clock):
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def steady(self) -> float:
        return self.now

    def hour(self) -> int:
        return HOUR


class Post:
    """A receiver whose spool is `place`, and answers to what is sent to it."""

    def __init__(self, place: Path, monkeypatch: pytest.MonkeyPatch, **more: Any) -> None:
        self.place, self.clock = place, Hands()
        self.receiver = Receiver(place=place, clock=self.clock, **more)
        monkeypatch.setattr(lightpaths, "close_old_connections", lambda: None)  # a test's transaction must stay open
        monkeypatch.setattr(serving, "current", lambda: self.receiver)
        monkeypatch.setattr(endpoint, "TOKENS", endpoint.Tokens())
        monkeypatch.setattr(endpoint.RELAY, "_folder", place)
        endpoint.RELAY.leave()
        self.application = LightPaths(lambda environ, start: [b"django"])

    def send(
        self, path: str, body: bytes, token: str = "", *, kind: str = PROTOBUF, packed: bool = False, **headers: str
    ) -> "Answer":
        environ = {
            "REQUEST_METHOD": "POST", "PATH_INFO": path, "CONTENT_TYPE": kind,
            "HTTP_AUTHORIZATION": f"Bearer {token}" if token else "", **headers,
        }  # fmt: skip
        if packed:
            body, environ["HTTP_CONTENT_ENCODING"] = gzip.compress(body), "gzip"
        environ.setdefault("CONTENT_LENGTH", str(len(body)))
        environ["wsgi.input"] = io.BytesIO(body)  # type: ignore[assignment]
        told: list[Any] = []
        made = b"".join(self.application(environ, lambda status, headers: told.append((status, headers))))
        ((status, given),) = told
        return Answer(int(status[:3]), dict(given), made)

    def counts(self) -> dict[CountKey, Count]:
        """All counts, once whatever waits was given up."""
        self.receiver.finish()
        found: dict[CountKey, Count] = {}
        for path in spool.waiting(self.place):
            for key, count in spool.read(path).counts.rows.items():
                found.setdefault(key, Count()).add(count)
        return found

    def seen(self) -> dict[tuple[str, ...], int]:
        return {key[1:]: count.seen for key, count in self.counts().items()}

    def tallies(self) -> dict[str, dict[str, int]]:
        """By sender, what stands behind the counts."""
        self.receiver.finish()
        found: dict[str, dict[str, int]] = {}
        for path in spool.waiting(self.place):
            segment = spool.read(path)
            for tally in segment.counts.tallies.values():
                mine = found.setdefault(segment.sender, {})
                for name, number in tally.items():
                    mine[name] = mine.get(name, 0) + number
        return found


class Answer:
    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


def attribute(key: str, value: str | int) -> KeyValue:
    return KeyValue(
        key=key, value=AnyValue(int_value=value) if isinstance(value, int) else AnyValue(string_value=value)
    )


def request(*spans: tuple[str, Span]) -> ExportTraceServiceRequest:
    """A request with spans of services."""
    return ExportTraceServiceRequest(
        resource_spans=[
            ResourceSpans(
                resource=Resource(attributes=[attribute("service.name", service)]),
                scope_spans=[ScopeSpans(spans=[one])],
            )
            for service, one in spans
        ]
    )


def call(
    number: int, consumer: str = "shop", provider: str = "pay", route: str = "/pay/{id}"
) -> list[tuple[str, Span]]:
    """A client's span and the server's."""
    own = [attribute("http.request.method", "POST"), attribute("http.route", route)]
    times = {"start_time_unix_nano": NOW, "end_time_unix_nano": NOW + 3_000_000}
    trace, client, server = (number.to_bytes(size, "big") for size in (16, 8, 8))
    server = bytes([255]) + server[1:]
    return [
        (consumer, Span(trace_id=trace, span_id=client, kind=3, name="POST", parent_span_id=b"p" * 8, **times)),
        (provider, Span(trace_id=trace, span_id=server, parent_span_id=client, kind=2, attributes=own, **times)),
    ]
