"""How a key of the rulebook is declared."""

from collections.abc import Callable
from dataclasses import field
from typing import Any


def rule(
    documentation: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    check: Callable[[Any], str | None] | None = None,
) -> Any:
    """A key: its documentation, its bounds (of numbers, or of each number in a list), and a check of its own.

    `check` gets the value and returns what is wrong with it, or None.
    """
    return field(metadata={"doc": documentation, "minimum": minimum, "maximum": maximum, "check": check})
