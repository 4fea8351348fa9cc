"""Section of limits that a proxy enforces."""

from dataclasses import dataclass

from awayteam.kernel.rulebook import checks
from awayteam.kernel.rulebook.sections.rule import rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotas:
    """How much each consumer may ask of an API, and what a proxy does with the others."""

    identity: str = rule(
        "The name (SAN) in a consumer's client certificate; {namespace} and {name} are those of the catalog. A name "
        "with \"://\" is looked for among the certificate's URIs, any other among its DNS names. A component's "
        "annotation `awayteam/identity` goes before it.",
        check=checks.identity_template,
    )
    burst_seconds: int = rule(
        "Seconds worth of its rate that a consumer may spend at once, where a limit names no burst.",
        minimum=1,
        maximum=3600,
    )
    fail_open: bool = rule(
        "What a proxy does that has never got limits: true lets everything through, false refuses everything (503). "
        "One that has limits keeps them whatever happens to Awayteam."
    )
    unknown_per_second: int = rule(
        "Requests per second of an API for each consumer, known or not, that no limit of the API is for; 0 for as many "
        "as they like.",
        minimum=0,
        maximum=1_000_000,
    )
    unknown_enforced: bool = rule("Whether that is enforced; otherwise it is only counted.")
    unknown_buckets_max: int = rule(
        "Consumers without a limit of their own that a proxy tells apart for one API and operation; the least recently "
        "seen goes.",
        minimum=20,
        maximum=100_000,
    )
    preview_days: int = rule("Days of past use that a preview looks at.", minimum=1, maximum=14)
    peak_factor: float = rule(
        "Hourly counts don't say how calls came within the hour. The upper figure of a preview supposes that they all "
        "came in a part of it: with 6, in ten minutes.",
        minimum=1,
        maximum=3600,
    )
    spike_factor: float = rule(
        "How many times a consumer's usual hour it must ask in one hour before the provider is told.",
        minimum=1.5,
        maximum=1000,
    )
    spike_calls_min: int = rule("Calls in that hour below which nobody is told.", minimum=1, maximum=1_000_000_000)
    spike_days: int = rule("Days before it that are looked at for what is usual.", minimum=2, maximum=14)
    spike_room: float = rule(
        "The limit that is offered for a spike, as a multiple of the consumer's busiest hour before it.",
        minimum=1,
        maximum=100,
    )
