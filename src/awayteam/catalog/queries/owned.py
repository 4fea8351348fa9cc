"""What teams and people own, and what nobody does."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, Q, Sum

from awayteam.catalog.models import LISTED, Entity, FacetCount, Presence
from awayteam.catalog.permissions import sees_everything, visible, visible_counts
from awayteam.catalog.queries.references import absent_owners
from awayteam.kernel.actor import Actor
from awayteam.organisation.models import Person, Team

OWNABLE = ("Component", "API", "Resource", "System", "Domain")
"""Kinds of which each should have an owner."""


def owned_counts(actor: Actor, owner: Team | Person) -> dict[str, int]:
    """Kind -> how many entities the team or person owns, as far as the actor sees them; one statement."""
    path = "owner__team" if isinstance(owner, Team) else "owner__person"
    rows = visible(actor, Entity.objects.filter(presence__in=LISTED, **{path: owner.pk}))
    return dict(rows.order_by("kind").values_list("kind").annotate(n=Count("pk")))


def unowned() -> Q:
    """The condition for what should have an owner and has none that is declared: nobody, or a missing group."""
    nobody = Q(owner__isnull=True) | ~Q(owner__presence__in=LISTED)
    return Q(kind__in=OWNABLE, presence=Presence.PRESENT) & nobody


@dataclass(frozen=True, slots=True)
class CatalogHealth:
    """Figures for the start page."""

    unowned: int
    owner_missing: int
    orphans: int
    dangling: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What Home shows of the catalog; each number is that of the list it leads to."""

    services: int
    apis: int
    unanswered: int
    orphans: int
    missing: int


def figures(actor: Actor) -> Figures:
    """Three statements at most. `unanswered` are services whose owner is nobody, or somebody no source declares."""
    counts = _counts(actor)
    absent = {None, *absent_owners()}
    listed = [(kind, owner, number) for presence, kind, owner, number in counts if presence in LISTED]
    return Figures(
        services=sum(number for kind, _, number in listed if kind == "Component"),
        apis=sum(number for kind, _, number in listed if kind == "API"),
        unanswered=sum(number for kind, owner, number in listed if kind == "Component" and owner in absent),
        orphans=sum(number for presence, *_, number in counts if presence == Presence.ORPHAN),
        missing=sum(number for presence, *_, number in counts if presence == Presence.MISSING),
    )


def health(actor: Actor) -> CatalogHealth:
    """How the catalog stands, as far as the actor sees it; three statements at most, over the facet cube.

    `unowned` have no owner at all, `owner_missing` one that no source declares any more.
    """
    held: Counter[int | None] = Counter()
    states: Counter[int] = Counter()
    for presence, kind, owner, number in _counts(actor):
        states[presence] += number
        if presence == Presence.PRESENT and kind in OWNABLE:
            held[owner] += number
    return CatalogHealth(
        unowned=held[None],
        owner_missing=sum(held[pk] for pk in absent_owners()),
        orphans=states[Presence.ORPHAN],
        dangling=states[Presence.MISSING],
    )


def _counts(actor: Actor) -> list[tuple[int, str, int | None, int]]:
    """(presence, kind, owner, how many the actor sees); a combination may come twice."""
    cube, beyond = visible_counts(actor)
    columns = ("presence", "kind", "owner_id")
    counts = list(FacetCount.objects.filter(cube).order_by().values_list(*columns).annotate(n=Sum("entities")))
    if not sees_everything(actor):
        counts += beyond.order_by().values_list(*columns).annotate(n=Count("pk"))
    return counts
