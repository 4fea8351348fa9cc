"""Facts: what is taken and refused, what is kept through a crash, and what can't be read gives no number."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awayteam.experiments import actions
from awayteam.experiments.facts import store
from awayteam.experiments.facts.reading import Wanted, facts
from awayteam.experiments.facts.taking import BadBatch, take
from awayteam.experiments.models import FactSource
from awayteam.experiments.tests import town as towns
from awayteam.experiments.tests.town import NOON, Town, event, exposure
from awayteam.kernel import rulebook
from awayteam.kernel.errors import Unavailable

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4), max_leaves=8,
)  # fmt: skip


def taken(exposures: list[Any], events: list[Any]) -> Any:
    body = json.dumps({"exposures": exposures, "events": events}).encode()
    return take(body, now=NOW, most=100, ahead_seconds=300)


def test_a_bad_row_never_sinks_its_neighbours() -> None:
    good = exposure("e", "u", "a", NOW, country="de")
    bad = [
        {**good, "at": "2026-03-02T12:00:00"}, {**good, "at": "2026-03-02T13:00:00Z"}, {**good, "unit": ""},
        {**good, "unit": "a\0b"}, {**good, "more": 1}, {**good, "properties": {"x": 1}},
        {**good, "at": "soon"}, {**good, "at": "0001-01-01T00:00:00+23:59"}, 7,
        {k: v for k, v in good.items() if k != "arm"},
    ]  # fmt: skip
    found = taken([bad[0], good, *bad[1:]], [event("u", "x", NOW, 1e300), event("u", "x", NOW, 2.0)])
    assert len(found.exposures) == len(found.events) == 1
    assert len(found.refused) == len(bad) + 1
    assert found.refused[0].why == "at has no offset; write 2026-01-31T12:00:00Z or +01:00"
    assert found.refused[0].index == 0


@settings(suppress_health_check=list(HealthCheck), deadline=None)
@given(JSON, JSON)
def test_whatever_comes_is_taken_or_refused(first: Any, second: Any) -> None:
    body = json.dumps({"exposures": [first, second], "events": [second]}).encode()
    try:
        found = take(body, now=NOW, most=10, ahead_seconds=300)
    except BadBatch:
        return
    assert len(found.exposures) + len(found.events) + len(found.refused) == 3


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"facts": []}', b'{"events": {}}', b"\xff\xfe", b'{"events": [1,2,3]}']
)
def test_what_is_no_batch_is_refused_whole(body: bytes) -> None:
    with pytest.raises(BadBatch):
        take(body, now=NOW, most=2, ahead_seconds=300)


def test_the_same_moment_in_another_zone_is_the_same_event() -> None:
    one, other = "2026-03-02T11:00:00+00:00", "2026-03-02T12:00:00+01:00"
    rows = [{"unit": "u", "name": "n", "at": at} for at in (one, other)]
    found = taken([], rows)
    assert found.events[0]["id"] == found.events[1]["id"]


@pytest.fixture
def town(settings: Any, tmp_path: Path, db: None) -> Town:
    settings.DATA = tmp_path
    return towns.found()


def test_the_endpoint_knows_senders_and_keeps_what_it_says(town: Town) -> None:
    sender, token = actions.add_sender("shop", town.team("orders"), actor=town.actor("olga", NOON), now=NOON)
    web, where = Client(), "/experiments/facts"
    past = datetime.now(UTC) - timedelta(minutes=5)
    body = json.dumps({"exposures": [exposure("e", "u", "a", past), {}], "events": [event("u", "n", past)]})
    assert web.post(where, body, content_type="application/json").status_code == 401
    wrong = {"Authorization": "Bearer awfs_nonsense"}
    assert web.post(where, body, content_type="application/json", headers=wrong).status_code == 401
    assert store.spooled("exposures") == []
    mine = {"Authorization": f"Bearer {token}"}
    answer = web.post(where, body, content_type="application/json", headers=mine)
    assert (answer.status_code, answer.json()["kept"], answer.json()["refused"]) == (202, 2, 1)
    assert web.post(where, "nonsense", content_type="application/json", headers={"X-API-Key": token}).status_code == 400
    huge = b" " * (rulebook.current().experiments.bytes_max + 1)
    assert web.post(where, huge, content_type="application/json", headers=mine).status_code == 413
    actions.revoke_sender(sender, reason="Gone", actor=town.actor("olga", NOON), now=NOON)
    assert web.post(where, body, content_type="application/json", headers=mine).status_code == 401
    assert len(store.spooled("exposures")) == 1


def number(town: Town, query: str) -> Any:
    with facts(None, Wanted("e", ["n"], NOON - timedelta(days=1), NOON + timedelta(days=1))) as connection:
        return connection.execute(query).fetchone()[0]  # type: ignore[index]


def test_rows_that_stand_twice_count_once_before_and_after_packing(town: Town) -> None:
    rows = [
        event("u", "n", NOON, 2.0, id="one"),
        event("u", "n", NOON, 2.0, id="one"),
        event("u", "n", NOON, 3.0, id="two"),
    ]
    towns.send([exposure("e", "u", "a", NOON)], rows)
    towns.send([exposure("e", "u", "a", NOON)], rows)
    assert number(town, "SELECT sum(value) FROM events") == 5.0
    before = {path: path.read_bytes() for path in store.spooled("events")}
    assert store.pack(NOON) == 4
    assert store.spooled("events") == []
    assert number(town, "SELECT sum(value) FROM events") == 5.0
    for path, content in before.items():  # as if it was killed before the spool went
        path.write_bytes(content)
    assert number(town, "SELECT sum(value) FROM events") == 5.0


def test_what_was_vouched_for_survives_a_kill(town: Town, tmp_path: Path) -> None:
    """A process is killed while it keeps and packs: what it said was kept is there, whole."""
    script = (
        "import os, sys, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'awayteam.settings'\n"
        "django.setup()\n"
        "from awayteam.experiments.facts import store\n"
        "for n in range(10**6):\n"
        "    store.keep('events', [{'unit': f'u{n}', 'name': 'n', 'value': 1.0,\n"
        "                           'moment': '2026-03-02T12:00:00.000000Z',\n"
        "                           'id': f'{n}', 'got': '2026-03-02T12:00:00+00:00'}])\n"
        "    print(n, flush=True)\n"
        "    if n % 20 == 19: store.pack(None)\n"
    )
    env = {**os.environ, "AWAYTEAM_DATA": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=env) as running:
        assert running.stdout is not None
        said = [int(running.stdout.readline()) for _ in range(90)]
        running.kill()
        said += [int(line) for line in running.stdout.read().split()]
    assert number(town, "SELECT count(*) FROM events") >= len(said)
    assert number(town, "SELECT count(DISTINCT unit) FROM events") in (len(said), len(said) + 1)


def source(kind: str, exposures: str, events: str, address: str = "") -> FactSource:
    return FactSource.objects.create(
        name=f"{kind} {exposures}", kind=kind, exposures=exposures, events=events, address=address, created_at=NOON
    )


@pytest.fixture
def lake(town: Town, tmp_path: Path, settings: Any) -> Path:
    """A folder that the rulebook names, with a table of each kind."""
    import duckdb

    folder = tmp_path / "lake"
    folder.mkdir()
    (tmp_path / "rulebook.toml").write_text(f"[experiments]\nsource_folders = [{json.dumps(str(folder))}]\n")
    settings.RULEBOOK = tmp_path / "rulebook.toml"
    rulebook.forget()
    with duckdb.connect(str(folder / "own.duckdb")) as own:
        own.execute("SET TimeZone = 'UTC'")
        own.execute("CREATE TABLE seen AS SELECT 'e' AS experiment, 'u' || i AS unit, "
                    "CASE WHEN i % 2 = 0 THEN 'a' ELSE 'b' END "
                    "AS arm, TIMESTAMPTZ '2026-03-02 12:00:00+00' AS \"at\", 'de' AS country "
                    "FROM range(100) t(i)")  # fmt: skip
        own.execute("CREATE TABLE done AS SELECT 'u' || i AS unit, 'n' AS name, i::DOUBLE AS value, "
                    "TIMESTAMPTZ '2026-03-02 12:30:00+00' AS \"at\", i AS id FROM range(100) t(i)")  # fmt: skip
        for name in ("seen", "done"):
            own.execute(f"COPY {name} TO '{folder}/{name}.parquet'")
            own.execute(f"COPY {name} TO '{folder}/{name}.csv'")
        own.execute('CREATE TABLE naive AS SELECT * REPLACE ("at"::TIMESTAMP AS "at") FROM done')
    yield folder
    rulebook.forget()


def test_files_of_each_kind_say_the_same(town: Town, lake: Path) -> None:
    wanted = Wanted("e", ["n"], NOON - timedelta(days=1), NOON + timedelta(days=1))
    for one in (
        source("parquet", f"{lake}/seen.parquet", f"{lake}/done.parquet"),
        source("csv", f"{lake}/seen.csv", f"{lake}/done.csv"),
        source("duckdb", "seen", "main.done", f"{lake}/own.duckdb"),
    ):
        with facts(one, wanted) as connection:
            assert connection.execute("SELECT count(*), sum(value) FROM events").fetchone() == (100, 4950.0)
            found = connection.execute(
                "SELECT arm, count(*), max(props) FROM exposures GROUP BY arm ORDER BY arm"
            ).fetchall()
            assert found == [("a", 50, '{"country":"de"}'), ("b", 50, '{"country":"de"}')]


@pytest.mark.parametrize(
    ("kind", "exposures", "events", "address", "said"),
    [
        ("parquet", "{lake}/gone.parquet", "{lake}/done.parquet", "", "can't be read"),
        ("parquet", "{lake}/done.parquet", "{lake}/done.parquet", "", "has no column experiment"),
        ("parquet", "/etc/passwd", "{lake}/done.parquet", "", "under none of the folders"),
        ("parquet", "{lake}/../x.parquet", "{lake}/done.parquet", "", "without .."),
        ("duckdb", "seen", "naive", "{lake}/own.duckdb", "a time without a zone"),
        ("duckdb", "seen; DROP TABLE seen", "done", "{lake}/own.duckdb", "is no name of a table"),
        ("duckdb", "seen", "vanished", "{lake}/own.duckdb", "can't be read"),
    ],
)
def test_what_cannot_be_read_says_so(
    town: Town, lake: Path, kind: str, exposures: str, events: str, address: str, said: str
) -> None:
    one = source(kind, *(text.format(lake=lake) for text in (exposures, events, address)))
    wanted = Wanted("e", ["n"], NOON - timedelta(days=1), NOON + timedelta(days=1))
    with pytest.raises(Unavailable, match=said), facts(one, wanted):
        pass


def test_a_table_that_vanishes_leaves_the_older_card_and_says_so(town: Town, lake: Path) -> None:
    from awayteam.experiments import queries

    one = source("parquet", f"{lake}/seen.parquet", f"{lake}/done.parquet")
    row = towns.running(town, now=NOON - timedelta(hours=1), source=one)
    first = towns.analyse(row, NOON + timedelta(days=2))
    assert (first.state, first.result["units"]) == ("done", 0)  # type: ignore[index] # none is of this experiment
    (lake / "done.parquet").unlink()
    second = towns.analyse(row, NOON + timedelta(days=3))
    assert second.state == "failed"
    assert "done.parquet" in second.problem
    told = queries.story(town.actor("ann", NOON), row.pk, NOON + timedelta(days=3))
    assert told.stale
    assert told.card is not None
    assert told.card.pk == first.pk
