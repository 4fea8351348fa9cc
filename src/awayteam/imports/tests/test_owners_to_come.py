"""Owners that a source dates in advance, and lists as of a day before anything was read."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from awayteam.catalog import facets
from awayteam.catalog.actions import dated, transfer_ownership
from awayteam.catalog.models import Entity, FacetCount, Ownership, Relation
from awayteam.catalog.queries import EntityFilter, list_entities, search
from awayteam.imports.tests.folder import Folder
from awayteam.imports.tests.test_dated_ownership import FILE
from awayteam.kernel import jobs
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.models import Event, PeriodicJob

pytestmark = pytest.mark.django_db

DAY = datetime(2027, 9, 15, tzinfo=UTC)
COMING = FILE.replace("2025-09-15", "2027-09-15")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "source")


def orders() -> Entity:
    return Entity.objects.get(ref="component:default/orders")


def periods() -> list[tuple[str, str]]:
    rows = Ownership.objects.filter(entity=orders()).select_related("owner")
    return sorted((row.owner.name, f"{row.starts} {row.ends}") for row in rows)


def test_an_owner_to_come_takes_over_on_the_day_without_another_reading(folder: Folder) -> None:
    folder.write("awayteam.yaml", COMING)
    folder.load()
    before = periods()
    assert dated.take_effect(now=DAY - timedelta(seconds=1)) == 0
    assert dated.take_effect(now=DAY) == 1
    assert dated.take_effect(now=DAY + timedelta(days=1)) == 0
    assert orders().owner.name == "three"
    assert periods() == before
    assert Relation.objects.get(type=1, source=orders()).target == orders().owner
    assert [hit.ref for group in search(SYSTEM, "three").groups for hit in group.hits][-1] == orders().ref
    [event] = Event.objects.filter(name="ownership.changed", at=DAY)
    assert event.data["changes"] == {"owner": ["group:default/two", "group:default/three"]}
    counted = sorted(FacetCount.objects.values_list("kind", "owner_id", "entities"))
    facets.rebuild()
    assert sorted(FacetCount.objects.values_list("kind", "owner_id", "entities")) == counted


def test_an_ownership_that_ends_leaves_nobody(folder: Folder) -> None:
    without = COMING.replace("      - {team: three, since: 2027-09-15}\n", "")
    folder.write("awayteam.yaml", without)
    folder.load()
    assert orders().owner.name == "two"
    assert dated.take_effect(now=DAY) == 1
    assert orders().owner is None


def test_a_transfer_by_a_person_stands_on_that_day(folder: Folder) -> None:
    folder.write("awayteam.yaml", COMING.replace("since: 2027-09-15}", "since: 2027-09-15, until: 2028-01-01}"))
    folder.load()
    when = datetime(2026, 12, 1, tzinfo=UTC)
    transfer_ownership(actor=SYSTEM, now=when, entity=orders(), owner="group:default/one", reason="reorganised")
    assert dated.take_effect(now=DAY) == 0
    assert orders().owner.name == "one"
    assert orders().edits.get().declared == "group:default/three"


def test_the_worker_looks_at_what_has_happened_since_it_looked_last(folder: Folder) -> None:
    folder.write("awayteam.yaml", COMING)
    folder.load()
    jobs.registered[dated.NAME].run(DAY - timedelta(days=3))
    PeriodicJob.objects.update_or_create(
        name=dated.NAME, defaults={"next_at": DAY, "finished_at": DAY - timedelta(days=3)}
    )
    assert jobs.registered[dated.NAME].run(DAY + timedelta(minutes=1)) == 1
    assert not dated.due(DAY + timedelta(minutes=2)).exists()


@pytest.mark.parametrize(("day", "owner"), [("2025-01-01", "one"), ("2025-06-01", "two"), ("2026-01-01", "three")])
def test_what_a_source_dates_is_listed_as_of_a_day_before_it_was_read(folder: Folder, day: str, owner: str) -> None:
    folder.write("awayteam.yaml", FILE.replace("name: orders", "name: orders\n    type: job\n    tags: [java]"))
    folder.load()
    folder.write("awayteam.yaml", FILE.replace("name: orders", "name: orders\n    type: service"))
    folder.load()
    at = datetime.fromisoformat(day).replace(tzinfo=UTC)
    [row] = list_entities(SYSTEM, EntityFilter(kind=("Component",)), as_of=at).items
    assert (row.ref, row.owner and row.owner.name) == ("component:default/orders", owner)
    assert list_entities(SYSTEM, EntityFilter(owner=(owner,)), as_of=at).items == [row]
    assert (row.type, row.tags) == ("job", ("java",))  # as it was first known
    for filter in (EntityFilter(type=("job",)), EntityFilter(tag=("java",))):
        assert list_entities(SYSTEM, filter, as_of=at).items == [row]
    for filter in (EntityFilter(type=("service",)), EntityFilter(tag=("go",)), EntityFilter(kind=("Group",))):
        assert list_entities(SYSTEM, filter, as_of=at).items == []
