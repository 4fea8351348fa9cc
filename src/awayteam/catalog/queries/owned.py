"""What teams and people own, and what nobody does."""

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q

from awayteam.catalog.models import Entity, Presence, Relation
from awayteam.catalog.permissions import visible
from awayteam.catalog.queries.filters import LISTED
from awayteam.kernel.actor import Actor
from awayteam.organisation.models import Person, Team
from awayteam.sources.declared import RelationType

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
    apis_unused: int


def health(actor: Actor) -> CatalogHealth:
    """How the catalog stands, as far as the actor sees it; two statements.

    `unowned` have no owner at all, `owner_missing` one that no source declares, `apis_unused` no known consumer.
    """
    ownable = Q(kind__in=OWNABLE, presence=Presence.PRESENT)
    rows = visible(actor, Entity.objects.all())
    counts = rows.aggregate(
        unowned=Count("pk", filter=ownable & Q(owner__isnull=True)),
        owner_missing=Count("pk", filter=ownable & Q(owner__presence__gt=Presence.ORPHAN)),
        orphans=Count("pk", filter=Q(presence=Presence.ORPHAN)),
        dangling=Count("pk", filter=Q(presence=Presence.MISSING)),
    )
    used = Relation.objects.filter(target=OuterRef("pk"), type=RelationType.CONSUMES_API)
    unused = rows.filter(~Exists(used), kind="API", presence=Presence.PRESENT).count()
    return CatalogHealth(**counts, apis_unused=unused)
