"""Successions in a browser: every page in both themes, and a transfer from the question to the new owner."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from awayteam.catalog.models import Entity
from awayteam.succession.models import Succession
from awayteam.succession.tests import shop as succession
from awayteam.web.tests.browser.conftest import Reader
from awayteam.web.tests.browser.test_browser import Picture, faults
from awayteam.web.tests.browser.test_changes import NAMES, fits
from awayteam.web.tests.shop import Shop

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MakeReader = Callable[..., Reader]


def test_the_pages_of_successions_are_for_everybody(reader: MakeReader, shop: Shop, picture: Picture) -> None:
    """In both themes, on a telephone and at a desk: axe finds nothing, the console is silent, nothing is cut off."""
    found: list[str] = []
    asked, handed, ending = succession.asked(), succession.handed(), succession.ending()
    measured = succession.measured()
    pages = {
        "list": "/succession/", "candidates": "/succession/candidates/", "new": "/succession/new/",
        "asked": f"/succession/{asked}/", "handed": f"/succession/{handed}/", "ending": f"/succession/{ending}/",
        "measured": f"/succession/{measured}/", "thing": "/catalog/default/resource/basket-db/",
        "team": "/teams/default/search/",
    }  # fmt: skip
    for theme, width in ((theme, width) for theme in ("light", "dark") for width in NAMES):
        one = reader("sam", theme=theme, width=width)
        for name, address in pages.items():
            tab, here = one.open(address), f"{name}, {theme}, {NAMES[width]}"
            found += [f"{here}: {fault}" for fault in faults(tab)]
            found += [] if fits(tab) else [f"{here}: wider than the window"]
            picture(tab, f"succession-{name}-{theme}-{NAMES[width]}", whole=True)
        found += one.complaints
    assert not found, "\n".join(found)


def test_a_transfer_is_asked_for_agreed_to_ticked_and_taken_over(reader: MakeReader, shop: Shop) -> None:
    """With JavaScript and without its first half: forms do everything."""
    sam, zoe = reader("sam", script=False), reader("zoe")
    tab = sam.open("/succession/new/?how=ask&entity=component:default/by-hand")
    tab.get_by_label("Team that gets it").fill("search")
    tab.get_by_label("Why").fill("We tend it anyway.")
    tab.get_by_role("button", name="Begin").click()
    row = Succession.objects.get(entity__name="by-hand")
    address = f"/succession/{row.pk}/"
    expect(tab.locator("#next")).to_contain_text("Accept or refuse it")
    tab = zoe.open(address)
    tab.locator("summary", has_text="Accept").click()
    tab.get_by_role("button", name="Accept", exact=True).click()
    expect(tab.locator(".story-head")).to_contain_text("handing over")
    tab = sam.open(address)
    for number in range(1, 7):
        tab.get_by_role("button", name=f"Tick line {number}").click()
    expect(tab.locator(".story-head")).to_contain_text("6 of 6")
    tab.locator("summary", has_text="Take it over").click()
    tab.get_by_role("button", name="Take it over", exact=True).click()
    expect(tab.locator(".story-head")).to_contain_text("changed hands")
    assert Entity.objects.select_related("owner").get(name="by-hand").owner.name == "search"  # type: ignore[union-attr]
