"""Writes of webhooks: addresses that are told of events. Administrators only; a secret is shown once, kept sealed."""

import base64
import binascii
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction

from awayteam.kernel import events, rulebook, secrets
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput, NotFound
from awayteam.kernel.events import EventName, Subject
from awayteam.kernel.models import Webhook
from awayteam.kernel.permissions import administrators_only

PURPOSE = "webhook"
PREFIX = "whsec_"
LONGEST_URL = 2_000
LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A webhook and its secret in the clear: shown to its maker now and never again."""

    webhook: Webhook
    secret: str


def create(
    *, name: str, url: str, actor: Actor, now: datetime, wanted: Sequence[str] = (), secret: str = "", reason: str = ""
) -> NewSecret:
    """Tell `url` of the events `wanted` (names, or their first words such as "entity"; none means all).

    `secret` is `whsec_` and base64 of 24 to 64 bytes, made here where it is empty. Raises `NotAllowed`, `InvalidInput`,
    `Conflict` (the name is taken).
    """
    administrators_only(actor, "enter webhooks").require()
    values = _checked(name=name, url=url, events=list(wanted))
    plain = _checked_secret(secret) if secret else PREFIX + secrets.generate()
    hook = Webhook(**values, secret=secrets.seal(plain, PURPOSE), created_at=now)
    with transaction.atomic():
        _save(hook, force_insert=True)
        _tell(
            EventName.WEBHOOK_CREATED, hook, actor, now, reason, {field: (None, new) for field, new in values.items()}
        )
    return NewSecret(hook, plain)


def update(
    webhook: Webhook,
    *,
    actor: Actor,
    now: datetime,
    name: str | None = None,
    url: str | None = None,
    wanted: Sequence[str] | None = None,
    active: bool | None = None,
    reason: str = "",
) -> Webhook:
    """Change what is given; None leaves a value as it is. Raises as `create`."""
    administrators_only(actor, "change webhooks").require()
    given = {"name": name, "url": url, "events": None if wanted is None else list(wanted), "active": active}
    values = _checked(**{field: value for field, value in given.items() if value is not None})
    with transaction.atomic():
        hook = _held(webhook)
        changes = {field: (getattr(hook, field), new) for field, new in values.items() if getattr(hook, field) != new}
        if changes:
            for field, (_old, new) in changes.items():
                setattr(hook, field, new)
            _save(hook, update_fields=list(changes))
            _tell(EventName.WEBHOOK_UPDATED, hook, actor, now, reason, changes)
    return hook


def rotate_secret(webhook: Webhook, *, actor: Actor, now: datetime, reason: str = "") -> NewSecret:
    """Replace the secret at once; receivers must learn the new one before the next message."""
    administrators_only(actor, "change webhooks").require()
    plain = PREFIX + secrets.generate()
    with transaction.atomic():
        hook = _held(webhook)
        hook.secret = secrets.seal(plain, PURPOSE)
        hook.save(update_fields=["secret"])
        _tell(EventName.WEBHOOK_UPDATED, hook, actor, now, reason, {"secret": ("hidden", "replaced")})
    return NewSecret(hook, plain)


def remove(webhook: Webhook, *, actor: Actor, now: datetime, reason: str = "") -> None:
    """Forget the webhook and its messages, those that still wait too."""
    administrators_only(actor, "remove webhooks").require()
    with transaction.atomic():
        hook = _held(webhook)
        _tell(EventName.WEBHOOK_REMOVED, hook, actor, now, reason, {"url": (hook.url, None)})
        hook.delete()


def _held(webhook: Webhook) -> Webhook:
    hook = Webhook.objects.select_for_update().filter(pk=webhook.pk).first()
    if hook is None:
        raise NotFound("There is no such webhook.")
    return hook


def _save(hook: Webhook, **how: Any) -> None:
    try:
        with transaction.atomic():
            hook.save(**how)
    except IntegrityError as error:
        raise Conflict(
            f"There is a webhook {hook.name!r} already.", "Choose another name.", fields={"name": "taken"}
        ) from error


def _tell(
    name: EventName, hook: Webhook, actor: Actor, now: datetime, reason: str, changes: dict[str, tuple[Any, Any]]
) -> None:
    subject = Subject("webhook", hook.pk, hook.name)
    events.append(name, subject=subject, actor=actor, now=now, reason=reason, changes=changes)


def _checked(**values: Any) -> dict[str, Any]:
    wrong: dict[str, str] = {}
    if "name" in values:
        values["name"] = values["name"].strip()
        if not 0 < len(values["name"]) <= LONGEST_NAME or not values["name"].isprintable():
            wrong["name"] = f"1 to {LONGEST_NAME} printable characters"
    if "url" in values and (problem := url_problem(values["url"], rulebook.current().webhooks.allow_private)):
        wrong["url"] = problem
    if "events" in values and (unknown := [want for want in values["events"] if not _is_known(want)]):
        wrong["events"] = f"there are no events {', '.join(map(repr, unknown))}"
    if wrong:
        said = "; ".join(f"{field}: {problem}" for field, problem in wrong.items())
        raise InvalidInput(f"The webhook can't be used: {said}.", "docs/webhooks.md explains each.", fields=wrong)
    return values


def url_problem(url: str, allow_private: bool) -> str | None:
    """What is wrong with a webhook's address before anybody connects to it, or None."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError as error:
        return f"not an address: {error}"
    if len(url) > LONGEST_URL or not url.isprintable() or " " in url:
        return f"at most {LONGEST_URL} printable characters without spaces"
    if parts.scheme not in {"http", "https"} or not host:
        return "write https://host/path"
    if parts.username is not None or parts.password is not None:
        return "no user name or password in the address; the signature proves who we are"
    if allow_private:
        return None
    if host == "localhost" or host.endswith(".localhost"):
        return "this host is not public; the rulebook's allow_private would allow it"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    from awayteam.kernel.guardednet import is_public  # brings the HTTP client along

    return None if is_public(address) else f"{host} is not public; the rulebook's allow_private would allow it"


def _is_known(want: object) -> bool:
    if not isinstance(want, str):
        return False
    return any(want == name or name.startswith(f"{want}.") for name in EventName)


def _checked_secret(secret: str) -> str:
    try:
        length = len(base64.b64decode(secret.removeprefix(PREFIX), validate=True))
    except (ValueError, binascii.Error):
        length = 0
    if not secret.startswith(PREFIX) or not 24 <= length <= 64:
        problem = f"{PREFIX} and base64 of 24 to 64 bytes"
        raise InvalidInput(
            "The secret can't be used.", f"Write {problem}, or leave it empty.", fields={"secret": problem}
        )
    return secret
