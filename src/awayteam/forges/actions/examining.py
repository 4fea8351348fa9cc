"""Asking a forge something harmless, to say what is lacking before anything depends on it."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings

from awayteam.forges import health, leasing, registry
from awayteam.forges.models import Forge
from awayteam.forges.permissions import can_keep
from awayteam.forges.port import Client, Examined, Finding, ForgeError
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import AwayteamError

MUCH_SKEW = 30.0


def examine(forge: Forge, *, actor: Actor, now: datetime) -> list[Finding]:
    """What was found, good and bad. Raises `NotAllowed`; whatever else goes wrong is a finding."""
    can_keep(actor).require()
    found = [_hearing(forge)]
    try:
        client, grants = registry.connect(forge)
        if client is None and isinstance(grants, Examined):
            return list(grants.examine())
        if client is None:
            return [*found, Finding(True, "This kind of forge is not asked: it asks by itself.")]
        found += _asked(client)
        health.answered(forge, client, now)
    except (ForgeError, AwayteamError) as error:
        health.failed(forge, leasing.says(error), now)
        found.append(Finding(False, leasing.says(error)))
    return found


def _asked(client: Client) -> Sequence[Finding]:
    found = list(client.examine())
    limits, places = client.limits(), client.places()
    found.append(Finding(bool(places), f"{len(places)} repositories are open to us."
                         if places else "No repository is open to us: give us access to some."))  # fmt: skip
    if limits.skew_seconds is not None and abs(limits.skew_seconds) > MUCH_SKEW:
        found.append(Finding(False, f"Its clock differs from ours by {limits.skew_seconds:.0f} seconds: set ours."))
    return found


def _hearing(forge: Forge) -> Finding:
    if registry.kind(forge.kind).inbound is None:
        return Finding(True, "Nothing is heard from this kind of forge.")
    where = f"{settings.URL}/forges/{forge.pk}/deliveries"
    if forge.last_delivery_at is None:
        return Finding(False, f"Nothing was delivered yet. Enter {where} as a webhook there, with the webhook secret.")
    return Finding(True, f"It delivers to {where}, last at {forge.last_delivery_at:%Y-%m-%d %H:%M} UTC.")
