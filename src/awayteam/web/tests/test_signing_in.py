"""Pages of signing in that need a state of their own: a second factor, another provider, no password, open sign-up."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from awayteam.accounts.models import User
from awayteam.kernel.actor import ANONYMOUS
from awayteam.web.tests.test_pages import problems

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
SIGN_IN = "/accounts/login/"


def good(response: Any) -> str:
    html: str = response.content.decode()
    assert response.status_code == 200, response.get("Location", html[:500])
    assert problems(html) == []
    return html


def signed_in() -> Client:
    client = Client()
    User.objects.create_user("ada", "ada@shop.example", PASSWORD)
    assert client.post(SIGN_IN, {"login": "ada", "password": PASSWORD}).status_code == 302
    return client


def code(secret: str) -> str:
    """What the app on the phone shows now."""
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(secret, counter))


def test_a_second_factor_is_switched_on_asked_for_and_switched_off() -> None:
    client = signed_in()
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302
    html = good(client.get("/accounts/2fa/totp/activate/"))
    assert 'class="qr"' in html
    secret = html.split("Or enter this in the app: <code>")[1].split("<")[0]
    wrong = client.post("/accounts/2fa/totp/activate/", {"code": "000000x"}).content.decode()
    assert "field-error" in wrong
    assert client.post("/accounts/2fa/totp/activate/", {"code": code(secret)}).status_code == 302
    assert "See them" in good(client.get("/accounts/2fa/"))
    good(client.get("/accounts/2fa/recovery-codes/"))
    good(client.get("/accounts/2fa/recovery-codes/generate/"))
    good(client.get("/accounts/2fa/totp/deactivate/"))
    other = Client()
    assert other.post(SIGN_IN, {"login": "ada", "password": PASSWORD}).status_code == 302
    assert "Second factor" in good(other.get("/accounts/2fa/authenticate/"))
    assert good(client.get("/accounts/2fa/reauthenticate/"))


def test_who_has_no_password_sets_one() -> None:
    user = User.objects.create_user("ada")
    user.set_unusable_password()
    user.save()
    client = Client()
    client.force_login(user)
    assert "Set a password" in good(client.get("/accounts/password/set/"))


def test_anybody_signs_up_where_the_rulebook_lets_them(rulebook: Callable[[str], None]) -> None:
    assert "Nobody makes an account here alone" in Client().get("/accounts/signup/").content.decode()
    rulebook('[accounts]\nsign_up = "open"\n')
    assert "Make an account" in good(Client().get(SIGN_IN))
    good(Client().get("/accounts/signup/"))
    taken = Client().post("/accounts/signup/", {"username": "x"})
    assert "field-error" in good(taken)


class Code(forms.Form):
    code = forms.CharField()


@pytest.mark.parametrize(
    ("template", "context"),
    [
        ("account/verified_email_required.html", {}),
        ("socialaccount/login.html", {"provider": SimpleNamespace(name="GitHub")}),
        (
            "socialaccount/signup.html",
            {"account": SimpleNamespace(get_provider=lambda: SimpleNamespace(name="GitHub")), "form": Code()},
        ),
    ],
)
def test_what_other_providers_bring_about_is_drawn(rf: RequestFactory, template: str, context: dict[str, Any]) -> None:
    request = rf.get("/accounts/")
    request.user, request.actor = AnonymousUser(), ANONYMOUS  # type: ignore[attr-defined]
    assert problems(render_to_string(template, context, request, using="pages")) == []
