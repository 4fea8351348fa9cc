"""Large imports on PostgreSQL have references checked at their end, and whatever happens, they are checked again."""

from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from awayteam.catalog.models import EntityTag
from awayteam.imports import engine, foreignkeys
from awayteam.imports.tests.folder import Folder, component, group

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite keeps its constraints"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    found = Folder(tmp_path / "repo")
    found.write("org.yaml", group("one"))
    found.write("a.yaml", *(component(f"s{n}", "one", "dependsOn: [component:s0]") for n in range(5)))
    return found


def test_constraints_are_away_while_many_entities_are_written_and_back_and_checked_after(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foreignkeys, "MANY", 3)
    before = foreignkeys._present()
    assert len(before) == 14
    assert all(validated for _, validated in before.values())
    during: list[int] = []
    batch = engine.Run._batch

    def watched(*arguments: object) -> None:
        during.append(len(foreignkeys._present()))
        batch(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(engine.Run, "_batch", watched)
    assert folder.load().created == 6
    assert during == [0]
    assert foreignkeys._present() == before
    folder.write("b.yaml", component("last"))
    folder.load()
    assert during == [0, len(before)], "a small import has every row checked"


def test_what_a_killed_import_left_away_is_made_again_by_the_next_one(folder: Folder) -> None:
    before = foreignkeys._present()
    foreignkeys._drop()
    assert foreignkeys._present() == {}
    folder.load()
    assert foreignkeys._present() == before
    with pytest.raises(IntegrityError), transaction.atomic():
        EntityTag.objects.create(entity_id=10**9, tag="lost")


def test_a_row_that_points_at_nothing_keeps_only_its_constraint_unchecked(folder: Folder) -> None:
    folder.load()
    before = foreignkeys._present()
    foreignkeys._drop()
    lost = EntityTag.objects.create(entity_id=10**9, tag="lost")
    foreignkeys.restore()
    unchecked = {place for place, (_, validated) in foreignkeys._present().items() if not validated}
    assert unchecked == {("catalog_entitytag", "entity_id")}
    with pytest.raises(IntegrityError), transaction.atomic():
        EntityTag.objects.create(entity_id=10**9, tag="more")
    lost.delete()
    foreignkeys.restore()
    assert foreignkeys._present() == before


def test_who_uses_the_tables_for_long_keeps_the_constraints(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreignkeys, "PATIENCE", "50ms")
    before = foreignkeys._present()
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT COUNT(*) FROM catalog_entitytag")
        with foreignkeys.checked_at_the_end(10**6):
            assert foreignkeys._present() == before
    finally:
        other.close()
