"""The file that says what a proxy stands before: `upstreams.toml`, or the same tables over the API."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awayteam.kernel.errors import InvalidInput
from awayteam.quotas.envoy.plain import EVERYBODY, Upstream

MOST, MOST_BYTES = 1000, 1_000_000
HOST = re.compile(r"\*|(\*\.)?[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:\d{1,5})?")
ADDRESS = re.compile(r"([A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9a-fA-F:]+\]):(\d{1,5})")
PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)*")
API = re.compile(r"api:[a-z0-9._-]+/[a-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Listener:
    """Where the proxy listens, with which certificate, and whose client certificates it believes (PEM files)."""

    address: str
    port: int
    certificate: Path
    key: Path
    client_ca: Path
    admin_port: int = 9901


@dataclass(frozen=True, slots=True)
class Settings:
    listener: Listener
    upstreams: tuple[Upstream, ...]


def read(path: Path) -> Settings:
    """The settings of a proxy. Raises `InvalidInput` with what is wrong and where."""
    try:
        raw = path.read_bytes()
        if len(raw) > MOST_BYTES:
            raise InvalidInput(f"{path} is larger than a megabyte.", "Is it the right file?")
        found = tomllib.loads(raw.decode())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidInput(f"{path} can't be read: {error}.", "docs/quotas.md shows such a file.") from None
    if unknown := set(found) - {"listener", "upstream"}:
        raise InvalidInput(f"{path}: there is no {min(unknown)!r}.", "Write [listener] and [[upstream]].")
    return Settings(_listener(found.get("listener"), path), upstreams_of(found.get("upstream", [])))


def _listener(found: Any, path: Path) -> Listener:
    if not isinstance(found, Mapping):
        raise InvalidInput(f"{path} has no [listener].", "Say port, certificate, key and client_ca there.")
    if unknown := set(found) - {"address", "port", "certificate", "key", "client_ca", "admin_port"}:
        raise _wrong("listener", min(unknown), "is unknown")
    files = {}
    for name in ("certificate", "key", "client_ca"):
        given = found.get(name)
        if not isinstance(given, str) or not given:
            raise _wrong("listener", name, "must name a PEM file")
        files[name] = (path.parent / given).resolve()
        if not files[name].is_file():
            raise _wrong("listener", name, f"{files[name]} isn't there")
    ports = {name: found.get(name, default) for name, default in (("port", None), ("admin_port", 9901))}
    for name, port in ports.items():
        if not isinstance(port, int) or isinstance(port, bool) or not 0 < port < 65536:
            raise _wrong("listener", name, "must be a port, 1 to 65535")
    address = found.get("address", "127.0.0.1")
    if not isinstance(address, str) or not re.fullmatch(r"[0-9A-Fa-f.:]{2,45}", address):
        raise _wrong("listener", "address", "must be an IP address")
    return Listener(address=address, port=ports["port"], admin_port=ports["admin_port"], **files)


def upstreams_of(tables: Any) -> tuple[Upstream, ...]:
    """Upstreams from tables; raises `InvalidInput` with the place of what is wrong."""
    if not isinstance(tables, list) or not tables:
        raise InvalidInput("A proxy stands before at least one upstream.", "Write [[upstream]] with api and address.")
    if len(tables) > MOST:
        raise InvalidInput(f"A proxy stands before {MOST} upstreams at most.", "Use several proxies.")
    found = tuple(_upstream(table, f"upstream {number}") for number, table in enumerate(tables, 1))
    seen: dict[str, str] = {}
    for one in found:
        for host in one.hosts:
            if host in seen:
                raise _wrong(one.api, "hosts", f"{host!r} is that of {seen[host]} too")
            seen[host] = one.api
    if len({one.api for one in found}) < len(found):
        raise InvalidInput("An API stands there twice.", "Write all its hosts into one upstream.")
    return found


def _upstream(table: Any, where: str) -> Upstream:
    if not isinstance(table, Mapping):
        raise _wrong(where, "", "must be a table")
    if unknown := set(table) - {"api", "address", "hosts", "prefix", "tls"}:
        raise _wrong(where, str(min(unknown, key=str))[:40], "is unknown")
    api = _text(table, "api", where).lower()
    api = api if ":" in api else f"api:{api}"
    api = api if "/" in api else api.replace(":", ":default/", 1)
    if not API.fullmatch(api):
        raise _wrong(where, "api", "must be a reference such as api:default/orders")
    address = _text(table, "address", where)
    matched = ADDRESS.fullmatch(address)
    if matched is None or not 0 < int(matched[3]) < 65536:
        raise _wrong(where, "address", "must be host:port")
    hosts = table.get("hosts", [EVERYBODY])
    if (
        not isinstance(hosts, list)
        or not hosts
        or not all(isinstance(one, str) and HOST.fullmatch(one) for one in hosts)
    ):
        raise _wrong(where, "hosts", 'must be host names in small letters, as ["orders.internal"]')
    prefix = table.get("prefix", "")
    if not isinstance(prefix, str) or not PREFIX.fullmatch(prefix):
        raise _wrong(where, "prefix", "must be a path such as /v1, without a slash at its end")
    tls = table.get("tls", False)
    if not isinstance(tls, bool):
        raise _wrong(where, "tls", "must be true or false")
    return Upstream(api, address, tuple(hosts), prefix, tls)


def _text(table: Mapping[str, Any], name: str, where: str) -> str:
    value = table.get(name)
    if not isinstance(value, str) or not value:
        raise _wrong(where, name, "is missing")
    return value


def _wrong(where: str, name: str, what: str) -> InvalidInput:
    said = f"{where}: {name + ' ' if name else ''}{what}."
    return InvalidInput(said, "Mend that line; docs/quotas.md shows such a file.", {name or where: what})
