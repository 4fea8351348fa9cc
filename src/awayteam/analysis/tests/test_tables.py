"""Hostile tables: what is refused, what is said, and that nothing but what was named is read and nothing written."""

import math
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import duckdb
import pytest

from awayteam.analysis.tables import Unreadable, opened
from awayteam.analysis.tests.world import ask, csv, one, rows
from awayteam.kernel.errors import AwayteamError, InvalidInput

SPEC = "x=mean(x)"


def table(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(("arm,x", *lines)) + "\n", encoding="utf-8")
    return path


def refused(source: Path | str, *specs: str, **more: Any) -> str:
    with pytest.raises(AwayteamError) as error:
        ask(source, *(specs or (SPEC,)), control="a", **more)
    return str(error.value)


def test_files_that_are_none(tmp_path: Path) -> None:
    import os

    whole = tmp_path / "whole.parquet"
    duckdb.sql(f"COPY (SELECT 'a' AS arm, i AS x FROM range(9000) t(i)) TO '{whole}'")
    (tmp_path / "cut.parquet").write_bytes(whole.read_bytes()[:2000])
    (tmp_path / "false.parquet").write_text("arm,x\na,1\n")
    (tmp_path / "empty.csv").touch()
    (tmp_path / "bytes").write_bytes(b"\x00\x01\x02" * 900)
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    (tmp_path / "deep.duckdb").write_bytes(os.urandom(8) + b"DUCK" + os.urandom(9000))
    for name, said in (
        ("cut.parquet", "magic bytes"), ("false.parquet", "no Parquet"), ("empty.csv", "is empty"),
        ("bytes", "neither CSV"), ("", "is a folder"), ("nowhere.csv", "no such file"), ("*.nothing", "no such file"),
        ("loop.csv", "no such file"),
        ("deep.duckdb", "deep.duckdb"), ("x\x00y", "zero byte"), ("n" * 5000, "n"),
    ):  # fmt: skip
        assert said in refused(f"{tmp_path}/{name}"), name
    for address in ("s3://bucket/x.parquet", "https://example.org/x.csv", "file:///etc/passwd", "mysql://h/d"):
        assert "is no table" in refused(address)


def test_a_name_may_look_like_a_glob(tmp_path: Path) -> None:
    path = table(tmp_path / "a[1]*'.csv", "a,1", "b,2", "a,1", "b,3")
    table(tmp_path / "a1x.csv", "c,1")
    assert ask(path, SPEC, control="a")["arms"] == {"a": 2, "b": 2}
    found = ask(str(tmp_path / "a1?.csv"), SPEC, control="c")
    assert found["arms"] == {"c": 1}


def test_files_of_a_glob_belong_together(tmp_path: Path) -> None:
    for part in range(3):
        csv(tmp_path / f"p{part}.csv", rows()[part * 200 : part * 200 + 200])
    whole = one(ask(csv(tmp_path / "whole.csv"), "x=mean(spend)"))
    assert one(ask(str(tmp_path / "p*.csv"), "x=mean(spend)"))["p"] == pytest.approx(whole["p"], rel=1e-9)


def test_only_what_was_named_is_read_and_nothing_written(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("word\nxyzzy\n")
    database = tmp_path / "d.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute("CREATE TABLE facts AS SELECT 'a' AS arm, 1 AS x")
    before = database.read_bytes()
    for query in (
        f"SELECT word AS arm, 1 AS x FROM '{secret}'",
        f"SELECT arm, x FROM facts) AS q; COPY facts TO '{tmp_path}/out.csv'; SELECT * FROM (SELECT arm, x FROM facts",
        f"SELECT arm, x FROM read_text('{secret}')",
        "SELECT arm, x FROM facts); DROP TABLE facts; --",
        "DROP TABLE facts", "INSERT INTO facts VALUES ('b', 1)", "SELECT getenv('HOME') AS arm, 1 AS x",
        f"SELECT 1 AS arm FROM (ATTACH '{secret}')",
    ):  # fmt: skip
        with pytest.raises(AwayteamError), opened(str(database), query) as source:
            source.ask(f"SELECT * FROM {source.relation}")
    assert database.read_bytes() == before
    assert not (tmp_path / "out.csv").exists()
    with opened(str(secret)) as source, pytest.raises(Unreadable, match="disabled"):
        source.ask(f"SELECT * FROM '{database}'")
    with opened(str(secret)) as source, pytest.raises(Unreadable, match="disabled"):
        source.ask("SELECT * FROM read_csv('/etc/passwd', delim = ':', header = false)")


def test_a_duckdb_file_says_which_tables_it_has(tmp_path: Path) -> None:
    database = tmp_path / "d.db"
    with duckdb.connect(str(database)) as connection:
        connection.execute("CREATE TABLE \"odd.name\" AS SELECT 'a' AS arm, 1 AS x UNION ALL SELECT 'b', 2")
    assert "There are odd.name." in refused(database)
    found = ask(f'{database}?table=main."odd.name"', SPEC, control="a")
    assert found["arms"] == {"a": 1, "b": 1}
    assert "does not exist" in refused(f"{database}?table=facts; DROP TABLE x")
    with pytest.raises(InvalidInput, match="Both"), opened(f"{database}?table=x", "SELECT 1"):
        pass


def test_columns_that_are_missing_or_wrong(tmp_path: Path) -> None:
    path = csv(tmp_path / "t.csv")
    for specs, more, said in (
        (("x=mean(spendd)",), {}, "Did you mean spend?"), (("x=mean(SPEND)",), {}, "Did you mean spend?"),
        (("x=mean(day)",), {}, "holds times"), (("x=mean(spend)",), {"arm": "amr"}, "Did you mean arm?"),
        (("x=mean(spend)",), {"unit": "usr"}, "Did you mean user?"), (("x=mean(spend)",), {"day": "views"}, "no dates"),
        (("x=mean(spend)",), {}, "Its arms are blue, control, green."),
        (("x=mean(spend, cluster=zzzzzz)",), {}, "There are user, arm"),
        (("x=mean(spend)",), {"arm": "user", "control": "1"}, "too many arms"),
    ):  # fmt: skip
        with pytest.raises(InvalidInput) as error:
            ask(path, *specs, **{"control": "a", **more})
        assert said in str(error.value), said


def test_missing_values_have_one_policy(tmp_path: Path) -> None:
    """n counts units with a value: NULL, NaN and words for nothing have none; a wrong number is never made of them."""
    lines = [f"{arm},{value}" for arm in "ab" for value in ("1", "2", "3", "4", "6", "")]
    wanted = one(ask(table(tmp_path / "null.csv", *lines), SPEC, control="a"), "b")
    assert (wanted["n"], wanted["control_n"], wanted["mean"]) == (5, 5, 3.2)
    for word in ("NaN", "nan", "NA", "null", " None "):
        some = [line if line[2:] else line + word for line in lines]
        row = one(ask(table(tmp_path / "word.csv", *some), SPEC, control="a"), "b")
        assert (row["n"], row["mean"], row["p"]) == (5, 3.2, wanted["p"]), word
    found = ask(table(tmp_path / "fill.csv", *lines), "x=mean(x, fill=0)", control="a")
    assert (one(found, "b")["n"], found["arms"]) == (6, {"a": 6, "b": 6})


def test_what_is_no_number_is_told_and_too_much_of_it_is_refused(tmp_path: Path) -> None:
    lines = [f"{arm},{value}" for arm in "ab" for value in range(400)]
    found = ask(table(tmp_path / "few.csv", *lines, "a,oops"), SPEC, control="a")
    assert one(found, "b")["control_n"] == 400
    assert any("'oops'" in text for text in found["remarks"])
    found = ask(table(tmp_path / "many.csv", *lines, *(f"a,oops{n}" for n in range(20))), SPEC, control="a")
    row = one(found, "b")
    assert (row["effect"], row["significant"], row["broken"]) == (None, False, True)
    assert "oops" in row["notes"][0]
    late = ask(
        table(tmp_path / "late.csv", *lines * 40, "b,oops"), SPEC, control="a"
    )  # beyond what types are guessed by
    assert (one(late, "b")["n"], one(late, "b")["effect"]) == (16_000, pytest.approx(0, abs=1e-9))


def test_infinite_values_break_their_metric_alone(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    duckdb.sql(f"""COPY (SELECT CASE WHEN i % 2 = 0 THEN 'a' ELSE 'b' END AS arm, i % 7 AS y,
        CASE i WHEN 5 THEN 'inf'::DOUBLE WHEN 6 THEN 'nan'::DOUBLE ELSE i END AS x FROM range(100) t(i)) TO '{path}'""")
    found = ask(path, "x=mean(x)", "y=mean(y)", "z=quantile(x, 0.5)", "w=mean(x, winsor=0.9)", control="a")
    for name in "xzw":
        row = one(found, "b", name)
        assert (row["effect"], row["p"], row["significant"]) == (None, None, False)
        assert "infinite values in column x: 1" in row["notes"][0]
    assert one(found, "b", "y")["p"] is not None
    assert found["advice"][0]["outcome"] == "invalid"


def test_nan_in_a_column_of_doubles_counts_as_missing(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    duckdb.sql(f"""COPY (SELECT CASE WHEN i % 2 = 0 THEN 'a' ELSE 'b' END AS arm, 1e9 + i AS y,
        CASE WHEN i < 10 THEN 'nan'::DOUBLE ELSE i END AS x FROM range(100) t(i)) TO '{path}'""")
    found = ask(path, "x=mean(x)", "r=ratio(x/y)", "c=mean(y, cuped=x)", control="a")
    assert [one(found, "b", name)["n"] for name in "xrc"] == [45, 45, 50]
    assert one(found, "b", "x")["mean"] == 55.0
    assert "5 units have no covariate" not in str(found["remarks"])
    assert "10 units have no covariate" in str(found["remarks"])


def test_arms_that_say_nothing(tmp_path: Path) -> None:
    lonely = ask(table(tmp_path / "one.csv", "a,1", "b,2"), SPEC, control="a")
    assert (one(lonely, "b")["effect"], one(lonely, "b")["p"], one(lonely, "b")["interval"]) == (1, None, None)
    assert lonely["advice"][0]["outcome"] == "discuss"
    equal = ask(table(tmp_path / "equal.csv", *["a,0.1", "b,0.1"] * 50), SPEC, "p=quantile(x, 0.5)", control="a")
    assert [(row["p"], row["effect"]) for row in equal["metrics"]] == [(None, 0), (None, 0)]
    apart = ask(table(tmp_path / "apart.csv", *["a,0.1", "b,0.3"] * 50), SPEC, control="a")
    assert (one(apart, "b")["p"], one(apart, "b")["significant"]) == (None, False)
    assert one(apart, "b")["effect"] == pytest.approx(0.2)
    none = ask(table(tmp_path / "none.csv", *["a,1", "a,2", "b,", "b,"]), SPEC, control="a")
    assert (one(none, "b")["n"], one(none, "b")["effect"]) == (0, None)
    without = ask(table(tmp_path / "no.csv", "a,1", "a,2", ",5", "b,2", "b,5"), SPEC, control="a", ratio=(1, 1))
    assert (without["arms"], "1 rows without an arm" in str(without["remarks"])) == ({"a": 2, "b": 2}, True)
    zero = ask(csv(tmp_path / "zero.csv", [("a", 1, 0), ("b", 2, 0)], ("arm", "x", "y")), "r=ratio(x/y)", control="a")
    assert (one(zero, "b")["effect"], "adds up to zero" in one(zero, "b")["notes"][0]) == (None, True)


@pytest.mark.parametrize("mean", [1e9, -1e9, 1e12])
def test_large_means_keep_their_spread(tmp_path: Path, mean: float) -> None:
    """Also where the arms lie far apart, and where the beginning of the file isn't like the rest."""
    values = [(("a", "b")[i % 2], mean * (1 + i % 2) + i % 10) for i in range(4_000)]
    path = csv(tmp_path / "t.csv", [("a", 0.0), ("b", 0.0), *values][2:], ("arm", "x"))
    row = one(ask(path, SPEC, control="a", method="fixed"), "b")
    wanted = math.sqrt(2 * 8 * 2000 / 1999 / 2000)  # 0, 2, 4, 6, 8 and 1, 3, 5, 7, 9: a variance of 8 each
    assert row["error"] == pytest.approx(wanted, rel=1e-9)
    assert row["effect"] == pytest.approx(mean + 1, rel=1e-15)


def test_units_seen_in_two_arms_and_designed_ratios_block(tmp_path: Path) -> None:
    data = [(user, "ab"[user % 2], 1.0 * (user % 5)) for user in range(400)] + [(7, "a", 1.0), (None, "a", 1.0)]
    path = csv(tmp_path / "t.csv", data, ("user", "arm", "x"))
    found = ask(path, SPEC, control="a", unit="user")
    assert (found["srm"]["blocked"], found["srm"]["crossed"]) == (True, 1)
    assert "1 units were seen in more than one arm" in found["srm"]["reasons"][0]
    assert found["advice"][0]["outcome"] == "invalid"
    better = [(user, "ab"[user % 2], 1.0 * (user % 5) + 50 * (user % 2)) for user in range(400)]
    path = csv(tmp_path / "u.csv", better, ("user", "arm", "x"))
    assert one(ask(path, SPEC, control="a"), "b")["significant"]
    for ratio in ({"a": 9, "b": 1}, {"a": 1, "b": 0}, {"a": 1, "b": 1, "c": 1}):
        found = ask(path, SPEC, control="a", ratio=ratio)
        assert found["srm"]["blocked"], ratio
        assert not one(found, "b")["significant"]
    assert "should have no traffic" in str(ask(path, SPEC, control="a", ratio={"a": 1, "b": 0})["srm"]["reasons"])
    assert "2 arms: a, b" in refused(path, ratio=(1, 1, 1))


def test_rows_of_a_unit_add_up(tmp_path: Path) -> None:
    """mean: per unit, of sums; proportion: whether ever; ratio: of sums; `per` says otherwise."""
    orders = [("u1", "a", 5, 0, 2), ("u1", "a", 7, 1, 1), ("u2", "a", 3, 0, 4), ("u3", "b", 1, 0, 1),
              ("u4", "b", 2, 1, None),              ("u4", "b", 2, 0, 1)]  # fmt: skip
    path = csv(tmp_path / "t.csv", orders, ("user", "arm", "x", "kept", "below"))
    specs = ("s=mean(x)", "m=mean(x, per=mean)", "k=proportion(kept)", "r=ratio(x/below)", "h=mean(x, per=max)")
    found = ask(path, *specs, control="a", unit="user")
    assert found["arms"] == {"a": 2, "b": 2}
    assert [(row["control_mean"], row["mean"]) for row in found["metrics"]] == [
        (7.5, 2.5), (4.5, 1.5), (0.5, 0.5), (pytest.approx(15 / 7), 1.5), (5.0, 1.5),
    ]  # fmt: skip


class _Engine(BaseHTTPRequestHandler):
    """ClickHouse's HTTP port, as far as reading goes, before the engine itself."""

    session: Any
    seen: list[Any] = []

    def do_POST(self) -> None:
        sql = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self.seen.append((parse_qs(urlsplit(self.path).query), dict(self.headers)))
        try:
            status, body = 200, bytes(self.session.query(sql).bytes())
        except Exception as error:
            status, body = 400, str(error).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def clickhouse() -> Iterator[str]:
    from chdb.session import Session

    from awayteam.analysis.tests.test_engines import make_clickhouse

    with Session() as session:
        make_clickhouse(session.query)
        _Engine.session = session
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Engine)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"clickhouse://reader:se%20cret@127.0.0.1:{server.server_port}/default"
        finally:
            server.shutdown()
            server.server_close()


def test_clickhouse_over_http(tmp_path: Path, clickhouse: str) -> None:
    wanted = one(ask(csv(tmp_path / "t.csv"), "x=ratio(spend/views, cuped=before/views)"))
    found = one(ask(clickhouse + "?table=facts", "x=ratio(spend/views, cuped=before/views)"))
    assert (found["n"], found["p"]) == (wanted["n"], pytest.approx(wanted["p"], rel=1e-9))
    parameters, heads = _Engine.seen[-1]
    assert parameters == {"readonly": ["1"], "database": ["default"]}
    assert (heads["X-ClickHouse-User"], heads["X-ClickHouse-Key"]) == ("reader", "se cret")
    for table in ("nothing", "facts; DROP TABLE facts"):
        said = refused(f"{clickhouse}?table={table}")
        assert "clickhouse://127.0.0.1/default" in said
        assert "cret" not in said
    assert "Which table?" in refused(clickhouse)


def test_servers_that_are_not_there_or_something_else(tmp_path: Path) -> None:
    assert "secret" not in refused("postgresql://me:secret@127.0.0.1:1/x?table=t")
    assert "refused" in refused("clickhouse://me:secret@127.0.0.1:1/x?table=t")


def test_spark_needs_pyspark(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    assert "pip install" in refused("sc://127.0.0.1:1?table=t")


def test_spark_gives_the_same(tmp_path: Path) -> None:
    """Where PySpark and Java are at hand."""
    pytest.importorskip("pyspark", reason="PySpark isn't installed")
    from pyspark.sql import SparkSession

    from awayteam.analysis.servers import Spark
    from awayteam.analysis.tests.test_engines import SPECS, same

    path = csv(tmp_path / "t.csv")
    session = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    try:
        session.read.csv(str(path), header=True, inferSchema=True).createOrReplaceTempView("facts")
        source = Spark(session, "`facts`", {}, "spark")
        source.kinds = source.described()
        same(ask(source, *SPECS, unit="user", day="day"), ask(path, *SPECS, unit="user", day="day"))
    finally:
        session.stop()
