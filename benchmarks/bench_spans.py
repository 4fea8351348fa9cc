"""Thousand spans a second: the narrow schema and the full decoder of opentelemetry-proto, each to the same edges.

    python benchmarks/bench_spans.py [--spans 8000] [--rounds 9]

Times are the processor's, medians; both must give the same edges, or the run fails.
"""

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from awayteam.usage import spans as names
from awayteam.usage.edges import Edges
from awayteam.usage.pairing import Pairing
from awayteam.usage.reading import narrow
from awayteam.usage.reading.values import Problems

NOW = 1_770_000_000_000_000_000
ROUTES = [f"/v1/{word}/{{id}}" for word in ("orders", "carts", "users", "prices", "stock", "mails")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spans", type=int, default=8_000)
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    data = _made(arguments.spans)
    print(f"{arguments.spans:,} spans, {len(data):,} bytes")
    reader = narrow.Reader()
    ways: dict[str, Callable[[], Iterator[names.Span]]] = {
        "narrow": lambda: reader.spans(data, Problems()),
        "full": lambda: _fully(data),
    }
    edges = {name: _edges(way()).rows for name, way in ways.items()}
    if edges["narrow"] != edges["full"]:
        sys.exit("the edges differ")
    rates = {}
    for name, way in ways.items():
        parsed = _rate(arguments, lambda way=way: sum(1 for _ in way()))  # type: ignore[misc]
        paired = _rate(arguments, lambda way=way: len(_edges(way()).rows))  # type: ignore[misc]
        rates[name] = parsed
        print(f"{name:>8}: {parsed:7,.0f} thousand spans/s decoded, {paired:7,.0f} paired and added up")
    print(f"the narrow schema decodes {rates['narrow'] / rates['full']:.2f} times as fast; equal edges")


def _rate(arguments: argparse.Namespace, work: Callable[[], Any]) -> float:
    times = []
    for _ in range(arguments.rounds):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return arguments.spans / statistics.median(times) / 1_000


def _edges(spans: Iterator[names.Span]) -> Edges:
    pairing, edges = Pairing(), Edges()
    for span in spans:
        if calls := pairing.add(span):
            edges.count(calls, "otlp")
    edges.count(pairing.finish(), "otlp")
    return edges


def _made(number: int) -> bytes:
    from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
    from opentelemetry.proto.resource.v1.resource_pb2 import Resource
    from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, TracesData

    chance = random.Random(1)

    def attribute(key: str, value: str | int) -> KeyValue:
        held = AnyValue(int_value=value) if isinstance(value, int) else AnyValue(string_value=value)
        return KeyValue(key=key, value=held)

    services = [f"service-{each}" for each in range(40)]
    by_service: dict[str, list[Span]] = {name: [] for name in services}
    for each in range(number // 2):
        trace, client, server = chance.randbytes(16), chance.randbytes(8), chance.randbytes(8)
        caller, callee = chance.sample(services, 2)
        route = chance.choice(ROUTES)
        own = [
            attribute("http.request.method", "GET"), attribute("http.route", route),
            attribute("http.response.status_code", 200), attribute("url.path", route.replace("{id}", str(each))),
            attribute("network.protocol.version", "1.1"), attribute("server.address", callee),
            attribute("user_agent.original", "an agent with a long name, as they have"),
        ]  # fmt: skip
        times = {"start_time_unix_nano": NOW + each, "end_time_unix_nano": NOW + each + 5_000_000}
        by_service[caller].append(
            Span(trace_id=trace, span_id=client, parent_span_id=b"p" * 8, kind=Span.SPAN_KIND_CLIENT, name="GET",
                 attributes=own, **times)
        )  # fmt: skip
        by_service[callee].append(
            Span(trace_id=trace, span_id=server, parent_span_id=client, kind=Span.SPAN_KIND_SERVER, name=f"GET {route}",
                 attributes=own, **times)
        )  # fmt: skip
    return TracesData(
        resource_spans=[
            ResourceSpans(
                resource=Resource(attributes=[attribute("service.name", name)]), scope_spans=[ScopeSpans(spans=some)]
            )
            for name, some in by_service.items()
        ]
    ).SerializeToString()  # fmt: skip


def _fully(data: bytes) -> Iterator[names.Span]:
    """What one writes with the full messages: every attribute decoded, wanted ones taken."""
    from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

    for resource in TracesData.FromString(data).resource_spans:
        service = names.service_of({one.key: one.value.string_value for one in resource.resource.attributes})
        for scope in resource.scope_spans:
            for one in scope.spans:
                own = {
                    each.key: getattr(each.value, each.value.WhichOneof("value") or "string_value")
                    for each in one.attributes
                }
                yield names.Span(
                    one.trace_id, one.span_id, one.parent_span_id, one.kind, service, names.operation_of(own, one.name),
                    one.start_time_unix_nano, one.end_time_unix_nano, names.failed(own, one.status.code),
                    names.peer_of(own) if one.kind in names.CALLERS else None, names.probability_of(one.trace_state),
                )  # fmt: skip


if __name__ == "__main__":
    main()
