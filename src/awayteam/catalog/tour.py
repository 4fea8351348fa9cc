"""The stops of the tour at which the catalog answers."""

from django.db.models import Count

from awayteam.catalog.models import Entity, Presence, Relation
from awayteam.catalog.permissions import visible
from awayteam.kernel import tour
from awayteam.kernel.actor import Actor
from awayteam.kernel.pages import thing_address
from awayteam.kernel.tour import Look, Stop
from awayteam.sources.declared import RelationType


def register() -> None:
    tour.register(
        Stop(
            "catalog.asked",
            1,
            "The team that is asked",
            (
                Look("One team is accountable, and stands in the header with the people to talk to.", "facts"),
                Look("On call: for what can't wait. A team that doesn't say is pointed out.", "head-facts"),
                Look("Who uses it: for whom a change would be made, or broken.", "consumers"),
            ),
            _asked,
        ),
        Stop(
            "catalog.helped",
            4,
            "Everybody whom a better endpoint would help",
            (
                Look("Every consumer of this API, each with the team that would gain.", "relations"),
                Look("Evidence: who says so. What is declared and what is observed are kept apart.", "relations"),
            ),
            _helped,
        ),
        Stop(
            "catalog.owned",
            5,
            "One service, whole",
            (
                Look("The owner, the people, the system: with the date since when under “History”.", "facts"),
                Look("Who uses it and what it uses; the graph shows both sides.", "consumers"),
                Look("Where this comes from: the file, the line, and when it was last read well.", "origin"),
            ),
            _owned,
        ),
    )


def _most_consumed(actor: Actor) -> Entity | None:
    """The API with the most consumers that this person may see; two statements."""
    apis = visible(
        actor, Entity.objects.filter(kind="API", presence=Presence.PRESENT, owner__presence=Presence.PRESENT)
    )
    uses = Relation.objects.filter(type=RelationType.CONSUMES_API, target__in=apis.values("pk"))
    row = uses.values("target_id").annotate(n=Count("pk")).order_by("-n", "target_id").first()
    return Entity.objects.get(pk=row["target_id"]) if row else None


def _helped(actor: Actor) -> str | None:
    api = _most_consumed(actor)
    return f"{thing_address(api.ref, 'relations')}?type=apiConsumedBy" if api else None


def _asked(actor: Actor) -> str | None:
    api = _most_consumed(actor)
    return thing_address(api.ref) if api else None


def _owned(actor: Actor) -> str | None:
    """The service that provides the API with the most consumers."""
    api = _most_consumed(actor)
    if api is None:
        return None
    provides = Relation.objects.filter(type=RelationType.PROVIDES_API, target=api).values("source_id")
    service = visible(actor, Entity.objects.filter(pk__in=provides, presence=Presence.PRESENT)).order_by("pk").first()
    return thing_address(service.ref) if service else None
