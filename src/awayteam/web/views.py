"""What belongs to no app: choices of the reader that live in cookies, the keyboard, and whether the server is well."""

from django.db import connection
from django.db.utils import Error
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.pages import back, render

CHOICES = {"theme": ("auto", "light", "dark"), "rail": ("wide", "narrow"), "density": ("dense", "roomy")}
YEAR = 365 * 24 * 3600


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep a choice (theme, rail, density) in a cookie, and go back."""
    response = HttpResponseRedirect(back(request, reverse("home")))
    response.status_code = 303
    chosen = {name: request.POST[name] for name in CHOICES if name in request.POST}
    for name, value in chosen.items():
        if value not in CHOICES[name]:
            raise InvalidInput(f"{name} can't be {value[:40]!r}.", f"Choose from {', '.join(CHOICES[name])}.")
        response.set_cookie(name, value, max_age=YEAR, samesite="Lax", secure=request.is_secure())
    return response


choose.open_to_all = True  # type: ignore[attr-defined]


@require_GET
def keys(request: HttpRequest) -> HttpResponse:
    """The keyboard, as a page."""
    return render(request, "web/keys.html")


@require_GET
def healthz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """For load balancers: 200 when the database answers, 503 when it doesn't."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return JsonResponse({"status": "down", "database": "does not answer"}, status=503)
    return JsonResponse({"status": "up"})
