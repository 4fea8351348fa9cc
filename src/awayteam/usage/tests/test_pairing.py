"""Pairing and adding up: any order gives the same calls, nothing counts twice, what waits is bounded."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from awayteam.usage.edges import OTHER, Edges, as_dict, moment
from awayteam.usage.graph import blast_radius, consumers, missed_below, providers, sole
from awayteam.usage.pairing import Call, Pairing, Tally, pair
from awayteam.usage.spans import Kind, Peer, Span

NOW = 1_770_000_000_000_000_000
SERVICES = ("shop", "pay", "stock", "mail")


def span(id: int, parent: int, kind: Kind, service: str, **more: object) -> Span:
    values: dict[str, object] = {
        "trace": b"t" * 16, "id": id.to_bytes(8, "big"), "parent": parent.to_bytes(8, "big") if parent else b"",
        "kind": kind, "service": service, "operation": f"op of {service}", "start": NOW, "end": NOW + 5_000,
        "failed": False, "probability": 1.0,
    }  # fmt: skip
    return Span(**{**values, **more})  # type: ignore[arg-type]


@st.composite
def traces(draw: st.DrawFn) -> tuple[list[Span], Counter[tuple[str, str]]]:
    """A tree of calls, each a client span with a server span (or none), and the calls that it holds."""
    made = [span(1, 0, Kind.SERVER, "shop")]
    servers, calls, number = [(1, "shop")], Counter[tuple[str, str]](), 1
    for _ in range(draw(st.integers(0, 12))):
        parent, service = draw(st.sampled_from(servers))
        other = draw(st.sampled_from(SERVICES))
        client, server = number + 1, number + 2
        number += 2
        inner = draw(st.booleans())
        if inner:
            number += 1
            made.append(span(number, parent, Kind.INTERNAL, service))
            parent = number
        made.append(span(client, parent, Kind.CLIENT, service, peer=Peer("service", other)))
        calls[service, other] += 1
        if draw(st.booleans()):
            made.append(span(server, client, Kind.SERVER, other))
            servers.append((server, other))
    return made, calls


def counted(calls: list[Call]) -> Counter[tuple[str, str]]:
    return Counter((one.consumer, one.provider) for one in calls)


@given(traces(), st.randoms(use_true_random=False))
def test_calls_don_t_depend_on_the_order_of_spans(
    trace: tuple[list[Span], Counter[tuple[str, str]]], chance: object
) -> None:
    spans, calls = trace
    chance.shuffle(spans)  # type: ignore[attr-defined]
    assert counted(list(pair(spans))) == calls


@given(traces(), st.randoms(use_true_random=False), st.integers(1, 5))
def test_a_stream_finds_the_same_calls_and_counts_retries_once(
    trace: tuple[list[Span], Counter[tuple[str, str]]], chance: object, times: int
) -> None:
    spans, calls = trace
    sent = spans * times
    chance.shuffle(sent)  # type: ignore[attr-defined]
    pairing = Pairing()
    found = [call for number, one in enumerate(sent) for call in pairing.add(one, number / 1_000)]
    found += pairing.finish()
    assert counted(found) == calls
    assert pairing.tally.paired + pairing.tally.by_word == sum(calls.values())
    assert (len(pairing), len(pairing._callers), len(pairing._callees), len(pairing._answered)) == (0, 0, 0, 0)


def test_what_waits_too_long_is_given_up() -> None:
    pairing = Pairing(seconds=10)
    assert pairing.add(span(2, 1, Kind.CLIENT, "shop"), 0.0) == []
    assert pairing.add(span(9, 8, Kind.SERVER, "pay"), 5.0) == []
    assert pairing.expire(9.0) == []
    assert len(pairing) == 2
    assert pairing.expire(11.0) == []
    assert (pairing.tally.unpaired, pairing.tally.foreign, len(pairing)) == (1, 0, 1)
    pairing.expire(16.0)
    assert (pairing.tally.foreign, len(pairing)) == (1, 0)
    assert pairing.add(span(3, 2, Kind.SERVER, "pay"), 17.0) == []  # its caller was given up


def test_room_is_bounded_and_what_is_left_out_is_counted() -> None:
    pairing = Pairing(capacity=3)
    for number in range(1, 10):
        pairing.add(span(number, 0, Kind.CLIENT, "shop"))
    assert (len(pairing), pairing.tally.dropped) == (3, 6)


def test_a_message_read_by_two_counts_for_both() -> None:
    sent = span(2, 1, Kind.PRODUCER, "shop", operation="paid")
    read = [span(number, 2, Kind.CONSUMER, name, operation="paid") for number, name in ((3, "mail"), (4, "stock"))]
    calls = list(pair([sent, *read]))
    assert {(one.consumer, one.provider, one.kind) for one in calls} == {
        ("shop", "mail", "messaging"), ("shop", "stock", "messaging"),
    }  # fmt: skip


def test_databases_and_the_outside_are_what_the_caller_says() -> None:
    calls = list(pair([span(2, 1, Kind.CLIENT, "shop", peer=Peer("database", "postgresql:orders"))]))
    assert [(one.provider, one.kind) for one in calls] == [("postgresql:orders", "database")]


def test_traces_without_kinds_are_read_by_who_is_under_whom() -> None:
    tally = Tally()
    spans = [
        span(1, 0, Kind.UNSPECIFIED, "shop"),
        span(2, 1, Kind.UNSPECIFIED, "shop"),
        span(3, 2, Kind.UNSPECIFIED, "pay"),
    ]
    for order in (spans, spans[::-1]):
        assert counted(list(pair(order, tally=tally))) == {("shop", "pay"): 1}
    assert (tally.roots, tally.local) == (2, 2)


def test_a_span_that_is_its_own_parent_calls_nobody() -> None:
    loop = [span(1, 1, Kind.SERVER, "shop"), span(2, 3, Kind.CLIENT, "pay"), span(3, 2, Kind.CLIENT, "pay")]
    assert list(pair(loop)) == []


# Adding up


def call(consumer: str, provider: str, operation: str = "", **more: object) -> Call:
    values: dict[str, object] = {
        "consumer": consumer, "provider": provider, "operation": operation, "kind": "service", "at": NOW,
        "failed": False, "client_ns": 0, "server_ns": 0, "probability": 1.0,
    }  # fmt: skip
    return Call(**{**values, **more})  # type: ignore[arg-type]


def test_sampled_calls_stand_for_more() -> None:
    edges = Edges()
    edges.count([call("a", "b", probability=0.01), call("a", "b", probability=0.5, failed=True)], "otlp")
    ((key, row),) = edges.sorted()
    shown = as_dict(key, row)
    assert (shown["calls"], shown["seen"], shown["failed"], shown["sampling"]) == (102, 2, 2, 0.01)
    edges.count([call("a", "b", probability=None)], "otlp")
    assert as_dict(*edges.sorted()[0])["sampling"] is None


def test_operations_beyond_bounds_stand_together_and_it_is_said() -> None:
    edges = Edges(most_operations=3)
    edges.count((call("a", "b", f"GET /{number}") for number in range(10)), "otlp")
    assert sorted(key.operation for key in edges.rows) == [OTHER, "GET /0", "GET /1", "GET /2"]
    assert edges.capped == {"b": 7}
    assert next(iter(edges.by_service().rows.values())).seen == 10


def test_times_that_no_clock_has_are_left_out() -> None:
    edges = Edges()
    edges.count([call("a", "b", at=at) for at in (0, 1, NOW, 1 << 62, NOW + 7_000)], "otlp")
    ((key, row),) = edges.rows.items()
    assert (edges.odd_times, row.seen, key.provider) == (3, 5, "b")
    assert (moment(row.first), moment(row.last)) == ("2026-02-02T02:40:00Z", "2026-02-02T02:40:00.000007Z")
    assert moment(0) is None


# Questions


def test_questions_about_a_small_world() -> None:
    edges = Edges()
    edges.count(
        [
            *[call("web", "shop")] * 5, call("shop", "pay"), call("shop", "stock"), call("web", "stock"),
            call("shop", "shop"), call("pay", "ledger", probability=0.01), call("shop", "mail", kind="messaging"),
        ],
        "otlp",
    )  # fmt: skip
    rows = edges.rows
    assert [key.consumer for key, _ in consumers(rows, "stock")] == ["shop", "web"]
    assert [key.provider for key, _ in providers(rows, "shop")] == ["mail", "pay", "stock"]
    assert {one.provider: (one.consumer, one.missed_below) for one in sole(rows)} == {
        "shop": ("web", 1), "pay": ("shop", 1), "ledger": ("pay", 688), "mail": ("shop", 1),
    }  # fmt: skip
    assert [(one.service, one.depth, one.via) for one in blast_radius(rows, "ledger")] == [
        ("pay", 1, "ledger"), ("shop", 2, "pay"), ("web", 3, "shop"), ("mail", 3, "shop"),
    ]  # fmt: skip
    assert [one.service for one in blast_radius(rows, "ledger", depth=1)] == ["pay"]
    assert blast_radius(rows, "nobody") == []


def test_few_calls_hide_where_spans_are_sampled() -> None:
    assert missed_below(None) is None
    assert missed_below(0.5) == 10
    assert missed_below(1.0) == 1
