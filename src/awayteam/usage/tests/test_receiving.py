"""Spans over HTTP: who may send, what is refused and how, what is counted, and what happens when there is no room."""

import base64
import gzip
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from awayteam.kernel.actor import SYSTEM
from awayteam.usage import spool
from awayteam.usage.actions.senders import add_sender, disable_sender
from awayteam.usage.receiving import protocol, receiver, senders
from awayteam.usage.tests.post import HOUR, JSON, NOW, PROTOBUF, Post, call, request

pytestmark = pytest.mark.django_db
TRACES = "/v1/traces"
AT = datetime(2027, 1, 15, 8, tzinfo=UTC)


@pytest.fixture
def post(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Post:
    return Post(tmp_path / "spool", monkeypatch)


@pytest.fixture
def token() -> str:
    return add_sender(actor=SYSTEM, now=AT, name="collector").token


def as_json(message: Any) -> bytes:
    """OTLP's JSON: ids in hex."""
    document = MessageToDict(message)
    for resource in document["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for one in scope["spans"]:
                for key in ("traceId", "spanId", "parentSpanId"):
                    if key in one:
                        one[key] = base64.b64decode(one[key]).hex()
    return orjson.dumps(document)


@pytest.mark.parametrize("kind", [PROTOBUF, JSON])
@pytest.mark.parametrize("packed", [False, True])
def test_a_call_is_counted_however_it_comes(post: Post, token: str, kind: str, packed: bool) -> None:
    client, server = call(1)
    for one in (server, client, client):
        message = request(one)
        body = message.SerializeToString() if kind == PROTOBUF else as_json(message)
        answer = post.send(TRACES, body, token, kind=kind, packed=packed)
        assert (answer.status, answer.headers["Content-Type"]) == (200, kind)
        assert answer.body == (b"" if kind == PROTOBUF else b"{}")
    ((key, count),) = post.counts().items()
    assert key == (HOUR, "shop", "pay", "POST /pay/{id}", "service", "otlp")
    assert (count.seen, count.calls, count.failed, count.probability) == (1, 1.0, 0.0, None)
    assert (count.first, count.latency[2], sum(count.latency)) == (NOW, 1, 1)
    told = post.tallies()["collector"]
    assert (told["spans"], told["paired"], told["duplicates"]) == (3, 1, 1)


def test_two_senders_each_have_one_half(post: Post, token: str) -> None:
    other = add_sender(actor=SYSTEM, now=AT, name="another", sampling=0.5).token
    client, server = call(1)
    assert post.send(TRACES, request(client).SerializeToString(), token).status == 200
    assert post.send(TRACES, request(server).SerializeToString(), other, HTTP_X_UNUSED="1").status == 200
    ((_, count),) = post.counts().items()
    assert (count.seen, count.calls, count.probability) == (1, 2.0, 0.5)
    assert {name: told["spans"] for name, told in post.tallies().items()} == {"collector": 1, "another": 1}


@pytest.mark.parametrize("kind", [PROTOBUF, JSON])
def test_strangers_are_told_how_to_come_in(post: Post, token: str, kind: str) -> None:
    for wrong in ("", "awu_wrong", "Zugang", token + "x", "awu_" + "é" * 300):
        answer = post.send(TRACES, b"", wrong, kind=kind)
        assert (answer.status, answer.headers["Content-Type"]) == (401, kind)
        assert b"awayteam usage sender add" in answer.body
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    limited = add_sender(actor=SYSTEM, now=AT, name="mesh", scopes=["metrics"]).token
    assert post.send(TRACES, b"", limited, kind=kind).status == 403
    assert post.send(TRACES, b"", "", kind=kind, HTTP_X_API_KEY=token).status in (200, 400)


def test_a_disabled_sender_is_refused_within_seconds(post: Post, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert post.send(TRACES, b"", token).status == 200
    disable_sender(actor=SYSTEM, now=AT, name="collector")
    assert post.send(TRACES, b"", token).status == 200  # believed for two seconds
    later = senders.time.monotonic() + senders.FRESH_SECONDS + 0.1
    monkeypatch.setattr(senders.time, "monotonic", lambda: later)
    assert post.send(TRACES, b"", token).status == 401


def test_bad_requests_are_errors_in_their_own_encoding(post: Post, token: str) -> None:
    for kind, body, status in (
        (PROTOBUF, b"\xff\xff", 400), (JSON, b"{", 400), (JSON, b"[]", 400), ("text/plain", b"", 415), ("", b"", 415),
    ):  # fmt: skip
        answer = post.send(TRACES, body, token, kind=kind)
        assert answer.status == status
        if kind == PROTOBUF:
            assert answer.body[:2] == b"\x08\x03"
            assert answer.headers["Content-Type"] == PROTOBUF
        else:
            assert (answer.json["code"], answer.headers["Content-Type"]) == (3, JSON)
    assert post.send("/v1/nothing", b"", token).status == 404
    got = post.send(TRACES, b"", token, REQUEST_METHOD="GET")
    assert (got.status, got.headers["Allow"]) == (405, "POST")
    assert "Retry-After" not in got.headers


def test_bodies_are_bounded_before_and_after_unpacking(post: Post, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert post.send(TRACES, b"", token, CONTENT_LENGTH=str(100 << 20)).status == 413
    monkeypatch.setattr(protocol, "MOST_BYTES", 1_000)
    assert post.send(TRACES, b"x" * 40_000_000, token, CONTENT_LENGTH="").status == 413  # the length isn't told
    bomb = gzip.compress(bytes(64 << 20))
    assert len(bomb) < 70_000
    assert post.send(TRACES, bomb, token, HTTP_CONTENT_ENCODING="gzip").status == 413
    cut = gzip.compress(request(*call(1)).SerializeToString())
    for body in (cut[:-4], cut[:20], b"no gzip", b""):
        assert post.send(TRACES, body, token, HTTP_CONTENT_ENCODING="gzip").status == 400
    assert post.send(TRACES, b"", token, HTTP_CONTENT_ENCODING="br").status == 415
    many = b"".join(gzip.compress(b"") for _ in range(1_500))
    assert post.send(TRACES, many, token, HTTP_CONTENT_ENCODING="gzip").status == 400
    two = zlib.compressobj(wbits=31)
    whole = request(*call(1)).SerializeToString()
    body = gzip.compress(whole[:40]) + two.compress(whole[40:]) + two.flush()
    assert post.send(TRACES, body, token, HTTP_CONTENT_ENCODING="gzip").status == 200
    assert list(post.seen().values()) == [1]


def test_bad_spans_are_told_and_good_ones_count(post: Post, token: str) -> None:
    message = request(*call(1), ("shop", Span(span_id=b"x" * 9)), ("", Span(span_id=b"x" * 8, kind=3)))
    answer = post.send(TRACES, message.SerializeToString(), token)
    told = ExportTraceServiceResponse.FromString(answer.body).partial_success
    assert (answer.status, told.rejected_spans) == (200, 1)
    assert told.error_message == "resource 2, span 0: ids of a wrong length"
    document = orjson.loads(as_json(request(*call(2))))
    document["resourceSpans"][0]["scopeSpans"][0]["spans"].append({"traceId": "ab", "spanId": "no hex"})
    told = post.send(TRACES, orjson.dumps(document), token, kind=JSON).json["partialSuccess"]
    assert told["rejectedSpans"] == "1"
    assert "span 1" in told["errorMessage"]
    assert list(post.seen().values()) == [2]
    assert (post.tallies()["collector"]["nameless"], post.tallies()["collector"]["refused"]) == (1, 2)


def test_times_of_1970_and_2100_count_in_the_present_hour(post: Post, token: str) -> None:
    for number, at in enumerate((0, 1, 4_102_444_800 * 10**9, (1 << 64) - 1, NOW - 8 * 86_400 * 10**9), start=1):
        spans = call(number)
        for _, one in spans:
            one.start_time_unix_nano = one.end_time_unix_nano = at
        assert post.send(TRACES, request(*spans).SerializeToString(), token).status == 200
    old = call(9)
    for _, one in old:
        one.start_time_unix_nano = NOW - 30 * 3_600 * 10**9
    assert post.send(TRACES, request(*old).SerializeToString(), token).status == 200
    assert {key.bucket_hour: count.seen for key, count in post.counts().items()} == {HOUR: 5, HOUR - 30: 1}
    assert post.tallies()["collector"]["odd_times"] == 5


def test_no_room_is_said_and_nothing_is_lost_or_doubled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    post = Post(tmp_path, monkeypatch, capacity=10, seconds=10.0)
    batches = [request(*(one for each in range(4 * n + 1, 4 * n + 5) for one in call(each))) for n in range(2)]
    first, second = (one.SerializeToString() for one in batches)
    assert post.send(TRACES, first, token).status == 200
    answer = post.send(TRACES, second, token)
    assert (answer.status, int(answer.headers["Retry-After"]) > 0) == (429, True)
    post.clock.now += 10
    assert post.send(TRACES, second, token).status == 200
    assert list(post.seen().values()) == [8]
    assert "dropped" not in post.tallies()["collector"]


def test_a_full_spool_is_503_and_counts_wait(post: Post, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise spool.SpoolFull("full")

    monkeypatch.setattr(receiver, "MOST_COUNTS", 2)
    with monkeypatch.context() as patch:
        patch.setattr(spool, "put", full)
        for number in (1, 2):
            body = request(*call(number, route=f"/{number}")).SerializeToString()
            assert post.send(TRACES, body, token).status == 200
            post.clock.now += 6
            post.receiver.tick()
        answer = post.send(TRACES, request(*call(3)).SerializeToString(), token)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
    post.receiver.tick()
    assert post.send(TRACES, request(*call(3)).SerializeToString(), token).status == 200
    assert sorted(post.seen().values()) == [1, 1, 1]


def test_too_many_names_of_one_sender_are_said_aloud(post: Post, token: str) -> None:
    other = add_sender(actor=SYSTEM, now=AT, name="another").token
    post.receiver.facts.names.most_of_one = 20
    many = request(*(one for number in range(1, 101) for one in call(number, route=f"/{number}")))
    answer = post.send(TRACES, many.SerializeToString(), token)
    told = ExportTraceServiceResponse.FromString(answer.body).partial_success
    assert (answer.status, told.rejected_spans) == (200, 0)
    assert "stand under (others)" in told.error_message
    assert post.send(TRACES, request(*call(200)).SerializeToString(), other).status == 200
    post.clock.now += receiver.ANEW_SECONDS
    post.receiver.tick()
    assert not post.receiver.facts.names.capped
    assert post.send(TRACES, request(*call(201)).SerializeToString(), token).status == 200
    seen = post.seen()
    assert seen["shop", "pay", "(others)", "service", "otlp"] > 80
    assert seen["shop", "pay", "POST /pay/{id}", "service", "otlp"] == 2


def test_beginning_anew_loses_no_half(post: Post, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client, server = call(1)
    assert post.send(TRACES, request(client).SerializeToString(), token).status == 200
    before = post.receiver.facts
    monkeypatch.setattr(receiver, "MOST_FACTS", 1)
    post.clock.now += 6
    post.receiver.tick()
    assert post.receiver.facts is not before
    assert post.send(TRACES, request(server).SerializeToString(), token).status == 200
    assert post.seen() == {("shop", "pay", "POST /pay/{id}", "service", "otlp"): 1}
