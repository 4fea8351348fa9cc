"""What metrics say about who calls whom: the collector's service graph (and Tempo's), and Istio's requests."""

from collections.abc import Mapping

from awayteam.usage.counts import BOUNDS_MS, CLASSES, HOUR_NS, Count, CountKey, class_of
from awayteam.usage.receiving.samples import Sample
from awayteam.usage.spans import cut

TOTAL, FAILED = "traces_service_graph_request_total", "traces_service_graph_request_failed_total"
SERVER = ("traces_service_graph_request_server", "traces_service_graph_request_server_seconds")
ISTIO = "istio_requests_total"
WANTED = frozenset({TOTAL, FAILED, *SERVER, ISTIO})
_KINDS = {
    "": "service", "unset": "service", "messaging_system": "messaging", "database": "database",
    "virtual_node": "external",
}  # fmt: skip
_NOBODY = frozenset({"", "unknown"})
UNKNOWN = "(unknown)"
"""Whoever isn't known by name: such calls must not vanish, or a service would seem to have fewer users than it has."""
_SERVER_FAULTS = frozenset({"2", "4", "12", "13", "14", "15"})
"""Codes of gRPC that count as failures of the server, as in OpenTelemetry's semantic conventions."""
EARLIEST_HOURS, LATEST_HOURS = 7 * 24, 1


def wanted(name: str) -> bool:
    return name in WANTED


def read(sample: Sample, added: tuple[float, ...], hour: int, sampling: float | None) -> tuple[CountKey, Count] | None:
    """The count that an increase is; None for what says nothing. `hour` is the present one, `sampling` the sender's."""
    found = _istio(sample.labels, added[0]) if sample.name == ISTIO else _graph(sample, added, sampling)
    if found is None:
        return None
    (consumer, provider, operation, kind, source), count = found
    bucket = sample.at // HOUR_NS
    if not hour - EARLIEST_HOURS <= bucket <= hour + LATEST_HOURS:
        bucket = hour
    elif count.seen:
        count.first = count.last = sample.at
    return CountKey(bucket, cut(consumer), cut(provider), cut(operation), kind, source), count


_Edge = tuple[str, str, str, str, str]


def _graph(sample: Sample, added: tuple[float, ...], sampling: float | None) -> tuple[_Edge, Count] | None:
    labels = sample.labels
    client, server = labels.get("client", ""), labels.get("server", "")
    if client in ("", "user") or not server:  # "user" is how the connector calls a root that nobody called
        return None
    edge = (
        _named(labels, "client", client), _named(labels, "server", server), _operation(labels),
        _KINDS.get(labels.get("connection_type", ""), "service"), "servicegraph",
    )  # fmt: skip
    weight = 1.0 / sampling if sampling else 1.0
    number = added[0]
    if sample.name == FAILED:
        return edge, Count(0, 0.0, number * weight, [], sampling)
    if sample.name == TOTAL:
        return (edge, Count(round(number), number * weight, 0.0, [], sampling)) if number else None
    return edge, Count(0, 0.0, 0.0, _latency(sample.bounds, added), sampling)


def _latency(bounds: tuple[float, ...], added: tuple[float, ...]) -> list[int]:
    """Calls in our classes. The bounds are seconds, in old versions milliseconds: none of theirs reaches 100 s."""
    scale = 1.0 if bounds and bounds[-1] > 100 else 1_000.0
    found = [0] * CLASSES
    for place, calls in enumerate(added):
        upper = bounds[place] * scale if place < len(bounds) else 2 * BOUNDS_MS[-1]
        found[class_of(upper)] += round(calls)
    return found if any(found) else []


def _named(labels: Mapping[str, str], side: str, name: str) -> str:
    namespace = _dimension(labels, side, "service.namespace").strip()
    return f"{namespace}/{name}" if namespace else name


def _dimension(labels: Mapping[str, str], side: str, name: str) -> str:
    """A configured dimension of one side, as OTLP or as Prometheus writes it."""
    return labels.get(f"{side}_{name}") or labels.get(f"{side}_{name.replace('.', '_')}", "")


def _operation(labels: Mapping[str, str]) -> str:
    for side in ("server", "client"):
        if route := _dimension(labels, side, "http.route"):
            method = _dimension(labels, side, "http.request.method") or _dimension(labels, side, "http.method")
            return f"{method} {route}" if method else route
        if rpc := _dimension(labels, side, "rpc.method"):
            service = _dimension(labels, side, "rpc.service")
            return f"{service}/{rpc}" if service and "/" not in rpc else rpc
        for name in ("messaging.destination.template", "messaging.destination.name"):
            if destination := _dimension(labels, side, name):
                return destination
    return ""


def _istio(labels: Mapping[str, str], number: float) -> tuple[_Edge, Count] | None:
    """Both ends report each request: the caller's reports are a source of their own, so that nothing counts twice."""
    if not number:
        return None
    consumer = _mesh_name(labels, "source", ("source_canonical_service", "source_workload", "source_app"))
    provider = _mesh_name(
        labels, "destination", ("destination_canonical_service", "destination_workload", "destination_service_name")
    )
    if provider == UNKNOWN:
        provider = labels.get("destination_service_name", "") or UNKNOWN
    code, grpc = labels.get("response_code", ""), labels.get("grpc_response_status", "")
    is_failed = code == "0" or (code.isdecimal() and int(code[:6]) >= 500) or grpc in _SERVER_FAULTS
    source = "mesh-caller" if labels.get("reporter") == "source" else "mesh"
    operation = labels.get("request_operation", "")
    return (consumer, provider, operation, "service", source), Count(
        round(number), number, number if is_failed else 0.0, [], 1.0
    )


def _mesh_name(labels: Mapping[str, str], side: str, names: tuple[str, ...]) -> str:
    name = next((labels[one] for one in names if labels.get(one, "") not in _NOBODY), "")
    if not name:
        return UNKNOWN
    namespace = labels.get(f"{side}_workload_namespace", "")
    if namespace in _NOBODY:
        namespace = labels.get(f"{side}_service_namespace", "")
    return name if namespace in _NOBODY else f"{namespace}/{name}"
