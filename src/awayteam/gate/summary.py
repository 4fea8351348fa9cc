"""What lists show of a verdict: one line, what the author is to its parts, and when the first clock runs out. Pure."""

from collections.abc import Mapping
from typing import Any

from awayteam.gate import words
from awayteam.gate.verdict import Standing, Verdict
from awayteam.gate.words import Names

_ORDER = tuple(Standing)


def columns(verdict: Verdict, names: Names | None = None) -> Mapping[str, Any]:
    """The columns `says`, `standings` and `due_at` of a `Change`, from the verdict as everybody may read it."""
    found = {one.standing for one in verdict.sections}
    return {
        "says": words.title(verdict, names=names)[:200],
        "standings": [one.value for one in _ORDER if one in found],
        "due_at": min((one.until for one in verdict.needs if one.until is not None), default=None),
    }
