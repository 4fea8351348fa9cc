"""Spans out of every format: the same story told in each gives the same edges; bad spans are left out by name."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from awayteam.usage.edges import Edges
from awayteam.usage.files import count
from awayteam.usage.pairing import pair
from awayteam.usage.reading.detect import spans_of, unpacked
from awayteam.usage.reading.values import Problems, UnreadableTraces
from awayteam.usage.spans import Kind, Peer, Span, failed, operation_of, peer_of, probability_of, service_of

TRACE, SHOP, PAY, PAYED = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "00f067aa0ba902b7", "53995c3f42cd8ad8"
START = 1_770_000_000_000_000  # microseconds

JAEGER = {
    "data": [
        {
            "traceID": TRACE,
            "processes": {"p1": {"serviceName": "shop", "tags": []}, "p2": {"serviceName": "pay"}},
            "spans": [
                {"traceID": TRACE, "spanID": SHOP, "operationName": "GET /cart", "startTime": START, "duration": 900,
                 "processID": "p1", "references": [], "tags": [{"key": "span.kind", "value": "server"}]},
                {"traceID": TRACE, "spanID": PAY, "operationName": "call", "startTime": START + 10, "duration": 500,
                 "processID": "p1", "references": [{"refType": "CHILD_OF", "traceID": TRACE, "spanID": SHOP}],
                 "tags": [{"key": "span.kind", "value": "client"}, {"key": "peer.service", "value": "pay"}]},
                {"traceID": TRACE, "spanID": PAYED, "operationName": "pay", "startTime": START + 20, "duration": 400,
                 "processID": "p2", "references": [{"refType": "CHILD_OF", "traceID": TRACE, "spanID": PAY}],
                 "tags": [{"key": "span.kind", "value": "server"}, {"key": "http.method", "value": "POST"},
                          {"key": "http.route", "value": "/charges"}, {"key": "http.status_code", "value": 503}]},
            ],
        }
    ]
}  # fmt: skip
ZIPKIN = [
    {"traceId": TRACE, "id": SHOP, "kind": "SERVER", "name": "GET /cart", "timestamp": START, "duration": 900,
     "localEndpoint": {"serviceName": "shop"}},
    {"traceId": TRACE, "parentId": SHOP, "id": PAY, "kind": "CLIENT", "name": "call", "timestamp": START + 10,
     "duration": 500, "localEndpoint": {"serviceName": "shop"}, "remoteEndpoint": {"serviceName": "pay"}},
    {"traceId": TRACE, "parentId": SHOP, "id": PAY, "kind": "SERVER", "name": "pay", "timestamp": START + 20,
     "duration": 400, "localEndpoint": {"serviceName": "pay"}, "shared": True,
     "tags": {"http.method": "POST", "http.route": "/charges", "error": "unavailable"}},
]  # fmt: skip


def _otlp_span(span: str, parent: str, name: str, kind: Any, at: int, took: int, **attributes: Any) -> dict[str, Any]:
    values = [
        {
            "key": key.replace("__", "."),
            "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value},
        }
        for key, value in attributes.items()
    ]
    return {
        "traceId": TRACE, "spanId": span, "parentSpanId": parent, "name": name, "kind": kind, "attributes": values,
        "startTimeUnixNano": str(at * 1000), "endTimeUnixNano": str((at + took) * 1000), "traceState": "ot=th:0",
    }  # fmt: skip


def _resource(service: str, *spans: dict[str, Any]) -> dict[str, Any]:
    named = {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]}
    return {"resource": named, "scopeSpans": [{"spans": list(spans)}]}


OTLP = {
    "resourceSpans": [
        _resource(
            "shop",
            _otlp_span(SHOP, "", "GET /cart", 2, START, 900),
            _otlp_span(PAY, SHOP, "call", "SPAN_KIND_CLIENT", START + 10, 500, peer__service="pay"),
        ),
        _resource(
            "pay",
            _otlp_span(PAYED, PAY, "pay", 2, START + 20, 400, http__request__method="POST", http__route="/charges",
                       http__response__status_code=503),
        ),
    ]
}  # fmt: skip
TABLE = f"""TraceID,SpanID,ParentID,PodName,OperationName,StartTimeUnixNano,EndTimeUnixNano
{TRACE},{SHOP},root,shop-6f6cfc45b-h5m2n,GET /cart,{START}000,{START + 900}000
{TRACE},{PAYED},{SHOP},pay-7d9f8c6b5-x2x2x,POST /charges,{START + 20}000,{START + 420}000
"""


def edges(data: bytes) -> tuple[str, Edges, Problems]:
    problems = Problems()
    source, spans = spans_of(data, problems)
    found = Edges()
    found.count(pair(spans, tally=found.tally), source)
    return source, found, problems


@pytest.mark.parametrize(
    ("source", "data"),
    [
        ("jaeger", json.dumps(JAEGER)),
        ("zipkin", json.dumps(ZIPKIN)),
        ("zipkin", json.dumps([ZIPKIN])),
        ("zipkin", json.dumps(ZIPKIN[::-1])),
        ("otlp", json.dumps(OTLP)),
        ("otlp", "\n".join(json.dumps({"resourceSpans": [one]}) for one in OTLP["resourceSpans"])),
        ("otlp", "\ufeff" + json.dumps(OTLP)),
        ("table", TABLE),
    ],
)
def test_one_story_gives_one_edge_in_every_format(source: str, data: str) -> None:
    name, found, problems = edges(data.encode())
    assert (name, problems.texts) == (source, [])
    ((key, row),) = found.rows.items()
    assert key == ("shop", "pay", "POST /charges", "service", source)
    assert (row.seen, row.failed, row.first) == (1, 0 if source == "table" else 1, (START + 20) * 1000)
    assert found.tally.roots == 1
    assert row.probability == (1.0 if source == "otlp" else None)


def test_protobuf_gives_what_json_gives() -> None:
    data = pytest.importorskip("google.protobuf.json_format", reason="needs protobuf")
    from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

    text = json.dumps(OTLP)
    for name in ("traceId", "spanId", "parentSpanId"):
        text = _base64(text, name)
    message = data.Parse(text, TracesData())
    assert edges(message.SerializeToString())[1].rows == edges(json.dumps(OTLP).encode())[1].rows


def _base64(text: str, name: str) -> str:
    """JSON of protobuf has bytes in base64, where OTLP's JSON has hex."""
    import base64
    import re

    def swap(match: "re.Match[str]") -> str:
        return f'"{name}": "{base64.b64encode(bytes.fromhex(match[1])).decode()}"'

    return re.sub(rf'"{name}": "([0-9a-f]*)"', swap, text)


def test_a_bad_span_is_left_out_by_name_and_the_others_count() -> None:
    broken = json.loads(json.dumps(OTLP))
    broken["resourceSpans"][0]["scopeSpans"][0]["spans"] += [
        {"spanId": "xyz"},
        {"spanId": "ab" * 9},
        {},
        7,
        {"spanId": 7},
    ]
    _, found, problems = edges(json.dumps(broken).encode())
    assert len(found.rows) == 1
    assert problems.count == 5
    assert problems.texts[0].startswith("resource 0, span 2:")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"), (b"   \n", "empty"), (b"{", "no JSON"), (b"[1]", "neither"), (b'{"a": 1}', "neither"),
        (b"hello, world\n", "no traces"), (b"\x0a\xff\xff\xff\xff\x0f", "no traces"),
        (b"[" * 100_000, "no JSON"), (b'{"data": [' + b'{"spans": [' * 3_000, "no JSON"),
    ],
)  # fmt: skip
def test_what_is_no_file_of_traces_says_so(data: bytes, says: str) -> None:
    with pytest.raises(UnreadableTraces, match=says):
        edges(data)


@pytest.mark.parametrize(
    "document",
    [
        {"data": [{"spans": [None, 1, {"spanID": None}, {"spanID": "1", "tags": 7, "references": [7, {}]}]}]},
        {"data": [{"spans": [{"spanID": "1", "startTime": "x", "duration": []}]}]},
        {"data": [{"spans": 7, "processes": []}]},
        [{"traceId": "1", "id": "2", "localEndpoint": 7, "tags": [], "kind": 3, "timestamp": 10**30}],
        [{"traceId": "1", "id": "2"}, None, [], [[]], 7],
        {"resourceSpans": [7, {"resource": 7, "scopeSpans": [7, {"spans": [{"spanId": "01", "attributes": [7]}]}]}]},
        {"resourceSpans": [{"scopeSpans": [{"spans": [{"spanId": "01", "kind": [], "status": []}]}]}]},
    ],
)  # fmt: skip
def test_documents_of_the_wrong_types_break_nothing(document: Any) -> None:
    _, found, _ = edges(json.dumps(document).encode())
    assert found.rows == {}


def test_gzip_is_unpacked_within_bounds() -> None:
    assert unpacked(gzip.compress(b"ab") + gzip.compress(b"c"), 10) == b"abc"
    with pytest.raises(UnreadableTraces, match="more than"):
        unpacked(gzip.compress(b"\0" * 10_000_000), 1_000_000)
    with pytest.raises(UnreadableTraces, match="too soon"):
        unpacked(gzip.compress(b"abc" * 1000)[:-9])
    packed = bytearray(gzip.compress(b"abc" * 1000))
    packed[12] ^= 0xFF
    with pytest.raises(UnreadableTraces, match="broken"):
        unpacked(bytes(packed))


def test_files_and_folders_are_counted_together(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    shop, pay = OTLP["resourceSpans"]
    (tmp_path / "in" / "a.json.gz").write_bytes(gzip.compress(json.dumps({"resourceSpans": [pay]}).encode()))
    (tmp_path / "in" / "b.json").write_text(json.dumps({"resourceSpans": [shop]}))
    (tmp_path / "in" / "broken.json").write_text("{")
    (tmp_path / "in" / "README.md").write_text("not asked for")
    (tmp_path / "in" / "out.json").symlink_to("/etc/passwd")
    found = count([str(tmp_path / "in")])
    assert [key.operation for key in found.edges.rows] == ["POST /charges"]
    assert sorted(Path(one).name for one in found.files) == ["a.json.gz", "b.json"]
    assert [Path(one).name for one in found.unreadable] == ["broken.json"]


# Names and figures


def test_operations_are_named_by_what_was_asked_for() -> None:
    assert operation_of({"http.route": "/a/{id}", "http.request.method": "GET"}, "x") == "GET /a/{id}"
    assert operation_of({"http.route": "/a", "http.method": "PUT"}, "x") == "PUT /a"
    assert operation_of({"rpc.service": "pay.Charges", "rpc.method": "Make"}, "x") == "pay.Charges/Make"
    assert operation_of({"rpc.method": "pay.Charges/Make", "rpc.service": "no"}, "x") == "pay.Charges/Make"
    assert operation_of({"messaging.destination.name": "orders"}, "x") == "orders"
    assert operation_of({"url.path": "/a/17"}, "GET") == "GET"
    assert len(operation_of({}, "x" * 5_000)) == 300


def test_peers_are_what_the_caller_says() -> None:
    assert peer_of({"service.peer.name": "pay", "peer.service": "old"}) == Peer("service", "pay")
    assert peer_of({"db.system": "postgresql", "db.name": "orders", "net.peer.name": "h"}) == Peer(
        "database", "postgresql:orders"
    )
    assert peer_of({"messaging.system": "kafka", "messaging.destination.name": "paid"}) == Peer(
        "messaging", "kafka:paid"
    )
    assert peer_of({"server.address": "api.example"}) == Peer("external", "api.example")
    assert peer_of({"http.method": "GET"}) is None


def test_services_carry_their_namespace_and_errors_are_told_by_any_sign() -> None:
    assert service_of({"service.name": " pay ", "service.namespace": "shop"}) == "shop/pay"
    assert service_of({"service.name": 7}) == ""
    assert failed({}, 2)
    assert failed({"error": True})
    assert failed({"http.status_code": "500"})
    assert not failed({"error": False, "http.status_code": "499"})
    assert not failed({"http.status_code": "x"})


@pytest.mark.parametrize(
    ("state", "probability"),
    [("ot=th:0", 1.0), ("ot=th:8", 0.5), ("a=b,ot=rv:1;th:c", 0.25), ("ot=th:fd70a3d70a3d71", 0.01), ("", None),
     ("ot=th:", None), ("ot=th:xyz", None), ("ot=th:000000000000000", None)],
)  # fmt: skip
def test_thresholds_of_sampling_are_probabilities(state: str, probability: float | None) -> None:
    assert probability_of(state) == (probability if probability is None else pytest.approx(probability, rel=1e-9))


def test_a_span_knows_its_kind() -> None:
    span = next(spans_of(json.dumps(ZIPKIN).encode(), Problems())[1])
    assert (Kind(span.kind), span.parent, isinstance(span, Span)) == (Kind.SERVER, b"", True)
