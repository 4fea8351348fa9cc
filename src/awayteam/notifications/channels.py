"""Carrying what the outbox holds: by mail, to a chat, to a person's own program.

Addresses are read when a message leaves, since many of them are secrets: the outbox holds only whose they are.
"""

import base64
import smtplib
from datetime import datetime
from typing import Any

import orjson
from django.core.mail import EmailMultiAlternatives, get_connection

from awayteam import __version__
from awayteam.kernel import cloudevents, rulebook
from awayteam.kernel.errors import AwayteamError
from awayteam.kernel.models import OutboxMessage
from awayteam.kernel.outbox import DeliveryFailed
from awayteam.kernel.secrets import unseal
from awayteam.kernel.webhooks import PREFIX
from awayteam.notifications import wishes
from awayteam.notifications.models import Preference, TeamChannel
from awayteam.notifications.rules import Channel
from awayteam.organisation.models import Person

SLACK_PURPOSE = "notifications.slack"
WEBHOOK_PURPOSE = "notifications.webhook"
OUTBOX = {Channel.EMAIL: "mail", Channel.SLACK: "chat", Channel.WEBHOOK: "personal-webhook"}
"""The outbox's names for the channels."""

GONE = {404, 410}
"""With these a chat says that the address is no more."""


def payload(channel: Channel, person_id: int, body: dict[str, Any]) -> dict[str, Any]:
    """What the outbox keeps of a message to a person."""
    return {"person": person_id, "channel": channel.value, "body": body}


def deliver_mail(message: OutboxMessage, now: datetime) -> None:  # noqa: ARG001
    """Send a mail; a repeat has the same Message-ID. Raises `DeliveryFailed`."""
    to = wishes.email_of(_person(message))
    if not to or not wishes.mail_leaves():
        raise DeliveryFailed("this person has no address, or no mail leaves here", final=True)
    body = message.payload["body"]
    # a delivery has several steps, and all of them must end within the lease
    connection = get_connection(timeout=max(2, rulebook.current().outbox.lease_seconds // 8))
    mail = EmailMultiAlternatives(
        body["subject"], body["text"], to=[to], headers=body["headers"], connection=connection
    )
    mail.attach_alternative(body["html"], "text/html")
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _words in error.recipients.values()]
        raise DeliveryFailed(
            f"the mail server refuses {to}: {error}", final=all(code >= 500 for code in codes)
        ) from error
    except (smtplib.SMTPException, OSError) as error:
        raise DeliveryFailed(f"the mail server doesn't take it: {error or type(error).__name__}") from error


def deliver_chat(message: OutboxMessage, now: datetime) -> None:  # noqa: ARG001
    """Post to a person's or a team's incoming webhook. Raises `DeliveryFailed`."""
    url = _chat_address(message)
    headers = {"Content-Type": "application/json", "User-Agent": f"Awayteam/{__version__}"}
    _post(url, orjson.dumps(message.payload["body"]), headers)


def deliver_webhook(message: OutboxMessage, now: datetime) -> None:
    """Post to a person's own program, signed as docs/webhooks.md says. Raises `DeliveryFailed`."""
    chosen = wishes.preference_of(_person(message))
    if chosen is None or not chosen.webhook_url:
        raise DeliveryFailed("this person has no webhook any more", final=True)
    from awayteam.kernel import delivery  # brings the HTTP client along

    key, timestamp = _open(chosen.webhook_secret, WEBHOOK_PURPOSE), int(now.timestamp())
    body = orjson.dumps(message.payload["body"])
    signature = delivery.signature(base64.b64decode(key.removeprefix(PREFIX)), message.idempotency_key, timestamp, body)
    headers = {
        "Content-Type": cloudevents.CONTENT_TYPE,
        "User-Agent": f"Awayteam/{__version__}",
        "webhook-id": message.idempotency_key,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature,
    }
    _post(chosen.webhook_url, body, headers)


def _person(message: OutboxMessage) -> Person:
    people = wishes.people([message.payload["person"]], message.created_at)
    if not people:
        raise DeliveryFailed("this person isn't here any more", final=True)
    return people[0]


def _chat_address(message: OutboxMessage) -> str:
    if "team" in message.payload:
        channel = TeamChannel.objects.filter(team_id=message.payload["team"], active=True).first()
        sealed = channel.url if channel else ""
    else:
        chosen: Preference | None = wishes.preference_of(_person(message))
        sealed = chosen.slack_url if chosen else ""
    if not sealed:
        raise DeliveryFailed("the chat's address is gone; enter it again and retry", final=True)
    return _open(sealed, SLACK_PURPOSE)


def _open(sealed: str, purpose: str) -> str:
    try:
        return unseal(sealed, purpose)
    except AwayteamError as error:
        raise DeliveryFailed(str(error)) from error


def _post(url: str, body: bytes, headers: dict[str, str]) -> None:
    from awayteam.kernel import delivery

    status, _answer = delivery.post(url, body, headers, allow_private=rulebook.current().notifications.allow_private)
    if not 200 <= status < 300:
        where = " (redirects are not followed)" if 300 <= status < 400 else ""
        raise DeliveryFailed(f"the receiver answered {status}{where}", final=status in GONE)
