"""Reading what looks alike, with the operations side by side."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from awayteam.catalog.models import ApiOperation, Entity, Presence
from awayteam.duplicates.alike.intents import intent, is_boilerplate
from awayteam.duplicates.alike.job import MOST_OPERATIONS
from awayteam.duplicates.models import Comparison, Duplicate, Likeness
from awayteam.duplicates.permissions import likenesses
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import NotFound
from awayteam.kernel.paging import Page, decode_cursor, page_of

RELATED = ("a__owner", "b__owner", "dismissed_by")
SHOWN = 200


@dataclass(frozen=True, slots=True)
class AlikeRow:
    """Two APIs that look alike; `other` is the one that isn't asked about."""

    likeness: Likeness
    other: Entity


@dataclass(frozen=True, slots=True)
class Match:
    """Operations of both that do the same; `what` is it in words ("get order")."""

    what: str
    a: tuple[ApiOperation, ...]
    b: tuple[ApiOperation, ...]
    is_boilerplate: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """Two APIs side by side; `only_a` and `only_b` count operations without a partner."""

    likeness: Likeness
    matches: tuple[Match, ...]
    only_a: int
    only_b: int
    registered: tuple[Duplicate, ...]


def alike(
    actor: Actor,
    *,
    of: Entity | None = None,
    owners: Sequence[str] = (),
    dismissed: bool = False,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Likeness]:
    """Pairs that look alike, the most alike first; `of` one API, or of what `owners` (references) have."""
    rows = likenesses(actor, Likeness.objects.filter(dismissed_at__isnull=not dismissed))
    rows = rows.filter(a__presence=Presence.PRESENT, b__presence=Presence.PRESENT)
    if of is not None:
        rows = rows.filter(Q(a=of) | Q(b=of))
    if owners:
        rows = rows.filter(Q(a__owner__ref__in=owners) | Q(b__owner__ref__in=owners))
    total = rows.count()
    if cursor:
        score, pk = decode_cursor(cursor, float, int)
        rows = rows.filter(Q(score__lt=score) | Q(score=score, pk__gt=pk))
    found = list(rows.select_related(*RELATED).order_by("-score", "pk")[: limit + 1])
    return page_of(found, limit, lambda row: (row.score, row.pk), total)


def of_entity(actor: Actor, entity: Entity, *, limit: int) -> list[AlikeRow]:
    """What looks like one API, the most alike first; one statement."""
    rows = likenesses(actor, Likeness.objects.filter(Q(a=entity) | Q(b=entity), dismissed_at__isnull=True))
    rows = rows.filter(a__presence=Presence.PRESENT, b__presence=Presence.PRESENT)
    found = rows.select_related("a", "b").order_by("-score", "pk")[:limit]
    return [AlikeRow(row, row.b if row.a_id == entity.pk else row.a) for row in found]


def likeness(actor: Actor, pk: int) -> Likeness:
    """One pair. Raises `NotFound`."""
    row = likenesses(actor, Likeness.objects.filter(pk=pk)).select_related(*RELATED).first()
    if row is None:
        raise NotFound("There is no such likeness.", "See the list of APIs that look alike.")
    return row


def compared(actor: Actor, pk: int) -> Compared:
    """A pair with the operations that both have, side by side. Raises `NotFound`."""
    row = likeness(actor, pk)
    a, b = _by_intent(row.a), _by_intent(row.b)
    both = sorted(set(a) & set(b), key=lambda what: (is_boilerplate(what), what))
    matches = tuple(Match(what, tuple(a[what]), tuple(b[what]), is_boilerplate(what)) for what in both[:SHOWN])
    only = [sum(len(some[what]) for what in some if what not in both) for some in (a, b)]
    pairs = Q(entity=row.a, own=row.b) | Q(entity=row.b, own=row.a)
    registered = tuple(Duplicate.objects.filter(pairs).select_related("team", "home_team").order_by("-pk")[:10])
    return Compared(row, matches, only[0], only[1], registered)


def _by_intent(api: Entity) -> dict[str, list[ApiOperation]]:
    found: dict[str, list[ApiOperation]] = defaultdict(list)
    for one in ApiOperation.objects.filter(api=api).order_by("position", "pk")[: 2 * MOST_OPERATIONS]:
        what = intent(one.verb, one.path, one.key, one.name)
        found[what or one.key].append(one)
    return found


def last_comparison() -> Comparison | None:
    return Comparison.objects.filter(pk=1).first()
