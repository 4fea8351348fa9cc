"""What teams and people own, and what nobody does."""

from dataclasses import dataclass

from django.db.models import Count, Q, Sum

from awayteam.catalog.models import Entity, FacetCount, Presence
from awayteam.catalog.permissions import owners_trusted, sees_everything, visible
from awayteam.catalog.queries.filters import LISTED
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


def health(actor: Actor) -> CatalogHealth:
    """How the catalog stands, as far as the actor sees it; three statements over the facet cube.

    `unowned` have no owner at all, `owner_missing` one that no source declares any more.
    """
    ownable = Q(kind__in=OWNABLE, presence=Presence.PRESENT)
    seen = Q() if sees_everything(actor) else Q(restricted=False) | Q(owner_id__in=owners_trusted(actor))
    rows = FacetCount.objects.filter(seen)
    counts = rows.aggregate(
        unowned=Sum("entities", filter=ownable & Q(owner_id__isnull=True)),
        orphans=Sum("entities", filter=Q(presence=Presence.ORPHAN)),
        dangling=Sum("entities", filter=Q(presence=Presence.MISSING)),
    )
    owned = rows.filter(ownable, owner_id__isnull=False).order_by()
    held = dict(owned.values_list("owner_id").annotate(n=Sum("entities")))
    declared = Entity.objects.filter(pk__in=list(held), presence__in=LISTED).values_list("pk", flat=True)
    missing = sum(held[pk] for pk in held.keys() - set(declared))
    return CatalogHealth(owner_missing=missing, **{name: number or 0 for name, number in counts.items()})
