"""Changes in a browser: the list by keys, the page of one, what if with and without JavaScript, and an emergency."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from awayteam.gate.models import Change, ChangeReview, Judgement, Passage
from awayteam.gate.tests import shop as gate
from awayteam.web.tests.browser.conftest import Reader
from awayteam.web.tests.browser.test_browser import Picture, faults
from awayteam.web.tests.shop import Shop

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MakeReader = Callable[..., Reader]
NAMES = {390: "narrow", 1280: "wide"}


def fits(tab: Tab) -> bool:
    """Whether nothing is wider than the window."""
    return bool(tab.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_the_pages_of_changes_are_for_everybody(reader: MakeReader, shop: Shop, picture: Picture) -> None:
    """In both themes, on a telephone and at a desk: axe finds nothing, the console is silent, nothing is cut off."""
    found: list[str] = []
    visit, waiting = gate.visiting(), gate.change(gate.WAITING)
    pages = {
        "list": "/changes/",
        "visit": f"/changes/{visit}/",
        "waiting": f"/changes/{waiting}/",
        "explained": f"/changes/{waiting}/?explain=yes",
        "what-if": f"/changes/{visit}/?suppose=approved:ada&suppose=approved:sam&suppose=green:*",
        "refused": f"/changes/{visit}/?suppose=approved:nobody-is-called-so",
        "emergency": f"/changes/{waiting}/emergency/",
        "let-in": f"/changes/{gate.change(gate.HURRY)}/",
    }
    for theme, width in ((theme, width) for theme in ("light", "dark") for width in NAMES):
        one = reader("zoe", theme=theme, width=width)
        for name, address in pages.items():
            tab, here = one.open(address), f"{name}, {theme}, {NAMES[width]}"
            found += [f"{here}: {fault}" for fault in faults(tab)]
            found += [] if fits(tab) else [f"{here}: wider than the window"]
            picture(tab, f"changes-{name}-{theme}-{NAMES[width]}", whole=True)
        found += [each for each in one.complaints if "422" not in each]
    assert not found, "\n".join(found)


def test_changes_are_walked_by_keys(reader: MakeReader) -> None:
    tab = reader("ada").open("/")
    tab.keyboard.press("g")
    tab.keyboard.press("c")
    tab.wait_for_url("**/changes/")
    tab.keyboard.press("j")
    tab.keyboard.press("j")
    tab.keyboard.press("k")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/changes/*/")
    expect(tab.get_by_role("heading", name="May it go in?")).to_be_visible()


def test_what_if_is_an_address_and_writes_nothing(reader: MakeReader, shop: Shop) -> None:
    """With JavaScript and without: the form leads to an address that says the same to somebody else."""
    pk = gate.visiting()
    before = [model.objects.count() for model in (Judgement, ChangeReview, Passage)]
    for script in (True, False):
        one = reader("sam", script=script)
        tab = one.open(f"/changes/{pk}/")
        tab.get_by_label("This person approves").fill("ada")
        tab.get_by_role("button", name="What comes out?").click()
        tab.wait_for_url("**/changes/*/?suppose=approved%3Aada*")
        expect(tab.locator("#what-if")).to_contain_text("ada approves")
        expect(tab.locator(".verdict-other")).to_be_visible()
        other = reader("zoe", script=script).open(tab.url.removeprefix(one.server))
        expect(other.locator("#what-if")).to_contain_text("ada approves")
    assert [model.objects.count() for model in (Judgement, ChangeReview, Passage)] == before


def test_an_emergency_is_let_in_by_whom_the_rulebook_names(reader: MakeReader, shop: Shop) -> None:
    pk = gate.change(gate.WAITING)
    tab = reader("sam").open(f"/changes/{pk}/")
    expect(tab.locator("#emergency .btn-off")).to_be_visible()
    tab = reader("zoe").open(f"/changes/{pk}/")
    tab.locator("#emergency a.btn").click()
    tab.get_by_role("textbox", name="Reason").fill("Everything is down.")
    tab.get_by_role("button", name="Let it in, in public").click()
    tab.wait_for_url(f"**/changes/{pk}/")
    expect(tab.locator("#next")).to_contain_text("It may go in, as an emergency.")
    assert Passage.objects.get(change=pk).reason == "Everything is down."
    assert Change.objects.get(pk=pk).outcome == "allowed"
    tab.get_by_role("link", name="In the public register").click()
    tab.wait_for_url("**/register/*/")
    expect(tab.locator("main")).to_contain_text("Everything is down.")
