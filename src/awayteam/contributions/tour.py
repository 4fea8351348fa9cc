"""The stops of the tour at which the away map answers."""

from django.urls import reverse

from awayteam.contributions import queries
from awayteam.kernel import rulebook, tour
from awayteam.kernel.actor import Actor
from awayteam.kernel.tour import Look, Stop


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
    )


def _area(actor: Actor) -> str | None:
    """The area with the most commits of others."""
    page = queries.areas(actor, queries.Choice(), rulebook.current().contributions, sort="away", limit=1)
    return reverse("away_area", args=[page.items[0].area.pk]) if page.items and page.items[0].away else None


def _belonging(actor: Actor) -> str | None:
    found = queries.belonging(actor, queries.Choice(), rulebook.current().contributions)
    return reverse("away_belonging") if found else None
