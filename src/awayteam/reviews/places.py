"""What reviews add to pages: their place in the navigation, panels of teams, people and services, and lists."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from awayteam.catalog.models import Entity
from awayteam.kernel import panels, subjects
from awayteam.kernel.panels import NavigationEntry, Panel
from awayteam.kernel.requests import Request
from awayteam.lists import listings
from awayteam.lists.listings import Listing
from awayteam.organisation.models import Person, Team
from awayteam.reviews import queries
from awayteam.reviews.actions.checking import fields
from awayteam.reviews.models import RegisterEntry, Review
from awayteam.reviews.permissions import visible
from awayteam.reviews.plots import ENTRY_PLOT
from awayteam.reviews.queries import PoolRow, RegisterFilter, RegisterRow, ReviewRow
from awayteam.reviews.queries.register import rows_of as entries_of
from awayteam.reviews.queries.reviews import RELATED, rows_of

PAGES = (
    "review", "review_new", "review_verb", "review_write", "bar_raisers", "bar_raiser", "bar_raiser_new", "register",
    "register_new", "register_entry", "register_tell",
)  # fmt: skip
SHOWN = 5


def register() -> None:
    panels.register_navigation(NavigationEntry("reviews", "Reviews", 55, "reviews", "eye", "v", PAGES))
    panels.register("team", Panel("reviews", "Reviews by bar raisers", 45, _team, "reviews/panel.html"))
    panels.register("person", Panel("reviews", "Reviews by bar raisers", 45, _person, "reviews/panel.html"))
    panels.register("entity", Panel("reviews", "Reviews by bar raisers", 55, _entity, "reviews/panel.html"))
    subjects.register("register", _entries, subjects.everybody)
    subjects.register("bar-raiser", lambda _request, ids: dict.fromkeys(ids, "/reviews/pool/"), subjects.everybody)
    listings.register(Listing("reviews", "Reviews"), Listing("register", "Register of overrides"))


def _entries(request: Request, ids: set[int]) -> dict[int, str]:
    rows = ENTRY_PLOT.visible(request.actor, RegisterEntry.objects.filter(pk__in=ids), timezone.now())
    return {row.pk: ENTRY_PLOT.address(row) for row in rows.only("pk")}


def _team(request: Request, team: Team) -> dict[str, Any] | None:
    now = timezone.now()
    live = visible(request.actor, Review.objects.filter(teams=team, closed_at__isnull=True))
    found = rows_of(list(live.select_related(*RELATED).order_by("due_at", "pk")[:SHOWN]), now)
    entries = queries.register(request.actor, RegisterFilter(team=(team.ref,)), limit=SHOWN).items
    return _box(found, entries, team=team)


def _person(request: Request, person: Person) -> dict[str, Any] | None:
    """The fields in which they raise the bar, what they review and decide now, and their overrides."""
    now = timezone.now()
    raises = queries.pool(request.actor, now, person=person)
    live = Review.objects.filter(closed_at__isnull=True, turn_person=person)
    found = rows_of(list(visible(request.actor, live).select_related(*RELATED).order_by("due_at", "pk")[:SHOWN]), now)
    entries = entries_of(request.actor, RegisterEntry.objects.filter(decider=person), limit=SHOWN)
    return _box(found, entries, raises=raises)


def _entity(request: Request, entity: Entity) -> dict[str, Any] | None:
    """Reviews about a service, and what was decided against them."""
    rows = visible(request.actor, Review.objects.filter(entity=entity)).select_related(*RELATED)
    found = rows_of(list(rows.order_by("-pk")[:SHOWN]), timezone.now())
    entries = entries_of(request.actor, RegisterEntry.objects.filter(entity=entity), limit=SHOWN) if found else []
    return _box(found, entries)


def _box(
    found: list[ReviewRow], entries: Sequence[RegisterRow], *, raises: Sequence[PoolRow] = (), team: Team | None = None
) -> dict[str, Any] | None:  # fmt: skip
    """What the panel shows; None for no panel."""
    if not (found or entries or raises):
        return None
    return {"reviews": found, "entries": entries, "raises": raises, "team": team, "titles": fields()}
