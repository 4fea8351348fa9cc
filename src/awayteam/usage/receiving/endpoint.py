"""Where senders send, beside Django's middlewares (`kernel.lightpaths`). No session and no cookie counts here.

    POST /v1/traces            OTLP, protobuf or JSON
    POST /v1/metrics           OTLP: metrics of the collector's service graph, of Istio
    POST /v1/write             Prometheus' remote write 1.0 of the same metrics
    POST /v1/envoy/access-log  Envoy's access log as lines of JSON

Whoever sends shows its token as `Authorization: Bearer` or `X-API-Key`. See docs/usage.md.
"""

from collections.abc import Callable
from typing import Any

import orjson
from django.db import DatabaseError, close_old_connections

from awayteam.kernel.later import Later
from awayteam.kernel.lightpaths import Answered, Asked, TooLarge
from awayteam.kernel.log import Log
from awayteam.usage.reading.narrow import BadProtobuf
from awayteam.usage.receiving import protocol, serving
from awayteam.usage.receiving.protocol import JSON, PROTOBUF, Partial, Refused
from awayteam.usage.receiving.receiver import Full, Taken
from awayteam.usage.receiving.relay import Relay
from awayteam.usage.receiving.senders import Known, Tokens

log = Log(__name__)
TOKENS = Tokens()
TOLD = 5
"""Texts of what was refused that an answer has."""


def handle(asked: Asked) -> Answered:
    """Every request below `/v1/`."""
    return _answered(asked, lambda: _routed(asked))


def _answered(asked: Asked, work: Callable[[], Answered]) -> Answered:
    """What `work` answers, or what went wrong, in the encoding of the request."""
    kind = asked.header("Content-Type").partition(";")[0].strip().lower()
    encoding = PROTOBUF if kind == PROTOBUF else JSON
    try:
        return work()
    except Refused as error:
        return protocol.refused(encoding, error)
    except Full as error:
        full = Refused(503 if error.spool else 429, f"No room now: {error}. Try again later.", error.again)
        return protocol.refused(encoding, full)
    except TooLarge:
        return protocol.refused(encoding, protocol.too_large(protocol.MOST_BYTES))
    except DatabaseError:
        log.exception("usage.receiving-failed")
        close_old_connections()
        return protocol.refused(encoding, Refused(503, "The database doesn't answer. Try again later.", 10))


def _routed(asked: Asked) -> Answered:
    route = ROUTES.get(asked.path)
    if route is None:
        raise Refused(404, "Nothing is taken here; see docs/usage.md.")
    if asked.method != "POST":
        raise Refused(405, "Send with POST.", 0, ("Allow", "POST"))
    return RELAY.answer(asked, _let_in(asked, route[0]), protocol.MOST_BYTES)


def _taken(asked: Asked, known: Known) -> Answered:
    """A request whose sender was let in, in the process that receives."""
    return _answered(asked, lambda: ROUTES[asked.path][1](asked, known))


def _let_in(asked: Asked, scope: str) -> Known:
    token = asked.bearer() or asked.header("X-API-Key").strip()
    known = TOKENS.known(token) if token else None
    if known is None:
        raise Refused(
            401, "Show the token of a sender, as Authorization: Bearer; `awayteam usage sender add` makes one.", 0,
            ("WWW-Authenticate", 'Bearer realm="awayteam"'),
        )  # fmt: skip
    if known.scopes and scope not in known.scopes:
        raise Refused(403, f"This sender may send {', '.join(sorted(known.scopes))} only.")
    return known


def document_of(body: bytes) -> Any:
    """JSON. Raises `Refused`."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refused(400, f"The body is no JSON: {error}.") from None
    if not isinstance(document, dict):
        raise Refused(400, "The body is JSON, but no object.")
    return document


def _traces(asked: Asked, known: Known) -> Answered:
    encoding = protocol.encoding_of(asked)
    body = protocol.body_of(asked)
    receiver = serving.current()
    try:
        if encoding == JSON:
            taken = receiver.traces_of(document_of(body), known.sender)
        else:
            taken = receiver.traces(body, known.sender)
    except BadProtobuf as error:
        raise Refused(400, f"The body is no ExportTraceServiceRequest: {error}.") from None
    return said(encoding, known, taken, "rejectedSpans")


def said(encoding: str, known: Known, taken: Taken, rejected: str) -> Answered:
    """200, with what was refused."""
    serving.noted(known.sender.id, taken.accepted, taken.problems.count)
    texts = [*taken.problems.texts[:TOLD], *([taken.warning] if taken.warning else [])]
    return protocol.accepted(encoding, Partial(taken.problems.count, "; ".join(texts)), rejected)


Take = Callable[[Asked, Known], Answered]
ROUTES: dict[str, tuple[str, Take]] = {
    "traces": ("traces", _traces),
    "metrics": ("metrics", Later("awayteam.usage.receiving.metering", "otlp")),
    "write": ("metrics", Later("awayteam.usage.receiving.metering", "remote_write")),
    "envoy/access-log": ("envoy", Later("awayteam.usage.receiving.metering", "access_log")),
}
RELAY = Relay(_taken)
