"""OTLP as protobuf, read by a narrow schema: what counting needs, and nothing else is built.

The descriptor is made here at the first use and is wire-compatible with opentelemetry-proto's `TracesData` and
`ExportTraceServiceRequest`: fields that it doesn't have are skipped, attributes stay raw bytes of which only wanted
ones are decoded. That is faster than the full messages (benchmarks/bench_spans.py), and gives the same spans.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from struct import unpack_from
from typing import Any, NamedTuple

from awayteam.usage.reading.values import Problems
from awayteam.usage.spans import CALLERS, WANTED, Peer, Span, failed, operation_of, peer_of, probability_of, service_of

_FIXED64, _STRING, _MESSAGE, _BYTES, _INT32, _OPTIONAL, _REPEATED = 6, 9, 11, 12, 5, 1, 3
_KEYS = {name.encode(): name for name in WANTED}
_RESOURCE_KEYS = {name.encode(): name for name in ("service.name", "service.namespace")}


class BadProtobuf(ValueError):
    """Bytes that are no message of this schema."""


@lru_cache(maxsize=1)
def _messages() -> dict[str, Any]:
    """The classes of messages: `TracesData`, `Span`, and `Cut`, a `TracesData` whose spans stay bytes."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(name="awayteam/narrow.proto", package="awayteam.narrow", syntax="proto3")

    def message(name: str, *fields: tuple[str, int, int, int, str]) -> None:
        made = file.message_type.add(name=name)
        for field, number, kind, label, type_ in fields:
            made.field.add(name=field, number=number, type=kind, label=label, type_name=type_ or None)

    message("Resource", ("attributes", 1, _BYTES, _REPEATED, ""))
    message("Status", ("code", 3, _INT32, _OPTIONAL, ""))
    message(
        "Span",
        ("trace_id", 1, _BYTES, _OPTIONAL, ""), ("span_id", 2, _BYTES, _OPTIONAL, ""),
        ("trace_state", 3, _BYTES, _OPTIONAL, ""), ("parent_span_id", 4, _BYTES, _OPTIONAL, ""),
        ("name", 5, _BYTES, _OPTIONAL, ""), ("kind", 6, _INT32, _OPTIONAL, ""),
        ("start", 7, _FIXED64, _OPTIONAL, ""), ("end", 8, _FIXED64, _OPTIONAL, ""),
        ("attributes", 9, _BYTES, _REPEATED, ""), ("status", 15, _MESSAGE, _OPTIONAL, ".awayteam.narrow.Status"),
    )  # fmt: skip
    message("ScopeSpans", ("spans", 2, _MESSAGE, _REPEATED, ".awayteam.narrow.Span"))
    message(
        "ResourceSpans",
        ("resource", 1, _MESSAGE, _OPTIONAL, ".awayteam.narrow.Resource"),
        ("scope_spans", 2, _MESSAGE, _REPEATED, ".awayteam.narrow.ScopeSpans"),
    )
    message("TracesData", ("resource_spans", 1, _MESSAGE, _REPEATED, ".awayteam.narrow.ResourceSpans"))
    message("ScopeCut", ("spans", 2, _BYTES, _REPEATED, ""))
    message(
        "ResourceCut",
        ("resource", 1, _MESSAGE, _OPTIONAL, ".awayteam.narrow.Resource"),
        ("scope_spans", 2, _MESSAGE, _REPEATED, ".awayteam.narrow.ScopeCut"),
    )
    message("Cut", ("resource_spans", 1, _MESSAGE, _REPEATED, ".awayteam.narrow.ResourceCut"))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"awayteam.narrow.{name}"))
        for name in ("TracesData", "Span", "Cut")
    }


def _parsed(name: str, data: bytes) -> Any:
    from google.protobuf.message import DecodeError

    try:
        return _messages()[name].FromString(data)
    except DecodeError as error:
        raise BadProtobuf(f"no traces in protobuf: {error}") from error


class _Facts(NamedTuple):
    """What follows from the name, the kind, the status and the wanted attributes of a span."""

    operation: str
    failed: bool
    peer: Peer | None


class Reader:
    """Reads messages, and remembers what it has seen: attributes and names come again and again.

    `remembered` bounds each memory; one that is full begins anew. Not safe to share between threads.
    """

    def __init__(self, remembered: int = 200_000) -> None:
        self.remembered = remembered
        self._numbers: dict[bytes, int] = {}
        self._pairs: list[tuple[str, Any]] = [("", None)]
        self._facts: dict[tuple[Any, ...], _Facts] = {}

    def spans(self, data: bytes, problems: Problems) -> Iterator[Span]:
        """The spans of a message. Raises `BadProtobuf` where it is none; a bad span is noted and left out."""
        message = _parsed("TracesData", data)
        for outer, resource in enumerate(message.resource_spans):
            service = service_of(_attributes(resource.resource.attributes, _RESOURCE_KEYS))
            number = 0
            for scope in resource.scope_spans:
                for one in scope.spans:
                    number += 1
                    if not _identified(one):
                        problems.note(f"resource {outer}, span {number - 1}", _WRONG)
                        continue
                    yield self._span(one, service)

    def _span(self, one: Any, service: str) -> Span:
        numbers = self._numbers
        wanted: list[Any] = [one.name, one.kind, one.status.code]
        for raw in one.attributes:
            number = numbers.get(raw)
            if number is None:
                number = self._learn(raw)
            if number:
                wanted.append(number)
        key = tuple(wanted)
        facts = self._facts.get(key)
        if facts is None:
            facts = self._conclude(key)
        trace, own, parent, start, end, chance = bare(one)
        return Span(
            trace, own, parent, one.kind, service, facts.operation, start, end, facts.failed, facts.peer, chance
        )  # fmt: skip

    def _learn(self, raw: bytes) -> int:
        """The number of an attribute that wasn't seen before; 0 for one that isn't wanted."""
        if len(self._numbers) >= self.remembered or len(self._pairs) >= self.remembered:
            self._numbers.clear()
            self._facts.clear()
            del self._pairs[1:]
        found = _attributes((raw,), _KEYS)
        number = 0
        for pair in found.items():
            number = len(self._pairs)
            self._pairs.append(pair)
        self._numbers[raw] = number
        return number

    def _conclude(self, key: tuple[Any, ...]) -> _Facts:
        if len(self._facts) >= self.remembered:
            self._facts.clear()
        name, kind, code, *numbers = key
        facts = self._facts[key] = _concluded(dict(self._pairs[number] for number in numbers), name, kind, code)
        return facts


def _concluded(attributes: dict[str, Any], name: bytes, kind: int, code: int) -> _Facts:
    return _Facts(
        operation_of(attributes, name.decode("utf-8", "replace")),
        failed(attributes, code),
        peer_of(attributes) if attributes and kind in CALLERS else None,
    )


_TOO_LATE = 1 << 63
_WRONG = "ids of a wrong length"


def outer(data: bytes) -> Any:
    """A message whose spans stay bytes. Raises `BadProtobuf`."""
    return _parsed("Cut", data)


def span(data: bytes) -> Any:
    """One span. Raises `BadProtobuf`, and `ValueError` where its ids are too long."""
    one = _parsed("Span", data)
    if not _identified(one):
        raise ValueError(_WRONG)
    return one


def facts(one: Any) -> _Facts:
    """What a span's name, kind, status and attributes say."""
    return _concluded(_attributes(one.attributes, _KEYS), one.name, one.kind, one.status.code)


def bare(one: Any) -> tuple[bytes, bytes, bytes, int, int, float | None]:
    """Ids of trace, span and parent (shorter ones with zeros in front), start, end, and the probability of sampling."""
    trace, own, parent, state, start, end = (
        one.trace_id, one.span_id, one.parent_span_id, one.trace_state, one.start, one.end,
    )  # fmt: skip
    return (
        trace if len(trace) == 16 else trace.rjust(16, b"\0"),
        own if len(own) == 8 else own.rjust(8, b"\0"),
        parent.rjust(8, b"\0") if any(parent) else b"",
        start if start < _TOO_LATE else 0,
        end if end < _TOO_LATE else 0,
        probability(state) if state else None,
    )


def _identified(one: Any) -> bool:
    return 0 < len(one.span_id) <= 8 and len(one.trace_id) <= 16 and len(one.parent_span_id) <= 8


def resource_attributes(given: Iterable[bytes]) -> dict[str, Any]:
    """Name and namespace of the service, out of the raw attributes of a resource."""
    return _attributes(given, _RESOURCE_KEYS)


def spans(data: bytes, problems: Problems) -> Iterator[Span]:
    """The spans of one message; who reads many keeps a `Reader`."""
    return Reader().spans(data, problems)


@lru_cache(maxsize=1_000)
def probability(state: bytes) -> float | None:
    """The probability of sampling that a trace state gives."""
    return probability_of(state.decode("ascii", "replace"))


def _attributes(given: Iterable[bytes], wanted: dict[bytes, str]) -> dict[str, Any]:
    """Those of the raw `KeyValue` messages that are wanted, where their values have one part."""
    found: dict[str, Any] = {}
    for raw in given:
        if len(raw) > 2 and raw[0] == 0x0A and raw[1] < 0x80:  # the key stands first in what every encoder writes
            end = 2 + raw[1]
            name = wanted.get(raw[2:end])
            if name is not None and (value := _value(raw, end)) is not None:
                found[name] = value
        else:
            _slowly(raw, wanted, found)
    return found


def every_attribute(given: Iterable[bytes]) -> dict[str, str]:
    """All attributes whose values have one part, as texts; for messages of which there are few."""
    found: dict[str, str] = {}
    for raw in given:
        key, value = _pair(raw)
        if key and value is not None:
            found[key.decode("utf-8", "replace")] = str(value).lower() if isinstance(value, bool) else str(value)
    return found


def _slowly(raw: bytes, wanted: dict[bytes, str], found: dict[str, Any]) -> None:
    """A `KeyValue` in an order that nobody writes, but that is allowed."""
    key, value = _pair(raw)
    if (name := wanted.get(key)) and value is not None:
        found[name] = value


def _pair(raw: bytes) -> tuple[bytes, Any]:
    """Key and value of a `KeyValue`; b"" where it is none."""
    key, value, at = b"", None, 0
    while at < len(raw):
        tag, at = _varint(raw, at)
        if tag & 7 != 2:
            return b"", None
        length, at = _varint(raw, at)
        if tag == 0x0A:
            key = raw[at : at + length]
        elif tag == 0x12:
            value = _any(raw[at : at + length])
        at += length
    return key, value


def _value(raw: bytes, at: int) -> Any:
    """The value that follows the key."""
    if at >= len(raw) or raw[at] != 0x12:
        return None
    length, at = _varint(raw, at + 1)
    return _any(raw[at : at + length])


def _any(raw: bytes) -> Any:
    """An `AnyValue`: string 1, bool 2, int 3, double 4; None for the others, and for what is cut off."""
    if not raw:
        return None
    tag = raw[0]
    if tag == 0x0A:
        length, at = _varint(raw, 1)
        return raw[at : at + length].decode("utf-8", "replace")
    if tag == 0x10:
        return bool(_varint(raw, 1)[0])
    if tag == 0x18:
        number = _varint(raw, 1)[0]
        return number - (1 << 64) if number >> 63 else number
    if tag == 0x21 and len(raw) >= 9:
        return unpack_from("<d", raw, 1)[0]
    return None


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    """A number of variable length and where it ends; bytes that end too soon are zeros."""
    found = shift = 0
    while at < len(raw) and shift < 70:
        byte = raw[at]
        at += 1
        found |= (byte & 0x7F) << shift
        if byte < 0x80:
            return found & 0xFFFFFFFFFFFFFFFF, at
        shift += 7
    return 0, len(raw)
