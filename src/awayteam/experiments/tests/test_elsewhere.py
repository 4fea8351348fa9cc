"""Facts that databases keep: PostgreSQL says the same as files, and what is wrong there is said."""

import warnings
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from awayteam.experiments import actions
from awayteam.experiments.facts.elsewhere import _array
from awayteam.experiments.facts.reading import Wanted, facts
from awayteam.experiments.models import FactSource
from awayteam.experiments.tests import town as towns
from awayteam.experiments.tests.town import NOON, Town
from awayteam.kernel.errors import NotAllowed, Unavailable
from awayteam.kernel.tests.plugin import start_postgresql

WANTED = Wanted("e", ["n"], NOON - timedelta(days=1), NOON + timedelta(days=1))


@pytest.fixture
def town(settings: Any, tmp_path: Any, db: None) -> Town:
    settings.DATA = tmp_path
    return towns.found()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A schema of its own with the two tables, in a PostgreSQL from its wheel."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel's package tells where it keeps its sockets
        uri = str(start_postgresql().get_uri())
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS facts CASCADE")
        connection.execute("CREATE SCHEMA facts")
        connection.execute(
            "CREATE TABLE facts.seen AS SELECT 'e'::text AS experiment, 'u' || i AS unit, CASE WHEN i % 2 = 0 THEN 'a' "
            "ELSE 'b' END AS arm, timestamptz '2026-03-02 13:00:00+01' AS at, 'de'::text AS country "
            "FROM generate_series(0, 99) i"
        )
        connection.execute(
            "CREATE TABLE facts.done AS SELECT 'u' || i AS unit, 'n'::text AS name, i::numeric(12, 3) AS value, "
            "timestamptz '2026-03-02 12:30:00+00' AS at, i AS id FROM generate_series(0, 99) i"
        )
        connection.execute("CREATE TABLE facts.naive AS SELECT unit, name, at::timestamp AS at FROM facts.done")
    yield uri
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute("DROP SCHEMA facts CASCADE")


def source(address: str, exposures: str = "facts.seen", events: str = "facts.done") -> FactSource:
    return FactSource.objects.create(
        name=f"{exposures} {events}", kind="postgresql", address=address, exposures=exposures, events=events,
        created_at=NOON,
    )  # fmt: skip


@pytest.mark.postgresql
def test_postgresql_says_the_same_as_files(town: Town, address: str) -> None:
    with facts(source(address), WANTED) as connection:
        assert connection.execute("SELECT count(*), sum(value) FROM events").fetchone() == (100, 4950.0)
        found = connection.execute(
            "SELECT arm, count(*), max(props) FROM exposures GROUP BY arm ORDER BY arm"
        ).fetchall()
        assert found == [("a", 50, '{"country":"de"}'), ("b", 50, '{"country":"de"}')]
        (first,) = connection.execute("SELECT epoch_us(min(moment)) FROM exposures").fetchone() or (None,)
        assert first == NOON.timestamp() * 1e6


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("exposures", "events", "said"),
    [
        ("facts.gone", "facts.done", "does not exist"), ("facts.seen", "facts.naive", "has no time zone"),
        ("facts.done", "facts.done", "does not exist"),
        ("facts.seen; DROP SCHEMA facts", "facts.done", "no name of a table"),
    ],
)  # fmt: skip
def test_what_is_wrong_there_is_said(town: Town, address: str, exposures: str, events: str, said: str) -> None:
    with pytest.raises(Unavailable, match=said), facts(source(address, exposures, events), WANTED):
        pass


def test_a_database_that_is_not_there_is_said_without_its_password(town: Town) -> None:
    zoe = town.actor("zoe", NOON)
    row = actions.add_source(
        "lake", "postgresql", exposures="seen", events_="done", address="postgresql://reader@127.0.0.1:1/x",
        secret="hush-hush", actor=zoe, now=NOON,
    )  # fmt: skip
    assert "hush" not in row.secret
    with pytest.raises(Unavailable) as refused, facts(row, WANTED):
        pass
    assert "hush" not in str(refused.value)
    with pytest.raises(NotAllowed):
        actions.remove_source(row, reason="x", actor=town.actor("olga", NOON), now=NOON)
    actions.remove_source(row, reason="Gone", actor=zoe, now=NOON)
    assert FactSource.objects.get(pk=row.pk).secret == ""


def test_clickhouse_gets_names_as_one_array_and_a_bad_address_is_said(town: Town) -> None:
    assert _array(["a'b", "c\\d"]) == "['a\\'b','c\\\\d']"
    row = FactSource.objects.create(
        name="ch", kind="clickhouse", address="nonsense", exposures="seen", events="done", created_at=NOON
    )
    with pytest.raises(Unavailable, match="no address of ClickHouse"), facts(row, WANTED):
        pass
