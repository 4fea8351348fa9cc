"""Accounts of a forge: the unlinked first, by how often they took part in changes. For administrators."""

from dataclasses import dataclass

from awayteam.forges.models import Forge, ForgeAccount
from awayteam.forges.permissions import inside
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import NotFound
from awayteam.kernel.paging import Page, decode_cursor, page_of
from awayteam.organisation.models import Person


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account, and how it is known."""

    account: ForgeAccount
    says: str


WORDS = {
    "signed-in": "signed in here with it",
    "by-hand": "linked by hand",
    "identity": "a confirmed handle",
}


def accounts(
    actor: Actor, forge: Forge, *, unlinked: bool = False, cursor: str = "", limit: int = 50
) -> Page[AccountRow]:  # fmt: skip
    """Accounts of a forge, those that took part most often first. Raises `NotAllowed`."""
    inside(actor)
    rows = ForgeAccount.objects.filter(forge=forge).select_related("person", "forge").order_by("-seen", "pk")
    if unlinked:
        rows = rows.filter(person=None, is_bot=False)
    skip = decode_cursor(cursor, int)[0] if cursor else 0
    skip = max(0, min(skip, 1_000_000))
    found = [AccountRow(row, says(row)) for row in rows[skip : skip + limit + 1]]
    return page_of(found, limit, lambda _row: (skip + limit,))


def says(row: ForgeAccount) -> str:
    if row.person is not None:
        return WORDS[row.linked_by]
    if row.is_bot:
        return "a program"
    if row.refused:
        return "a link was taken away by hand"
    return "renamed since it was first seen" if row.login != row.first_login else "nobody known"


def match_person(word: str) -> Person:
    """A person by reference, or by the name alone where it is one's only. Raises `NotFound`."""
    ref = word if ":" in word else f"user:default/{word}"
    found = Person.objects.filter(ref__iexact=ref).first()
    if found is None:
        raise NotFound(f"There is nobody {word[:80]!r}.", "Write the reference, such as user:default/ada.")
    return found


def account(forge: Forge, word: str) -> ForgeAccount:
    """An account by id, or by the login that it has now where no other has it. Raises `NotFound`."""
    rows = ForgeAccount.objects.select_related("forge", "person").filter(forge=forge)
    found = list(rows.filter(external_id=word)[:1]) or list(rows.filter(login__iexact=word)[:2])
    if len(found) != 1:
        raise NotFound(
            f"There is {'no' if not found else 'more than one'} account {word[:80]!r} on {forge.name}.",
            "Accounts are known once they took part in something; `awayteam forge accounts` lists them.",
        )
    return found[0]
