"""Reading by arrays gives the very columns that the full decoder's spans give, however messages are written."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Span, Status, TracesData

from awayteam.usage.columns import Columns, Facts, joined, of_spans
from awayteam.usage.reading import known
from awayteam.usage.reading.arrays import Reader
from awayteam.usage.reading.narrow import BadProtobuf
from awayteam.usage.reading.values import Problems
from awayteam.usage.tests.test_narrow import MESSAGES, fully

SEED = b"0123456789abcdef"


def same(one: Columns, two: Columns) -> bool:
    """Whether both hold the same rows, odd ones perhaps later."""
    return sorted(map(repr, zip(*(c.tolist() for c in one), strict=True))) == sorted(
        map(repr, zip(*(c.tolist() for c in two), strict=True))
    )


FACTS = Facts()
READER = Reader(FACTS, SEED)
"""One for all examples: what was learned of one message is used for the next."""


@given(MESSAGES)
@settings(max_examples=150)
def test_columns_are_those_of_the_full_decoder(message: TracesData) -> None:
    for _ in range(2):  # the second time, combinations are known
        problems = Problems()
        found = READER.columns(message.SerializeToString(), problems)
        assert same(found, of_spans(fully(message), FACTS))
        assert problems.count == 0


def message(*spans: Span | bytes) -> bytes:
    raw = [one if isinstance(one, bytes) else one.SerializeToString() for one in spans]
    scope = b"".join(b"\x12" + _length(one) + one for one in raw)
    resource = ResourceSpans().SerializeToString() + b"\x12" + _length(scope) + scope
    return b"\x0a" + _length(resource) + resource


def _length(data: bytes) -> bytes:
    size, made = len(data), b""
    while size > 0x7F:
        made += bytes([size & 0x7F | 0x80])
        size >>= 7
    return made + bytes([size])


def attribute(key: str, value: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=value))


def span(number: int, *attributes: KeyValue, **more: object) -> Span:
    values = {"trace_id": b"t" * 16, "span_id": bytes([number]) * 8, "name": "op", "kind": 3, **more}
    return Span(attributes=attributes, **values)  # type: ignore[arg-type]


def operations(found: Columns, facts: Facts) -> list[str]:
    return [facts.names.texts[one] for one in facts.operation[found.facts]]


def test_fields_in_any_order_unknown_ones_and_events_are_read() -> None:
    whole = span(1, attribute("http.route", "/a"), parent_span_id=b"p" * 8, start_time_unix_nano=5, flags=257)
    parts = [Span(kind=2), Span(name="later"), Span(trace_id=b"t" * 16), Span(span_id=b"2" * 8)]
    turned = b"".join(one.SerializeToString() for one in parts)
    unknown = span(3).SerializeToString() + b"\x9a\x06\x01x" + b"\x95\x06abcd"
    eventful = span(4, attribute("http.route", "/b"), status=Status(code=2, message="m" * 200))
    for number in range(300):
        eventful.events.add(name="e" * (number * 90), time_unix_nano=1)
    facts, problems = Facts(), Problems()
    found = Reader(facts, SEED).columns(message(whole, turned, unknown, eventful), problems)
    full = TracesData.FromString(message(whole, turned, unknown, eventful))
    assert same(found, of_spans(fully(full), facts))
    assert sorted(operations(found, facts)) == ["/a", "/b", "later", "op"]
    assert problems.count == 0


def test_a_bad_span_is_named_and_its_neighbours_count() -> None:
    facts, problems = Facts(), Problems()
    bad = [span(2, span_id=b"x" * 9), span(3, span_id=b""), span(4).SerializeToString()[:-1], b"\xff", b""]
    found = Reader(facts, SEED).columns(message(span(1), *bad, span(5)), problems)
    assert sorted(found.id.tolist()) == sorted(int.from_bytes(bytes([one]) * 8, "little") for one in (1, 5))
    assert problems.count == 5
    assert problems.texts[0] == "resource 0, span 1: ids of a wrong length"
    short = Reader(facts, SEED).columns(message(span(1, span_id=b"\x07", trace_id=b"\x09" * 8)), problems)
    assert (short.trace_high[0], short.id[0]) == (0, int.from_bytes(b"\0" * 7 + b"\x07", "little"))


def test_names_tell_nothing_where_a_route_decides() -> None:
    facts = Facts()
    reader = Reader(facts, SEED)
    routed = [span(n, attribute("http.route", "/orders/{id}"), name=f"GET /orders/{n}") for n in range(1, 200)]
    plain = [span(n, attribute("http.route", ""), name=f"GET {n}") for n in range(1, 4)]
    twice = span(9, attribute("http.route", "/a"), attribute("http.route", ""), name="by its name")
    turned = span(8, attribute("http.route", ""), attribute("http.route", "/a"), name="by its name")
    found = reader.columns(message(*routed, *plain, twice, turned), Problems())
    assert operations(found, facts)[199:] == ["GET 1", "GET 2", "GET 3", "by its name", "/a"]
    assert len(reader.known._by_hash) == 1 + 3 + 2


def test_server_addresses_tell_nothing_of_a_server() -> None:
    facts = Facts()
    reader = Reader(facts, SEED)
    reader.columns(message(*(span(1, attribute("server.address", f"h{n}"), kind=2) for n in range(50))), Problems())
    assert (len(reader.known._by_hash), len(facts)) == (1, 2)
    reader.columns(message(*(span(1, attribute("server.address", f"h{n}"), kind=3) for n in range(50))), Problems())
    assert (len(reader.known._by_hash), len(facts)) == (51, 52)


def test_a_million_operations_of_one_sender_are_capped_and_others_have_room() -> None:
    facts = Facts()
    facts.names.most_of_one = 100
    reader = Reader(facts, SEED)
    many = message(*(span(1, name=f"op {n}") for n in range(1_000)))
    reader.columns(many, Problems(), sender="loud")
    assert (facts.names.capped, len(facts.names.texts)) == ({"loud": 900}, 102)
    found = reader.columns(message(span(1, name="mine")), Problems(), sender="quiet")
    assert operations(found, facts) == ["mine"]


def test_two_keys_are_never_taken_for_one() -> None:
    for number in range(200):
        table = known.Known(np.random.default_rng(number).bytes(16))
        assert np.count_nonzero(table._keys) == len(known.WANTED)


@given(st.binary(max_size=80), st.integers(0, 80))
def test_random_bytes_are_refused_or_read_without_harm(data: bytes, at: int) -> None:
    real = message(span(1, attribute("http.route", "/a"), parent_span_id=b"p" * 8), span(2))
    for one in (data, real[:at] + data[:4] + real[at + 4 :], real[:at], message(data), message(span(1), data)):
        try:
            found = Reader(Facts(), SEED).columns(one, Problems())
        except BadProtobuf:
            continue
        assert found.size <= len(one)


def test_parts_are_joined_in_order() -> None:
    facts = Facts()
    one = of_spans([], facts)
    assert joined([one, one]).size == joined([]).size == 0
