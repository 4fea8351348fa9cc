"""The App made in one click: what it asks for, and what comes back for the code."""

from collections.abc import Iterator

import pytest

from awayteam.forges.github import manifest
from awayteam.forges.github.examining import EVENTS
from awayteam.forges.github.inbound import READERS
from awayteam.forges.github.kind import KIND
from awayteam.forges.github.tests.fake import FakeGitHub, running
from awayteam.forges.port import ForgeError


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with running() as fake:
        yield fake


def test_it_asks_for_the_least() -> None:
    site = "https://awayteam.example.org"
    built = manifest.build(
        name="Awayteam of the whole organisation Acme", site=site, hook_url=f"{site}/hook", redirect_url=f"{site}/done"
    )
    assert built["default_permissions"] == {
        "administration": "write",
        "checks": "write",
        "contents": "read",
        "issues": "read",
        "members": "read",
        "metadata": "read",
        "pull_requests": "write",
        "statuses": "read",
    }
    assert built["public"] is False
    assert len(built["name"]) <= 34
    assert built["hook_attributes"] == {"url": f"{site}/hook", "active": True}
    more = manifest.build(name="A", site=site, hook_url="h", redirect_url="r", comments_on_issues=True)
    assert more["default_permissions"]["issues"] == "write"


def test_every_event_that_it_subscribes_to_is_read() -> None:
    assert set(EVENTS) <= set(READERS)


def test_its_page_is_the_organisations() -> None:
    assert manifest.page() == "https://github.com/settings/apps/new"
    assert manifest.page("https://git.example.org/", "a/b") == (
        "https://git.example.org/organizations/a%2Fb/settings/apps/new"
    )


def test_the_code_is_exchanged_once(github: FakeGitHub) -> None:
    github.manifest_codes.add("0123456789abcdef")
    made = manifest.convert("0123456789abcdef", address=github.address, allow_private=True)
    assert made.settings() == {
        "app_id": str(github.app_id),
        "private_key": github.private_key,
        "webhook_secret": github.secret,
    }
    assert set(made.settings()) <= {setting.name for setting in KIND.settings}
    assert github.private_key not in repr(made)
    assert github.secret not in repr(made)
    with pytest.raises(ForgeError, match="404") as told:
        manifest.convert("0123456789abcdef", address=github.address, allow_private=True)
    assert told.value.final


@pytest.mark.parametrize("code", ["", "short", "../../user/keys", "0123456789abcdef?", "é" * 20, "a" * 300])
def test_codes_of_another_form_are_not_asked_about(github: FakeGitHub, code: str) -> None:
    with pytest.raises(ForgeError, match="another form"):
        manifest.convert(code, address=github.address, allow_private=True)
    assert github.asked == []


def test_an_answer_without_secrets(github: FakeGitHub) -> None:
    github.trouble("conversions", "garbage", body=b'{"id": 7, "pem": null}')
    with pytest.raises(ForgeError, match="lacks the App's id, key or secret"):
        manifest.convert("0123456789abcdef", address=github.address, allow_private=True)
