"""The App made in one click: a manifest that GitHub's page takes, and what it gives back for the code.

The page is `https://HOST/settings/apps/new` or `https://HOST/organizations/ORG/settings/apps/new`, to which a browser
posts `manifest` and a `state` of ours; GitHub leads back to `redirect_url` with that `state` and a `code`.
"""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from awayteam.forges.github import reading
from awayteam.forges.github.api import HEADERS, PUBLIC
from awayteam.forges.github.examining import EVENTS, PERMISSIONS
from awayteam.forges.http import SYSTEM_CLOCK, Clock, Http, Terms, join
from awayteam.forges.port import ForgeError


@dataclass(frozen=True, slots=True)
class MadeApp:
    """The App that GitHub made. The secrets are told once."""

    app_id: str
    name: str
    url: str
    private_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)

    def settings(self) -> dict[str, str]:
        """As `kind.KIND` names them."""
        return {"app_id": self.app_id, "private_key": self.private_key, "webhook_secret": self.webhook_secret}


def build(
    *, name: str, site: str, hook_url: str, redirect_url: str, comments_on_issues: bool = False
) -> dict[str, Any]:
    """The manifest. `comments_on_issues` asks to write issues too, for an answer at an issue that became a request."""
    permissions = dict(PERMISSIONS) | ({"issues": "write"} if comments_on_issues else {})
    return {
        "name": name[:34],
        "url": site,
        "hook_attributes": {"url": hook_url, "active": True},
        "redirect_url": redirect_url,
        "public": False,
        "default_permissions": permissions,
        "default_events": list(EVENTS),
    }


def page(web: str = "https://github.com", organisation: str = "") -> str:
    """Where a browser posts the manifest."""
    path = f"/organizations/{quote(organisation, safe='')}" if organisation else ""
    return f"{web.rstrip('/')}{path}/settings/apps/new"


def convert(
    code: str,
    *,
    address: str = PUBLIC,
    allow_private: bool = False,
    terms: Terms | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> MadeApp:
    """Exchange the code (valid once, for an hour) for the App. Raises `ForgeError`."""
    http = Http(address, headers=HEADERS, allow_private=allow_private, terms=terms, clock=clock)
    try:
        if not 8 <= len(code) <= 200 or not code.isalnum() or not code.isascii():
            raise ForgeError("GitHub's code has another form than this.", final=True)
        told = reading.obj(http.call("POST", join("app-manifests", code, "conversions")).json())
    finally:
        http.close()
    made = MadeApp(
        app_id=reading.ident(told),
        name=reading.line(told, "name"),
        url=reading.url(told, "html_url"),
        private_key=reading.text(told, "pem", 10_000),
        webhook_secret=reading.text(told, "webhook_secret", 500),
    )
    if not all(made.settings().values()):
        raise ForgeError("GitHub's answer lacks the App's id, key or secret.")
    return made
