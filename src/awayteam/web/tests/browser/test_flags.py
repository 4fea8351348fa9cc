"""Flags in a real browser: looked at in both themes by axe, switched off and on again, changed and brought back."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from awayteam.flags.models import Definition, Setting
from awayteam.web.tests.browser.test_browser import faults

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LOOKED_AT = (
    ("flags", "/flags/"), ("flag", '/flags/new-basket/?context={"targetingKey":"u","email":"a@shop.example"}'),
    ("flag_stale", "/flags/old-prices/"), ("flag_define", "/flags/new-basket/in/production/define/"),
    ("flag_definition", "/flags/new-basket/in/production/2/"),
)  # fmt: skip


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_are_accessible_in_both_themes(reader: Any, picture: Callable[..., None], theme: str) -> None:
    ada = reader("ada", theme=theme)
    for name, address in LOOKED_AT:
        tab = ada.open(address)
        picture(tab, f"{name}_{theme}", whole=True)
        assert faults(tab) == [], address
    zoe = reader("zoe", theme=theme)
    tab = zoe.open("/flags/environments/")
    picture(tab, f"flag_environments_{theme}", whole=True)
    assert faults(tab) == []
    tab.locator("#production").get_by_text("Make a token").click()
    tab.locator("#production").get_by_label("Name").fill("till")
    tab.locator("#production").get_by_role("button", name="Make it").click()
    expect(tab.locator("#secret")).to_contain_text("awfl_")
    assert faults(tab) == []
    assert ada.complaints + zoe.complaints == []


def test_a_flag_is_checked_changed_switched_off_and_brought_back(reader: Any) -> None:
    ada = reader("ada")
    tab: Page = ada.open("/flags/new-basket/in/production/define/")
    text = tab.get_by_label("Definition")
    good = text.input_value()
    text.fill(good.replace('"on"', '"om"', 1))
    tab.get_by_role("button", name="Check").click()
    expect(tab.get_by_text("defaultVariant").or_(tab.get_by_text("no variant")).first).to_be_visible()
    tab.get_by_label("Definition").fill(good.replace("30", "40").replace("70", "60"))
    tab.get_by_role("button", name="Check").click()
    expect(tab.get_by_text("well defined")).to_be_visible()
    tab.get_by_label("Reason").fill("Forty now.")
    tab.get_by_role("button", name="Serve it").click()
    expect(tab.get_by_text("It is served in Production from now on.")).to_be_visible()
    tab.get_by_text("Switch off", exact=True).first.click()
    tab.get_by_label("Everybody gets").select_option("off")
    tab.locator(".confirm-box:visible").get_by_label("Reason").fill("It broke.")
    tab.locator(".confirm-box:visible").get_by_role("button", name="Switch off").click()
    expect(tab.get_by_text("Switched off", exact=True)).to_be_visible()
    setting = Setting.objects.get(flag__key="new-basket", environment__key="production")
    assert (setting.killed_variant, setting.killed_why) == ("off", "It broke.")
    tab = ada.open("/flags/new-basket/in/production/1/")
    tab.get_by_text("Roll back to this").first.click()
    tab.locator(".confirm-box:visible").get_by_label("Reason").fill("As before.")
    tab.locator(".confirm-box:visible").get_by_role("button", name="Roll back to this").click()
    expect(tab.get_by_text("The earlier definition is back.")).to_be_visible()
    newest = Definition.objects.filter(flag__key="new-basket", environment__key="production").first()
    assert newest is not None
    assert (newest.number, newest.number_restored, newest.label) == (4, 1, "ada")
    assert ada.complaints == []
