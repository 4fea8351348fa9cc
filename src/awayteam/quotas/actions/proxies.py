"""Proxies that fetch limits: each has a name, a token of its own and the upstreams that it stands before."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from awayteam.kernel import events
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput, NotFound
from awayteam.kernel.events import EventName, Subject
from awayteam.quotas.envoy.upstreams import upstreams_of
from awayteam.quotas.models import Node
from awayteam.quotas.permissions import can_add_nodes
from awayteam.stories.stepping import words_of

KIND = "quota-node"
PREFIX = "awqn_"


@dataclass(frozen=True, slots=True)
class NewNode:
    """A proxy that was just added; `token` is shown this once."""

    node: Node
    token: str


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def add_node(name: str, upstreams: Any, *, actor: Actor, now: datetime) -> NewNode:
    """Give a proxy a token. `upstreams` are tables as in the file of `awayteam envoy`.

    Raises `NotAllowed`, `InvalidInput`, `Conflict` (the name is taken).
    """
    can_add_nodes(actor).require()
    name = name.strip()
    if not name or len(name) > 100 or not name.isprintable():
        raise InvalidInput(
            "A proxy needs a name of 1 to 100 characters.", "Name it after where it runs.", {"name": "bad"}
        )
    plain = [one.plain() for one in upstreams_of(upstreams)]
    token = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        if Node.objects.filter(name=name).exists():
            raise Conflict(f"There is a proxy {name!r} already.", "Take another name, or revoke that one.")
        node = Node.objects.create(
            name=name, token_hash=hash_of(token), upstreams=plain, created_at=now, created_by_id=actor.person_id
        )
        apis = [one["api"] for one in plain]
        events.append(
            EventName.QUOTA_NODE_ADDED, subject=Subject(KIND, node.pk, name), actor=actor, now=now, data={"apis": apis}
        )
    return NewNode(node, token)


def revoke_node(name: str, *, actor: Actor, now: datetime, reason: str) -> Node:
    """Take a proxy's token back; what it has stays in force there. Raises `NotAllowed`, `NotFound`."""
    can_add_nodes(actor).require()
    said = words_of(reason, what="reason")
    with transaction.atomic():
        node = Node.objects.select_for_update().filter(name=name, revoked_at__isnull=True).first()
        if node is None:
            raise NotFound(f"There is no proxy {name[:80]!r}.", "Look at the list.")
        node.revoked_at = now
        node.save(update_fields=["revoked_at"])
        events.append(
            EventName.QUOTA_NODE_REVOKED, subject=Subject(KIND, node.pk, name), actor=actor, now=now, reason=said
        )
    return node
