"""Semantic versions as targeting compares them: semver.org 2.0.0, with a leading "v" and missing parts allowed."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

LONGEST = 256
_NUMBER = r"(?:0|[1-9][0-9]{0,17})"
_VERSION = re.compile(
    rf"[vV]?({_NUMBER})(?:\.({_NUMBER}))?(?:\.({_NUMBER}))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?"
)

Version = tuple[tuple[int, int, int], tuple[int, tuple[tuple[int, int, str], ...]]]
"""Major, minor and patch; then 1 for a release, or 0 with the identifiers of what comes before it. They compare so."""


def parse(value: Any) -> Version | None:
    """The version that a text or number names ("v1.2", 2); None where it names none. Build metadata is left out."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, int) and not 0 <= value < 10**18:
        return None
    return _parse(value if isinstance(value, str) else f"{value:g}" if isinstance(value, float) else str(value))


@lru_cache(maxsize=4096)
def _parse(text: str) -> Version | None:
    found = _VERSION.fullmatch(text.strip()) if len(text) <= LONGEST else None
    if found is None:
        return None
    major, minor, patch, before = found.groups()
    numbers = (int(major), int(minor or 0), int(patch or 0))
    if before is None:
        return numbers, (1, ())
    parts = before.split(".")
    if not all(parts):
        return None
    return numbers, (0, tuple((0, int(one), "") if one.isdecimal() else (1, 0, one) for one in parts))


COMPARISONS: dict[str, Callable[[Version, Version], bool]] = {
    "=": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
    "^": lambda one, other: one[0][0] == other[0][0],
    "~": lambda one, other: one[0][:2] == other[0][:2],
}
"""`^` asks for the same major version, `~` for the same major and minor one, as flagd defines them."""
