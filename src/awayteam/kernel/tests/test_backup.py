"""A backup restores what it copied, and a restore is whole or nothing."""

import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from pytest_django import Settings

from awayteam.accounts.models import User
from awayteam.catalog import search
from awayteam.catalog.models import Entity, Ownership, Relation
from awayteam.kernel import backup
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.errors import Conflict, InvalidInput
from awayteam.kernel.events import EventName, Subject, append
from awayteam.kernel.models import Event

NOW = datetime(2026, 3, 2, 9, 30, 15, 123456, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, settings: Settings) -> None:
    settings.DATA = tmp_path / "data"
    settings.DATA.mkdir()
    (settings.DATA / "secret-key").write_text("kept")


def organisation() -> None:
    owner = Entity.objects.create(
        ref="group:default/payments",
        kind="Group",
        name="payments",
        sort_name="payments",
        first_seen_at=NOW,
        changed_at=NOW,
    )
    orders = Entity.objects.create(
        ref="component:default/orders",
        kind="Component",
        name="orders",
        sort_name="orders",
        owner=owner,
        tags=["go", "ünïcode"],
        document={"spec": {"deep": [1, None, {"a": "\u2028"}]}},
        first_seen_at=NOW,
        changed_at=NOW,
    )
    Ownership.objects.create(entity=orders, owner=owner, starts=NOW)
    Relation.objects.create(type=1, source=orders, target=owner, declared_by=orders)
    User.objects.create_user("ada", "ada@example.org", "a password of some length")
    subject = Subject("entity", orders.pk, "orders")
    search.rebuild()
    append(EventName.ENTITY_CREATED, subject=subject, actor=SYSTEM, now=NOW, changes={"title": ["", "Orders"]})


def state() -> dict[str, list[object]]:
    """All rows; those of tables that are derived again without their ids."""
    rows = {model: list(model._default_manager.order_by("pk").values()) for model in backup.tables()}
    derived = {"catalog.TagCount"}
    return {
        model._meta.label: [row | ({"id": 0} if model._meta.label in derived else {}) for row in found]
        for model, found in rows.items()
    }


@pytest.mark.django_db
def test_what_is_restored_is_what_was_backed_up(tmp_path: Path) -> None:
    organisation()
    before = state()
    summary = backup.write(tmp_path / "b.tar.gz", now=NOW)
    assert summary.rows["catalog_entity"] == 2
    Entity.objects.filter(ref="component:default/orders").update(title="changed since")
    User.objects.all().delete()
    (settings.DATA / "secret-key").write_text("lost")
    rows = backup.restore(tmp_path / "b.tar.gz", replace=True)
    assert rows == summary.rows
    assert state() == before
    assert (settings.DATA / "secret-key").read_text() == "kept"


@pytest.mark.django_db
def test_the_event_log_is_guarded_again_after_a_restore(tmp_path: Path) -> None:
    from django.db import DatabaseError, transaction

    organisation()
    backup.write(tmp_path / "b.tar.gz", now=NOW)
    backup.restore(tmp_path / "b.tar.gz", replace=True)
    with pytest.raises(DatabaseError), transaction.atomic():
        Event.objects.all().delete()
    assert Event.objects.count() == 1


@pytest.mark.django_db
def test_new_rows_get_ids_of_their_own_after_a_restore(tmp_path: Path) -> None:
    organisation()
    backup.write(tmp_path / "b.tar.gz", now=NOW)
    backup.restore(tmp_path / "b.tar.gz", replace=True)
    highest = max(Entity.objects.values_list("pk", flat=True))
    added = Entity.objects.create(
        ref="x:default/y", kind="x", name="y", sort_name="y", first_seen_at=NOW, changed_at=NOW
    )
    assert added.pk > highest


@pytest.mark.django_db
def test_an_organisation_is_not_replaced_unasked(tmp_path: Path) -> None:
    organisation()
    backup.write(tmp_path / "b.tar.gz", now=NOW)
    before = state()
    with pytest.raises(Conflict, match="already"):
        backup.restore(tmp_path / "b.tar.gz")
    assert state() == before


@pytest.mark.django_db
@pytest.mark.parametrize("damage", ["text", "missing", "cut", "foreign"])
def test_what_is_no_backup_is_refused_and_changes_nothing(tmp_path: Path, damage: str) -> None:
    organisation()
    path = tmp_path / "b.tar.gz"
    if damage == "text":
        path.write_text("hello")
    elif damage == "cut":
        backup.write(path, now=NOW)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif damage == "foreign":
        with tarfile.open(path, "w:gz") as archive:
            archive.add(__file__, "somebody-elses.py")
    before = state()
    with pytest.raises(InvalidInput):
        backup.restore(path, replace=True)
    assert state() == before
    assert not list(tmp_path.glob(".b.tar.gz.*"))
