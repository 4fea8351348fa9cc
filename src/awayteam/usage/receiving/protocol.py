"""OTLP over HTTP (specification of OTLP 1.x, "OTLP/HTTP"): bodies as they come, answers in the encoding asked in."""

import zlib
from dataclasses import dataclass
from http import HTTPStatus

import orjson

from awayteam.kernel.lightpaths import Answered, Asked, TooLarge

PROTOBUF, JSON = "application/x-protobuf", "application/json"
MOST_BYTES = 32 * 1024 * 1024
MOST_UNPACKED = 128 * 1024 * 1024
MOST_RATIO, RATIO_FROM = 200, 1024 * 1024
"""How many times larger than what was sent a body may become; small ones aren't asked."""
MOST_MEMBERS = 1_000
_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 405: 12, 413: 3, 415: 3, 429: 8, 500: 13, 503: 14}
"""Codes of google.rpc.Status for ours of HTTP."""


class Refused(Exception):
    """A request that gets an error. Only 429, 502, 503 and 504 are tried again by those who send."""

    def __init__(self, status: int, message: str, again: int = 0, *headers: tuple[str, str]) -> None:
        super().__init__(message)
        self.status, self.message, self.headers = status, message, headers
        if again:
            self.headers = (*headers, ("Retry-After", str(again)))


@dataclass(frozen=True, slots=True)
class Partial:
    """What `partial_success` says; nothing where both are empty."""

    rejected: int = 0
    message: str = ""


def encoding_of(asked: Asked) -> str:
    """`PROTOBUF` or `JSON`. Raises `Refused`."""
    kind = asked.header("Content-Type").partition(";")[0].strip().lower()
    if kind not in (PROTOBUF, JSON):
        raise Refused(415, f"Send {PROTOBUF} or {JSON}, not {kind[:100] or 'a body without a type'}.")
    return kind


def body_of(asked: Asked, most: int = MOST_BYTES, most_unpacked: int = MOST_UNPACKED) -> bytes:
    """The body, unpacked. Raises `Refused` where it is too large, or isn't what it says."""
    packing = asked.header("Content-Encoding").strip().lower()
    if packing not in ("", "identity", "gzip"):
        raise Refused(415, f"Content-Encoding may be gzip or left out, not {packing[:50]}.")
    try:
        raw = asked.body(most)
    except TooLarge:
        raise too_large(most) from None
    return unpacked(raw, most_unpacked) if packing == "gzip" else raw


def too_large(most: int) -> Refused:
    return Refused(413, f"A request has at most {most >> 20} MiB; send smaller batches.")


def unpacked(raw: bytes, most: int = MOST_UNPACKED) -> bytes:
    """What gzip packed, in one or several members, bounded in size and ratio. Raises `Refused`."""
    bound = min(most, max(RATIO_FROM, len(raw) * MOST_RATIO))
    parts, size, rest = [], 0, raw
    for _ in range(MOST_MEMBERS):
        engine = zlib.decompressobj(wbits=31)
        try:
            part = engine.decompress(rest, bound - size + 1)
        except zlib.error as error:
            raise Refused(400, f"The body is no gzip: {error}.") from None
        size += len(part)
        if size > bound:
            raise Refused(413, f"The body becomes larger than {bound >> 20} MiB when unpacked; send smaller batches.")
        if not engine.eof:
            raise Refused(400, "The body's gzip ends too soon.")
        parts.append(part)
        rest = engine.unused_data
        if not rest:
            return parts[0] if len(parts) == 1 else b"".join(parts)
    raise Refused(400, f"The body has more than {MOST_MEMBERS} members of gzip.")


def accepted(encoding: str, partial: Partial, rejected: str) -> Answered:
    """200. `rejected` is the name of the count in JSON: `rejectedSpans`, `rejectedDataPoints`."""
    has = partial.rejected or partial.message
    if encoding == JSON:
        inner: dict[str, object] = {}
        if partial.rejected:
            inner[rejected] = str(partial.rejected)
        if partial.message:
            inner["errorMessage"] = partial.message
        return Answered(200, orjson.dumps({"partialSuccess": inner} if has else {}), (("Content-Type", JSON),))
    body = _number(1, partial.rejected) + _text(2, partial.message)
    return Answered(200, _message(1, body) if has else b"", (("Content-Type", PROTOBUF),))


def refused(encoding: str, refusal: Refused) -> Answered:
    """An error, as google.rpc.Status."""
    code = _CODES.get(refusal.status, 2)
    kind = (("Content-Type", encoding), *refusal.headers)
    if encoding == JSON:
        return Answered(refusal.status, orjson.dumps({"code": code, "message": refusal.message}), kind)
    return Answered(HTTPStatus(refusal.status), _number(1, code) + _text(2, refusal.message), kind)


def varint(number: int) -> bytes:
    made = bytearray()
    while number > 0x7F:
        made.append(number & 0x7F | 0x80)
        number >>= 7
    made.append(number)
    return bytes(made)


def _number(field: int, number: int) -> bytes:
    return varint(field << 3) + varint(number) if number else b""


def _message(field: int, body: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(body)) + body


def _text(field: int, text: str) -> bytes:
    return _message(field, text.encode("utf-8", "replace")) if text else b""
