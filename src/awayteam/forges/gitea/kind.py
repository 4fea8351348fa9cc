"""Gitea and Forgejo as kinds of forges: one interface under two names."""

from typing import Final

from awayteam.forges.gitea.client import GiteaClient
from awayteam.forges.gitea.grants import GiteaGrants
from awayteam.forges.gitea.inbound import GiteaInbound
from awayteam.forges.http import Fixed, Http
from awayteam.forges.port import Client, ForgeKind, Grants, Setting, Settings


def connect(settings: Settings) -> tuple[Client | None, Grants]:
    http = Http(
        settings.address.rstrip("/") + "/api/v1",
        auth=Fixed({"Authorization": "token " + settings.values.get("token", "")}),
        allow_private=settings.allow_private,
    )
    client = GiteaClient(http)
    return client, GiteaGrants(client)


def _kind(kind: str, title: str, default_address: str = "") -> ForgeKind:
    return ForgeKind(
        kind=kind,
        title=title,
        settings=(
            Setting(
                "token",
                "Token",
                "Of an account that administers the repositories: read:user, read:organization, write:repository, "
                "write:issue.",
                is_secret=True,
            ),
            Setting("webhook_secret", "Secret of the webhook", "As it is entered there.", is_secret=True),
        ),
        connect=connect,
        inbound=GiteaInbound(),
        default_address=default_address,
        identity_provider=kind,
    )


GITEA: Final = _kind("gitea", "Gitea")
FORGEJO: Final = _kind("forgejo", "Forgejo", "https://codeberg.org")
KINDS: Final = (GITEA, FORGEJO)
