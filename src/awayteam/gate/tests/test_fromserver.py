"""Asking a server over real sockets: what it is asked, and every way in which it doesn't answer."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from awayteam.gate import fromserver
from awayteam.gate.asking import Words, reviewer
from awayteam.gate.fromevent import Event
from awayteam.gate.fromgit import Span
from awayteam.gate.fromserver import ServerError
from awayteam.gate.plain import as_json
from awayteam.gate.tests.test_words import verdict

SPAN = Span(".", "b" * 40, "a" * 40, ("pay/api.py", "caf\udce9"))


class Server:
    """Answers once as told; `asked` is what it got."""

    def __init__(self) -> None:
        self.status, self.body, self.headers, self.wait = 200, json.dumps(as_json(verdict())).encode(), {}, False
        self.asked: dict[str, Any] = {}
        self.go = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                data = self.rfile.read(int(self.headers["Content-Length"]))
                outer.asked = {"path": self.path, "token": self.headers["Authorization"], "body": json.loads(data)}
                if outer.wait:
                    outer.go.wait(10)
                    return
                self.send_response(outer.status)
                for key, value in outer.headers.items():
                    self.send_header(key, value)
                self.end_headers()
                self.wfile.write(outer.body)

            def log_message(self, *_: object) -> None:
                pass

        self.http = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.http.server_port}"


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.go.set()
    made.http.shutdown()
    thread.join()
    made.http.server_close()


def question() -> dict[str, Any]:
    words = Words("acme/shop", "bob", ("ada", "bea@x.org@aaaaaaa"), ("cyd@x.org",))
    return fromserver.body(words, SPAN, ("approved:ada",))


def test_a_question_and_its_answer(server: Server) -> None:
    assert fromserver.ask(server.address + "/", "secret", question()) == verdict()
    assert server.asked["path"] == "/api/v1/gate"
    assert server.asked["token"] == "Bearer secret"
    assert server.asked["body"] == {
        "repository": "acme/shop", "base": "b" * 40, "head": "a" * 40, "author": "bob", "way": "merge",
        "paths": ["pay/api.py", '"caf\\351"'], "suppose": ["approved:ada"],
        "approvals": [
            {"person": "ada", "said": "approved", "commit": "a" * 40},
            {"person": "bea@x.org", "said": "approved", "commit": "a" * 40},
            {"person": "cyd@x.org", "said": "changes-requested", "commit": "a" * 40},
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (401, b"{}", "answered 401: the token isn't good"),
        (403, b'{"detail": "no"}', r"may not ask this \(no\)"),
        (404, b"<html>", "nothing at this address"),
        (422, b'{"title": "Invalid", "detail": 3}', r"doesn't understand the question \(Invalid\)"),
        (429, b"", "try again in a minute"),
        (500, b"\xff", "the server failed"),
        (302, b"", "that isn't an answer of Awayteam"),
        (200, b"", "no verdict"),
        (200, b"[]", "no verdict"),
        (200, b'{"outcome": "perhaps"}', "no verdict"),
        (200, b"[" * 100_000, "no verdict"),
    ],
)
def test_every_refusal_is_a_sentence(server: Server, status: int, body: bytes, said: str) -> None:
    server.status, server.body, server.headers = status, body, {"Location": "http://elsewhere.example/"}
    with pytest.raises(ServerError, match=said) as told:
        fromserver.ask(server.address, "secret", question())
    assert "secret" not in str(told.value)


def test_slow_large_and_absent_servers(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fromserver, "MAX_BYTES", 1000)
    server.body = b"x" * 5000
    with pytest.raises(ServerError, match="more than 1,000 bytes"):
        fromserver.ask(server.address, "secret", question())
    server.wait = True
    with pytest.raises(ServerError, match="didn't answer within"):
        fromserver.ask(server.address, "secret", question(), seconds=0.1)
    with pytest.raises(ServerError, match="can't be reached"):
        fromserver.ask("http://127.0.0.1:1", "secret", question())


@pytest.mark.parametrize(
    "address", ["", "x", "ftp://x", "http://", "https://a:b@x", "https://x?y", "http://x:0", "http://["]
)
def test_addresses_that_are_none(address: str) -> None:
    with pytest.raises(ServerError, match="no address of a server"):
        fromserver.ask(address, "secret", question())


@pytest.mark.parametrize(
    ("token", "said"), [("", "AWAYTEAM_TOKEN is not set"), ("a\nb", "characters"), ("é", "characters")]
)
def test_tokens_that_are_none(token: str, said: str) -> None:
    with pytest.raises(ServerError, match=said):
        fromserver.ask("https://x.example", token, question())


def test_a_token_over_a_network_in_the_clear_is_told() -> None:
    assert fromserver.is_exposed("http://awayteam.example")
    assert not fromserver.is_exposed("https://awayteam.example")
    assert not fromserver.is_exposed("http://127.0.0.1:8000")


@pytest.mark.parametrize(
    ("said", "who", "commit"),
    [
        ("ada", "ada", "a" * 40),
        ("ada@aaaaaaa", "ada", "a" * 40),
        ("ada@x.org", "ada@x.org", "a" * 40),
        ("ada@x.org@AAAAAAAA", "ada@x.org", "a" * 40),
        ("ada@bbbbbbb", "ada", "bbbbbbb"),
        ("ada@aaaaaa", "ada@aaaaaa", "a" * 40),
        ("user:default/ada@" + "a" * 40, "user:default/ada", "a" * 40),
    ],
)
def test_who_approved_what(said: str, who: str, commit: str) -> None:
    assert reviewer(said, "a" * 40) == (who, commit)


def test_the_author_of_an_event_is_asked_about_by_login() -> None:
    asked = fromserver.body(Words("acme/shop", event=Event("github", login="bob-gh", number="77")), SPAN)
    assert asked["author"] == "bob-gh"
