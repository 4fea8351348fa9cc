"""The words that the demonstration organisation is made of: a shop for outdoor gear that does not exist.

Surnames are minerals and plants, so that nobody takes these people for real ones.
"""

from importlib import resources

COMPANY = "Fernweh Outdoor"

UNITS: dict[str, tuple[str, str]] = {
    "storefront": ("Storefront", "What customers see before they decide"),
    "commerce": ("Commerce", "From the basket to the paid order"),
    "fulfilment": ("Fulfilment", "From the paid order to the doorstep, and back"),
    "customer": ("Customer", "Accounts, contact and loyalty"),
    "data": ("Data and Learning", "What we know, and what we predict from it"),
    "platform": ("Platform", "What every other team builds on"),
}

PLACES: tuple[tuple[str, str, str], ...] = (
    ("Europe/Berlin", "DE", "BE"),
    ("Europe/London", "GB", "ENG"),
    ("America/New_York", "US", "NY"),
    ("America/Los_Angeles", "US", "CA"),
    ("Asia/Kolkata", "IN", "KA"),
)


SYSTEMS: dict[str, tuple[str, ...]] = {
    "storefront": ("browse", "discovery", "mobile"),
    "commerce": ("buying", "money", "order-management"),
    "fulfilment": ("inventory", "delivery", "sourcing"),
    "customer": ("customer-identity", "customer-contact"),
    "data": ("measurement", "intelligence", "master-records"),
    "platform": ("compute", "delivery-tooling", "safeguards"),
}

NOUNS = (
    "item",
    "list",
    "status",
    "event",
    "rule",
    "batch",
    "report",
    "setting",
    "snapshot",
    "export",
    "subscription",
    "schedule",
)
"""What operations of invented APIs act on beside the word in the service's own name."""


def lines_of(name: str) -> list[str]:
    """The lines of one of our text files, without comments and empty ones at the end of the file."""
    text = resources.files("awayteam.demo").joinpath(name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if not line.startswith("#")]


TEAMS = [[part.strip() for part in line.split("|")] for line in lines_of("teams.txt") if line.strip()]
"""(unit, name, title, mission, services separated by commas) of every team."""

GIVEN, FAMILY = (part.split() for part in "\n".join(lines_of("names.txt")).split("\n\n"))
