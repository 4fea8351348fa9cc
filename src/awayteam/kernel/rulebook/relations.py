"""Values that are possible one by one and impossible together."""

from collections.abc import Iterator

from awayteam.kernel.rulebook import checks
from awayteam.kernel.rulebook.sections import ground, visiting

Keys = tuple[tuple[str, str], ...]


def contradictions(
    *,
    accounts: ground.Accounts,
    calendar: ground.Calendar,
    outbox: ground.Outbox,
    reviews: visiting.Reviews,
    webhooks: ground.Webhooks,
    **_others: object,
) -> Iterator[tuple[Keys, str]]:
    """Each impossible combination: the keys that make it, and what is wrong."""
    if accounts.token_days_default > accounts.token_days_max:
        yield (
            (("accounts", "token_days_default"), ("accounts", "token_days_max")),
            "token_days_default is more than token_days_max",
        )
    if outbox.backoff_first_seconds > outbox.backoff_max_seconds:
        yield (
            (("outbox", "backoff_first_seconds"), ("outbox", "backoff_max_seconds")),
            "backoff_first_seconds is more than backoff_max_seconds",
        )
    if outbox.lease_seconds <= webhooks.timeout_seconds:
        yield (
            (("outbox", "lease_seconds"), ("webhooks", "timeout_seconds")),
            "outbox.lease_seconds must be more than webhooks.timeout_seconds, or a slow receiver gets everything twice",
        )
    if problem := checks.subdivision(calendar.country, calendar.subdivision):
        yield ((("calendar", "subdivision"), ("calendar", "country")), problem)
    known = {line.partition(":")[0] for line in (*reviews.fields, *reviews.more_fields)}
    for key in ("questions", "more_questions"):
        for line in getattr(reviews, key):
            if line.partition(":")[0] not in known | {"*"}:
                yield (("reviews", key), ("reviews", "fields")), f"there is no field for the question {line!r}"
    for key in ("triggers", "more_triggers"):
        for line in getattr(reviews, key):
            if missing := set(line.rpartition(" -> ")[2].split(", ")) - known:
                yield (
                    (("reviews", key), ("reviews", "fields")),
                    f"{line!r} names no field that there is: {min(missing)}",
                )
