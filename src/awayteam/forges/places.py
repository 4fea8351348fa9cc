"""What forges add to pages: an entry of the navigation, and where their subjects have their pages."""

from collections.abc import Mapping

from django.urls import reverse

from awayteam.forges.models import Forge, ForgeAccount, ForgeRepository
from awayteam.forges.permissions import can_view
from awayteam.kernel import panels, subjects
from awayteam.kernel.panels import NavigationEntry
from awayteam.kernel.requests import Request


def register() -> None:
    panels.register_navigation(
        NavigationEntry(
            "forges", "Forges", 90, "forges", "git-pull-request", routes=(
                "forge", "forge_new", "forge_edit", "forge_accounts", "forge_deliveries", "forge_latency",
            ), section="administration",
        )
    )  # fmt: skip
    subjects.register("forge", _forges, subjects.everybody)
    subjects.register("forge-repository", _repositories, subjects.everybody)
    subjects.register("forge-account", _accounts)


def _forges(request: Request, ids: set[int]) -> dict[int, str]:
    if not can_view(request.actor):
        return {}
    return _at(dict(Forge.objects.filter(pk__in=ids).values_list("pk", "name")))


def _repositories(request: Request, ids: set[int]) -> dict[int, str]:
    if not can_view(request.actor):
        return {}
    return _at(dict(ForgeRepository.objects.filter(pk__in=ids).values_list("pk", "forge__name")))


def _accounts(request: Request, ids: set[int]) -> dict[int, str]:
    """Whose account something is is the administrators' to know."""
    if not request.actor.is_administrator:
        return {}
    known = ForgeAccount.objects.filter(pk__in=ids).values_list("pk", "forge__name")
    return {pk: reverse("forge_accounts", args=[name]) for pk, name in known}


def _at(names: Mapping[int, str]) -> dict[int, str]:
    return {pk: reverse("forge", args=[name]) for pk, name in names.items()}
