"""Use out of ClickHouse, from the table that the collector's exporter writes (`otel_traces`): the same edges, by SQL.

For those who keep their spans already: nothing is copied, the same questions are asked of what comes back. A span's
pairing, its operation, peer and sampling follow `spans` and `pairing`; what is told apart there is told apart here.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson

from awayteam.usage.edges import Edge, EdgeKey, Edges
from awayteam.usage.spans import LONGEST_NAME

SCHEMES = ("clickhouse", "clickhouse+http", "clickhouse+https")
Ask = Callable[[str, Mapping[str, str]], bytes]
"""(statement, values of its parameters) -> the answer in the format that the statement names."""
TABLE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)?\Z")
SECONDS = 300


class BadAddress(ValueError):
    """The address can't be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where spans are: `table` may name its database; `days` is how far back one looks."""

    ask: Ask
    table: str = "otel_traces"
    days: int = 30


def is_address(text: str) -> bool:
    return text.partition("://")[0] in SCHEMES


def shown(address: str) -> str:
    """The address without its password."""
    return re.sub(r"(://[^:/@]*):[^/]*@", r"\1:…@", address)


def place(address: str) -> Place:
    """`clickhouse://user:password@host:8123/database?table=otel_traces&days=30`. Raises `BadAddress`."""
    parts = urlsplit(address)
    options = dict(parse_qsl(parts.query))
    unknown = options.keys() - {"table", "days"}
    table, days = options.get("table", "otel_traces"), options.get("days", "30")
    if unknown or not parts.hostname or not TABLE.match(table) or not days.isdecimal() or not 1 <= int(days) <= 396:
        raise BadAddress("write clickhouse://user:password@host:8123/database?table=otel_traces&days=30")
    scheme = "https" if parts.scheme.endswith("https") else "http"
    url = f"{scheme}://{parts.hostname}:{parts.port or (8443 if scheme == 'https' else 8123)}/"
    headers = {"X-ClickHouse-User": unquote(parts.username or "default")}
    if parts.password:
        headers["X-ClickHouse-Key"] = unquote(parts.password)
    database = unquote(parts.path.strip("/")) or "default"
    return Place(_over_http(url, headers, database), table, int(days))


def _over_http(url: str, headers: Mapping[str, str], database: str) -> Ask:
    def ask(statement: str, values: Mapping[str, str]) -> bytes:
        import httpx

        wanted = {"database": database, **{f"param_{name}": value for name, value in values.items()}}
        try:
            answer = httpx.post(url, params=wanted, headers=dict(headers), content=statement.encode(), timeout=SECONDS)
        except httpx.HTTPError as error:
            raise OSError(f"ClickHouse doesn't answer: {error}") from error
        if answer.status_code != 200:
            raise OSError(f"ClickHouse refuses: {answer.text.strip()[:300]}")
        return answer.content

    return ask


def _first(*keys: str, of: str = "SpanAttributes") -> str:
    """SQL: the first of these attributes that isn't empty."""
    return "multiIf(" + ", ".join(f"{of}['{key}'] != '', {of}['{key}']" for key in keys) + ", '')"


_METHOD, _RPC = _first("http.request.method", "http.method"), "SpanAttributes['rpc.method']"
_DESTINATION = _first(
    "messaging.destination.template", "messaging.destination.name", "messaging.destination", "message_bus.destination"
)
_ADDRESS = _first("server.address", "net.peer.name", "network.peer.address", "net.peer.ip", "http.host")
_DATABASE, _SYSTEM = _first("db.namespace", "db.name", "db.instance"), _first("db.system.name", "db.system")
_SPANS = f"""
    SELECT TraceId AS trace, SpanId AS id, ParentSpanId AS parent,
        lower(replaceOne(toString(SpanKind), 'SPAN_KIND_', '')) AS kind, Timestamp AS at, toUInt64(Duration) AS took,
        if(ResourceAttributes['service.namespace'] != '', concat(ResourceAttributes['service.namespace'], '/',
            toString(ServiceName)), toString(ServiceName)) AS service,
        multiIf(SpanAttributes['http.route'] != '', trimLeft(concat({_METHOD}, ' ', SpanAttributes['http.route'])),
            {_RPC} != '', if(SpanAttributes['rpc.service'] != '' AND position({_RPC}, '/') = 0,
                concat(SpanAttributes['rpc.service'], '/', {_RPC}), {_RPC}),
            {_DESTINATION} != '', {_DESTINATION}, toString(SpanName)) AS operation,
        (lower(replaceOne(toString(StatusCode), 'STATUS_CODE_', '')) = 'error'
            OR SpanAttributes['error.type'] != ''
            OR lower(SpanAttributes['error']) NOT IN ('', 'false', '0', 'none')
            OR toInt32OrZero({_first("http.response.status_code", "http.status_code")}) >= 500) AS failed,
        {_first("service.peer.name", "peer.service")} AS peer_service,
        if({_DATABASE} != '', {_DATABASE}, {_ADDRESS}) AS database_name,
        if({_DESTINATION} != '', {_DESTINATION}, {_ADDRESS}) AS queue_name,
        multiIf(peer_service != '', peer_service,
            {_SYSTEM} != '', concat({_SYSTEM}, if(database_name = '', '', ':'), database_name),
            SpanAttributes['messaging.system'] != '',
                concat(SpanAttributes['messaging.system'], if(queue_name = '', '', ':'), queue_name),
            {_ADDRESS}) AS peer,
        multiIf(peer_service != '', 'service', {_SYSTEM} != '', 'database',
            SpanAttributes['messaging.system'] != '', 'messaging', 'external') AS peer_kind,
        extract(TraceState, '(?:^|,)[ ]*ot=(?:[^,]*;)?th:([0-9a-f]{{1,14}})') AS threshold,
        if(threshold = '', NULL, 1 - reinterpretAsUInt64(reverse(unhex(concat('00', rightPad(threshold, 14, '0')))))
            / 72057594037927936) AS probability
    FROM @TABLE@
    WHERE Timestamp >= parseDateTime64BestEffort({{since:String}}, 9)
        AND Timestamp < parseDateTime64BestEffort({{until:String}}, 9) AND toString(ServiceName) != ''
    LIMIT 1 BY TraceId, SpanId, ServiceName, SpanKind
"""  # noqa: S608
_CALLS = f"""
    WITH spans AS ({_SPANS}),
    callers AS (SELECT * FROM spans WHERE kind IN ('client', 'producer')),
    callees AS (SELECT * FROM spans WHERE kind IN ('server', 'consumer') AND parent != ''),
    calls AS (
        SELECT caller.service AS consumer, callee.service AS provider,
            if(callee.operation != '', callee.operation, caller.operation) AS operation,
            if(caller.kind = 'producer' OR callee.kind = 'consumer', 'messaging', 'service') AS kind, callee.at AS at,
            (callee.failed OR caller.failed) AS failed, coalesce(callee.probability, caller.probability) AS probability
        FROM callees AS callee INNER JOIN callers AS caller ON caller.trace = callee.trace AND caller.id = callee.parent
        UNION ALL
        SELECT caller.service, caller.peer, caller.operation, caller.peer_kind, caller.at, caller.failed,
            caller.probability
        FROM callers AS caller LEFT ANTI JOIN callees AS callee
            ON callee.trace = caller.trace AND callee.parent = caller.id
        WHERE caller.peer != ''
    )
"""  # noqa: S608
_EDGES = f"""{_CALLS}
    SELECT consumer, provider, operation, kind, count() AS seen, sum(1 / coalesce(probability, 1)) AS calls,
        sumIf(1 / coalesce(probability, 1), failed) AS failed_calls, min(probability) AS least,
        countIf(probability IS NULL) AS unsaid, toUnixTimestamp64Nano(min(at)) AS first,
        toUnixTimestamp64Nano(max(at)) AS last
    FROM calls GROUP BY consumer, provider, operation, kind FORMAT JSONEachRow
"""  # noqa: S608
_TALLY = f"""
    WITH spans AS ({_SPANS}),
    callers AS (SELECT * FROM spans WHERE kind IN ('client', 'producer')),
    callees AS (SELECT * FROM spans WHERE kind IN ('server', 'consumer')),
    answered AS (
        SELECT callee.trace AS trace, callee.parent AS id, count() AS times FROM callees AS callee
        WHERE parent != '' GROUP BY trace, id
    )
    SELECT (SELECT count() FROM spans) AS spans,
        (SELECT count() FROM callees AS a INNER JOIN callers AS b ON b.trace = a.trace AND b.id = a.parent) AS paired,
        (SELECT count() FROM callers AS a LEFT ANTI JOIN answered AS b ON b.trace = a.trace AND b.id = a.id
            WHERE a.peer != '') AS by_word,
        (SELECT count() FROM callers AS a LEFT ANTI JOIN answered AS b ON b.trace = a.trace AND b.id = a.id
            WHERE a.peer = '') AS unpaired,
        (SELECT count() FROM callees AS a LEFT ANTI JOIN callers AS b ON b.trace = a.trace AND b.id = a.parent
            WHERE a.parent != '') AS foreign_,
        (SELECT count() FROM callees WHERE parent = '') AS roots
    FORMAT JSONEachRow
"""  # noqa: S608


def edges(place: Place, *, now: datetime) -> Edges:
    """The edges of the last days, as files of the same spans would give them.

    Raises `OSError` where ClickHouse doesn't answer or refuses.
    """
    found = Edges()
    for row in _rows(place, _EDGES, now):
        key = EdgeKey(_cut(row["consumer"]), _cut(row["provider"]), _cut(row["operation"]), row["kind"], "otlp")
        edge = found.rows.setdefault(key, Edge())
        edge.seen += int(row["seen"])
        edge.calls += float(row["calls"])
        edge.failed += float(row["failed_calls"])
        edge.first, edge.last = int(row["first"]), int(row["last"])
        edge.probability = None if int(row["unsaid"]) else float(row["least"])
    (tally,) = _rows(place, _TALLY, now)
    for name in ("spans", "paired", "by_word", "unpaired", "roots"):
        setattr(found.tally, name, int(tally[name]))
    found.tally.foreign = int(tally["foreign_"])
    return found


def _rows(place: Place, statement: str, now: datetime) -> Iterable[dict[str, Any]]:
    since = (now - timedelta(days=place.days)).astimezone(UTC)
    values = {name: at.strftime("%Y-%m-%d %H:%M:%S.%f") for name, at in (("since", since), ("until", now))}
    try:
        answer = place.ask(statement.replace("@TABLE@", place.table), values)
        return [orjson.loads(line) for line in answer.splitlines() if line.strip()]
    except orjson.JSONDecodeError as error:
        raise OSError(f"ClickHouse answers with something else: {error}") from error


def _cut(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
