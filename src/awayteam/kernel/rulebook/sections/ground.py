"""Sections of the house itself: accounts, the interface, time, delivery, lists."""

from dataclasses import dataclass
from typing import Literal

from awayteam.kernel.rulebook import checks
from awayteam.kernel.rulebook.sections.rule import rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Who may sign in, and what scripts may hold."""

    sign_up: Literal["closed", "known", "open"] = rule(
        "Who gets an account by signing in for the first time: nobody; those whom the organisation knows (by its own "
        "directory through OpenID Connect, a handle, a verified e-mail, or the domain of one); or anybody, also with a "
        "password."
    )
    sign_up_domains: tuple[str, ...] = rule("Domains whose verified e-mail addresses make somebody known.")
    token_days_default: int = rule(
        "Days until a new API token expires, unless its maker says otherwise.", minimum=1, maximum=3650
    )
    token_days_max: int = rule("The most days for which an API token may be made.", minimum=1, maximum=3650)


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """What one caller may ask of the REST interface."""

    requests_per_minute: int = rule(
        "Requests that one account or address may make in a minute.", minimum=10, maximum=1_000_000
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """When people work, for every team that doesn't say so itself. Clocks run only in these hours."""

    time_zone: str = rule("Name in the time zone database, such as `Europe/Berlin`.", check=checks.time_zone)
    country: str = rule("Country (ISO 3166 code) whose public holidays are free; empty for none.", check=checks.country)
    subdivision: str = rule("State or region of the country with holidays of its own; empty for none.")
    weekdays: tuple[int, ...] = rule(
        "Working days: 0 is Monday, 6 is Sunday.", minimum=0, maximum=6, check=checks.weekdays
    )
    hours: tuple[str, ...] = rule("Start and end of the working day, in the calendar's time zone.", check=checks.hours)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """When somebody whose turn it is hears of it again."""

    remind_at_half: bool = rule("Remind when half of the working time has gone.")
    remind_before_minutes: tuple[int, ...] = rule(
        "Remind again this many working minutes before the end.", minimum=1, maximum=100_000
    )
    lease_seconds: int = rule(
        "Seconds after which a clock that a worker took and didn't finish is taken by another.", minimum=5, maximum=3600
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """What can be done to many rows of a list at once."""

    bulk_rows_max: int = rule("The most rows that one action changes at once.", minimum=1, maximum=10_000)
    undo_hours: int = rule(
        "Hours for which whoever changed many rows at once may take that back, even where they may not change the rows "
        "any more (since they gave them to another team).",
        minimum=1,
        maximum=8_760,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """How hard we try to deliver a message before it is given up (and can be retried by hand)."""

    attempts_max: int = rule("Attempts after which a message is dead.", minimum=1, maximum=100)
    backoff_first_seconds: int = rule("Seconds until the second attempt.", minimum=1, maximum=86_400)
    backoff_factor: float = rule("By how much each wait is longer than the one before.", minimum=1, maximum=10)
    backoff_max_seconds: int = rule("The longest wait between two attempts, in seconds.", minimum=1, maximum=604_800)
    backoff_jitter: float = rule(
        "Share of each wait that is random, so that messages that failed together don't return together.",
        minimum=0,
        maximum=1,
    )
    lease_seconds: int = rule(
        "Seconds after which a message that a worker took and didn't finish is taken by another. Must be longer than "
        "`webhooks.timeout_seconds`.",
        minimum=5,
        maximum=3600,
    )
    keep_delivered_days: int = rule(
        "Days for which delivered messages are kept for a look back.", minimum=0, maximum=3650
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhooks:
    """How other programs are told of events."""

    allow_private: bool = rule(
        "Whether a webhook may go to loopback, private and other addresses that aren't public. Leave it off unless "
        "everybody who may enter webhooks may also reach those hosts."
    )
    timeout_seconds: int = rule("Seconds that a receiver has to answer, in all.", minimum=1, maximum=120)
    response_bytes_max: int = rule("Bytes of a receiver's answer that are read at most.", minimum=0, maximum=1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """How eagerly the worker looks for work."""

    idle_seconds: float = rule("The longest that an idle worker sleeps, in seconds.", minimum=0.1, maximum=60)
    batch: int = rule("Clocks or messages that a worker takes in one round.", minimum=1, maximum=1000)
