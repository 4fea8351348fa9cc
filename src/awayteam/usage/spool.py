"""Counts on their way into the store: files in a folder, written by any number of processes, taken by one owner.

A segment appears whole, by an atomic rename, and survives a crash from the moment `put` returned. It is applied exactly
once: the owner records its id in the transaction that publishes what it held.
"""

import base64
import hashlib
import os
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from awayteam.usage.counts import CLASSES, TALLY, Count, CountKey, Counts

FORMAT = 1
ENDING = ".segment"
MOST_BYTES = 2 * 1024**3
"""Bytes that may wait; beyond, `put` refuses, and a receiver answers that it is to be tried again later."""
MOST_UNPACKED = 1024**3


class SpoolFull(Exception):
    """More waits than the owner has taken for a long time; try again later."""


class BadSegment(Exception):
    """A file that holds no counts; the message says why."""


@dataclass(frozen=True, slots=True)
class Segment:
    """What one file holds. `id` is the same for the same batch of the same sender, however often it comes."""

    id: str
    sender: str
    counts: Counts


def folder() -> Path:
    """`usage/spool` in the data folder."""
    from django.conf import settings

    return Path(settings.DATA) / "usage" / "spool"


def put(counts: Counts, *, sender: str, batch: str = "", place: Path | None = None) -> str:
    """Hand counts over; returns the segment's id. They are on the disk when this returns.

    `sender` is the name of a `Sender`, or "" for this installation's own. `batch` is the sender's own id of what it
    sent, if it has one: what comes again under it isn't counted again (for two weeks). Raises `SpoolFull`, `OSError`.
    """
    place = place or folder()
    id = segment_id(sender, batch) if batch else os.urandom(16).hex()
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    if pressure(place) > MOST_BYTES:
        raise SpoolFull(f"{place}: more than {MOST_BYTES >> 20} MiB wait to be stored; is a worker running?")
    aside = place / f".{id}.{os.getpid()}.{os.urandom(4).hex()}"
    try:
        with open(aside, "wb") as file:
            file.write(packed(Segment(id, sender, counts)))
            file.flush()
            os.fsync(file.fileno())
        aside.rename(place / f"{id}{ENDING}")
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    _sync(place)
    return id


def segment_id(sender: str, batch: str) -> str:
    """The id of a batch of a sender."""
    return hashlib.blake2b(f"{sender}\0{batch}".encode(), digest_size=16).hexdigest()


def pressure(place: Path | None = None) -> int:
    """Bytes that wait."""
    return sum(size for _, size in _waiting(place or folder()))


def waiting(place: Path | None = None) -> list[Path]:
    """Segments that wait, the oldest first."""
    place = place or folder()
    return sorted((path for path, _ in _waiting(place)), key=lambda path: (_age(path), path.name))


def _waiting(place: Path) -> Iterator[tuple[Path, int]]:
    try:
        entries = list(os.scandir(place))
    except FileNotFoundError:
        return
    for entry in entries:
        if entry.name.endswith(ENDING) and not entry.name.startswith("."):
            try:
                yield Path(entry.path), entry.stat(follow_symlinks=False).st_size
            except FileNotFoundError:  # the owner took it meanwhile
                continue


def _age(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _sync(place: Path) -> None:
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def packed(segment: Segment) -> bytes:
    """The bytes of a segment: columns of JSON, compressed; names stand once."""
    names: dict[str, int] = {}

    def name(text: str) -> int:
        return names.setdefault(text, len(names))

    rows = [
        (key.bucket_hour, name(key.consumer), name(key.provider), name(key.operation), name(key.kind),
         name(key.source), one.seen, one.calls, one.failed, one.probability, one.first, one.last, one.latency)
        for key, one in segment.counts.rows.items()
    ]  # fmt: skip
    document = {
        "format": FORMAT,
        "id": segment.id,
        "sender": segment.sender,
        "rows": list(zip(*rows, strict=True)),
        "names": [base64.b64encode(one.encode("utf-8", "replace")).decode() for one in names],
        "tallies": [(source, day, dict(tally)) for (source, day), tally in segment.counts.tallies.items()],
        "capped": dict(segment.counts.capped),
    }
    return zlib.compress(orjson.dumps(document), 1)


def read(path: Path) -> Segment:
    """What a file holds. Raises `BadSegment`, `OSError`."""
    engine = zlib.decompressobj()
    try:
        text = engine.decompress(path.read_bytes(), MOST_UNPACKED)
        if engine.unconsumed_tail or not engine.eof:
            raise BadSegment("it isn't whole, or too big")
        return _segment(orjson.loads(text))
    except (zlib.error, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise BadSegment(f"it holds no counts: {error}") from error


def _segment(document: dict[str, Any]) -> Segment:
    if document["format"] != FORMAT:
        raise BadSegment(f"format {document['format']!r} is unknown here")
    names = [base64.b64decode(one).decode("utf-8", "replace") for one in document["names"]]
    counts = Counts()
    for hour, consumer, provider, operation, kind, source, *values in zip(*document["rows"], strict=True):
        key = CountKey(int(hour), names[consumer], names[provider], names[operation], names[kind], names[source])
        counts.add(key, _count(*values))
    for source, day, tally in document["tallies"]:
        counts.tallies[str(source), int(day)] = Counter({one: int(tally[one]) for one in tally if one in TALLY})
    counts.capped = Counter({str(one): int(number) for one, number in document["capped"].items()})
    return Segment(str(document["id"]), str(document["sender"]), counts)


def _count(
    seen: int, calls: float, failed: float, probability: float | None, first: int, last: int, latency: list[int]
) -> Count:
    if latency and len(latency) != CLASSES:
        raise BadSegment(f"{len(latency)} classes of latency instead of {CLASSES}")
    kept = None if probability is None else float(probability)
    return Count(int(seen), float(calls), float(failed), [int(one) for one in latency], kept, int(first), int(last))
