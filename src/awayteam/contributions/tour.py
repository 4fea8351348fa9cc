"""The stops of the tour at which the away map answers."""

from django.db.models import Count
from django.urls import reverse

from awayteam.catalog import permissions as catalog
from awayteam.catalog.models import Entity, Presence, Relation
from awayteam.contributions import queries
from awayteam.contributions.models import Repository, RepositoryEntity
from awayteam.contributions.permissions import visible
from awayteam.kernel import rulebook, tour
from awayteam.kernel.actor import Actor
from awayteam.kernel.pages import thing_address
from awayteam.kernel.tour import Look, Stop
from awayteam.sources.declared import RelationType


def register() -> None:
    tour.register(
        Stop(
            "contributions.area",
            2,
            "Code that other teams change already",
            (
                Look("Whose code this is, by which line of which file.", "area-owner"),
                Look(
                    "How much of it others changed, and how long their branches wait until the merge.", "area-figures"
                ),
                Look("Where the changes come from: every number leads to its commits.", "area-origins"),
            ),
            _area,
        ),
        Stop(
            "contributions.belonging",
            3,
            "Areas that seem to belong elsewhere",
            (
                Look("Code that one other team changes more than its owners do, and by how much.", "suggestions"),
                Look("A suggestion, not a verdict. From how much on it is made stands in the rulebook.", "suggestions"),
            ),
            _belonging,
        ),
        Stop(
            "contributions.owned",
            5,
            "One service, whole",
            (
                Look("The owner and its people; since when stands under “History”.", "facts"),
                Look("Who uses it, and with whose API.", "consumers"),
                Look("Who changes its code, counted from commits.", "panel-changers"),
                Look("Where all this comes from: the file, the line, and when it was last read well.", "origin"),
            ),
            _owned,
            weight=5,
        ),
    )


def _area(actor: Actor) -> str | None:
    """The area with the most commits of others."""
    page = queries.areas(actor, queries.Choice(), rulebook.current().contributions, sort="away", limit=1)
    return reverse("away_area", args=[page.items[0].area.pk]) if page.items and page.items[0].away else None


def _belonging(actor: Actor) -> str | None:
    found = queries.belonging(actor, queries.Choice(), rulebook.current().contributions)
    return reverse("away_belonging") if found else None


def _owned(actor: Actor) -> str | None:
    """Of the services whose code is in a repository that is read, the one whose APIs are consumed most."""
    read = visible(actor, Repository.objects.exclude(tip=""))
    linked = RepositoryEntity.objects.filter(repository__in=read.values("pk")).values("entity_id")
    services = catalog.visible(actor, Entity.objects.filter(pk__in=linked, presence=Presence.PRESENT, kind="Component"))
    provides = Relation.objects.filter(type=RelationType.PROVIDES_API, source__in=services.values("pk"))
    makers = dict(provides.values_list("target_id", "source_id"))
    uses = Relation.objects.filter(type=RelationType.CONSUMES_API, target__in=list(makers)).values("target_id")
    most = uses.annotate(n=Count("pk")).order_by("-n", "target_id").first()
    service = services.filter(pk=makers[most["target_id"]]).first() if most else None
    return thing_address(service.ref) if service else None
