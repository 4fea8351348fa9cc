"""How allauth asks us: who may sign up, and what happens at sign-in. See docs/accounts.md."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers import registry
from django.http import HttpRequest
from django.utils import timezone

from awayteam.accounts import rules, signin
from awayteam.accounts.actions import subject_of
from awayteam.accounts.actors import actor_of_user
from awayteam.accounts.models import User
from awayteam.accounts.providers import GITLAB
from awayteam.kernel import rulebook, secrets
from awayteam.kernel.errors import NotAllowed
from awayteam.kernel.events import EventName, append

MFA_PURPOSE = "second factor"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """With a password: only where the rulebook lets anybody in."""
        return rulebook.current().accounts.sign_up == "open"

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        saved: User = super().save_user(request, user, form, commit)
        if commit:
            _note_creation(saved, "signed up")
        return saved

    def login(self, request: HttpRequest, user: User) -> None:
        person = signin.settle_person(user, timezone.now())
        user.person = person
        super().login(request, user)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        confirmed: bool = super().confirm_email(request, email_address)
        if confirmed:
            signin.settle_person(email_address.user, timezone.now())
        return confirmed


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> Any:
        """They are loaded here, not at the start; see `accounts.social`."""
        registry.load()
        return super().get_provider(request, provider, client_id)

    def authenticate_by_email(self, sociallogin: SocialLogin) -> tuple[User, str] | None:
        """The account whose owner proved the same address to us. One where it was merely typed isn't handed over, with
        whatever its maker left there, such as tokens."""
        for address in sociallogin.email_addresses:
            if address.verified and self.can_authenticate_by_email(sociallogin, address.email):
                own = EmailAddress.objects.filter(email__iexact=address.email, verified=True, user__is_active=True)
                if found := own.select_related("user").first():
                    return found.user, address.email
        return None

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:  # noqa: ARG002
        _trust_confirmed_gitlab_address(sociallogin)
        if sociallogin.is_existing:
            return
        _free_addresses(sociallogin)
        person = signin.person_of(signin.claims_of_login(sociallogin))
        if person is not None and User.objects.filter(person=person).exists():
            raise NotAllowed(
                f"{person} has an account already, and this sign-in isn't connected with it.",
                "Sign in with that account, then connect this provider under Profile, Connections.",
            )

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:  # noqa: ARG002
        book = rulebook.current().accounts
        claims = signin.claims_of_login(sociallogin)
        return rules.may_sign_up(
            book.sign_up,
            by_directory=sociallogin.provider.id == "openid_connect",
            is_known=signin.person_of(claims) is not None,
            verified=[claim.value for claim in claims if claim.provider == "email"],
            domains={domain.casefold() for domain in book.sign_up_domains},
        )

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        saved: User = super().save_user(request, sociallogin, form)
        if form is None:
            _note_creation(saved, f"signed in with {sociallogin.provider.name}")
        return saved


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Keeps the secrets of second factors sealed."""

    def encrypt(self, text: str) -> str:
        return secrets.seal(text, MFA_PURPOSE)

    def decrypt(self, encrypted_text: str) -> str:
        return secrets.unseal(encrypted_text, MFA_PURPOSE)


def _trust_confirmed_gitlab_address(login: SocialLogin) -> None:
    """gitlab.com has primary addresses confirmed before it tells them; other installations may not ask for that."""
    data = login.account.extra_data
    if login.provider.id != "gitlab" or not data.get("confirmed_at"):
        return
    if login.provider.app.settings.get("gitlab_url") == GITLAB:
        for address in login.email_addresses:
            address.verified = address.verified or address.email == data.get("email")


def _free_addresses(login: SocialLogin) -> None:
    """Take addresses that are proven now from accounts that only claimed them."""
    for address in login.email_addresses:
        if address.verified:
            EmailAddress.objects.filter(email__iexact=address.email, verified=False).delete()
            User.objects.filter(email__iexact=address.email).exclude(
                emailaddress__email__iexact=address.email, emailaddress__verified=True
            ).update(email="")


def _note_creation(user: User, reason: str) -> None:
    now = timezone.now()
    append(EventName.ACCOUNT_CREATED, subject=subject_of(user), actor=actor_of_user(user, now), now=now, reason=reason)
