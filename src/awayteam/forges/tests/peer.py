"""A stand-in for a forge: an HTTP server on loopback with routes, faults on demand, and a record of what was said."""

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

MOST_BODY = 5_000_000


@dataclass(frozen=True)
class Asked:
    """A request: `parts` are what stood in the braces of the route, unquoted."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: Any
    parts: Mapping[str, str] = field(default_factory=dict)

    def get(self, name: str, default: str = "") -> str:
        return self.query.get(name, [default])[0]

    def whole(self, name: str, default: int) -> int:
        text = self.get(name)
        return int(text) if text.isdigit() else default


@dataclass(frozen=True)
class Reply:
    """An answer: JSON, unless `raw` holds bytes."""

    status: int = 200
    json: Any = None
    raw: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Exchange:
    asked: Asked
    reply: Reply


@dataclass
class Fault:
    """What goes wrong with one request: `how` is "status" (`reply` instead of any work), "cut" (no answer, nothing
    done), "lost" (done, but no answer), "late" (no answer before `Peer.release`), "twice" (done twice)."""

    how: str
    method: str = ""
    path: str = ""
    reply: Reply = Reply(503, {"message": "not now"})

    def fits(self, asked: Asked) -> bool:
        return self.method in ("", asked.method) and re.search(self.path, asked.path) is not None


Handler = Callable[[Asked], Reply]


class Peer:
    """Serves while it is entered (`with FakeGitLab() as fake`). `prefix` stands before every route."""

    prefix = ""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self.faults: list[Fault] = []
        self.release = threading.Event()
        self.lock = threading.RLock()
        self.routes: list[tuple[str, re.Pattern[str], Handler]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def route(self, method: str, template: str, handler: Handler) -> None:
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(self.prefix + template))
        pattern = re.sub(r"\\\{(\w+)\\\.\\\.\\\.\\\}", r"(?P<\1>.+)", pattern)
        self.routes.append((method, re.compile(pattern + r"\Z"), handler))

    def __enter__(self) -> "Peer":
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.release.set()
        self._server.shutdown()
        self._server.server_close()

    def fail(self, how: str, method: str = "", path: str = "", **reply: Any) -> None:
        """The next fitting request goes wrong."""
        given = {"reply": Reply(**reply)} if reply else {}
        self.faults.append(Fault(how, method, path, **given))

    def answer(self, asked: Asked) -> Reply | None:
        """None: the connection is closed without an answer."""
        fault = next((one for one in self.faults if one.fits(asked)), None)
        if fault is not None:
            self.faults.remove(fault)
            if fault.how == "status":
                return fault.reply
            if fault.how == "cut":
                return None
            if fault.how == "late":
                self.release.wait(20)
                return None
        reply = self._work(asked)
        if fault is not None and fault.how == "twice":
            reply = self._work(asked)
        return None if fault is not None and fault.how == "lost" else reply

    def _work(self, asked: Asked) -> Reply:
        with self.lock:
            for method, pattern, handler in self.routes:
                match = pattern.match(asked.path)
                if match and method == asked.method:
                    parts = {name: unquote(value) for name, value in match.groupdict().items()}
                    full = Asked(asked.method, asked.path, asked.query, asked.headers, asked.body, parts)
                    reply = self.allowed(full) or handler(full)
                    self.exchanges.append(Exchange(full, reply))
                    return reply
        return Reply(404, {"message": f"404 {asked.method} {asked.path} Not Found"})

    def allowed(self, asked: Asked) -> Reply | None:
        """A refusal, where whoever asks may not."""
        return None

    def calls(self, method: str, path: str = "") -> list[Exchange]:
        return [one for one in self.exchanges if one.asked.method == method and re.search(path, one.asked.path)]

    def page(
        self, asked: Asked, entries: list[Any], *, size: str = "per_page", default: int = 20, most: int = 100
    ) -> Reply:
        """A page of a list with the header `Link`, as both GitLab and Gitea have it."""
        per, number = min(asked.whole(size, default), most), asked.whole("page", 1)
        part = entries[(number - 1) * per : number * per]
        pages = max(1, -(-len(entries) // per))
        keep = [(name, value) for name, values in asked.query.items() if name not in ("page",) for value in values]
        links = []
        for rel, to in (("next", number + 1), ("first", 1), ("last", pages)):
            if rel != "next" or number < pages:
                query = "&".join(f"{name}={value}" for name, value in [*keep, ("page", str(to))])
                links.append(f'<{self.address}{asked.path}?{query}>; rel="{rel}"')
        return Reply(200, part, headers={"Link": ", ".join(links), "X-Total-Count": str(len(entries))})


def _handler(peer: Peer) -> type[BaseHTTPRequestHandler]:
    class Serving(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            sent = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), MOST_BODY))
            headers = {name.lower(): value for name, value in self.headers.items()}
            query = parse_qs(parts.query, keep_blank_values=True)
            asked = Asked(self.command, parts.path, query, headers, json.loads(sent) if sent else None)
            reply = peer.answer(asked)
            if reply is None:
                self.close_connection = True
                return
            body = (
                reply.raw if reply.raw is not None else b"" if reply.status == 204 else json.dumps(reply.json).encode()
            )
            self.send_response(reply.status)
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            if reply.status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - names that http.server asks for

        def log_message(self, *words: object) -> None:
            """Nothing is logged."""

    return Serving


def hexes(start: int = 1) -> Iterator[str]:
    """Commit ids, each another."""
    number = start
    while True:
        yield f"{number:040x}"
        number += 1
