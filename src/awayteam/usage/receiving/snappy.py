"""Snappy's block format, as Prometheus' remote write packs with it. Source: format_description.txt of google/snappy."""


class BadSnappy(ValueError):
    """Bytes that are no block; the message says why."""


def unpacked(data: bytes, most: int) -> bytes:
    """What a block holds. Raises `BadSnappy`, also where it says that it holds more than `most` bytes."""
    size, at = _size(data)
    if size > most:
        raise BadSnappy(f"it says that it holds {size:,} bytes; {most:,} are possible")
    out, end = bytearray(), len(data)
    while at < end:
        tag = data[at]
        at += 1
        if tag & 3 == 0:
            at = _literal(data, tag >> 2, at, out)
        else:
            at = _copy(data, tag, at, out)
        if len(out) > size:
            raise BadSnappy("it holds more than it says")
    if len(out) != size:
        raise BadSnappy("it ends too soon")
    return bytes(out)


def _size(data: bytes) -> tuple[int, int]:
    size = shift = 0
    for at, byte in enumerate(data[:5]):
        size |= (byte & 0x7F) << shift
        if byte < 0x80:
            return size, at + 1
        shift += 7
    raise BadSnappy("its length is cut off, or too long")


def _literal(data: bytes, length: int, at: int, out: bytearray) -> int:
    """Bytes as they are; lengths from 60 say how many bytes the length itself has."""
    if length >= 60:
        width = length - 59
        length = int.from_bytes(data[at : at + width], "little")
        at += width
    end = at + length + 1
    if end > len(data):
        raise BadSnappy("it ends too soon")
    out += data[at:end]
    return end


def _copy(data: bytes, tag: int, at: int, out: bytearray) -> int:
    """Bytes that stood before, `offset` back; they may overlap what is being written."""
    if tag & 3 == 1:
        width, length, offset = 1, (tag >> 2 & 7) + 4, (tag >> 5) << 8 | int.from_bytes(data[at : at + 1], "little")
    else:
        width = 2 if tag & 3 == 2 else 4
        length, offset = (tag >> 2) + 1, int.from_bytes(data[at : at + width], "little")
    if not 0 < offset <= len(out) or at + width > len(data):
        raise BadSnappy("it refers to what isn't there")
    before = out[len(out) - offset : len(out) - offset + length]
    out += before if offset >= length else (before * (length // offset + 1))[:length]
    return at + width
