"""Discussing and being told in a real browser, with JavaScript and without."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from awayteam.notifications.models import Notification
from awayteam.web.tests.shop import Shop
from awayteam.web.tests.talk import discussion

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MakeReader = Callable[..., Any]


def test_a_comment_is_shown_while_it_is_written(reader: MakeReader, shop: Shop) -> None:
    one = reader("sam")
    tab = one.open(discussion())
    box = tab.get_by_label("Your comment")
    box.fill("Ask **@ada** <img src=x>")
    shown = tab.locator("#comment-preview-new")
    expect(shown.locator("strong")).to_have_text("@ada")
    expect(shown.get_by_role("link", name="@ada")).to_have_attribute("href", "/people/default/ada/")
    expect(shown).to_contain_text("<img src=x>")
    tab.get_by_role("button", name="Comment", exact=True).click()
    expect(tab.locator(".comment .markdown").last).to_have_text("Ask @ada <img src=x>")
    expect(tab.get_by_role("status").first).to_have_text("Your comment is there.")
    assert one.complaints == []


def test_one_answers_follows_and_mutes_by_keyboard(reader: MakeReader, shop: Shop) -> None:
    one = reader("sam")
    tab = one.open(discussion())
    tab.locator("details.reply summary").first.focus()
    tab.keyboard.press("Enter")
    tab.keyboard.press("Tab")
    tab.keyboard.type("Thanks")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    expect(tab.locator(".comment .comment .markdown").last).to_have_text("Thanks")
    tab.locator("#discussion .menu summary").focus()
    tab.keyboard.press("Enter")
    tab.get_by_role("button", name="Mute").focus()
    tab.keyboard.press("Enter")
    expect(tab.locator("#discussion .menu summary")).to_contain_text("Muted")
    assert one.complaints == []


def test_the_bell_leads_to_the_inbox_which_keys_empty(reader: MakeReader, shop: Shop) -> None:
    one = reader("ada")
    tab = one.open("/services/")
    tab.get_by_role("link", name=re.compile(r"Notifications: \d+ unread")).click()
    rows = tab.locator(".inbox > li")
    before = rows.count()
    tab.keyboard.press("j")
    tab.keyboard.press("j")
    second = tab.evaluate("document.activeElement.closest('li').querySelector('a').getAttribute('href')")
    tab.keyboard.press("e")
    expect(rows).to_have_count(before - 1)
    assert f'"{second}"' not in tab.locator(".inbox").inner_html()
    assert Notification.objects.filter(person__name="ada", read_at=None).count() == before - 1
    assert one.complaints == []


def test_all_of_it_works_without_javascript(reader: MakeReader, shop: Shop) -> None:
    tab = reader("sam", script=False).open(discussion())
    tab.get_by_label("Your comment").fill("By *hand*")
    tab.get_by_role("button", name="Preview", exact=True).last.click()
    expect(tab.locator(".markdown em")).to_have_text("hand")
    tab.get_by_role("button", name="Comment", exact=True).click()
    expect(tab.locator(".comment .markdown").last).to_have_text("By hand")
    tab.get_by_role("link", name=re.compile("Notifications: ")).click()
    tab.get_by_role("button", name="Mark all as read").click()
    expect(tab.get_by_text("Nothing unread.")).to_be_visible()
