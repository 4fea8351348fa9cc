"""Values out of documents that anybody wrote: of the expected type, or the default; ids as bytes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

MOST_PROBLEMS = 100


class UnreadableTraces(Exception):
    """A file that can't be read as traces at all; says what is wrong."""


@dataclass
class Problems:
    """What was left out of a file and why; texts beyond a hundred are counted only."""

    file: str = ""
    texts: list[str] = field(default_factory=list)
    count: int = 0

    def note(self, where: str, what: str) -> None:
        self.count += 1
        if len(self.texts) < MOST_PROBLEMS:
            self.texts.append(f"{self.file}: {where}: {what}" if self.file else f"{where}: {what}")


def mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def whole(value: Any) -> int:
    """A whole number, also where JSON has it as a string (OTLP) or a float; 0 where it is none."""
    if isinstance(value, bool):
        return 0
    if isinstance(value, int):
        return value if abs(value) < 1 << 63 else 0
    try:
        found = int(value)
    except (TypeError, ValueError, OverflowError):
        return 0
    return found if abs(found) < 1 << 63 else 0


def identity(value: Any, length: int) -> bytes:
    """An id written in hex, of at most `length` bytes (shorter ones are filled up with zeros in front); b"" for none.

    Raises `ValueError` for what is no hex or too long.
    """
    if not isinstance(value, str):
        if value is None:
            return b""
        raise ValueError("an id is a text of hex digits")
    if not value:
        return b""
    if len(value) > 2 * length:
        raise ValueError(f"an id of {len(value)} characters; {2 * length} are possible")
    found = bytes.fromhex(value.rjust(2 * length, "0"))
    return b"" if not any(found) else found


def pairs(tags: Any) -> Iterator[tuple[str, Any]]:
    """Key and value of Jaeger's tags."""
    for tag in listed(tags):
        if isinstance(tag, dict) and isinstance(tag.get("key"), str):
            yield tag["key"], tag.get("value")
