"""Reading JSON that a stranger wrote: any value may be of any type, of any size, or lacking.

A `Node` never raises for what it holds: what isn't of the asked type is "", 0, False, None or []. What may not be
lacking is asked for by `need`.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from awayteam.forges.port import ForgeError

MOST_BODY: Final = 25 * 1024 * 1024
MOST_ITEMS: Final = 10_000
MOST_PUSHED: Final = 2_000
"""Commits of a push beyond which forges leave some out."""
_COMMIT = re.compile(r"[0-9a-fA-F]{40}(?:[0-9a-fA-F]{24})?\Z")
_DIGITS = re.compile(r"[0-9]{1,19}\Z", re.ASCII)
_ZONE = re.compile(r" (?=(?:UTC|[+-][0-9]{4})\Z)", re.ASCII)


class Node:
    """A value out of a message, and ways to look into it that always give the stated type."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def at(self, *keys: str) -> "Node":
        """What stands below `keys`; a node of None where nothing does."""
        value = self.value
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return Node(value)

    def __bool__(self) -> bool:
        return bool(self.value)

    def text(self, *keys: str, most: int = 500) -> str:
        """A text without NUL characters (databases refuse them), cut at `most` characters."""
        value = self.at(*keys).value
        return value[:most].replace("\0", "") if isinstance(value, str) else ""

    def line(self, *keys: str, most: int = 300) -> str:
        """A text of one line: every run of white space is a blank."""
        return " ".join(self.text(*keys, most=most * 4).split())[:most]

    def id(self, *keys: str) -> str:
        """A positive number, or a text of digits, as text; "" else. True is no number here."""
        value = self.at(*keys).value
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value) if 0 < value < 10**19 else ""
        if isinstance(value, str) and _DIGITS.match(value):
            return value.lstrip("0")
        return ""

    def number(self, *keys: str) -> int:
        """As `id`, as a number; 0 where there is none."""
        return int(self.id(*keys) or 0)

    def flag(self, *keys: str) -> bool:
        return self.at(*keys).value is True

    def commit(self, *keys: str) -> str:
        """A full commit id in small letters, "" where it is none."""
        value = self.at(*keys).value
        return value.lower() if isinstance(value, str) and _COMMIT.match(value) else ""

    def url(self, *keys: str) -> str:
        """An address of the web, "" where it is another: nothing else may become a link."""
        value = self.text(*keys, most=1001)
        is_one = value.lower().startswith(("https://", "http://")) and len(value) <= 1000 and value.isprintable()
        return value if is_one and " " not in value else ""

    def moment(self, *keys: str) -> datetime | None:
        """A moment in UTC; also `2026-01-31 10:00:00 UTC`. The year 1 of Go's zero time is None."""
        value = self.text(*keys, most=40)
        try:
            found = datetime.fromisoformat(_ZONE.sub("", value.strip()).replace("UTC", "+00:00"))
            found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        except (ValueError, OverflowError):
            return None
        return found if 1970 <= found.year < 9999 else None

    def items(self, *keys: str, most: int = MOST_ITEMS) -> list["Node"]:
        value = self.at(*keys).value
        return [Node(each) for each in value[:most]] if isinstance(value, list) else []

    def __iter__(self) -> Iterator["Node"]:
        return iter(self.items())

    def pushed_names(self, total: int = 0) -> frozenset[str] | None:
        """Names of the files that the commits of a push's message change, without folders; None where the message may
        not tell all: there are `total` commits, more than a forge lists, or none at all."""
        commits = self.items("commits", most=MOST_PUSHED + 1)
        if not commits or len(commits) > MOST_PUSHED or len(commits) < total:
            return None
        names: set[str] = set()
        for commit in commits:
            for how in ("added", "removed", "modified"):
                listed = commit.at(how).value
                if not isinstance(listed, list):
                    return None
                names.update(path.rpartition("/")[2] for path in listed if isinstance(path, str))
        return frozenset(names)

    def need(self, kind: str, *keys: str) -> Any:
        """As the method `kind`, but raises `ForgeError` where that is empty."""
        found = getattr(self, kind)(*keys)
        if not found:
            raise ForgeError(f"The forge's message has no usable {'.'.join(keys)}.", final=True)
        return found


def document(body: bytes, *, most: int = MOST_BODY) -> Node:
    """The JSON object or list of a body. Raises `ForgeError(final=True)` where it is none, or larger than `most`."""
    if len(body) > most:
        raise ForgeError(f"The forge's message has {len(body)} bytes, more than {most}.", final=True)
    try:
        value = orjson.loads(body)
    except (orjson.JSONDecodeError, RecursionError) as error:
        raise ForgeError(f"The forge's message is no JSON: {str(error)[:200]}", final=True) from error
    if not isinstance(value, dict | list):
        raise ForgeError("The forge's message is neither an object nor a list.", final=True)
    return Node(value)
