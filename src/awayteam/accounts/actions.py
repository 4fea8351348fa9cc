"""Every write of accounts: making and ending them, API tokens."""

from dataclasses import dataclass
from datetime import datetime

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from awayteam.accounts import permissions, rules
from awayteam.accounts.models import ApiToken, User
from awayteam.accounts.permissions import Verb
from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput, NotFound
from awayteam.kernel.events import EventName, Subject, append


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made. `secret` is nowhere kept: this is the only time that it can be shown."""

    token: ApiToken
    secret: str


def subject_of(user: User) -> Subject:
    return Subject("account", user.pk, user.get_username())


@transaction.atomic
def create_account(
    *, actor: Actor, now: datetime, username: str, email: str = "", password: str = "", administrator: bool = False
) -> User:
    """Make an account; its e-mail counts as verified, since an administrator vouches for it.

    Raises `InvalidInput` for a name, address or password that can't be used and `Conflict` for a name or address that
    is taken. Without password one signs in by another provider, or sets one through the mail for a forgotten one.
    """
    permissions.can(actor, Verb.ADMINISTER_ACCOUNTS, None, now).require()
    user = User(username=username, email=email.strip(), is_superuser=administrator, is_staff=administrator)
    _check_account(user, password)
    user.set_password(password or None)
    user.save()
    if user.email:
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    append(
        EventName.ACCOUNT_CREATED,
        subject=subject_of(user),
        actor=actor,
        now=now,
        data={"administrator": administrator},
    )
    return user


def _check_account(user: User, password: str) -> None:
    try:
        user.full_clean(exclude=["password", "person"], validate_unique=False)
        if user.email:
            validate_email(user.email)
        if password:
            validate_password(password, user)
    except ValidationError as error:
        fields = getattr(error, "message_dict", {"value": error.messages})
        first = next(iter(fields.values()))[0]
        raise InvalidInput(
            f"The account can't be made: {first}",
            "Choose another value.",
            fields={field: " ".join(messages) for field, messages in fields.items()},
        ) from None
    if User.objects.filter(username__iexact=user.username).exists():
        raise Conflict(f"There is an account {user.username!r} already.", "Choose another name.")
    if user.email and EmailAddress.objects.filter(email__iexact=user.email).exists():
        raise Conflict(f"An account has the address {user.email} already.", "Use that account, or another address.")


@transaction.atomic
def change_account(
    *,
    actor: Actor,
    now: datetime,
    user: User,
    active: bool | None = None,
    administrator: bool | None = None,
    password: str | None = None,
    reason: str = "",
) -> User:
    """Change what is given, None leaves as it is. Ending an account, or a new password, ends its sessions too.

    The last active administrator stays one (`Conflict`).
    """
    permissions.can(actor, Verb.ADMINISTER_ACCOUNTS, user, now).require()
    user = User.objects.select_for_update().get(pk=user.pk)
    changes: dict[str, tuple[object, object]] = {}
    if active is not None and active != user.is_active:
        changes["active"] = (user.is_active, active)
    if administrator is not None and administrator != user.is_superuser:
        changes["administrator"] = (user.is_superuser, administrator)
    if user.is_superuser and user.is_active and (active is False or administrator is False):
        _keep_one_administrator(user)
    if password is not None:
        _check_password(user, password)
        user.set_password(password)
        changes["password"] = ("…", "changed")
    if active is not None:
        user.is_active = active
    if administrator is not None:
        user.is_superuser = user.is_staff = administrator
    user.save()
    if "active" in changes or "password" in changes:
        end_sessions(user)
    if changes:
        append(
            EventName.ACCOUNT_UPDATED, subject=subject_of(user), actor=actor, now=now, reason=reason, changes=changes
        )
    return user


def _check_password(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        text = " ".join(error.messages)
        raise InvalidInput(f"The password can't be used: {text}", fields={"password": text}) from None


def _keep_one_administrator(user: User) -> None:
    if not User.objects.filter(is_superuser=True, is_active=True).exclude(pk=user.pk).exists():
        raise Conflict("This is the last administrator.", "Make somebody else an administrator first.")


def end_sessions(user: User) -> int:
    """Sign the account out everywhere; returns how many sessions ended."""
    keys = [row.pk for row in Session.objects.iterator() if row.get_decoded().get("_auth_user_id") == str(user.pk)]
    Session.objects.filter(pk__in=keys).delete()
    return len(keys)


@transaction.atomic
def create_token(
    *,
    actor: Actor,
    now: datetime,
    user: User,
    name: str,
    scopes: list[str],
    days: int | None = None,
) -> NewToken:
    """Make an API token of `user` that ends after `days` (None: the rulebook's default).

    A token may make another one for its owner, with no more scopes and no longer life than it has itself, so that a
    stolen one can't be made to last. Raises `InvalidInput` for a name, scopes or days that can't be.
    """
    permissions.can(actor, Verb.CREATE_TOKEN, user, now).require()
    name = name.strip()
    if not 1 <= len(name) <= 100:
        raise InvalidInput("A token needs a name of 1 to 100 characters.", fields={"name": "1 to 100 characters"})
    book = rulebook.current().accounts
    expires = rules.expiry(days, now, default_days=book.token_days_default, max_days=book.token_days_max)
    if actor.token_id is not None:
        expires = min(expires, ApiToken.objects.get(pk=actor.token_id).expires_at)
    secret = rules.new_token()
    token = ApiToken.objects.create(
        user=user,
        name=name,
        prefix=secret[: rules.PREFIX_LENGTH],
        digest=rules.digest(secret),
        scopes=rules.scopes(scopes),
        created_at=now,
        expires_at=expires,
    )
    append(
        EventName.TOKEN_CREATED,
        subject=Subject("token", token.pk, name),
        actor=actor,
        now=now,
        data={"account": user.get_username(), "scopes": token.scopes, "expires_at": expires.isoformat()},
    )
    return NewToken(token, secret)


@transaction.atomic
def revoke_token(*, actor: Actor, now: datetime, token_id: int, reason: str = "") -> ApiToken:
    """End a token at once. A token that the actor may not see is `NotFound`; one that was revoked stays as it is."""
    tokens = ApiToken.objects.select_for_update(of=("self",)).select_related("user")
    token = permissions.visible(actor, tokens, now).filter(pk=token_id).first()
    if token is None:
        raise NotFound("There is no such token.")
    permissions.can(actor, Verb.REVOKE_TOKEN, token.user, now).require()
    if token.revoked_at is None:
        token.revoked_at = now
        token.save(update_fields=["revoked_at"])
        append(
            EventName.TOKEN_REVOKED,
            subject=Subject("token", token.pk, token.name),
            actor=actor,
            now=now,
            reason=reason,
            data={"account": token.user.get_username()},
        )
    return token
