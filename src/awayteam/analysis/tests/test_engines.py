"""The same answer from CSV, Parquet, DuckDB, PostgreSQL and ClickHouse, and sessions that can't write."""

import math
import warnings
from pathlib import Path
from typing import Any

import pytest

from awayteam.analysis.servers import postgresql
from awayteam.analysis.tests.world import HEAD, ask, chdb_source, csv, one, rows

SPECS = (
    "spend=mean(spend)", "kept=proportion(kept)", "ctr=ratio(clicks/views)", "left=mean(spend, cuped=before)",
    "both=ratio(spend/views, cuped=before/views)", "cut=mean(spend, winsor=0.05:0.95)", "big=mean(huge)",
    "filled=mean(spend, fill=0)", "village=mean(spend, cluster=village)", "most=quantile(spend, 0.9)",
    "v=ratio(clicks/views, cluster=village)",
)  # fmt: skip
pytestmark = pytest.mark.postgresql
ODD = "a \"b\" `c` 'd' \\e"


def same(a: Any, b: Any, where: str = "") -> None:
    if isinstance(a, dict):
        assert a.keys() == b.keys(), where
        for key in a:
            same(a[key], b[key], f"{where}.{key}")
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b), where
        for at, (x, y) in enumerate(zip(a, b, strict=True)):
            same(x, y, f"{where}[{at}]")
    elif isinstance(a, float) and isinstance(b, (float, int)):
        assert math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12), f"{where}: {a!r} {b!r}"
    else:
        assert a == b, where


@pytest.fixture(scope="module")
def address() -> str:
    """A table `facts`, and `odd` with a column of an odd name, in a database of their own."""
    import psycopg

    from awayteam.kernel.tests import plugin

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where no XDG_RUNTIME_DIR is set, the server's wheel says so
        server = plugin.SERVER[0] if plugin.SERVER else plugin.start_postgresql()
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE analysis")
    uri = str(server.get_uri(database="analysis"))
    types = ("int", "text", "double precision", "double precision", "int", "bigint", "bool", "text", "text", "date",
             "numeric")  # fmt: skip
    with psycopg.connect(uri, autocommit=True) as connection:
        columns = ", ".join(f"{name} {kind}" for name, kind in zip(('"user"', *HEAD[1:]), types, strict=True))
        connection.execute(f"CREATE TABLE facts ({columns})".encode())
        with connection.cursor().copy("COPY facts FROM STDIN") as copy:
            for row in rows():
                copy.write_row((*row[:6], bool(row[6]), *row[7:]))
        odd = '"' + ODD.replace('"', '""') + '"'
        connection.execute(f"CREATE TABLE odd AS SELECT arm, views AS {odd} FROM facts".encode())
    return uri + ("&" if "?" in uri else "?")


def make_clickhouse(run: Any) -> None:
    types = ("Int64", "LowCardinality(String)", "Nullable(Float64)", "Nullable(Float64)", "Int32", "UInt8", "Bool",
             "String", "Nullable(String)", "Date", "Float64")  # fmt: skip
    columns = ", ".join(f"{name} {kind}" for name, kind in zip(HEAD, types, strict=True))
    run(f"CREATE TABLE facts ({columns}) ENGINE = Memory")
    values = ", ".join("(" + ", ".join("NULL" if one is None else repr(one) for one in row) + ")" for row in rows())
    run(f"INSERT INTO facts VALUES {values}")
    odd = "`" + ODD.replace("\\", "\\\\").replace("`", "\\`") + "`"
    run(f"CREATE TABLE odd ENGINE = Memory AS SELECT arm, views AS {odd} FROM facts")


@pytest.mark.parametrize("more", [{}, {"method": "fixed", "unit": "user", "by": "country", "day": "day"}])
def test_every_engine_gives_the_same(tmp_path: Path, address: str, more: dict[str, Any]) -> None:
    import duckdb

    path = csv(tmp_path / "facts.csv")
    wanted = ask(path, *SPECS, **more)
    assert one(wanted, name="spend")["p"] < 0.2
    parquet, database = tmp_path / "facts.parquet", tmp_path / "facts.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"CREATE TABLE facts AS FROM '{path}'")
        connection.execute(f"COPY facts TO '{parquet}' (FORMAT parquet)")
    same(ask(parquet, *SPECS, **more), wanted)
    same(ask(f"{database}?table=facts", *SPECS, **more), wanted)
    with postgresql(address + "table=public.facts", "") as source:
        same(ask(source, *SPECS, **more), wanted)
    with chdb_source(make_clickhouse, "facts") as source:
        same(ask(source, *SPECS, **more), wanted)


def test_names_may_hold_any_sign(tmp_path: Path, address: str) -> None:
    spec = 'x=mean("' + ODD.replace('"', '""') + '")'
    plain = one(ask(csv(tmp_path / "t.csv"), "x=mean(views)"))
    data = [(row[1], row[4]) for row in rows()]
    quoted = '"' + ODD.replace('"', '""') + '"'
    same(one(ask(csv(tmp_path / "odd.csv", data, ("arm", quoted)), spec)), plain)
    with postgresql(address + "table=odd", "") as source:
        same(one(ask(source, spec)), plain)
    with chdb_source(make_clickhouse, "odd") as source:
        same(one(ask(source, spec)), plain)
