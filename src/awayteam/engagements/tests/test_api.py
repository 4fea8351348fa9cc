"""A contract over HTTP: opened, filled in, signed by both, amended; optimistic locking, and what a reader gets."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from awayteam.accounts import rules
from awayteam.accounts.models import ApiToken, User
from awayteam.engagements.models import Engagement, Signature
from awayteam.engagements.tests.village import NOON, Village, settle

pytestmark = pytest.mark.django_db
BASE = "/api/v1/engagements"
Send = Callable[..., Any]


@pytest.fixture
def village() -> Iterator[Village]:
    with time_machine.travel(NOON, tick=False):
        yield settle()


def _client(village: Village, name: str) -> Client:
    secret, now = f"awat_{name}", timezone.now()
    user, _new = User.objects.get_or_create(username=name, defaults={"person": village.person(name)})
    ApiToken.objects.get_or_create(
        digest=rules.digest(secret),
        defaults={"user": user, "name": "t", "prefix": secret[:12], "scopes": ["read", "write"], "created_at": now,
                  "expires_at": now + timedelta(days=400)},
    )  # fmt: skip
    return Client(headers={"Authorization": f"Bearer {secret}"})


@pytest.fixture
def send(village: Village) -> Send:
    def send(who: str, method: str, path: str, body: Any = None, code: int = 200, **headers: str) -> Any:
        client = _client(village, who)
        if method == "get":
            answer = client.get(BASE + path, headers=headers)
        else:
            answer = getattr(client, method)(
                BASE + path, json.dumps(body or {}), content_type="application/json", headers=headers
            )
        assert answer.status_code == code, answer.content
        return answer

    return send


def _opened(send: Send, village: Village) -> int:
    body = {
        "home_team": "orders", "away_team": "payments", "service": "component:default/orders-api", "title": "Refunds",
        "goal": "Money comes back.", "starts_on": "2026-03-09", "ends_on": "2026-04-03",
    }  # fmt: skip
    made = send("pia", "post", "", body, 201).json()
    send("pia", "put", f"/{made['id']}/scope", {"scope": [{"repository": "orders", "pattern": "/refunds/"}]})
    village.join(Engagement.objects.get(pk=made["id"]), "paul")
    return int(made["id"])


def test_a_contract_is_written_and_signed(village: Village, send: Send) -> None:
    number = _opened(send, village)
    assert send("pia", "get", f"/{number}/missing").json() == []
    draft = send("pia", "patch", f"/{number}", {"pledged_hours": 24, "home_deputy": "oscar"}).json()
    assert (draft["pledged_hours"], draft["home_deputy"]["ref"]) == (24, "user:default/oscar")
    preview = send("olga", "get", f"/{number}/preview").json()
    proposed = send("pia", "post", f"/{number}/propose", {"sha256": preview["sha256"]}).json()
    assert (proposed["state"], proposed["turn"]["ref"]) == ("proposed", "user:default/olga")
    text = send("olga", "get", f"/{number}/contracts/1").json()
    assert (text["sha256"], text["text"]["pledged_hours"]) == (preview["sha256"], 24)
    wrong = send("olga", "post", f"/{number}/sign", {"sha256": "0" * 64}, 409)
    assert wrong["Content-Type"] == "application/problem+json"
    signed = send("olga", "post", f"/{number}/sign", {"sha256": text["sha256"]}).json()
    assert (signed["state"], [one["side"] for one in signed["contracts"][0]["signatures"]]) == (
        "agreed", ["away", "home"],
    )  # fmt: skip
    assert [one["id"] for one in send("sam", "get", "?state=agreed&home=orders").json()["items"]] == [number]
    verbs = {one["verb"]: one["why_not"] for one in send("sam", "get", f"/{number}/options").json()}
    assert verbs["withdraw"]


def test_an_amendment_is_signed_by_the_other_side(village: Village, send: Send) -> None:
    number = village.agreed().pk
    body = {"why": "More to do", "ends_on": "2026-04-17", "scope": [{"repository": "orders", "pattern": "/"}]}
    amended = send("pia", "post", f"/{number}/amendments", body, 201).json()
    assert (amended["ends_on"], amended["contracts"][0]["number"]) == ("2026-04-03", 2)
    found = send("olga", "get", f"/{number}/contracts/2/differences?with=1").json()
    assert {one["field"] for one in found} == {"why", "ends_on", "scope"}
    sha256 = amended["contracts"][0]["sha256"]
    send("pia", "post", f"/{number}/amendments/2/sign", {"sha256": sha256}, 409)
    signed = send("olga", "post", f"/{number}/amendments/2/sign", {"sha256": sha256}).json()
    assert (signed["ends_on"], [one["pattern"] for one in signed["scope"]]) == ("2026-04-17", ["/"])
    send("olga", "post", f"/{number}/amendments/9/decline", {"words": "no"}, 404)


def test_a_draft_that_lacks_something_names_it_all(village: Village, send: Send) -> None:
    made = send("pia", "post", "", {"home_team": "orders", "away_team": "payments", "prefill": False}, 201).json()
    lacks = {one["field"] for one in send("pia", "get", f"/{made['id']}/missing").json()}
    assert {"goal", "home_decider", "away_lead", "scope", "members"} <= lacks
    refused = send("pia", "get", f"/{made['id']}/preview", code=422).json()
    assert {one["field"].rpartition(".")[2] for one in refused["errors"]} == lacks
    known = send("pia", "get", f"/{made['id']}/suggestions").json()
    assert known["home_deciders"][0]["person"]["ref"] == "user:default/olga"


def test_somebody_who_was_faster_wins(village: Village, send: Send) -> None:
    number = village.open().pk
    seen = send("pia", "get", f"/{number}")
    send("pia", "patch", f"/{number}", {"title": "One"}, **{"If-Match": seen["ETag"]})
    send("pia", "patch", f"/{number}", {"title": "Two"}, 412, **{"If-Match": seen["ETag"]})
    send("pia", "patch", f"/{number}", {"title": "Two", "version": seen.json()["version"]}, 409)
    assert Engagement.objects.get(pk=number).title == "One"


BAD: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a pattern": ("put", "/scope", {"scope": [{"repository": "orders", "pattern": " "}]}),
    "a review mode": ("patch", "", {"review_mode": "none"}),
    "days": ("patch", "", {"starts_on": "2026-04-04", "ends_on": "2026-04-03"}),
    "a number as day": ("patch", "", {"starts_on": 20260404}),
    "a negative number": ("patch", "", {"pledged_hours": -1}),
    "a hash": ("post", "/sign", {"sha256": "abc"}),
    "a field that nobody knows": ("patch", "", {"colour": "red"}),
    "a reason": ("post", "/withdraw", {"reason": "because", "words": "x"}),
}


@pytest.mark.parametrize("what", sorted(BAD))
def test_bad_input_is_named_and_changes_nothing(what: str, village: Village, send: Send) -> None:
    row = village.open()
    before = Engagement.objects.values().get(pk=row.pk)
    method, path, body = BAD[what]
    assert send("pia", method, f"/{row.pk}{path}", body, 422).json()["errors"]
    assert Engagement.objects.values().get(pk=row.pk) == before


def test_a_restricted_service_hides_its_visits(village: Village, send: Send) -> None:
    row = village.agreed()
    village.service.restricted = True
    village.service.save()
    for path in ("", "/options", "/contracts/1", "/missing"):
        send("sam", "get", f"/{row.pk}{path}", code=404)
        send("paul", "get", f"/{row.pk}{path}")
    assert send("sam", "get", "?state=all").json()["items"] == []
    send("sam", "post", f"/{row.pk}/start", {}, 404)
    assert Signature.objects.count() == 2


def test_a_restricted_service_hides_what_happened_to_its_visits(village: Village, send: Send) -> None:
    _opened(send, village)
    village.service.restricted = True
    village.service.save()

    def told(who: str) -> list[str]:
        answer = _client(village, who).get("/api/v1/events?limit=100")
        return [event["name"] for event in answer.json()["items"] if event["subject"]["kind"] == "engagement"]

    assert "engagement.opened" in told("pia")
    assert told("sam") == []
