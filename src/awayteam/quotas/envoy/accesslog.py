"""Envoy's access log (lines of JSON, as `bootstrap.LOG` has them) as counts: calls by consumer, API and operation.

Paths are read to tell operations apart, and then forgotten. One bad line never sinks its neighbours.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from awayteam.quotas.envoy.plain import Operation
from awayteam.quotas.envoy.resources import in_order, match_of

MOST_LINE = 65_536
OTHERS = "(others)"
LIMITED = "local_rate_limited"
EARLIEST, LATEST = 946_684_800, 4_102_444_800
"""Seconds since 1970 within which a time is believed: 2000 to 2100."""


class Key(NamedTuple):
    """`hour` is hours since 1970; `consumer` the name in the certificate, `api` a reference, `operation` a key."""

    hour: int
    consumer: str
    api: str
    operation: str


@dataclass(slots=True)
class Tally:
    """Requests under a limit: let through within it, let through over it (shadow), and refused."""

    allowed: int = 0
    over: int = 0
    denied: int = 0


@dataclass(slots=True)
class Calls:
    """Calls that came; `failed` of them were answered 5xx or refused by a limit."""

    calls: int = 0
    failed: int = 0


@dataclass(slots=True)
class Logged:
    """What lines held: calls, what happened under limits by (number of the limit, hour), and lines that are none."""

    calls: dict[Key, Calls] = field(default_factory=dict)
    limits: dict[tuple[int, int], Tally] = field(default_factory=dict)
    refused: int = 0


class Operations:
    """Tells which operation of an API a request was, from its method and path."""

    def __init__(self, known: Mapping[str, tuple[str, Sequence[Operation]]]) -> None:
        """`known` maps an API to the prefix of its paths and its operations."""
        self._patterns = {api: list(_patterns(prefix, operations)) for api, (prefix, operations) in known.items()}

    def of(self, api: str, method: str, path: str) -> str:
        """The operation's key; `(others)` for what the API doesn't describe."""
        for pattern, wanted, key in self._patterns.get(api, ()):
            if wanted in ("", method) and pattern.fullmatch(path):
                return key
        return OTHERS


def _patterns(prefix: str, operations: Sequence[Operation]) -> Iterable[tuple[re.Pattern[str], str, str]]:
    by_key = {one.key: one for one in operations}
    for key in in_order(by_key, by_key):
        one = by_key[key]
        yield re.compile(match_of(one, prefix)["safe_regex"]["regex"]), one.method.upper(), key


def read(lines: Iterable[bytes], operations: Operations) -> Logged:
    """Count lines; those that are none of ours are counted as refused."""
    found = Logged()
    for line in lines:
        row = _row(line)
        if row is None or not _add(row, operations, found):
            found.refused += 1
    return found


def _row(line: bytes) -> Mapping[str, Any] | None:
    if len(line) > MOST_LINE:
        return None
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return row if isinstance(row, dict) else None


def _add(row: Mapping[str, Any], operations: Operations, found: Logged) -> bool:
    try:
        at = float(row["at"])
    except (KeyError, TypeError, ValueError):
        return False
    status, api = row.get("status"), row.get("api")
    if not EARLIEST <= at < LATEST or type(status) is not int or not isinstance(api, str) or not api:
        return False
    hour = int(at // 3600)
    denied = row.get("why") == LIMITED
    operation = _text(row, "operation") or operations.of(api, _text(row, "method"), _text(row, "path"))
    call = found.calls.setdefault(Key(hour, _text(row, "consumer")[:300], api[:300], operation), Calls())
    call.calls += 1
    call.failed += status >= 500 or denied
    limit = _text(row, "limit")
    if limit.isascii() and limit.isdecimal() and 0 < len(limit) < 18:
        tally = found.limits.setdefault((int(limit), hour), Tally())
        tally.denied += denied
        tally.over += not denied and row.get("over") == "shadow"
        tally.allowed += not denied and row.get("over") != "shadow"
    return True


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""
