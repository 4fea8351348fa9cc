"""An away team's visit in a browser, two people in two windows: from the request to the warranty's end."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Tab
from pytest_django.live_server_helper import LiveServer

from awayteam.engagements.models import Engagement
from awayteam.handovers import actions as handovers
from awayteam.handovers.actions import Shown
from awayteam.handovers.models import Handover
from awayteam.handovers.rules import BY_ITSELF, WALKTHROUGH
from awayteam.kernel import clocks
from awayteam.kernel.models import Clock
from awayteam.organisation.models import Team
from awayteam.requests import actions as requests
from awayteam.requests.models import Request
from awayteam.requests.tests.town import Town, found, service
from awayteam.rounds.models import Round
from awayteam.web.tests.browser.conftest import Reader, sign_in
from awayteam.web.tests.browser.test_browser import Picture, faults

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ROUND_THE_CLOCK = {"weekdays": [0, 1, 2, 3, 4, 5, 6], "hours": ["00:00", "24:00"]}
People = Callable[[str], Tab]


@pytest.fixture
def town(transactional_db: None) -> Town:
    """The town of requests, at work day and night, with an account for everybody."""
    town = found()
    town.now = timezone.now()
    Team.objects.update(calendar=ROUND_THE_CLOCK)
    service(town)
    for name, person in town.people.items():
        get_user_model().objects.create_user(name, person=person)
    return town


@pytest.fixture
def people(browser: Browser, town: Town, live_server: LiveServer) -> Iterator[People]:
    """A window for each person, who is signed in; what their consoles said must be nothing."""
    readers: dict[str, Reader] = {}

    def window(name: str) -> Tab:
        if name not in readers:
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            context.add_cookies([sign_in(get_user_model().objects.get(username=name), live_server.url)])
            readers[name] = Reader(context, live_server.url)
        return readers[name].page

    yield window
    complaints = {name: reader.complaints for name, reader in readers.items() if reader.complaints}
    for reader in readers.values():
        reader.context.close()
    assert complaints == {}


def fill(tab: Tab, **values: str) -> None:
    for name, value in values.items():
        tab.locator(f"main [name={name}]:visible").first.fill(value)


def press(tab: Tab, words: str) -> None:
    tab.locator("main").get_by_role("button", name=words, exact=True).first.click()


def state_of(row: Engagement | Request) -> str:
    row.refresh_from_db()
    return str(row.state)


def prepare(
    tab: Tab, server: str, request: Request, town: Town, scope: str = "orders /refunds/"
) -> Engagement:  # fmt: skip
    """Open an engagement from the request, and go through the steps of its set-up."""
    tab.goto(f"{server}/requests/{request.pk}/")
    tab.locator("#do-send-away summary").click()
    tab.get_by_role("link", name="Prepare its contract").click()
    expect(tab.locator("main [name=title]")).to_have_value(request.title)
    press(tab, "Open, and go on")
    row = Engagement.objects.get()
    assert row.request_id == request.pk
    fill(tab, done_means="A refund of one line works.\nThe runbook says how.")
    press(tab, "Save, and go on")
    tab.locator("[name=home_deputy]").select_option(label="oscar")
    tab.locator("[name=manager]").select_option(label="mona")
    press(tab, "Save, and go on")
    fill(tab, lines=scope)
    press(tab, "Save, and go on")
    today = timezone.now().date()
    fill(tab, starts_on=today.isoformat(), ends_on=(today + timedelta(days=21)).isoformat(), working_days="12")
    press(tab, "Save, and go on")
    tab.locator("[name=somebody]").select_option(label="paul")
    press(tab, "Put on the list")
    expect(tab.locator("main")).to_contain_text("all given")
    tab.goto(f"{server}/engagements/{row.pk}/setup/standards/")
    fill(tab, title="How orders changes code", text="# Tests\n\nEach change has a test that fails without it.")
    press(tab, "Freeze it")
    expect(tab.locator("main")).to_contain_text("How orders changes code")
    tab.goto(f"{server}/engagements/{row.pk}/setup/check/")
    assert town.person("paul").pk in row.members.values_list("person_id", flat=True)
    return row


def sign(home: Tab, away: Tab, server: str, row: Engagement, picture: Picture) -> None:
    """The away team's lead proposes, the home team's decider signs the same text."""
    away.get_by_role("link", name="Read, sign and propose").click()
    press(away, "Sign for payments and propose it")
    expect(away.locator(".state-large")).to_contain_text("proposed")
    home.goto(f"{server}/")
    home.locator("#turn-yours").get_by_role("link", name=row.title).first.click()
    home.get_by_role("link", name="Read and sign").first.click()
    expect(home.locator("main")).to_contain_text("A refund of one line works.")
    assert faults(home) == []
    picture(home, "engagement-sign")
    press(home, "Sign for orders")
    expect(home.locator(".state-large")).to_contain_text("active")


def review(home: Tab, away: Tab, server: str, row: Engagement) -> None:
    away.goto(f"{server}/engagements/{row.pk}/rounds/new/")
    fill(away, title="Refunds by line")
    press(away, "Ask for a review")
    shown = Round.objects.get()
    home.goto(f"{server}/rounds/{shown.pk}/approve/")
    press(home, "Approve")
    shown.refresh_from_db()
    assert shown.state == "approved"


def hand_over(home: Tab, away: Tab, server: str, row: Engagement, town: Town) -> None:
    """Begin from the engagement's page; every line is shown; submitted and accepted in the browser."""
    away.goto(f"{server}/engagements/{row.pk}/")
    away.locator("#do-hand-over summary").click()
    away.locator("#do-hand-over").get_by_role("button", name="Begin the handover").click()
    expect(away.locator(".state-large")).to_contain_text("handing over")
    handover, now = Handover.objects.get(), timezone.now()
    for line in handover.lines.exclude(key=BY_ITSELF):
        shown = Shown(words="See the pipeline.")
        if line.key == WALKTHROUGH:
            shown = Shown(on=now.date(), attended_by=town.person("oscar"))
        handovers.add_evidence(handover, line.number, actor=town.actor("pia", now), now=now, shown=shown)
        handovers.tick(handover, line.number, actor=town.actor("pia", now), now=now)
    away.goto(f"{server}/handovers/{handover.pk}/submit/")
    fill(away, summary="Refunds by line, behind a switch.")
    press(away, "Submit the handover")
    home.goto(f"{server}/handovers/{handover.pk}/accept/")
    press(home, "Accept the handover")
    assert state_of(row) == "production"


def test_a_visit_from_the_request_to_the_end_of_its_warranty(
    people: People, town: Town, live_server: LiveServer, picture: Picture
) -> None:
    server, request = live_server.url, town.ask()
    requests.welcome(request, actor=town.actor("olga"), now=timezone.now())
    pia, olga = people("pia"), people("olga")

    row = prepare(pia, server, request, town)
    assert faults(pia) == []
    picture(pia, "engagement-prepared")
    sign(olga, pia, server, row, picture)
    assert state_of(row) == "active"
    assert state_of(request) == "away"
    pia.goto(f"{server}/engagements/{row.pk}/")
    expect(pia.locator("#scope")).to_contain_text("access is given")
    assert faults(pia) == []
    picture(pia, "engagement-active")

    review(olga, pia, server, row)
    hand_over(olga, pia, server, row, town)
    pia.goto(f"{server}/deployments/{row.pk}/")
    press(pia, "Record it")
    assert state_of(row) == "warranty"
    expect(pia.locator(".state-large")).to_contain_text("warranty")
    assert state_of(request) in ("delivered", "done")

    past = timezone.now() - timedelta(seconds=1)
    assert row.clock_id is not None  # the warranty's
    Clock.objects.filter(pk=row.clock_id).update(due_at=past, next_at=past, reminders=[])
    assert clocks.run_due(timezone.now()) >= 1
    assert state_of(row) == "closed"
    olga.goto(f"{server}/engagements/{row.pk}/")
    expect(olga.locator(".state-large")).to_contain_text("closed")
    expect(olga.locator("#scope")).to_contain_text("access has ended")
    assert faults(olga) == []
    picture(olga, "engagement-closed")
