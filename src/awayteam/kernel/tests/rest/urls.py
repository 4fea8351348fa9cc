"""A small API for the tests of what all of them share."""

from typing import Annotated, Any

from django.http import HttpRequest
from django.urls import path
from ninja import Query

from awayteam.kernel.errors import Conflict, NotFound
from awayteam.kernel.models import Webhook
from awayteam.kernel.rest import Api, Body, Id, Name, PageOf, Paging, actor_of, guarded

api = Api(title="Test", version="1", urls_namespace="test-api", docs_url=None)


class Thing(Body):
    name: Name
    size: Id = 1
    more: dict[str, Any] = {}


def thing_of(row: Webhook) -> Thing:
    return Thing(name=row.name, size=row.pk)


@api.get("/things", response=PageOf[Thing])
def things(request: HttpRequest, paging: Annotated[Paging, Query()], word: str = "") -> Any:
    return {"items": [{"name": word or actor_of(request).label}], "total": paging.limit}


@api.post("/things", response={201: Thing})
def make(request: HttpRequest, body: Thing) -> Any:
    return body


@api.get("/things/{int:number}", response=Thing)
def thing(request: HttpRequest, number: Id) -> Any:
    return thing_of(Webhook.objects.get(pk=number))


@api.patch("/things/{int:number}", response=Thing)
def change(request: HttpRequest, number: Id, body: Thing) -> Any:
    row = Webhook.objects.get(pk=number)
    with guarded(request, row, lambda: thing_of(row)):
        Webhook.objects.filter(pk=number).update(name=body.name)
    return body


@api.get("/fail/{what}", response=Thing)
def fail(request: HttpRequest, what: str) -> Any:
    if what == "conflict":
        raise Conflict("It is gone.", "Look again.", fields={"name": "gone"})
    if what == "absent":
        raise NotFound("There is no such thing.")
    raise RuntimeError("secret details")


@api.get("/open", response=Thing, auth=None)
def open_to_all(request: HttpRequest) -> Any:
    return {"name": "open"}


urlpatterns = [path("api/test/", api.urls)]
