"""In a browser: axe on every page in both themes, narrow screens, the keyboard, and everything without JavaScript."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from markupsafe import Markup
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from awayteam.web.moments import ago
from awayteam.web.tests.browser.conftest import Reader
from awayteam.web.tests.inventory import BASKET, PAGES, TEAM
from awayteam.web.tests.shop import Shop

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MakeReader = Callable[..., Reader]
Picture = Callable[..., None]
WHOLE = [page for page in PAGES if page.key not in ("account_signup", "search_suggest", "source, state")]
PARTS = 4
"""The long walk over all pages is cut, so that workers share it."""
DESK, TELEPHONE, HEIGHT = 1280, 390, 800
ONLY = {"resultTypes": ["violations"], "selectors": True, "iframes": False}
AXE: dict[str, Any] = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], **ONLY}
COLOURS: dict[str, Any] = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}, **ONLY}
"""All that another theme can change."""


def faults(tab: Tab, options: dict[str, Any] = AXE) -> list[str]:
    if not tab.evaluate("typeof axe === 'object'"):
        tab.evaluate(AXE_SCRIPT)
    found: dict[str, Any] = tab.evaluate("options => axe.run(document, options)", options)
    return [
        f"{fault['id']}: {node['target']} {node['failureSummary'][:300]}"
        for fault in found["violations"]
        for node in fault["nodes"][:4]
    ]


@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_is_for_everybody(reader: MakeReader, shop: Shop, picture: Picture, part: int) -> None:
    """In both themes axe finds nothing; the console is silent (so the page's policy refuses nothing); nothing is wider
    than the window, neither a desk's nor a telephone's."""
    found: list[str] = []
    readers = {who: reader(who) for who in {page.who for page in WHOLE}}
    for page in WHOLE[part::PARTS]:
        one = readers[page.who]
        one.complaints.clear()
        tab = one.open(page.at(shop))
        for theme in ("light", "dark"):
            tab.evaluate("theme => { document.documentElement.dataset.bsTheme = theme; }", theme)
            rules = AXE if theme == "light" else COLOURS
            found += [f"{page.key}, {theme}: {fault}" for fault in faults(tab, rules)]
            picture(tab, f"{page.key}-{page.who}-{theme}")
        found += [f"{page.key}: {text}" for text in one.complaints if str(page.status) not in text]
        found += [f"{page.key}: wider than {width} pixels" for width in (DESK, TELEPHONE) if too_wide(tab, width)]
        picture(tab, f"{page.key}-{page.who}-narrow", whole=True)
        tab.set_viewport_size({"width": DESK, "height": HEIGHT})
    assert not found, "\n".join(found)


def too_wide(tab: Tab, width: int) -> bool:
    """Whether the page needs sideways scrolling in a window of this width, once its drawings have followed."""
    tab.set_viewport_size({"width": width, "height": HEIGHT})
    tab.evaluate("() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    return bool(tab.evaluate("document.documentElement.scrollWidth > innerWidth"))


def test_the_theme_follows_the_system_without_a_flash(reader: MakeReader) -> None:
    one = reader("ada", theme="dark")
    one.context.clear_cookies(name="theme")
    tab = one.page
    tab.goto(one.server + "/", wait_until="commit")
    tab.wait_for_selector("h1")
    assert tab.evaluate("document.documentElement.dataset.bsTheme") == "dark"


def test_the_theme_is_switched_in_place_and_kept(reader: MakeReader) -> None:
    one = reader("ada")
    tab = one.open("/services/")
    tab.get_by_label("Theme: light").click()
    with tab.expect_response("**/choose/"):
        tab.get_by_role("button", name="Dark").click()
    assert tab.evaluate("document.documentElement.dataset.bsTheme") == "dark"
    tab.reload()
    assert tab.evaluate("document.documentElement.dataset.bsTheme") == "dark"
    assert one.complaints == []


def test_keys_go_everywhere(reader: MakeReader) -> None:
    one = reader("ada")
    tab = one.open("/")
    tab.keyboard.press("g")
    tab.keyboard.press("s")
    tab.wait_for_url("**/services/")
    tab.keyboard.press("g")
    tab.keyboard.press("t")
    tab.wait_for_url("**/teams/")
    tab.keyboard.press("/")
    expect(tab.get_by_role("searchbox", name="Search")).to_be_focused()
    tab.keyboard.press("Escape")
    tab.locator("h1").click()
    tab.keyboard.press("?")
    expect(tab.get_by_role("dialog", name="Keyboard")).to_be_visible()
    tab.keyboard.press("Escape")
    expect(tab.get_by_role("dialog", name="Keyboard")).to_be_hidden()
    assert one.complaints == []


def test_rows_are_walked(reader: MakeReader) -> None:
    tab = reader("ada").open("/services/")
    tab.keyboard.press("j")
    first = tab.evaluate("document.activeElement.textContent")
    tab.keyboard.press("j")
    assert tab.evaluate("document.activeElement.textContent") != first
    tab.keyboard.press("k")
    assert tab.evaluate("document.activeElement.textContent") == first
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/catalog/default/component/**")


def test_the_palette_finds_and_acts(reader: MakeReader) -> None:
    one = reader("ada")
    tab = one.open("/")
    tab.keyboard.press("Control+k")
    box = tab.get_by_role("textbox", name="Search or act").or_(tab.get_by_role("searchbox", name="Search or act"))
    expect(box).to_be_focused()
    with tab.expect_response("**/search/suggest/**"):
        box.fill("finder")
    expect(tab.locator("#palette-hits a").first).to_be_visible()
    assert faults(tab) == []
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/catalog/default/component/finder/")
    tab.keyboard.press("Control+k")
    tab.keyboard.type("rulebook")
    tab.locator("[data-actions] a:visible").first.wait_for()
    tab.locator("[data-actions] a:visible").first.click()
    tab.wait_for_url("**/rulebook/")
    assert one.complaints == []


def test_the_first_tab_skips_to_the_content(reader: MakeReader) -> None:
    tab = reader("ada").open("/services/")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "main"


def test_every_stop_of_the_keyboard_is_seen(reader: MakeReader) -> None:
    """Whatever takes the focus is visible and has a ring."""
    tab = reader("ada").open(BASKET)
    bare = """() => { const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
        return [e.tagName, e.textContent.trim().slice(0, 30), s.outlineStyle !== 'none' || e.matches('input'),
                r.width > 0 && r.height > 0]; }"""
    for _ in range(45):
        tab.keyboard.press("Tab")
        tag, text, ringed, drawn = tab.evaluate(bare)
        if tag == "BODY":
            break
        assert ringed, f"{tag} {text} has no ring"
        assert drawn, f"{tag} {text} is not to be seen"


def test_menus_close_by_escape_and_elsewhere(reader: MakeReader) -> None:
    tab = reader("ada").open("/")
    menu = tab.locator("details.person-menu")
    menu.locator("summary").click()
    expect(tab.get_by_role("link", name="Profile")).to_be_visible()
    assert faults(tab) == []
    tab.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    menu.locator("summary").click()
    tab.locator("h1").click()
    expect(menu).not_to_have_attribute("open", "")


def test_the_graph_is_drawn(reader: MakeReader, picture: Picture) -> None:
    one = reader("ada")
    tab = one.open(f"{BASKET}graph/")
    expect(tab.locator("#graph")).to_have_attribute("data-drawn", "yes")
    assert tab.locator("#graph canvas").count() == 3
    tab.get_by_role("button", name="Larger").click()
    picture(tab, "graph-drawn")
    assert one.complaints == []


def test_times_are_those_of_the_reader(reader: MakeReader) -> None:
    tab = reader("ada").open("/tokens/")
    relative = tab.locator("time[data-time=relative]").first
    assert relative.get_attribute("title")
    assert "UTC" not in (relative.get_attribute("title") or "")


def test_distances_are_those_of_the_server(reader: MakeReader) -> None:
    tab, now = reader("ada").open("/"), datetime.now(UTC)
    hours = [1.5, *(24 * days for days in (3.5, 59.5, 60.5, 100, 729.5, 730.2, 1500, -60.5))]
    shown = [Markup(ago(now - timedelta(hours=one, seconds=5))) for one in hours]
    drawn = tab.evaluate(
        """html => { const box = document.createElement("p"); box.innerHTML = html; document.body.append(box);
        box.dispatchEvent(new CustomEvent("htmx:afterSwap", { bubbles: true }));
        return [...box.children].map(one => one.textContent); }""",
        "".join(shown),
    )
    assert drawn == [one.striptags() for one in shown]
    assert {"1 h ago", "1 month ago", "1 year ago", "in 1 month"} <= set(drawn)


def test_everything_works_without_javascript(reader: MakeReader) -> None:
    one = reader("ada", script=False)
    tab = one.page
    tab.goto(f"{one.server}/services/")
    tab.get_by_role("link", name="Owner").click()
    assert "sort=owner" in tab.url
    tab.locator(".facet a", has_text="Order Taking").first.click()
    assert "owner=" in tab.url
    tab.goto(one.server + BASKET)
    tab.get_by_role("link", name="Edit facts").click()
    tab.get_by_label("Title").fill("Plain basket")
    tab.locator("#id_reason").fill("Without a script.")
    tab.get_by_role("button", name="Change", exact=True).click()
    expect(tab.get_by_role("status").first).to_contain_text("The facts are changed.")
    expect(tab.locator("h1")).to_have_text("Plain basket")
    tab.goto(f"{one.server}{BASKET}graph/")
    expect(tab.get_by_role("heading", name="The same as a table")).to_be_visible()
    tab.goto(f"{one.server}{TEAM}members/")
    tab.locator("details.confirm summary").first.click()
    expect(tab.locator("details.confirm[open] button")).to_be_visible()
    tab.get_by_label("Theme: light").click()
    tab.get_by_role("button", name="Dark").click()
    assert tab.locator("html").get_attribute("data-bs-theme") == "dark"


def test_the_small_menu_leads_on(reader: MakeReader) -> None:
    tab = reader("ada", width=390).open("/")
    tab.get_by_label("Menu", exact=True).click()
    tab.get_by_role("navigation", name="Main, small").get_by_role("link", name="Teams").click()
    tab.wait_for_url("**/teams/")
