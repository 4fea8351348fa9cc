"""Names and operations of the telemetry as rows: found or made, with caps that are kept and told. Writes are short
transactions of their own; a name without counts does no harm."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from django.db.models import Count as Number
from django.db.models import Q

from awayteam.usage.counts import MOST_OPERATIONS, CountKey
from awayteam.usage.edges import OTHER
from awayteam.usage.models import Evidence, Name, Operation

MOST_NAMES = 200_000
"""Names that an installation tells apart."""
CHUNK = 500
QUEUES = frozenset(
    {"activemq", "aws.sns", "aws_sns", "aws_sqs", "eventgrid", "eventhubs", "gcp_pubsub", "jms", "kafka", "nats",
     "pulsar", "rabbitmq", "rocketmq", "servicebus"}
)  # fmt: skip
"""Systems of messages that a caller may name without a destination."""

Item = TypeVar("Item")
NameKey = tuple[str, str]
OperationKey = tuple[int, str, str]


def clean(text: str) -> str:
    """A text as both databases take it, never empty."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()[:300].strip() or "(nameless)"


def name_kind(provider: str, kind: str) -> Name.Kind:
    """What a provider is, by the kind of call: the reader of messages is a service, a queue is named `system:queue`."""
    if kind == "messaging":
        queue = ":" in provider or provider.lower() in QUEUES
        return Name.Kind.MESSAGING if queue else Name.Kind.SERVICE
    return Name.Kind(kind) if kind in Name.Kind.values else Name.Kind.SERVICE


@dataclass
class Resolver:
    """Ids of what keys name, for one publication. `capped` counts operations and names that went under `(others)`."""

    names: dict[NameKey, int] = field(default_factory=dict)
    operations: dict[OperationKey, int] = field(default_factory=dict)
    sources: dict[str, int] = field(default_factory=dict)
    capped: int = 0

    def learn(self, keys: Iterable[tuple[CountKey, int]]) -> None:
        """Find or make everything that these keys (with the hour that counts) name."""
        hours: dict[NameKey, list[int]] = {}
        wanted: dict[NameKey, set[NameKey]] = defaultdict(set)
        sources: set[str] = set()
        for key, hour in keys:
            consumer, provider = ends(key)
            for one in (consumer, provider):
                seen = hours.setdefault(one, [hour, hour])
                seen[0], seen[1] = min(seen[0], hour), max(seen[1], hour)
            wanted[provider].add((clean(key.operation), key.kind[:20]))
            sources.add(clean(key.source)[:40])
        self._sources(sources)
        self._names(hours)
        _touch(self.names, hours)
        self._operations({self.names[provider]: some for provider, some in wanted.items()})

    def ids(self, key: CountKey) -> tuple[int, int, int, int]:
        """Consumer, provider, operation, source."""
        consumer, provider = ends(key)
        at = self.names[provider]
        operation = self.operations[at, clean(key.operation), key.kind[:20]]
        return self.names[consumer], at, operation, self.sources[clean(key.source)[:40]]

    def _sources(self, wanted: set[str]) -> None:
        Evidence.objects.bulk_create([Evidence(name=one) for one in sorted(wanted)], ignore_conflicts=True)
        self.sources = dict(Evidence.objects.filter(name__in=wanted).values_list("name", "pk"))

    def _names(self, hours: dict[NameKey, list[int]]) -> None:
        self.names = _found(hours)
        missing = [key for key in hours if key not in self.names]
        if not missing:
            return
        room = max(0, MOST_NAMES - Name.objects.count())
        made, beyond = missing[:room], missing[room:]
        if beyond:
            self.capped += len(beyond)
            other = (OTHER, Name.Kind.SERVICE.value)
            made = made if other in self.names else [*made, other]
            hours.setdefault(other, hours[beyond[0]])
        Name.objects.bulk_create(
            [Name(text=text, kind=kind, first_hour=hours[text, kind][0], last_hour=hours[text, kind][1])
             for text, kind in made], batch_size=CHUNK, ignore_conflicts=True,
        )  # fmt: skip
        self.names |= _found(made)
        for key in beyond:
            self.names[key] = self.names[OTHER, Name.Kind.SERVICE.value]

    def _operations(self, wanted: dict[int, set[NameKey]]) -> None:
        self.operations = _found_operations(wanted)
        missing = {
            provider: [one for one in sorted(some) if (provider, *one) not in self.operations]
            for provider, some in wanted.items()
        }
        missing = {provider: some for provider, some in missing.items() if some}
        known = _numbers(missing)
        made: dict[int, set[NameKey]] = {}
        beyond: list[OperationKey] = []
        for provider, some in missing.items():
            room = max(0, MOST_OPERATIONS - known.get(provider, 0))
            made[provider] = {*some[:room], *((OTHER, kind) for _, kind in some[room:])}
            beyond += [(provider, *one) for one in some[room:]]
        Operation.objects.bulk_create(
            [Operation(provider_id=provider, text=text, kind=kind)
             for provider, some in made.items() for text, kind in sorted(some)],
            batch_size=CHUNK, ignore_conflicts=True,
        )  # fmt: skip
        self.operations |= _found_operations(made)
        self.capped += len(beyond)
        for provider, text, kind in beyond:
            self.operations[provider, text, kind] = self.operations[provider, OTHER, kind]


def ends(key: CountKey) -> tuple[NameKey, NameKey]:
    """Consumer and provider as names with their kinds."""
    provider = clean(key.provider)
    return (clean(key.consumer), Name.Kind.SERVICE.value), (provider, name_kind(provider, key.kind).value)


def _found(keys: Iterable[NameKey]) -> dict[NameKey, int]:
    wanted = set(keys)
    texts = sorted({text for text, _ in wanted})
    return {
        (text, kind): pk
        for some in chunks(texts)
        for text, kind, pk in Name.objects.filter(text__in=some).values_list("text", "kind", "pk")
        if (text, kind) in wanted
    }


def _found_operations(wanted: dict[int, set[NameKey]]) -> dict[OperationKey, int]:
    return {
        (provider, text, kind): pk
        for some in chunks(sorted(wanted))
        for provider, text, kind, pk in Operation.objects.filter(provider__in=some).values_list(
            "provider_id", "text", "kind", "pk"
        )
        if (text, kind) in wanted[provider]
    }


def _numbers(providers: Iterable[int]) -> dict[int, int]:
    rows = Operation.objects.order_by().values_list("provider_id")
    return {
        pk: number
        for some in chunks(sorted(providers))
        for pk, number in rows.filter(provider__in=some).annotate(number=Number("pk"))
    }


def _touch(names: dict[NameKey, int], hours: dict[NameKey, list[int]]) -> None:
    """Widen what is known of when names were seen; names of one batch share few values."""
    by_hours: dict[tuple[int, int], list[int]] = defaultdict(list)
    for key, (first, last) in hours.items():
        by_hours[first, last].append(names[key])
    for (first, last), pks in by_hours.items():
        for some in chunks(sorted(pks)):
            rows = Name.objects.filter(pk__in=some)
            rows.filter(last_hour__lt=last).update(last_hour=last)
            rows.filter(Q(first_hour__gt=first)).update(first_hour=first)


def chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Pieces that a statement of either database takes."""
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]
