# ruff: noqa: E501 - texts read better whole
"""What away teams of the demonstration do: each visit with its days, and how far it went. Days are days ago."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Visit:
    """`opened`: days ago; `begins` and `ends`: days from today (negative: past) of the time-box. `course` are verbs with the
    days ago on which they were done, and their words. `wish` is the title of a request that it serves. `pager`: days from
    today until the home team answers it; None where it does all along."""

    home: str
    away: str
    service: str
    title: str
    goal: str
    opened: float
    begins: int
    ends: int
    course: tuple[tuple[str, float, str], ...] = ()
    wish: str = ""
    mode: str = "every-change"
    hours: int = 16
    members: int = 2
    pager: int | None = None
    paths: tuple[str, ...] = ()
    place: tuple[str, str, int] | None = None
    red: tuple[tuple[str, str], ...] = field(default=(("check", "A test of the time zone of Lisbon, red on Sundays"),))


VISITS = (
    Visit(
        "orders", "shipping", "order-changes", "An event for changes of address",
        "Labels go to the address that holds when they are printed: **an event at most a minute after the change**.\n\nWe see it when no parcel of a week goes to an old address.",
        2, 6, 32, (), members=1,
    ),
    Visit(
        "product-search", "recommendations", "search-query", "Ask for similar products in the same call",
        "One call instead of two on every page of results; 60 ms less at the 95th percentile.",
        4, 4, 28, (("propose", 1.5, "Two of us; the schema was looked at by your committer already."),),
    ),
    Visit(
        "accounts", "loyalty", "consent-store", "Consent to birthday offers, asked once",
        "Members say once whether they want birthday offers; the mailer asks the consent store instead of its own list.",
        9, 3, 24, (("propose", 7, ""), ("sign", 5, "Please keep to the naming of purposes.")), hours=12,
    ),
    Visit(
        "stock", "store-pickup", "stock-levels", "Levels of one store by an index",
        "The terminal asks for one store and gets it in **80 ms**, instead of 600.",
        21, -14, 13, (("propose", 20, ""), ("sign", 18, "Good. Talk to Stock before you touch the importer."), ("start", 13.9, "")),
        wish="Stock of one store in under 80 ms", members=2, pager=20,
        place=("Somebody who has tuned a large index", "SQL, Go", 40),
        red=(("check", "An import test that needs the network, red in every third run"), ("finding", "Two warnings about time zones in the importer"), ("defect", "Levels of closed stores are shown for a night")),
    ),
    Visit(
        "payments", "checkout", "payment-gateway", "Authorise before the address is checked",
        "Both steps run at the same time; a customer waits 300 ms less.",
        26, -17, 8, (("propose", 25, ""), ("sign", 22, ""), ("start", 16.9, ""), ("amend", 6, "The provider of Spain needs its own order of steps: seven days more."), ("sign-amendment", 5, "Agreed; better late than wrong.")),
        wish="Authorise before the address is checked", mode="architecture", hours=8,
    ),
    Visit(
        "messaging", "contact-centre", "message-log", "Agents find a message by its number",
        "Agents open the message that a customer reads out, in one step.",
        30, -22, 12, (("propose", 29, ""), ("sign", 26, ""), ("start", 21.9, ""), ("pause", 4, "Both of us are on the incident of the call router until Monday.")),
    ),
    Visit(
        "pricing", "promotions", "price-calculator", "Explain each discount with the price",
        "An answer names the rules that led to a price, in order; support can read it out.",
        40, -33, 5, (("propose", 39, ""), ("sign", 36, ""), ("start", 32.9, ""), ("hand-over", 2.2, "All of it is behind a switch, and on for our own shop.")),
        hours=20, members=3, pager=6,
    ),
    Visit(
        "identity", "mobile-app", "session-store", "Sessions that survive an update of the app",
        "Nobody signs in again after an update: 11% of sign-ins go.",
        52, -45, -3, (("propose", 51, ""), ("sign", 48, ""), ("start", 44.9, ""), ("hand-over", 8, "Done; two shops have it."), ("accept", 5, "Clean work, and the runbook is better than ours.")),
        pager=2,
    ),
    Visit(
        "tax-and-invoices", "suppliers", "invoice-archive", "Keep invoices of suppliers as well",
        "One archive for both directions; the auditors look at one place.",
        75, -68, -26, (("propose", 74, ""), ("sign", 70, ""), ("start", 67.9, ""), ("hand-over", 30, ""), ("accept", 27, "Accepted, with thanks for the tests."), ("deploy", 20, "Live since this morning.")),
        hours=24, pager=-17,
    ),
    Visit(
        "observability", "runtime", "alert-router", "Route alerts by the deployed version",
        "An alert names the deployment that it followed; whoever deployed hears it first.",
        150, -143, -110, (("propose", 149, ""), ("sign", 146, ""), ("start", 142.9, ""), ("hand-over", 116, ""), ("accept", 112, ""), ("deploy", 108, ""), ("expire", 0, "")),
        members=2,
    ),
    Visit(
        "observability", "network-edge", "alert-router", "Alerts of the edge wake the edge",
        "A certificate that ends wakes whoever renews certificates, and nobody else.",
        320, -314, -296, (("propose", 319, ""), ("sign", 317, ""), ("start", 313.9, ""), ("hand-over", 301, ""), ("accept", 298, ""), ("deploy", 296, ""), ("close", 282, "Quiet since.")),
        hours=4, members=1,
    ),
    Visit(
        "observability", "storage", "alert-router", "What storage can repair by day waits until eight",
        "A backup that is late is repeated by itself; a person hears of it in the morning.",
        260, -254, -236, (("propose", 259, ""), ("sign", 257, ""), ("start", 253.9, ""), ("hand-over", 241, ""), ("accept", 238, ""), ("deploy", 236, ""), ("close", 222, "Nothing came up.")),
        hours=4, members=1,
    ),
    Visit(
        "observability", "machine-learning-platform", "alert-router", "Alerts of a training go to who began it",
        "Whoever began a training hears that it stands still; the team's rota doesn't.",
        82, -76, -58, (("propose", 81, ""), ("sign", 79, ""), ("start", 75.9, ""), ("hand-over", 62, ""), ("accept", 59, ""), ("deploy", 57, ""), ("close", 43, "Thank you.")),
        hours=4, members=1,
    ),
    Visit(
        "returns", "contact-centre", "returns-portal", "A return without an account",
        "Guests return with the number of their order; 300 calls a week less.",
        230, -223, -188, (("propose", 229, ""), ("sign", 227, ""), ("start", 222.9, ""), ("hand-over", 195, ""), ("accept", 191, "Accepted."), ("deploy", 189, ""), ("close", 175, "Nothing came up; thank you.")),
        hours=10,
    ),
    Visit(
        "checkout", "tax-and-invoices", "checkout-orchestrator", "Tax numbers at the third step",
        "Business customers give their tax number once, and it is checked while they type.",
        95, -85, -58, (("propose", 93, ""), ("sign", 90, ""), ("start", 84.9, ""), ("withdraw", 70, "The law that we needed it for was put off by a year.")),
        hours=12,
    ),
    Visit(
        "fraud", "payments", "fraud-scoring", "Score a payment before it is authorised",
        "A score within 40 ms, so that we stop before money moves.",
        60, -50, -20, (("propose", 58, ""), ("decline", 56, "The model is being replaced until spring; whoever changes the old one works for nothing.")),
    ),
    Visit(
        "basket", "home-and-campaigns", "basket-merge", "Keep what a guest chose in a campaign",
        "A guest who signs in keeps the products of the campaign page.",
        130, -120, -92, (("propose", 129, ""), ("sign", 126, ""), ("start", 119.9, ""), ("expire", 0, "")), hours=0, mode="architecture",
    ),
    Visit(
        "master-data", "forecasting", "product-attributes", "Units of packs, for the forecast",
        "A forecast in packs instead of pieces, for four thousand products.",
        44, -36, -9, (("propose", 43, ""), ("expire", 0, "")), hours=6, members=1,
    ),
    Visit(
        "analytics-platform", "experimentation", "event-collector", "Exposures without sampling",
        "Every exposure of an experiment arrives, at 4% more load, measured in a week.",
        16, -9, 20, (("propose", 15, ""), ("sign", 13, ""), ("start", 8.9, "")), mode="bar-raiser", hours=6,
        place=("Somebody who knows the collector's buffers", "Java", 24),
    ),
)  # fmt: skip

STANDARDS = {
    "How {home} changes code": """# Changes

Every change is small enough to be read in ten minutes.

## Tests

Each change has a test that fails without it. A test that sleeps is no test.

## Names

Names of the domain as the glossary of {home} has them; no abbreviations.

## Review

One person of {home} reads every change within a working day.
""",
    "What runs at {home}": """# Running it

## Alerts

What is new has an alert, and the alert has a page in the runbook that says what to do at night.

## Rollback

Every change can be taken back within five minutes, without a migration.

## Data

No personal data in logs. Retention as the register of {home} says.
""",
}
"""Standards by hand; {home} is the team's name."""
DONE = (
    "It works for the case that it was asked for, and a test shows it.",
    "The runbook says what to do when it fails.",
    "Dashboards and alerts cover it.",
    "{home} was walked through it.",
)
