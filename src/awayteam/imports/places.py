"""What imports add to pages: the sources in the navigation and on Home."""

from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from awayteam.imports.permissions import Verb, can
from awayteam.kernel import panels, rulebook, subjects
from awayteam.kernel.panels import NavigationEntry, Panel
from awayteam.kernel.requests import Request
from awayteam.sources.models import Finding, Source, SourceKind


def register() -> None:
    panels.register_navigation(
        NavigationEntry(
            "sources",
            "Sources",
            70,
            "sources",
            "database-import",
            "o",
            ("source", "source_new", "source_edit", "source_push"),
        )
    )
    panels.register("home", Panel("sources", "Sources", 30, sources_panel, "imports/home_panel.html", place="aside"))
    subjects.register("source", _sources)


def sources_panel(request: Request, _thing: Any) -> dict[str, Any]:
    """Figures for Home: two statements."""
    now = timezone.now()
    old = now - timedelta(hours=rulebook.current().imports.stale_after_hours)
    read = Source.objects.exclude(kind=SourceKind.MANUAL)
    stale = read.filter(Q(last_success_at__lt=old) | Q(last_success_at__isnull=True) | ~Q(last_error=""))
    return {
        "sources": read.count(),
        "stale": list(stale.order_by("last_success_at", "name")[:5]),
        "findings": Finding.objects.count(),
        "may_create": can(request.actor, Verb.CREATE, None, now),
    }


def _sources(request: Request, ids: set[int]) -> dict[int, str]:  # noqa: ARG001
    """Sources are seen by everybody signed in; those that are gone have no page."""
    known = set(Source.objects.filter(pk__in=ids).values_list("pk", flat=True))
    return {id: reverse("source", args=[id]) if id in known else "" for id in ids}
