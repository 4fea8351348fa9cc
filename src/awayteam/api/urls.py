"""Addresses of programs."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, re_path

from awayteam.api.v1 import api
from awayteam.kernel.rest import problems


def nothing(request: HttpRequest, _prefix: str) -> HttpResponse:
    """Whatever else programs ask for gets problem details, not a page."""
    return problems.of_absence(request, Http404())


urlpatterns = [
    path("api/v1/", api.urls),
    re_path(r"^(api|hooks)/", nothing),
]
