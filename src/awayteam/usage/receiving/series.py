"""Counters that only grow, as their increases: across resets, repeats and points that come late."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass

from awayteam.usage.receiving.samples import Sample

MOST_SERIES = 500_000
SETTLED_SECONDS = 300.0
"""How long a counter's sender must be known before a series that is new counts from zero."""


@dataclass(slots=True)
class _Last:
    values: tuple[float, ...]
    start: int
    at: int


class Series:
    """What was last heard of each series; bounded, the one that wasn't heard of for longest goes first.

    The first point of a series is where counting begins, since nobody knows which part of it was counted before; but
    where its sender has reported this metric for minutes, a new series began meanwhile, and counts whole. So does one
    that says that it began after we did.
    """

    def __init__(self, began: int, most: int = MOST_SERIES) -> None:
        self.began, self.most = began, most
        self.gone = 0
        self._known: OrderedDict[bytes, _Last] = OrderedDict()
        self._groups: dict[bytes, float] = {}

    def increase(self, sender: str, sample: Sample, now: float) -> tuple[float, ...] | None:
        """How much was added since the point before; None where it says nothing new. `now` in seconds."""
        if sample.delta:
            return sample.values if self._is_new_delta(sender, sample) else None
        key = _digest(sender, sample)
        last = self._known.get(key)
        whole = self._counts_whole(sender, sample, now) if last is None else False
        if last is None:
            self._remember(key, _Last(sample.values, sample.start, sample.at))
            return sample.values if whole else None
        if sample.at <= last.at and sample.start <= last.start:
            return None
        before, last_start = last.values, last.start
        last.values, last.start, last.at = sample.values, sample.start, max(sample.at, last.at)
        self._known.move_to_end(key)
        reset = sample.start > last_start or len(before) != len(sample.values)
        if reset or any(new < old for new, old in zip(sample.values, before, strict=True)):
            return sample.values
        return tuple(new - old for new, old in zip(sample.values, before, strict=True))

    def _is_new_delta(self, sender: str, sample: Sample) -> bool:
        key = _digest(sender, sample)
        last = self._known.get(key)
        if last is not None and sample.at <= last.at:
            return False
        self._remember(key, _Last((), sample.start, sample.at))
        return True

    def _counts_whole(self, sender: str, sample: Sample, now: float) -> bool:
        """Whether all of a series that wasn't known is new."""
        if sample.start > self.began:
            return True
        instance = sample.labels.get("instance", "") or sample.labels.get("service.instance.id", "")
        group = hashlib.blake2b(repr((sender, sample.name, sample.start, instance)).encode(), digest_size=16).digest()
        since = self._groups.setdefault(group, now)
        if len(self._groups) > self.most:
            self._groups.clear()
        return now - since >= SETTLED_SECONDS and not self.gone

    def _remember(self, key: bytes, last: _Last) -> None:
        self._known[key] = last
        self._known.move_to_end(key)
        if len(self._known) > self.most:
            self._known.popitem(last=False)
            self.gone += 1


def _digest(sender: str, sample: Sample) -> bytes:
    labels = sorted(sample.labels.items())
    text = repr((sender, sample.name, sample.bounds, labels)).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=16).digest()
