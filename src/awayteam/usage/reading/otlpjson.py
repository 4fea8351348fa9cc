"""OTLP as JSON (specification of OTLP, "JSON Protobuf Encoding"): ids in hex, whole numbers as texts or numbers."""

from collections.abc import Iterator
from typing import Any

from awayteam.usage.reading.values import Problems, identity, listed, mapping, text, whole
from awayteam.usage.spans import Span, failed, operation_of, peer_of, probability_of, service_of

_KINDS = {
    f"SPAN_KIND_{name}": number
    for number, name in enumerate(("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"))
}


def recognises(document: Any) -> bool:
    return isinstance(document, dict) and isinstance(_any(document, "resourceSpans", "resource_spans"), list)


def spans(document: Any, problems: Problems) -> Iterator[Span]:
    """The spans of one request or of a line of the collector's file exporter."""
    for outer, resource in enumerate(listed(_any(mapping(document), "resourceSpans", "resource_spans"))):
        attributes = _attributes(mapping(mapping(resource).get("resource")).get("attributes"))
        service = service_of(attributes)
        for scope in listed(_any(mapping(resource), "scopeSpans", "scope_spans", "instrumentationLibrarySpans")):
            for number, one in enumerate(listed(mapping(scope).get("spans"))):
                try:
                    yield _span(mapping(one), service)
                except ValueError as error:
                    problems.note(f"resource {outer}, span {number}", str(error))


def _any(where: dict[str, Any], *names: str) -> Any:
    return next((where[name] for name in names if name in where), None)


def _span(one: dict[str, Any], service: str) -> Span:
    attributes = _attributes(one.get("attributes"))
    kind = one.get("kind", 0)
    code = mapping(one.get("status")).get("code", 0)
    found = identity(_any(one, "spanId", "span_id"), 8)
    if not found:
        raise ValueError("a span without an id")
    return Span(
        trace=identity(_any(one, "traceId", "trace_id"), 16),
        id=found,
        parent=identity(_any(one, "parentSpanId", "parent_span_id"), 8),
        kind=_KINDS.get(kind, 0) if isinstance(kind, str) else whole(kind),
        service=service,
        operation=operation_of(attributes, text(one.get("name"))),
        start=whole(_any(one, "startTimeUnixNano", "start_time_unix_nano")),
        end=whole(_any(one, "endTimeUnixNano", "end_time_unix_nano")),
        failed=failed(attributes, 2 if code == "STATUS_CODE_ERROR" else whole(code)),
        peer=peer_of(attributes),
        probability=probability_of(text(_any(one, "traceState", "trace_state"))),
    )


def _attributes(given: Any) -> dict[str, Any]:
    """Attributes with values of one part; lists and maps decide nothing here."""
    found: dict[str, Any] = {}
    for one in listed(given):
        key, value = mapping(one).get("key"), mapping(mapping(one).get("value"))
        if isinstance(key, str) and value:
            name, held = next(iter(value.items()))
            if name in ("stringValue", "string_value", "boolValue", "bool_value", "doubleValue", "double_value"):
                found[key] = held
            elif name in ("intValue", "int_value"):
                found[key] = whole(held)
    return found
