"""Requests from and to files: every format, hostile ones too, again and again without doubling."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from awayteam.accounts.models import User
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.errors import InvalidInput, NotAllowed
from awayteam.kernel.models import Clock, Event
from awayteam.organisation.models import Identity
from awayteam.requests.actions.importing import Defaults, Imported, import_requests
from awayteam.requests.exchange import keps, tables, trackers, writing
from awayteam.requests.exchange.reading import guess
from awayteam.requests.exchange.rows import Read, moment
from awayteam.requests.models import Asker, Request
from awayteam.requests.tests.town import NOON, Town, found, service

CSV = """key,title,home_team,asking_team,asker,value_per_week,state,created_at,closed_at,also_asking
T-1,Refund lines,orders,payments,paul,100,open,2026-01-05,,search
T-2,Faster search,search,payments,paul,,done,2025-11-01,2025-12-01T10:00:00+01:00,
T-3,Bad row,nobody,payments,paul,,open,,,
T-4,,orders,payments,paul,many,maybe,soon,,
"""


def load(found: Read, town: Town, **more: Any) -> Imported:
    return import_requests(found, actor=SYSTEM, now=NOON, **more)


@pytest.mark.django_db
def test_rows_come_in_once_each_by_itself() -> None:
    town = found()
    done = load(tables.read_csv(CSV.encode(), "t.csv", {}), town)
    assert (done.created, done.updated, done.unchanged) == (2, 0, 0)
    told = {(error.line, error.field) for error in done.errors}
    assert told == {(4, "home_team"), (5, "title"), (5, "value_per_week"), (5, "state"), (5, "created_at")}
    opened, closed = Request.objects.order_by("external_key")
    assert (opened.state, opened.turn_person, opened.askers_count) == ("asked", town.person("olga"), 2)
    assert opened.value_per_week == Decimal(100)
    assert opened.created_at == datetime(2026, 1, 5, 12, tzinfo=UTC)
    assert (closed.state, closed.closed_at, closed.clock) == ("done", datetime(2025, 12, 1, 9, tzinfo=UTC), None)
    assert Clock.objects.get().started_at == NOON
    assert Event.objects.filter(name="request.imported").count() == 2

    again = load(tables.read_csv(CSV.replace("Refund lines", "Refund single lines").encode(), "t.csv", {}), town)
    assert (again.created, again.updated, again.unchanged) == (0, 1, 1)
    opened.refresh_from_db()
    assert opened.title == "Refund single lines"


@pytest.mark.django_db
def test_a_dry_run_changes_nothing() -> None:
    town = found()
    done = load(tables.read_csv(CSV.encode(), "t.csv", {}), town, dry_run=True)
    assert done.created == 2
    assert not Request.objects.exists()
    assert not Event.objects.exists()


@pytest.mark.django_db
def test_only_administrators_import() -> None:
    town = found()
    with pytest.raises(NotAllowed):
        import_requests(tables.read_csv(CSV.encode(), "t.csv", {}), actor=town.actor("paul"), now=NOON)
    assert not Request.objects.exists()


@pytest.mark.django_db
def test_what_is_written_is_read_again_alike() -> None:
    town = found()
    service(town)
    load(tables.read_csv(CSV.encode(), "t.csv", {}), town)
    town.ask(title="=HYPERLINK(1)")
    cells = list(writing.each(Request.objects.order_by("pk").values_list("pk", flat=True)))
    as_csv = tables.read_csv("".join(writing.to_csv(cells)).encode(), "own", {})
    as_json = tables.read_json("".join(writing.to_json(cells)).encode(), "own", {})
    assert not as_csv.errors
    assert [row.title for row in as_csv.rows] == [row.title for row in as_json.rows] == [one["title"] for one in cells]
    assert [(row.key, row.created_at, row.state) for row in as_csv.rows] == [
        (row.key, row.created_at, row.state) for row in as_json.rows
    ]
    assert "'=HYPERLINK(1)" in "".join(writing.to_csv(cells))
    askers = Asker.objects.count()
    again = load(as_csv, town)
    assert (again.created, again.updated, again.unchanged, again.errors) == (0, 0, 3, [])
    assert Asker.objects.count() == askers


def test_github_issues_of_both_sources() -> None:
    rest = [
        {"html_url": "https://github.com/o/r/issues/1", "number": 1, "title": "Slow", "body": None, "state": "open",
         "labels": [{"name": "kind/performance"}], "user": {"login": "ada"}, "created_at": "2026-01-05T10:00:00Z"},
        {"html_url": "https://github.com/o/r/pull/2", "number": 2, "title": "PR", "pull_request": {}},
        "no object",
    ]  # fmt: skip
    gh = [{"url": "https://github.com/o/r/issues/3", "title": "Broken", "body": "It is.", "state": "CLOSED",
           "stateReason": "NOT_PLANNED", "labels": [{"name": "bug"}], "author": {"login": "bob"},
           "createdAt": "2026-01-05T10:00:00Z", "closedAt": "2026-01-06T10:00:00Z"}]  # fmt: skip
    first = trackers.read_github(json.dumps(rest).encode(), "i.json", {})
    assert [(row.kind, row.state, row.need, row.askers) for row in first.rows] == [
        ("performance", "open", "Slow", ("ada",))
    ]
    assert [(error.line, error.message) for error in first.errors] == [(3, "is no object")]
    second = trackers.read_github(json.dumps(gh).encode(), "i.json", {}).rows[0]
    assert (second.kind, second.state, second.closed_at) == ("bug", "dropped", datetime(2026, 1, 6, 10, tzinfo=UTC))
    assert guess(json.dumps(rest).encode()) == "github"


def test_jira_in_json_and_csv() -> None:
    issue = {
        "key": "PAY-7", "self": "https://jira.example/rest/api/2/issue/7",
        "fields": {
            "summary": "Refunds", "issuetype": {"name": "Story"}, "labels": ["access"], "duedate": "2026-03-01",
            "description": {"type": "doc", "content": [{"type": "paragraph", "content": [{"text": "Please."}]}]},
            "reporter": {"emailAddress": "ada@example.org", "displayName": "Ada"}, "customfield_10011": 12.5,
            "status": {"name": "Fertig", "statusCategory": {"key": "done"}}, "resolution": {"name": "Won't Do"},
            "created": "2026-01-05T10:00:00.000+0100", "resolutiondate": "2026-01-07T10:00:00.000+0100",
        },
    }  # fmt: skip
    data = json.dumps({"issues": [issue]}).encode()
    row = trackers.read_jira_json(data, "j.json", {"customfield_10011": "value_per_week"}).rows[0]
    assert (row.key, row.kind, row.state, row.value_per_week) == ("PAY-7", "access", "dropped", Decimal("12.50"))
    assert (row.need, row.askers, row.wanted_by) == ("Please.", ("ada@example.org", "Ada"), date(2026, 3, 1))
    assert row.created_at == datetime(2026, 1, 5, 9, tzinfo=UTC)
    csv = (
        "Summary,Issue key,Issue Type,Status Category,Reporter,Created,Labels,Labels,Custom field (Value)\n"
        "Refunds,PAY-8,Bug,To Do,paul,05/Jan/26 9:30 AM,a,b,7\n"
    )
    table = trackers.read_jira_csv(csv.encode(), "j.csv", {"Custom field (Value)": "value_per_week"}).rows[0]
    assert (table.key, table.kind, table.state, table.value_per_week) == ("PAY-8", "bug", "open", Decimal("7.00"))
    assert table.created_at == datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
    assert (guess(data), guess(csv.encode())) == ("jira-json", "jira-csv")


@pytest.mark.parametrize("data", [b"\xff\xfet\0i\0t\0l\0e\0\n\0x\0", "\ufefftitle\nx\n".encode(), b"Title;need\nx;y\n"])
def test_encodings_marks_and_separators(data: bytes) -> None:
    assert [row.title for row in tables.read_csv(data, "t.csv", {}).rows] == ["x"]


@pytest.mark.parametrize(
    ("data", "what"),
    [(b"\xff\xff", "isn't UTF-8"), (b"a,b\n1,2\n", "no column 'title'"), (b"title\nx\0\n", "NUL")],
)
def test_a_file_that_cannot_be_used_says_why(data: bytes, what: str) -> None:
    with pytest.raises(InvalidInput, match=what):
        tables.read_csv(data, "t.csv", {})
    with pytest.raises(InvalidInput, match="isn't JSON"):
        tables.read_json(b"[", "t.json", {})


def test_a_cell_that_is_too_large_ends_the_file_and_not_the_import() -> None:
    read = tables.read_csv(b"title,need\na,b\nc," + b"x" * 1_100_000 + b"\n", "t.csv", {})
    assert [row.title for row in read.rows] == ["a"]
    assert "from here on" in read.errors[0].message


@given(st.binary(max_size=400))
def test_no_bytes_break_a_reader(data: bytes) -> None:
    for read in (tables.read_csv, tables.read_json, trackers.read_github, trackers.read_jira_csv):
        try:
            outcome = read(data, "x", {})
        except InvalidInput:
            continue
        assert all(row.title for row in outcome.rows)


@given(st.datetimes(timezones=st.just(UTC)))
def test_times_are_read_as_they_are_written(at: datetime) -> None:
    assert moment(at.isoformat()) == at


def test_plain_text_of_deep_documents_ends() -> None:
    deep: dict[str, Any] = {"text": "end"}
    for _ in range(5_000):
        deep = {"content": [deep]}
    assert trackers.plain(deep) == ""


@pytest.mark.django_db
def test_people_are_found_by_handle_and_never_made_up() -> None:
    town = found()
    Identity.objects.create(
        person=town.person("paul"), provider="github", value="PaulP", value_key="paulp", created_at=NOON
    )
    data = json.dumps(
        [
            {"title": "One", "home_team": "orders", "asker": "paulp"},
            {"title": "Two", "home_team": "orders", "asker": "x"},
        ]
    )
    done = load(tables.read_json(data.encode(), "t", {}), town, defaults=Defaults(asking_team=town.team("payments")))
    assert (done.created, [error.field for error in done.errors]) == (1, ["asker"])
    assert Request.objects.get().asker == town.person("paul")


@pytest.mark.realdata
def test_enhancement_proposals_of_a_real_project(shared_data: Path) -> None:
    read = keps.read_keps(shared_data / "kubernetes+enhancements")
    assert len(read.rows) > 150
    reasons = {error.field for error in read.errors}
    assert reasons <= {"participating-sigs", "owning-sig", "state", "title", ""}
    assert all(row.home_team != row.asking_team for row in read.rows)
    assert {row.state for row in read.rows} == {"open", "done", "dropped", "withdrawn"}


@pytest.mark.django_db
def test_a_team_that_nobody_knows_and_asks_as_well_is_left_out_with_a_warning() -> None:
    town = found()
    done = load(tables.read_csv(CSV.replace(",search\n", ",search elves\n", 1).encode(), "t.csv", {}), town)
    assert [(one.line, one.field) for one in done.warnings] == [(2, "also_asking")]
    assert "elves" in done.warnings[0].message
    assert Request.objects.get(external_key="T-1").askers_count == 2


@pytest.mark.django_db
def test_over_http_rows_come_in_and_go_out(client: Client) -> None:
    town = found()
    client.force_login(User.objects.create_user("boss", is_superuser=True, person=town.person("ann")))
    body = {"text": CSV.replace(",search\n", ",elves\n", 1), "dry_run": True}
    tried = client.post("/api/v1/request-imports", body, content_type="application/json")
    assert tried.status_code == 200, tried.content
    assert not Request.objects.exists()
    answer = client.post("/api/v1/request-imports", body | {"dry_run": False}, content_type="application/json").json()
    assert answer == tried.json() | {"dry_run": False}
    assert (answer["created"], answer["updated"]) == (2, 0)
    assert [(one["line"], one["field"]) for one in answer["warnings"]] == [(2, "also_asking")]
    assert {one["line"] for one in answer["errors"]} == {4, 5}

    first = client.get("/api/v1/request-exports", {"limit": 1}).json()
    second = client.get("/api/v1/request-exports", {"limit": 1, "cursor": first["next_cursor"]}).json()
    keys = [one["key"] for one in (*first["items"], *second["items"])]
    assert (keys, second["next_cursor"]) == (["T-2", "T-1"], None)
    text = client.get("/api/v1/request-exports", {"format": "csv"}).json()["text"]
    again = client.post("/api/v1/request-imports", {"text": text}, content_type="application/json").json()
    assert (again["created"], again["unchanged"], again["errors"]) == (0, 2, [])


@pytest.mark.django_db
def test_over_http_only_administrators_import_and_slips_are_told(client: Client) -> None:
    town = found()
    client.force_login(User.objects.create_user("paul", person=town.person("paul")))
    refused = client.post("/api/v1/request-imports", {"text": CSV}, content_type="application/json")
    assert (refused.status_code, Request.objects.count()) == (403, 0)
    wrong = client.post("/api/v1/request-imports", {"text": CSV, "mapping": {"Summary": "name"}}, "application/json")
    assert (wrong.status_code, [one["field"] for one in wrong.json()["errors"]]) == (422, ["mapping"])
    assert client.post("/api/v1/request-imports", {"text": ""}, "application/json").status_code == 422
