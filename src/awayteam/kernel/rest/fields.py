"""Types of single values in requests: what is outside them is refused before any action or query sees it."""

from datetime import UTC, date, datetime, time
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("holds a NUL character; leave it out")
    return text


Text = Annotated[str, StringConstraints(max_length=10_000), AfterValidator(_storable)]
"""Prose: descriptions, missions."""

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_storable)]
"""A short text that isn't empty."""

Word = Annotated[str, StringConstraints(max_length=300), AfterValidator(_storable)]
"""A value to filter by."""

Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000),
    AfterValidator(_storable),
    Field(description="why; it stands in the history"),
]
Cursor = Annotated[
    str,
    StringConstraints(max_length=4_000, pattern=r"^[A-Za-z0-9_-]*$"),
    Field(description="`next_cursor` of the page before, unchanged"),
]
Id = Annotated[int, Field(ge=1, le=2**63 - 1)]


def _moment(value: Any) -> Any:
    """A date means the end of that day (UTC), so that "as of" a day includes it; a time without zone is UTC."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    try:
        if len(text) == len("2026-01-31"):
            at = datetime.combine(date.fromisoformat(text), time.max, UTC)
        else:
            at = datetime.fromisoformat(text)
            at = at if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ValueError("is no date; write 2026-01-31 or 2026-01-31T12:00:00Z") from None
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise ValueError(f"lies outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return at


FIRST_YEAR, LAST_YEAR = 1970, 9000

Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema(
        {
            "type": "string",
            "examples": ["2026-01-31", "2026-01-31T12:00:00Z"],
            "description": "a date (the end of that day, UTC) or a time",
        }
    ),
]
"""A moment that somebody asks about."""
