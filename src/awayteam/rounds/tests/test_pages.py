"""Pages, API and reports of rounds: what people see, and what they may do from there."""

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from awayteam.accounts.models import User
from awayteam.kernel.models import Event
from awayteam.notifications.models import Notification
from awayteam.organisation.models import Person
from awayteam.rounds import actions, jobs
from awayteam.rounds.models import Booking, Remark, Report, Round
from awayteam.rounds.tests.camp import MONDAY, Camp, pitch, run_out
from awayteam.rounds.tests.test_rounds import denied
from awayteam.web.tests.test_pages import problems

pytestmark = pytest.mark.django_db
LATER = MONDAY + timedelta(hours=1)


@pytest.fixture(scope="module")
def pitched(of_module: None) -> Camp:
    return pitch()


@pytest.fixture
def camp(pitched: Camp, db: None) -> Iterator[Camp]:
    with time_machine.travel(LATER, tick=False):
        yield deepcopy(pitched)


def client(name: str) -> Client:
    user, _new = User.objects.get_or_create(username=name, defaults={"person": Person.objects.get(name=name)})
    made = Client()
    made.force_login(user)
    return made


def seen(name: str, address: str, status: int = 200) -> str:
    response = client(name).get(address)
    assert response.status_code == status, response.content[:3000]
    html = response.content.decode()
    assert problems(html) == []
    return html


def post(name: str, address: str, **values: object) -> Any:
    return client(name).post(address, values)


def test_a_round_is_opened_answered_and_shown_again_without_javascript(camp: Camp) -> None:
    visit = camp.engagement.pk
    assert "By the contract the home team looks at every change." in seen("paul", f"/engagements/{visit}/rounds/new/")
    assert "Only people of the away team do this." in seen("olga", f"/engagements/{visit}/rounds/new/")
    made = post("paul", f"/engagements/{visit}/rounds/new/", kind="change", title="Refund lines", words="*First* part")
    row = Round.objects.get()
    assert (made.status_code, made["Location"]) == (303, f"/rounds/{row.pk}/")
    page = seen("paul", f"/rounds/{row.pk}/")
    assert "You opened this round; nobody reviews own work." in page
    assert "It is your turn: approve it, or request changes that cite a rule." in seen("olga", f"/rounds/{row.pk}/")
    form = f"/rounds/{row.pk}/request-changes/"
    assert "CONTRIBUTING.md" in seen("olga", form)
    given = {"version": row.version, "points": 3, "words_1": "Write a test.", "cites_1": f"s{camp.standard.pk}"}
    refused = post("olga", form, **given, section_1="Deployment")
    assert refused.status_code == 422
    assert "doesn&#39;t stand in the document as it was frozen" in refused.content.decode()
    assert post("olga", form, **given, section_1="Tests", words_2="Nicer.", minutes=30).status_code == 303
    page = seen("paul", f"/rounds/{row.pk}/")
    assert "Every change has a test." in page
    assert 'class="quoted-cited"' in page
    assert "It is your turn: answer the points and show it again." in page
    again = post("paul", f"/rounds/{row.pk}/resubmit/", version=2, words="There is one.")
    assert again.status_code == 303
    stale = post("olga", f"/rounds/{row.pk}/approve/", version=2)
    assert stale.status_code == 409
    assert "has changed since you looked at it" in stale.content.decode()
    assert post("olga", f"/rounds/{row.pk}/approve/", version=3).status_code == 303
    page = seen("sam", f"/rounds/{row.pk}/")
    assert "The away team may go on." in page
    assert Booking.objects.get().minutes == 30


def test_what_was_red_before_is_refused_with_the_item_on_the_page(camp: Camp) -> None:
    row = camp.show()
    given = {"version": row.version, "words_1": "Green it.", "cites_1": "check", "check_1": camp.red.key}
    refused = post("olga", f"/rounds/{row.pk}/request-changes/", **given)
    assert refused.status_code == 422
    assert "was red before the visit (check tests.test_tax::test_rounding: assert 1 == 2)" in refused.content.decode()
    assert not Remark.objects.exists()


def test_a_demand_goes_to_the_bar_raiser_who_rules_on_its_page(camp: Camp) -> None:
    row = camp.show()
    assert post("olga", f"/rounds/{row.pk}/demand/", version=1, words_1="Rewrite it.").status_code == 303
    assert "It is your turn: rule whether the demand is owed." in seen("sam", f"/rounds/{row.pk}/")
    assert "Why this person" in seen("paul", f"/rounds/{row.pk}/")
    assert post("sam", f"/rounds/{row.pk}/grant/", version=2, words="It is.", days=2).status_code == 303
    assert "granted" in seen("paul", f"/rounds/{row.pk}/")
    assert post("ann", f"/rounds/{row.pk}/advise/", version=3, words_1="See ours.").status_code == 303


def test_pages_name_what_cant_be_done_and_unknown_things_are_missing(camp: Camp) -> None:
    row = camp.show()
    assert "The round is waits" not in seen("paul", f"/rounds/{row.pk}/approve/")
    seen("olga", f"/rounds/{row.pk}/nonsense/", 404)
    for address in ("/rounds/999/", "/reports/999/", "/engagements/999/rounds/", "/engagements/999/hours/"):
        seen("olga", address, 404)


def test_hours_are_booked_by_the_home_side_seen_by_both_and_taken_back(camp: Camp) -> None:
    address = f"/engagements/{camp.engagement.pk}/hours/"
    assert "No time was booked yet." in seen("paul", address)
    refused = post("paul", address, minutes=30, what="Pairing", on="2026-03-09")
    assert refused.status_code == 422
    assert not Booking.objects.exists()
    assert post("oscar", address, minutes=90, what="Pairing", on="2026-03-09").status_code == 303
    page = seen("paul", address)
    assert "1.5 h" in page
    assert "18.5 h left" in page
    booking = Booking.objects.get()
    assert post("oscar", f"{address}{booking.pk}/cancel/", reason="Twice").status_code == 303
    booking.refresh_from_db()
    assert booking.cancelled_at == LATER
    assert "taken back" in seen("pia", address)


def test_who_may_not_book_changes_nothing(camp: Camp) -> None:
    book = {"now": LATER, "minutes": 30, "what": "Help"}
    for name in ("paul", "pia", "mona", "sam", "ann"):
        denied(actions.book, camp.engagement, actor=camp.actor(name, LATER), **book)
    row = actions.book(camp.engagement, actor=camp.actor("olga", LATER), **book)
    denied(actions.cancel, row, actor=camp.actor("paul", LATER), now=LATER, why="No.")


def test_the_report_says_the_same_to_both_managers(camp: Camp) -> None:
    row = camp.show()
    camp.changes(row)
    late = camp.show(title="A *second* [change](x)")
    at = run_out(late)
    with time_machine.travel(at, tick=False):
        denied(actions.make_report, camp.engagement, actor=camp.actor("ann", at), now=at)
        answer = post("pia", f"/engagements/{camp.engagement.pk}/reports/")
        made = Report.objects.get()
        assert (answer.status_code, answer["Location"]) == (303, f"/reports/{made.pk}/")
        page = seen("olga", f"/reports/{made.pk}/")
        assert "Needed now" in page
        assert "answer the points and show it again" in page
        text = client("olga").get(f"/reports/{made.pk}/?format=md").content.decode()
        assert "A \\*second\\* \\[change\\](x)" in text
        told = set(Notification.objects.filter(event="report.made").values_list("person__name", flat=True))
    assert {"olga", "mona", "pia"} <= told | {"pia"}
    assert made.data["latency"] == {"trips": 1, "median": 0, "p90": 0, "in_time": 1}
    assert [one["number"] for one in made.data["rounds"]] == [1, 2]
    assert made.data["hours"]["pledged"] == 1200
    whose = {one["who"] for one in made.data["needed"]}
    assert {"paul", "oscar"} <= whose


def test_the_job_makes_one_report_a_week(camp: Camp) -> None:
    assert jobs.run(LATER) == 0
    assert jobs.run(MONDAY + timedelta(days=7)) == 1
    assert jobs.run(MONDAY + timedelta(days=7, hours=1)) == 0
    assert jobs.run(MONDAY + timedelta(days=9)) == 0
    assert jobs.run(MONDAY + timedelta(days=14)) == 1
    assert [str(one) for one in Report.objects.order_by("week").values_list("week", flat=True)] == [
        "2026-03-16", "2026-03-23",
    ]  # fmt: skip
    assert Event.objects.filter(name="report.made").count() == 2


def test_panels_of_the_engagement_and_of_the_home_team_show_rounds_hours_and_latency(camp: Camp) -> None:
    row = camp.show()
    page = seen("paul", f"/engagements/{camp.engagement.pk}/")
    for words in ("Review rounds", "Refund lines", "Ask for a review", "Hours of the home team", "Reports"):
        assert words in page
    assert "How fast it answers away teams" not in seen("paul", "/teams/default/orders/")
    actions.approve(row, actor=camp.actor("olga", LATER), now=LATER)
    page = seen("paul", "/teams/default/orders/")
    assert "How fast it answers away teams" in page
    assert "1 of 1" in page
    assert "Refund lines" in seen("olga", f"/engagements/{camp.engagement.pk}/rounds/")


def send(name: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
    call = getattr(client(name), method)
    path = f"/api/v1{path}"
    if body is None:
        return call(path, headers=headers)
    return call(path, json.dumps(body), content_type="application/json", headers=headers)


def test_the_whole_life_of_a_round_over_http(camp: Camp) -> None:
    visit = camp.engagement.pk
    made = send("paul", "post", f"/engagements/{visit}/rounds", {"title": "Refund lines"})
    assert made.status_code == 201, made.content
    found = made.json()
    at = f"/rounds/{found['id']}"
    assert (found["state"], found["turn"]["ref"], found["may"]) == ("open", "user:default/olga", ["withdraw", "advise"])
    assert send("paul", "post", f"{at}/approve", {}).status_code == 403
    uncited = send("olga", "post", f"{at}/request-changes", {"points": [{"words": "Nicer."}]})
    assert uncited.status_code == 422
    point = {"words": "Write a test.", "standard": camp.standard.pk, "standard_line": 5, "path": "a.py", "line": 3}
    asked = send("olga", "post", f"{at}/request-changes", {"points": [point], "minutes": 20})
    assert asked.status_code == 200, asked.content
    remark = asked.json()["remarks"][0]
    assert remark["quote"][3] == [5, "Every change has a test."]
    tag = send("paul", "get", at)["ETag"]
    assert send("paul", "post", f"{at}/resubmit", {"words": "Done."}, **{"If-Match": '"other"'}).status_code == 412
    assert send("paul", "post", f"{at}/resubmit", {"words": "Done."}, **{"If-Match": tag}).status_code == 200
    assert send("olga", "post", f"{at}/approve", {"version": 1}).status_code == 409
    assert send("olga", "post", f"{at}/approve", {}).json()["state"] == "approved"
    listed = send("ann", "get", f"/rounds?engagement={visit}&state=closed").json()
    assert [one["id"] for one in listed["items"]] == [found["id"]]
    assert send("ann", "get", "/rounds?state=nonsense").status_code == 422
    latency = send("ann", "get", "/rounds/latency").json()
    assert [(one["home"]["ref"], one["trips"], one["share"]) for one in latency] == [("group:default/orders", 2, 1.0)]
    hours = send("olga", "post", f"/engagements/{visit}/hours", {"minutes": 40, "what": "Pairing", "round": 1})
    assert (hours.status_code, hours.json()["booked"]) == (201, 60)
    assert send("paul", "get", f"/engagements/{visit}/hours").json()["left"] == 1140
    gone = send("olga", "post", f"/hours/{hours.json()['bookings'][0]['id']}/cancel", {"why": "Twice"})
    assert gone.json()["booked"] == 20
    report = send("pia", "post", f"/engagements/{visit}/reports", {})
    assert report.status_code == 201
    assert "## Review rounds" in report.json()["text"]
    assert len(send("olga", "get", f"/engagements/{visit}/reports").json()) == 1
    assert send("olga", "get", f"/reports/{report.json()['id']}").json()["data"]["hours"]["booked"] == 20
