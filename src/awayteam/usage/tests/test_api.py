"""Use over HTTP: the same answers, in pages, and writes only by those who may."""

import json
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client

from awayteam.accounts.models import User
from awayteam.catalog.models import Entity
from awayteam.catalog.tests.world import entity, team
from awayteam.kernel.models import Event
from awayteam.usage import matching
from awayteam.usage.models import Name
from awayteam.usage.tests.land import NOW, counts, days, stored

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now(settings: Any, tmp_path: Path) -> Any:
    settings.DATA = tmp_path
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def pay() -> Entity:
    stored(
        counts(("shop", "pay", "POST /pay/{id}", 40), ("cart", "pay", "GET /old", 10), ("pay", "vault", "open", 3)),
        days(("shop", "pay", "POST /pay/{id}", 5), back=[3]),
    )
    money = team("money")
    made = entity("Component", "pay", owner=money)
    entity("Component", "vault", owner=money, restricted=True)
    matching.match_due(NOW, anew=True)
    return made


def client(*, administrator: bool = False) -> Client:
    user = User.objects.create_user(f"u{administrator}", "u@example.org", "a long password", is_superuser=administrator)
    made = Client()
    made.force_login(user)
    return made


def get(asking: Client, address: str) -> Any:
    answer = asking.get(f"/api/v1/usage/{address}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def post(asking: Client, address: str, body: dict[str, Any], status: int = 200, **headers: str) -> Any:
    answer = asking.post(f"/api/v1/usage/{address}", json.dumps(body), content_type="application/json", headers=headers)
    assert answer.status_code == status, answer.content
    return answer.json() if answer.content else None


def test_uses_come_in_pages_with_their_evidence(pay: Entity) -> None:
    asking = client()
    first = get(asking, "uses?provider=component:default/pay&limit=1")
    assert [(one["consumer"]["name"], one["calls"]) for one in first["items"]] == [("shop", 45)]
    assert first["items"][0]["provider"] == {
        "name": "pay", "kind": "service", "entity": "component:default/pay", "owner": "group:default/money",
    }  # fmt: skip
    assert [(one["source"], one["paired"]) for one in first["evidence"]] == [("otlp", 58)]
    rest = get(asking, f"uses?provider=pay&limit=1&cursor={first['next_cursor']}")
    assert [one["consumer"]["name"] for one in rest["items"]] == ["cart"]
    assert rest["next_cursor"] is None
    assert [one["calls"] for one in get(asking, "uses?provider=pay&days=2")["items"]] == [40, 10]
    assert get(asking, "uses?consumer=pay")["items"][0]["provider"]["name"] == "(restricted)"
    assert asking.get("/api/v1/usage/uses?provider=vault").status_code == 404
    assert asking.get("/api/v1/usage/uses?sort=colour").status_code == 422
    assert Client().get("/api/v1/usage/uses").status_code == 401


def test_every_question_is_answered(pay: Entity) -> None:
    asking = client()
    assert [one["operation"] for one in get(asking, "sole?group=operation&provider=pay")["items"]] == [
        "GET /old", "POST /pay/{id}",
    ]  # fmt: skip
    assert [one["party"]["name"] for one in get(asking, "blast-radius?service=pay&limit=1")["items"]] == ["shop"]
    assert [one["depth"] for one in get(asking, "dependencies?service=shop")["items"]] == [1, 2]
    points = get(asking, "trend?provider=pay&days=4")["items"][0]["points"]
    assert [point["calls"] for point in points] == [5, 0, 0, 50]
    assert [one["team"] for one in get(asking, "teams?provider=pay&days=4")["items"]] == [None]
    assert get(asking, "unused")["items"] == []
    assert get(asking, "deprecated")["items"] == []
    assert get(asking, "undeclared")["items"][0]["provider"]["entity"] is None
    assert get(asking, "unobserved?everything=true")["items"] == []
    assert [one["source"] for one in get(asking, "evidence?days=7")] == ["otlp"]


def test_names_are_matched_by_those_who_may(pay: Entity) -> None:
    asking, administrator = client(), client(administrator=True)
    unmatched = get(asking, "names?unmatched=true")["items"]
    assert [one["name"] for one in unmatched] == ["shop", "cart"]
    pk = unmatched[0]["id"]
    body = {"entity": "component:default/pay", "reason": "it says so"}
    post(asking, f"names/{pk}/match", body, 403)
    post(administrator, f"names/{pk}/match", {"reason": "x"}, 422)
    post(administrator, f"names/{pk}/match", body, 412, **{"If-Match": '"old"'})
    assert Name.objects.get(pk=pk).entity is None
    assert post(administrator, f"names/{pk}/match", body)["how"] == "hand"
    assert get(asking, f"names/{pk}")["entity"] == "component:default/pay"
    assert post(administrator, f"names/{pk}/unmatch", {"reason": "wrong"})["entity"] is None
    assert list(Event.objects.order_by("pk").values_list("name", flat=True)) == [
        "usage-name.matched", "usage-name.unmatched",
    ]  # fmt: skip
    hidden = Name.objects.get(text="vault").pk
    assert asking.get(f"/api/v1/usage/names/{hidden}").status_code == 404
    assert administrator.get(f"/api/v1/usage/names/{hidden}").status_code == 200


def test_rules_are_kept_by_administrators(pay: Entity) -> None:
    asking, administrator = client(), client(administrator=True)
    body = {"name": "tests", "kind": "name", "pattern": "(.+)-test", "replacement": r"\1"}
    post(asking, "rules", body, 403)
    made = post(administrator, "rules", body, 201)
    assert [one["id"] for one in get(asking, "rules")][:2] == [made["id"], None]
    assert asking.delete(f"/api/v1/usage/rules/{made['id']}").status_code == 403
    assert administrator.delete(f"/api/v1/usage/rules/{made['id']}").status_code == 204
    assert administrator.delete(f"/api/v1/usage/rules/{made['id']}").status_code == 404
