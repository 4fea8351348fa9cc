"""What engagements add to pages: their place in the navigation, panels of services, teams and people, and the tour."""

from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from awayteam.catalog.models import Entity
from awayteam.engagements import queries
from awayteam.engagements.machine import State
from awayteam.engagements.models import Engagement, Member
from awayteam.engagements.permissions import visible
from awayteam.engagements.queries import EngagementFilter, EngagementRow, rows_of
from awayteam.kernel import panels, tour
from awayteam.kernel.actor import Actor
from awayteam.kernel.panels import NavigationEntry, Panel
from awayteam.kernel.requests import Request
from awayteam.kernel.tour import Look, Stop
from awayteam.lists import listings
from awayteam.lists.listings import Listing
from awayteam.organisation.models import Person, Team
from awayteam.organisation.queries import below

PAGES = (
    *("engagement", "engagement_amend", "engagement_contract", "engagement_new", "engagement_people"),
    *("engagement_setup", "engagement_sign", "engagement_standard", "engagement_verb", "engagements_board"),
    *("place", "places", "team_engagements"),
    *("engagement_hours", "engagement_reports", "engagement_rounds"),
    *("round", "round_new", "round_report", "round_verb"),
    *("defect", "defect_new", "defect_verb", "defects", "deploy", "handover", "handover_line", "handover_verb"),
    *("looking_back", "self_service", "self_service_put_aside"),
)
KINDS = frozenset({"API", "Component", "Resource", "System"})
SHOWN = 6


def register() -> None:
    panels.register_navigation(
        NavigationEntry("engagements", "Engagements", 50, "engagements", "arrows-exchange", "e", PAGES)
    )
    panels.register("entity", Panel("engagements", "Away teams", 25, _entity, "engagements/entity_panel.html"))
    panels.register("team", Panel("engagements", "Away teams", 25, _team, "engagements/team_panel.html"))
    panels.register("person", Panel("engagements", "Visits", 25, _person, "engagements/person_panel.html"))
    listings.register(
        Listing("engagements", "Engagements"), Listing("engagements_board", "Board of engagements"),
        Listing("places", "Open places"),
    )  # fmt: skip
    _tour()


def _seen(actor: Actor, condition: Q) -> list[EngagementRow]:
    """Open engagements that fit, the most urgent first; two statements."""
    now = timezone.now()
    rows = visible(actor, Engagement.objects.filter(condition, closed_at__isnull=True), now)
    return rows_of(list(rows.order_by("due_at", "pk").values_list("pk", flat=True)[: SHOWN + 1]), now)


def _entity(request: Request, entity: Entity) -> dict[str, Any] | None:
    """Away teams that work on a thing, and the way to send one."""
    if entity.kind not in KINDS:
        return None
    rows = _seen(request.actor, Q(service=entity))
    return {"rows": rows[:SHOWN], "more": len(rows) > SHOWN, "entity": entity}


def _team(request: Request, team: Team) -> dict[str, Any] | None:
    """Who visits a team, and whom it visits; for a unit, visits of its teams, where there are any."""
    teams = below(team) if team.is_unit else [team.pk]
    rows = _seen(request.actor, Q(home_team__in=teams) | Q(away_team__in=teams))
    if team.is_unit and not rows:
        return None
    return {"rows": rows[:SHOWN], "more": len(rows) > SHOWN, "team": team}


def _person(request: Request, person: Person) -> dict[str, Any] | None:
    """Visits in which a person takes part; nothing where there is none."""
    visits = Member.objects.filter(person=person, left_at__isnull=True).order_by().values("engagement")
    rows = _seen(request.actor, Q(pk__in=visits) | Q(away_lead=person) | Q(turn_person=person))
    return {"rows": rows[:SHOWN], "more": len(rows) > SHOWN, "person": person} if rows else None


def _tour() -> None:
    tour.register(
        Stop(
            key="engagement",
            question=2,
            title="An away team at work under a contract",
            looks=(
                Look("Whose turn it is, what is missing, and from whom.", "next"),
                Look("What both sides signed, by name and by hash.", "contract"),
                Look("Which paths may be changed, by whom, until when: it ends by itself.", "scope"),
                Look("The standards that were frozen, so that the goal posts stay.", "standards"),
            ),
            address=_telling,
            weight=20,
        )
    )


def _telling(actor: Actor) -> str | None:
    """The page of an engagement that is at work, the one whose time-box ends first."""
    filter = EngagementFilter(state=(State.ACTIVE.value,))
    found = queries.list_engagements(actor, filter, sort="ends", limit=1, now=timezone.now()).items
    return reverse("engagement", args=[found[0].id]) if found else None
