"""What lists add to pages: one's views in the person's menu, where views have their page, and the lists below them."""

from django.urls import reverse
from django.utils import timezone

from awayteam.kernel import jobs, panels, subjects
from awayteam.kernel.panels import NavigationEntry
from awayteam.kernel.requests import Request
from awayteam.lists import actions, listings
from awayteam.lists.listings import Listing
from awayteam.lists.models import SavedView
from awayteam.lists.permissions import visible

DAY = 86_400


def register() -> None:
    panels.register_navigation(NavigationEntry("views", "Saved views", 10, "views", "eye", section="person"))
    subjects.register("view", _views)
    jobs.register(jobs.Job("lists.forget-removed", every_seconds=DAY, run=actions.forget_removed))
    jobs.register(jobs.Job("lists.forget-changes", every_seconds=DAY, run=actions.forget_changes))
    listings.register(Listing("people", "People"), Listing("teams", "Teams"))


def _views(request: Request, ids: set[int]) -> dict[int, str]:
    seen = visible(request.actor, SavedView.objects.filter(pk__in=ids), timezone.now())
    return dict.fromkeys(seen.values_list("pk", flat=True), reverse("views"))
