"""Where declaration and use differ: what nobody uses, what is declared and never seen, what is seen and not declared,
and who still calls what is deprecated."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, Exists, F, Max, OuterRef, Q
from django.db.models.functions import Coalesce

from awayteam.catalog.models import LISTED, ApiOperation, Entity, Relation
from awayteam.catalog.permissions import visible, visible_through
from awayteam.catalog.queries.rows import EntityLink, link
from awayteam.kernel.actor import Actor
from awayteam.kernel.paging import Page, decode_cursor, page_of
from awayteam.sources.declared import RelationType
from awayteam.usage.models import Edge, Name, Operation
from awayteam.usage.operations import operation_key
from awayteam.usage.permissions import Verb, can
from awayteam.usage.queries.evidence import behind, window
from awayteam.usage.queries.rows import Answer, Use
from awayteam.usage.queries.uses import by_service, keyed, shown

USED_BY = (RelationType.CONSUMES_API, RelationType.DEPENDS_ON)


@dataclass(frozen=True, slots=True)
class Unused:
    """A service or an API that nobody used in the last 30 days, though telemetry knows who provides it.

    `last_seen` is its last use of all that is known, None for never; `declared` is how many say that they use it.
    """

    entity: EntityLink
    owner: EntityLink | None
    last_seen: datetime | None
    declared: int


def unused(
    actor: Actor, *, now: datetime, kind: str = "", limit: int = 50, cursor: str | None = None
) -> Answer[Unused]:
    """Services that provide something, and APIs, without use in the last 30 days; by name. `kind`: "API" or
    "Component"."""
    can(actor, Verb.VIEW, None, now).require()
    seen = _last_seen()
    known = set(Name.objects.filter(entity__isnull=False).values_list("entity_id", flat=True))
    providing = _providing(known)
    since, until = window(now)
    rows: list[tuple[int, datetime | None]] = []
    if kind in ("", "Component"):
        ever = {pk: last for (pk, _), last in _at_most(seen).items()}
        rows += [(pk, ever.get(pk)) for pk in known if (pk in ever or pk in _providers(providing)) and not _is_used(
            ever.get(pk), since
        )]  # fmt: skip
    if kind in ("", "API"):
        rows += [(api, last) for api, last in _apis(providing, seen).items() if not _is_used(last, since)]
    last = dict(rows)
    found = visible(actor, Entity.objects.filter(pk__in=last, presence__in=LISTED), now)
    if cursor:
        name, pk = decode_cursor(cursor, str, int)
        found = found.filter(Q(sort_name__gt=name) | Q(sort_name=name, pk__gt=pk))
    some = found.select_related("owner").defer("document", "owner__document").order_by("sort_name", "pk")
    page = page_of(list(some[: limit + 1]), limit, lambda one: (one.sort_name, one.pk))
    declared = _declared([one.pk for one in page.items])
    items = [
        Unused(link(one), link(one.owner) if one.owner else None, last[one.pk], declared.get(one.pk, 0))
        for one in page.items
    ]
    return Answer(items, since, until, behind(now), page.next_cursor)


def _is_used(last: datetime | None, since: Any) -> bool:
    return last is not None and last.date() >= since


def _last_seen() -> dict[tuple[int, str], datetime]:
    """(entity, operation) -> its last use by another, of all that is known."""
    rows: Any = Edge.objects.filter(provider__entity__isnull=False).annotate(
        c=Coalesce("consumer__entity_id", -F("consumer_id"), output_field=BigIntegerField())
    )
    rows = rows.exclude(c=F("provider__entity_id")).order_by()
    return {
        (entity, text): last
        for entity, text, last in rows.values_list("provider__entity_id", "operation__text").annotate(Max("last_seen"))
    }


def _at_most(seen: dict[tuple[int, str], datetime]) -> dict[tuple[int, str], datetime]:
    found: dict[tuple[int, str], datetime] = {}
    for (entity, _), last in seen.items():
        found[entity, ""] = max(last, found.get((entity, ""), last))
    return found


def _providing(known: set[int]) -> dict[int, list[int]]:
    """API -> those of the known entities that provide it."""
    found: dict[int, list[int]] = defaultdict(list)
    for api, entity in Relation.objects.filter(type=RelationType.PROVIDES_API).values_list("target_id", "source_id"):
        if entity in known:
            found[api].append(entity)
    return found


def _providers(providing: dict[int, list[int]]) -> set[int]:
    return {entity for some in providing.values() for entity in some}


def _apis(
    providing: dict[int, list[int]], seen: dict[tuple[int, str], datetime]
) -> dict[int, datetime | None]:  # fmt: skip
    """API -> the last use of one of its operations, or of its provider where it says nothing of operations."""
    operations: dict[int, set[str]] = defaultdict(set)
    for api, key in ApiOperation.objects.filter(api__in=list(providing)).values_list("api_id", "key"):
        operations[api].add(operation_key(key))
    by_entity: dict[int, dict[str, datetime]] = defaultdict(dict)
    for (entity, text), last in seen.items():
        place, key = by_entity[entity], operation_key(text)
        place[key] = max(last, place.get(key, last))
    found: dict[int, datetime | None] = {}
    for api, entities in providing.items():
        lasts = [
            last
            for entity in entities
            for key, last in by_entity[entity].items()
            if not operations[api] or key in operations[api]
        ]
        found[api] = max(lasts, default=None)
    return found


def _declared(ids: Sequence[int]) -> dict[int, int]:
    found: dict[int, int] = defaultdict(int)
    for target in Relation.objects.filter(type__in=USED_BY, target__in=ids).values_list("target_id", flat=True):
        found[target] += 1
    return found


@dataclass(frozen=True, slots=True)
class DeprecatedUse:
    """Somebody's use of what is deprecated: `what` is ("operation", "api", "component"), as `declared` says."""

    use: Use
    what: str
    declared: EntityLink


def deprecated_callers(actor: Actor, *, now: datetime, limit: int = 500) -> Answer[DeprecatedUse]:
    """Who called what its owner declares deprecated, in the last 30 days; most calls first."""
    can(actor, Verb.VIEW, None, now).require()
    old = visible(actor, Entity.objects.filter(lifecycle__iexact="deprecated"), now)
    apis = visible(actor, Entity.objects.filter(operations__deprecated=True), now)
    marked: dict[int, tuple[str, Entity]] = {}
    for component in old.filter(kind__iexact="component").defer("document"):
        for pk in Operation.objects.filter(provider__entity=component).values_list("pk", flat=True):
            marked[pk] = ("component", component)
    every = (old.filter(kind__iexact="api") | apis).distinct().defer("document")
    for api in every:
        rows = ApiOperation.objects.filter(api=api)
        whole = api.lifecycle.lower() == "deprecated"
        keys = {
            operation_key(key)
            for key in (rows if whole else rows.filter(deprecated=True)).values_list("key", flat=True)
        }
        providing = Relation.objects.filter(type=RelationType.PROVIDES_API, target=api).values("source_id")
        for pk, text in Operation.objects.filter(provider__entity__in=providing).values_list("pk", "text"):
            if operation_key(text) in keys:
                marked[pk] = ("api" if whole else "operation", api)
    edges = Edge.objects.filter(calls__gt=0, operation__in=list(marked)).exclude(consumer=F("provider"))
    rows_ = list(edges.select_related("operation", "source").order_by("-calls", "pk")[:limit])
    found = [
        DeprecatedUse(use, marked[edge.operation_id][0], link(marked[edge.operation_id][1]))
        for edge, use in zip(rows_, shown(actor, now, rows_), strict=True)
        if not use.provider.is_hidden
    ]
    since, until = window(now)
    return Answer(found, since, until, behind(now))


@dataclass(frozen=True, slots=True)
class DeclaredUse:
    """A declared use that wasn't observed in the last 30 days. `last_seen` is None for never. `can_tell`: telemetry
    knows both ends, so that it would have been seen."""

    consumer: EntityLink
    provider: EntityLink
    relation: str
    last_seen: datetime | None
    can_tell: bool


def declared_never_observed(
    actor: Actor, *, now: datetime, limit: int = 50, cursor: str | None = None, can_tell: bool = True
) -> Answer[DeclaredUse]:
    """Declared uses that weren't observed in the last 30 days; only those of which telemetry can tell, unless asked."""
    can(actor, Verb.VIEW, None, now).require()
    seen, known = _pairs(), set(Name.objects.filter(entity__isnull=False).values_list("entity_id", flat=True))
    behind_api: dict[int, list[int]] = defaultdict(list)
    provided = Relation.objects.filter(type=RelationType.PROVIDES_API).values_list("target_id", "source_id")
    for api, entity in provided:
        behind_api[api].append(entity)
    rows: Any = Relation.objects.filter(
        visible_through(actor, "source__"), visible_through(actor, "target__"), type__in=USED_BY,
        source__presence__in=LISTED, source__kind__iexact="component",
    )  # fmt: skip
    if cursor:
        rows = rows.filter(pk__gt=decode_cursor(cursor, int)[0])
    since, until = window(now)
    found: list[tuple[int, DeclaredUse]] = []
    rows = rows.select_related("source", "target").defer("source__document", "target__document").order_by("pk")
    for row in rows.iterator(chunk_size=2_000):
        ends = behind_api.get(row.target_id) or [row.target_id]
        last = max((seen[row.source_id, one] for one in ends if (row.source_id, one) in seen), default=None)
        tells = row.source_id in known and any(one in known for one in ends)
        if _is_used(last, since) or (can_tell and not tells):
            continue
        name = RelationType(row.type).forward
        found.append((row.pk, DeclaredUse(link(row.source), link(row.target), name, last, tells)))
        if len(found) > limit:
            break
    page: Page[tuple[int, DeclaredUse]] = page_of(found, limit, lambda one: (one[0],))
    return Answer([one for _, one in page.items], since, until, behind(now), page.next_cursor)


def _pairs() -> dict[tuple[int, int], datetime]:
    rows = Edge.objects.filter(consumer__entity__isnull=False, provider__entity__isnull=False).order_by()
    ends = rows.values_list("consumer__entity_id", "provider__entity_id").annotate(Max("last_seen"))
    return {(consumer, provider): last for consumer, provider, last in ends if consumer and provider}


def observed_never_declared(actor: Actor, *, now: datetime, limit: int = 50, cursor: str | None = None) -> Answer[Use]:
    """Uses between entities of the last 30 days that no relation declares, most calls first."""
    can(actor, Verb.VIEW, None, now).require()
    ends = {"source": OuterRef("consumer__entity")}
    straight = Relation.objects.filter(**ends, type__in=USED_BY, target=OuterRef("provider__entity"))
    through = Relation.objects.filter(
        **ends, type__in=USED_BY, target__incoming__type=RelationType.PROVIDES_API,
        target__incoming__source=OuterRef("provider__entity"),
    )  # fmt: skip
    rows = Edge.objects.filter(calls__gt=0, consumer__entity__isnull=False, provider__entity__isnull=False)
    rows = keyed(rows.filter(~Exists(straight), ~Exists(through)), itself=False)
    page = by_service(actor, now, rows, "calls", limit, cursor)
    since, until = window(now)
    return Answer(page.items, since, until, behind(now), page.next_cursor)
