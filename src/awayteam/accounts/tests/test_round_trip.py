"""Signing in with a provider that really answers: the whole way from the button to the session, over HTTP."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from django.test import Client

from awayteam.accounts import providers
from awayteam.accounts.models import User
from awayteam.accounts.tests.identity import CLIENT, SECRET, Provider, providing
from awayteam.organisation.models import Identity, Person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
ENTER = {
    "github": "/accounts/github/login/",
    "gitlab": "/accounts/gitlab/login/",
    "oidc": "/accounts/oidc/oidc/login/",
}


@pytest.fixture
def identity(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    with providing() as provider:
        environment = {
            f"AWAYTEAM_{name}_{key}": value
            for name in ("GITHUB", "GITLAB", "OIDC")
            for key, value in {"CLIENT_ID": CLIENT, "CLIENT_SECRET": SECRET, "URL": provider.url}.items()
        }
        settings.SOCIALACCOUNT_PROVIDERS = providers.configured(environment)
        paths = {"access_token_url": "/login/oauth/access_token", "authorize_url": "/login/oauth/authorize"}
        paths |= {"profile_url": "/api/v3/user", "emails_url": "/api/v3/user/emails"}
        for name, path in paths.items():  # read once, when the module is imported
            monkeypatch.setattr(GitHubOAuth2Adapter, name, provider.url + path)
        yield provider


@pytest.fixture
def ada() -> Person:
    return Person.objects.create(ref="user:default/ada", name="ada", display_name="Ada L.", email="ada@example.org")


def go(client: Client, which: str, identity: Provider, **changed: str) -> Any:
    """Press the button, agree at the provider, come back; `changed` are parameters that somebody meddled with."""
    left = client.post(ENTER[which])
    assert left.status_code == 302, left.content[:500]
    assert left["Location"].startswith(identity.url)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(left["Location"]).query).items()}
    back = urlsplit(identity.authorize(asked))
    said = {name: values[0] for name, values in parse_qs(back.query).items()} | changed
    return client.get(back.path, said)


def signed_in(client: Client) -> User | None:
    return User.objects.filter(pk=client.session.get("_auth_user_id")).first()


def test_openid_connect_ends_signed_in_as_the_known_person(client: Client, identity: Provider, ada: Person) -> None:
    identity.claims = {"sub": "s-1", "email": "ada@example.org", "email_verified": True, "preferred_username": "ada"}
    came = go(client, "oidc", identity)
    assert came.status_code == 302, came.content[:500]
    found = signed_in(client)
    assert found is not None
    assert found.person == ada
    assert identity.codes == {}


def test_github_enterprise_links_by_verified_address(client: Client, identity: Provider, ada: Person) -> None:
    identity.claims = {"id": 7, "login": "octo", "name": "Ada"}
    identity.emails = [{"email": "ada@example.org", "primary": True, "verified": True}]
    go(client, "github", identity)
    found = signed_in(client)
    assert found is not None
    assert found.person == ada
    assert Identity.objects.filter(person=ada, provider="github", value="octo").exists()


def test_gitlab_links_by_declared_handle(client: Client, identity: Provider, ada: Person) -> None:
    Identity.objects.create(person=ada, provider="gitlab", value="ada", value_key="ada", created_at=NOW)
    identity.claims = {"id": 3, "username": "ada", "name": "Ada", "email": "elsewhere@example.org"}
    go(client, "gitlab", identity)
    found = signed_in(client)
    assert found is not None
    assert found.person == ada


@pytest.mark.parametrize("which", sorted(ENTER))
@pytest.mark.parametrize("changed", [{"state": "made-up"}, {"code": "made-up"}, {"error": "access_denied"}])
def test_what_was_meddled_with_signs_nobody_in(
    client: Client, identity: Provider, ada: Person, which: str, changed: dict[str, str]
) -> None:
    identity.claims = {"sub": "s-1", "id": 7, "login": "octo", "username": "octo", "email": "ada@example.org"}
    came = go(client, which, identity, **changed)
    assert came.status_code in (200, 302, 401, 403)
    assert signed_in(client) is None
    assert User.objects.count() == 0


@pytest.mark.parametrize("answer", [(500, {}), (200, {"sub": ""}), (503, [])])
def test_a_provider_out_of_order_signs_nobody_in(client: Client, identity: Provider, answer: tuple[int, Any]) -> None:
    identity.claims = {"sub": "s-1", "email": "ada@example.org"}
    identity.answers["/userinfo"] = answer
    client.raise_request_exception = False
    came = go(client, "oidc", identity)
    assert signed_in(client) is None
    assert came.status_code != 302 or "login" in came["Location"]
