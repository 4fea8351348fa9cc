"""A source may date its owners itself; then its dates are the history."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from awayteam.catalog.actions import transfer_ownership
from awayteam.catalog.models import Entity, Ownership
from awayteam.imports.tests.folder import Folder
from awayteam.kernel.actor import SYSTEM

pytestmark = pytest.mark.django_db

FILE = """
version: 1
teams:
  - name: one
  - name: two
  - name: three
services:
  - name: orders
    owners:
      - {team: one, until: 2025-03-01}
      - {team: two, since: 2025-03-01, until: 2025-09-15, reason: more calls from there}
      - {team: three, since: 2025-09-15}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "source")


def history() -> list[tuple[str, str | None, str | None]]:
    rows = Ownership.objects.filter(entity__ref="component:default/orders").order_by("ends", "starts")
    found = [(row.owner.name, row.starts and row.starts.date(), row.ends and row.ends.date()) for row in rows]
    return sorted(
        ((a, str(b) if b else None, str(c) if c else None) for a, b, c in found), key=lambda one: one[1] or ""
    )


EXPECTED = [("one", None, "2025-03-01"), ("two", "2025-03-01", "2025-09-15"), ("three", "2025-09-15", None)]


def test_dates_in_the_file_are_the_history(folder: Folder) -> None:
    folder.write("awayteam.yaml", FILE)
    assert not folder.load().errors
    assert history() == EXPECTED
    folder.load()
    assert history() == EXPECTED
    assert Entity.objects.get(ref="component:default/orders").owner.ref == "group:default/three"


def test_corrected_dates_replace_the_former_ones(folder: Folder) -> None:
    folder.write("awayteam.yaml", FILE)
    folder.load()
    folder.write("awayteam.yaml", FILE.replace("2025-09-15", "2025-10-01"))
    folder.load()
    assert history() == [
        ("one", None, "2025-03-01"),
        ("two", "2025-03-01", "2025-10-01"),
        ("three", "2025-10-01", None),
    ]


def test_a_period_without_length_is_left_out(folder: Folder) -> None:
    folder.write("awayteam.yaml", FILE.replace("until: 2025-09-15", "until: 2025-03-01"))
    folder.load()
    assert [one[0] for one in history()] == ["one", "three"]


def test_a_transfer_by_a_person_stands_beside_the_dates_of_the_file(folder: Folder) -> None:
    folder.write("awayteam.yaml", FILE)
    folder.load()
    orders = Entity.objects.get(ref="component:default/orders")
    when = datetime(2026, 5, 1, tzinfo=UTC)
    transfer_ownership(actor=SYSTEM, now=when, entity=orders, owner="group:default/one", reason="reorganised")
    folder.write("awayteam.yaml", FILE.replace("more calls from there", "why not"))
    folder.load()
    open_rows = Ownership.objects.filter(entity=orders, ends=None)
    assert [row.owner.ref for row in open_rows] == ["group:default/one"]
    assert ("two", "2025-03-01", "2025-09-15") in history()


def test_an_owner_to_come_is_none_yet(folder: Folder) -> None:
    folder.write("awayteam.yaml", FILE.replace("2025-09-15", "2027-09-15"))
    folder.load()
    assert [one[0] for one in history()] == ["one", "two", "three"]
    assert Entity.objects.get(ref="component:default/orders").owner.ref == "group:default/two"
    folder.days += 700
    folder.write("awayteam.yaml", FILE.replace("2025-09-15", "2027-09-15") + "# read again\n")
    folder.load()
    assert [one[0] for one in history()] == ["one", "two", "three"]


def test_two_owners_without_end_are_reported_and_the_last_one_counts(folder: Folder) -> None:
    folder.write("awayteam.yaml", FILE.replace(", until: 2025-09-15", ""))
    assert any("no end" in error["message"] for error in folder.load().errors)
    assert history()[-1] == ("three", "2025-09-15", None)


def test_two_owners_without_any_dates_are_one_owner(folder: Folder) -> None:
    folder.write("awayteam.yaml", "version: 1\nservices:\n  - name: orders\n    owners: [{team: one}, {team: two}]\n")
    folder.load()
    assert history() == [("two", None, None)]
