"""What experiments add to pages: their place in the navigation, panels of teams, services and visits, and lists."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from awayteam.catalog.models import Entity
from awayteam.engagements.models import Engagement
from awayteam.experiments import queries, words
from awayteam.experiments.models import Experiment
from awayteam.experiments.permissions import visible
from awayteam.experiments.queries.lists import RELATED
from awayteam.kernel import panels, subjects
from awayteam.kernel.panels import NavigationEntry, Panel
from awayteam.kernel.requests import Request
from awayteam.lists import listings
from awayteam.lists.listings import Listing
from awayteam.organisation.models import Team

PAGES = (
    "experiment", "experiment_new", "experiment_design", "experiment_scorecard", "experiment_verb", "learnings",
    "metrics", "metric", "metric_new", "experiment_sources",
)  # fmt: skip
SHOWN = 5
TEMPLATE = "experiments/panel.html"


def register() -> None:
    """Called in `App.register()`."""
    panels.register_navigation(NavigationEntry("experiments", "Experiments", 65, "experiments", "eye", "x", PAGES))
    panels.register("team", Panel("experiments", "Experiments", 50, _team, TEMPLATE))
    panels.register("entity", Panel("experiments", "Experiments", 58, _entity, TEMPLATE))
    panels.register("engagement", Panel("experiments", "Experiments", 50, _engagement, TEMPLATE))
    for kind in ("metric", "experiment-sender", "fact-source"):
        where = "/experiments/metrics/" if kind == "metric" else "/experiments/sources/"
        subjects.register(kind, _all_at(where), subjects.everybody)
    listings.register(Listing("experiments", "Experiments"))


def _all_at(where: str) -> subjects.Seen:
    return lambda _request, ids: dict.fromkeys(ids, where)


def _team(request: Request, team: Team) -> dict[str, Any] | None:
    return _box(request, Experiment.objects.filter(team=team), more=f"?team={team.ref}&ended=yes")


def _entity(request: Request, entity: Entity) -> dict[str, Any] | None:
    return _box(request, Experiment.objects.filter(entity=entity), new=f"?entity={entity.ref}")


def _engagement(request: Request, engagement: Engagement) -> dict[str, Any]:
    found = _box(request, Experiment.objects.filter(engagement=engagement), new=f"?engagement={engagement.pk}")
    return found or {"rows": [], "words": words, "more": "", "new": f"?engagement={engagement.pk}"}


def _box(
    request: Request, rows: "QuerySet[Experiment]", *, more: str = "", new: str = ""
) -> dict[str, Any] | None:  # fmt: skip
    """The newest of them; None for no panel."""
    now = timezone.now()
    found = visible(request.actor, rows).select_related(*RELATED).order_by("-created_at")[:SHOWN]
    listed = queries.rows_of(list(found), now)
    return {"rows": listed, "words": words, "more": more, "new": new} if listed else None
