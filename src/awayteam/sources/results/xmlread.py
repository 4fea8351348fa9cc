"""XML of others: a stream of elements, without entities, without documents from elsewhere, bounded in depth.

Build tools write what isn't XML (control characters of a terminal, bytes that aren't UTF-8). It is replaced by a
question mark, so that one test's output doesn't cost all the others; lines stay where they are.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any
from xml.parsers import expat

from awayteam.sources.results.base import ResultError

MAX_DEPTH = 60
MAX_TEXT = 8_000
_CHUNK = 1 << 16
_DECLARED = re.compile(rb"""\A\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_CONTROLS = bytes([*range(9), 11, 12, *range(14, 32)])
_REPLACED = bytes.maketrans(_CONTROLS, b"?" * len(_CONTROLS))
_REFERENCE = re.compile(rb"&#(?:x([0-9A-Fa-f]{1,8})|([0-9]{1,9}));")

Start = Callable[[str, Mapping[str, str], int], bool]
"""(name without prefix, attributes, line) -> whether the text inside is wanted."""
End = Callable[[str, str], None]
"""(name, the text that was wanted, at most `MAX_TEXT` characters)."""


class _Enough(Exception):
    pass


def root(data: bytes) -> str:
    """The name of the outermost element. Raises `ResultError` where there is none."""
    found = [""]

    def start(name: str, attributes: Mapping[str, str], line: int) -> bool:  # noqa: ARG001 - the shape of `Start`
        found[0] = name
        raise _Enough

    try:
        walk(data, start, lambda _name, _text: None)
    except _Enough:
        return found[0]
    raise ResultError("there is no element in the file", 1)


def walk(data: bytes, start: Start, end: End) -> bool:
    """Call `start` and `end` for each element; whether anything had to be replaced. Raises `ResultError`."""
    mended = _mended(data)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    walker = _Walker(parser, start, end)
    try:
        for at in range(0, len(mended), _CHUNK):
            parser.Parse(mended[at : at + _CHUNK], False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        line, what = error.lineno, expat.errors.messages.get(error.code, "") or "it can't be read"
        raise ResultError(f"this is no well-formed XML: {what}", line) from error
    except (LookupError, ValueError) as error:
        raise ResultError(f"the encoding that it names can't be read: {error}", 1) from error
    finally:
        walker.release()
    return mended != data


class _Walker:
    def __init__(self, parser: Any, start: Start, end: End) -> None:
        self._parser, self._on_start, self._on_end = parser, start, end
        self._wanted: list[list[str] | None] = []
        self._kept: list[int] = []
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._entity

    def release(self) -> None:
        """Break the circle of parser and handlers."""
        for name in ("StartElement", "EndElement", "CharacterData", "StartDoctypeDecl", "EntityDecl"):
            setattr(self._parser, f"{name}Handler", None)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        line = self._parser.CurrentLineNumber
        if len(self._wanted) >= MAX_DEPTH:
            raise ResultError(f"elements are nested more than {MAX_DEPTH} deep", line)
        wanted = self._on_start(name.rpartition(":")[2], attributes, line)
        self._wanted.append([] if wanted else None)
        self._kept.append(0)

    def _end(self, name: str) -> None:
        text = self._wanted.pop()
        self._kept.pop()
        self._on_end(name.rpartition(":")[2], "".join(text or ()))

    def _text(self, text: str) -> None:
        if self._wanted and (wanted := self._wanted[-1]) is not None and self._kept[-1] < MAX_TEXT:
            wanted.append(text[: MAX_TEXT - self._kept[-1]])
            self._kept[-1] += len(text)

    def _doctype(self, _name: str, _system: str | None, _public: str | None, internal: int) -> None:
        """One that names its DTD is usual and never fetched; one that declares things itself isn't."""
        if internal:
            self._refuse()

    def _entity(self, *_: object) -> None:
        self._refuse()

    def _refuse(self) -> None:
        line = self._parser.CurrentLineNumber
        raise ResultError("a DOCTYPE that declares entities or elements isn't read; let the tool write none", line)


def _mended(data: bytes) -> bytes:
    """The bytes with what no XML may hold replaced; other encodings than UTF-8 and its parts are left alone."""
    declared = _DECLARED.match(data.removeprefix(b"\xef\xbb\xbf"))
    encoding = declared[1].lower() if declared else b"utf-8"
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"16" in encoding or b"32" in encoding:
        return data
    data = data.translate(_REPLACED)
    if b"&#" in data:
        data = _REFERENCE.sub(_reference, data)
    if encoding in (b"utf-8", b"utf8"):
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            data = data.decode("utf-8", "replace").replace("\ufffd", "?").encode()
    return data


def _reference(match: re.Match[bytes]) -> bytes:
    code = int(match[1], 16) if match[1] else int(match[2])
    fine = code in (9, 10, 13) or 32 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000
    return match[0] if fine else b"?"
