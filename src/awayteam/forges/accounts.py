"""Whose account it is: a name leads to a person at the first contact only, from then on the id does.

Three things link, the strongest first: that somebody signed in here with this very account (its id); an administrator's
word; a confirmed handle of the organisation, if the account has borne it since it was first seen here and no other
account of this forge ever bore it. Whoever takes a name that became free inherits nothing.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q

from awayteam.accounts.models import User
from awayteam.forges import registry
from awayteam.forges.models import AccountLink, Forge, ForgeAccount
from awayteam.forges.permissions import can_keep
from awayteam.forges.port import Account
from awayteam.gate.change import Author
from awayteam.kernel import events
from awayteam.kernel.actor import SYSTEM, Actor
from awayteam.kernel.errors import Conflict, NotFound
from awayteam.kernel.events import EventName, Subject
from awayteam.organisation.models import Confidence, Identity, Person

LONGEST = 200
ADDRESSES = {"github": ("GITHUB_URL", "https://github.com"), "gitlab": ("gitlab_url", "https://gitlab.com")}
"""Where each sign-in provider's settings say its address, and which it is where they don't."""


def heard(forge: Forge, account: Account, now: datetime, *, took_part: int = 0) -> ForgeAccount:
    """The row of an account that was heard of, linked as far as it can be. `took_part`: how often it is counted."""
    known = ForgeAccount.objects.select_related("forge", "person")
    row = known.filter(forge=forge, external_id=account.id[:LONGEST]).first() or _made(forge, account, now)
    login = account.login[:LONGEST] or row.login
    changes: dict[str, Any] = {}
    if login != row.login:
        events.append(
            EventName.FORGE_ACCOUNT_RENAMED, subject=subject_of(row), actor=SYSTEM, now=now,
            changes={"login": (row.login, login)},
        )  # fmt: skip
        changes["login"] = login
    if account.is_bot != row.is_bot:
        changes["is_bot"] = account.is_bot
    if took_part:
        changes["seen"] = F("seen") + took_part
    if changes:
        ForgeAccount.objects.filter(pk=row.pk).update(seen_at=now, **changes)
        row.refresh_from_db()
    return settle(row, now)


def _made(forge: Forge, account: Account, now: datetime) -> ForgeAccount:
    row = ForgeAccount(
        forge=forge, external_id=account.id[:LONGEST], login=account.login[:LONGEST],
        first_login=account.login[:LONGEST], is_bot=account.is_bot, first_seen_at=now, seen_at=now,
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return ForgeAccount.objects.select_related("forge", "person").get(forge=forge, external_id=account.id[:LONGEST])
    return row


def settle(row: ForgeAccount, now: datetime) -> ForgeAccount:
    """Link an account as what is known of it says, and take back what rests on a handle that isn't confirmed any
    more. A link by hand stays."""
    how = AccountLink.SIGNED_IN
    wanted = _signed_in(row)
    if wanted is None:
        if row.person_id is not None and row.linked_by in (AccountLink.BY_HAND, AccountLink.SIGNED_IN):
            return row
        how = AccountLink.IDENTITY
        wanted = None if row.refused else _by_identity(row) if row.person is None else _still(row)
    if wanted is None and row.person_id is None:
        return row
    if row.person_id == (wanted.pk if wanted else None) and (row.linked_by == how or wanted is None):
        return row
    return _link(row, wanted, how, actor=SYSTEM, now=now, reason=_WHY[how] if wanted else "the handle is gone")


_WHY = {
    AccountLink.SIGNED_IN: "signed in here with this account",
    AccountLink.IDENTITY: "a confirmed handle, borne since the account was first seen",
}


def _signed_in(row: ForgeAccount) -> Person | None:
    """The person who signed in here with this very account, at the very forge that it belongs to."""
    provider = registry.kind(row.forge.kind).identity_provider
    if provider not in ADDRESSES or not _is_same_site(provider, row.forge.address):
        return None
    users = SocialAccount.objects.filter(provider=provider, uid=row.external_id).values("user")
    people = list(Person.objects.filter(user__in=User.objects.filter(pk__in=users, is_active=True))[:2])
    return people[0] if len(people) == 1 else None


def _is_same_site(provider: str, address: str) -> bool:
    """An id of one GitLab means somebody else on another."""
    name, default = ADDRESSES[provider]
    known: Mapping[str, Any] = getattr(settings, "SOCIALACCOUNT_PROVIDERS", {}).get(provider, {})
    apps = known.get("APPS") or [{}]
    at = known.get(name) or (apps[0].get("settings") or {}).get(name) or default
    ours, theirs = urlsplit(address), urlsplit(str(at))
    return (
        theirs.hostname is not None
        and (ours.hostname or "").removeprefix("api.") == theirs.hostname
        and (ours.port, ours.scheme) == (theirs.port, theirs.scheme)
    )


def _by_identity(row: ForgeAccount) -> Person | None:
    provider, login = registry.kind(row.forge.kind).identity_provider, row.login
    if not provider or row.is_bot or login.casefold() != row.first_login.casefold():
        return None
    bore = Q(login__iexact=login) | Q(first_login__iexact=login)
    if ForgeAccount.objects.filter(bore, forge=row.forge_id).exclude(pk=row.pk).exists():
        return None
    return _confirmed(provider, login)


def _still(row: ForgeAccount) -> Person | None:
    """Whom the handle of the first contact leads to, as long as that is who it was; whatever it is called now."""
    found = _confirmed(registry.kind(row.forge.kind).identity_provider, row.first_login)
    return found if found == row.person else None


def _confirmed(provider: str, login: str) -> Person | None:
    identity = Identity.objects.select_related("person").filter(
        provider=provider, value_key=login.casefold(), confidence=Confidence.CONFIRMED
    ).first()  # fmt: skip
    return identity.person if identity is not None else None


def link(row: ForgeAccount, person: Person, *, actor: Actor, now: datetime, reason: str = "") -> ForgeAccount:
    """Say by hand whose account it is. Raises `NotAllowed`, `Conflict` where somebody signed in with it."""
    can_keep(actor).require()
    with transaction.atomic():
        held = _held(row)
        signed_in = _signed_in(held)
        if signed_in is not None and signed_in != person:
            raise Conflict(f"{signed_in} signed in here with {held.login}.", "Their own word counts.")
        return _link(held, person, AccountLink.BY_HAND, actor=actor, now=now, reason=reason)


def unlink(row: ForgeAccount, *, actor: Actor, now: datetime, reason: str = "") -> ForgeAccount:
    """Take a link away; no handle brings it back. Raises `NotAllowed`."""
    can_keep(actor).require()
    with transaction.atomic():
        return _link(_held(row), None, AccountLink.BY_HAND, actor=actor, now=now, reason=reason)


def _held(row: ForgeAccount) -> ForgeAccount:
    held = ForgeAccount.objects.select_for_update(of=("self",)).select_related("forge", "person").filter(pk=row.pk)
    found = held.first()
    if found is None:
        raise NotFound("There is no such account.")
    return found


def _link(
    row: ForgeAccount, person: Person | None, how: AccountLink, *, actor: Actor, now: datetime, reason: str
) -> ForgeAccount:  # fmt: skip
    before = row.person.ref if row.person is not None else None
    row.person, row.linked_by = person, how.value if person else ""
    row.linked_at, row.refused = (now if person else None), person is None and how is AccountLink.BY_HAND
    with transaction.atomic():
        row.save(update_fields=["person", "linked_by", "linked_at", "refused"])
        events.append(
            EventName.FORGE_ACCOUNT_LINKED if person else EventName.FORGE_ACCOUNT_UNLINKED,
            subject=subject_of(row), actor=actor, now=now, reason=reason,
            data={"forge": row.forge.name, "account": row.external_id, "how": how.value},
            changes={"person": (before, person.ref if person else None)},
        )  # fmt: skip
    return row


def subject_of(row: ForgeAccount) -> Subject:
    return Subject("forge-account", row.pk, row.login)


def author_of(row: ForgeAccount) -> Author:
    """An account as the gate takes it: its person, "" where nobody knows them."""
    return Author(row.person.ref if row.person is not None else "", row.login, row.is_bot)


def accounts_of(forge: Forge, people: list[int]) -> dict[int, ForgeAccount]:
    """The account of each person (by id) on a forge, the best known; people without one are left out."""
    rank = {how.value: place for place, how in enumerate(AccountLink)}
    rows = ForgeAccount.objects.filter(forge=forge, person__in=people, is_bot=False)
    found: dict[int, ForgeAccount] = {}
    for row in sorted(rows, key=lambda row: (rank[row.linked_by], -row.seen_at.timestamp(), row.pk), reverse=True):
        assert row.person_id is not None
        found[row.person_id] = row
    return found
