"""Pages of a long list: the rows, and an opaque cursor from which the next page goes on.

A cursor holds the sort key and id of the last row that was shown, so that a page costs the same wherever it is and rows
that come or go meanwhile neither repeat nor hide others. Readers must treat it as a word without meaning.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import UnionType
from typing import Any, Generic, TypeVar

import orjson

from awayteam.kernel.errors import InvalidInput

Item = TypeVar("Item")
Other = TypeVar("Other")

LONGEST_CURSOR = 4_000
"""Characters; anything longer was not made here."""


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """`next_cursor` is None on the last page; `total` is None where counting would cost more than the page."""

    items: Sequence[Item]
    next_cursor: str | None = None
    total: int | None = None

    def map(self, change: Callable[[Item], Other]) -> "Page[Other]":
        """The same page with every item changed, for interfaces that show rows in another shape."""
        return Page([change(item) for item in self.items], self.next_cursor, self.total)


def encode_cursor(*parts: str | int | float | bool | datetime | None) -> str:
    """An opaque, URL-safe word for `parts` (the sort key's values, then the id)."""
    return base64.urlsafe_b64encode(orjson.dumps(parts)).rstrip(b"=").decode()


def decode_cursor(cursor: str, *types: type | UnionType) -> tuple[Any, ...]:
    """The parts that `encode_cursor` was given; `types` says what each must be (`str | None` where it may be missing).

    Raises `InvalidInput` for anything that was not made by `encode_cursor` from parts of these types.
    """
    try:
        if len(cursor) > LONGEST_CURSOR:
            raise ValueError("too long")
        parts = orjson.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        if not isinstance(parts, list) or len(parts) != len(types):
            raise ValueError("not the cursor of this list")
        return tuple(_part(value, expected) for value, expected in zip(parts, types, strict=True))
    except (ValueError, binascii.Error) as error:
        raise InvalidInput(
            "The cursor is not one that this list gave.",
            "Start from the first page, or repeat `next_cursor` unchanged.",
            fields={"cursor": "not a cursor of this list"},
        ) from error


def _part(value: object, expected: type | UnionType) -> object:
    if isinstance(expected, UnionType):
        return None if value is None else _part(value, expected.__args__[0])
    if expected is datetime and isinstance(value, str):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("a time without zone")
        return moment
    if expected is float and type(value) is int:
        return float(value)
    if expected is int and type(value) is int and not -(2**63) <= value < 2**63:
        raise ValueError("no database has such a number")
    if expected is str and isinstance(value, str) and "\0" in value:
        raise ValueError("no database has such a text")
    if type(value) is not expected:
        raise ValueError(f"not a {expected.__name__}")
    return value


def page_of(
    rows: Sequence[Item], limit: int, key: Callable[[Item], tuple[Any, ...]], total: int | None = None
) -> Page[Item]:
    """The page of `rows`, which were asked for with one more than `limit`; `key` gives the cursor's parts of a row."""
    if len(rows) <= limit:
        return Page(rows, None, total)
    shown = rows[:limit]
    return Page(shown, encode_cursor(*key(shown[-1])), total)
