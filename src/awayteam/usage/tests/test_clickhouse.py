"""Edges out of ClickHouse itself equal those of the same spans in a file."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from awayteam.usage import clickhouse, files
from awayteam.usage.clickhouse import BadAddress, Place
from awayteam.usage.edges import Edges

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
AT = int(datetime(2026, 6, 15, 11, tzinfo=UTC).timestamp()) * 10**9
TABLE = """
CREATE TABLE otel_traces (
    Timestamp DateTime64(9), TraceId String, SpanId String, ParentSpanId String, TraceState String,
    SpanName LowCardinality(String), SpanKind LowCardinality(String), ServiceName LowCardinality(String),
    ResourceAttributes Map(LowCardinality(String), String), ScopeName String,
    SpanAttributes Map(LowCardinality(String), String), Duration UInt64, StatusCode LowCardinality(String)
) ENGINE = MergeTree ORDER BY (ServiceName, SpanName, Timestamp)
"""
KINDS = {"Internal": 1, "Server": 2, "Client": 3, "Producer": 4, "Consumer": 5}
Row = tuple[str, str, str, str, str, dict[str, str], str, str, str]


def span(
    trace: str, id: str, parent: str, kind: str, service: str, attributes: dict[str, str] | None = None,
    name: str = "work", state: str = "", status: str = "Unset",
) -> Row:  # fmt: skip
    return trace, id, parent, kind, service, attributes or {}, name, state, status


SPANS = [
    span("1", "a", "", "Server", "web", {"http.route": "/", "http.method": "GET"}),
    span("1", "b", "a", "Client", "web", {"peer.service": "pay"}),
    span("1", "c", "b", "Server", "pay", {"http.route": "/pay/{id}", "http.request.method": "POST"}, status="Error"),
    span("1", "d", "c", "Client", "pay", {"db.system": "postgresql", "db.name": "ledger"}, name="SELECT"),
    span("1", "e", "c", "Client", "pay", {"rpc.service": "Tax", "rpc.method": "Get", "server.address": "tax.example"}),
    span("1", "f", "c", "Client", "pay", name="nobody says"),
    span("2", "a", "", "Producer", "pay", {"messaging.destination.name": "paid", "messaging.system": "kafka"},
         state="vendor=1,ot=rv:abc;th:c"),
    span("2", "b", "a", "Consumer", "mail", {"messaging.destination.name": "paid"}, state="ot=th:c"),
    span("2", "c", "a", "Consumer", "stock", {"messaging.destination.name": "paid"}, state="ot=th:c"),
    span("3", "a", "zz", "Server", "pay", {"http.route": "/x"}),
    span("3", "b", "a", "Internal", "pay"),
    span("3", "b", "a", "Internal", "pay"),
    span("4", "a", "", "Client", "web", {"http.response.status_code": "503", "messaging.system": "kafka"}),
]  # fmt: skip


@pytest.fixture
def there() -> Iterator[Place]:
    """The engine itself within this process, with the exporter's table."""
    from chdb import session

    made = session.Session()

    def ask(statement: str, values: Any) -> bytes:
        return bytes(made.query(statement, params=dict(values)).bytes())

    made.query(TABLE)
    rows = [
        {
            "Timestamp": f"2026-06-15 11:00:{number:02}.000000007", "TraceId": trace * 32, "SpanId": (id * 16)[:16],
            "ParentSpanId": (parent * 16)[:16], "TraceState": state, "SpanName": name, "SpanKind": kind,
            "ServiceName": service, "ResourceAttributes": {"service.namespace": "shop"} if service == "mail" else {},
            "ScopeName": "", "SpanAttributes": attributes, "Duration": 1_000_000, "StatusCode": status,
        }
        for number, (trace, id, parent, kind, service, attributes, name, state, status) in enumerate(SPANS)
    ]  # fmt: skip
    made.query("INSERT INTO otel_traces FORMAT JSONEachRow " + "\n".join(map(json.dumps, rows)))
    yield Place(ask)
    made.close()


def in_a_file(folder: Path) -> Edges:
    """The same spans as OTLP, read by the same code as ever."""
    resources = [
        {
            "resource": {"attributes": _attributes({"service.name": service} | (
                {"service.namespace": "shop"} if service == "mail" else {}
            ))},
            "scopeSpans": [{"spans": [{
                "traceId": trace * 32, "spanId": _id(id), "parentSpanId": _id(parent), "kind": KINDS[kind],
                "name": name, "traceState": state, "startTimeUnixNano": str(AT + number * 10**9 + 7),
                "endTimeUnixNano": str(AT + number * 10**9 + 1_000_007), "attributes": _attributes(attributes),
                "status": {"code": 2} if status == "Error" else {},
            }]}],
        }
        for number, (trace, id, parent, kind, service, attributes, name, state, status) in enumerate(SPANS)
    ]  # fmt: skip
    path = folder / "otlp.json"
    path.write_text(json.dumps({"resourceSpans": resources}))
    return files.count([str(path)]).edges


def _id(text: str) -> str:
    return text.encode().hex().rjust(16, "0")[:16] if text else ""


def _attributes(values: dict[str, str]) -> list[dict[str, Any]]:
    return [{"key": key, "value": {"stringValue": value}} for key, value in values.items()]


def test_edges_equal_those_of_a_file(there: Place, tmp_path: Path) -> None:
    found, wanted = clickhouse.edges(there, now=NOW), in_a_file(tmp_path)
    assert {tuple(key): row for key, row in found.rows.items()} == {tuple(key): row for key, row in wanted.rows.items()}
    assert len(found.rows) == 6
    names = ("paired", "by_word", "unpaired", "roots", "foreign")
    assert [getattr(found.tally, one) for one in names] == [3, 3, 1, 1, 1]
    assert [getattr(wanted.tally, one) for one in names[:3]] == [3, 3, 1]


def test_only_the_window_counts(there: Place) -> None:
    assert not clickhouse.edges(there, now=datetime(2026, 9, 1, tzinfo=UTC)).rows


@pytest.mark.parametrize(
    "address",
    ["clickhouse://", "clickhouse://h/d?table=a;drop", "clickhouse://h/d?days=0", "clickhouse://h/d?colour=red"],
)
def test_a_bad_address_is_refused(address: str) -> None:
    assert clickhouse.is_address(address)
    with pytest.raises(BadAddress):
        clickhouse.place(address)


def test_an_address_names_table_and_days() -> None:
    found = clickhouse.place("clickhouse+https://reader:p%40ss@host/otel?table=spans.otel_traces&days=7")
    assert (found.table, found.days) == ("spans.otel_traces", 7)
    assert not clickhouse.is_address("traces/clickhouse")


def test_the_command_asks_a_server(
    there: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over HTTP, as ClickHouse's own port answers, before the engine itself."""
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer
    from urllib.parse import parse_qsl, urlsplit

    import time_machine

    from awayteam.cli.main import main

    class Port(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            values = dict(parse_qsl(urlsplit(self.path).query))
            statement = self.rfile.read(int(self.headers["Content-Length"])).decode()
            good = self.headers["X-ClickHouse-Key"] == "s/cret" and values.pop("database") == "otel"
            answer = b"Code: 516. Authentication failed"
            if good:
                answer = there.ask(statement, {name.removeprefix("param_"): value for name, value in values.items()})
            self.send_response(200 if good else 403)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"127.0.0.1:{server.server_port}/otel"
    try:
        with time_machine.travel(NOW, tick=True):
            with pytest.raises(SystemExit) as left:
                main(["usage", "consumers", "pay", "--from", f"clickhouse://reader:s%2Fcret@{address}", "--json"])
            assert not left.value.code
            assert [one["consumer"] for one in json.loads(capsys.readouterr().out)] == ["web"]
            with pytest.raises(SystemExit) as left:
                main(["usage", "edges", f"clickhouse://reader:wrong@{address}"])
    finally:
        server.shutdown()
        server.server_close()
    said = capsys.readouterr().err
    assert left.value.code == 1
    assert "Authentication failed" in said
    assert "wrong" not in said
