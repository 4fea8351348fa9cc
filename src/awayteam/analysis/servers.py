"""Databases behind an address: PostgreSQL and ClickHouse, in sessions that can't write, and Spark."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from awayteam.analysis.dialects import CLICKHOUSE, POSTGRESQL, SPARK, Dialect
from awayteam.analysis.tables import Source, Unreadable, wanted
from awayteam.kernel.errors import InvalidInput

SECONDS = 600
LARGEST_ANSWER = 1 << 28


def _without_secret(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"


@dataclass
class PostgreSQL:
    """One read-only transaction: every statement sees the same rows."""

    connection: Any
    relation: str
    kinds: Mapping[str, str]
    named: str
    dialect: ClassVar[Dialect] = POSTGRESQL

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        return self._cursor(sql).fetchall()  # type: ignore[no-any-return]

    def _cursor(self, sql: str) -> Any:
        import psycopg

        try:
            return self.connection.execute(sql.encode(), prepare=True)  # prepared: one statement, never two
        except psycopg.Error as error:
            raise Unreadable(
                f"{self.named}: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
            ) from error

    def described(self) -> dict[str, str]:
        names = {16: "bool", 20: "int", 21: "int", 23: "int", 700: "float", 701: "float", 1700: "float",
                 25: "string", 1043: "string", 1042: "string", 1082: "time", 1114: "time", 1184: "time"}  # fmt: skip
        found = self._cursor(f"SELECT * FROM {self.relation} LIMIT 0").description
        return {one.name: names.get(one.type_code, "other") for one in found}


@contextmanager
def postgresql(address: str, query: str) -> Iterator[Source]:
    """The table of a PostgreSQL, read in one transaction that may not write."""
    import psycopg

    parts = urlsplit(address)
    options = parse_qsl(parts.query, keep_blank_values=True)
    table = next((value for key, value in options if key == "table"), "")
    rest = urlencode([one for one in options if one[0] != "table"])
    named = _without_secret(address)
    relation = wanted(table, query, POSTGRESQL)
    try:
        connection = psycopg.connect(
            urlunsplit(("postgresql", parts.netloc, parts.path, rest, "")), connect_timeout=10,
            application_name="awayteam experiment",
        )  # fmt: skip
    except psycopg.Error as error:
        raise Unreadable(f"{named}: {' '.join(str(error).split())[:300]}", "Is the address right?") from None
    try:
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        source = PostgreSQL(connection, relation, {}, named)
        source.kinds = source.described()
        yield source
    finally:
        connection.close()


Post = Callable[[str], bytes]


@dataclass
class ClickHouse:
    """Statements over HTTP with `readonly=1`; `post` sends one and gives JSONCompact."""

    post: Post
    relation: str
    kinds: Mapping[str, str]
    named: str
    dialect: ClassVar[Dialect] = CLICKHOUSE

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        answer = self._answer(sql)
        casts = [_cast(str(one["type"])) for one in answer["meta"]]
        return [tuple(None if value is None else cast(value) for cast, value in zip(casts, row, strict=True))
                for row in answer["data"]]  # fmt: skip

    def _answer(self, sql: str) -> dict[str, Any]:
        data = self.post(sql)
        try:
            found = json.loads(data)
        except ValueError:
            raise Unreadable(f"{self.named}: it doesn't answer as ClickHouse does") from None
        if not isinstance(found, dict) or "meta" not in found or "data" not in found:
            raise Unreadable(f"{self.named}: it doesn't answer as ClickHouse does")
        return found

    def described(self) -> dict[str, str]:
        found = self._answer(f"SELECT * FROM {self.relation} LIMIT 0")["meta"]
        return {str(one["name"]): _kind(str(one["type"])) for one in found}


def _inner(name: str) -> str:
    for wrap in ("LowCardinality(", "Nullable("):
        if name.startswith(wrap):
            name = name[len(wrap) : -1]
    return name


def _kind(name: str) -> str:
    name = _inner(_inner(name))
    for kind, starts in (("bool", ("Bool",)), ("int", ("Int", "UInt", "Decimal")), ("float", ("Float", "BFloat")),
                         ("string", ("String", "FixedString", "Enum", "UUID")), ("time", ("Date",))):  # fmt: skip
        if name.startswith(starts):
            return kind
    return "other"


def _cast(name: str) -> Callable[[Any], Any]:
    if name.startswith("Array("):
        return lambda values: [float(one) if one is not None else float("nan") for one in values]
    kind = _kind(name)
    return {"int": int, "float": float, "bool": float}.get(kind, str)


@contextmanager
def clickhouse(address: str, query: str) -> Iterator[Source]:
    """The table of a ClickHouse behind its HTTP port (8123; clickhouse+https: 8443)."""
    import httpx

    parts = urlsplit(address)
    safe = parts.scheme.endswith("https")
    table = dict(parse_qsl(parts.query)).get("table", "")
    named = _without_secret(address)
    relation = wanted(table, query, CLICKHOUSE)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    base = f"{'https' if safe else 'http'}://{host}:{parts.port or (8443 if safe else 8123)}/"
    params = {"readonly": "1", **({"database": parts.path.strip("/")} if parts.path.strip("/") else {})}
    login = {"X-ClickHouse-User": unquote(parts.username)} if parts.username else {}
    if parts.password:
        login["X-ClickHouse-Key"] = unquote(parts.password)
    with httpx.Client(timeout=httpx.Timeout(SECONDS, connect=10), trust_env=False) as client:

        def post(sql: str) -> bytes:
            text = f"{sql} FORMAT JSONCompact".encode()
            try:
                with client.stream("POST", base, params=params, headers=login, content=text) as answer:
                    data = bytearray()
                    for piece in answer.iter_bytes():
                        data += piece
                        if len(data) > LARGEST_ANSWER:
                            raise Unreadable(f"{named}: the answer is larger than {LARGEST_ANSWER:,} bytes")
            except httpx.HTTPError as error:
                raise Unreadable(f"{named}: {error or type(error).__name__}", "Is the address right?") from None
            if answer.status_code != 200:
                raise Unreadable(f"{named}: {bytes(data[:300]).decode(errors='replace').strip()}")
            return bytes(data)

        source = ClickHouse(post, relation, {}, named)
        source.kinds = source.described()
        yield source


@dataclass
class Spark:
    """A session of PySpark, which the organisation brings along; it runs one statement at a time, ours only read."""

    session: Any
    relation: str
    kinds: Mapping[str, str]
    named: str
    dialect: ClassVar[Dialect] = SPARK

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        from pyspark.errors import PySparkException

        try:
            return [tuple(row) for row in self.session.sql(sql).collect()]
        except PySparkException as error:
            raise Unreadable(f"{self.named}: {' '.join(str(error).split())[:300]}") from error

    def described(self) -> dict[str, str]:
        from pyspark.errors import PySparkException

        kinds = {"boolean": "bool", "float": "float", "double": "float", "string": "string"}
        kinds |= dict.fromkeys(("tinyint", "smallint", "int", "bigint"), "int")
        kinds |= dict.fromkeys(("date", "timestamp", "timestamp_ntz"), "time")
        try:
            found = self.session.sql(f"SELECT * FROM {self.relation} LIMIT 0").dtypes
        except PySparkException as error:
            raise Unreadable(f"{self.named}: {' '.join(str(error).split())[:300]}") from error
        return {name: "int" if kind.startswith("decimal") else kinds.get(kind, "other") for name, kind in found}


@contextmanager
def spark(address: str, query: str) -> Iterator[Source]:
    """The table of a Spark behind Spark Connect (sc://host:15002); PySpark must be installed beside Awayteam."""
    parts = urlsplit(address)
    table = dict(parse_qsl(parts.query)).get("table", "")
    relation = wanted(table, query, SPARK)
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise InvalidInput(
            "Spark is read through PySpark, which isn't here.", "pip install 'pyspark[connect]'"
        ) from None
    named = _without_secret(address)
    try:
        session = SparkSession.builder.remote(urlunsplit(("sc", parts.netloc, parts.path, "", ""))).getOrCreate()
    except Exception as error:  # grpc's own, of many kinds
        raise Unreadable(f"{named}: {' '.join(str(error).split())[:300]}", "Is the address right?") from None
    try:
        source = Spark(session, relation, {}, named)
        source.kinds = source.described()
        yield source
    finally:
        session.stop()
