"""Around every request to /api/ and /hooks/: limits, HEAD, and problem details for what others answered in HTML."""

import math
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from awayteam.kernel import rulebook
from awayteam.kernel.requests import Request
from awayteam.kernel.rest.limits import LIMITER
from awayteam.kernel.rest.problems import CONTENT_TYPE, problem

PREFIXES = ("/api/", "/hooks/")
OURS = (CONTENT_TYPE, "application/json")
DETAILS = {
    400: "The request can't be read.",
    403: "This isn't allowed.",
    404: "There is nothing at this address.",
    405: "This address doesn't take that method.",
    413: "The request is too large.",
    500: "Something went wrong here; it is in the server's log.",
}


class ApiMiddleware:
    """Stands after `ActorMiddleware`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIXES):
            return self.get_response(request)
        if "\0" in request.path_info:
            return problem(request, 404, DETAILS[404])
        if wait := LIMITER.wait(caller(request), rulebook.current().api.requests_per_minute):
            response = problem(request, 429, "Too many requests.", advice="Wait as long as Retry-After says.")
            response["Retry-After"] = str(math.ceil(wait))
            return response
        head = request.method == "HEAD"
        if head:
            request.method = "GET"
        response = as_problem(request, self.get_response(request))
        if head:
            request.method = "HEAD"
            return without_body(response)
        return response


def without_body(response: HttpResponseBase) -> HttpResponse:
    """The headers alone, with the length where it is known without making the whole."""
    bare = HttpResponse(status=response.status_code)
    del bare["Content-Type"]
    for header, value in response.items():
        bare[header] = value
    if isinstance(response, HttpResponse):
        bare.setdefault("Content-Length", str(len(response.content)))
    response.close()
    return bare


def caller(request: HttpRequest) -> str:
    """Whose bucket: the account's, or the address of the peer (a forwarded one could be made up)."""
    acted: Request = request  # type: ignore[assignment]
    if acted.actor.user_id is not None:
        return f"user {acted.actor.user_id}"
    return f"address {request.META.get('REMOTE_ADDR', '')}"


def as_problem(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The response itself, or problem details in the place of an error page; `Allow` and `Retry-After` stay."""
    if response.status_code < 400 or response.get("Content-Type", "").startswith(OURS):
        return response
    told = problem(request, response.status_code, DETAILS.get(response.status_code, "The request failed."))
    for header in ("Allow", "Retry-After"):
        if response.has_header(header):
            told[header] = response[header]
    return told
