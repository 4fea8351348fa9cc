"""Zipkin's JSON, version 2: a list of spans, or a list of traces that are such lists.

Client and server may share one span id (`shared`); the server's span then names its caller's id as its parent here.
"""

from collections.abc import Iterator
from typing import Any

from awayteam.usage.reading.values import Problems, identity, listed, mapping, text, whole
from awayteam.usage.spans import CALLEES, CALLERS, Kind, Peer, Span, cut, failed, operation_of, peer_of

_KINDS = {"CLIENT": Kind.CLIENT, "SERVER": Kind.SERVER, "PRODUCER": Kind.PRODUCER, "CONSUMER": Kind.CONSUMER}


def recognises(document: Any) -> bool:
    if not isinstance(document, list):
        return False
    first = next(iter(document), None)
    if isinstance(first, list):
        first = next(iter(first), None)
    return isinstance(first, dict) and "traceId" in first and "id" in first


def spans(document: Any, problems: Problems) -> Iterator[Span]:
    """The spans; one that can't be read is noted and left out."""
    callers: set[tuple[bytes, bytes]] = set()
    read: list[Span] = []
    for number, one in enumerate(_flat(document)):
        if not isinstance(one, dict):
            problems.note(f"span {number}", "no object")
            continue
        try:
            span = _span(one)
        except ValueError as error:
            problems.note(f"span {number}", str(error))
            continue
        if span.kind in CALLERS:
            callers.add((span.trace, span.id))
        read.append(span)
    for span in read:
        if span.shared or (span.kind in CALLEES and (span.trace, span.id) in callers):
            yield span._replace(parent=span.id, shared=True)
        else:
            yield span


def _flat(document: Any) -> Iterator[Any]:
    for one in listed(document):
        if isinstance(one, list):
            yield from one
        else:
            yield one


def _span(one: dict[str, Any]) -> Span:
    tags = mapping(one.get("tags"))
    start = whole(one.get("timestamp")) * 1_000
    found = identity(one.get("id"), 8)
    if not found:
        raise ValueError("a span without an id")
    remote = text(mapping(one.get("remoteEndpoint")).get("serviceName")).strip()
    return Span(
        trace=identity(one.get("traceId"), 16),
        id=found,
        parent=identity(one.get("parentId"), 8),
        kind=_KINDS.get(text(one.get("kind")).upper(), Kind.UNSPECIFIED),
        service=cut(text(mapping(one.get("localEndpoint")).get("serviceName")).strip()),
        operation=operation_of(tags, text(one.get("name"))),
        start=start,
        end=start + max(0, whole(one.get("duration"))) * 1_000,
        failed="error" in tags or failed(tags),
        peer=Peer("service", cut(remote)) if remote else peer_of(tags),
        probability=1.0 if one.get("debug") is True else None,
        shared=one.get("shared") is True,
    )
