"""Addresses of programs."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, re_path

from awayteam.api import v1
from awayteam.api.backstage import api as backstage
from awayteam.imports.api import receive_push
from awayteam.kernel.rest import problems


def nothing(request: HttpRequest) -> HttpResponse:
    """Whatever else programs ask for gets problem details, not a page."""
    return problems.of_absence(request, Http404())


urlpatterns = [
    path("api/v1/", v1.api.urls),
    path("api/catalog/", backstage.api.urls),
    path("hooks/<int:source_id>", receive_push),
    re_path(r"^api/catalog/", backstage.nothing),
    re_path(r"^(?:api|hooks)/", nothing),
]
