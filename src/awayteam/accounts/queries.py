"""What one may read of accounts: the list of them, and tokens without their secrets."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from awayteam.accounts import permissions
from awayteam.accounts.models import ApiToken, User
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account; `person` is the reference of the person that it acts as."""

    id: int
    username: str
    email: str
    person: str | None
    is_administrator: bool
    is_active: bool
    last_login: datetime | None

    def plain(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token; `state` is "active", "expired" or "revoked", `prefix` the first characters of the secret."""

    id: int
    account: str
    name: str
    prefix: str
    scopes: tuple[str, ...]
    state: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None

    def plain(self) -> dict[str, Any]:
        return asdict(self)


def accounts() -> list[AccountRow]:
    """Every account, by name; for administrators."""
    return [
        AccountRow(
            id=user.pk,
            username=user.username,
            email=user.email,
            person=user.person.ref if user.person else None,
            is_administrator=user.is_superuser,
            is_active=user.is_active,
            last_login=user.last_login,
        )
        for user in User.objects.select_related("person").order_by("username")
    ]


def account(actor: Actor) -> User:
    """The actor's own account; `NotFound` for the software itself and for nobody."""
    user = User.objects.filter(pk=actor.user_id).first() if actor.user_id is not None else None
    if user is None:
        raise NotFound("There is no account.", "Sign in first.")
    return user


def tokens_of(actor: Actor, now: datetime, user: User | None = None) -> list[TokenRow]:
    """The tokens that the actor may see, of one account or of all, newest first."""
    tokens = permissions.visible(actor, ApiToken.objects.select_related("user"), now)
    if user is not None:
        tokens = tokens.filter(user=user)
    return [token_row(token, now) for token in tokens.order_by("-pk")]


def token(actor: Actor, token_id: int, now: datetime) -> TokenRow:
    """One token; `NotFound` where the actor may not see it."""
    found = permissions.visible(actor, ApiToken.objects.select_related("user"), now).filter(pk=token_id).first()
    if found is None:
        raise NotFound("There is no such token.")
    return token_row(found, now)


def token_row(row: ApiToken, now: datetime) -> TokenRow:
    state = "revoked" if row.revoked_at else "expired" if row.expires_at <= now else "active"
    return TokenRow(
        id=row.pk,
        account=row.user.get_username(),
        name=row.name,
        prefix=row.prefix,
        scopes=tuple(row.scopes),
        state=state,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )
