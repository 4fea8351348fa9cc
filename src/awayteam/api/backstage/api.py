"""The API object of /api/catalog: the house's manners with Backstage's errors."""

from django.http import HttpRequest, HttpResponse

from awayteam import __version__
from awayteam.api.backstage.errors import backstage, handlers
from awayteam.api.backstage.router import router
from awayteam.kernel.rest import Api
from awayteam.kernel.rest.problems import of_absence


class BackstageApi(Api):
    error_type = "application/json"

    def set_default_exception_handlers(self) -> None:
        for kind, handler in handlers().items():
            self.add_exception_handler(kind, handler)


def nothing(request: HttpRequest) -> HttpResponse:
    return backstage(request, of_absence(request, Exception()))


api = BackstageApi(
    title="Awayteam as a Backstage catalog",
    version=__version__,
    description="Reads of Backstage's catalog API, so that existing scripts keep working. See docs/api.md.",
    urls_namespace="api-backstage",
    docs_url=None,
)
api.add_router("", router)
