"""Points of metrics out of OTLP (protobuf, JSON) and Prometheus' remote write: those that may say who calls whom."""

import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from awayteam.usage.reading.narrow import every_attribute
from awayteam.usage.reading.values import Problems, listed, mapping, text, whole

_FIXED64, _DOUBLE, _STRING, _MESSAGE, _BYTES, _INT32, _INT64, _SFIXED64 = 6, 1, 9, 11, 12, 5, 3, 16
_ONE, _MANY = 1, 3
_NO_VALUE = 1
Wanted = Callable[[str], bool]


class BadMetrics(ValueError):
    """Bytes that are no metrics."""


class Sample(NamedTuple):
    """A point of a counter (one value) or of a histogram (the calls in each class; `bounds` are the classes' upper
    ones). Times are nanoseconds since 1970; `start` is 0 where nobody says since when it counts."""

    name: str
    labels: dict[str, str]
    values: tuple[float, ...]
    start: int
    at: int
    delta: bool = False
    bounds: tuple[float, ...] = ()


@lru_cache(maxsize=1)
def _messages() -> dict[str, Any]:
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(
        name="awayteam/metrics.proto", package="awayteam.metrics", syntax="proto3"
    )

    def message(message_name: str, **fields: tuple[int, int, int] | tuple[int, int, int, str]) -> None:
        made = file.message_type.add(name=message_name)
        for name, (number, kind, label, *type_) in fields.items():
            of = f".awayteam.metrics.{type_[0]}" if type_ else None
            made.field.add(name=name, number=number, type=kind, label=label, type_name=of)

    message("Resource", attributes=(1, _BYTES, _MANY))
    message(
        "Number", start=(2, _FIXED64, _ONE), time=(3, _FIXED64, _ONE), as_double=(4, _DOUBLE, _ONE),
        as_int=(6, _SFIXED64, _ONE), attributes=(7, _BYTES, _MANY), flags=(8, _INT32, _ONE),
    )  # fmt: skip
    message(
        "Classes", start=(2, _FIXED64, _ONE), time=(3, _FIXED64, _ONE), bucket_counts=(6, _FIXED64, _MANY),
        explicit_bounds=(7, _DOUBLE, _MANY), attributes=(9, _BYTES, _MANY), flags=(10, _INT32, _ONE),
    )  # fmt: skip
    message("Sum", data_points=(1, _MESSAGE, _MANY, "Number"), temporality=(2, _INT32, _ONE))
    message("Histogram", data_points=(1, _MESSAGE, _MANY, "Classes"), temporality=(2, _INT32, _ONE))
    message(
        "Metric", name=(1, _BYTES, _ONE), sum=(7, _MESSAGE, _ONE, "Sum"), histogram=(9, _MESSAGE, _ONE, "Histogram")
    )
    message("ScopeMetrics", metrics=(2, _MESSAGE, _MANY, "Metric"))
    message("ResourceMetrics", resource=(1, _MESSAGE, _ONE, "Resource"), scopes=(2, _MESSAGE, _MANY, "ScopeMetrics"))
    message("Request", resources=(1, _MESSAGE, _MANY, "ResourceMetrics"))
    message("Label", name=(1, _BYTES, _ONE), value=(2, _BYTES, _ONE))
    message("Point", value=(1, _DOUBLE, _ONE), time=(2, _INT64, _ONE))
    message("Series", labels=(1, _MESSAGE, _MANY, "Label"), points=(2, _MESSAGE, _MANY, "Point"))
    message("Write", series=(1, _MESSAGE, _MANY, "Series"))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"awayteam.metrics.{name}"))
        for name in ("Request", "Write")
    }


def _parsed(name: str, data: bytes) -> Any:
    from google.protobuf.message import DecodeError

    try:
        return _messages()[name].FromString(data)
    except DecodeError as error:
        raise BadMetrics(str(error)) from None


def of_protobuf(data: bytes, wanted: Wanted, problems: Problems) -> Iterator[Sample]:
    """Points of OTLP's protobuf whose metrics are wanted. Raises `BadMetrics`; bad points are noted and left out."""
    for outer, resource in enumerate(_parsed("Request", data).resources):
        common = every_attribute(resource.resource.attributes)
        for scope in resource.scopes:
            for metric in scope.metrics:
                name = metric.name.decode("utf-8", "replace")
                if not wanted(name):
                    continue
                for kind in (metric.sum, metric.histogram):
                    for point in kind.data_points:
                        if point.flags & _NO_VALUE:
                            continue
                        labels = {**common, **every_attribute(point.attributes)}
                        bounds = tuple(getattr(point, "explicit_bounds", ()))
                        values = (
                            tuple(map(float, point.bucket_counts))
                            if kind is metric.histogram
                            else (float(point.as_int or point.as_double),)
                        )
                        made = Sample(name, labels, values, point.start, point.time, kind.temporality == 1, bounds)
                        yield from _sound(made, f"resource {outer}, {name[:100]}", problems)


def of_json(document: Any, wanted: Wanted, problems: Problems) -> Iterator[Sample]:
    """The same of OTLP's JSON."""
    for outer, resource in enumerate(listed(mapping(document).get("resourceMetrics"))):
        common = _json_labels(mapping(mapping(resource).get("resource")).get("attributes"))
        for scope in listed(mapping(resource).get("scopeMetrics")):
            for metric in map(mapping, listed(mapping(scope).get("metrics"))):
                name = text(metric.get("name"))
                if wanted(name):
                    where = f"resource {outer}, {name[:100]}"
                    yield from _json_points(name, metric, common, where, problems)


def _json_points(
    name: str, metric: dict[str, Any], common: dict[str, str], where: str, problems: Problems
) -> Iterator[Sample]:
    for kind in ("sum", "histogram"):
        held = mapping(metric.get(kind))
        delta = held.get("aggregationTemporality") in (1, "AGGREGATION_TEMPORALITY_DELTA")
        for point in map(mapping, listed(held.get("dataPoints"))):
            if whole(point.get("flags")) & _NO_VALUE:
                continue
            given = point.get("bucketCounts") if kind == "histogram" else [point.get("asInt", point.get("asDouble"))]
            made = Sample(
                name, {**common, **_json_labels(point.get("attributes"))}, tuple(map(_float, listed(given))),
                whole(point.get("startTimeUnixNano")), whole(point.get("timeUnixNano")), delta,
                tuple(map(_float, listed(point.get("explicitBounds")))),
            )  # fmt: skip
            yield from _sound(made, where, problems)


def _float(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _json_labels(given: Any) -> dict[str, str]:
    found = {}
    for one in listed(given):
        key, value = mapping(one).get("key"), mapping(mapping(one).get("value"))
        if isinstance(key, str) and value:
            held = next(iter(value.values()))
            if isinstance(held, (str, bool, int, float)):
                found[key] = str(held).lower() if isinstance(held, bool) else str(held)
    return found


def of_remote_write(data: bytes, wanted: Wanted, problems: Problems) -> Iterator[Sample]:
    """Points of Prometheus' remote write 1.0, unpacked. Raises `BadMetrics`."""
    for series in _parsed("Write", data).series:
        labels = {one.name.decode("utf-8", "replace"): one.value.decode("utf-8", "replace") for one in series.labels}
        name = labels.pop("__name__", "")
        if not wanted(name):
            continue
        for point in series.points:
            if point.value != point.value:  # a series that ends is marked so
                continue
            made = Sample(name, labels, (point.value,), 0, point.time * 1_000_000)
            yield from _sound(made, name[:100], problems)


def _sound(sample: Sample, where: str, problems: Problems) -> Iterator[Sample]:
    if not sample.values or any(not 0 <= value < 1e18 for value in sample.values):
        problems.note(where, "a count that is no number, or below zero")
    elif sample.bounds and len(sample.bounds) + 1 != len(sample.values):
        problems.note(where, "a histogram whose classes don't fit their bounds")
    else:
        yield sample
