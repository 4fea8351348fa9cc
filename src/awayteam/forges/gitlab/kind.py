"""GitLab as a kind of forge: what must be told of it, and how it is connected."""

from typing import Final

from awayteam.forges.gitlab.client import GitLabClient
from awayteam.forges.gitlab.grants import GitLabGrants
from awayteam.forges.gitlab.inbound import GitLabInbound
from awayteam.forges.http import Fixed, Http
from awayteam.forges.port import Client, ForgeKind, Grants, Setting, Settings


def connect(settings: Settings) -> tuple[Client | None, Grants]:
    http = Http(
        settings.address.rstrip("/") + "/api/v4",
        auth=Fixed({"PRIVATE-TOKEN": settings.values.get("token", "")}),
        allow_private=settings.allow_private,
    )
    client = GitLabClient(
        http,
        status_check=settings.values.get("status_check", ""),
        approval_rule=settings.values.get("approval_rule", ""),
    )
    return client, GitLabGrants(client)


KIND: Final = ForgeKind(
    kind="gitlab",
    title="GitLab",
    settings=(
        Setting("token", "Token", "Of a group, with the role Maintainer and the scope api.", is_secret=True),
        Setting(
            "webhook_secret",
            "Secret of the webhook",
            "The signing token (whsec_...) or, with older releases, the secret token.",
            is_secret=True,
        ),
        Setting(
            "status_check",
            "External status check",
            "Its name in each project (Ultimate); empty: verdicts are commit statuses called awayteam.",
            is_required=False,
        ),
        Setting(
            "approval_rule",
            "Approval rule",
            "The name of a rule that is kept at each merge request for the home team (Premium); empty: none.",
            is_required=False,
        ),
    ),
    connect=connect,
    inbound=GitLabInbound(),
    default_address="https://gitlab.com",
    identity_provider="gitlab",
)
