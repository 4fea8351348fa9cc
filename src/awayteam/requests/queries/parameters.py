"""What the address of a list says, as a filter."""

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import QueryDict

from awayteam.kernel.errors import InvalidInput
from awayteam.requests.queries.filters import RequestFilter

MANY = ("state", "kind", "home", "asking", "turn", "asker", "entity", "unit")
SINGLE = ("q", "overdue", "lost", "value_min", "since", "until", "goal", "merged")
YES_NO = {"yes": True, "no": False}


def filter_of(given: QueryDict) -> RequestFilter:
    """The filter that the parameters of an address say; raises `InvalidInput` with the one that can't be read."""
    chosen: dict[str, Any] = {name: tuple(dict.fromkeys(filter(None, given.getlist(name))))[:50] for name in MANY}
    return RequestFilter(
        **chosen,
        text=given.get("q", "").strip()[:200],
        overdue=YES_NO.get(given.get("overdue", "")),
        lost=YES_NO.get(given.get("lost", "")),
        value_min=_number(given.get("value_min", "")),
        since=_day("since", given.get("since", "")),
        until=_day("until", given.get("until", "")),
        goal=tuple(int(text) for text in given.getlist("goal")[:50] if text.isdecimal() and len(text) < 19),
        merged=given.get("merged") == "yes",
    )


def _number(text: str) -> Decimal | None:
    if not text.strip():
        return None
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) > Decimal(10) ** 12:
        what = f"value_min: {text[:40]!r} is no number."
        raise InvalidInput(what, "Write points a week, such as 500.", {"value_min": what})
    return number


def _day(name: str, text: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        what = f"{name}: {text[:40]!r} is no date."
        raise InvalidInput(what, "Write it as 2026-01-31.", {name: what}) from None
