"""Facts that another database keeps: the rows an experiment needs, fetched by one statement for each table.

PostgreSQL writes them as CSV (COPY), ClickHouse as Parquet; both are read by DuckDB as any file. Values stand in the
statements as literals that the driver quotes; names of tables are checked. Passwords are opened here and nowhere else.
"""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from awayteam.experiments.facts.store import quoted
from awayteam.experiments.models import FactSource, SourceKind
from awayteam.kernel import rulebook, secrets
from awayteam.kernel.errors import Unavailable

if TYPE_CHECKING:
    from awayteam.experiments.facts.reading import Wanted

ZONED = 1184
"""PostgreSQL's number of `timestamp with time zone`."""


def fetch(source: FactSource, wanted: "Wanted", scratch: Path) -> tuple[str, str]:
    """Relations over files in `scratch` with the rows that are wanted. Raises `Unavailable`."""
    secret = secrets.unseal(source.secret, "facts") if source.secret else ""
    if source.kind == SourceKind.POSTGRESQL:
        return _postgresql(source, secret, wanted, scratch)
    return _clickhouse(source, secret, wanted, scratch)


def _postgresql(source: FactSource, secret: str, wanted: "Wanted", scratch: Path) -> tuple[str, str]:
    import psycopg

    seconds = rulebook.current().experiments.query_seconds
    more: dict[str, Any] = {"password": secret} if secret else {}
    try:
        with psycopg.connect(source.address, connect_timeout=10, **more) as connection:
            connection.read_only = True
            connection.execute(f"SET statement_timeout = {int(seconds) * 1000}")
            connection.execute("SET TimeZone = 'UTC'")
            made = [
                _copied(connection, source, source.exposures, scratch / "exposures.csv", _exposed(wanted)),
                _copied(connection, source, source.events, scratch / "events.csv", _happened(wanted)),
            ]
    except psycopg.Error as error:
        raise Unavailable(
            f"The source {source.name} can't be read: {str(error).splitlines()[0][:300]}",
            "Put the table back, or correct the source.",
        ) from error
    return made[0], made[1]


def _copied(connection: Any, source: FactSource, table: str, path: Path, condition: Any) -> str:
    """The rows of a table as a CSV file with headers, times in UTC, as a relation."""
    from psycopg import sql

    from awayteam.experiments.facts.reading import identifier

    name = sql.SQL(identifier(table))  # checked letter by letter
    described = connection.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(name)).description or ()
    zoned = {column.name: column.type_code for column in described}
    if "at" in zoned and zoned["at"] != ZONED:
        raise Unavailable(
            f"The column at of {table} in {source.name} has no time zone: it could mean any of 38 hours.",
            "Store it as timestamp with time zone.",
        )
    query = sql.SQL("COPY (SELECT * FROM {} WHERE {}) TO STDOUT (FORMAT csv, HEADER)").format(name, condition)
    with path.open("wb") as file, connection.cursor().copy(query) as rows:
        for part in rows:
            file.write(part)
    types = {"unit": "VARCHAR", "arm": "VARCHAR", "experiment": "VARCHAR", "name": "VARCHAR", "id": "VARCHAR",
             "at": "TIMESTAMPTZ", "value": "DOUBLE"}  # fmt: skip
    given = ", ".join(f"{quoted(key)}: {quoted(type)}" for key, type in types.items() if key in zoned)
    return f"read_csv({quoted(str(path))}, header = true, types = {{{given}}})"


def _exposed(wanted: "Wanted") -> Any:
    from psycopg import sql

    return sql.SQL('({0} = \'\' OR experiment = {0}) AND "at" >= {1} AND "at" < {2}').format(
        sql.Literal(wanted.experiment), sql.Literal(wanted.since), sql.Literal(wanted.until)
    )


def _happened(wanted: "Wanted") -> Any:
    from psycopg import sql

    return sql.SQL('name = ANY({0}) AND "at" >= {1} AND "at" < {2}').format(
        sql.Literal(list(wanted.events)), sql.Literal(wanted.since), sql.Literal(wanted.until)
    )


def _clickhouse(source: FactSource, secret: str, wanted: "Wanted", scratch: Path) -> tuple[str, str]:
    """Over ClickHouse's HTTP interface, with parameters that it quotes itself."""
    parts = urlsplit(source.address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Unavailable(f"{source.address[:80]!r} is no address of ClickHouse.", "Write https://host:8443/.")
    from awayteam.experiments.facts.reading import identifier

    parameters = {
        "param_since": f"{wanted.since.timestamp():.6f}", "param_until": f"{wanted.until.timestamp():.6f}",
        "param_experiment": wanted.experiment,
        "param_names": _array(wanted.events),
    }  # fmt: skip
    window = "`at` >= toDateTime64({since:Float64}, 6, 'UTC') AND `at` < toDateTime64({until:Float64}, 6, 'UTC')"
    replaced = "* REPLACE (toDateTime64(`at`, 6, 'UTC') AS `at`)"
    queries = (
        (
            "exposures",
            source.exposures,
            f"({{experiment:String}} = '' OR experiment = {{experiment:String}}) AND {window}",
        ),
        ("events", source.events, f"has({{names:Array(String)}}, name) AND {window}"),
    )
    made = []
    for kind, table, condition in queries:
        path = scratch / f"{kind}.parquet"
        query = f"SELECT {replaced} FROM {identifier(table)} WHERE {condition} FORMAT Parquet"  # noqa: S608
        _download(source, secret, query, parameters, path)
        made.append(f"read_parquet({quoted(str(path))})")
    return made[0], made[1]


def _array(names: Sequence[str]) -> str:
    """Texts as ClickHouse reads an array of a parameter."""
    quoted_names = ("'" + one.replace("\\", "\\\\").replace("'", "\\'") + "'" for one in names)
    return f"[{','.join(quoted_names)}]"


def _download(source: FactSource, secret: str, query: str, parameters: dict[str, str], path: Path) -> None:
    import httpx

    seconds = rulebook.current().experiments.query_seconds
    parts = urlsplit(source.address)
    plain = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    given = {**parameters, "max_execution_time": str(seconds), "readonly": "2"}
    headers = {"X-ClickHouse-User": parts.username or "default", "X-ClickHouse-Key": secret}
    try:
        with (
            httpx.Client(timeout=seconds + 10, follow_redirects=False) as client,
            client.stream("POST", plain, params=given, content=query, headers=headers) as answer,
            path.open("wb") as file,
        ):
            if answer.status_code != 200:
                with suppress(httpx.HTTPError):
                    answer.read()
                said = answer.text.splitlines()[0][:300] if answer.text else f"status {answer.status_code}"
                raise Unavailable(f"The source {source.name} can't be read: {said}", "Correct the source.")
            for part in answer.iter_bytes():
                file.write(part)
    except httpx.HTTPError as error:
        raise Unavailable(
            f"The source {source.name} doesn't answer: {type(error).__name__}.", "Try again later, or correct it."
        ) from error
