"""Questions about who uses whom, of edges at hand. Pure; nothing here knows the catalog."""

import math
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from awayteam.usage.edges import Edge, EdgeKey

Rows = Mapping[EdgeKey, Edge]
RARELY = 0.001
"""The chance of having missed a consumer beyond which evidence says nothing about others (specs/usage.md)."""


def consumers(rows: Rows, provider: str, operation: str = "") -> list[tuple[EdgeKey, Edge]]:
    """Who uses a service, or one operation of it, most calls first; itself left out."""
    return _by_calls(
        (key, row)
        for key, row in rows.items()
        if key.provider == provider and key.consumer != provider and operation in ("", key.operation)
    )


def providers(rows: Rows, consumer: str) -> list[tuple[EdgeKey, Edge]]:
    """What a service uses, most calls first; itself left out."""
    return _by_calls(
        (key, row) for key, row in rows.items() if key.consumer == consumer and key.provider != consumer
    )  # fmt: skip


def _by_calls(found: Iterable[tuple[EdgeKey, Edge]]) -> list[tuple[EdgeKey, Edge]]:
    return sorted(found, key=lambda one: (-one[1].calls, one[0]))


@dataclass(frozen=True, slots=True)
class Sole:
    """A service (with `operation` "": all of it) with one user only, as far as was seen.

    `missed_below` is the number of calls below which another user would have been missed more often than once in a
    thousand: 1 where nothing was left out, None where nobody says what was.
    """

    provider: str
    operation: str
    consumer: str
    calls: float
    last: int
    probability: float | None
    missed_below: int | None


def sole(rows: Rows, *, by_operation: bool = False) -> list[Sole]:
    """Services, or operations, that one other service alone uses. Databases and the like count too."""
    users: dict[tuple[str, str], dict[str, list[Edge]]] = defaultdict(lambda: defaultdict(list))
    for key, row in rows.items():
        if key.consumer != key.provider:
            users[key.provider, key.operation if by_operation else ""][key.consumer].append(row)
    found = []
    for (provider, operation), by_user in users.items():
        if len(by_user) == 1:
            ((consumer, some),) = by_user.items()
            known = [row.probability for row in some]
            least = None if None in known else min(one for one in known if one is not None)
            calls, last = sum(row.calls for row in some), max(row.last for row in some)
            found.append(Sole(provider, operation, consumer, calls, last, least, missed_below(least)))
    return sorted(found, key=lambda one: (one.provider, one.operation))


def missed_below(probability: float | None) -> int | None:
    """The fewest calls n at which (1 - p)**n, the chance of having seen none of them, is below one in a thousand."""
    if probability is None:
        return None
    if probability >= 1.0:
        return 1
    return math.ceil(math.log(RARELY) / math.log1p(-probability))


@dataclass(frozen=True, slots=True)
class Hit:
    """A service that is hit when another one fails, or that another one needs: `depth` calls away, through `via` (the
    next on the way)."""

    service: str
    depth: int
    via: str
    calls: float


def blast_radius(rows: Rows, service: str, depth: int = 0) -> list[Hit]:
    """Who is hit when a service fails, nearest first, each once by its shortest way; `depth` 0 is all the way.

    Callers are hit by what they call; who reads messages is hit by who writes them.
    """
    return _reach(_needed_by(rows), service, depth)


def dependencies(rows: Rows, service: str, depth: int = 0) -> list[Hit]:
    """What a service needs, nearest first, each once by its shortest way: what it calls, who writes what it reads."""
    needs: dict[str, dict[str, float]] = defaultdict(dict)
    for needed, by in _needed_by(rows).items():
        for other, calls in by.items():
            needs[other][needed] = calls
    return _reach(needs, service, depth)


def _needed_by(rows: Rows) -> dict[str, dict[str, float]]:
    """Service -> who is hit when it fails, with the calls in between."""
    found: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for key, row in rows.items():
        if key.consumer == key.provider:
            continue
        if key.kind == "messaging":
            found[key.consumer][key.provider] += row.calls
        else:
            found[key.provider][key.consumer] += row.calls
    return found


def _reach(next_to: Mapping[str, Mapping[str, float]], service: str, depth: int) -> list[Hit]:
    found: dict[str, Hit] = {}
    queue = deque([(service, 0)])
    while queue:
        at, far = queue.popleft()
        if depth and far >= depth:
            continue
        for other, calls in sorted(next_to.get(at, {}).items(), key=lambda one: (-one[1], one[0])):
            if other != service and other not in found:
                found[other] = Hit(other, far + 1, at, calls)
                queue.append((other, far + 1))
    return list(found.values())


def services(rows: Rows) -> list[str]:
    """Every name that uses or is used."""
    return sorted({name for key in rows for name in (key.consumer, key.provider)})
