"""Envoy's access log as lines of JSON, one a request: who called which cluster's route, and how it ended.

A line's fields are named as the documentation tells to name them (docs/usage.md); names in Envoy's own style are read
too. Never the path: it has ids in it.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import orjson

from awayteam.usage.counts import CLASSES, HOUR_NS, Count, CountKey, class_of
from awayteam.usage.reading.values import Problems
from awayteam.usage.spans import cut

_CONSUMER = ("consumer", "downstream_peer_uri_san", "x_consumer", "downstream_peer_subject")
_PROVIDER = ("provider", "upstream_cluster", "upstream_cluster_name")
_OPERATION = ("operation", "route_name", "route")
_DURATION = ("duration", "duration_ms")
UNKNOWN = "(unknown)"
MOST_LINE = 64 * 1024
EARLIEST_HOURS, LATEST_HOURS = 14 * 24, 1


def counts(data: bytes, problems: Problems, hour: int) -> Iterator[tuple[CountKey, Count]]:
    """One count a line; `hour` is the present one, for lines whose time says nothing. Bad lines are noted."""
    at = 0
    for number, line in enumerate(data.split(b"\n"), start=1):
        at += len(line) + 1
        if not line.strip():
            continue
        try:
            yield _count(line, hour)
        except ValueError as error:
            problems.note(f"line {number}", str(error)[:200])


def _count(line: bytes, hour: int) -> tuple[CountKey, Count]:
    if len(line) > MOST_LINE:
        raise ValueError(f"longer than {MOST_LINE} bytes")
    entry = orjson.loads(line)
    if not isinstance(entry, dict):
        raise ValueError("no object")
    provider = _said(entry, _PROVIDER)
    if not provider:
        raise ValueError(f"no provider: one of {', '.join(_PROVIDER)}")
    at = _time(entry.get("start_time"))
    bucket = at // HOUR_NS
    if not hour - EARLIEST_HOURS <= bucket <= hour + LATEST_HOURS:
        bucket, at = hour, 0
    method, operation = _said(entry, ("method",)), _said(entry, _OPERATION)
    if operation and method and operation.startswith("/"):
        operation = f"{method} {operation}"
    latency: list[int] = []
    took = next((entry[one] for one in _DURATION if isinstance(entry.get(one), (int, float))), None)
    if took is not None and 0 <= took < 1e9:
        latency = [0] * CLASSES
        latency[class_of(took)] = 1
    key = CountKey(bucket, _consumer(entry), cut(provider), cut(operation), "service", "envoy")
    return key, Count(1, 1.0, 1.0 if _failed(entry) else 0.0, latency, 1.0, at, at)


def _said(entry: dict[str, Any], names: tuple[str, ...]) -> str:
    """The first of these that says something; Envoy writes "-" for nothing."""
    for name in names:
        value = entry.get(name)
        if isinstance(value, str) and value.strip() not in ("", "-"):
            return value.strip()
    return ""


def _consumer(entry: dict[str, Any]) -> str:
    """A name, or the last part of a SPIFFE id with its namespace: spiffe://x/ns/shop/sa/web is shop/web."""
    name = _said(entry, _CONSUMER)
    if not name.startswith("spiffe://"):
        return cut(name) or UNKNOWN
    parts = name.split("/")[3:]
    pairs = dict(zip(parts[::2], parts[1::2], strict=False))
    if "ns" in pairs and "sa" in pairs:
        return cut(f"{pairs['ns']}/{pairs['sa']}")
    return cut(parts[-1] if parts and parts[-1] else name)


def _failed(entry: dict[str, Any]) -> bool:
    code = entry.get("response_code", 0)
    grpc = str(entry.get("grpc_status", "")).strip()
    if grpc in ("Unknown", "DeadlineExceeded", "Unimplemented", "Internal", "Unavailable", "DataLoss"):
        return True
    try:
        return int(code) >= 500 or int(code) == 0
    except (TypeError, ValueError):
        return False


def _time(value: Any) -> int:
    if not isinstance(value, str):
        return 0
    try:
        return int(datetime.fromisoformat(value).timestamp() * 1_000_000_000)
    except (ValueError, OverflowError):
        return 0
