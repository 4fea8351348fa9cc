"""Addresses: a base that was entered, paths below it, and whether an address that a forge names is below it too."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlencode, urljoin, urlsplit

from awayteam.kernel.webhooks import url_problem

Query = Mapping[str, str | int | bool | Sequence[str | int] | None]
LONGEST = 4_000
_PORTS = {"http": 80, "https": 443}
_TARGET = re.compile(r"[!-~]+")


def address_problem(address: str, *, allow_private: bool) -> str | None:
    """What is wrong with the base address of a forge as it was entered, or None."""
    problem = url_problem(address, allow_private)
    if problem is not None:
        return problem
    parts = urlsplit(address)
    if parts.query or parts.fragment:
        return "write https://host/path, without ? and #"
    if parts.scheme != "https" and not allow_private:
        return "write https://: tokens go to this address; allow_private would let http:// pass"
    return None


def join(*parts: str | int) -> str:
    """A path of parts, each quoted whole: `join("repos", "a/b")` is `/repos/a%2Fb`. Raises `ValueError` for a part that
    would lead elsewhere ("", ".", "..")."""
    if wrong := [part for part in parts if str(part) in {"", ".", ".."}]:
        raise ValueError(f"{wrong[0]!r} can't be part of a path")
    return "".join("/" + quote(str(part), safe="") for part in parts)


def with_query(path: str, query: Query | None) -> str:
    """None leaves a value out, True and False are written as forges do, a sequence repeats its name."""
    flat: list[tuple[str, str]] = []
    for name, value in (query or {}).items():
        values = [value] if isinstance(value, str | int) or value is None else list(value)
        flat += [(name, str(one).lower() if isinstance(one, bool) else str(one)) for one in values if one is not None]
    return f"{path}?{urlencode(flat)}" if flat else path


class Base:
    """The base address of a forge. Raises `ValueError` where it is none."""

    def __init__(self, address: str, *, allow_private: bool = False) -> None:
        address = address.rstrip("/")
        if problem := address_problem(address, allow_private=allow_private):
            raise ValueError(f"{address[:100]!r} can't be the address of a forge: {problem}")
        parts = urlsplit(address)
        self.address = address
        self.origin = _origin(address)
        self.path = parts.path

    def below(self, target: str) -> str:
        """The whole address of a path (`/repos/a/b`, made by `join`), or of an address that the forge named.

        Raises `ValueError` where it leads out of the base.
        """
        whole = self.address + target if target.startswith("/") and not target.startswith("//") else target
        if len(whole) > LONGEST or not _TARGET.fullmatch(whole):
            raise ValueError("an address with characters that can't be in one, or too long")
        parts = urlsplit(whole)
        segments = parts.path.replace("%2e", ".").replace("%2E", ".").split("/")
        if _origin(whole) != self.origin or parts.username is not None or "\\" in whole:
            raise ValueError(f"it leads to another host ({(parts.hostname or '')[:100]})")
        if not (parts.path == self.path or parts.path.startswith(self.path + "/")) or {".", ".."} & set(segments):
            raise ValueError("it leads out of the forge's base address")
        return whole.partition("#")[0]

    def after_redirect(self, asked: str, location: str) -> str:
        """Where a redirect leads. Raises `ValueError` as `below`."""
        if not location or len(location) > LONGEST or not _TARGET.fullmatch(location):
            raise ValueError("it names no address")
        return self.below(urljoin(asked, location))

    def shown(self, whole: str) -> str:
        """The path for people: without the base, and without the query."""
        return whole.removeprefix(self.address).partition("?")[0] or "/"


def _origin(address: str) -> tuple[str, str, int]:
    parts = urlsplit(address)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or _PORTS.get(parts.scheme, 0)
