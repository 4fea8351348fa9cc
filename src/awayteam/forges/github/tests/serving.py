"""The fake GitHub's way of speaking HTTP: whole answers, ETags, and every kind of trouble."""

import hashlib
import json
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from awayteam.forges.github.tests.fakeapi import Reply, Request

if TYPE_CHECKING:
    from awayteam.forges.github.tests.fake import FakeGitHub, Trouble


def handler(fake: "FakeGitHub") -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            prefix = "/api/v3" if parts.path.startswith("/api/v3/") else ""
            headers = {name.lower(): value for name, value in self.headers.items()}
            headers["x-base"] = fake.address.removesuffix("/api/v3") + prefix
            sent = json.loads(body) if body else {}
            path = unquote(parts.path.removeprefix(prefix))
            request = Request(self.command, path, dict(parse_qsl(parts.query)), headers, sent, body)
            trouble = fake.trouble_for(request)
            if trouble is not None:
                self._fail(trouble, request)
            else:
                self._send(fake.answer(request), headers.get("if-none-match", ""))

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815

        def _send(self, reply: Reply, etag: str = "", raw: bytes | None = None, cut: int = 0) -> None:
            body = raw if raw is not None else b"" if reply.json is None else json.dumps(reply.json).encode()
            mark = f'W/"{hashlib.sha256(body).hexdigest()}"'
            if self.command == "GET" and reply.status == 200 and etag == mark:
                reply, body = Reply(304, None, reply.headers), b""
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if self.command == "GET" and reply.status in {200, 304}:
                self.send_header("ETag", mark)
            if reply.status not in {204, 304}:
                self.send_header("Content-Type", "application/json; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) - cut])

        def _fail(self, trouble: "Trouble", request: Request) -> None:
            kind = trouble.kind
            if kind != "lost":
                with fake.lock:
                    fake.asked.append(request)
            self.close_connection = kind in {"drop", "lost", "truncated", "slow"}
            if kind == "lost":
                fake.answer(request)
            elif kind == "slow":
                fake.slow.wait(10)
            elif kind == "garbage":
                self._send(Reply(200), raw=trouble.body or b"<html>Unicorn!</html>")
            elif kind == "truncated":
                self._send(Reply(200), raw=b'{"id": 1, "node_id": "R"}', cut=9)
            elif kind == "elsewhere":
                self._send(Reply(302, None, {"Location": "http://localhost:9/repos/acme/orders"}))
            elif kind == "limited":
                says = {"message": "You have exceeded a secondary rate limit."}
                self._send(Reply(403, says, trouble.headers))
            elif isinstance(kind, int):
                raw = trouble.body or None
                self._send(
                    Reply(kind, None if kind in {204, 304} else {"message": "Trouble"}, trouble.headers), raw=raw
                )

        def date_time_string(self, timestamp: float | None = None) -> str:
            return format_datetime(fake.now(), usegmt=True)

        def log_message(self, *_: Any) -> None:
            """Tests are quiet."""

    return Handler
