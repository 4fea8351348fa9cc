"""A real Chromium against a real server over the shop. Where Chromium is missing the tests are skipped."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from awayteam.web.tests.shop import Shop, build

OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium here; install it with: apt-get install chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=OPTIONS)
        yield running
        running.close()


@pytest.fixture
def shop(transactional_db: None, tmp_path: Path) -> Shop:
    """Committed, so that the server's threads see it."""
    return build(tmp_path)


class Reader:
    """Somebody at a browser: `open` an address, `complaints` are what the console said."""

    def __init__(self, context: BrowserContext, server: str) -> None:
        self.context, self.server = context, server
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def open(self, address: str) -> Page:
        self.page.goto(self.server + address)
        return self.page


def sign_in(user: Any, server: str) -> Any:
    """The cookie of a session of this account."""
    client = Client()
    client.force_login(user)
    return {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": server}


@pytest.fixture
def reader(browser: Browser, shop: Shop, live_server: LiveServer) -> Iterator[Any]:
    """Makes readers: `reader("ada", width=390, theme="dark")`; "" is nobody signed in."""
    contexts: list[BrowserContext] = []

    def make(name: str = "ada", *, width: int = 1280, theme: str = "light", script: bool = True) -> Reader:
        context = browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme="dark" if theme == "dark" else "light",
            java_script_enabled=script,
        )
        contexts.append(context)
        cookies = [{"name": "theme", "value": theme, "url": live_server.url}]
        if name:
            cookies.append(sign_in(shop.users[name], live_server.url))
        context.add_cookies(cookies)  # type: ignore[arg-type]
        return Reader(context, live_server.url)

    yield make
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def picture() -> Callable[..., None]:
    """Keeps a screenshot in the folder `AWAYTEAM_PICTURES`, where that is set, for people to look at."""
    folder = os.environ.get("AWAYTEAM_PICTURES")

    def keep(tab: Page, name: str, *, whole: bool = False) -> None:
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            tab.screenshot(path=Path(folder) / f"{re.sub('[^a-z_]+', '-', name)}.png", full_page=whole)

    return keep
