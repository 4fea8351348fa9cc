"""Use in the demonstration: four months of calls between its services, through the store of every installation.

What is declared is mostly what is called; the rest is worth finding: an API that nobody calls, calls that nobody
declared, names that the catalog doesn't know, somebody who grows, and somebody who is the last user.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from awayteam.demo.world import DemoApi, DemoService, World
from awayteam.kernel.actor import SYSTEM
from awayteam.usage.actions.senders import add_sender
from awayteam.usage.counts import BOUNDS_MS, CLASSES, CountKey, Counts
from awayteam.usage.spool import Segment
from awayteam.usage.store import latency, owner
from awayteam.usage.store.columns import publish_columns

DAYS, HOURLY = 120, 7
SAMPLING = 0.1
"""Of the traces; proxies count every call."""
PROXIED = ("payment-", "price-", "order-", "basket", "stock-")
"""What the names of services begin with whose proxies count."""
STRANGERS = (("nightly-export", "order-"), ("k6-load-test", "checkout-"), ("payment-gateway-v2", "payment-"))
"""Consumers that the catalog doesn't know, and what the name of the service that they call begins with."""


@dataclass(frozen=True, slots=True)
class Stream:
    """Calls of one edge: about `rate` a day, `growth` times as many at the end as at the beginning."""

    key: CountKey
    rate: float
    growth: float
    p50_ms: float
    probability: float | None


def fill(world: World, *, now: datetime) -> int:
    """Fill the store with four months of use; returns how many edges there are."""
    streams = list(_streams(world, random.Random(23)))  # noqa: S311 - a demonstration, not a secret
    for name, scopes in (("collector", ("traces",)), ("proxies", ("envoy",))):
        add_sender(actor=SYSTEM, now=now, name=name, scopes=scopes, sampling=None)
    edge, hour, calls = _rows(streams, now)
    chance = np.array([one.probability for one in streams], float)[edge]
    generator = np.random.default_rng(29)
    seen = np.maximum(1, generator.binomial(calls, chance))
    failed = generator.binomial(seen, 0.004) / chance
    words = latency.packed(_classes(np.array([one.p50_ms for one in streams])))[edge]
    with owner.owning(60):
        for source, sender in (("otlp", "collector"), ("envoy", "proxies")):
            mine = np.array([one.key.source == source for one in streams])[edge]
            publish_columns(
                Segment(f"demonstration-{source}", sender, _tally(source, hour[mine], seen[mine])),
                [one.key for one in streams], edge=edge[mine], hour=hour[mine], seen=seen[mine], failed=failed[mine],
                latency=words[mine], probability=[one.probability for one in streams], now=now,
            )  # fmt: skip
    owner.settle(now)
    return len(streams)


def _tally(source: str, hour: "npt.NDArray[np.int64]", seen: "npt.NDArray[np.int64]") -> Counts:
    made = Counts()
    days, inverse = np.unique(hour // 24, return_inverse=True)
    for day, calls in zip(days.tolist(), np.bincount(inverse, weights=seen).astype(int).tolist(), strict=True):
        if source == "envoy":
            made.tell(source, day, {"spans": calls, "paired": calls})
        else:
            lost = calls // 250
            made.tell(source, day, {"spans": 2 * calls + lost, "paired": calls, "unpaired": lost, "expired": lost // 3})
    return made


def _rows(
    streams: list[Stream], now: datetime
) -> tuple["npt.NDArray[np.int64]", "npt.NDArray[np.int64]", "npt.NDArray[np.int64]"]:
    """(edge, hour, calls): one row a day until a week ago, and one an hour since."""
    this = int(now.timestamp()) // 3600
    today = this // 24
    early = (np.arange(today - DAYS, today - HOURLY + 1) * 24 + 12).astype(np.int64)
    late = np.arange((today - HOURLY + 1) * 24, this + 1, dtype=np.int64)
    hours = np.concatenate([early, late])
    daily = np.concatenate([np.ones(len(early)), _of_day(late % 24)])
    weekday = np.where(((hours // 24) + 3) % 7 >= 5, 0.45, 1.0)
    progress = (hours / 24 - (today - DAYS)) / DAYS
    rate = np.array([one.rate for one in streams])[:, None]
    growth = np.array([one.growth for one in streams])[:, None] ** (progress[None, :] ** 3)
    generator = np.random.default_rng(31)
    noise = generator.lognormal(0, 0.12, (len(streams), len(hours)))
    calls = generator.poisson(rate * growth * noise * (daily * weekday)[None, :])
    edge, place = np.nonzero(calls)
    return edge, hours[place], calls[edge, place]


def _of_day(hour: "npt.NDArray[np.int64]") -> "npt.NDArray[np.float64]":
    """The share of a day's calls in an hour: quiet nights."""
    whole = 1.2 + np.cos((np.arange(24) - 14) / 24 * 2 * np.pi)
    share: npt.NDArray[np.float64] = (whole / whole.sum())[hour]
    return share


def _classes(p50: "npt.NDArray[np.float64]") -> "npt.NDArray[np.float64]":
    """Shares by class of latency about a median, as a bell over doublings."""
    places = np.arange(CLASSES)
    middle = np.log2(np.maximum(p50, BOUNDS_MS[0]))[:, None] + 0.5
    shares: npt.NDArray[np.float64] = np.round(1_000 * np.exp(-((places - middle) ** 2) / 1.6))
    return shares


def _streams(world: World, chance: random.Random) -> Iterator[Stream]:
    there = {name: one for name, one in world.services.items() if one.span.holds(world.today)}
    providers = {api.name: (service, api) for service in there.values() for api in service.provides}
    used = sorted({api for one in there.values() for api in one.consumes if api in providers})
    idle = set(used[5:8:2])
    made = 0
    for name in sorted(there):
        service = there[name]
        for consumed in service.consumes:
            if consumed in providers and consumed not in idle and chance.random() < 0.93:
                made += 1
                yield from _of_api(service.name, *providers[consumed], chance, growth=4.5 if made % 60 == 17 else 1.0)
        for other in service.depends_on:
            if other in there:
                yield from _traced(name, other, "POST /commands", "service", chance)
        for resource, _ in service.resources:
            kind, system = ("messaging", "kafka") if resource.endswith("-topic") else ("database", "postgresql")
            yield from _traced(
                name, f"{system}:{resource}", "publish" if kind == "messaging" else "SELECT", kind, chance
            )
        if chance.random() < 0.05:
            other = chance.choice(sorted(there))
            if other != name:
                yield from _traced(name, other, "GET /status/{id}", "service", chance)
        if chance.random() < 0.08:
            yield from _traced(name, "maps.vendor.example", "GET", "external", chance)
    for stranger, begins in STRANGERS:
        for provider in [one for one in sorted(there) if one.startswith(begins)][:2]:
            yield from _traced(stranger, provider, "GET /export", "service", chance)


def _of_api(
    consumer: str, provider: DemoService, api: DemoApi, chance: random.Random, *, growth: float
) -> Iterator[Stream]:
    rate = 10 ** chance.uniform(2.2, 4.8)
    for number, operation in enumerate(_operations(api)):
        if number and chance.random() < 0.5:
            continue
        kind = "messaging" if api.style == "asyncapi" else "service"
        share, p50 = rate / (number + 1), 2 ** chance.uniform(1.5, 8)
        key = CountKey(0, consumer, provider.name, operation, kind, "otlp")
        yield Stream(key, share, growth, p50, SAMPLING)
        if kind == "service" and provider.name.startswith(PROXIED):
            yield Stream(key._replace(source="envoy"), share, growth, p50, 1.0)


def _operations(api: DemoApi) -> list[str]:
    """As the telemetry calls what the API's description offers (`demo.files`)."""
    if api.style == "openapi":
        found = [
            text for noun in api.nouns for text in (f"GET /{noun}s/:id", f"GET /{noun}s", f"POST /{noun}s")
        ]  # fmt: skip
        return [*found, f"POST /{api.nouns[0]}s/legacy"] if api.deprecated else found
    if api.style == "grpc":
        package = api.name.removesuffix("-api").replace("-", "_")
        service = "".join(part.capitalize() for part in package.split("_"))
        return [f"fernweh.{package}.v1.{service}/Get{noun.capitalize()}" for noun in api.nouns]
    return [f"{api.name}.{noun}.changed" for noun in api.nouns]


def _traced(consumer: str, provider: str, operation: str, kind: str, chance: random.Random) -> Iterator[Stream]:
    key = CountKey(0, consumer, provider, operation, kind, "otlp")
    yield Stream(key, 10 ** chance.uniform(1.5, 4.2), 1.0, 2 ** chance.uniform(0.5, 7), SAMPLING)
