"""Edges out of files and folders of traces: one bad file never sinks the others."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from awayteam.usage import clickhouse
from awayteam.usage.edges import Edges
from awayteam.usage.pairing import Call, Pairing, Tally
from awayteam.usage.reading import read
from awayteam.usage.reading.values import Problems, UnreadableTraces

ENDINGS = (
    ".json",
    ".json.gz",
    ".jsonl",
    ".jsonl.gz",
    ".ndjson",
    ".pb",
    ".pb.gz",
    ".bin",
    ".otlp",
    ".csv",
    ".csv.gz",
    ".binpb",
)
MOST_FILES = 100_000
MOST_SPANS = 5_000_000
Sink = Callable[[Iterable[Call], str], None]


@dataclass
class Counted:
    """What a folder of traces came to. `tallies` are by source, that of `edges` is their sum.

    `files` maps each file that was read to its format and its number of spans.
    """

    edges: Edges = field(default_factory=Edges)
    tallies: dict[str, Tally] = field(default_factory=dict)
    files: dict[str, tuple[str, int]] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    problem_count: int = 0


def count(
    places: Iterable[str], *, progress: Callable[[str], None] = lambda _: None, into: Sink | None = None
) -> Counted:
    """Count the calls in files and folders; calls are paired across all files of one format.

    `progress` hears each file's name before it is read. Calls go `into` somewhere else than to the edges, if given.
    Raises `OSError` for a place that isn't there.
    """
    found = Counted()
    take = into or found.edges.count
    pairings: dict[str, Pairing] = {}
    for path in files_of(places):
        progress(path)
        _count_file(path, found, pairings, take)
    for source, pairing in pairings.items():
        take(pairing.finish(), source)
    for tally in found.tallies.values():
        for name, number in tally.as_dict().items():
            setattr(found.edges.tally, name, getattr(found.edges.tally, name) + number)
    return found


def count_stored(found: Counted, address: str, *, now: datetime) -> None:
    """Add the edges of spans that ClickHouse keeps (`clickhouse.place`); what is wrong is told as with a file."""
    shown = clickhouse.shown(address)
    try:
        edges = clickhouse.edges(clickhouse.place(address), now=now)
    except (clickhouse.BadAddress, OSError) as error:
        found.unreadable[shown] = str(error)
        return
    found.edges.add(edges)
    found.files[shown] = "clickhouse", edges.tally.spans


def _count_file(path: str, found: Counted, pairings: dict[str, Pairing], take: Sink) -> None:
    problems = Problems(path)
    try:
        source, spans = read(path, problems)
        pairing = pairings.setdefault(
            source, Pairing(capacity=MOST_SPANS, whole=True, tally=found.tallies.setdefault(source, Tally()))
        )  # fmt: skip
        before = pairing.tally.spans
        for span in spans:
            if calls := pairing.add(span):
                take(calls, source)
        found.files[path] = source, pairing.tally.spans - before
    except UnreadableTraces as error:
        found.unreadable[path] = str(error)
    except OSError as error:
        found.unreadable[path] = error.strerror or str(error)
    found.problems += problems.texts
    found.problem_count += problems.count


def files_of(places: Iterable[str]) -> Iterator[str]:
    """Files as named, and those of folders whose names end like traces, in the order of their names."""
    number = 0
    for place in places:
        if not os.path.isdir(place):
            os.stat(place)
            yield place
            continue
        for folder, inner, names in os.walk(place, followlinks=False):
            inner.sort()
            for name in sorted(names):
                path = os.path.join(folder, name)
                if name.lower().endswith(ENDINGS) and os.path.isfile(path) and not os.path.islink(path):
                    number += 1
                    if number > MOST_FILES:
                        raise OSError(f"more than {MOST_FILES} files; name fewer folders")
                    yield path
