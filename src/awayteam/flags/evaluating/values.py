"""What values mean to rules: JSON as JavaScript sees it, because that is what JSONLogic was written for.

Everything here takes any JSON value and never raises.
"""

import math
from typing import Any

NAN = math.nan
LONGEST_NUMBER = 64
"""Characters of a text that may still be a number."""


def truthy(value: Any) -> bool:
    """Empty texts, empty lists, 0, null and what is no number are false; every object is true."""
    if isinstance(value, dict):
        return True
    if isinstance(value, float) and value != value:
        return False
    return bool(value)


def number(value: Any) -> float:
    """The value as a number: null and "" are 0, what can't be read is not a number (`nan`)."""
    if isinstance(value, int | float):
        return _finite(value)
    if value is None:
        return 0
    if isinstance(value, str):
        return _read(value.strip())
    return NAN


def _finite(value: float) -> float:
    try:
        return value if isinstance(value, float) else int(value) if -(2**63) <= value < 2**63 else float(value)
    except OverflowError:
        return NAN


def _read(text: str) -> float:
    if not text:
        return 0
    if len(text) > LONGEST_NUMBER or not text.isascii() or text.strip("+-0123456789.eE"):
        return NAN
    try:
        return _finite(int(text))
    except ValueError:
        try:
            return float(text)
        except ValueError:
            return NAN


def tidy(value: float) -> float | int | None:
    """A result of arithmetic: whole numbers as such, nothing for what is none or without end."""
    if not math.isfinite(value):
        return None
    return int(value) if value == int(value) and abs(value) < 2**53 else float(value)


def text(value: Any) -> str:
    """The value as `cat` writes it: null is empty, 2.0 is "2"."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if abs(value) < 2**63 else text(number(value))
    if isinstance(value, float):
        return str(int(value)) if math.isfinite(value) and value == int(value) and abs(value) < 1e21 else repr(value)
    if isinstance(value, list | tuple):
        return ",".join(text(one) if not isinstance(one, list | tuple | dict) else "" for one in value)
    return "[object Object]" if isinstance(value, dict) else str(value)


def loosely_equal(one: Any, other: Any) -> bool:
    """`==`: numbers, texts and booleans are compared as numbers unless both are texts; null equals only null."""
    if one is None or other is None:
        return one is other
    if isinstance(one, str) and isinstance(other, str):
        return one == other
    if isinstance(one, list | dict) or isinstance(other, list | dict):
        return type(one) is type(other) and _same(one, other)
    return number(one) == number(other)


def strictly_equal(one: Any, other: Any) -> bool:
    """`===`: the same kind of value, and the same value; 1 and 1.0 are both numbers."""
    return kind(one) == kind(other) and _same(one, other)


def _same(one: Any, other: Any) -> bool:
    try:
        return bool(one == other)
    except RecursionError:
        return False


def less(one: Any, other: Any) -> bool:
    """`<`: texts by their characters, all else as numbers; false where one of them is none."""
    if isinstance(one, str) and isinstance(other, str):
        return one < other
    return number(one) < number(other)


def at_most(one: Any, other: Any) -> bool:
    """`<=`, as `less`."""
    if isinstance(one, str) and isinstance(other, str):
        return one <= other
    return number(one) <= number(other)


def kind(value: Any) -> str:
    """The JSON kind of a value: "boolean", "string", "number", "null", "array" or "object"."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, int | float):
        return "number"
    return "array" if isinstance(value, list | tuple) else "object"
