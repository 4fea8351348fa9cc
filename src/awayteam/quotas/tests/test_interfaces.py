"""Quotas on pages, over HTTP, and to proxies that ask: the same answers, the same refusals."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from awayteam.accounts.models import User
from awayteam.kernel.actor import SYSTEM
from awayteam.quotas import actions, past
from awayteam.quotas.actions.noting import note
from awayteam.quotas.models import Limit, Node, Spike
from awayteam.quotas.rules import Rate, Spiked, Unit
from awayteam.quotas.tests.world import NOON, ONE, World, everything, world

pytestmark = pytest.mark.django_db
SignIn = Callable[[str], Client]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOON)
    made = world()
    limit = made.set(consumer=made.web, operation=ONE)
    made.use(limit, past.hour_of(NOON) - 1, 500_000)
    hour = past.hour_of(NOON) - 1
    note(made.api, made.batch, Spiked(hour, 90_000, 3600, 25), Rate(90, Unit.MINUTE, 15), NOON)
    return made


@pytest.fixture
def as_(here: World) -> SignIn:
    def sign_in(name: str) -> Client:
        client = Client()
        client.force_login(User.objects.create_user(name, person=here.town.person(name)))
        return client

    return sign_in


def test_every_page_shows(here: World, as_: SignIn) -> None:
    olga, limit, spike = as_("olga"), Limit.objects.get().pk, Spike.objects.get().pk
    for address, words in (
        ("/quotas/", "100 per second"), ("/quotas/?state=shadow&sort=-changed", "web"),
        ("/quotas/?state=off", "No limits"), (f"/quotas/spikes/{spike}/", "90 per minute"),
        (f"/quotas/{limit}/", "It would have limited"), ("/quotas/new/?api=api:default/orders", "GET /orders/{id}"),
        ("/quotas/spikes/", "90,000"), ("/quotas/spikes/?state=planned", "No spikes"),
        ("/catalog/default/api/orders/", "panel-quotas"), ("/teams/default/orders/", "panel-quotas"),
    ):  # fmt: skip
        answer = olga.get(address)
        assert (answer.status_code, words in answer.content.decode()) == (200, True), address
    assert olga.get("/quotas/?state=gold").status_code == 422
    assert olga.get("/quotas/9999/").status_code == olga.get("/quotas/spikes/9999/").status_code == 404
    assert b"web" in b"".join(olga.get("/quotas/?format=csv").streaming_content)
    assert Client().get("/quotas/").status_code == 302


def test_buttons_of_pages(here: World, as_: SignIn) -> None:
    olga, paul, limit, spike = as_("olga"), as_("paul"), Limit.objects.get(), Spike.objects.get()
    before = everything()
    assert paul.post(f"/quotas/{limit.pk}/enforce/", {"reason": "So."}).status_code == 422
    assert olga.post(f"/quotas/{limit.pk}/enforce/", {"reason": ""}).status_code == 422
    assert paul.post(f"/quotas/spikes/{spike.pk}/shadow/").status_code == 422
    given = {"api": "api:default/orders", "consumer": "component:default/batch", "requests": 5, "unit": "second"}
    looked = olga.post("/quotas/new/", {**given, "reason": "So.", "preview": "yes"})
    assert (looked.status_code, everything()) == (200, before)
    assert olga.post(f"/quotas/{limit.pk}/enforce/", {"reason": "So."}).status_code == 303
    assert olga.post(f"/quotas/spikes/{spike.pk}/shadow/").status_code == 303
    assert olga.post(f"/quotas/spikes/{spike.pk}/enforce/").status_code == 303
    assert set(Limit.objects.values_list("state", flat=True)) == {"enforced"}


def post(client: Client, address: str, body: Any, **headers: str) -> Any:
    return client.post(address, json.dumps(body), "application/json", headers=headers)


def test_limits_over_http(here: World, as_: SignIn) -> None:
    olga, paul = as_("olga"), as_("paul")
    terms = {"api": "api:default/orders", "consumer": "component:default/batch", "requests": 5}
    assert post(paul, "/api/v1/quotas", {**terms, "reason": "So."}).status_code == 403
    made = post(olga, "/api/v1/quotas", {**terms, "reason": "So."})
    assert (made.status_code, made.json()["state"], made.json()["burst"]) == (201, "shadow", 50)
    number = made.json()["id"]
    assert post(olga, f"/api/v1/quotas/{number}/enforce", {"reason": "So."}).json()["state"] == "enforced"
    assert {one["id"] for one in olga.get("/api/v1/quotas?consumer=component:default/batch").json()["items"]} == {
        number
    }
    told = post(paul, "/api/v1/quotas/preview", {**terms, "consumer": "component:default/web"}).json()
    assert told["calls"] == 500_000
    assert told["least"] <= told["most"]
    assert olga.get("/api/v1/quotas/nodes").status_code == 403
    assert olga.get("/api/v1/quotas/spikes").json()["items"][0]["calls"] == 90_000


def test_a_proxy_asks_and_is_told_only_what_is_new(here: World) -> None:
    made = actions.add_node("edge", [{"api": "orders", "address": "127.0.0.1:1"}], actor=SYSTEM, now=NOON)
    assert made.token not in str(list(Node.objects.values()))
    who, where = {"node": {"metadata": {"awayteam": {"token": made.token}}}}, "/v3/discovery:scoped-routes"
    assert post(Client(), where, {"node": {"metadata": {"awayteam": {"token": "awqn_no"}}}}).status_code == 401
    assert post(Client(), where, []).status_code == 400
    first = post(Client(), where, who)
    version = first.json()["version_info"]
    names = [one["name"] for one in first.json()["resources"]]
    assert names == ["consumer spiffe://example.org/ns/default/sa/web", "consumer *"] or names[1] == "*"
    assert post(Client(), where, {**who, "version_info": version}).status_code == 304
    assert post(Client(), where, {}, Authorization=f"Bearer {made.token}").status_code == 200
    here.set(consumer=here.batch)
    changed = post(Client(), where, {**who, "version_info": version})
    assert (changed.status_code, len(changed.json()["resources"])) == (200, 3)
    routes = post(Client(), "/v3/discovery:routes", {**who, "resource_names": ["awayteam/api:default/orders"]}).json()
    assert [one["name"] for one in routes["resources"]] == ["awayteam/api:default/orders"]
    assert post(Client(), "/v3/discovery:clusters", who).json()["resources"][0]["name"] == "default.orders"
    actions.revoke_node("edge", actor=SYSTEM, now=NOON, reason="Gone.")
    assert post(Client(), where, who).status_code == 401
