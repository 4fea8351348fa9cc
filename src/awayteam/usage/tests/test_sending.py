"""A real SDK of OpenTelemetry, several of them, sends to a real server of ours with several web processes."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
from opentelemetry.trace import SpanKind, set_span_in_context

from awayteam.flags.tests.served import _wait, free_port
from awayteam.kernel.tests.processes import Installation, leave
from awayteam.usage import spool

COLLECTOR = Path(__file__).parents[4] / "deploy" / "otel-collector.yaml"
ADD = """
import sys
from django.utils import timezone
from awayteam.kernel.actor import SYSTEM
from awayteam.usage.actions.senders import add_sender
print(add_sender(actor=SYSTEM, now=timezone.now(), name=sys.argv[1]).token)
"""
DISABLE = """
import sys
from django.utils import timezone
from awayteam.kernel.actor import SYSTEM
from awayteam.usage.actions.senders import disable_sender
disable_sender(actor=SYSTEM, now=timezone.now(), name=sys.argv[1])
"""


class Served:
    """A server with two web processes."""

    def __init__(self, there: Installation) -> None:
        self.there = there
        self.port = free_port()
        self.process = there.start(
            "-m", "awayteam", "serve", "--port", str(self.port), "--workers", "2", "--no-worker", heard=False
        )
        self.url = f"http://127.0.0.1:{self.port}"
        _wait(f"{self.url}/healthz")

    def token(self, name: str) -> str:
        return self.there.run(ADD, name).strip()

    def seen(self) -> dict[tuple[str, ...], int]:
        """Calls that reached the spool, by consumer, provider and operation."""
        found: dict[tuple[str, ...], int] = {}
        for path in spool.waiting(self.there.folder / "usage" / "spool"):
            for key, count in spool.read(path).counts.rows.items():
                found[key[1:4]] = found.get(key[1:4], 0) + count.seen
        return found


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with Installation(tmp_path / "data") as there:
        yield Served(there)


def service(name: str, exporter: OTLPSpanExporter) -> tuple[Any, TracerProvider]:
    provider = TracerProvider(resource=Resource.create({"service.name": name, "service.namespace": "shops"}))
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=50, max_export_batch_size=64))
    return provider.get_tracer("tests"), provider


def test_sdks_and_a_collector_send_to_several_processes(served: Served) -> None:
    sends_as_a_collector_until_its_token_is_revoked(served)
    sends_as_sdks_and_every_call_counts_once(served)


def sends_as_sdks_and_every_call_counts_once(served: Served) -> None:
    exporters = [
        OTLPSpanExporter(
            endpoint=f"{served.url}/v1/traces", headers={"Authorization": f"Bearer {served.token(name)}"},
            compression=compression,
        )
        for name, compression in (("one", Compression.Gzip), ("two", Compression.NoCompression))
    ]  # fmt: skip
    (web, _), (pay, _) = services = [service(name, one) for name, one in zip(("web", "pay"), exporters, strict=True)]
    for number in range(400):
        with web.start_as_current_span("GET /", kind=SpanKind.SERVER):
            client = web.start_span("POST", kind=SpanKind.CLIENT, attributes={"http.request.method": "POST"})
            attributes = {"http.request.method": "POST", "http.route": "/pay/{id}", "url.path": f"/pay/{number}"}
            pay.start_span(
                "POST /pay/{id}", context=set_span_in_context(client), kind=SpanKind.SERVER, attributes=attributes
            ).end()
            if number % 4 == 0:
                query = {"db.system.name": "postgresql", "db.namespace": "orders"}
                web.start_span("SELECT", kind=SpanKind.CLIENT, attributes=query).end()
            client.end()
    for _, provider in services:
        assert provider.force_flush(10_000)
        provider.shutdown()
    leave([served.process])  # whoever ends properly hands over what it has
    assert served.seen() == {
        ("shops/web", "shops/pay", "POST /pay/{id}"): 400, ("shops/web", "postgresql:orders", "SELECT"): 100,
    }  # fmt: skip


def sends_as_a_collector_until_its_token_is_revoked(served: Served) -> None:
    token = served.token("collector")
    configuration = yaml.safe_load(COLLECTOR.read_text())
    given = configuration["exporters"]["otlphttp/awayteam"]
    assert given["compression"] == "gzip"
    headers = {name: value.replace("${env:AWAYTEAM_TOKEN}", token) for name, value in given["headers"].items()}
    exporter = OTLPSpanExporter(
        endpoint=given["endpoint"].replace("${env:AWAYTEAM_URL}", served.url) + "/v1/traces", headers=headers,
        compression=Compression.Gzip, timeout=5,
    )  # fmt: skip
    provider = TracerProvider(resource=Resource.create({"service.name": "web"}))
    span = provider.get_tracer("tests").start_span("GET", kind=SpanKind.CLIENT)
    span.end()
    assert exporter.export([span]) is SpanExportResult.SUCCESS  # type: ignore[list-item]
    served.there.run(DISABLE, "collector")
    until = time.monotonic() + 30
    while exporter.export([span]) is SpanExportResult.SUCCESS:  # type: ignore[list-item]
        assert time.monotonic() < until, "a revoked token still opens"
        time.sleep(0.2)
    assert httpx.post(f"{served.url}/v1/traces", headers=headers).status_code == 401


def test_the_collectors_configuration_is_whole() -> None:
    made = yaml.safe_load(COLLECTOR.read_text())
    graph = made["connectors"]["servicegraph"]
    assert {"http.route", "http.request.method", "rpc.method", "service.namespace"} <= set(graph["dimensions"])
    assert graph["store"]["ttl"] == "30s"
    assert graph["store"]["max_items"] >= 100_000
    assert made["exporters"]["loadbalancing"]["routing_key"] == "traceID"
    kinds = {"receivers", "processors", "exporters"}
    for name, pipeline in made["service"]["pipelines"].items():
        for kind in kinds & set(pipeline):
            for part in pipeline[kind]:
                known = set(made[kind]) | (set(made["connectors"]) if kind != "processors" else set())
                assert part in known, f"{name}: {part} isn't defined"
    used = {part for one in made["service"]["pipelines"].values() for kind in kinds for part in one.get(kind, ())}
    assert used == {part for kind in (*kinds, "connectors") for part in made[kind]}
