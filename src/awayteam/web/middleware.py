"""Every page needs somebody signed in, and every error of ours becomes a page that says what to do."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import resolve_url

from awayteam.kernel.actor import ActorKind
from awayteam.kernel.errors import AwayteamError, NotSignedIn
from awayteam.kernel.requests import Request
from awayteam.lists import listings
from awayteam.lists.queries import default_query
from awayteam.web import errors

OPEN_PREFIXES = ("/accounts/", "/api/", "/healthz", "/hooks/", "/static/")
"""Sign-in itself, what has its own way of asking who calls (tokens, signatures), and what tells nothing."""


class PagesMiddleware:
    """Stands after the actor's middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not request.path_info.startswith(("/static/", "/api/")):
            response.headers.setdefault("Cache-Control", "private, no-cache")
        return response

    def process_view(self, request: HttpRequest, view: Any, _args: Any, _kwargs: Any) -> HttpResponseBase | None:
        if request.path_info.startswith(OPEN_PREFIXES) or getattr(view, "open_to_all", False):
            return None
        return _ask_to_sign_in(request) if _nobody(request) else _default_view(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        if isinstance(error, NotSignedIn) and not request.path_info.startswith("/api/"):
            return _ask_to_sign_in(request)
        if isinstance(error, AwayteamError) and not request.path_info.startswith("/api/"):
            return errors.page(request, error)
        return None


def _default_view(request: HttpRequest) -> HttpResponseBase | None:
    """To the view with which this person opens a list, where the address asks for nothing in particular."""
    match = request.resolver_match
    if request.method != "GET" or request.META.get("QUERY_STRING") or match is None:
        return None
    if not listings.keeps_views(match.view_name):
        return None
    query = default_query(cast(Request, request).actor, match.view_name)
    return HttpResponseRedirect(f"{request.path}?{query}") if query is not None else None


def _nobody(request: HttpRequest) -> bool:
    actor = getattr(request, "actor", None)
    return actor is None or actor.kind is ActorKind.ANONYMOUS


def _ask_to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """To the sign-in page and back afterwards; a fragment fetched by htmx makes the whole page go there."""
    target = request.get_full_path() if request.method == "GET" else resolve_url("home")
    response = redirect_to_login(target)
    if getattr(request, "htmx", False):
        answer = HttpResponse(status=401)
        answer["HX-Redirect"] = response.url
        return answer
    return response
