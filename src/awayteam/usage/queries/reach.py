"""Who is hit when a service fails, and what a service needs: through others, step by step over the summary."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, F, Q, Sum
from django.db.models.functions import Coalesce

from awayteam.kernel.actor import Actor
from awayteam.usage.models import Edge, Name
from awayteam.usage.names import chunks
from awayteam.usage.permissions import Verb, can
from awayteam.usage.queries.evidence import behind, window
from awayteam.usage.queries.parties import Parties, Who, meant
from awayteam.usage.queries.rows import Answer, Party

MOST_DEPTH = 100


@dataclass(frozen=True, slots=True)
class Reached:
    """A service that is `depth` calls away, by its shortest way, through `via`, the one next to it on the way.

    `calls` of the last 30 days lie between it and `via`, by the source that saw most.
    """

    party: Party
    depth: int
    via: Party
    calls: float


def blast_radius(actor: Actor, who: Who, *, now: datetime, depth: int = 0) -> Answer[Reached]:
    """Who is hit when `who` fails, nearest first; `depth` 0 is all the way. Callers are hit by what they call; who
    reads messages is hit by who writes them."""
    return _walk(actor, who, now, depth, forward=False)


def dependencies(actor: Actor, who: Who, *, now: datetime, depth: int = 0) -> Answer[Reached]:
    """What `who` needs, nearest first: what it calls, and who writes the messages that it reads."""
    return _walk(actor, who, now, depth, forward=True)


def _walk(actor: Actor, who: Who, now: datetime, depth: int, *, forward: bool) -> Answer[Reached]:
    can(actor, Verb.VIEW, None, now).require()
    start = set(meant(actor, who, now).names)
    keys = _parties_of(start)
    found: dict[int, tuple[int, int, float]] = {}
    names: dict[int, set[int]] = defaultdict(set)
    for pk, key in keys.items():
        names[key].add(pk)
    begun, at, far = set(keys.values()), set(keys.values()), 0
    while at and far < (depth or MOST_DEPTH):
        far += 1
        reached: dict[int, tuple[int, float]] = {}
        for near, other, name, calls in _neighbours({pk for key in at for pk in names[key]}, forward=forward):
            names[other].add(name)
            if other not in begun and other not in found and calls > reached.get(other, (0, -1.0))[1]:
                reached[other] = (near, calls)
        for key in reached:
            names[key] |= _names_of(key)
        found |= {key: (far, near, calls) for key, (near, calls) in reached.items()}
        at = set(reached)
    return _answer(actor, now, found, names)


def _answer(
    actor: Actor, now: datetime, found: dict[int, tuple[int, int, float]], names: dict[int, set[int]]
) -> Answer[Reached]:
    parties = Parties(actor, now)
    parties.load({pk for some in names.values() for pk in some})

    def party(key: int) -> Party:
        return parties[tuple(sorted(names[key]))]

    rows = [Reached(party(key), far, party(near), calls) for key, (far, near, calls) in found.items()]
    rows.sort(key=lambda one: (one.depth, -one.calls, one.party.label))
    since, until = window(now)
    return Answer(rows, since, until, behind(now))


def _parties_of(names: Iterable[int]) -> dict[int, int]:
    return {
        pk: entity or -pk
        for some in chunks(sorted(names))
        for pk, entity in Name.objects.filter(pk__in=some).values_list("pk", "entity_id")
    }


def _names_of(key: int) -> set[int]:
    return {-key} if key < 0 else set(Name.objects.filter(entity=key).values_list("pk", flat=True))


def _neighbours(names: set[int], *, forward: bool) -> list[tuple[int, int, int, float]]:
    """(party near, party beyond, a name of that, calls) for everything one step away."""
    calling, called = ("consumer", "provider") if forward else ("provider", "consumer")
    sums: dict[tuple[int, int], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    one_name: dict[int, int] = {}
    for some in chunks(sorted(names)):
        for near, beyond, message in ((calling, called, False), (called, calling, True)):
            kind = Q(operation__kind="messaging") if message else ~Q(operation__kind="messaging")
            rows: Any = Edge.objects.filter(kind, calls__gt=0, **{f"{near}__in": some}).order_by()
            rows = rows.annotate(
                n=Coalesce(f"{near}__entity_id", -F(f"{near}_id"), output_field=BigIntegerField()),
                b=Coalesce(f"{beyond}__entity_id", -F(f"{beyond}_id"), output_field=BigIntegerField()),
            )
            for n, b, name, source, calls in rows.values_list("n", "b", f"{beyond}_id", "source_id").annotate(
                Sum("calls")
            ):
                if n != b:
                    sums[n, b][source] += calls
                    one_name[b] = name
    return [(near, beyond, one_name[beyond], max(by.values())) for (near, beyond), by in sorted(sums.items())]
