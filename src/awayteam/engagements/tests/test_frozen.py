"""The database keeps what was signed: no text, hash or signature changes or goes, whoever asks."""

from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction

from awayteam.engagements.models import Contract, Signature
from awayteam.engagements.tests.village import settle
from awayteam.kernel.appendonly import gaps, triggers_of

pytestmark = pytest.mark.django_db

CHANGES: dict[str, Callable[[Contract], object]] = {
    "its text": lambda row: Contract.objects.filter(pk=row.pk).update(text=row.text + " "),
    "its hash": lambda row: Contract.objects.filter(pk=row.pk).update(sha256="0" * 64),
    "its number": lambda row: Contract.objects.filter(pk=row.pk).update(number=7),
    "its engagement": lambda row: _sql("UPDATE engagements_contract SET engagement_id = engagement_id + 1"),
    "why it was written": lambda row: Contract.objects.filter(pk=row.pk).update(why="something else"),
    "the contract away": lambda row: _sql(f"DELETE FROM engagements_contract WHERE id = {row.pk}"),
    "who signed": lambda row: row.signatures.update(label="somebody else"),
    "what was signed": lambda row: row.signatures.update(sha256="0" * 64),
    "a signature away": lambda row: _sql("DELETE FROM engagements_signature"),
}


def _sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("what", sorted(CHANGES))
def test_the_database_refuses_to_change(what: str) -> None:
    row = settle().agreed()
    contract = Contract.objects.get(engagement=row)
    before, signed = (contract.text, contract.sha256), list(Signature.objects.values())
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        CHANGES[what](contract)
    contract.refresh_from_db()
    assert (contract.text, contract.sha256) == before
    assert list(Signature.objects.values()) == signed


def test_a_contract_still_changes_its_state() -> None:
    row = settle().agreed()
    contract = Contract.objects.get(engagement=row)
    Contract.objects.filter(pk=contract.pk).update(version=9)
    contract.refresh_from_db()
    assert (contract.version, contract.state) == (9, "in-force")


def test_signatures_are_append_only() -> None:
    settle()
    assert gaps(connection) == []
    table = "engagements_signature"
    for name in triggers_of(connection.vendor, table):
        _sql(f"DROP TRIGGER {name}" + (f" ON {table}" if connection.vendor == "postgresql" else ""))
    assert {(gap.table, gap.trigger) for gap in gaps(connection)} == {
        (table, name) for name in triggers_of(connection.vendor, table)
    }
