"""Identities, kept from what documents claim: the first claimant has it; when that one goes, the next takes over."""

from collections.abc import Iterable
from typing import NamedTuple

from awayteam.imports.apply.item import Item
from awayteam.imports.apply.session import Session
from awayteam.imports.models import IdentityClaim
from awayteam.kernel import bulk
from awayteam.organisation.models import Confidence, Identity

Key = tuple[str, str]
"""Provider and case-folded value."""


class Claim(NamedTuple):
    entity_id: int
    person_id: int
    provider: str
    value: str
    value_key: str

    @property
    def key(self) -> Key:
        return self.provider, self.value_key


def write(session: Session, items: list[Item]) -> None:
    """Store the claims of these items and bring identities in line."""
    wanted = {claim for item in items for claim in _claims(session, item)}
    known = [item.id for item in items if item.id in session.ids.people and item.was and not item.was.only_named]
    replace(session, wanted, known)


def withdraw(session: Session, entity_ids: list[int]) -> None:
    """These entities are gone, and with them what they claim."""
    replace(session, set(), entity_ids)


def _claims(session: Session, item: Item) -> Iterable[Claim]:
    person_id = session.ids.people.get(item.id)
    if person_id is None:
        return
    for provider, value in dict.fromkeys(item.record.identities):
        if value:
            yield Claim(item.id, person_id, provider, value, value.casefold()[:320])


def replace(session: Session, wanted: set[Claim], known: list[int]) -> None:
    """Make the claims of `known` entities those that are `wanted`."""
    fresh, stale, keys = set(wanted), [], set()
    columns = ", ".join(("id", *Claim._fields))
    for id, *row in bulk.select(columns, IdentityClaim._meta.db_table, "entity_id", known):
        claim = Claim(*row)
        if claim in fresh:
            fresh.discard(claim)
        else:
            stale.append(id)
            keys.add(claim.key)
    bulk.delete(IdentityClaim, "id", stale)
    bulk.insert(IdentityClaim, Claim._fields, sorted(fresh))
    keys.update(claim.key for claim in fresh)
    if keys:
        _reconcile(session, keys, {(claim.key, claim.person_id) for claim in fresh})


def _reconcile(session: Session, keys: set[Key], fresh: set[tuple[Key, int]]) -> None:
    """Give each of `keys` its holder. A person's own correction stays; a claim that isn't new reopens nothing."""
    claims = _claims_of(keys)
    fields = "id, provider, value_key, person_id, source_id, value"
    values = {key[1] for key in keys}
    rows = bulk.select(fields, Identity._meta.db_table, "value_key", values)
    held = {(row[1], row[2]): row for row in rows if (row[1], row[2]) in keys}
    added, moved, stale = [], [], []
    for key in sorted(keys):
        row, claimed = held.get(key), claims.get(key, [])
        if row is None:
            holder = next((claim for claim in claimed if (key, claim.person_id) in fresh), None)
            if holder is not None:
                added.append((holder.person_id, *_identity(holder), session.source.pk, session.now))
        elif row[4] is None or any(claim.person_id == row[3] for claim in claimed):
            continue
        elif claimed:
            moved.append((row[0], claimed[0].person_id, claimed[0].value))
        else:
            stale.append(row[0])
    bulk.delete(Identity, "id", stale)
    bulk.update(Identity, ["person_id", "value"], moved)
    columns = ["person_id", "provider", "value", "value_key", "confidence", "evidence", "source_id", "created_at"]
    bulk.insert(Identity, columns, added)


def _identity(claim: Claim) -> tuple[str, str, str, str, str]:
    return claim.provider, claim.value, claim.value_key, Confidence.DECLARED.value, ""


def _claims_of(keys: set[Key]) -> dict[Key, list[Claim]]:
    found: dict[Key, list[Claim]] = {}
    columns = ", ".join(Claim._fields)
    table = IdentityClaim._meta.db_table
    for row in bulk.select(columns, table, "value_key", {key[1] for key in keys}):
        claim = Claim(*row)
        if claim.key in keys:
            found.setdefault(claim.key, []).append(claim)
    for claims in found.values():
        claims.sort()
    return found
