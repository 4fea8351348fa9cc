"""What accounts add to pages: where tokens and accounts have theirs, for those who may see them."""

from django.urls import reverse
from django.utils import timezone

from awayteam.accounts.models import ApiToken
from awayteam.accounts.permissions import visible
from awayteam.kernel import subjects
from awayteam.kernel.requests import Request


def register() -> None:
    subjects.register("token", _tokens)
    subjects.register("account", _accounts)


def _tokens(request: Request, ids: set[int]) -> dict[int, str]:
    seen = visible(request.actor, ApiToken.objects.filter(pk__in=ids), timezone.now())
    return dict.fromkeys(seen.values_list("pk", flat=True), reverse("tokens"))


def _accounts(request: Request, ids: set[int]) -> dict[int, str]:
    """Everybody sees their own account, administrators all of them."""
    if request.actor.is_administrator:
        return {id: reverse("profile") if id == request.actor.user_id else "" for id in ids}
    return {id: reverse("profile") for id in ids if id == request.actor.user_id}
