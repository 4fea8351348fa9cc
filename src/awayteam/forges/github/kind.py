"""GitHub as a kind of forge."""

from awayteam.forges.github.inbound import GithubInbound
from awayteam.forges.port import Client, ForgeKind, Grants, Setting, Settings


def connect(settings: Settings) -> tuple[Client | None, Grants]:
    """Raises `ForgeError(final=True)` where the settings can't work. Asks nothing yet."""
    from awayteam.forges.github.api import Api  # brings the HTTP client along
    from awayteam.forges.github.client import GithubClient
    from awayteam.forges.github.grants import GithubGrants

    api = Api(settings)
    return GithubClient(api), GithubGrants(api)


KIND = ForgeKind(
    kind="github",
    title="GitHub",
    settings=(
        Setting("app_id", "App ID", "The number on the App's page."),
        Setting("private_key", "Private key", "The whole PEM file that the App's page made.", is_secret=True),
        Setting("webhook_secret", "Webhook secret", "The same as on the App's page.", is_secret=True),
        Setting(
            "installation_id",
            "Installation ID",
            "Only where the App is installed several times and one of them is meant.",
            is_required=False,
        ),
    ),
    connect=connect,
    inbound=GithubInbound(),
    default_address="https://api.github.com",
    identity_provider="github",
)
