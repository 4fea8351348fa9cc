"""Which format a file is in, told by its content, and its spans; files may be compressed with gzip."""

import os
import zlib
from collections.abc import Iterator
from typing import Any

import orjson

from awayteam.usage.reading import jaeger, narrow, otlpjson, table, zipkin
from awayteam.usage.reading.values import Problems, UnreadableTraces
from awayteam.usage.spans import Span

MOST_BYTES = 512 * 1024 * 1024
FORMATS = ("jaeger", "zipkin", "otlp", "table")
_READERS = (("jaeger", jaeger), ("zipkin", zipkin), ("otlp", otlpjson))


def read(path: str | os.PathLike[str], problems: Problems) -> tuple[str, Iterator[Span]]:
    """The format of a file, and its spans. Raises `UnreadableTraces` that says what is wrong, `OSError` beside."""
    return spans_of(_content(path), problems)


def spans_of(data: bytes, problems: Problems) -> tuple[str, Iterator[Span]]:
    """The same of what a file holds."""
    body = data.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not body:
        raise UnreadableTraces("it is empty")
    if body[:1] in b"{[":
        return _of_json(body, problems)
    head = body[:4_000].partition(b"\n")[0]
    if b"," in head and table.recognises(head.decode("utf-8", "replace")):
        return "table", table.spans(body.decode("utf-8", "replace"), problems)
    try:
        return "otlp", iter(list(narrow.spans(data, problems)))
    except narrow.BadProtobuf:
        raise UnreadableTraces(
            "no traces in a format that is known: Jaeger's or Zipkin's JSON, OTLP as protobuf or JSON, or a table"
        ) from None


def _of_json(body: bytes, problems: Problems) -> tuple[str, Iterator[Span]]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if b"\n" in body.strip():
            return _of_lines(body, problems)
        raise UnreadableTraces(f"no JSON: {error}") from error
    except RecursionError as error:
        raise UnreadableTraces("nested too deeply") from error
    name, reader = _reader(document)
    return name, reader.spans(document, problems)


def _of_lines(body: bytes, problems: Problems) -> tuple[str, Iterator[Span]]:
    """JSON in lines, as the collector's file exporter writes it."""
    first = body.partition(b"\n")[0]
    try:
        name, _ = _reader(orjson.loads(first))
    except orjson.JSONDecodeError as error:
        raise UnreadableTraces(f"no JSON: {error}") from error
    return name, _lines(body, problems)


def _lines(body: bytes, problems: Problems) -> Iterator[Span]:
    for number, line in enumerate(body.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            document = orjson.loads(line)
            _, reader = _reader(document)
        except (orjson.JSONDecodeError, UnreadableTraces) as error:
            problems.note(f"line {number}", f"{error}"[:200])
            continue
        yield from reader.spans(document, problems)


def _reader(document: Any) -> tuple[str, Any]:
    for name, reader in _READERS:
        if reader.recognises(document):
            return name, reader
    raise UnreadableTraces("JSON, but neither Jaeger's, Zipkin's (version 2) nor OTLP")


def _content(path: str | os.PathLike[str]) -> bytes:
    with open(path, "rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise UnreadableTraces(f"more than {MOST_BYTES // 1024**2} MiB; split it")
    return unpacked(data) if data[:2] == b"\x1f\x8b" else data


def unpacked(data: bytes, limit: int = MOST_BYTES) -> bytes:
    """What gzip packed. Raises `UnreadableTraces` where that is more than `limit`, or broken."""
    made, size = [], 0
    while data[:2] == b"\x1f\x8b":
        engine = zlib.decompressobj(wbits=31)
        try:
            part = engine.decompress(data, limit - size + 1)
        except zlib.error as error:
            raise UnreadableTraces(f"broken gzip: {error}") from error
        size += len(part)
        if size > limit:
            raise UnreadableTraces(f"more than {limit // 1024**2} MiB when unpacked; split it")
        if not engine.eof:
            raise UnreadableTraces("gzip that ends too soon")
        made.append(part)
        data = engine.unused_data
    return b"".join(made)
