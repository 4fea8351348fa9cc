"""Pages of engagements: they work without JavaScript, and say who may do what, and why not."""

import re
from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from django.core import serializers
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from awayteam.accounts.models import User
from awayteam.engagements import actions
from awayteam.engagements.machine import State
from awayteam.engagements.models import Contract, Engagement, EngagementStep, Signature, Standard
from awayteam.engagements.places import _telling
from awayteam.engagements.queries.timeline import timeline
from awayteam.engagements.tests.village import Village, settle
from awayteam.kernel.events import Subject
from awayteam.kernel.models import Event
from awayteam.organisation.models import Person, Team
from awayteam.requests import actions as requests
from awayteam.web.tests.test_pages import problems

pytestmark = pytest.mark.django_db
ROUND_THE_CLOCK = {"weekdays": [0, 1, 2, 3, 4, 5, 6], "hours": ["00:00", "24:00"]}
See = Callable[..., str]


@pytest.fixture(scope="module")
def settled(of_module: None) -> Village:
    made = settle()
    Team.objects.update(calendar=ROUND_THE_CLOCK)
    return made


@pytest.fixture
def village(settled: Village, db: None) -> Village:
    return deepcopy(settled)


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


def days() -> dict[str, Any]:
    """A time-box around today, and who may open it today."""
    today = timezone.now().date()
    return {"now": timezone.now(), "starts_on": today, "ends_on": today + timedelta(days=30)}


def rows() -> str:
    tables = (Engagement, Contract, Signature, EngagementStep, Event)
    return "".join(serializers.serialize("json", table._default_manager.order_by("pk")) for table in tables)


def post(name: str, address: str, **values: object) -> tuple[int, str]:
    response = client(name).post(address, values)
    return response.status_code, response.content.decode()


def test_an_engagement_is_opened_from_a_request_set_up_and_signed_by_both(village: Village) -> None:
    town = village.town
    town.now = timezone.now()
    asked = town.ask()
    requests.welcome(asked, actor=town.actor("olga"), now=town.now)
    html = seen("pia", f"/engagements/new/?request={asked.pk}")
    assert f"#{asked.pk}" in html
    assert asked.title in html
    status, _ = post("pia", "/engagements/new/", home="orders", away_team=town.team("payments").pk, title=asked.title,
                     goal=asked.need, request=asked.pk)  # fmt: skip
    assert status == 303
    row = Engagement.objects.get()
    assert (row.request_id, row.home_team.name, row.away_team.name) == (asked.pk, "orders", "payments")
    step = f"/engagements/{row.pk}/setup"
    html = seen("pia", f"{step}/scope/")
    assert "CODEOWNERS" in html
    status, html = post("pia", f"{step}/scope/", version=row.version, lines="orders")
    assert status == 422
    assert "Line 1" in html
    status, _ = post("pia", f"{step}/scope/", version=row.version, lines="orders /refunds/")
    assert status == 303
    html = seen("pia", f"{step}/check/")
    assert "Name who comes." in html
    village.join(row, "paul", timezone.now())
    row.refresh_from_db()
    values = {"title": row.title, "goal": row.goal, "done_means": "A refund of one line works.\nThe runbook says how."}
    status, _ = post("pia", f"{step}/goal/", version=row.version, **values)
    assert status == 303
    row.refresh_from_db()
    assert row.done_means == ["A refund of one line works.", "The runbook says how."]
    people = {
        "home_decider": "olga",
        "home_contact": "olga",
        "home_deputy": "oscar",
        "away_lead": "pia",
        "manager": "mona",
    }
    keys = {field: town.person(name).pk for field, name in people.items()}
    status, html = post("pia", f"{step}/people/", version=row.version, **keys)
    assert status == 303, re.findall(r"field-error.*?</p>|flash-error.*?</p>", html, re.S)
    html = seen("pia", f"/engagements/{row.pk}/sign/")
    assert "Sign for payments and propose it" in html
    _, sha256 = actions.preview(Engagement.objects.get(), timezone.now())
    assert sha256 in html
    assert post("pia", f"/engagements/{row.pk}/sign/", sha256=sha256)[0] == 303
    row.refresh_from_db()
    assert row.state == State.PROPOSED
    html = seen("olga", f"/engagements/{row.pk}/sign/")
    assert "Sign for orders" in html
    assert "A refund of one line works." in html
    assert post("olga", f"/engagements/{row.pk}/sign/", sha256=sha256)[0] == 303
    row.refresh_from_db()
    assert row.state in (State.AGREED, State.ACTIVE)
    assert {one.side for one in Signature.objects.all()} == {"home", "away"}
    html = seen("ann", f"/engagements/{row.pk}/")
    assert "in force" in html
    assert sha256[:12] in html


def test_who_may_not_sign_sees_why_and_changes_nothing(village: Village) -> None:
    row = village.propose(**days())
    before = rows()
    html = seen("ann", f"/engagements/{row.pk}/sign/")
    assert "can’t sign it" in html
    assert "Sign for orders" not in html
    sha256 = village.waiting(row).sha256
    assert post("ann", f"/engagements/{row.pk}/sign/", sha256=sha256)[0] == 422
    assert post("pia", f"/engagements/{row.pk}/sign/", sha256=sha256)[0] in (409, 422)
    assert rows() == before


def test_another_hash_is_refused_and_the_text_shown_again(village: Village) -> None:
    row = village.propose(**days())
    before = rows()
    status, html = post("olga", f"/engagements/{row.pk}/sign/", sha256="0" * 64)
    assert status == 409
    assert "the hash of the text" in html
    assert village.waiting(row).sha256 in html
    assert rows() == before


def test_a_proposed_text_is_declined_with_a_reason(village: Village) -> None:
    row = village.propose(**days())
    status, html = post("olga", f"/engagements/{row.pk}/sign/", do="decline", reason="no-time")
    assert status == 422
    assert "This field is required" in html
    status, _ = post("olga", f"/engagements/{row.pk}/sign/", do="decline", reason="no-time", words="Not before May.")
    assert status == 303
    html = seen("pia", f"/engagements/{row.pk}/")
    assert "Not before May." in html
    assert Engagement.objects.get(pk=row.pk).state == State.DECLINED


def test_a_proposed_text_is_taken_back_by_its_own_side(village: Village) -> None:
    row = village.propose(**days())
    assert post("pia", f"/engagements/{row.pk}/sign/", do="withdraw", words="The days change.")[0] == 303
    assert Engagement.objects.get(pk=row.pk).state == State.PREPARING
    assert "earlier text" in seen("olga", f"/engagements/{row.pk}/")


def active(village: Village) -> Engagement:
    given = days()
    row = village.agreed(**given)
    if row.state == State.AGREED:
        row = actions.start(row, actor=village.actor("pia", given["now"]), now=given["now"])
    return row


def test_the_page_tells_the_story(village: Village) -> None:
    row = active(village)
    Standard.objects.create(engagement=row, title="CONTRIBUTING.md", path="CONTRIBUTING.md", repository="orders",
                            commit="a" * 40, sha256="b" * 64, text="# Tests\n\nRun them.\n")  # fmt: skip
    html = seen("pia", f"/engagements/{row.pk}/")
    for words in ("It is your turn", "access is given", "/refunds/", "CONTRIBUTING.md", "olga", "decider of record"):
        assert words in html
    standard = Standard.objects.get()
    html = seen("oscar", f"/engagements/{row.pk}/standards/{standard.pk}/")
    assert 'href="#L1">Tests</a>' in html
    assert 'id="L3"' in html


def test_a_pause_by_its_form(village: Village) -> None:
    row = active(village)
    until = (timezone.now() + timedelta(days=4)).date()
    address = f"/engagements/{row.pk}/pause/"
    assert "goes on" in seen("pia", address)
    status, html = post("pia", address, version=row.version, until="2001-01-01", words="Fire elsewhere.")
    assert status == 422
    assert "Fire elsewhere." in html
    status, _ = post("pia", address, version=row.version, until=until.isoformat(), words="Fire elsewhere.")
    assert status == 303
    assert "paused" in seen("olga", f"/engagements/{row.pk}/")


def test_a_time_box_that_grew_says_by_how_much_and_why(village: Village) -> None:
    row, now = active(village), timezone.now()
    about = Subject("round", 7, "Round 7")
    made = actions.extend_by_ruling(row, days=3, why="Load tests at ten times a Friday.", subject=about,
                                    actor=village.actor("sue", now), now=now)  # fmt: skip
    html = seen("ann", f"/engagements/{row.pk}/")
    assert "3 working days" in html
    assert made.after.isoformat() in html
    assert "Load tests at ten times a Friday." in html


def test_what_is_filled_in_at_one_sitting_is_told_once(village: Village) -> None:
    given = days()
    row = village.open(**given)
    for number, title in enumerate(("First", "Second", "Third")):
        at = given["now"] + timedelta(minutes=5 * number)
        actions.write_draft(row.pk, actor=village.actor("pia", at), now=at, title=title)
    entries = [one for one in timeline(row, {}) if one.name == "engagement.edited"]
    assert len(entries) == 1
    assert list(entries[0].changes["title"]) == ["Refund a part of an order", "Third"]


def test_the_tour_leads_to_an_away_team_at_work(village: Village) -> None:
    assert _telling(village.actor("ann", timezone.now())) is None
    row = active(village)
    assert _telling(village.actor("ann", timezone.now())) == f"/engagements/{row.pk}/"


def test_a_stale_form_shows_what_changed_and_keeps_the_words(village: Village) -> None:
    row = active(village)
    status, html = post("pia", f"/engagements/{row.pk}/withdraw/", version=row.version - 1, reason="blocked",
                        words="It took a while to write this.", seen=row.created_at.isoformat())  # fmt: skip
    assert status == 409
    assert "has changed since" in html
    assert "It took a while to write this." in html
    assert Engagement.objects.get(pk=row.pk).state == State.ACTIVE


def test_who_may_not_act_changes_nothing(village: Village) -> None:
    row = active(village)
    before = rows()
    for verb, values in (("withdraw", {"reason": "blocked", "words": "x"}), ("hand-over", {})):
        assert post("ann", f"/engagements/{row.pk}/{verb}/", version=row.version, **values)[0] == 422
    assert "can’t do now" in seen("ann", f"/engagements/{row.pk}/")
    assert rows() == before


def test_an_amendment_shows_what_it_changes_before_it_is_signed(village: Village) -> None:
    row = active(village)
    html = seen("pia", f"/engagements/{row.pk}/amend/")
    assert "Why it is amended" in html
    later = (row.ends_on + timedelta(days=14)).isoformat() if row.ends_on else ""
    values = {
        "version": row.version, "why": "The import is larger than we knew.", "title": row.title, "goal": row.goal,
        "done_means": "\n".join(row.done_means), "home_decider": row.home_decider_id,
        "home_contact": row.home_contact_id,
        "home_deputy": row.home_deputy_id, "away_lead": row.away_lead_id, "manager": row.manager_id,
        "lines": "orders /refunds/", "ends_on": later, "working_days": row.working_days, "review_mode": row.review_mode,
        "pledged_hours": row.pledged_hours, "warranty_days": row.warranty_days,
    }  # fmt: skip
    status, html = post("pia", f"/engagements/{row.pk}/amend/", **values)
    assert status == 303, re.findall(r"field-error.*?</p>|flash-error.*?</p>", html, re.S)
    html = seen("olga", f"/engagements/{row.pk}/sign/")
    assert "Last day" in html
    assert later in html
    sha256 = village.waiting(row).sha256
    assert post("olga", f"/engagements/{row.pk}/sign/", sha256=sha256)[0] == 303
    assert Engagement.objects.get(pk=row.pk).ends_on.isoformat() == later  # type: ignore[union-attr]
    html = seen("ann", f"/engagements/{row.pk}/contracts/2/")
    assert "The import is larger than we knew." in html
    assert "What it changes" in html


def test_lists_narrow_sort_page_and_export(village: Village) -> None:
    first, second = active(village), village.open(title="Cheaper invoices", **days())
    html = seen("pia", "/engagements/")
    assert first.title in html
    assert "Cheaper invoices" in html
    html = seen("pia", "/engagements/?state=preparing&away=payments&sort=-title&q=cheaper")
    assert first.title not in html
    assert f"/engagements/{second.pk}/" in html
    assert "Nothing fits." in seen("pia", "/engagements/?home=payments")
    response = client("pia").get("/engagements/?format=json")
    listed = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    assert b"Cheaper invoices" in listed
    response = client("pia").get("/engagements/?format=csv")
    assert b"Cheaper invoices" in b"".join(response.streaming_content)  # type: ignore[attr-defined]
    assert "Cheaper invoices" in seen("pia", "/engagements/board/?away=mine")
    for team in ("payments", "orders", "commerce"):
        assert "Cheaper invoices" in seen("ann", f"/teams/default/{team}/engagements/")
    seen("ann", "/engagements/?sort=wrong", 422)


def test_panels_stand_on_pages_of_services_teams_and_people(village: Village) -> None:
    row = active(village)
    for address in (
        "/catalog/default/component/orders-api/",
        "/teams/default/orders/",
        "/teams/default/payments/",
        "/people/default/paul/",
    ):
        assert f"/engagements/{row.pk}/" in seen("ann", address), address


def test_a_restricted_visit_is_not_there_for_others(village: Village) -> None:
    row = active(village)
    village.service.restricted = True
    village.service.save(update_fields=["restricted"])
    assert row.title not in seen("sue", "/engagements/")
    seen("sue", f"/engagements/{row.pk}/", 404)
    seen("sue", f"/engagements/{row.pk}/sign/", 404)
    seen("sue", f"/engagements/{row.pk}/setup/goal/", 404)
    seen("paul", f"/engagements/{row.pk}/")


def test_people_are_put_on_the_list_agreed_to_and_taken_off(village: Village) -> None:
    row = village.open(**days())
    address = f"/engagements/{row.pk}/setup/members/"
    assert "paul" in seen("pia", address)
    sue = village.person("sue")
    assert post("pia", address, do="add", share=40, other="sue")[0] == 303
    member = row.members.get(person=sue)
    assert (member.share, member.agreed_at) == (40, None)
    assert "their manager’s" in seen("pia", address)
    before = rows()
    assert post("ann", address, do="agree", member=member.pk)[0] == 403
    assert rows() == before
    status, html = post("pia", address, do="add", share=40, other="oscar")
    assert status == 422
    assert "nobody is on both" in html
    assert post("sue", address, do="end", member=member.pk, reason="Elsewhere.")[0] == 303
    assert row.members.get(person=sue).left_at is not None


def test_a_place_is_offered_applied_for_and_taken(village: Village) -> None:
    row = active(village)
    address = f"/engagements/{row.pk}/setup/members/"
    given = {"title": "Somebody who knows exports", "skills": "SQL, Python", "hours": 60, "words": "Ask paul."}
    assert post("pia", address, do="offer", **given)[0] == 303
    place = row.places.get()
    html = seen("sue", "/places/?q=exports&skill=sql")
    assert "Somebody who knows exports" in html
    assert post("sue", f"/places/{place.pk}/", do="apply", words="I wrote the last one.")[0] == 303
    assert "You applied" in seen("sue", f"/places/{place.pk}/")
    assert "I wrote the last one." not in seen("ann", f"/places/{place.pk}/")
    html = seen("pia", f"/places/{place.pk}/")
    assert "I wrote the last one." in html
    applied = place.applications.get()
    before = rows()
    assert post("ann", f"/places/{place.pk}/", do="take", application=applied.pk, share=50)[0] in (403, 422)
    assert rows() == before
    assert post("pia", f"/places/{place.pk}/", do="take", application=applied.pk, share=50)[0] == 303
    assert row.members.filter(person=village.person("sue"), left_at__isnull=True).exists()
    assert "No place fits." in seen("ann", "/places/?q=exports")


JUNIT = b"""<?xml version="1.0"?><testsuite name="all" tests="2" failures="1"><testcase classname="refunds" name="half">
<failure message="expected 2">no</failure></testcase><testcase classname="refunds" name="whole"/></testsuite>"""


def test_the_baseline_is_taken_from_files_and_by_hand(village: Village) -> None:
    row = village.open(**days())
    address = f"/engagements/{row.pk}/setup/baseline/"
    status, html = post("pia", address, do="upload", results=SimpleUploadedFile("junit.xml", JUNIT))
    assert status == 303, re.findall(r"field-error.*?</p>|flash-error.*?</p>", html, re.S)
    assert "half" in seen("pia", address)
    status, html = post("pia", address, do="upload", results=SimpleUploadedFile("bad.xml", b"<testsuite"))
    assert status == 422
    assert "bad.xml" in html
    assert post("pia", address, do="item", kind="defect", key="Rounding of half a cent")[0] == 303
    assert row.baseline.count() == 2
    item = row.baseline.get(kind="defect")
    assert post("ann", address, do="drop", id=item.pk)[0] in (403, 409, 422)
    assert post("pia", address, do="drop", id=item.pk)[0] == 303
    assert row.baseline.count() == 1


def test_standards_are_written_by_hand_and_taken_out(village: Village) -> None:
    row = village.open(**days())
    address = f"/engagements/{row.pk}/setup/standards/"
    assert "write the standards by hand" in seen("pia", address)
    status, _ = post("pia", address, do="write", title="Reviews", text="")
    assert status == 422
    assert post("pia", address, do="write", title="Reviews", text="# Tests\nEach change has one.")[0] == 303
    standard = row.standards.get()
    assert "Each change has one." in seen("olga", f"/engagements/{row.pk}/standards/{standard.pk}/")
    assert post("pia", address, do="remove", id=standard.pk)[0] == 303
    assert not row.standards.exists()
