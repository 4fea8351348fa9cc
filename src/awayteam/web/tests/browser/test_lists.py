"""In a browser: many rows at once, saved views and the tour, with and without JavaScript."""

from typing import Any

import pytest
from django.conf import settings
from django.template import engines
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from awayteam.web.tests.browser.test_browser import MakeReader, Picture, faults
from awayteam.web.tests.shop import Shop

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def in_both_themes(tab: Tab) -> list[str]:
    found = []
    for theme in ("light", "dark"):
        tab.evaluate("theme => { document.documentElement.dataset.bsTheme = theme; }", theme)
        found += faults(tab)
    return found


def row(tab: Tab, name: str) -> Any:
    return tab.get_by_role("checkbox", name=name, exact=True)


def test_rows_are_ticked_changed_and_changed_back(reader: MakeReader, shop: Shop, picture: Picture) -> None:
    one = reader("zoe")
    tab = one.open("/services/?sort=name")
    bar = tab.locator(".bulk-bar")
    expect(bar).to_be_hidden()
    boxes = tab.locator(".pick input[name=ids]")
    boxes.nth(0).click()
    boxes.nth(2).click(modifiers=["Shift"])
    expect(bar).to_contain_text("3 ticked")
    tab.keyboard.press("j")
    tab.locator("[data-row]").nth(3).focus()
    tab.keyboard.press("x")
    expect(bar).to_contain_text("4 ticked")
    picture(tab, "bulk-ticked")
    assert in_both_themes(tab) == []
    tab.get_by_role("button", name="Add a tag").click()
    tab.get_by_label("Tag").fill("reviewed")
    tab.locator("#id_reason").fill("Looked through.")
    picture(tab, "bulk-asked")
    assert in_both_themes(tab) == []
    tab.get_by_role("button", name="Add a tag of 4 entries").click()
    expect(tab.locator(".bulk-told")).to_contain_text("Add the tag reviewed: 4 changed")
    picture(tab, "bulk-told")
    assert in_both_themes(tab) == []
    tab.get_by_role("button", name="Undo").click()
    expect(tab.get_by_role("status").first).to_contain_text("Taken back for 4.")
    assert one.complaints == []


def test_many_rows_without_javascript(reader: MakeReader, shop: Shop) -> None:
    tab = reader("zoe", script=False, width=390).open("/services/")
    row(tab, "finder").check()
    row(tab, "lonely").check()
    tab.get_by_role("button", name="Set the lifecycle").click()
    tab.get_by_label("Lifecycle").fill("retired")
    tab.locator("#id_reason").fill("Without a script.")
    tab.get_by_role("button", name="Set the lifecycle of 2 entries").click()
    tab.get_by_role("button", name="Undo").click()
    expect(tab.get_by_role("status").first).to_contain_text("Taken back for 2.")


@pytest.mark.parametrize("script", [True, False])
def test_a_view_is_kept_and_opens_first(reader: MakeReader, shop: Shop, picture: Picture, script: bool) -> None:
    one = reader("ada", script=script)
    tab = one.open("/services/?tag=java")
    tab.locator(".views-menu > summary").click()
    if script:
        picture(tab, "views-menu")
        assert in_both_themes(tab) == []
    tab.get_by_label("Keep this view as").fill("Java")
    tab.get_by_role("button", name="Keep", exact=True).click()
    menu = tab.locator(".views-menu")
    expect(menu.locator("summary")).to_contain_text("Java")
    menu.locator("summary").click()
    tab.get_by_role("button", name="Open the list with this").click()
    tab.goto(f"{one.server}/services/")
    assert "tag=java" in tab.url
    tab.locator(".views-menu > summary").click()
    tab.get_by_role("link", name="Everything").click()
    assert tab.url.endswith("/services/?saved=all")


def test_the_tour_is_walked_with_the_keyboard(
    reader: MakeReader, shop: Shop, picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine: Any = engines["pages"]
    monkeypatch.setattr(settings, "DEMO", True)
    monkeypatch.setitem(engine.env.globals, "demo", True)
    one = reader("ada")
    tab = one.open("/")
    tab.get_by_role("link", name="Take the tour").click()
    strip = tab.locator(".tour")
    expect(strip).to_contain_text("Tour 1 of 5")
    picture(tab, "tour")
    assert in_both_themes(tab) == []
    tab.keyboard.press("n")
    expect(strip).to_contain_text("Tour 2 of 5")
    tab.keyboard.press("b")
    expect(strip).to_contain_text("Tour 1 of 5")
    strip.get_by_role("link").nth(1).click()
    expect(tab.locator(":target")).to_be_visible()
    strip.get_by_role("button", name="Leave the tour").click()
    expect(strip).to_be_hidden()
    tab.get_by_role("link", name="Go on with the tour").click()
    expect(strip).to_contain_text("Tour 1 of 5")
    assert one.complaints == []
