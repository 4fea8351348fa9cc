"""Where facts are kept: files (CSV, Parquet) and databases (DuckDB, PostgreSQL, ClickHouse), only ever read."""

import glob
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from awayteam.analysis.dialects import DUCKDB, Dialect
from awayteam.kernel.errors import AwayteamError, InvalidInput

MOST_FILES = 10_000
ADDRESSES = "a CSV or Parquet file or glob, a .duckdb file, postgresql://…?table=NAME, clickhouse://…?table=NAME, sc://…?table=NAME"


class Unreadable(AwayteamError):
    """A table that can't be read; `what` says which and why."""

    status = 422
    title = "Unreadable table"


class Source(Protocol):
    """A table that one may ask."""

    relation: str
    kinds: Mapping[str, str]

    @property
    def dialect(self) -> Dialect:
        """How it wants to be asked."""
        ...

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of one statement; raises `Unreadable`."""
        ...


def opened(address: str, query: str = "") -> AbstractContextManager[Source]:
    """The table that an address means; `query` is a SELECT instead of the address's `?table=`. Raises `InvalidInput`
    and `Unreadable`."""
    if "\x00" in address or "\x00" in query:
        raise InvalidInput("The table's address holds a zero byte.", f"Name {ADDRESSES}.")
    scheme = address.partition("://")[0].lower() if "://" in address else ""
    if scheme in {"postgresql", "postgres"}:
        from awayteam.analysis.servers import postgresql

        return postgresql(address, query)
    if scheme in {"clickhouse", "clickhouse+http", "clickhouse+https"}:
        from awayteam.analysis.servers import clickhouse

        return clickhouse(address, query)
    if scheme == "sc":
        from awayteam.analysis.servers import spark

        return spark(address, query)
    if scheme == "duckdb":
        parts = urlsplit(address)
        return _database(unquote(parts.netloc + parts.path), dict(parse_qsl(parts.query)).get("table", ""), query)
    if scheme:
        raise InvalidInput(f"{scheme}:// is no table that can be read here.", f"Name {ADDRESSES}.")
    path, sign, rest = address.partition("?table=")
    if sign and not os.path.exists(address):
        return _database(path, unquote(rest), query)
    return _files(address, query)


def wanted(table: str, query: str, dialect: Dialect, known: Callable[[], list[str]] | None = None) -> str:
    """What stands after FROM: the table, whose name may have a schema, or the query in brackets."""
    query = query.strip().rstrip(";").strip()
    if query and table:
        raise InvalidInput("Both a table and a query are named.", "Leave one out.")
    if query:
        if not re.match(r"(?i)(select|with|from)\b", query):
            raise InvalidInput("The query is no SELECT.", "Only reading is possible here.")
        return f"(\n{query}\n) AS aw_query"
    if not table:
        names = known() if known else []
        there = f" There are {', '.join(names[:20])}." if names else ""
        raise InvalidInput(f"Which table?{there}", "Add ?table=NAME to the address, or give --query.")
    return ".".join(dialect.column(part) for part in _parts(table))


def _parts(table: str) -> list[str]:
    found = re.findall(r'"(?:[^"]|"")+"|[^".]+', table)
    return [one[1:-1].replace('""', '"') if one[0] == '"' else one for one in found] or [table]


@dataclass
class DuckDB:
    """A connection that may read what was named, and nothing else."""

    connection: Any
    relation: str
    kinds: Mapping[str, str]
    named: str
    dialect: ClassVar[Dialect] = DUCKDB

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        return _asked(self.connection, sql, self.named)


def _asked(connection: Any, sql: str, named: str) -> list[tuple[Any, ...]]:
    import duckdb

    try:
        statements = connection.extract_statements(sql)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise InvalidInput("The query is more than one SELECT.", "Give one SELECT, without a semicolon.")
        return list(connection.execute(statements[0]).fetchall())
    except duckdb.Error as error:
        raise Unreadable(f"{named}: {_short(error)}", "") from error


def _short(error: Exception) -> str:
    lines = [line.strip() for line in str(error).split("\n\nLINE ")[0].splitlines() if line.strip()]
    text = " ".join(lines[:2]) if lines else type(error).__name__
    return text if len(text) <= 400 else text[:400] + "…"


KINDS = (
    ("bool", ("BOOL",)), ("float", ("FLOAT", "DOUBLE", "REAL")),
    ("int", ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
             "UHUGEINT", "DECIMAL")),
    ("text", ("VARCHAR", "ENUM", "UUID")), ("time", ("DATE", "TIMESTAMP", "TIME")),
)  # fmt: skip


def _kind(name: str) -> str:
    return next((kind for kind, starts in KINDS if name.upper().startswith(starts) and not name.endswith("]")), "other")


@contextmanager
def _guarded(allowed: Sequence[str], database: str = ":memory:") -> Iterator[Any]:
    """A DuckDB that reads these files only, loads no extension, and spills into a folder of its own."""
    import duckdb

    room = tempfile.mkdtemp(prefix="awayteam-analysis-")
    try:
        connection = duckdb.connect(database, read_only=database != ":memory:", config={
            "autoinstall_known_extensions": "false", "autoload_known_extensions": "false",
        })  # fmt: skip
        try:
            connection.execute(f"SET temp_directory = {DUCKDB.string(room)}")
            if allowed:
                connection.execute(f"SET allowed_paths = [{', '.join(map(DUCKDB.string, allowed))}]")
            connection.execute("SET enable_external_access = false")
            connection.execute("SET preserve_insertion_order = false")
            connection.execute("SET lock_configuration = true")
            yield connection
        finally:
            connection.close()
    except duckdb.Error as error:
        raise Unreadable(f"{database if not allowed else allowed[0]}: {_short(error)}") from error
    finally:
        shutil.rmtree(room, ignore_errors=True)


@contextmanager
def _database(path: str, table: str, query: str) -> Iterator[Source]:
    if not Path(path).is_file():
        raise Unreadable(f"{path or 'the address'}: there is no such file.", f"Name {ADDRESSES}.")
    with _guarded((), path) as connection:

        def known() -> list[str]:
            return [row[0] for row in _asked(connection, "SELECT table_name FROM duckdb_tables() ORDER BY 1", path)]

        relation = wanted(table, query, DUCKDB, known)
        yield DuckDB(connection, relation, _described(connection, relation, path), path)


def _described(connection: Any, relation: str, named: str) -> dict[str, str]:
    import duckdb

    _asked(connection, f"SELECT * FROM {relation} LIMIT 0", named)
    try:
        found = connection.execute(f"SELECT * FROM {relation} LIMIT 0").description
    except duckdb.Error as error:  # pragma: no cover - it was just asked
        raise Unreadable(f"{named}: {_short(error)}") from error
    return {str(one[0]): _kind(str(one[1])) for one in found}


@contextmanager
def _files(address: str, query: str) -> Iterator[Source]:
    files = _found(address)
    form = _form(files[0])
    if form == "duckdb":
        with _database(files[0], "", query) as source:
            yield source
        return
    if query:
        raise InvalidInput("--query goes with a database.", "Name a database, or the file alone.")
    literal = "[" + ", ".join(DUCKDB.string(_plain(one)) for one in files) + "]"
    ways = [f"read_parquet({literal}, union_by_name = true)"]
    if form == "csv":
        # What the beginning of the file says of a column may not hold to its end: then all of it is looked at.
        ways = [f"read_csv({literal}, union_by_name = true)",
                f"read_csv({literal}, union_by_name = true, sample_size = -1)"]  # fmt: skip
    allowed = [os.path.abspath(one) for one in files]
    with _guarded([*dict.fromkeys([*files, *allowed, *map(_plain, files)])]) as connection:
        first = DuckDB(connection, ways[0], _described(connection, ways[0], address), address)
        yield _Retrying(first, ways[1]) if form == "csv" else first


class _Retrying:
    """A CSV whose types are read again over all of it, once, where the first guess fails."""

    dialect = DUCKDB

    def __init__(self, first: DuckDB, again: str) -> None:
        self._source, self._again = first, again
        self.relation, self.kinds = first.relation, first.kinds

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        try:
            return self._source.ask(sql)
        except Unreadable as error:
            import duckdb

            if not isinstance(error.__cause__, duckdb.ConversionException | duckdb.InvalidInputException):
                raise
            if self.relation == self._again:
                raise
            kinds = _described(self._source.connection, self._again, self._source.named)
            if kinds == self.kinds:
                raise
            self.relation, self.kinds = self._again, kinds
            raise Changed from error


class Changed(Exception):
    """The table's columns turned out to be of other kinds: build the statement again."""


def _found(address: str) -> list[str]:
    path = Path(address)
    try:
        if path.is_file():
            return [address]
        if path.is_dir():
            raise Unreadable(f"{address} is a folder.", f"Name files in it: {address.rstrip('/')}/*.parquet")
        files = sorted(one for one in glob.glob(address, recursive=True) if os.path.isfile(one))
    except (OSError, ValueError) as error:
        raise Unreadable(f"{address[:200]}: {error}") from None
    if not files:
        raise Unreadable(f"{address[:200]}: there is no such file.", f"Name {ADDRESSES}.")
    if len(files) > MOST_FILES:
        raise Unreadable(f"{address}: {len(files):,} files are more than {MOST_FILES:,}.", "Name fewer.")
    return files


def _plain(path: str) -> str:
    """A path in which DuckDB sees no glob."""
    return re.sub(r"([*?\[])", r"[\1]", path)


def _form(path: str) -> str:
    try:
        with open(path, "rb") as file:
            start = file.read(16)
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from None
    if start[:4] == b"PAR1":
        return "parquet"
    if start[8:12] == b"DUCK":
        return "duckdb"
    if not start:
        raise Unreadable(f"{path} is empty.")
    suffixes = Path(path).suffixes[-2:]
    if ".parquet" in suffixes or ".pq" in suffixes:
        raise Unreadable(f"{path} is no Parquet: it doesn't begin as one.", "It may be cut off, or another format.")
    if b"\x00" in start:
        raise Unreadable(f"{path} is neither CSV, Parquet nor DuckDB.")
    return "csv"
