"""How one signs in to the API. Who it is was found out before (`awayteam.accounts.actors`); here one is let in or not.

A session counts too, so that pages of ours may call the API: then a write needs the CSRF token, as any form does.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.middleware.csrf import CsrfViewMiddleware

from awayteam.kernel.actor import Actor, ActorKind
from awayteam.kernel.errors import NotAllowed
from awayteam.kernel.requests import Request

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class _Csrf(CsrfViewMiddleware):
    """Django's check, without its page of refusal."""

    def _reject(self, _request: HttpRequest, _reason: str) -> HttpResponseForbidden:
        return HttpResponseForbidden()


def csrf_is_good(request: HttpRequest) -> bool:
    check = _Csrf(lambda _request: HttpResponse())
    check.process_request(request)
    return check.process_view(request, HttpResponse, (), {}) is None


class ApiToken:
    """`Authorization: Bearer awat_...`. With `reads`, a POST that changes nothing is open to tokens that may read."""

    openapi_security_schema = {"type": "http", "scheme": "bearer", "bearerFormat": "awat_..."}

    def __init__(self, *, reads: bool = False) -> None:
        self.reads = reads

    def __call__(self, request: HttpRequest) -> Actor | None:
        acted: Any = request
        if acted.token_problem is not None:
            raise acted.token_problem
        actor: Actor = acted.actor
        if actor.kind is not ActorKind.TOKEN:
            return None
        if request.method not in SAFE and not self.reads and not actor.may_write:
            raise NotAllowed("This token may read only.", "Use a token with the scope 'write'.")
        return actor


class Session:
    """The cookie of somebody who signed in with the browser; writes need `X-CSRFToken` as well."""

    openapi_security_schema = {"type": "apiKey", "in": "cookie", "name": "sessionid"}

    def __init__(self, *, reads: bool = False) -> None:
        self.reads = reads

    def __call__(self, request: HttpRequest) -> Actor | None:
        acted: Any = request
        actor: Actor = acted.actor
        if actor.kind is not ActorKind.PERSON:
            return None
        if request.method not in SAFE and not self.reads and not csrf_is_good(request):
            raise NotAllowed("The CSRF token is missing or wrong.", "Send the page's token as X-CSRFToken.")
        return actor


SIGNED_IN = [ApiToken(), Session()]
SIGNED_IN_TO_READ = [ApiToken(reads=True), Session(reads=True)]
"""For a POST that only asks, because the question is too long for an address."""


def actor_of(request: HttpRequest) -> Actor:
    """The actor that was let in."""
    acted: Request = request  # type: ignore[assignment]
    return acted.actor
