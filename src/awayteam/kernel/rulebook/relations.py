"""Values that are possible one by one and impossible together."""

from collections.abc import Iterator

from awayteam.kernel.rulebook import schema

Keys = tuple[tuple[str, str], ...]


def contradictions(
    *,
    accounts: schema.Accounts,
    calendar: schema.Calendar,
    outbox: schema.Outbox,
    webhooks: schema.Webhooks,
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
    if problem := _subdivision(calendar):
        yield ((("calendar", "subdivision"), ("calendar", "country")), problem)


def _subdivision(calendar: schema.Calendar) -> str | None:
    if not calendar.subdivision:
        return None
    import holidays

    known = holidays.list_supported_countries().get(calendar.country, [])
    if calendar.subdivision in known:
        return None
    if not calendar.country:
        return "a subdivision needs a country"
    return f"{calendar.country} has no subdivision {calendar.subdivision!r}; known: {', '.join(known) or 'none'}"
