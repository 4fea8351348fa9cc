"""Jaeger's JSON, as its query service gives it: {"data": [{"traceID", "spans", "processes"}]}."""

from collections.abc import Iterator
from typing import Any

from awayteam.usage.reading.values import Problems, identity, listed, mapping, pairs, text, whole
from awayteam.usage.spans import Kind, Span, cut, failed, operation_of, peer_of

_KINDS = {
    "client": Kind.CLIENT, "server": Kind.SERVER, "producer": Kind.PRODUCER, "consumer": Kind.CONSUMER,
    "internal": Kind.INTERNAL,
}  # fmt: skip


def recognises(document: Any) -> bool:
    traces = document.get("data") if isinstance(document, dict) else None
    return isinstance(traces, list) and all(isinstance(one, dict) and "spans" in one for one in traces[:3])


def spans(document: Any, problems: Problems) -> Iterator[Span]:
    """The spans of all traces; one that can't be read is noted and left out."""
    for number, trace in enumerate(listed(mapping(document).get("data"))):
        processes = mapping(mapping(trace).get("processes"))
        some = [(place, one) for place, one in enumerate(listed(mapping(trace).get("spans"))) if isinstance(one, dict)]
        probability = next(filter(None, (_probability(one) for _, one in some)), None)
        for place, one in some:
            try:
                yield _span(one, processes, probability)
            except ValueError as error:
                problems.note(f"trace {number}, span {place}", str(error))


def _span(one: dict[str, Any], processes: dict[str, Any], probability: float | None) -> Span:
    tags = dict(pairs(one.get("tags")))
    trace = identity(one.get("traceID"), 16)
    start = whole(one.get("startTime")) * 1_000
    process = mapping(one.get("process")) or mapping(processes.get(text(one.get("processID"))))
    kind = _KINDS.get(str(tags.get("span.kind", "")).lower(), Kind.UNSPECIFIED)
    namespace = text(dict(pairs(process.get("tags"))).get("service.namespace")).strip()
    service = text(process.get("serviceName")).strip()
    return Span(
        trace=trace,
        id=_required(identity(one.get("spanID"), 8)),
        parent=_parent(one, trace),
        kind=kind,
        service=cut(f"{namespace}/{service}" if namespace and service else service),
        operation=operation_of(tags, text(one.get("operationName"))),
        start=start,
        end=start + max(0, whole(one.get("duration"))) * 1_000,
        failed=failed(tags),
        peer=peer_of(tags),
        probability=probability,
    )


def _parent(one: dict[str, Any], trace: bytes) -> bytes:
    """The span that this one follows, in the same trace: CHILD_OF before FOLLOWS_FROM."""
    references = [each for each in listed(one.get("references")) if isinstance(each, dict)]
    references.sort(key=lambda each: each.get("refType") != "CHILD_OF")
    for each in references:
        if identity(each.get("traceID"), 16) == trace:
            return identity(each.get("spanID"), 8)
    return identity(one.get("parentSpanID"), 8)


def _required(found: bytes) -> bytes:
    if not found:
        raise ValueError("a span without an id")
    return found


def _probability(one: dict[str, Any]) -> float | None:
    """What the sampler of the root wrote down."""
    tags = dict(pairs(one.get("tags")))
    kind, value = tags.get("sampler.type"), tags.get("sampler.param")
    if kind == "const":
        return 1.0
    if kind == "probabilistic" and isinstance(value, (int, float, str)):
        try:
            found = float(value)
        except ValueError:
            return None
        return found if 0 < found <= 1 else None
    return None
