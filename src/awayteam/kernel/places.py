"""What the kernel adds to pages: its entries of the navigation, and where its subjects have their pages."""

from django.urls import reverse

from awayteam.kernel import panels, subjects
from awayteam.kernel.models import Webhook
from awayteam.kernel.panels import NavigationEntry
from awayteam.kernel.requests import Request


def register() -> None:
    panels.register_navigation(
        NavigationEntry("home", "Home", 0, "home", "home", "h"),
        NavigationEntry("activity", "Activity", 75, "activity", "activity", "y", ("history",)),
        NavigationEntry("rulebook", "Rulebook", 80, "rulebook", "book-2", "r"),
        NavigationEntry(
            "deliveries", "Deliveries", 92, "deliveries", "mail", section="administration", shown=_is_administrator
        ),
        NavigationEntry(
            "webhooks", "Webhooks", 91, "webhooks", "webhook", "w", ("webhook", "webhook_new", "webhook_rotate"),
            section="administration", shown=_is_administrator,
        ),
    )  # fmt: skip
    subjects.register("webhook", _webhooks)


def _is_administrator(request: Request) -> bool:
    return request.actor.is_administrator


def _webhooks(request: Request, ids: set[int]) -> dict[int, str]:
    """Webhooks are seen by administrators; those that are gone have no page."""
    if not request.actor.is_administrator:
        return {}
    known = set(Webhook.objects.filter(pk__in=ids).values_list("pk", flat=True))
    return {id: reverse("webhook", args=[id]) if id in known else "" for id in ids}
