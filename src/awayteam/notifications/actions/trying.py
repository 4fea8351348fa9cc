"""Trying a channel: one message at once, past the outbox, so that the person sees what comes of it."""

import secrets
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings

from awayteam.kernel import outbox
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput, NotFound, Unavailable
from awayteam.kernel.models import OutboxMessage
from awayteam.kernel.outbox import DeliveryFailed
from awayteam.notifications import wishes
from awayteam.notifications.channels import OUTBOX, payload
from awayteam.notifications.letters import Item, Letter
from awayteam.notifications.permissions import Verb, can
from awayteam.notifications.rules import Channel, Group, When
from awayteam.notifications.sending import WRITERS


def try_channel(*, actor: Actor, now: datetime, channel: str) -> str:
    """Send a message to oneself by `channel` and say where it went. Nothing is kept of it, so there is no event.

    Raises `InvalidInput` for a channel without address, `Unavailable` with the reason where it doesn't arrive.
    """
    can(actor, Verb.PREFER, None, now).require()
    people = wishes.people([actor.person_id or 0], now)
    if not people:
        raise NotFound("You are nobody of the organisation.")
    if channel not in set(Channel):
        raise InvalidInput(f"There is no channel {channel[:40]!r}.", f"Choose from {', '.join(Channel)}.")
    wanted = Channel(channel)
    if wanted not in wishes.of(people[0]).channels:
        raise InvalidInput(f"You have no {wanted} channel.", _missing(wanted))
    letter = _letter(wanted, people[0].pk, now)
    message = OutboxMessage(
        idempotency_key=letter.key,
        channel=OUTBOX[wanted],
        payload=payload(wanted, people[0].pk, WRITERS[wanted](letter)),
        next_at=now,
        created_at=now,
    )
    try:
        outbox.channels[OUTBOX[wanted]](message, now)
    except DeliveryFailed as failure:
        raise Unavailable(f"The message didn't arrive: {failure}.", "Mend that and try again.") from failure
    chosen = wishes.preference_of(people[0])
    places = {Channel.EMAIL: wishes.email_of(people[0]), Channel.SLACK: "your chat"}
    return places.get(wanted) or (chosen.webhook_url if chosen else "")


def _missing(channel: Channel) -> str:
    if channel is Channel.EMAIL:
        return "This installation sends no mail (AWAYTEAM_MAIL_URL), or you have no address."
    return "Enter its address first."


def _letter(channel: Channel, person: int, now: datetime) -> Letter:
    item = Item(
        text="This is how Awayteam tells you of what concerns you.",
        url=f"{settings.URL}/notifications/preferences/",
        at=now,
        group=Group.TURN,
        event="notification.tried",
        subject=("preferences", person),
        label="A message to try your settings",
    )
    return Letter(
        key=f"try-{channel}-{person}-{secrets.token_hex(8)}",
        items=[item],
        when=When.AT_ONCE,
        host=urlsplit(settings.URL).hostname or "localhost",
        url=settings.URL,
    )
