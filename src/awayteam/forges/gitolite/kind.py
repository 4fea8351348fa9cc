"""gitolite as a kind of forge: what must be told of it, and how it is connected."""

import hashlib
from pathlib import Path
from typing import Final

from django.conf import settings as django

from awayteam.forges.gitolite.applying import ByCommits, Local
from awayteam.forges.gitolite.grants import GitoliteGrants
from awayteam.forges.port import Client, ForgeError, ForgeKind, Grants, Setting, Settings


def connect(settings: Settings) -> tuple[Client | None, Grants]:
    """There is nothing to ask and nothing to publish: the push itself is allowed or refused."""
    home, admin = settings.values.get("home", "").strip(), settings.values.get("admin", "").strip()
    check = settings.values.get("check", "")
    if bool(home) == bool(admin):
        raise ForgeError("Set either home (gitolite on this machine) or admin (its settings elsewhere).", final=True)
    if any(ord(character) < 32 for character in check):
        raise ForgeError("check is one line.", final=True)
    if home:
        if not Path(home).is_absolute():
            raise ForgeError("home is an absolute path: that of gitolite's user.", final=True)
        return None, GitoliteGrants(Local(Path(home)), check)
    if admin.startswith("-") or "::" in admin:
        raise ForgeError("admin is the address of gitolite-admin, as git clones it.", final=True)
    name = hashlib.sha256(admin.encode()).hexdigest()[:16]
    return None, GitoliteGrants(ByCommits(admin, Path(django.DATA) / "gitolite" / name), check)


KIND: Final = ForgeKind(
    kind="gitolite",
    title="gitolite",
    settings=(
        Setting(
            "home", "Home of gitolite's user",
            "Where gitolite is on this machine and Awayteam runs as its user: /var/lib/gitolite3.", is_required=False,
        ),
        Setting(
            "admin", "Address of gitolite-admin",
            "Where gitolite is elsewhere: git@server:gitolite-admin. The key is that of ssh on this machine.",
            is_required=False,
        ),
        Setting(
            "check", "Command of the gate",
            "Asked on the server about pushes to branches that aren't the away team's own, such as "
            "/usr/local/bin/awayteam check --server https://awayteam.example; empty: they are refused.",
            is_required=False,
        ),
    ),
    connect=connect,
    needs_address=False,
    identity_provider="gitolite",
)  # fmt: skip
