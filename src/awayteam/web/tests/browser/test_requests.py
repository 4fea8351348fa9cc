"""The whole story of a request in a browser: ask, merge, the clock runs out, escalate, reshuffle, deliver, done."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Tab
from pytest_django.live_server_helper import LiveServer

from awayteam.kernel import clocks
from awayteam.kernel.models import Clock
from awayteam.organisation.models import Team
from awayteam.requests.models import Request
from awayteam.requests.tests.town import Town, found, service
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
    told = {name: [one for one in reader.complaints if "(Conflict)" not in one] for name, reader in readers.items()}
    complaints = {name: lines for name, lines in told.items() if lines}
    for reader in readers.values():
        reader.context.close()
    assert complaints == {}


def fill(tab: Tab, **values: str) -> None:
    for name, value in values.items():
        tab.locator(f"main [name={name}]:visible").first.fill(value)


def do(tab: Tab, server: str, request: Request, verb: str, button: str, **values: str) -> None:
    """Open the form of a verb on its page, fill it and press its button."""
    tab.goto(f"{server}/requests/{request.pk}/{verb}/")
    fill(tab, **values)
    tab.locator("main").get_by_role("button", name=button, exact=True).click()
    expect(tab).to_have_url(f"{server}/requests/{request.pk}/")


def ask(tab: Tab, server: str, title: str, value: str, *, away: bool) -> Request:
    tab.goto(f"{server}/ask/?entity=component:default/orders-api")
    fill(tab, title=title, need="Customers send back one thing, not everything.", value_per_week=value)
    fill(tab, grounds="Counted by the support desk.")
    if not away:
        tab.locator("[name=can_send_away][value=no]").check()
        fill(tab, away_impossible="Nobody here knows the language.")
    tab.locator("main form").get_by_role("button", name="Ask", exact=True).click()
    expect(tab.get_by_role("heading", level=1)).to_contain_text(title)
    return Request.objects.get(title=title)


def run_out(request: Request) -> None:
    """Let the time of a request be over, and a worker look."""
    past = timezone.now() - timedelta(seconds=1)
    request.refresh_from_db()
    Clock.objects.filter(pk=request.clock_id).update(due_at=past, next_at=past, reminders=[])
    assert clocks.run_due(timezone.now()) == 1


def state_of(request: Request) -> str:
    request.refresh_from_db()
    return str(request.state)


def test_a_request_is_asked_merged_left_to_the_clock_escalated_and_done(
    people: People, town: Town, live_server: LiveServer, picture: Picture
) -> None:
    server = live_server.url
    paul, sue, olga, mona = (people(name) for name in ("paul", "sue", "olga", "mona"))

    first = ask(paul, server, "Refund single lines", "300", away=False)
    second = ask(sue, server, "Take back part of an order", "120", away=True)
    picture(paul, "request-asked")
    assert faults(paul) == []

    olga.goto(f"{server}/")
    expect(olga.locator("#turn-yours").get_by_role("link", name="Refund single lines")).to_be_visible()
    do(olga, server, second, "merge", "Merge into an equal request", into=f"#{first.pk}", words="The same wish.")
    olga.goto(f"{server}/requests/{first.pk}/")
    expect(olga.locator("main")).to_contain_text("420")
    picture(olga, "request-merged")

    run_out(first)
    assert state_of(first) == "overdue"
    paul.goto(f"{server}/requests/{first.pk}/")
    expect(paul.locator("main")).to_contain_text("choose what now")
    picture(paul, "request-overdue")
    assert faults(paul) == []

    do(paul, server, first, "escalate", "Escalate to a manager", words="420 a week, and nobody answers.")
    assert state_of(first) == "escalated"
    mona.goto(f"{server}/requests/{first.pk}/brief/")
    picture(mona, "request-brief")
    assert faults(mona) == []
    plan = {"effort_low": "1", "effort_likely": "2", "effort_high": "3", "rank": "1"}
    button = "Put it on the roadmap, and say what gives way"
    do(mona, server, first, "reshuffle", button, **plan, words="This goes first.", minutes_spent="25")
    assert state_of(first) == "accepted"
    assert first.item is not None
    assert (first.item.rank, first.item.team) == (1, town.team("orders"))

    do(olga, server, first, "deliver", "Say that it is delivered", words="It is live.")
    do(paul, server, first, "confirm", "Confirm that it is done")
    assert state_of(first) == "done"
    expect(paul.locator("main")).to_contain_text("confirmed that it is done")
    picture(paul, "request-done")
    assert faults(paul) == []


def test_two_deciders_do_not_overwrite_each_other(people: People, town: Town, live_server: LiveServer) -> None:
    server = live_server.url
    request = town.ask()
    olga, paul = people("olga"), people("paul")
    olga.goto(f"{server}/requests/{request.pk}/decline/")
    fill(olga, words="Not now, and these words took a while.")
    do(paul, server, request, "revise", "Change what is asked", reason="Said better", title="Refund one line")
    olga.locator("main").get_by_role("button", name="Decline with a reason", exact=True).click()
    expect(olga.locator("main")).to_contain_text("has changed since")
    expect(olga.locator("main [name=words]")).to_have_value("Not now, and these words took a while.")
    assert state_of(request) == "asked"
