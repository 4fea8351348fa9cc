"""Setting forges up: adding, changing, pausing, removing. Secrets are sealed at once and never shown again."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from awayteam.forges import registry
from awayteam.forges.models import Forge, ForgeState
from awayteam.forges.permissions import can_keep
from awayteam.forges.port import ForgeKind
from awayteam.forges.registry import FORMER
from awayteam.kernel import events, rulebook, secrets
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput, NotFound
from awayteam.kernel.events import EventName, Subject
from awayteam.kernel.webhooks import url_problem

NAME = re.compile(r"[a-z](?:[a-z0-9-]{0,58}[a-z0-9])?")
RESERVED = frozenset({"latency", "new"})
LONGEST_VALUE, LONGEST_SECRET = 2_000, 20_000
HIDDEN = ("hidden", "replaced")


@dataclass(frozen=True, slots=True)
class NewForge:
    """A forge, and the webhook secret that was made for it ("" where it was given): shown this once."""

    forge: Forge
    secret: str = field(default="", repr=False)


def subject_of(forge: Forge) -> Subject:
    return Subject("forge", forge.pk, forge.name)


def add(
    *, kind: str, name: str, actor: Actor, now: datetime, address: str = "", values: Mapping[str, str] | None = None,
    allow_private: bool = False, reason: str = "",
) -> NewForge:  # fmt: skip
    """Set a forge up. `values` are the kind's settings by name, secrets among them.

    One that was removed comes back with all that was known of it, under the same name, kind and address. Raises
    `NotAllowed`, `InvalidInput` (with the fields), `Conflict` (the name is taken).
    """
    can_keep(actor).require()
    offered = registry.kind(kind)
    address = _checked(offered, name, address or offered.default_address, allow_private)
    given = _settings(offered, values or {}, present={})
    made = ""
    if offered.inbound is not None and not given.get(offered.secret_setting):
        made = given[offered.secret_setting] = secrets.generate().rstrip("=")
    plain, sealed = _parted(offered, given)
    with transaction.atomic():
        known = Forge.objects.select_for_update().filter(name=name).first()
        if known is not None and (known.state, known.kind, known.address) != (ForgeState.REMOVED, kind, address):
            raise Conflict(f"There is a forge {name!r} already.", "Choose another name.", {"name": "taken"})
        forge = known or Forge(kind=kind, name=name, address=address, created_at=now)
        forge.settings, forge.sealed, forge.allow_private = plain, registry.seal_secrets(sealed), allow_private
        forge.state, forge.version, forge.former_until = ForgeState.ACTIVE, forge.version + 1, None
        forge.poll_wanted = True
        _save(forge)
        data = {"kind": kind, "address": address, "allow_private": allow_private, "again": known is not None}
        events.append(
            EventName.FORGE_ADDED, subject=subject_of(forge), actor=actor, now=now, reason=reason,
            data=data, changes={key: (None, value) for key, value in plain.items()},
        )  # fmt: skip
    return NewForge(forge, made)


def change(
    forge: Forge, *, actor: Actor, now: datetime, values: Mapping[str, str] | None = None,
    allow_private: bool | None = None, active: bool | None = None, reason: str = "",
) -> Forge:  # fmt: skip
    """Change what is given. An empty secret leaves it as it is; a new webhook secret leaves the former one in force for
    the rulebook's hours. Raises as `add`."""
    can_keep(actor).require()
    offered = registry.kind(forge.kind)
    with transaction.atomic():
        held = _held(forge)
        changes = _apply(held, offered, values, now) if values else {}
        for name, wanted in (("allow_private", allow_private), ("state", _state(active))):
            if wanted is not None and getattr(held, name) != wanted:
                changes[name] = (getattr(held, name), wanted)
                setattr(held, name, wanted)
        if not changes:
            return held
        if held.address and (problem := url_problem(held.address, held.allow_private)) and offered.needs_address:
            raise InvalidInput(f"The address can't be used: {problem}.", fields={"address": problem})
        held.poll_wanted = held.poll_wanted or held.state == ForgeState.ACTIVE
        held.version += 1
        held.save()
        events.append(
            EventName.FORGE_UPDATED, subject=subject_of(held), actor=actor, now=now, reason=reason, changes=changes
        )
    return held


def _state(active: bool | None) -> str | None:
    return None if active is None else (ForgeState.ACTIVE if active else ForgeState.PAUSED).value


def _apply(forge: Forge, offered: ForgeKind, values: Mapping[str, str], now: datetime) -> dict[str, tuple[Any, Any]]:
    """Write the settings; the changes are such as may stand in the history."""
    # a secret that can't be opened any more (another key) is no reason not to enter it anew
    known = {**forge.settings, **_known_secrets(forge)}
    given = _settings(offered, values, present=known)
    secret = offered.secret_setting
    plain, sealed = _parted(offered, given)
    changes: dict[str, tuple[Any, Any]] = {
        name: (forge.settings.get(name), value) for name, value in plain.items() if forge.settings.get(name) != value
    }
    changes |= {name: HIDDEN for name, value in sealed.items() if known.get(name) != value and name != secret + FORMER}
    if secret in changes and known.get(secret):
        sealed[secret + FORMER] = known[secret]
        forge.former_until = now + timedelta(hours=rulebook.current().forges.former_secret_hours)
    forge.settings, forge.sealed = plain, registry.seal_secrets(sealed)
    return changes


def remove(forge: Forge, *, actor: Actor, now: datetime, reason: str = "") -> Forge:
    """Speak with it no more: its secrets are forgotten, what was learnt from it stays. Raises `Conflict` if it is
    removed already."""
    can_keep(actor).require()
    with transaction.atomic():
        held = _held(forge)
        changes = {"state": (held.state, ForgeState.REMOVED.value)}
        held.state, held.sealed, held.former_until, held.poll_wanted = ForgeState.REMOVED, "", None, False
        held.version += 1
        held.save()
        events.append(
            EventName.FORGE_REMOVED, subject=subject_of(held), actor=actor, now=now, reason=reason, changes=changes
        )
    return held


def _held(forge: Forge) -> Forge:
    held = Forge.objects.select_for_update().filter(pk=forge.pk).first()
    if held is None:
        raise NotFound("There is no such forge.")
    if held.state == ForgeState.REMOVED:
        raise Conflict(f"The forge {held.name} is removed.", "Add it again, under the same name and address.")
    return held


def _save(forge: Forge) -> None:
    try:
        with transaction.atomic():
            forge.save()
    except IntegrityError as error:
        raise Conflict(
            f"There is a forge {forge.name!r} already.", "Choose another name.", {"name": "taken"}
        ) from error


def _known_secrets(forge: Forge) -> dict[str, str]:
    from awayteam.kernel.errors import Unavailable

    try:
        return registry.open_secrets(forge)
    except Unavailable:
        return {}


def _checked(offered: ForgeKind, name: str, address: str, allow_private: bool) -> str:
    """The address as it is kept. Raises `InvalidInput`."""
    wrong: dict[str, str] = {}
    if not NAME.fullmatch(name):
        wrong["name"] = "small letters, digits and hyphens, at most 60, a letter first"
    elif name in RESERVED:
        wrong["name"] = "is the name of a page of ours"
    address = address.strip().rstrip("/")
    if offered.needs_address and (problem := url_problem(address, allow_private)):
        wrong["address"] = problem
    elif len(address) > 500 or not address.isprintable():
        wrong["address"] = "at most 500 printable characters"
    if any(sign in address for sign in "?#"):
        wrong["address"] = "the address alone, without ? and #"
    _refuse(wrong)
    return address


def _settings(offered: ForgeKind, values: Mapping[str, str], present: Mapping[str, str]) -> dict[str, str]:
    """All settings: those given over those present. Raises `InvalidInput`."""
    known = {one.name: one for one in offered.settings}
    if offered.inbound is not None:
        known.setdefault(offered.secret_setting, None)  # type: ignore[arg-type] # made where it isn't given
    wrong = {name[:60]: f"there is no such setting; known: {', '.join(known) or 'none'}"
             for name in values if name not in known}  # fmt: skip
    merged = {name: value for name, value in present.items() if name in known or name.endswith(FORMER)}
    for name, value in values.items():
        setting, most = known.get(name), LONGEST_VALUE
        hidden = setting is None or setting.is_secret
        most = LONGEST_SECRET if hidden else LONGEST_VALUE
        if len(value) > most or "\0" in value:
            wrong[name] = f"at most {most} characters"
        elif value.strip() or not hidden:
            merged[name] = value.strip()
    for one in offered.settings:
        lacking = one.is_required and not merged.get(one.name)
        if lacking and not (offered.inbound is not None and one.name == offered.secret_setting):
            wrong.setdefault(one.name, f"is needed: {one.help}")
    _refuse(wrong)
    return merged


def _parted(offered: ForgeKind, given: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Plain settings and secret ones."""
    plain = {one.name for one in offered.settings if not one.is_secret and one.name != offered.secret_setting}
    return (
        {name: value for name, value in given.items() if name in plain},
        {name: value for name, value in given.items() if name not in plain},
    )


def _refuse(wrong: Mapping[str, str]) -> None:
    if wrong:
        said = "; ".join(f"{name}: {problem}" for name, problem in wrong.items())
        raise InvalidInput(f"The forge can't be set up like this: {said}.", "docs/forges.md explains each.",
                           fields=dict(wrong))  # fmt: skip
