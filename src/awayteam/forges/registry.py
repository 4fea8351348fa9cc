"""The kinds of forges that there are, and how one of ours is connected: settings opened, clients kept.

A connection is kept in this process as long as the forge's settings stay the same, since it holds tokens that cost a
request each. Secrets leave this module only in `port.Settings`.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from threading import Lock

from awayteam.forges.models import Forge, ForgeState
from awayteam.forges.port import Client, ForgeKind, Grants, Settings
from awayteam.kernel import secrets
from awayteam.kernel.errors import Conflict, InvalidInput
from awayteam.kernel.registries import Registry

PURPOSE = "forge"
FORMER = ".former"
"""Ends the name under which the webhook secret before the last one is kept."""
KEPT = 64

Connected = tuple[Client | None, Grants]
kinds: Registry[str, ForgeKind] = Registry()
_connections: dict[tuple[int, int, str], Connected] = {}
_lock = Lock()


def register(kind: ForgeKind) -> None:
    """Offer a kind of forge; called in `App.register()`."""
    kinds[kind.kind] = kind


def kind(name: str) -> ForgeKind:
    """Raises `InvalidInput` where nothing is known of it."""
    found = kinds.get(name)
    if found is None:
        known = ", ".join(sorted(kinds)) or "none"
        raise InvalidInput(f"There is no kind of forge {name[:40]!r}.", f"Known: {known}.", {"kind": "unknown"})
    return found


def connect(forge: Forge) -> Connected:
    """What asks this forge (None where it can't be asked) and what changes access there.

    Raises `Conflict` where it is paused or removed, `Unavailable` where its secrets can't be opened.
    """
    if forge.state != ForgeState.ACTIVE:
        raise Conflict(f"The forge {forge.name} is {forge.state}.", "Switch it on first.")
    offered = kind(forge.kind)
    key = (forge.pk, id(offered), "\0".join((forge.address, str(forge.allow_private), _plain(forge), forge.sealed)))
    with _lock:
        known = _connections.get(key)
    if known is not None:
        return known
    made = offered.connect(settings_of(forge))
    with _lock:
        if len(_connections) >= KEPT:
            _connections.pop(next(iter(_connections)))
        return _connections.setdefault(key, made)


def disconnect() -> None:
    """Let go of every connection; the next question makes a new one."""
    with _lock:
        _connections.clear()


def _plain(forge: Forge) -> str:
    return json.dumps(forge.settings, sort_keys=True)


def settings_of(forge: Forge) -> Settings:
    """Everything that was set up, secrets opened. For `ForgeKind.connect` alone."""
    opened = {name: value for name, value in open_secrets(forge).items() if not name.endswith(FORMER)}
    return Settings(forge.address, {**forge.settings, **opened}, forge.allow_private)


def open_secrets(forge: Forge) -> dict[str, str]:
    """The secret settings by name. Raises `Unavailable` where they can't be opened."""
    return dict(json.loads(secrets.unseal(forge.sealed, PURPOSE))) if forge.sealed else {}


def seal_secrets(values: Mapping[str, str]) -> str:
    return secrets.seal(json.dumps(dict(values)), PURPOSE) if values else ""


def webhook_secrets(forge: Forge, now: datetime) -> tuple[str, ...]:
    """Those in force: the present one, and for a while after a change the one before."""
    name, known = kind(forge.kind).secret_setting, open_secrets(forge)
    present = [known.get(name, "")]
    if forge.former_until is not None and now < forge.former_until:
        present.append(known.get(name + FORMER, ""))
    return tuple(secret for secret in present if secret)
