"""A span as counting needs it, whatever format it came in: who, under whom, when, which operation, how it ended.

Names of attributes are those of OpenTelemetry's semantic conventions, present and past (specs/usage.md, "Identity").
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, NamedTuple


class Kind(IntEnum):
    """OpenTelemetry's numbers of span kinds."""

    UNSPECIFIED = 0
    INTERNAL = 1
    SERVER = 2
    CLIENT = 3
    PRODUCER = 4
    CONSUMER = 5


CALLERS = frozenset({Kind.CLIENT, Kind.PRODUCER})
CALLEES = frozenset({Kind.SERVER, Kind.CONSUMER})


class Peer(NamedTuple):
    """What a caller says that it called. `kind`: "service", "database", "messaging" or "external"."""

    kind: str
    name: str


class Span(NamedTuple):
    """Times are nanoseconds since 1970, 0 where nobody says. `parent` is b"" for a root.

    `probability` is that of the span's being kept at all: 1.0 where it is known that nothing was left out, None where
    nobody says. `shared`: it has the id of its caller's span (Zipkin).
    """

    trace: bytes
    id: bytes
    parent: bytes
    kind: int
    service: str
    operation: str
    start: int
    end: int
    failed: bool
    peer: Peer | None = None
    probability: float | None = None
    shared: bool = False


_SYSTEMS = {"db.system.name": "database", "db.system": "database", "messaging.system": "messaging"}
_PEERS = ("service.peer.name", "peer.service")
_ADDRESSES = ("server.address", "net.peer.name", "network.peer.address", "net.peer.ip", "http.host")
_DATABASES = ("db.namespace", "db.name", "db.instance")
_DESTINATIONS = (
    "messaging.destination.template", "messaging.destination.name", "messaging.destination", "message_bus.destination",
)  # fmt: skip

WANTED = frozenset(
    {
        *_SYSTEMS, *_PEERS, *_ADDRESSES, *_DATABASES, *_DESTINATIONS, "http.request.method", "http.method",
        "http.route", "rpc.service", "rpc.method", "http.response.status_code", "http.status_code", "error",
        "error.type", "span.kind",
    }
)  # fmt: skip
"""Attributes of spans that decide anything here; readers need keep no others."""

PEER_KEYS = frozenset({*_SYSTEMS, *_PEERS, *_ADDRESSES, *_DATABASES})
"""Those that say whom a caller called, and nothing else."""

LONGEST_NAME = 300
"""Characters of a service's or an operation's name that are kept."""


def cut(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def service_of(resource: Mapping[str, Any]) -> str:
    """`namespace/name` of a resource, or the name alone; "" where it has none."""
    name, namespace = resource.get("service.name"), resource.get("service.namespace")
    if not isinstance(name, str) or not name.strip():
        return ""
    name = name.strip()
    return cut(f"{namespace.strip()}/{name}" if isinstance(namespace, str) and namespace.strip() else name)


def operation_of(attributes: Mapping[str, Any], name: str) -> str:
    """What was asked for: never an address with ids in it, but for what the span itself is called."""
    route = attributes.get("http.route")
    if route:
        method = attributes.get("http.request.method") or attributes.get("http.method")
        return cut(f"{method} {route}" if method else str(route))
    if rpc := attributes.get("rpc.method"):
        service = attributes.get("rpc.service")
        return cut(f"{service}/{rpc}" if service and "/" not in str(rpc) else str(rpc))
    for key in _DESTINATIONS:
        if destination := attributes.get(key):
            return cut(str(destination))
    return cut(name)


def failed(attributes: Mapping[str, Any], code: int = 0) -> bool:
    """Whether a span ended in an error: by its status (2), a tag, or an answer of 500 and above."""
    if code == 2 or attributes.get("error.type"):
        return True
    if str(attributes.get("error", "false")).lower() not in ("false", "", "0", "none"):
        return True
    status = attributes.get("http.response.status_code", attributes.get("http.status_code"))
    try:
        return status is not None and int(status) >= 500
    except (TypeError, ValueError, OverflowError):
        return False


def peer_of(attributes: Mapping[str, Any]) -> Peer | None:
    """Whom a caller says that it called, by the most particular thing that it says."""
    for key in _PEERS:
        if name := attributes.get(key):
            return Peer("service", cut(str(name)))
    for key, kind in _SYSTEMS.items():
        if system := attributes.get(key):
            names = _DATABASES if kind == "database" else _DESTINATIONS
            name = next((value for one in (*names, *_ADDRESSES) if (value := attributes.get(one))), "")
            return Peer(kind, cut(f"{system}:{name}" if name else str(system)))
    name = next((value for one in _ADDRESSES if (value := attributes.get(one))), "")
    return Peer("external", cut(str(name))) if name else None


def probability_of(tracestate: str) -> float | None:
    """The probability of sampling that `ot=th:` in a trace state gives (OpenTelemetry, "TraceState: probability
    sampling"): the threshold is a fraction of 2**56 that was rejected, written as hex digits without trailing zeros."""
    for member in tracestate.split(","):
        key, _, value = member.strip().partition("=")
        if key != "ot":
            continue
        for field in value.split(";"):
            name, _, digits = field.partition(":")
            if name == "th" and 1 <= len(digits) <= 14:
                try:
                    rejected = int(digits.ljust(14, "0"), 16)
                except ValueError:
                    return None
                return 1.0 - rejected / (1 << 56)
    return None
