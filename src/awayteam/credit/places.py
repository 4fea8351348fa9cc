"""What credit adds to pages: its place in the navigation, panels of people, teams and engagements, subjects."""

from dataclasses import replace
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from awayteam.credit import queries, words
from awayteam.credit.queries import CreditFilter
from awayteam.credit.queries.filters import of_team
from awayteam.engagements.models import Engagement
from awayteam.kernel import panels
from awayteam.kernel.panels import NavigationEntry, Panel
from awayteam.kernel.requests import Request
from awayteam.organisation.models import Person, Team

PAGES = ("credit_team", "credit_entry", "credit_dispute", "credit_thank")
SHOWN = 6


def register() -> None:
    panels.register_navigation(NavigationEntry("credit", "Credit", 58, "credit", "circle-check", "", PAGES))
    panels.register("person", Panel("credit", "Credit", 30, _person, "credit/person_panel.html"))
    panels.register("team", Panel("credit", "Credit", 35, _team, "credit/team_panel.html"))
    panels.register("engagement", Panel("credit", "Credit", 60, _engagement, "credit/engagement_panel.html"))


def _year(request: Request) -> CreditFilter:
    return queries.filter_of(request.actor, timezone.now())


def _person(request: Request, person: Person) -> dict[str, Any] | None:
    """A person's credit of the last year; nothing for who has none."""
    now = timezone.now()
    rows = queries.entries_of(request.actor, Q(person=person), now, SHOWN + 1)
    if not rows:
        return None
    wanted = replace(_year(request), person=person)
    return {
        "totals": [one for one in queries.totals(request.actor, wanted, now) if one.entries],
        "rows": rows[:SHOWN],
        "person": person,
        "address": f"{reverse('credit')}?person={person.ref}",
        "words": words,
    }


def _team(request: Request, team: Team) -> dict[str, Any] | None:
    """Last year's credit of a team, or of all that stood below a unit; nothing where there is none."""
    now = timezone.now()
    rows = queries.entries_of(request.actor, of_team(team), now, SHOWN)
    if not rows:
        return None
    wanted = replace(_year(request), team=team)
    namespace, _, name = team.ref.partition(":")[2].partition("/")
    totals = [one for one in queries.totals(request.actor, wanted, now) if one.entries]
    return {
        "totals": totals, "rows": rows, "team": team, "words": words,
        "address": reverse("credit_team", args=[namespace, name]),
    }  # fmt: skip


def _engagement(request: Request, engagement: Engagement) -> dict[str, Any]:  # noqa: ARG001 - shape of a panel
    """Credit that a visit gave, and the way to thank."""
    rows = queries.entries_about("engagement", engagement.pk, 4 * SHOWN)
    return {"rows": rows, "thank": f"{reverse('credit_thank')}?about=engagement:{engagement.pk}", "words": words}
