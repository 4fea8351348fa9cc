"""Names of the telemetry: what they are, and those that nobody knows, by volume and with suggestions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import FloatField, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from awayteam.catalog.models import Entity
from awayteam.catalog.permissions import visible
from awayteam.catalog.queries.rows import EntityLink, link
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import NotFound
from awayteam.kernel.paging import Page, decode_cursor, page_of
from awayteam.usage.matching import Index
from awayteam.usage.models import Edge, Name
from awayteam.usage.permissions import Verb, can
from awayteam.usage.queries.parties import visible_names


@dataclass(frozen=True, slots=True)
class NameRow:
    """`calls` of the last 30 days, as a consumer and as a provider. `suggestions` are entities with like names."""

    id: int
    name: str
    kind: str
    entity: EntityLink | None
    how: str
    rule: str
    ignored: bool
    matched_by: str
    matched_at: datetime | None
    calls: float
    first_seen: datetime
    last_seen: datetime
    version: int
    suggestions: Sequence[EntityLink] = ()


def names(
    actor: Actor, *, now: datetime, unmatched: bool = False, text: str = "", limit: int = 50, cursor: str | None = None
) -> Page[NameRow]:
    """Names that the actor may see, most calls first; with `unmatched` those that nobody knows and that aren't
    ignored, with suggestions."""
    can(actor, Verb.VIEW, None, now).require()
    rows = visible_names(actor, Name.objects.select_related("entity").defer("entity__document"), now)
    if unmatched:
        rows = rows.filter(entity=None, ignored=False)
    if text:
        rows = rows.filter(text__icontains=text)
    used, uses = (
        Edge.objects.filter(**{end: OuterRef("pk")}).order_by().values(end).annotate(n=Sum("calls")).values("n")
        for end in ("provider", "consumer")
    )
    as_provider, as_consumer = (Coalesce(Subquery(one), 0.0, output_field=FloatField()) for one in (used, uses))
    counted = rows.annotate(volume=as_provider + as_consumer)
    if cursor:
        volume, pk = decode_cursor(cursor, float, int)
        counted = counted.filter(Q(volume__lt=volume) | Q(volume=volume, pk__gt=pk))
    some = list(counted.order_by("-volume", "pk")[: limit + 1])
    page = page_of(some, limit, lambda one: (one.volume, one.pk))
    near = _suggested(actor, now, page.items) if unmatched else {}
    return page.map(lambda one: _row(one, one.volume, near.get(one.pk, ())))


def name(actor: Actor, who: str | int, *, now: datetime) -> Name:
    """The name with this id or text (`database:orders` tells kinds apart). Raises `NotFound`."""
    can(actor, Verb.VIEW, None, now).require()
    rows = visible_names(actor, Name.objects.select_related("entity"), now)
    if isinstance(who, int):
        found = rows.filter(pk=who).first()
    else:
        kind, _, rest = who.replace("\0", "").partition(":")
        found = rows.filter(text=who.replace("\0", "")).order_by("kind").last() or (
            rows.filter(kind=kind, text=rest).first() if kind in Name.Kind.values else None
        )
    if found is None:
        raise NotFound(f"There is no name {str(who)[:80]!r}.", "Look at awayteam usage names.")
    return found


def _suggested(actor: Actor, now: datetime, rows: Sequence[Name]) -> dict[int, list[EntityLink]]:
    index = Index()
    near = {one.pk: index.near(one.text, one.kind) for one in rows}
    wanted = Entity.objects.filter(pk__in={pk for some in near.values() for pk in some}).defer("document")
    links = {one.pk: link(one) for one in visible(actor, wanted, now)}
    return {pk: [links[one] for one in some if one in links] for pk, some in near.items()}


def _row(one: Name, calls: float, suggestions: Sequence[EntityLink]) -> NameRow:
    first, last = (datetime.fromtimestamp(hour * 3600, UTC) for hour in (one.first_hour, one.last_hour))
    entity = link(one.entity) if one.entity else None
    return NameRow(
        one.pk, one.text, one.kind, entity, one.how, one.rule, one.ignored, one.matched_by_label, one.matched_at, calls,
        first, last, one.version, suggestions,
    )  # fmt: skip
