"""Calls to a forge: addresses, redirects, pauses, tries, bounds, and what an error says."""

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import pytest

from awayteam.forges.http import Fixed, Http, HttpError, Terms, address_problem, join
from awayteam.forges.http.addresses import Base
from awayteam.forges.http.answers import Answer
from awayteam.forges.port import ForgeError

START = datetime(2026, 3, 2, 10, tzinfo=UTC)
TOKEN = "ghs_verysecrettokenverysecrettoken"


@dataclass
class StillClock:
    """Time passes by pausing only; chance is always the most."""

    at: datetime = START
    pauses: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.at

    def passed(self) -> float:
        return (self.at - START).total_seconds()

    def pause(self, seconds: float) -> None:
        self.pauses.append(round(seconds, 3))
        self.at += timedelta(seconds=seconds)

    def chance(self) -> float:
        return 1.0


@dataclass
class Sent:
    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int = 0
    drop: bool = False
    wait: float = 0
    drip: bool = False


@dataclass
class Forge:
    """Answers by path what stands in `answers`, the last one again and again."""

    url: str = ""
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    answers: dict[str, list[Sent]] = field(default_factory=dict)
    done: Event = field(default_factory=Event)

    def next(self, path: str) -> Sent:
        known = self.answers.get(path, [Sent(404, b'{"message": "Not Found"}')])
        return known.pop(0) if len(known) > 1 else known[0]


@contextmanager
def listening() -> Iterator[Forge]:
    forge = Forge()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            forge.asked.append((self.command, self.path, headers))
            sent = forge.next(self.path)
            self.close_connection = sent.drop or sent.cut > 0
            if sent.drop:
                return
            if sent.wait:
                forge.done.wait(sent.wait)
            etag = sent.headers.get("ETag")
            fresh = etag and headers.get("if-none-match") == etag
            self.send_response(304 if fresh else sent.status)
            for name, value in sent.headers.items():
                self.send_header(name, value)
            if not fresh:
                self.send_header("Content-Length", str(len(sent.body)))
            self.end_headers()
            for byte in sent.body if sent.drip else b"":
                if forge.done.wait(0.05):
                    break
                with suppress(OSError):
                    self.wfile.write(bytes([byte]))
            self.wfile.write(b"" if fresh or sent.drip else sent.body[: len(sent.body) - sent.cut])

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815

        def date_time_string(self, timestamp: float | None = None) -> str:
            return format_datetime(START, usegmt=True)

        def log_message(self, *_: Any) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    forge.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield forge
    forge.done.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def forge() -> Iterator[Forge]:
    with listening() as forge:
        yield forge


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


Make = Callable[..., Http]


@pytest.fixture
def make(forge: Forge, clock: StillClock) -> Iterator[Make]:
    made: list[Http] = []

    def make(path: str = "", **terms: Any) -> Http:
        auth = Fixed({"Authorization": f"Bearer {TOKEN}"})
        http = Http(forge.url + path, auth=auth, allow_private=True, terms=Terms(**terms), clock=clock)
        made.append(http)
        return http

    yield make
    for http in made:
        http.close()


def failing(http: Http, method: str = "GET", path: str = "/a", **more: Any) -> HttpError:
    with pytest.raises(HttpError) as told:
        http.call(method, path, **more)
    assert TOKEN not in str(told.value)
    return told.value


@pytest.mark.parametrize(
    ("address", "part"),
    [
        ("ftp://x.example", "write https"),
        ("https://user:pass@x.example", "no user name"),
        ("http://x.example", "tokens go to this address"),
        ("https://x.example/?a=1", "without ?"),
        ("https://x.example/#a", "without ?"),
        ("https://127.0.0.1", "not public"),
        ("https://[::1]/api", "not public"),
        ("https://169.254.169.254", "not public"),
        ("https://localhost/api/v3", "not public"),
        ("https://x.example/a b", "without spaces"),
        ("", "write https"),
    ],
)
def test_addresses_that_are_none(address: str, part: str) -> None:
    assert part in (address_problem(address, allow_private=False) or "")
    with pytest.raises(ForgeError, match="can't be the address of a forge"):
        Http(address)


def test_a_name_that_resolves_to_loopback_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: found)
    error = failing(Http("https://forge.example.org", clock=StillClock()))
    assert error.final
    assert "not a public address" in str(error)
    assert address_problem("https://git.example.org/api/v3", allow_private=False) is None


def test_a_name_that_is_not_found_may_be_found_later(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def unknown(host: str, *_args: Any, **_more: Any) -> Any:
        asked.append(host)
        raise socket.gaierror("Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = failing(Http("https://forge.example.org", clock=StillClock()))
    assert not error.final
    assert asked == ["forge.example.org"] * 3


def test_paths_are_quoted_whole() -> None:
    assert join("repos", "a/b", "ü?#%", 7) == "/repos/a%2Fb/%C3%BC%3F%23%25/7"
    for part in ("", ".", ".."):
        with pytest.raises(ValueError, match="can't be part"):
            join("repos", part)


@pytest.mark.parametrize(
    "target",
    [
        "//elsewhere.example/x", "https://elsewhere.example/api/v3/x", "http://git.example.org/api/v3/x", "relative",
        "https://git.example.org:444/api/v3/x", "https://git.example.org/api/v30/x", "https://git.example.org/admin",
        "/../admin", "/a/%2e%2e/%2E./admin", "/a\r\nHost: x", "/a b", "/ü", "https://u@git.example.org/api/v3/x",
        "/a\\..\\b", "/" + "a" * 5_000,
    ],
)  # fmt: skip
def test_addresses_outside_of_the_base(target: str) -> None:
    base = Base("https://git.example.org/api/v3")
    with pytest.raises(ValueError, match=r"leads|characters"):
        base.below(target)


def test_addresses_below_the_base() -> None:
    base = Base("https://git.example.org/api/v3/")
    assert base.below("/repos/a%2Fb?x=1") == "https://git.example.org/api/v3/repos/a%2Fb?x=1"
    assert base.below("https://GIT.example.org:443/api/v3/user?page=2#x").endswith("/api/v3/user?page=2")
    assert base.shown("https://git.example.org/api/v3/user?token=1") == "/user"


def test_json_comes_with_our_name_and_token(forge: Forge, make: Make) -> None:
    forge.answers["/api/v3/a?x=1&y=true&z=2&z=3"] = [Sent(body=b'{"b": [1]}')]
    assert make("/api/v3").get("/a", {"x": 1, "y": True, "z": [2, 3], "n": None}) == {"b": [1]}
    _method, _path, headers = forge.asked[0]
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert headers["user-agent"].startswith("Awayteam/")


def test_errors_say_what_was_asked_and_what_was_said(forge: Forge, make: Make) -> None:
    forge.answers["/a"] = [
        Sent(
            422,
            b'{"message": "Validation\\n Failed", "errors": [{"field": "x", "code": "bad"}, "y", {"message": "z"}]}',
        )
    ]
    error = failing(make(), "POST", "/a", json={"a": 1})
    assert str(error) == "POST /a answered 422: Validation Failed; x bad; y; z"
    assert (error.status, error.final) == (422, True)
    forge.answers["/a"] = [Sent(403, b'{"message": "no: %s"}' % TOKEN.encode())]
    assert str(failing(make())) == "GET /a answered 403: no: [hidden]"


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_forge_that_stumbles_is_asked_again(forge: Forge, make: Make, clock: StillClock, status: int) -> None:
    forge.answers["/a"] = [Sent(status), Sent(status), Sent(body=b"[]")]
    assert make().get("/a") == []
    assert clock.pauses == [0.2, 0.4]
    forge.answers["/a"] = [Sent(status)]
    error = failing(make())
    assert (error.status, error.final, len(forge.asked)) == (status, False, 6)


def test_what_could_do_harm_twice_is_asked_once(forge: Forge, make: Make) -> None:
    forge.answers["/a"] = [Sent(502), Sent()]
    assert failing(make(), "POST").status == 502
    forge.answers["/a"] = [Sent(drop=True), Sent()]
    assert "can't be reached" in str(failing(make(), "PATCH"))
    forge.answers["/a"] = [Sent(drop=True), Sent()]
    assert make().call("PATCH", "/a", json={}, repeatable=True).status == 200
    assert len(forge.asked) == 4


def test_a_dropped_or_truncated_answer(forge: Forge, make: Make) -> None:
    forge.answers["/a"] = [Sent(drop=True), Sent(body=b'{"a": 1}', cut=3), Sent(body=b'{"a": 1}')]
    assert make().get("/a") == {"a": 1}
    forge.answers["/a"] = [Sent(body=b'{"a": 1}', cut=3)]
    error = failing(make())
    assert (error.status, error.final) == (0, False)


def test_a_slow_forge_has_so_long(forge: Forge, make: Make) -> None:
    forge.answers["/a"] = [Sent(wait=20)]
    error = failing(make(try_seconds=0.5, tries=2))
    assert str(error) == "GET /a: no whole answer within 0.5 s"
    assert not error.final
    assert len(forge.asked) == 2


def test_a_byte_now_and_then_doesnt_hold_us(forge: Forge, make: Make) -> None:
    forge.answers["/a"] = [Sent(body=b" " * 10_000, drip=True)]
    assert "no whole answer" in str(failing(make(try_seconds=0.3, tries=1)))


def test_all_tries_share_one_deadline(forge: Forge, make: Make, clock: StillClock) -> None:
    forge.answers["/a"] = [Sent(503, headers={"Retry-After": "2"})]
    assert failing(make(tries=100, call_seconds=7)).status == 503
    assert sum(clock.pauses) <= 7
    assert len(forge.asked) == 3


def test_a_short_pause_is_waited_for_a_long_one_is_told(forge: Forge, make: Make, clock: StillClock) -> None:
    forge.answers["/a"] = [Sent(429, headers={"Retry-After": "2"}), Sent()]
    assert make().call("POST", "/a").status == 200
    assert clock.pauses == [2.2]
    http = make()
    forge.answers["/a"] = [Sent(429, headers={"Retry-After": "600"}), Sent()]
    error = failing(http)
    assert (error.retry_at, error.final) == (clock.at + timedelta(minutes=10), False)
    asked = len(forge.asked)
    again = failing(http, path="/other")
    assert (again.retry_at, len(forge.asked)) == (error.retry_at, asked)
    assert make().acting(Fixed(), "another bucket").call("GET", "/a").status == 200
    clock.at += timedelta(minutes=10)
    assert http.call("GET", "/a").status == 200


def test_a_limit_by_the_forges_clock(forge: Forge, make: Make, clock: StillClock) -> None:
    """Ours is ten minutes ahead: the moment that the forge names is ten minutes later by our clock."""
    clock.at += timedelta(minutes=10)
    reset = int((START + timedelta(minutes=30)).timestamp())
    limits = {"X-RateLimit-Limit": "60", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(reset)}
    forge.answers["/a"] = [Sent(403, b"{}", limits)]
    http = make()
    assert failing(http).retry_at == clock.at + timedelta(minutes=30)
    said = http.limits()
    assert (said.limit, said.remaining, said.skew_seconds) == (60, 0, -600)
    assert said.resets_at == clock.at + timedelta(minutes=30)


@pytest.mark.parametrize(
    ("status", "headers", "body", "minutes"),
    [
        (403, {}, b'{"message": "You have exceeded a secondary rate limit"}', 1),
        (429, {}, b"", 1),
        (429, {"Retry-After": "999999999"}, b"", 120),
        (429, {"Retry-After": "-5"}, b"", 1),
        (429, {"Retry-After": "soon", "RateLimit-Remaining": "0", "RateLimit-Reset": "99999999999999999"}, b"", 1),
        (429, {"Retry-After": format_datetime(START + timedelta(minutes=5), usegmt=True)}, b"", 5),
    ],
)
def test_pauses_are_read_carefully(
    forge: Forge, make: Make, status: int, headers: dict[str, str], body: bytes, minutes: int
) -> None:
    forge.answers["/a"] = [Sent(status, body, headers)]
    assert failing(make()).retry_at == START + timedelta(minutes=minutes)


def test_a_plain_403_is_final(forge: Forge, make: Make) -> None:
    forge.answers["/a"] = [Sent(403, b'{"message": "Resource not accessible by integration"}')]
    error = failing(make())
    assert (error.final, error.retry_at) == (True, None)


def test_redirects_stay_within_the_base(forge: Forge, make: Make) -> None:
    forge.answers["/api/a"] = [Sent(301, headers={"Location": f"{forge.url}/api/b"})]
    forge.answers["/api/b"] = [Sent(302, headers={"Location": "/api/c"})]
    forge.answers["/api/c"] = [Sent(body=b'{"c": 1}')]
    assert make("/api").get("/a") == {"c": 1}
    with listening() as other:
        for elsewhere in (f"{other.url}/api/x", "/secret", "//127.0.0.1:9/api/x", "", "/api/\x7f", "/api/../secret"):
            forge.answers["/api/a"] = [Sent(307, headers={"Location": elsewhere})]
            error = failing(make("/api"))
            assert error.final
            assert "isn't followed" in str(error)
        assert other.asked == []
    assert not [path for _method, path, _headers in forge.asked if "secret" in path]


def test_a_write_isnt_turned_into_a_read(forge: Forge, make: Make) -> None:
    forge.answers["/a"] = [Sent(301, headers={"Location": "/b"})]
    forge.answers["/b"] = [Sent()]
    error = failing(make(), "PUT", json={"a": 1})
    assert (error.status, error.final, len(forge.asked)) == (301, True, 1)
    forge.answers["/a"] = [Sent(307, headers={"Location": "/b"})]
    make().call("PUT", "/a", json={"a": 1})
    assert [(method, path) for method, path, _headers in forge.asked][-1] == ("PUT", "/b")


def test_redirects_in_circles(forge: Forge, make: Make) -> None:
    forge.answers["/a"] = [Sent(302, headers={"Location": "/a"})]
    assert "more than 3 redirects" in str(failing(make()))


def test_what_did_not_change_isnt_sent_again(forge: Forge, make: Make) -> None:
    forge.answers["/a"] = [Sent(body=b'{"a": 1}', headers={"ETag": 'W/"1"'})]
    http = make()
    assert [http.get("/a"), http.get("/a")] == [{"a": 1}, {"a": 1}]
    assert [headers.get("if-none-match") for _method, _path, headers in forge.asked] == [None, 'W/"1"']
    assert http.acting(Fixed(), "somebody else").get("/a") == {"a": 1}
    assert "if-none-match" not in forge.asked[-1][2]


def test_bodies_are_bounded_and_json(forge: Forge, make: Make) -> None:
    forge.answers["/a"] = [Sent(body=b'"' + b"a" * 2_000 + b'"')]
    error = failing(make(body_bytes=1_000))
    assert (error.final, str(error)) == (True, "GET /a answered with more than 1,000 bytes")
    for body in (b"<html>", b"", b'{"a": NaN}', b"[" * 5_000, b"\xff"):
        forge.answers["/a"] = [Sent(body=body)]
        with pytest.raises(HttpError, match="isn't JSON") as told:
            make().get("/a")
        assert not told.value.final
    forge.answers["/a"] = [Sent(headers={"Content-Encoding": "gzip"})]
    assert "encoding" in str(failing(make()))


def test_lists_by_links(forge: Forge, make: Make) -> None:
    links = {"Link": f'<{forge.url}/a?per_page=2&page=9>; title="x"; rel="next last", <{forge.url}/z>; rel="first"'}
    forge.answers["/a?per_page=2&page=1"] = [Sent(body=b'{"of": [1, 2]}', headers=links)]
    forge.answers["/a?per_page=2&page=9"] = [Sent(body=b'{"of": [3]}', headers={"Link": '<x>; rel="prev"'})]
    assert list(make().pages("/a", per_page=2, within="of")) == [1, 2, 3]


def test_lists_by_numbers(forge: Forge, make: Make) -> None:
    for number, body in enumerate((b"[1, 2]", b"[3, 4]", b"[]"), 1):
        forge.answers[f"/a?state=open&per_page=2&page={number}"] = [Sent(body=body)]
    assert list(make().pages("/a", {"state": "open"}, per_page=2)) == [1, 2, 3, 4]


def test_lists_without_an_end(forge: Forge, make: Make) -> None:
    for number in range(1, 9):
        forge.answers[f"/a?per_page=1&page={number}"] = [Sent(body=b"[0]")]
    with pytest.raises(HttpError, match="has more than 4 pages") as told:
        list(make(pages=4).pages("/a", per_page=1))
    assert told.value.final
    assert list(make(pages=4).pages("/a", per_page=1, cut=True)) == [0] * 4
    circle = {"Link": f'<{forge.url}/c?per_page=1&page=1>; rel="next"'}
    forge.answers["/c?per_page=1&page=1"] = [Sent(body=b"[0]", headers=circle)]
    with pytest.raises(HttpError, match="circles"):
        list(make().pages("/c", per_page=1))
    forge.answers["/d?per_page=1&page=1"] = [Sent(body=b'{"message": "no"}')]
    with pytest.raises(HttpError, match="isn't a list"):
        list(make().pages("/d", per_page=1))


def test_a_next_page_on_another_host_isnt_asked_for(forge: Forge, make: Make) -> None:
    elsewhere = {"Link": '<https://elsewhere.example/a>; rel="next"'}
    forge.answers["/a?per_page=1&page=1"] = [Sent(body=b"[0]", headers=elsewhere)]
    with pytest.raises(HttpError, match="leads to another host"):
        list(make().pages("/a", per_page=1))


def test_links_are_read_in_linear_time() -> None:
    hostile = {"link": "<" * 10_000 + '<a>;rel="next"' + "; x=" * 5_000}
    assert Answer("GET /", 200, hostile, b"").link("next") == "a"
