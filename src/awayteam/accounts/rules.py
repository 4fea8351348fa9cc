"""The rules of accounts as pure functions: what a token looks like, how long it lives, who may sign up."""

import hashlib
import re
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from awayteam.kernel.errors import InvalidInput

TOKEN_START = "awat_"  # noqa: S105
TOKEN_BYTES = 32
PREFIX_LENGTH = 12
SCOPES = ("read", "write")
ACCOUNTS_NAMESPACE = "accounts"
"""Namespace of people who came by signing in. No importer declares into it, so that nobody can take by signing up the
reference under which a source will later declare somebody else."""


def new_token() -> str:
    """A fresh secret with 256 bits of randomness; the start tells people and secret scanners what it is."""
    return TOKEN_START + secrets.token_urlsafe(TOKEN_BYTES)


def digest(token: str) -> str:
    """SHA-256 in hexadecimal digits: a plain hash is enough for a secret that is random and long."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def scopes(asked: Collection[str]) -> list[str]:
    """The scopes in their order; "write" brings "read". Raises `InvalidInput` for unknown ones and for none."""
    unknown = sorted(set(asked) - set(SCOPES))
    if unknown or not asked:
        what = f"Unknown scope {unknown[0]!r}." if unknown else "A token needs at least one scope."
        raise InvalidInput(what, f"Choose from {', '.join(SCOPES)}.", fields={"scopes": what})
    return list(SCOPES) if "write" in asked else ["read"]


def expiry(days: int | None, now: datetime, *, default_days: int, max_days: int) -> datetime:
    """When a token made now ends; None means the default. Raises `InvalidInput` outside 1 to `max_days`."""
    chosen = default_days if days is None else days
    if not 1 <= chosen <= max_days:
        what = f"A token lives from 1 to {max_days} days, not {chosen}."
        raise InvalidInput(what, "Choose another number of days.", fields={"days": what})
    return now + timedelta(days=chosen)


def domain(email: str) -> str:
    return email.rpartition("@")[2].casefold()


def may_sign_up(
    policy: str, *, by_directory: bool, is_known: bool, verified: Iterable[str], domains: Collection[str]
) -> bool:
    """Whether somebody who signs in for the first time gets an account.

    `policy` is "open" (anybody), "known" or "closed". `by_directory` tells that the organisation's own directory
    (OpenID Connect) vouches; `is_known` that a person of the organisation has this handle or verified e-mail;
    `verified` are verified e-mail addresses, whose domain may be one of `domains`.
    """
    if policy == "open":
        return True
    if policy == "closed":
        return False
    return by_directory or is_known or any(domain(email) in domains for email in verified)


def person_name(wanted: Iterable[str]) -> str:
    """The first of `wanted` that leaves something as the name in a reference: lower case, at most 60 of `a-z0-9-_.`."""
    for text in wanted:
        name = re.sub(r"[^a-z0-9_.-]+", "-", text.casefold())[:60].strip("-_.")
        if name:
            return name
    return "somebody"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a provider or a verified e-mail proves about who signs in: `provider` and `value` as in `Identity`."""

    provider: str
    value: str

    @property
    def key(self) -> str:
        return self.value.casefold()
