"""Delivering a webhook's message: signed as Standard Webhooks describes, to a judged address, within a bounded time.

The signature is `v1,` and the base64 of HMAC-SHA256 over "id.timestamp.body" with the webhook's key; docs/webhooks.md
tells receivers how to verify it.
"""

import base64
import hashlib
import hmac
from datetime import datetime
from functools import cache
from ssl import SSLContext

import httpcore
import httpx
import orjson

from awayteam import __version__
from awayteam.kernel import rulebook
from awayteam.kernel.cloudevents import CONTENT_TYPE
from awayteam.kernel.errors import AwayteamError
from awayteam.kernel.guardednet import Deadline, GuardedNetwork, Refused
from awayteam.kernel.models import OutboxMessage
from awayteam.kernel.outbox import DeliveryFailed
from awayteam.kernel.secrets import unseal
from awayteam.kernel.webhooks import PREFIX, PURPOSE

GONE = 410
"""A receiver says with this status that it never wants the message."""


def signature(key: bytes, id: str, timestamp: int, body: bytes) -> str:
    """The value of the header `webhook-signature`."""
    signed = hmac.new(key, f"{id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(signed).decode()


def deliver(message: OutboxMessage, now: datetime) -> None:
    """Post `message` to its webhook; returns on a 2xx answer. Raises `DeliveryFailed`."""
    hook = message.webhook
    if hook is None:
        raise DeliveryFailed("the webhook is gone", final=True)
    if not hook.active:
        raise DeliveryFailed("the webhook is switched off; switch it on and retry", final=True)
    try:
        key = base64.b64decode(unseal(hook.secret, PURPOSE).removeprefix(PREFIX))
    except (AwayteamError, ValueError) as error:
        raise DeliveryFailed(f"the webhook's secret can't be read: {error}") from error
    body, timestamp = orjson.dumps(message.payload), int(now.timestamp())
    headers = {
        "Content-Type": CONTENT_TYPE,
        "User-Agent": f"Awayteam/{__version__}",
        "webhook-id": message.idempotency_key,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(key, message.idempotency_key, timestamp, body),
    }
    status, answer = post(hook.url, body, headers)
    if not 200 <= status < 300:
        where = " (redirects are not followed)" if 300 <= status < 400 else ""
        said = f": {answer[:300].decode('utf-8', 'replace')}" if answer else ""
        raise DeliveryFailed(f"the receiver answered {status}{where}{said}", final=status == GONE)


def post(url: str, body: bytes, headers: dict[str, str], *, allow_private: bool | None = None) -> tuple[int, bytes]:
    """POST under the rulebook's limits: (status, the answer's first bytes). Raises `DeliveryFailed`.

    `allow_private` is the rulebook's for webhooks unless it is given.
    """
    book = rulebook.current().webhooks
    private = book.allow_private if allow_private is None else allow_private
    network = GuardedNetwork(Deadline.after(book.timeout_seconds), allow_private=private)
    try:
        with (
            httpcore.ConnectionPool(ssl_context=_trust(), network_backend=network) as pool,
            pool.stream("POST", url, headers=list(headers.items()), content=body) as response,
        ):
            return response.status, _first_bytes(response, book.response_bytes_max)
    except Refused as error:
        raise DeliveryFailed(str(error)) from error
    except httpcore.TimeoutException as error:
        raise DeliveryFailed(f"the receiver took longer than {book.timeout_seconds} s") from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, OSError) as error:
        raise DeliveryFailed(f"the receiver can't be reached: {error or type(error).__name__}") from error


def _first_bytes(response: httpcore.Response, most: int) -> bytes:
    read = bytearray()
    if most:
        for chunk in response.iter_stream():
            read += chunk
            if len(read) >= most:
                break
    return bytes(read[:most])


@cache
def _trust() -> SSLContext:
    return httpx.create_ssl_context()
