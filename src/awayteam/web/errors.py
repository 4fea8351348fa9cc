"""Error pages: what is wrong, where, and what to do."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from awayteam.kernel.errors import AwayteamError, NotAllowed, NotFound
from awayteam.kernel.pages import render


def page(request: HttpRequest, error: AwayteamError) -> HttpResponse:
    """The page (or, for htmx, the fragment) of one of our errors."""
    template = "web/error_fragment.html" if getattr(request, "htmx", False) else "web/error.html"
    return render(request, template, {"error": error}, status=error.status)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    what = "There is nothing at this address, or you may not see it."
    return page(request, NotFound(what, "Search for it, or go back to where you came from."))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page(
        request, NotAllowed(str(exception or "") or "You may not do this.", "Ask the owner, or an administrator.")
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    return _bare(
        HTTPStatus.BAD_REQUEST,
        "The browser sent something that can't be answered.",
        "Go back and try again. If the name in the address bar is right, an administrator allows it by AWAYTEAM_HOSTS.",
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    what = "This form is older than your session, so nothing was changed."
    return page(
        request, NotAllowed(what, "Go back, load the page again, and send the form once more. Cookies must be allowed.")
    )


def broken(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """The page of a fault of ours."""
    return _bare(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Something broke here.",
        "It is our fault, not yours, and it stands in the server's log. Nothing was half changed. Try again; if it "
        "stays, an administrator can run `awayteam doctor` on the server.",
    )


def _bare(status: HTTPStatus, what: str, advice: str) -> HttpResponse:
    """A page that depends on nothing which may be the fault: no session, no database, no frame."""
    text = render_to_string("web/bare.html", {"status": status, "what": what, "advice": advice}, using="pages")
    return HttpResponse(text, status=status)
