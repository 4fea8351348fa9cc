"""Asking a server over real sockets: what it is asked, and every way in which it doesn't answer."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from awayteam.gate import fromgit, fromserver
from awayteam.gate.asking import Words, reviewer
from awayteam.gate.fromevent import Event
from awayteam.gate.fromgit import Span
from awayteam.gate.fromserver import ServerError
from awayteam.gate.plain import as_json
from awayteam.gate.tests.post import RULES, Post
from awayteam.gate.tests.test_words import verdict
from awayteam.gate.tests.yard import MONDAY, lay_out
from awayteam.organisation.models import Identity


@pytest.fixture
def span(tmp_path: Path) -> Span:
    """Bob's change of payments, co-authored by Ada from a forge's own address."""
    post = Post(tmp_path / "shop")
    post.repo.commit({"pay/api.py": "two\n"}, name="Bob B", email="BOB@x.org",
                     message="x\n\nCo-authored-by: Ada <1+ada-gh@users.noreply.github.com>")  # fmt: skip
    return fromgit.span(post.path, post.base, "HEAD")


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


QUESTION = {"repository": "acme/shop"}


def test_a_question_and_its_answer(server: Server, span: Span) -> None:
    words = Words("acme/shop", "bob", ("ada", f"bea@x.org@{span.head[:7]}"), ("cyd@x.org",), {"build": None})
    odd = replace(span, paths=(*span.paths, "caf\udce9"))
    asked = fromserver.body(words, odd, ("approved:ada",))
    assert fromserver.ask(server.address + "/", "secret", asked) == verdict()
    assert server.asked["path"] == "/api/v1/gate"
    assert server.asked["token"] == "Bearer secret"
    assert server.asked["body"] == {
        "repository": "acme/shop", "base": span.base, "head": span.head, "author": "bob", "bot": False, "way": "merge",
        "paths": ["pay/api.py", '"caf\\351"'], "suppose": ["approved:ada"], "url": "",
        "hands": ["bob@x.org", "c@x.org", "ada-gh"], "checks": [{"name": "build", "passed": None}],
        "approvals": [
            {"person": "ada", "said": "approved", "commit": span.head},
            {"person": "bea@x.org", "said": "approved", "commit": span.head},
            {"person": "cyd@x.org", "said": "changes-requested", "commit": span.head},
        ],
        "rule_files": {".github/CODEOWNERS": RULES},
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
        fromserver.ask(server.address, "secret", QUESTION)
    assert "secret" not in str(told.value)


def test_slow_large_and_absent_servers(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fromserver, "MAX_BYTES", 1000)
    server.body = b"x" * 5000
    with pytest.raises(ServerError, match="more than 1,000 bytes"):
        fromserver.ask(server.address, "secret", QUESTION)
    server.wait = True
    with pytest.raises(ServerError, match="didn't answer within"):
        fromserver.ask(server.address, "secret", QUESTION, seconds=0.1)
    with pytest.raises(ServerError, match="can't be reached"):
        fromserver.ask("http://127.0.0.1:1", "secret", QUESTION)


@pytest.mark.parametrize(
    "address", ["", "x", "ftp://x", "http://", "https://a:b@x", "https://x?y", "http://x:0", "http://["]
)
def test_addresses_that_are_none(address: str) -> None:
    with pytest.raises(ServerError, match="no address of a server"):
        fromserver.ask(address, "secret", QUESTION)


@pytest.mark.parametrize(
    ("token", "said"), [("", "AWAYTEAM_TOKEN is not set"), ("a\nb", "characters"), ("é", "characters")]
)
def test_tokens_that_are_none(token: str, said: str) -> None:
    with pytest.raises(ServerError, match=said):
        fromserver.ask("https://x.example", token, QUESTION)


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


def test_the_author_of_an_event_is_asked_about_by_login(span: Span) -> None:
    asked = fromserver.body(Words("acme/shop", event=Event("github", login="x[bot]", number="77", is_bot=True)), span)
    assert (asked["author"], asked["bot"]) == ("x[bot]", True)


def test_more_writers_than_can_be_told_stop(span: Span, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fromserver, "MOST_HANDS", 2)
    with pytest.raises(ServerError, match="more than 2 people"):
        fromserver.body(Words("acme/shop", "bob"), span)


@pytest.mark.django_db
def test_the_server_takes_the_question_and_sees_own_work(span: Span) -> None:
    """The API itself, asked in this process as the command asks it."""
    from awayteam.gate.api import schemas
    from awayteam.gate.api.reading import answer, rule_files
    from awayteam.gate.change import Said
    from awayteam.gate.served import Asked, Word
    from awayteam.gate.served import ask as served_ask

    yard = lay_out()
    Identity.objects.create(person=yard.village.person("olga"), provider="github", value="ada-gh", value_key="ada-gh",
                            created_at=MONDAY)  # fmt: skip
    words = Words("elsewhere", "sam", ("olga", "sue"))
    sent = schemas.GateIn.model_validate(json.loads(json.dumps(fromserver.body(words, span))))
    assert [one.said for one in sent.approvals] == [Said.APPROVED, Said.APPROVED]
    asked = Asked(sent.repository, sent.base, sent.head, sent.author, tuple(sent.paths or ()), tuple(sent.hands),
                  tuple(Word(one.person, Said(one.said), one.commit) for one in sent.approvals),
                  rule_files=rule_files(sent.rule_files))  # fmt: skip
    told = answer(yard.actor("sam"), served_ask(yard.actor("sam"), asked, MONDAY), [], MONDAY)
    verdict = fromserver._verdict("x", 200, json.dumps(told).encode())
    assert "self-approval" in {one.rule for one in verdict.whole}
    assert verdict.sections[0].owners == ("@payments",)
