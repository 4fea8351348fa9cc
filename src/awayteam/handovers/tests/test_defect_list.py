"""The list of defects: sorted and page by page, as a CSV file, with saved views; only what one may see."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from awayteam.accounts.models import User
from awayteam.engagements.models import Engagement
from awayteam.engagements.tests.village import NOON, Village, settle
from awayteam.handovers import queries
from awayteam.handovers.models import Defect
from awayteam.handovers.queries.defects import SORTS
from awayteam.kernel.errors import InvalidInput

pytestmark = pytest.mark.django_db
GIVEN = [("Bb", "low", 5, 2), ("aa", "high", 1, None), ("CC", "medium", 9, 1), ("=dd", "high", 3, 2)]
"""Title, severity, found so many days ago, due in so many days (None: no clock runs)."""
ORDERS = {
    "age": ["=dd", "CC", "aa", "Bb"],
    "due": ["CC", "Bb", "=dd", "aa"],
    "found": ["aa", "=dd", "Bb", "CC"],
    "severity": ["aa", "=dd", "CC", "Bb"],
    "title": ["=dd", "aa", "Bb", "CC"],
}


@pytest.fixture
def village() -> Village:
    found = settle()
    row = found.active()
    for minutes, (title, severity, ago, due) in enumerate(GIVEN):
        at = NOON + timedelta(minutes=minutes)
        Defect.objects.create(
            engagement=row, title=title, severity=severity, found_at=NOON - timedelta(days=ago), label="sue",
            reported_by=found.person("sue"), routed="away", rule="scope", under_warranty=True, state="away",
            due_at=None if due is None else NOON + timedelta(days=due), turn_person=found.person("pia"),
            repository="orders", path="refunds/a.py", line=7, created_at=at, entered_at=at, changed_at=at,
        )  # fmt: skip
    return found


def client(village: Village, name: str) -> Client:
    found = Client()
    found.force_login(User.objects.get_or_create(username=name, defaults={"person": village.person(name)})[0])
    return found


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("limit", [1, 3, 50])
def test_each_sort_has_every_defect_once_whatever_the_page(
    sort: str, limit: int, turned: bool, village: Village
) -> None:
    actor, cursor, seen = village.actor("pia"), None, []
    while True:
        page = queries.defects(actor, sort=f"{'-' * turned}{sort}", now=NOON, cursor=cursor, limit=limit)
        assert page.total == len(GIVEN)
        seen += [row.title for row in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == (ORDERS[sort][::-1] if turned else ORDERS[sort])


def test_an_unknown_sort_and_a_cursor_of_another_list_are_refused(village: Village) -> None:
    actor = village.actor("pia")
    with pytest.raises(InvalidInput, match="no sort 'colour'"):
        queries.defects(actor, sort="colour", now=NOON)
    cursor = queries.defects(actor, sort="title", now=NOON, limit=1).next_cursor
    with pytest.raises(InvalidInput, match="cursor"):
        queries.defects(actor, sort="severity", now=NOON, cursor=cursor)


def test_over_http(village: Village) -> None:
    pia = client(village, "pia")
    found = pia.get("/api/v1/defects?sort=-title").json()["items"]
    assert [one["title"] for one in found] == ORDERS["title"][::-1]
    assert pia.get("/api/v1/defects?sort=colour").status_code == 422
    page = pia.get("/defects/?sort=severity").content.decode()
    places = [page.index(f">{title}<") for title in ("aa", "=dd", "CC", "Bb")]
    assert places == sorted(places)
    assert pia.get("/defects/?sort=colour").status_code == 422


def rows(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode())))


def test_as_a_file_with_every_row_that_one_may_see(village: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("awayteam.handovers.views.after.EXPORT_PAGE", 3)
    answer = client(village, "pia").get("/defects/?format=csv&sort=title")
    assert answer["Content-Disposition"] == 'attachment; filename="defects.csv"'
    found = rows(answer)
    assert [row["title"] for row in found] == ["'=dd", "aa", "Bb", "CC"]
    one, visit = found[1], Engagement.objects.get()
    assert (one["engagement"], one["away team"], one["home team"]) == (
        str(visit.pk), "group:default/payments", "group:default/orders",
    )  # fmt: skip
    assert (one["severity"], one["path"], one["line"], one["turn"]) == ("high", "refunds/a.py", "7", "user:default/pia")
    assert one["address"].endswith(f"/defects/{Defect.objects.get(title='aa').pk}/")
    assert rows(client(village, "pia").get("/defects/?format=csv&state=closed")) == []
    village.service.restricted = True
    village.service.save()
    assert rows(client(village, "ann").get("/defects/?format=csv")) == []


@pytest.mark.parametrize(
    "address", ["/defects/?format=csv", "/engagements/?format=csv", "/engagements/?format=json"], ids=str
)
def test_a_file_of_what_cannot_be_listed_is_refused_before_it_is_sent(address: str, village: Village) -> None:
    refused = client(village, "pia").get(f"{address}&sort=colour")
    assert (refused.status_code, refused.streaming) == (422, False)
    assert "no sort" in refused.content.decode()


def test_a_file_is_not_counted(village: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("awayteam.handovers.views.after.EXPORT_PAGE", 1)
    pia = client(village, "pia")
    with CaptureQueriesContext(connection) as asked:
        assert len(rows(pia.get("/defects/?format=csv"))) == len(GIVEN)
    about = [one["sql"] for one in asked if 'FROM "handovers_defect"' in one["sql"]]
    assert (len(about), [one for one in about if "COUNT(" in one]) == (len(GIVEN), [])


def test_its_views_are_kept(village: Village) -> None:
    pia = client(village, "pia")
    here = "/defects/?state=all&sort=severity"
    made = pia.post("/api/v1/views", {"name": "Worst first", "address": here}, content_type="application/json")
    assert made.status_code == 201, made.content
    page = pia.get("/defects/").content.decode()
    assert "Worst first" in page
    assert "sort=severity" in page
