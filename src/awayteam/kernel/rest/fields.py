"""Types of single values in requests: what is outside them is refused before any action or query sees it."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints


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
