"""Paths that programs ask thousands of times a second, answered before Django: no session, no page, no middleware.

A handler does for itself what middlewares do elsewhere: it lets in only who shows a token of its own kind, bounds what
it reads, limits how often one may ask, and answers errors in the words of its protocol. It registers in
`App.register()`:

    lightpaths.register("/ofrep/v1/", Later("awayteam.flags.serving.ofrep", "handle"))

What begins with a registered prefix never reaches Django's addresses. See docs/api.md.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

import orjson
from django.db import close_old_connections

from awayteam.kernel.log import Log
from awayteam.kernel.registries import Registry

log = Log(__name__)
JSON = "application/json"
STATUS = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]


class TooLarge(Exception):
    """A body with more bytes than the handler reads."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as WSGI gives it. `path` is what follows the handler's prefix, decoded."""

    method: str
    path: str
    environ: Environ

    def header(self, name: str) -> str:
        """A header by its name ("If-None-Match"), "" where there is none."""
        key = name.upper().replace("-", "_")
        found: str = self.environ.get(key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}", "")
        return found

    def query(self) -> dict[str, str]:
        """The parameters of the address, the last of each name; what is no parameter is left out."""
        try:
            return dict(parse_qsl(self.environ.get("QUERY_STRING", ""), max_num_fields=50))
        except ValueError:
            return {}

    def bearer(self) -> str:
        """The token of the `Authorization` header, "" without one."""
        scheme, _, token = self.header("Authorization").partition(" ")
        return token.strip() if scheme.casefold() == "bearer" else ""

    @property
    def address(self) -> str:
        """Who asks, as the connection says (a forwarded address could be made up)."""
        found: str = self.environ.get("REMOTE_ADDR", "")
        return found

    def body(self, most: int) -> bytes:
        """The body; raises `TooLarge` beyond `most` bytes, having read no more than that."""
        declared = self.header("Content-Length")
        if declared.isascii() and declared.isdecimal() and (len(declared) > 12 or int(declared) > most):
            raise TooLarge
        read: bytes = self.environ["wsgi.input"].read(most + 1)
        if len(read) > most:
            raise TooLarge
        return read


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer: whole (bytes), or piece by piece where it goes on for a while."""

    status: int
    body: bytes | Iterator[bytes] = b""
    headers: Sequence[tuple[str, str]] = ()


Handler = Callable[[Asked], Answered]
_handlers: Registry[str, Handler] = Registry()


def register(prefix: str, handler: Handler) -> None:
    """Let `handler` answer what begins with `prefix` ("/ofrep/v1/"). Called in `App.register()`."""
    _handlers[prefix] = handler


def json_answer(status: int, data: Any, *headers: tuple[str, str]) -> Answered:
    return Answered(status, orjson.dumps(data), (("Content-Type", JSON), *headers))


class LightPaths:
    """The WSGI application around Django's."""

    def __init__(self, inner: Application) -> None:
        self.inner = inner
        self._by_first: dict[str, list[tuple[str, Handler]]] | None = None

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "")
        if self._by_first is None:
            self._by_first = _sorted()
        for prefix, handler in self._by_first.get(_first(path), ()):
            if path.startswith(prefix):
                return _answer(handler, environ, path[len(prefix) :], start_response)
        return self.inner(environ, start_response)


def _first(path: str) -> str:
    return path[1:].partition("/")[0]


def _sorted() -> dict[str, list[tuple[str, Handler]]]:
    """Handlers by the first word of their prefix, the longest prefix first."""
    found: dict[str, list[tuple[str, Handler]]] = {}
    for prefix in sorted(_handlers, key=len, reverse=True):
        found.setdefault(_first(prefix), []).append((prefix, _handlers[prefix]))
    return found


def _answer(handler: Handler, environ: Environ, rest: str, start_response: StartResponse) -> Iterable[bytes]:
    """What the handler answers; an accident is 500, and the connections to the database are fit again next time."""
    close_old_connections()
    asked = Asked(environ["REQUEST_METHOD"], rest.encode("latin-1", "replace").decode("utf-8", "replace"), environ)
    try:
        made = handler(asked)
    except TooLarge:
        made = json_answer(413, {"errorDetails": "The body is too large."})
    except Exception:
        log.exception("lightpath.failed", path=environ.get("PATH_INFO", "")[:200])
        close_old_connections()
        made = json_answer(500, {"errorDetails": "Something went wrong here; it is in the server's log."})
    headers = [("X-Content-Type-Options", "nosniff"), *made.headers]
    if isinstance(made.body, bytes):
        if made.status not in (204, 304):
            headers.append(("Content-Length", str(len(made.body))))
        start_response(STATUS[made.status], headers)
        return [made.body]
    start_response(STATUS[made.status], headers)
    return made.body
