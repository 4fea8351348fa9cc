"""From the bytes of a file to text, and what text no document may hold."""

import codecs
import re

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_FINE_ASCII = b"\t\n" + bytes(range(0x20, 0x7F))
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class NotTextError(Exception):
    """Bytes or characters that no document may hold; `line` as the function that raises or returns it counts."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def decode(data: bytes) -> str:
    """The text of a file in UTF-8, or UTF-16 or UTF-32 with a byte order mark; its lines end in a line feed alone.

    Bytes that aren't UTF-8 come back as lone surrogates, so that `unreadable` can name them where they stand. Raises
    `NotTextError` (lines from 1) for what isn't the UTF-16 or UTF-32 that it says to be.
    """
    encoding = "utf-8"
    for mark, name in _BOMS:
        if data.startswith(mark):
            data, encoding = data[len(mark) :], name
            break
    try:
        text = data.decode(encoding, "surrogateescape" if encoding == "utf-8" else "strict")
    except UnicodeDecodeError as error:
        raise NotTextError(
            f"the byte order mark says {encoding}, but the bytes aren't; save the file as UTF-8", 1
        ) from error
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if text.endswith("\n") else text + "\n"


def unreadable(text: str) -> NotTextError | None:
    """The first character that no document may hold, with its line from 0."""
    if text.isascii() and not text.encode("ascii").translate(None, _FINE_ASCII):
        return None
    found = _CONTROL.search(text)
    if found is None:
        return None
    code = ord(found[0])
    line = text.count("\n", 0, found.start())
    if 0xDC80 <= code <= 0xDCFF:
        return NotTextError(
            f"the byte 0x{code - 0xDC00:02X} isn't UTF-8 (perhaps Latin-1); save the file as UTF-8", line
        )
    return NotTextError(f"the control character U+{code:04X} stands here; remove it", line)
