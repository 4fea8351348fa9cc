"""The narrow schema gives the very spans that the full decoder gives, of any message."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status, TracesData

from awayteam.usage import spans as names
from awayteam.usage.reading import narrow
from awayteam.usage.reading.narrow import BadProtobuf
from awayteam.usage.reading.values import Problems

KEYS = st.sampled_from([*sorted(names.WANTED), "other", "", "k" * 127, "k" * 128, "k" * 300, "http.routes"])
TEXTS = st.text(max_size=5) | st.sampled_from([63, 64, 127, 128, 129, 8_192, 20_000]).map(lambda size: "é" * size)
VALUES = st.one_of(
    TEXTS.map(lambda value: AnyValue(string_value=value)),
    st.booleans().map(lambda value: AnyValue(bool_value=value)),
    st.integers(-(1 << 63), (1 << 63) - 1).map(lambda value: AnyValue(int_value=value)),
    st.floats(allow_nan=False).map(lambda value: AnyValue(double_value=value)),
    st.just(AnyValue(array_value=ArrayValue(values=[AnyValue(string_value="x")]))),
    st.just(AnyValue()),
)
ATTRIBUTES = st.lists(st.builds(KeyValue, key=KEYS, value=VALUES), max_size=6)
RESOURCES = st.lists(
    st.builds(KeyValue, key=st.sampled_from(["service.name", "service.namespace", "host"]), value=VALUES), max_size=3
)
SPANS = st.builds(
    Span,
    trace_id=st.binary(min_size=16, max_size=16), span_id=st.binary(min_size=8, max_size=8),
    parent_span_id=st.sampled_from([b"", b"\0" * 8, b"p" * 8]), name=TEXTS,
    trace_state=st.sampled_from(["", "ot=th:8", "a=b", "é"]),
    kind=st.sampled_from([0, 1, 2, 3, 4, 5]), start_time_unix_nano=st.integers(0, (1 << 64) - 1),
    end_time_unix_nano=st.integers(0, (1 << 64) - 1), attributes=ATTRIBUTES,
    status=st.builds(Status, code=st.sampled_from([0, 1, 2]), message=st.text(max_size=3)),
    dropped_attributes_count=st.integers(0, 9),
)  # fmt: skip
MESSAGES = st.builds(
    TracesData,
    resource_spans=st.lists(
        st.builds(
            ResourceSpans,
            resource=st.builds(Resource, attributes=RESOURCES),
            scope_spans=st.lists(st.builds(ScopeSpans, spans=st.lists(SPANS, max_size=3)), max_size=2),
        ),
        max_size=3,
    ),
)


def attributes(given: Any, wanted: Any) -> dict[str, Any]:
    """As the full decoder has them: values of one part, the last of equal keys."""
    found = {}
    for one in given:
        held = one.value.WhichOneof("value")
        if one.key in wanted and held in ("string_value", "bool_value", "int_value", "double_value"):
            found[one.key] = getattr(one.value, held)
    return found


def fully(message: TracesData) -> list[names.Span]:
    found = []
    for resource in message.resource_spans:
        service = names.service_of(attributes(resource.resource.attributes, {"service.name", "service.namespace"}))
        for scope in resource.scope_spans:
            for one in scope.spans:
                own = attributes(one.attributes, names.WANTED)
                peer = names.peer_of(own) if one.kind in names.CALLERS else None
                start, end = (at if at < 1 << 63 else 0 for at in (one.start_time_unix_nano, one.end_time_unix_nano))
                found.append(
                    names.Span(
                        one.trace_id, one.span_id, one.parent_span_id if any(one.parent_span_id) else b"", one.kind,
                        service, names.operation_of(own, one.name), start, end,
                        names.failed(own, one.status.code), peer, names.probability_of(one.trace_state),
                    )
                )  # fmt: skip
    return found


@given(MESSAGES)
def test_the_narrow_schema_gives_the_same_spans(message: TracesData) -> None:
    problems = Problems()
    assert list(narrow.spans(message.SerializeToString(), problems)) == fully(message)
    assert problems.count == 0


@given(st.builds(KeyValue, key=st.sampled_from(["http.route", "other"]), value=VALUES))
def test_attributes_written_value_first_are_read_too(one: KeyValue) -> None:
    raw, value = one.SerializeToString(), one.value.SerializeToString()
    key = one.key.encode()
    turned = b"\x12" + _length(value) + value + b"\x0a" + _length(key) + key
    assert KeyValue.FromString(turned) == one
    wanted = {b"http.route": "http.route"}
    assert narrow._attributes([turned], wanted) == narrow._attributes([raw], wanted)


def test_a_reader_that_forgets_gives_the_same_spans() -> None:
    routes = [KeyValue(key="http.route", value=AnyValue(string_value=f"/{number}")) for number in range(40)]
    some = [Span(span_id=bytes([1 + number]) * 8, attributes=[one]) for number, one in enumerate(routes * 2)]
    data = TracesData(resource_spans=[ResourceSpans(scope_spans=[ScopeSpans(spans=some)])]).SerializeToString()
    short = narrow.Reader(remembered=7)
    assert [one.operation for one in short.spans(data, Problems())] == [f"/{number}" for number in range(40)] * 2
    assert max(len(short._numbers), len(short._facts), len(short._pairs)) <= 7


def _length(data: bytes) -> bytes:
    size, made = len(data), b""
    while size > 0x7F:
        made += bytes([size & 0x7F | 0x80])
        size >>= 7
    return made + bytes([size])


@given(st.binary(max_size=60))
def test_random_bytes_are_refused_or_read_without_harm(data: bytes) -> None:
    try:
        found = list(narrow.spans(data, Problems()))
    except BadProtobuf:
        return
    assert all(len(one.id) <= 8 for one in found)


@given(MESSAGES, st.data())
def test_messages_cut_off_are_refused_or_read_without_harm(message: TracesData, data: st.DataObject) -> None:
    whole = message.SerializeToString()
    part = whole[: data.draw(st.integers(0, len(whole)))]
    try:
        found = list(narrow.spans(part, Problems()))
    except BadProtobuf:
        return
    assert len(found) <= len(fully(message))


def test_ids_of_a_wrong_length_are_named() -> None:
    message = TracesData(
        resource_spans=[
            ResourceSpans(scope_spans=[ScopeSpans(spans=[Span(span_id=b"x" * 9), Span(), Span(span_id=b"x" * 8)])])
        ]
    )
    problems = Problems()
    assert len(list(narrow.spans(message.SerializeToString(), problems))) == 1
    assert problems.texts == ["resource 0, span 0: ids of a wrong length", "resource 0, span 1: ids of a wrong length"]
    with pytest.raises(BadProtobuf):
        list(narrow.spans(b"\xff\xff", Problems()))
