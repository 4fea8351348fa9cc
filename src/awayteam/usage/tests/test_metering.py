"""Metrics and logs that say who calls whom: service graphs, Istio, remote write, Envoy; counters that only grow."""

import random
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pyarrow
import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    Histogram,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)

from awayteam.kernel.actor import SYSTEM
from awayteam.usage.actions.senders import add_sender
from awayteam.usage.counts import CountKey
from awayteam.usage.receiving import metering, snappy
from awayteam.usage.receiving.protocol import varint
from awayteam.usage.receiving.receiver import counted
from awayteam.usage.receiving.samples import Sample
from awayteam.usage.receiving.series import SETTLED_SECONDS, Series
from awayteam.usage.tests.post import HOUR, JSON, NOW, PROTOBUF, Post, attribute

AT = datetime(2027, 1, 15, 8, tzinfo=UTC)
CUMULATIVE, DELTA = 2, 1
UNWELL = {"response_code": "503"}
EDGE = {"client": "shop", "server": "pay", "connection_type": "", "failed": "false"}


@pytest.fixture
def post(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, db: None) -> Post:
    metering.meter.cache_clear()
    return Post(tmp_path / "spool", monkeypatch)


@pytest.fixture
def token(db: None) -> str:
    return add_sender(actor=SYSTEM, now=AT, name="gateway").token


def metric(
    name: str, value: float, *, at: int = 1, start: int = 7, temporality: int = CUMULATIVE, **labels: str
) -> Metric:
    point = NumberDataPoint(
        attributes=[attribute(key.replace("__", "."), text) for key, text in ({**EDGE, **labels}).items()],
        start_time_unix_nano=start, time_unix_nano=NOW + at, as_int=int(value),
    )  # fmt: skip
    return Metric(name=name, sum=Sum(data_points=[point], aggregation_temporality=temporality, is_monotonic=True))


def message(*metrics: Metric) -> ExportMetricsServiceRequest:
    return ExportMetricsServiceRequest(
        resource_metrics=[ResourceMetrics(scope_metrics=[ScopeMetrics(metrics=metrics)])]
    )


TOTAL, FAILED = "traces_service_graph_request_total", "traces_service_graph_request_failed_total"


@pytest.mark.parametrize("kind", [PROTOBUF, JSON])
def test_a_service_graph_counts_increases_and_failures(post: Post, token: str, kind: str) -> None:
    def send(*metrics: Metric) -> Any:
        whole = message(*metrics)
        body = whole.SerializeToString() if kind == PROTOBUF else orjson.dumps(MessageToDict(whole))
        answer = post.send("/v1/metrics", body, token, kind=kind, packed=True)
        assert (answer.status, answer.body) == (200, b"" if kind == PROTOBUF else b"{}")

    more = {
        "server_http__route": "/pay/{id}",
        "server_http__request__method": "POST",
        "server_service__namespace": "bank",
    }
    send(metric(TOTAL, 100, **more), metric("process_cpu", 5))
    send(metric(TOTAL, 130, at=2, **more), metric(FAILED, 2, at=2, **more))
    send(metric(TOTAL, 130, at=2, **more))  # again
    send(metric(TOTAL, 120, at=1, **more))  # late
    send(metric(FAILED, 5, at=3, **more))
    send(metric(TOTAL, 10, at=4, start=9, **more))  # the collector began anew
    ((key, count),) = post.counts().items()
    assert key == (HOUR, "shop", "bank/pay", "POST /pay/{id}", "service", "servicegraph")
    assert (count.seen, count.calls, count.failed, count.probability) == (40, 40.0, 3.0, None)


def test_deltas_virtual_nodes_and_latencies(post: Post, token: str) -> None:
    def send(*metrics: Metric) -> None:
        assert post.send("/v1/metrics", message(*metrics).SerializeToString(), token).status == 200

    labels = [attribute(key, value) for key, value in EDGE.items()]
    point = HistogramDataPoint(
        attributes=labels, time_unix_nano=NOW, count=6, bucket_counts=[3, 2, 1], explicit_bounds=[0.002, 0.1]
    )
    histogram = Histogram(data_points=[point], aggregation_temporality=DELTA)
    send(
        metric(TOTAL, 6, temporality=DELTA), Metric(name="traces_service_graph_request_server", histogram=histogram),
        metric(TOTAL, 4, temporality=DELTA, server="orders", connection_type="database"),
        metric(TOTAL, 3, temporality=DELTA, server="mails", connection_type="messaging_system"),
        metric(TOTAL, 2, temporality=DELTA, server="api.example", connection_type="virtual_node"),
        metric(TOTAL, 9, temporality=DELTA, client="user", connection_type="virtual_node"),
    )  # fmt: skip
    send(metric(TOTAL, 6, temporality=DELTA))  # the very same again
    send(metric(TOTAL, 1, at=2, temporality=DELTA))
    found = {(key.provider, key.kind): count for key, count in post.counts().items()}
    assert {key: count.seen for key, count in found.items()} == {
        ("pay", "service"): 7, ("orders", "database"): 4, ("mails", "messaging"): 3, ("api.example", "external"): 2,
    }  # fmt: skip
    latency = found["pay", "service"].latency
    assert (latency[1], latency[7], latency[15], sum(latency)) == (3, 2, 1, 6)


def test_istio_counts_what_each_end_reports_apart(post: Post, token: str) -> None:
    labels = {
        "source_workload": "web-v1", "source_canonical_service": "web", "source_workload_namespace": "shop",
        "destination_canonical_service": "pay", "destination_workload_namespace": "bank", "response_code": "200",
    }  # fmt: skip

    def send(at: int, base: int) -> None:
        some = [
            metric("istio_requests_total", base + 10, at=at, reporter="destination", **labels),
            metric("istio_requests_total", base + 9, at=at, reporter="source", **labels),
            metric("istio_requests_total", base + 2, at=at, reporter="destination", **{**labels, **UNWELL}),
            metric("istio_requests_total", base, at=at, reporter="destination", **{
                **labels, "source_canonical_service": "unknown", "source_workload": "unknown",
                "source_workload_namespace": "unknown",
            }),
        ]  # fmt: skip
        assert post.send("/v1/metrics", message(*some).SerializeToString(), token).status == 200

    send(1, 1)
    send(2, 101)
    found = {(key.consumer, key.provider, key.source): count for key, count in post.counts().items()}
    assert {key: (count.seen, count.failed, count.probability) for key, count in found.items()} == {
        ("shop/web", "bank/pay", "mesh"): (200, 100.0, 1.0), ("shop/web", "bank/pay", "mesh-caller"): (100, 0.0, 1.0),
        ("(unknown)", "bank/pay", "mesh"): (100, 0.0, 1.0),
    }  # fmt: skip


def test_bad_points_are_told_and_bad_bodies_refused(post: Post, token: str) -> None:
    bad = Metric(name=TOTAL, sum=Sum(data_points=[NumberDataPoint(as_double=float("nan")), NumberDataPoint(as_int=-4)]))
    answer = post.send("/v1/metrics", message(bad, metric(TOTAL, 1)).SerializeToString(), token)
    told = ExportMetricsServiceResponse.FromString(answer.body).partial_success
    assert (answer.status, told.rejected_data_points) == (200, 2)
    assert "below zero" in told.error_message
    for kind, body in ((PROTOBUF, b"\xff"), (JSON, b"[")):
        assert post.send("/v1/metrics", body, token, kind=kind).status == 400


# Remote write


def write(*series: tuple[dict[str, str], list[tuple[float, int]]]) -> bytes:
    def field(number: int, data: bytes) -> bytes:
        return varint(number << 3 | 2) + varint(len(data)) + data

    import struct

    whole = b""
    for labels, points in series:
        one = b"".join(field(1, field(1, key.encode()) + field(2, text.encode())) for key, text in labels.items())
        one += b"".join(field(2, b"\x09" + struct.pack("<d", value) + b"\x10" + varint(at)) for value, at in points)
        whole += field(1, one)
    return whole


def packed(data: bytes) -> bytes:
    return bytes(pyarrow.compress(data, codec="snappy", asbytes=True))


def test_remote_write_is_taken_as_prometheus_sends_it(post: Post, token: str) -> None:
    labels = {"__name__": TOTAL, **EDGE, "server_http_route": "/pay", "server_http_request_method": "GET"}
    ms = NOW // 1_000_000
    body = packed(write((labels, [(5, ms), (7, ms + 1)]), ({"__name__": "up"}, [(1, ms)])))
    more = packed(write((labels, [(11, ms + 2), (float("nan"), ms + 3), (2, ms + 4)])))
    for one in (body, body, more):
        answer = post.send("/v1/write", one, token, HTTP_CONTENT_ENCODING="snappy")
        assert (answer.status, answer.body) == (204, b"")
    assert post.seen() == {("shop", "pay", "GET /pay", "service", "servicegraph"): 2 + 4 + 2}
    assert post.send("/v1/write", body[:-3], token, HTTP_CONTENT_ENCODING="snappy").status == 400
    assert post.send("/v1/write", packed(b"\xff"), token, HTTP_CONTENT_ENCODING="snappy").status == 400
    assert post.send("/v1/write", b"", token, HTTP_CONTENT_ENCODING="gzip").status == 415
    second = f"{PROTOBUF};proto=io.prometheus.write.v2.Request"
    assert post.send("/v1/write", b"", token, kind=second, HTTP_CONTENT_ENCODING="snappy").status == 415
    assert post.send("/v1/write", b"x" * 9_000_000, token, HTTP_CONTENT_ENCODING="snappy").status == 413


@given(st.binary(max_size=3_000) | st.text("ab ", max_size=200).map(lambda text: text.encode() * 50))
def test_snappy_unpacks_what_the_real_one_packed(data: bytes) -> None:
    assert snappy.unpacked(packed(data), 1 << 20) == data


def test_large_blocks_of_snappy_are_unpacked() -> None:
    chance = random.Random(3)
    words = [chance.randbytes(chance.randint(1, 90)) for _ in range(200)]
    data = b"".join(chance.choice(words) for _ in range(9_000)) + chance.randbytes(70_000)
    assert snappy.unpacked(packed(data), 1 << 24) == data


@given(st.binary(max_size=60))
def test_other_bytes_are_no_snappy_or_bounded(data: bytes) -> None:
    try:
        assert len(snappy.unpacked(data, 1_000)) <= 1_000
    except snappy.BadSnappy:
        return


def test_a_block_that_promises_too_much_is_refused_at_once() -> None:
    with pytest.raises(snappy.BadSnappy, match="4,294,967,295"):
        snappy.unpacked(b"\xff\xff\xff\xff\x0f", 64 << 20)
    for bad in (b"", b"\x05\x00", b"\x04\x01\x05", b"\x02\x04abc", b"\x80\x80\x80\x80\x80\x01"):
        with pytest.raises(snappy.BadSnappy):
            snappy.unpacked(bad, 1 << 20)


# Series


def sample(value: float, at: int, start: int = 0, **labels: str) -> Sample:
    return Sample("total", labels, (value,), start, at)


@given(
    st.lists(st.tuples(st.integers(0, 50), st.booleans()), min_size=1, max_size=30), st.randoms(use_true_random=False)
)
def test_increases_add_up_across_resets_and_repeats(steps: Iterable[tuple[int, bool]], chance: Any) -> None:
    series, value, total, points = Series(began=0), 0, 0, []
    for at, (added, reset) in enumerate(steps, start=1):
        value = added if reset else value + added
        points.append(sample(value, at))
    first = True
    found = 0.0
    held = None
    for point in points:
        for _ in range(chance.randint(1, 3)):
            more = series.increase("a", point, 0.0)
            found += more[0] if more else 0
        now = point.values[0]
        if not first:
            total += now - held if now >= held else now  # type: ignore[operator]
        first, held = False, now
    assert found == total


def test_series_that_begin_while_their_sender_is_known_count_whole() -> None:
    series = Series(began=100)
    assert series.increase("a", sample(5, 1, instance="x"), 0.0) is None
    assert series.increase("a", sample(7, 1, instance="x", route="/new"), SETTLED_SECONDS - 1) is None
    assert series.increase("a", sample(7, 1, instance="x", route="/newer"), SETTLED_SECONDS) == (7,)
    assert series.increase("b", sample(7, 1, instance="x", route="/newer"), SETTLED_SECONDS) is None
    assert series.increase("c", sample(3, 200, start=101), 0.0) == (3,)


def test_series_are_bounded_and_none_counts_twice() -> None:
    series = Series(began=0, most=3)
    for number in range(10):
        assert series.increase("a", sample(100, 1, route=str(number)), 0.0) is None
    assert (len(series._known), series.gone) == (3, 7)
    assert series.increase("a", sample(100, 2, route="0"), 1_000.0) is None


# Envoy


def test_access_logs_of_envoy_count_each_line(post: Post, token: str) -> None:
    lines = [
        {"start_time": "2027-01-15T08:10:00.000Z", "method": "GET", "provider": "pay", "route_name": "/pay/{id}",
         "response_code": 200, "duration": 3, "downstream_peer_uri_san": "spiffe://cluster.local/ns/shop/sa/web"},
        {"start_time": "-", "upstream_cluster": "pay", "route_name": "charge", "response_code": 503, "consumer": "app"},
        {"upstream_cluster": "pay", "route_name": "-", "response_code": "200", "downstream_peer_uri_san": "-"},
        {"provider": "pay", "operation": "Pay/Charge", "response_code": 200, "grpc_status": "Internal",
         "consumer": "app"},
    ]  # fmt: skip
    bad = [b"{", b"[]", b'{"method": "GET"}', b'{"provider": "' + b"x" * 70_000 + b'"}', b'{"provider": 5}']
    body = b"\n".join([*map(orjson.dumps, lines), b"", *bad])
    answer = post.send("/v1/envoy/access-log", body, token, kind="application/x-ndjson", packed=True)
    assert answer.json["partialSuccess"]["rejectedLines"] == "5"
    found = {(key.consumer, key.operation): (count.seen, count.failed) for key, count in post.counts().items()}
    assert found == {
        ("shop/web", "GET /pay/{id}"): (1, 0.0), ("app", "charge"): (1, 1.0), ("(unknown)", ""): (1, 0.0),
        ("app", "Pay/Charge"): (1, 1.0),
    }  # fmt: skip
    assert post.tallies()["gateway"]["refused"] == 5


def test_reports_of_a_proxy_are_unsampled_counts() -> None:
    key = CountKey(HOUR, "shop", "pay", "POST /pay", "service", "envoy")
    found = counted([(key, 90, 10), (key, 5, 0), (key._replace(consumer="web"), 0, 0)])
    ((_, count),) = found.rows.items()
    assert (count.seen, count.calls, count.failed, count.probability, count.first) == (105, 105.0, 10.0, 1.0, NOW)
