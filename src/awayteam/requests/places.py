"""What requests add to pages: their place in the navigation, panels of things, teams and people, turns, the tour."""

from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from awayteam.catalog.models import Entity
from awayteam.kernel import markdown, panels, subjects, tour, turns
from awayteam.kernel.actor import Actor
from awayteam.kernel.markdown import Reference
from awayteam.kernel.panels import NavigationEntry, Panel
from awayteam.kernel.requests import Request
from awayteam.kernel.tour import Look, Stop
from awayteam.lists import listings
from awayteam.lists.listings import Listing
from awayteam.organisation.models import Person, Team
from awayteam.requests import bulk, models, queries
from awayteam.requests.machine import State
from awayteam.requests.permissions import visible
from awayteam.requests.queries import RequestFilter, waiting
from awayteam.requests.queries.rows import rows_of
from awayteam.requests.stepping import KIND

PAGES = ("request", "request_verb", "request_brief", "requests_board", "team_requests", "ask")
KINDS = frozenset({"API", "Component", "Domain", "Resource", "System"})
SHOWN = 6


def register() -> None:
    panels.register_navigation(NavigationEntry("requests", "Requests", 45, "requests", "message", "q", PAGES))
    panels.register("entity", Panel("requests", "Requests", 20, _entity, "requests/entity_panel.html"))
    panels.register("team", Panel("requests", "Requests", 20, _team, "requests/team_panel.html"))
    panels.register("person", Panel("requests", "Requests", 20, _person, "requests/person_panel.html"))
    subjects.register(KIND, _requests, _audience)
    turns.register("requests", waiting.turns, totals=waiting.totals)
    markdown.register("#", _references)
    listings.register(
        Listing("requests", "Requests"), Listing("requests_board", "Board of requests"),
        Listing("team_requests", "Requests to a team", at_hand=False),
    )  # fmt: skip
    bulk.register()
    _tour()


def _seen(actor: Actor, condition: Q, *order: str) -> list[queries.RequestRow]:
    """Open requests that fit, as rows; two statements."""
    now = timezone.now()
    rows = visible(actor, models.Request.objects.filter(condition, closed_at__isnull=True), now, few=True)
    ids = rows.order_by(*(order or ("-value_per_week", "due_at", "pk"))).values_list("pk", flat=True)
    return rows_of(list(ids[: SHOWN + 1]), now)


def _entity(request: Request, entity: Entity) -> dict[str, Any] | None:
    """Open requests about a thing, and the way to ask for something."""
    if entity.kind not in KINDS:
        return None
    rows = _seen(request.actor, Q(entity=entity))
    return {"rows": rows[:SHOWN], "more": len(rows) > SHOWN, "entity": entity}


def _team(request: Request, team: Team) -> dict[str, Any] | None:
    """What a team has to answer; for a unit, what waits for its manager."""
    if team.is_unit:
        rows = _seen(request.actor, Q(level=team), "due_at", "pk")
        return {"rows": rows[:SHOWN], "more": len(rows) > SHOWN, "team": team} if rows else None
    rows = _seen(request.actor, Q(home_team=team, state=State.ASKED.value) | Q(offered_team=team), "due_at", "pk")
    return {"rows": rows[:SHOWN], "more": len(rows) > SHOWN, "team": team}


def _person(request: Request, person: Person) -> dict[str, Any] | None:
    """Turns that a person has with requests; nothing where there is none."""
    rows = _seen(request.actor, Q(turn_person=person), "due_at", "pk")
    return {"rows": rows[:SHOWN], "more": len(rows) > SHOWN, "person": person} if rows else None


def _requests(request: Request, ids: set[int]) -> dict[int, str]:
    seen = visible(request.actor, models.Request.objects.filter(pk__in=ids), timezone.now(), few=True)
    return {id: reverse("request", args=[id]) for id in seen.values_list("pk", flat=True)}


def _audience(id: int, persons: frozenset[int], actors: subjects.Actors) -> set[int]:
    """Everybody, but where it is about a restricted thing: then whoever would see it in a list; two statements."""
    row = models.Request.objects.filter(pk=id).values_list("entity__restricted", flat=True).first()
    if row is None and not models.Request.objects.filter(pk=id).exists():
        return set()
    if not row:
        return set(persons)
    return {person for person, actor in actors().items() if person in persons and _sees(actor, id)}


def _sees(actor: Actor, id: int) -> bool:
    return visible(actor, models.Request.objects.filter(pk=id), few=True).exists()


def _references(actor: Actor, names: frozenset[str]) -> dict[str, Reference]:
    """`#17` in texts, as a link to the request where the actor may see it; one statement."""
    numbers = {name: int(name[1:]) for name in names if name[1:].isascii() and name[1:].isdecimal() and len(name) < 18}
    seen = visible(actor, models.Request.objects.filter(pk__in=numbers.values()), timezone.now(), few=True)
    titles = dict(seen.values_list("pk", "title")) if numbers else {}
    return {
        name: Reference(reverse("request", args=[pk]), titles[pk], KIND, pk)
        for name, pk in numbers.items()
        if pk in titles
    }


def _tour() -> None:
    tour.register(
        Stop(
            key="request",
            question=1,
            title="A request with its clock running",
            looks=(
                Look("Whose turn it is, until when, and what happens when the clock runs out.", "next"),
                Look("Who asks, what a week of delay costs each, and where the figures come from.", "askers"),
                Look("Everything that happened, with reasons.", "story"),
            ),
            address=lambda actor: _telling(actor, RequestFilter(state=(State.OVERDUE.value, State.ASKED.value))),
            weight=20,
        ),
        Stop(
            key="escalation",
            question=4,
            title="The brief of an escalation",
            looks=(
                Look("What each rank on the home team’s roadmap would cost, and what would slip for whom.", "ranks"),
                Look("What an away team or a duplicate would take instead.", "instead"),
                Look("How cases like it were decided.", "precedents"),
            ),
            address=lambda actor: _telling(actor, RequestFilter(state=(State.ESCALATED.value,)), "request_brief"),
            weight=20,
        ),
    )


def _telling(actor: Actor, filter: RequestFilter, route: str = "request") -> str | None:
    """The page of the most valuable request that fits."""
    found = queries.list_requests(actor, filter, limit=1, now=timezone.now()).items
    return reverse(route, args=[found[0].id]) if found else None
