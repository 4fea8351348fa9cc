"""Who may do what with accounts and tokens."""

from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.db.models import QuerySet

from awayteam.accounts.models import ApiToken, User
from awayteam.kernel.actor import Actor, ActorKind
from awayteam.kernel.permissions import Decision


class Verb(StrEnum):
    ADMINISTER_ACCOUNTS = "administer-accounts"
    BECOME = "become"
    CREATE_TOKEN = "create-token"  # noqa: S105
    REVOKE_TOKEN = "revoke-token"  # noqa: S105


def can(actor: Actor, verb: Verb, thing: User | None, now: datetime) -> Decision:  # noqa: ARG001
    """May `actor` do this? `thing` is the account that it concerns, for tokens their owner's."""
    if verb is Verb.BECOME:
        return _become()
    if not actor.may_write:
        return Decision(False, "Sign in, or use a token with the scope 'write'.", "accounts.needs-write")
    if actor.is_administrator:
        return Decision(True, "Administrators look after all accounts.", "accounts.administrator")
    if verb is Verb.ADMINISTER_ACCOUNTS:
        return Decision(False, "Only administrators look after accounts.", "accounts.administrator")
    own = thing is not None and actor.user_id is not None and thing.pk == actor.user_id
    reason = "Everybody looks after their own tokens." if own else "This token is somebody else's."
    return Decision(own, reason, "accounts.own-token")


def _become() -> Decision:
    if settings.DEMO:
        return Decision(True, "In the demonstration everybody may be anybody.", "accounts.demo")
    return Decision(False, "Only in the demonstration can one become somebody else.", "accounts.demo")


def visible(actor: Actor, tokens: "QuerySet[ApiToken]", now: datetime) -> "QuerySet[ApiToken]":  # noqa: ARG001
    """The tokens that the actor may see: their own; administrators see all (never a secret, which nobody keeps)."""
    if actor.is_administrator or actor.kind is ActorKind.SYSTEM:
        return tokens
    return tokens.filter(user_id=actor.user_id) if actor.user_id is not None else tokens.none()
