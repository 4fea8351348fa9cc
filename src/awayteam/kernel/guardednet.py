"""Connections to addresses that people entered: only to public hosts, and only for so long.

The host's name is resolved here, every address is judged, and the connection goes to the very address that was judged,
so that a name that resolves differently the second time gains nothing. Every read and write shares one deadline, so
that a receiver that sends a byte now and then doesn't hold us.
"""

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import httpcore

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_CARRIER = ipaddress.ip_network("100.64.0.0/10")


class Refused(Exception):
    """The host is not one that may be reached, or can't be found."""


class Unfound(Refused):
    """The host can't be found, at least now."""


def is_public(address: Address) -> bool:
    """Whether anybody on the internet could reach `address`; also looks into IPv6 forms that hide an IPv4."""
    if isinstance(address, ipaddress.IPv6Address):
        hidden = _hidden_ipv4(address)
        if hidden is not None:
            return is_public(hidden)
        if address.is_site_local:
            return False
    elif address in _CARRIER:
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _hidden_ipv4(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64 or int(address) >> 32 == 0:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def addresses(host: str, port: int, *, allow_private: bool) -> list[Address]:
    """Where `host` is, in the resolver's order. Raises `Unfound`, or `Refused` where one isn't public."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unfound(f"the host {host} can't be found: {error}") from error
    known = list(dict.fromkeys(ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found))
    if not allow_private and (hidden := [each for each in known if not is_public(each)]):
        raise Refused(
            f"the host {host} is at {hidden[0]}, which is not a public address; "
            "the rulebook's allow_private would allow it"
        )
    return known


@dataclass
class Deadline:
    """A moment of the monotonic clock; `left()` raises `httpcore.TimeoutException` once it has passed."""

    at: float
    total: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        return cls(time.monotonic() + seconds, seconds)

    def left(self) -> float:
        seconds = self.at - time.monotonic()
        if seconds <= 0:
            raise httpcore.TimeoutException(f"not done within {self.total:g} s")
        return seconds


class GuardedNetwork(httpcore.NetworkBackend):
    """What httpcore connects through: judged addresses, one deadline."""

    def __init__(self, deadline: Deadline, *, allow_private: bool) -> None:
        self.deadline, self.allow_private = deadline, allow_private
        self.plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline holds instead
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        found = addresses(host, port, allow_private=self.allow_private)
        for number, address in enumerate(found):
            try:
                stream = self.plain.connect_tcp(str(address), port, self.deadline.left(), local_address, socket_options)
            except httpcore.ConnectError:
                if number == len(found) - 1:
                    raise
            else:
                return _Stream(stream, self.deadline)
        raise Refused(f"the host {host} has no address")


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self.stream, self.deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        return self.stream.read(max_bytes, self.deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self.stream.write(buffer, self.deadline.left())

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        return _Stream(self.stream.start_tls(ssl_context, server_hostname, self.deadline.left()), self.deadline)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)
