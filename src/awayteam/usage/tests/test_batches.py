"""Pairing over arrays finds the calls that pairing one by one finds, whatever comes, in whatever order, how often."""

from collections import Counter
from collections.abc import Iterable

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from awayteam.usage import batches
from awayteam.usage.batches import BatchPairing
from awayteam.usage.columns import Facts, of_spans
from awayteam.usage.pairing import Call, Pairing
from awayteam.usage.spans import Peer, Span

IDS = st.integers(1, 6).map(lambda number: number.to_bytes(8, "big"))
TIMES = st.sampled_from([0, 1, 1_770_000_000_000_000_000, 1_770_000_000_000_005_000, 4_102_444_800_000_000_000])
SPANS = st.builds(
    Span,
    trace=st.sampled_from([b"t" * 16, b"u" * 16]), id=IDS, parent=st.just(b"") | IDS, kind=st.integers(0, 5),
    service=st.sampled_from(["", "shop", "pay", "stock"]), operation=st.sampled_from(["", "GET /a", "b"]),
    start=TIMES, end=TIMES, failed=st.booleans(),
    peer=st.none() | st.sampled_from([Peer("service", "pay"), Peer("database", "postgresql:x"), Peer("external", "h")]),
    probability=st.sampled_from([None, 1.0, 0.25]),
)  # fmt: skip
STEPS = st.lists(st.tuples(st.lists(SPANS, max_size=20), st.integers(0, 3)), max_size=8)


def plain(calls: Iterable[Call]) -> Counter[Call]:
    return Counter(calls)


@given(STEPS, st.integers(1, 5), st.sampled_from([5, 1_000]))
@settings(max_examples=120)
def test_the_same_calls_and_the_same_tally_as_one_by_one(
    steps: list[tuple[list[Span], int]], seconds: int, capacity: int
) -> None:
    pure = Pairing(seconds=seconds, capacity=capacity)
    facts = Facts()
    array = BatchPairing(facts, seconds=seconds, capacity=capacity)
    now = 0
    for spans, passed in steps:
        now += passed
        assert plain(pure.expire(now)) == plain(array.expire(now).plain(facts))
        one_by_one = [call for span in spans for call in pure.add(span, now)]
        assert plain(one_by_one) == plain(array.add(of_spans(spans, facts), now).plain(facts))
        assert len(pure) == len(array)
    assert plain(pure.finish()) == plain(array.finish().plain(facts))
    assert (pure.tally, len(array)) == (array.tally, 0)


def test_the_ring_grows_and_turns_and_loses_nothing() -> None:
    facts = Facts()
    array = BatchPairing(facts, seconds=3, capacity=100_000)
    paired = 0
    chance = np.random.default_rng(7)
    for second in range(30):
        ids = [chance.bytes(8) for _ in range(1_000)]
        clients = [_span(one, b"p" * 8, 3, "shop") for one in ids]
        servers = [_span(chance.bytes(8), one, 2, "pay") for one in ids]
        first, then = (clients, servers) if second % 2 else (servers, clients)
        array.expire(second)
        assert array.add(of_spans(first, facts), second).size == 0
        found = array.add(of_spans(then, facts), second + 0.5)
        assert found.size == 1_000
        assert array.add(of_spans(then + first, facts), second + 0.6).size == 0
        paired += found.size
        assert len(array) <= 2_000 * 4
    assert (array.tally.paired, array.tally.duplicates, array.tally.dropped) == (paired, 60_000, 0)
    assert array._size == 8_192
    array.finish()
    assert (array.tally.unpaired, array.tally.foreign) == (0, 0)


def test_thousands_that_wait_for_one_caller_cost_no_more_than_others() -> None:
    facts = Facts()
    array = BatchPairing(facts, capacity=100_000)
    waiting = [_span(number.to_bytes(8, "big"), b"c" * 8, 5, f"reader {number % 3}") for number in range(1, 20_001)]
    assert array.add(of_spans(waiting, facts)).size == 0
    assert array.add(of_spans([_span(b"c" * 8, b"", 4, "writer")], facts)).size == batches.LONGEST_CHAIN
    later = [_span(number.to_bytes(8, "big"), b"c" * 8, 5, "late") for number in range(30_000, 40_000)]
    assert array.add(of_spans(later, facts)).size == 10_000


def _span(own: bytes, parent: bytes, kind: int, service: str) -> Span:
    return Span(b"t" * 16, own, parent, kind, service, "op", 1, 2, False)
