"""Calls as columns added up to counts by the hour, in one go for hundreds of thousands."""

from collections import Counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from awayteam.usage.batches import Calls
from awayteam.usage.columns import PEER_KINDS, Facts
from awayteam.usage.counts import BOUNDS_MS, CLASSES, HOUR_NS, Count, CountKey, Counts

Wholes = NDArray[np.int64]
EARLIEST_HOURS, LATEST_HOURS = 7 * 24, 1
"""How far before and after the present hour a call's own time is believed: collectors keep what they couldn't send."""
_BOUNDS = np.array(BOUNDS_MS)


class _Group(NamedTuple):
    """Calls of one edge, hour and sender: where they begin in the order, and one of them."""

    order: Wholes
    begins: Wholes
    one: Wholes


def add(calls: Calls, facts: Facts, source: str, hour: int, into: dict[int, Counts]) -> None:
    """Add calls to the counts of those who sent them; those whose clock is far from ours count in `hour`."""
    if not calls.size:
        return
    hours = calls.at // HOUR_NS
    odd = (hours < hour - EARLIEST_HOURS) | (hours > hour + LATEST_HOURS)
    hours = np.where(odd, hour, hours)
    at = np.where(odd, 0, calls.at)
    for sender, number in Counter(calls.sender[odd].tolist()).items():
        into.setdefault(sender, Counts()).tell(source, hour // 24, {"odd_times": number})
    group = _grouped(calls, hours)
    order, begins = group.order, group.begins
    sizes = np.diff(np.append(begins, len(order)))
    chance = calls.probability[order]
    known = chance > 0
    weight = np.where(known, 1.0 / np.where(known, chance, 1.0), 1.0)
    sum_, fewest, most = np.add.reduceat, np.minimum.reduceat, np.maximum.reduceat
    at = at[order]
    sound = np.where(at > 0, at, np.iinfo(np.int64).max)
    firsts = fewest(sound, begins)
    columns = (
        hours[group.one], calls.consumer[group.one], calls.provider[group.one], calls.operation[group.one],
        calls.kind[group.one], calls.sender[group.one], sizes, sum_(weight, begins),
        sum_(np.where(calls.failed[order], weight, 0.0), begins), fewest(chance, begins),
        np.where(firsts == np.iinfo(np.int64).max, 0, firsts), most(at, begins),
    )  # fmt: skip
    latencies = _latencies(calls, order, np.repeat(np.arange(len(begins)), sizes), len(begins))
    texts = facts.names.texts
    rows = zip(*(column.tolist() for column in columns), latencies, strict=True)
    for each, consumer, provider, operation, kind, sender, seen, weighed, failed, least, first, last, latency in rows:
        key = CountKey(each, texts[consumer], texts[provider], texts[operation], PEER_KINDS[kind], source)
        probability = None if least != least else least
        into.setdefault(sender, Counts()).add(key, Count(seen, weighed, failed, latency, probability, first, last))


def _grouped(calls: Calls, hours: Wholes) -> _Group:
    edges = (calls.consumer.astype(np.int64) << 42) | (calls.provider.astype(np.int64) << 21) | calls.operation
    times = (hours << 24) | (calls.sender.astype(np.int64) << 4) | calls.kind
    if (times == times[0]).all():
        order = np.argsort(edges, kind="stable")
    else:
        order = np.lexsort((edges, times))
    edges, times = edges[order], times[order]
    begins = np.flatnonzero(np.append(True, (edges[1:] != edges[:-1]) | (times[1:] != times[:-1])))
    return _Group(order, begins, order[begins])


def _latencies(calls: Calls, order: Wholes, group: Wholes, groups: int) -> list[list[int]]:
    """For each group the calls in each class of latency (the server's, else the client's); [] where nobody says."""
    took = np.where(calls.server_ns != 0, calls.server_ns, calls.client_ns)[order]
    known = took > 0
    classes = np.searchsorted(_BOUNDS, took[known] / 1e6, side="left")
    found = np.bincount(group[known] * CLASSES + classes, minlength=groups * CLASSES).reshape(groups, CLASSES)
    return [one if any(one) else [] for one in found.tolist()]
