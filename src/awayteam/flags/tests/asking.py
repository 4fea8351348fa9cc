"""Asking for flags in this process, as a web server does it."""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson
import pytest

from awayteam.flags.serving import ofrep, streams
from awayteam.flags.serving.cache import Cache
from awayteam.kernel import lightpaths
from awayteam.kernel.lightpaths import LightPaths
from awayteam.kernel.rest.limits import Limiter


@dataclass
class Got:
    status: int
    headers: dict[str, str]
    pieces: Iterable[bytes]

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces)

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


class Asker:
    """A process that has seen no flags yet; `token` is shown unless another one is given ("" shows none)."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        cache = Cache()
        monkeypatch.setattr(ofrep, "CACHE", cache)
        monkeypatch.setattr(streams, "CACHE", cache)
        monkeypatch.setattr(ofrep, "LIMITER", Limiter())
        monkeypatch.setattr(lightpaths, "close_old_connections", lambda: None)  # it holds the test's transaction
        self.token = ""
        self.application = LightPaths(lambda _environ, _start: [b"django"])

    def ask(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, query: str = "", **headers: str
    ) -> Got:
        """`headers` are WSGI's (HTTP_IF_NONE_MATCH). A body that isn't bytes is sent as JSON."""
        shown = self.token if token is None else token
        sent = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
        environ = {
            "REQUEST_METHOD": method, "PATH_INFO": f"/ofrep/v1/{path}", "QUERY_STRING": query,
            "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(sent)), "REMOTE_ADDR": "192.0.2.7",
            "wsgi.input": io.BytesIO(sent), **({"HTTP_AUTHORIZATION": f"Bearer {shown}"} if shown else {}), **headers,
        }  # fmt: skip
        got: list[tuple[int, dict[str, str]]] = []

        def start(status: str, given: list[tuple[str, str]]) -> None:
            got.append((int(status[:3]), dict(given)))

        pieces = self.application(environ, start)
        return Got(*got[0], pieces)

    def one(self, key: str, context: Any = None, **more: Any) -> Got:
        return self.ask("POST", f"evaluate/flags/{key}", {"context": context or {}}, **more)

    def all(self, context: Any = None, **more: Any) -> Got:
        return self.ask("POST", "evaluate/flags", {"context": context or {}}, **more)
