"""Log lines: JSON, logfmt, access logs, syslog, and the names that Kubernetes and Compose give to what writes them."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from awayteam.requests.routing.parse.findings import LONGEST_TEXT, Finding, Kind

LONGEST_JSON = 64_000
DEPTH = 4
SERVICE_KEYS = frozenset(
    {
        "service", "service.name", "service_name", "servicename", "svc", "app", "app_name", "application",
        "application_name", "appname", "component", "dd.service", "container", "container_name", "container.name",
        "deployment", "workload", "app.kubernetes.io/name", "kubernetes.container_name", "resource.service.name",
        "program", "syslog_identifier", "process_name", "job", "upstream", "upstream_cluster", "target_service",
        "destination_service", "destination_workload", "peer.service", "server", "microservice",
    }
)  # fmt: skip
POD_KEYS = frozenset({"pod", "pod_name", "k8s.pod.name", "kubernetes.pod_name", "kubernetes.pod.name", "podname"})
LOGGER_KEYS = frozenset({"logger", "logger_name", "loggername", "log.logger", "logger.name", "class", "module", "category", "caller", "source"})  # fmt: skip # noqa: E501
ADDRESS_KEYS = frozenset({"url", "uri", "http.url", "http.target", "url.full", "url.path", "path", "request_uri", "endpoint", "http.route", "route", "target"})  # fmt: skip # noqa: E501
HOST_KEYS = frozenset({"host", "authority", "http.host", "server.address", "net.peer.name", "upstream_host", ":authority", "address"})  # fmt: skip # noqa: E501
VERB_KEYS = frozenset({"method", "http.method", "http.request.method", "verb", "request_method"})
RPC_KEYS = frozenset({"grpc.method", "rpc.method", "grpc_method", "full_method", "rpc"})
TOPIC_KEYS = frozenset({"topic", "kafka.topic", "messaging.destination", "messaging.destination.name", "queue", "stream", "subject"})  # fmt: skip # noqa: E501
TRACE_KEYS = frozenset({"stack", "stacktrace", "stack_trace", "exception", "error.stack", "error.stack_trace", "exc_info", "error", "err", "exception.stacktrace", "trace", "traceback", "message", "msg", "backtrace", "error.message"})  # fmt: skip # noqa: E501
PAIR = re.compile(r'(?:^|[\s,{(\[])([A-Za-z_][\w.\-/]{0,60})=("(?:[^"\\]|\\.){0,2000}"|[^\s,"\]})]{1,500})')
ACCESS = re.compile(r"\b(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (/[^\s\"'?#]{0,500}|https?://[^\s\"']{1,700})")
CLUSTER = re.compile(r"\b([a-z0-9][a-z0-9\-]{0,62})\.([a-z0-9][a-z0-9\-]{0,62})\.svc\b")
OUTBOUND = re.compile(r"\b(?:outbound|inbound)\|\d{1,5}\|[^|\s]{0,100}\|([\w.\-]{1,250})")
POD = re.compile(r"\b([a-z][a-z0-9\-]{1,60}?)-([a-f0-9]{8,10}|[bcdfghjklmnpqrstvwxz2456789]{8,10})-([bcdfghjklmnpqrstvwxz2456789]{5})\b")  # fmt: skip # noqa: E501
STATEFUL = re.compile(r"\bpod[/ =\"']{1,3}([a-z][a-z0-9\-]{1,60}?)-\d{1,3}\b")
SYSLOG = re.compile(r"(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[\d:.+Z\-]{8,35}) [\w.\-]{1,100} ([\w.\-/]{2,60})(?:\[\d{1,9}\])?: ")  # fmt: skip # noqa: E501
COMPOSE = re.compile(r"([a-z][\w.\-]{1,60}?)(?:[-_]\d{1,3})? +\| ")
TOPIC = re.compile(
    r"\b(?:topic|queue|subject|partition)[ =:]{1,2}[\"'`\[(]?([A-Za-z][\w\-]{0,80}(?:[.\-/][\w\-]{1,80}){1,8})"
)
RPC = re.compile(r"(?:^|[\s\"'`(=:/])((?:[A-Za-z_]\w{0,60}\.){0,8}[A-Z]\w{0,60})/([A-Z]\w{0,80})(?![\w/.])")
DIGIT = re.compile(r"\d")


def read(line: str, number: int) -> tuple[list[Finding], str]:
    """Findings of a log line, and a text with several lines that was in it (a stack trace as a JSON string)."""
    text = line.strip()
    brace = text.find("{")
    if 0 <= brace < 200 and text.endswith("}") and len(text) <= LONGEST_JSON and '"' in text:
        values = _json(text[brace:])
        if values is not None:
            return _of_json(values, number, text)
    return [*_of_pairs(text, number), *_plain(text, number)], ""


def _json(text: str) -> Mapping[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _flat(value: Mapping[str, Any], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    for key, one in list(value.items())[:200]:
        name = f"{prefix}{key}"
        if isinstance(one, str):
            yield name, one
        elif isinstance(one, dict) and depth < DEPTH:
            yield from _flat(one, f"{name}.", depth + 1)
        elif isinstance(one, list) and depth < DEPTH and all(isinstance(each, str) for each in one[:200]):
            yield name, "\n".join(one[:200])


def _of_json(values: Mapping[str, Any], number: int, text: str) -> tuple[list[Finding], str]:
    pairs = list(_flat(values))
    found = list(_of_values(pairs, number, text))
    nested = [value for key, value in pairs if ("\n" in value and key.lower() in TRACE_KEYS) or value.count("\n") > 2]
    for _, value in pairs:
        if "\n" not in value and len(value) < 4_000:
            found += _plain(value, number)
    return found, "\n".join(nested)[:LONGEST_JSON]


def _of_pairs(text: str, number: int) -> Iterator[Finding]:
    pairs = [(key, value.strip("\"'")) for key, value in PAIR.findall(text)] if "=" in text else []
    yield from _of_values(pairs, number, text)


def _of_values(pairs: list[tuple[str, str]], number: int, text: str) -> Iterator[Finding]:
    """What named values say: the longest known ending of each key counts (`resource.attributes.service.name`)."""
    said = text[:LONGEST_TEXT]
    verb = next((value.upper() for key, value in pairs if key.lower() in VERB_KEYS and len(value) < 9), "")
    for key, value in pairs:
        names, value = _endings(key), value.strip()
        if not value or len(value) > 700 or "\n" in value:
            continue
        if not names.isdisjoint(SERVICE_KEYS):
            yield Finding(Kind.SERVICE, service(value), number, 0.6, said)
        elif not names.isdisjoint(POD_KEYS):
            yield Finding(Kind.SERVICE, of_pod(value), number, 0.6, said)
        elif not names.isdisjoint(TOPIC_KEYS):
            yield Finding(Kind.TOPIC, value, number, 0.7, said)
        elif not names.isdisjoint(RPC_KEYS) and "/" in value:
            yield Finding(Kind.OPERATION, value.lstrip("/"), number, 0.75, said, "rpc")
        elif not names.isdisjoint(HOST_KEYS) and "." in value and " " not in value:
            yield Finding(Kind.HOST, value.lower().partition(":")[0], number, 0.55, said)
        elif not names.isdisjoint(ADDRESS_KEYS) and value.startswith("/") and " " not in value:
            yield Finding(Kind.OPERATION, f"{verb} {value.partition('?')[0]}", number, 0.65, said)
        elif not names.isdisjoint(LOGGER_KEYS) and "." in value and " " not in value and "/" not in value:
            yield Finding(Kind.MODULE, value, number, 0.5, said)


def _endings(key: str) -> set[str]:
    parts = key.lower().split(".")
    return {".".join(parts[place:]) for place in range(len(parts))}


def service(value: str) -> str:
    """The name of a service as logs have it: without container ids, and without the generated end of a pod."""
    return of_pod(value.lower().strip())


def of_pod(value: str) -> str:
    """`orders-api` of `orders-api-7d9f8c6b5-x2x4z`; a name without such an end stays."""
    found = POD.fullmatch(value)
    return found[1] if found is not None and _is_generated(found) else value


def _is_generated(match: re.Match[str]) -> bool:
    return bool(DIGIT.search(match[2]))


def _plain(text: str, number: int) -> Iterator[Finding]:
    """What a line says without structure."""
    said = text[:LONGEST_TEXT]
    for verb, target in ACCESS.findall(text):
        if target.startswith("/"):
            yield Finding(Kind.OPERATION, f"{verb} {target}", number, 0.7, said)
    if ".svc" in text:
        for name, namespace in CLUSTER.findall(text):
            yield Finding(Kind.SERVICE, name, number, 0.75, said, namespace)
    if "bound|" in text:
        for host in OUTBOUND.findall(text):
            yield Finding(Kind.SERVICE, host.partition(".")[0].lower(), number, 0.7, said)
    if "-" in text and DIGIT.search(text):
        for match in POD.finditer(text):
            if _is_generated(match):
                yield Finding(Kind.SERVICE, match[1], number, 0.6, said)
        for name in STATEFUL.findall(text):
            yield Finding(Kind.SERVICE, name, number, 0.5, said)
    start = SYSLOG.match(text) or (COMPOSE.match(text) if " | " in text[:80] else None)
    if start is not None:
        yield Finding(Kind.SERVICE, service(start[1].rpartition("/")[2]), number, 0.55, said)
    for name in TOPIC.findall(text):
        yield Finding(Kind.TOPIC, name, number, 0.6, said)
    if "/" in text:
        for api, method in RPC.findall(text):
            yield Finding(Kind.OPERATION, f"{api}/{method}", number, 0.75 if "." in api else 0.5, said, "rpc")
