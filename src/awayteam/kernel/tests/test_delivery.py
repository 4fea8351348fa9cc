import base64
import hashlib
import hmac
import ipaddress
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from awayteam.kernel import delivery, events, guardednet, outbox, webhooks
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.events import EventName, Subject
from awayteam.kernel.models import OutboxMessage, Webhook
from awayteam.kernel.outbox import DeliveryFailed
from awayteam.kernel.tests.receiver import Got, Receiver, receiving

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def receiver(rulebook: Any) -> Iterator[Receiver]:
    rulebook("[webhooks]\nallow_private = true\ntimeout_seconds = 1\nresponse_bytes_max = 100\n")
    with receiving() as receiver:
        yield receiver


def hook(url: str, secret: str = SECRET) -> Webhook:
    return webhooks.create(name="hook", url=url, secret=secret, actor=SYSTEM, now=NOW, wanted=["team"]).webhook


def tell() -> OutboxMessage:
    events.append(EventName.TEAM_CREATED, subject=Subject("team", 4, "Zoë's team"), actor=SYSTEM, now=NOW)
    return OutboxMessage.objects.get()


def outcome() -> tuple[str, str]:
    message = OutboxMessage.objects.get()
    return message.state, message.last_error


def verify(got: Got, secret: str) -> bool:
    """As docs/webhooks.md tells receivers to do it."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}.".encode() + got.body
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(expected, each) for each in got.headers["webhook-signature"].split(" "))


@pytest.mark.django_db
def test_an_event_reaches_the_receiver_signed(receiver: Receiver) -> None:
    created = hook(receiver.url + "in?x=1")
    message = tell()
    assert outbox.deliver_due(NOW) == 1
    assert outcome() == ("delivered", "")
    (got,) = receiver.got
    assert (got.path, got.headers["content-type"]) == ("/in?x=1", "application/cloudevents+json")
    assert got.key == message.idempotency_key == f"event-{message.payload['id']}-webhook-{created.pk}"
    assert got.headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert json.loads(got.body) == message.payload
    assert json.loads(got.body)["data"]["subject"] == {"kind": "team", "id": 4, "label": "Zoë's team"}
    assert verify(got, SECRET)
    assert not verify(got, "whsec_" + base64.b64encode(bytes(32)).decode())
    assert SECRET not in Webhook.objects.get().secret


def test_the_signature_is_the_published_one() -> None:
    """The example of the Standard Webhooks specification's reference libraries."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = delivery.signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "state", "said"),
    [
        (500, "waiting", "the receiver answered 500: sorry"),
        (404, "waiting", "the receiver answered 404: sorry"),
        (302, "waiting", "the receiver answered 302 (redirects are not followed): sorry"),
        (410, "dead", "the receiver answered 410: sorry"),
    ],
)
def test_other_answers_are_failures(receiver: Receiver, status: int, state: str, said: str) -> None:
    hook(receiver.url)
    tell()
    receiver.answer = lambda _got: (status, b"sorry")
    outbox.deliver_due(NOW)
    assert outcome() == (state, said)
    assert [got.path for got in receiver.got] == ["/"]


@pytest.mark.django_db
def test_no_more_of_an_answer_is_read_than_the_rulebook_says(receiver: Receiver) -> None:
    hook(receiver.url)
    tell()
    receiver.answer = lambda _got: (400, b"\0x" * 10_000_000)
    started = time.monotonic()
    outbox.deliver_due(NOW)
    assert outcome()[1].removeprefix("the receiver answered 400: ") == "x" * 50
    assert time.monotonic() - started < 1


@contextmanager
def odd_server(talk: Any) -> Iterator[str]:
    """A server that lets `talk(connection)` have each connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            try:
                connection, _ = server.accept()
                with connection:
                    talk(connection)
            except OSError:
                return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"


def drip(connection: socket.socket) -> None:
    for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 1000:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("talk", "said"),
    [
        (drip, "the receiver took longer than 1 s"),
        (lambda connection: time.sleep(1.5), "the receiver took longer than 1 s"),
        (lambda connection: connection.sendall(b"SSH-2.0-OpenSSH\r\n\r\n"), "the receiver can't be reached: "),
        (lambda connection: connection.recv(10), "the receiver can't be reached: "),
    ],
)
def test_receivers_that_misbehave_hold_nobody_for_long(receiver: Receiver, talk: Any, said: str) -> None:
    with odd_server(talk) as url:
        hook(url)
        tell()
        started = time.monotonic()
        outbox.deliver_due(NOW)
    assert time.monotonic() - started < 1.4
    state, error = outcome()
    assert (state, error[: len(said)]) == ("waiting", said)


@pytest.mark.django_db
def test_a_closed_port_and_an_unknown_host_are_failures(receiver: Receiver) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(DeliveryFailed, match="can't be reached"):
        delivery.post(f"http://127.0.0.1:{port}/", b"", {})
    with pytest.raises(DeliveryFailed, match=r"the host nowhere\.invalid can't be found"):
        delivery.post("http://nowhere.invalid/", b"", {})
    with pytest.raises(DeliveryFailed, match="can't be"):
        delivery.post("https://" + "a" * 70 + ".org/", b"", {})


@pytest.mark.django_db
def test_plain_text_behind_https_is_refused(receiver: Receiver) -> None:
    with pytest.raises(DeliveryFailed, match="can't be reached"):
        delivery.post(receiver.url.replace("http:", "https:"), b"", {})
    assert receiver.got == []


# Where messages may go


@pytest.mark.django_db
@pytest.mark.parametrize("resolved", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:127.0.0.1"])
def test_a_public_name_that_leads_inside_is_refused(resolved: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as receiver:
        port = int(receiver.url.split(":")[2].strip("/"))
        answers = [("93.184.215.14", port), (resolved, port)]
        found = [(0, socket.SOCK_STREAM, 6, "", address) for address in answers]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: found)
        created = hook(f"http://public.example:{port}/")
        tell()
        outbox.deliver_due(NOW)
        assert receiver.got == []
    state, error = outcome()
    assert state == "waiting"
    assert error.startswith(f"the host public.example is at {ipaddress.ip_address(resolved)}, which is not a public")
    assert created.active


@pytest.mark.django_db
def test_the_connection_goes_to_the_address_that_was_judged(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that resolves once to a good address and then to another gains nothing: it is resolved once."""
    port = int(receiver.url.split(":")[2].strip("/"))
    asked: list[str] = []

    def resolve(host: str, *_args: Any, **_more: Any) -> Any:
        asked.append(host)
        if host == "rebind.example" and asked.count(host) > 1:
            raise AssertionError("resolved again")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    delivery.post(f"http://rebind.example:{port}/", b"x", {})
    assert receiver.got[0].headers["host"] == f"rebind.example:{port}"
    assert asked.count("rebind.example") == 1


PRIVATE = """
127.0.0.1 127.255.0.1 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255
192.0.2.1 198.18.0.1 240.0.0.1 :: ::1 fe80::1 fc00::1 ff02::1 ::ffff:10.0.0.1 ::127.0.0.1 64:ff9b::7f00:1
2002:7f00:1:: 2001:db8::1 fec0::1 64:ff9b:1::1
"""


@pytest.mark.parametrize("address", PRIVATE.split())
def test_addresses_that_are_not_public(address: str) -> None:
    assert not guardednet.is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_addresses_that_are_public(address: str) -> None:
    assert guardednet.is_public(ipaddress.ip_address(address))
