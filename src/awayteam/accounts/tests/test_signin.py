"""Signing in through allauth's own flow, with what a provider answers put in its place."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.core.exceptions import SignupClosedException
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.internal.flows.login import complete_login
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage import default_storage
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client, RequestFactory

from awayteam.accounts import providers, signin
from awayteam.accounts.models import User
from awayteam.kernel.errors import NotAllowed
from awayteam.kernel.models import Event
from awayteam.organisation.models import Confidence, Identity, Membership, Person, Team

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
ENVIRONMENT = {
    "AWAYTEAM_GITHUB_CLIENT_ID": "a",
    "AWAYTEAM_GITLAB_CLIENT_ID": "b",
    "AWAYTEAM_OIDC_CLIENT_ID": "c",
    "AWAYTEAM_OIDC_URL": "https://id.example.org/",
}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _providers(settings: Any) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = providers.configured(ENVIRONMENT)
    settings.LOGIN_REDIRECT_URL = "/"


@pytest.fixture
def rules_of(settings: Any, tmp_path: Any) -> Callable[[str], None]:
    def write(text: str) -> None:
        settings.RULEBOOK = tmp_path / "rulebook.toml"
        settings.RULEBOOK.write_text(text)

    return write


@pytest.fixture
def ada() -> Person:
    return Person.objects.create(ref="user:default/ada", name="ada", display_name="Ada L.", email="Ada@Example.org")


def known_as(person: Person, provider: str, value: str, confidence: str = Confidence.DECLARED) -> Identity:
    return Identity.objects.create(
        person=person, provider=provider, value=value, value_key=value.casefold(), confidence=confidence, created_at=NOW
    )


def come_back(provider_id: str, data: dict[str, Any]) -> User:
    """The end of a round trip to the provider; the account that is then signed in."""
    request = RequestFactory().get("/")
    request.session, request.user = SessionStore(), AnonymousUser()
    request._messages = default_storage(request)
    with context.request_context(request):
        provider = get_adapter().get_provider(request, provider_id)
        complete_login(request, provider.sociallogin_from_response(request, data), raises=True)
    return User.objects.get(pk=request.session["_auth_user_id"])


def github(login: str = "octo", email: str = "ada@example.org", verified: bool = True, uid: int = 7) -> User:
    emails = [{"email": email, "primary": True, "verified": verified}]
    return come_back("github", {"id": uid, "login": login, "name": "Ada", "emails": emails})


def oidc(email: str = "ada@example.org", uid: str = "s", **more: Any) -> User:
    return come_back("oidc", {"userinfo": {"sub": uid, "email": email, "preferred_username": "ada", **more}})


def test_a_verified_email_leads_to_the_imported_person(ada: Person) -> None:
    user = github()
    assert user.person == ada
    assert set(Identity.objects.values_list("provider", "value", "confidence", "person")) == {
        ("email", "ada@example.org", "confirmed", ada.pk),
        ("github", "octo", "confirmed", ada.pk),
    }
    linked = Event.objects.get(name="person.linked")
    assert linked.data["proofs"] == ["email:ada@example.org", "github:octo"]


def test_a_declared_handle_leads_to_the_imported_person(ada: Person) -> None:
    known_as(ada, "github", "Octo")
    assert github(email="elsewhere@example.net").person == ada


def test_an_unverified_email_leads_to_nobody(ada: Person, rules_of: Callable[[str], None]) -> None:
    rules_of('[accounts]\nsign_up = "open"')
    user = github(verified=False)
    assert user.person != ada
    assert user.person.ref == "user:accounts/octo"
    assert not Identity.objects.filter(provider="email").exists()


def test_an_unverified_email_of_the_directory_proves_nobody_either(ada: Person) -> None:
    assert oidc().person.ref == "user:accounts/ada"
    assert ada.memberships.count() == Identity.objects.count() == 0


@pytest.mark.parametrize("confidence", [Confidence.GUESS, Confidence.INFERRED])
def test_a_guess_of_ours_proves_nothing(ada: Person, rules_of: Callable[[str], None], confidence: str) -> None:
    rules_of('[accounts]\nsign_up = "open"')
    known_as(ada, "github", "octo", confidence)
    assert github(email="elsewhere@example.net").person != ada


def test_an_address_of_two_people_proves_neither(ada: Person) -> None:
    Person.objects.create(ref="user:default/bob", name="bob", email="ada@example.org")
    assert signin.person_of([signin.Claim("email", "ada@example.org")]) is None
    assert oidc(email_verified=True).person.ref == "user:accounts/ada"


def test_a_second_sign_in_finds_the_same_account(ada: Person) -> None:
    first = github()
    assert github(login="renamed") == first
    assert oidc(email_verified=True) == first
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("rules", "comes_in"),
    [("", False), ('sign_up_domains = ["Example.net"]', True), ('sign_up = "open"', True)],
)
def test_a_stranger_comes_in_only_where_the_rulebook_says(
    rules: str, comes_in: bool, rules_of: Callable[[str], None]
) -> None:
    rules_of(f"[accounts]\n{rules}")
    if comes_in:
        assert github(email="new@example.net").person.ref == "user:accounts/octo"
    else:
        with pytest.raises(SignupClosedException):
            github(email="new@example.net")
        assert not User.objects.exists()
        assert not Person.objects.exists()


def test_the_own_directory_is_enough(rules_of: Callable[[str], None]) -> None:
    assert oidc().person.ref == "user:accounts/ada"
    rules_of('[accounts]\nsign_up = "closed"')
    with pytest.raises(SignupClosedException):
        oidc(uid="other", email="other@example.org")


def test_an_unverified_address_with_a_wanted_domain_opens_nothing(rules_of: Callable[[str], None]) -> None:
    rules_of('[accounts]\nsign_up_domains = ["example.net"]')
    with pytest.raises(SignupClosedException):
        github(email="new@example.net", verified=False)


def test_a_handle_alone_does_not_open_an_account_that_somebody_has(ada: Person) -> None:
    known_as(ada, "gitlab", "ada")
    owner = github()
    with pytest.raises(NotAllowed, match="has an account already"):
        come_back("gitlab", {"id": 9, "username": "ada", "email": "x@example.net", "name": "X"})
    assert list(User.objects.all()) == [owner]


def test_who_proves_an_address_gets_it_from_who_only_typed_it(ada: Person) -> None:
    squatter = User.objects.create_user("squatter", email="ada@example.org")
    EmailAddress.objects.create(user=squatter, email="ada@example.org", verified=False, primary=True)
    user = github()
    squatter.refresh_from_db()
    assert (user.person, squatter.person, squatter.email) == (ada, None, "")
    assert user != squatter
    assert list(EmailAddress.objects.values_list("user", "verified")) == [(user.pk, True)]


@pytest.mark.parametrize(("url", "verified"), [("https://gitlab.com", True), ("https://git.example.org", False)])
def test_gitlab_com_confirms_its_addresses(ada: Person, settings: Any, url: str, verified: bool) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = providers.configured(ENVIRONMENT | {"AWAYTEAM_GITLAB_URL": url})
    data = {"id": 9, "username": "x", "email": "ada@example.org", "name": "X", "confirmed_at": "2020-01-01T00:00:00Z"}
    if verified:
        assert come_back("gitlab", data).person == ada
    else:
        with pytest.raises(SignupClosedException):
            come_back("gitlab", data)


def test_a_person_made_at_sign_in_gives_way_to_the_imported_one() -> None:
    user = oidc(email_verified=True)
    placeholder = user.person
    team = Team.objects.create(ref="group:default/one", name="one")
    Membership.objects.create(team=team, person=placeholder)
    ada = Person.objects.create(ref="user:default/ada", name="ada", email="ada@example.org")
    known_as(ada, "github", "octo")
    Membership.objects.create(team=team, person=ada)
    assert oidc(email_verified=True).person == ada
    placeholder.refresh_from_db()
    assert placeholder.left_at is not None
    assert Membership.objects.filter(person=ada, ends__isnull=True).count() == 1
    assert Membership.objects.filter(person=placeholder).count() == 0
    assert oidc(email_verified=True).person == ada


def test_names_of_people_made_at_sign_in_do_not_collide() -> None:
    refs = [signin.settle_person(User.objects.create_user(name), NOW).ref for name in ("a+b", "a@b", "a.b", "a-b")]
    assert refs == ["user:accounts/a-b", "user:accounts/a-b-2", "user:accounts/a.b", "user:accounts/a-b-3"]


def test_a_handle_that_changed_hands_does_not_lead_to_its_former_owner(rules_of: Callable[[str], None]) -> None:
    rules_of('[accounts]\nsign_up = "open"')
    first = github(email="one@example.net", uid=1)
    with pytest.raises(NotAllowed):
        github(email="two@example.net", uid=2)
    assert list(User.objects.all()) == [first]


def test_signing_up_with_a_password_is_closed_unless_the_rulebook_opens_it(rules_of: Callable[[str], None]) -> None:
    adapter = signin_adapter()
    assert not adapter.is_open_for_signup(RequestFactory().get("/"))
    rules_of('[accounts]\nsign_up = "open"')
    assert adapter.is_open_for_signup(RequestFactory().get("/"))


def signin_adapter() -> Any:
    from allauth.account.adapter import get_adapter as account_adapter

    return account_adapter()


def test_signing_in_with_a_password_settles_the_person(ada: Person, client: Client) -> None:
    user = User.objects.create_user("ada", password="correct horse battery")
    EmailAddress.objects.create(user=user, email="ada@example.org", verified=True, primary=True)
    response = client.post("/accounts/login/", {"login": "ada", "password": "correct horse battery"})
    assert response.status_code == 302, response.content
    user.refresh_from_db()
    assert user.person == ada


def test_confirming_an_address_links_the_person(ada: Person) -> None:
    user = User.objects.create_user("a")
    signin.settle_person(user, NOW)
    address = EmailAddress.objects.create(user=user, email="ada@example.org", verified=False, primary=True)
    request = RequestFactory().get("/")
    request.session, request.user = SessionStore(), user
    request._messages = default_storage(request)
    with context.request_context(request):
        signin_adapter().confirm_email(request, address)
    user.refresh_from_db()
    assert user.person == ada


def test_providers_are_offered_once_their_keys_are_set() -> None:
    assert providers.configured({}) == {}
    assert set(providers.configured(ENVIRONMENT)) == {"github", "gitlab", "openid_connect"}
    assert providers.origins(ENVIRONMENT) == ["https://github.com", "https://gitlab.com", "https://id.example.org"]
    with pytest.raises(SystemExit, match="AWAYTEAM_OIDC_URL"):
        providers.configured({"AWAYTEAM_OIDC_CLIENT_ID": "c"})


def test_secrets_of_second_factors_are_kept_sealed(ada: Person) -> None:
    secret = generate_totp_secret()
    factor = TOTP.activate(User.objects.create_user("ada"), secret)
    factor.instance.refresh_from_db()
    assert secret not in str(factor.instance.data)
    assert get_mfa_adapter().decrypt(factor.instance.data["secret"]) == secret
