"""Handovers, deployments and defects over HTTP: the same rules, with versions, ETags and keys."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from awayteam.accounts.models import User
from awayteam.engagements.models import Engagement
from awayteam.handovers.models import Defect, Deployment, Handover
from awayteam.handovers.tests.hamlet import LATER, Hamlet, build

pytestmark = pytest.mark.django_db
JUNIT = '<testsuite tests="1"><testcase classname="a" name="b"/></testsuite>'


class Caller:
    """Somebody who calls the interface."""

    def __init__(self, hamlet: Hamlet, name: str) -> None:
        user, _new = User.objects.get_or_create(username=name, defaults={"person": hamlet.person(name)})
        self.client = Client()
        self.client.force_login(user)

    def get(self, path: str) -> Any:
        return self.client.get(f"/api/v1{path}")

    def send(self, path: str, body: Any, method: str = "post", **headers: str) -> Any:
        text = json.dumps(body)
        return getattr(self.client, method)(f"/api/v1{path}", text, content_type="application/json", headers=headers)


@pytest.fixture
def hamlet() -> Hamlet:
    return build()


def test_a_handover_is_played_over_http(hamlet: Hamlet) -> None:
    engagement = hamlet.active()
    with time_machine.travel(LATER, tick=False):
        pia, olga = Caller(hamlet, "pia"), Caller(hamlet, "olga")
        made = pia.send("/handovers", {"engagement": engagement.pk})
        assert made.status_code == 201, made.content
        pk, lines = made.json()["id"], made.json()["lines"]
        assert made.json()["unmet"]
        evidence = {"file": "junit.xml", "content": JUNIT}
        for line in lines:
            if line["key"] == "no-open-review":
                continue
            given = {"on": "2026-03-16", "attended_by": "oscar"} if line["key"] == "walkthrough" else evidence
            path = f"/handovers/{pk}/lines/{line['number']}"
            answer = pia.send(f"{path}/evidence", given)
            assert answer.status_code == 200, answer.content
            assert pia.send(f"{path}/tick", {}).status_code == 200
        told = pia.get(f"/handovers/{pk}").json()
        assert (told["unmet"], told["lines"][1]["evidence"][0]["figures"]["bad"]) == ([], 0)
        assert pia.send(f"/handovers/{pk}/submit", {"summary": "x", "version": 1}).status_code == 409
        assert pia.send(f"/handovers/{pk}/submit", {"summary": "It works."}).status_code == 200
        assert pia.send(f"/handovers/{pk}/accept", {}).status_code == 403
        refused = olga.send(f"/handovers/{pk}/refuse", {"words": "No."})
        assert refused.status_code == 422
        accepted = olga.send(f"/handovers/{pk}/accept", {"words": "Gladly"})
        assert accepted.json()["state"] == "accepted"
        assert olga.get(f"/handovers?engagement={engagement.pk}").json()[0]["id"] == pk


def test_a_stale_etag_changes_nothing(hamlet: Hamlet) -> None:
    handover = hamlet.submitted()
    with time_machine.travel(LATER, tick=False):
        olga = Caller(hamlet, "olga")
        path = f"/handovers/{handover.pk}"
        etag = olga.get(path)["ETag"]
        assert olga.send(f"{path}/accept", {}, **{"If-Match": '"old"'}).status_code == 412
        assert Handover.objects.get().state == "submitted"
        assert olga.send(f"{path}/accept", {}, **{"If-Match": etag}).status_code == 200


def test_a_pipeline_records_a_deployment_once(hamlet: Hamlet) -> None:
    engagement = hamlet.accepted().engagement
    with time_machine.travel(LATER + timedelta(hours=2), tick=False):
        paul, sam = Caller(hamlet, "paul"), Caller(hamlet, "sam")
        body = {"service": "component:default/orders-api", "environment": "production", "reference": "v7"}
        assert sam.send("/deployments", body).status_code == 403
        for _again in range(2):
            assert paul.send("/deployments", body).status_code == 201
        assert Deployment.objects.count() == 1
        assert Engagement.objects.get().state == "warranty"
        assert paul.send("/deployments", {}).status_code == 422
        assert len(paul.get(f"/deployments?engagement={engagement.pk}").json()) == 1


def test_a_defect_is_routed_disputed_and_ruled_over_http(hamlet: Hamlet) -> None:
    engagement = hamlet.in_warranty()
    with time_machine.travel(LATER + timedelta(days=1), tick=False):
        sue, paul, dana = (Caller(hamlet, name) for name in ("sue", "paul", "dana"))
        body = {"engagement": engagement.pk, "title": "Cents are lost", "path": "refunds/lines.py", "line": 2}
        made = sue.send("/defects", body, **{"Idempotency-Key": "once"})
        again = sue.send("/defects", body, **{"Idempotency-Key": "once"})
        assert made.status_code == again.status_code == 201, made.content
        assert Defect.objects.count() == 1
        assert (made.json()["state"], made.json()["rule"]) == ("away", "in-scope")
        path = f"/defects/{made.json()['id']}"
        assert paul.send(f"{path}/dispute", {"words": "It was so before."}).status_code == 200
        assert paul.send(f"{path}/rule", {"side": "home", "words": "x"}).status_code == 403
        assert dana.send(f"{path}/rule", {"side": "home", "words": "It was red before."}).json()["state"] == "home"
        page = sue.get("/defects?state=home&team=orders").json()
        assert (page["total"], page["items"][0]["title"]) == (1, "Cents are lost")
        assert sue.get("/defects/999").status_code == 404


def test_answers_stay_hidden_over_http_too(hamlet: Hamlet) -> None:
    engagement = hamlet.in_warranty()
    with time_machine.travel(LATER + timedelta(days=1), tick=False):
        pia, olga = Caller(hamlet, "pia"), Caller(hamlet, "olga")
        path, body = f"/retrospectives/{engagement.pk}", {"answers": ["Quick answers.", "", "", "", ""]}
        assert pia.send(path, body, "put").status_code == 200
        assert pia.send(path, {"answers": ["x"]}, "put").status_code == 422
        told = olga.get(path).json()
        assert (told["answers"], told["hidden"], told["waits_for"]) == ([], 1, ["home"])
        assert olga.send(path, body, "put").status_code == 200
        assert len(olga.get(path).json()["answers"]) == 2
        assert olga.get("/self-service").json() == []
