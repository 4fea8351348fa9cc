"""An experiment in a browser, from the hypothesis to the removal of its flag, with traffic that flags assigned."""

import json
import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Tab
from pytest_django.live_server_helper import LiveServer

from awayteam.experiments.measuring import working
from awayteam.experiments.models import Epoch, Experiment
from awayteam.experiments.tests import town as towns
from awayteam.experiments.tests.town import Town, event, exposure
from awayteam.flags.models import Flag
from awayteam.organisation.models import Team
from awayteam.reviews.models import RegisterEntry, Review
from awayteam.web.tests.browser.conftest import Reader, sign_in
from awayteam.web.tests.browser.test_browser import COLOURS, Picture, faults

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ROUND_THE_CLOCK = {"weekdays": [0, 1, 2, 3, 4, 5, 6], "hours": ["00:00", "24:00"]}
People = Callable[[str], Tab]


@pytest.fixture
def town(transactional_db: None, settings: Any, tmp_path: Path) -> Town:
    settings.DATA = tmp_path
    town = towns.found()
    town.now = timezone.now()
    Team.objects.update(calendar=ROUND_THE_CLOCK)
    for name, person in town.people.items():
        get_user_model().objects.get_or_create(username=name, defaults={"person": person})
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


def do(tab: Tab, verb: str, button: str, /, **values: str) -> None:
    """Open a verb on the page of the experiment, fill its form, press it."""
    tab.locator(f"#do-{verb} > summary").click()
    fill(tab, **values)
    tab.locator(f"#do-{verb}").get_by_role("button", name=button, exact=True).click()


def traffic(server: str, row: Experiment, token: str, tab: Tab) -> None:
    """900 visitors come: each is assigned by the flag's own rule, and told of over HTTP by a sender."""
    from awayteam.experiments import serving
    from awayteam.flags.assignment import Assigner

    rule = serving.rule_of(row)
    assert rule is not None
    assigner, chance = Assigner(rule), random.Random(5)
    assert row.started_at is not None
    exposures, events = [], []
    for number in range(900):
        name = f"visitor-{number}"
        arm = assigner.assign(name).arm
        assert arm is not None
        at = row.started_at + timedelta(seconds=1 + number)
        exposures.append(exposure(row.key, name, arm, at, country=chance.choice(["de", "fr"])))
        if chance.random() < 0.3:
            events.append(event(name, "order", at + timedelta(milliseconds=300), 31.5))
        events.append(event(name, "wait", at + timedelta(milliseconds=100), 0.8 + 0.4 * chance.random()))
    answer = tab.request.post(
        f"{server}/experiments/facts", data=json.dumps({"exposures": exposures, "events": events}),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )  # fmt: skip
    assert answer.status == 202
    assert answer.json()["refused"] == 0


def test_from_the_hypothesis_to_the_removal(
    people: People, town: Town, live_server: LiveServer, picture: Picture
) -> None:
    server, olga = live_server.url, people("olga")
    olga.goto(f"{server}/experiments/new/")
    olga.locator("#question .lesson summary").click()
    expect(olga.get_by_text("Without it every result can be explained afterwards.")).to_be_visible()
    fill(
        olga, title="One page for paying", team="orders", decider="oscar", unit="user", surface="checkout", days="14",
        hypothesis="One page for paying lets more visitors buy, because a fifth gives up between the pages.",
        arms="control 50 Two pages\none 50 One page", daily_units="500", segments="country", cuped_days="0",
        size_1="20", mean_1="0.3", deviation_1="0.46", size_2="10",
    )  # fmt: skip
    olga.locator("[name=metric_1]").select_option("bought")
    olga.locator("[name=metric_2]").select_option("slow")
    olga.locator("[name=role_2]").select_option("guardrail")
    olga.locator("[name=customers]").check()
    picture(olga, "experiment-story-designer", whole=True)
    press(olga, "Keep the draft")
    do(olga, "check", "Check the design")
    expect(olga.locator("#checks")).to_contain_text("Guardrails are named")
    do(olga, "submit", "Register the design", words="Mind the margin, please.")
    row = Experiment.objects.get()
    assert row.state == "in-review"
    for review in Review.objects.order_by("field"):
        assert review.bar_raiser is not None
        raiser = people(review.bar_raiser.name)
        raiser.goto(f"{server}/reviews/{review.pk}/write/")
        for answer in raiser.locator("main textarea[name^=answer_]").all():
            answer.fill("It is fair.")
        fill(raiser, summary="Asked well.")
        raiser.locator("[name=recommendation]").select_option("for")
        raiser.get_by_role("button", name="Deliver").click()
        oscar = people("oscar")
        oscar.goto(f"{server}/reviews/{review.pk}/")
        do(oscar, "follow", "Follow the recommendation")
    row.refresh_from_db()
    assert row.state == "ready"
    where = f"{server}/experiments/{row.pk}/"
    olga.goto(where)
    do(olga, "start", "Start")
    expect(olga.locator("#epochs")).to_contain_text("100%")
    olga.goto(f"{server}/experiments/sources/")
    fill(olga, name="shop", team="orders")
    press(olga, "Make a token")
    token = olga.locator("code.token").inner_text()
    row.refresh_from_db()
    assert Flag.objects.get(key=row.key).archived_at is None
    began = timezone.now() - timedelta(hours=1)  # the visitors below come within this hour
    Experiment.objects.filter(pk=row.pk).update(started_at=began)
    from django.db import connection

    from awayteam.kernel import appendonly

    with appendonly.lifted(connection):
        Epoch.objects.filter(experiment=row).update(starts_at=began)
    row.refresh_from_db()
    traffic(server, row, token, olga)
    olga.goto(where)
    do(olga, "stop", "Stop", words="The season starts.")
    expect(olga.locator("#look")).to_contain_text("waiting for a worker")
    working.work(timezone.now(), 5, lambda: False)
    oscar = people("oscar")
    oscar.goto(f"{where}scorecard/")
    expect(oscar.locator("#rule")).to_contain_text("discuss")
    expect(oscar.locator("#arm-one svg").first).to_be_visible()
    expect(oscar.locator("#segments")).to_contain_text("country: de")
    oscar.locator("details.days > summary").first.click()
    for theme in ("light", "dark"):
        oscar.evaluate("theme => { document.documentElement.dataset.bsTheme = theme; }", theme)
        assert faults(oscar, COLOURS) == [] if theme == "dark" else faults(oscar) == []
        picture(oscar, f"experiment-story-scorecard-{theme}", whole=True)
    oscar.goto(where)
    oscar.locator("#do-decide > summary").click()
    oscar.locator("#do-decide [name=outcome][value=invalid]").check()
    fill(oscar, words="The till was down half the day.")
    oscar.locator("#do-decide").get_by_role("button", name="Decide", exact=True).click()
    expect(oscar.get_by_text("It was decided against the registered rule.")).to_be_visible()
    assert RegisterEntry.objects.get(kind="experiment").recommendation == "discuss"
    oscar.get_by_role("link", name="Why, and what came of it").click()
    expect(oscar.locator("main")).to_contain_text("The till was down half the day.")
    olga.goto(where)
    do(olga, "clean-up", "The flag is gone", words="Removed with change 17.")
    row.refresh_from_db()
    assert row.state == "cleaned-up"
    assert Flag.objects.get(key=row.key).archived_at is not None
    olga.goto(f"{server}/experiments/learnings/?q=till")
    expect(olga.locator("main")).to_contain_text("One page for paying")
    assert faults(olga) == []
