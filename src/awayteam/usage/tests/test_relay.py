"""One process receives, whoever is asked; when it goes, another takes over."""

import contextlib
import io
from pathlib import Path

import orjson
import pytest

from awayteam.kernel.lightpaths import Answered, Asked, TooLarge
from awayteam.usage.receiving.receiver import From
from awayteam.usage.receiving.relay import Relay
from awayteam.usage.receiving.senders import Known

KNOWN = Known(From("collector", 0.5, 7), frozenset({"traces"}))


def asked(body: bytes) -> Asked:
    return Asked("POST", "traces", {"wsgi.input": io.BytesIO(body), "CONTENT_TYPE": "a/b", "HTTP_COOKIE": "secret"})


class Takes:
    """Answers with what it was given, and says who took it."""

    def __init__(self, name: str) -> None:
        self.name, self.taken = name, 0

    def __call__(self, asked: Asked, known: Known) -> Answered:
        self.taken += 1
        environ = {key: value for key, value in asked.environ.items() if key != "wsgi.input"}
        told = [self.name, asked.path, known.sender.name, known.sender.sampling, known.sender.id, environ]
        return Answered(429, orjson.dumps(told) + asked.body(100), (("Retry-After", "3"),))


def test_others_pass_requests_on_to_the_one_that_receives(tmp_path: Path) -> None:
    one, two = Takes("one"), Takes("two")
    first, second = Relay(one, tmp_path), Relay(two, tmp_path)
    assert first.receives()
    assert not second.receives()
    for number in range(3):
        made = second.answer(asked(b"body %d" % number), KNOWN, 100)
        told, _, body = bytes(made.body).rpartition(b"]")  # type: ignore[arg-type]
        assert (made.status, made.headers, body) == (429, (("Retry-After", "3"),), b"body %d" % number)
        environ = {"CONTENT_TYPE": "a/b", "HTTP_CONTENT_ENCODING": "", "CONTENT_LENGTH": "6"}
        assert orjson.loads(told + b"]") == ["one", "traces", "collector", 0.5, 7, environ]
    assert (one.taken, two.taken) == (3, 0)
    assert (tmp_path / "receiver.address").stat().st_mode & 0o777 == 0o600
    with pytest.raises(TooLarge):
        second.answer(asked(b"x" * 101), KNOWN, 100)
    first.leave()


def test_another_takes_over_when_the_receiver_is_gone(tmp_path: Path) -> None:
    one, two = Takes("one"), Takes("two")
    first, second = Relay(one, tmp_path), Relay(two, tmp_path)
    assert first.receives()
    first.leave()
    (tmp_path / "receiver.address").write_bytes(orjson.dumps({"address": ["127.0.0.1", 9], "secret": "00"}))
    assert second.answer(asked(b"body"), KNOWN, 100).status == 429
    assert (one.taken, two.taken) == (0, 1)
    assert not first.receives()
    second.leave()


def test_whoever_connects_and_says_nothing_keeps_nobody_waiting(tmp_path: Path) -> None:
    import socket

    one, two = Takes("one"), Takes("two")
    first, second = Relay(one, tmp_path), Relay(two, tmp_path)
    assert first.receives()
    address = tuple(orjson.loads((tmp_path / "receiver.address").read_bytes())["address"])
    with socket.create_connection(address):
        assert second.answer(asked(b"body"), KNOWN, 100).status == 429
    assert (one.taken, two.taken) == (1, 0)
    first.leave()


def test_a_stranger_on_the_port_changes_nothing(tmp_path: Path) -> None:
    import socket

    one, two = Takes("one"), Takes("two")
    first, second = Relay(one, tmp_path), Relay(two, tmp_path)
    assert first.receives()
    address = tuple(orjson.loads((tmp_path / "receiver.address").read_bytes())["address"])
    with socket.create_connection(address) as stranger:
        stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
        stranger.settimeout(10)
        with contextlib.suppress(ConnectionResetError):
            while stranger.recv(100):  # until it is hung up on
                pass
    assert second.answer(asked(b"body"), KNOWN, 100).status == 429
    assert one.taken == 1
    first.leave()
