"""Pages of handovers and of what comes after: everything can be done by forms alone, and says what can't be done."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from awayteam.accounts.models import User
from awayteam.engagements.models import Engagement
from awayteam.handovers import actions
from awayteam.handovers.models import Defect, Deployment, Dismissal, Evidence, Handover, Retrospective
from awayteam.handovers.tests.hamlet import LATER, Hamlet, build

pytestmark = pytest.mark.django_db


@pytest.fixture
def hamlet() -> Hamlet:
    return build()


def client(hamlet: Hamlet, name: str) -> Client:
    user, _new = User.objects.get_or_create(username=name, defaults={"person": hamlet.person(name)})
    made = Client()
    made.force_login(user)
    return made


def at(now: datetime = LATER) -> Any:
    return time_machine.travel(now, tick=False)


def version(handover: Handover) -> int:
    handover.refresh_from_db()
    return handover.version


def test_a_handover_goes_from_checklist_to_warranty_by_forms(hamlet: Hamlet) -> None:
    engagement = hamlet.active()
    with at():
        pia, olga = client(hamlet, "pia"), client(hamlet, "olga")
        assert "Begin the handover" in pia.get(f"/engagements/{engagement.pk}/").content.decode()
        assert pia.post(f"/handovers/begin/{engagement.pk}/").status_code == 303
        handover = Handover.objects.get()
        page = f"/handovers/{handover.pk}/"
        for line in handover.lines.exclude(key="no-open-review"):
            given: dict[str, Any] = {"version": version(handover), "tick": "yes", "url": "https://ci.example.org/1"}
            if line.key == "walkthrough":
                oscar = hamlet.person("oscar").pk
                given = {"version": version(handover), "tick": "yes", "on": LATER.date(), "attended_by": oscar}
            assert pia.post(f"{page}lines/{line.number}/evidence/", given).status_code == 303
        text = pia.get(page).content.decode()
        assert "It is your turn" in text
        assert "7 of 7" in text
        assert pia.post(f"{page}submit/", {"version": version(handover), "summary": "Refunds."}).status_code == 303
        shown = olga.get(page).content.decode()
        assert "Accept the handover" in shown
        assert olga.post(f"{page}accept/", {"version": version(handover)}).status_code == 303
        sent = pia.post(f"/deployments/{engagement.pk}/", {
            "version": Engagement.objects.get().version, "environment": "production", "reference": "v7"})  # fmt: skip
        assert sent.status_code == 303
        assert Engagement.objects.get().state == "warranty"
        assert "Report a defect" in pia.get(f"/engagements/{engagement.pk}/").content.decode()
        assert "Visits and warranty" in pia.get("/catalog/default/component/orders-api/").content.decode()


def test_a_refused_form_keeps_what_was_typed(hamlet: Hamlet) -> None:
    handover = hamlet.submitted()
    with at():
        olga = client(hamlet, "olga")
        answer = olga.post(
            f"/handovers/{handover.pk}/refuse/", {"version": handover.version, "words": "No runbook here."}
        )
        assert answer.status_code == 422
        text = answer.content.decode()
        assert "cites a frozen standard" in text
        assert "No runbook here." in text
        answer = olga.post(
            f"/handovers/{handover.pk}/refuse/", {"version": handover.version, "words": "No.", "line": 4}
        )
        assert answer.status_code == 303
        assert "Refused" in olga.get(f"/handovers/{handover.pk}/").content.decode()


def test_who_may_not_is_told_why(hamlet: Hamlet) -> None:
    handover = hamlet.submitted()
    with at():
        text = client(hamlet, "paul").get(f"/handovers/{handover.pk}/").content.decode()
        assert "You are on the other side of this engagement." in text
        answer = client(hamlet, "paul").post(f"/handovers/{handover.pk}/accept/", {"version": handover.version})
        assert answer.status_code in (403, 422)
    handover.refresh_from_db()
    assert handover.state == "submitted"


def test_a_file_of_results_is_read(hamlet: Hamlet) -> None:
    handover = hamlet.begun()
    file = SimpleUploadedFile("junit.xml", b'<testsuite tests="1"><testcase classname="a" name="b"/></testsuite>')
    with at():
        paul = client(hamlet, "paul")
        sent = paul.post(f"/handovers/{handover.pk}/lines/2/evidence/", {"version": handover.version, "file": file})
        assert sent.status_code == 303
        assert "junit.xml" in paul.get(f"/handovers/{handover.pk}/").content.decode()
        made = Evidence.objects.get()
        assert paul.post(f"/handovers/{handover.pk}/evidence/{made.pk}/remove/").status_code == 303
        assert not Evidence.objects.exists()
        bad = SimpleUploadedFile("x.xml", b"<html/>")
        sent = paul.post(f"/handovers/{handover.pk}/lines/2/evidence/", {"version": version(handover), "file": bad})
        assert sent.status_code == 422
        assert "no result file that is known" in sent.content.decode()


def test_a_defect_is_reported_and_repaired_by_forms(hamlet: Hamlet) -> None:
    engagement = hamlet.in_warranty()
    now = LATER + timedelta(days=2)
    with at(now):
        sue, pia = client(hamlet, "sue"), client(hamlet, "pia")
        assert sue.get("/defects/").status_code == 200
        assert sue.get("/defects/new/").status_code == 404
        address = f"/defects/new/?engagement={engagement.pk}"
        assert sue.get(address).status_code == 200
        assert sue.post(address, {"title": "", "severity": "high"}).status_code == 422
        given = {"title": "Cents are lost", "severity": "high", "path": "refunds/lines.py", "line": "3"}
        assert sue.post(address, given).status_code == 303
        defect = Defect.objects.get()
        assert defect.state == "away"
        text = pia.get(f"/defects/{defect.pk}/").content.decode()
        assert "is in the contract" in text
        assert "It is your turn" in text
        assert "Cents are lost" in sue.get(f"/defects/?engagement={engagement.pk}").content.decode()
        fixed = pia.post(f"/defects/{defect.pk}/fix/", {"version": defect.version, "commit": "abcdef1234"})
        assert fixed.status_code == 303
    defect.refresh_from_db()
    assert (defect.state, defect.fixed_by) == ("fixed", "abcdef1234")


def test_answers_open_when_both_sides_looked_back(hamlet: Hamlet) -> None:
    engagement = hamlet.in_warranty()
    address = f"/looking-back/{engagement.pk}/"
    with at(LATER + timedelta(days=1)):
        pia, olga, sue = (client(hamlet, name) for name in ("pia", "olga", "sue"))
        assert pia.post(address, {}).status_code == 422
        assert pia.post(address, {"answer_1": "Quick answers."}).status_code == 303
        assert "Quick answers." in pia.get(address).content.decode()
        assert "Quick answers." not in olga.get(address).content.decode()
        assert olga.post(address, {"answer_2": "Late mornings."}).status_code == 303
        assert "Quick answers." in sue.get(address).content.decode()
        assert sue.post(address, {"answer_1": "I wasn't there."}).status_code in (403, 422)
    assert Retrospective.objects.count() == 2


def test_a_suggestion_is_shown_and_put_aside(hamlet: Hamlet) -> None:
    service = hamlet.village.service
    for number in range(4):
        Engagement.objects.create(
            title=f"Visit {number}", home_team=hamlet.village.town.team("orders"),
            away_team=hamlet.village.town.team("payments"), service=service, state="withdrawn",
            began_at=LATER - timedelta(days=number + 1), created_at=LATER, entered_at=LATER, changed_at=LATER,
            closed_at=LATER,
        )  # fmt: skip
    with at():
        olga, sue = client(hamlet, "olga"), client(hamlet, "sue")
        assert "4 visits" in sue.get("/self-service/").content.decode()
        assert "Better self-service" in olga.get("/teams/default/orders/").content.decode()
        address = f"/self-service/{service.pk}/put-aside/"
        assert sue.post(address, {"reason": "x"}).status_code in (403, 422)
        assert olga.post(address, {"reason": "We replace it in summer."}).status_code == 303
        assert "4 visits" not in sue.get("/self-service/").content.decode()
        assert olga.get(address).status_code == 404
    assert Dismissal.objects.get().visits == 4


def test_deployments_are_listed_on_their_page(hamlet: Hamlet) -> None:
    engagement = hamlet.active()
    actions.deploy(engagement, actor=hamlet.actor("paul"), now=LATER, environment="staging", reference="v1")
    with at():
        assert "v1" in client(hamlet, "sue").get(f"/deployments/{engagement.pk}/").content.decode()
    assert not Deployment.objects.get().production
