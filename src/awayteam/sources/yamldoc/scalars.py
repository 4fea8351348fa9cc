"""What a plain scalar means: the core schema of YAML 1.2, and nothing more.

`yes`, `no`, `on`, `off` and dates are strings. What JSON can't hold stays the text that was written: `.inf`, `.nan`,
integers beyond 64 bits, numbers beyond a double.
"""

import math
import re

Scalar = str | int | float | bool | None

_INT = re.compile(r"[-+]?[0-9]+\Z")
_OCT = re.compile(r"0o[0-7]{1,21}\Z")
_HEX = re.compile(r"0x[0-9a-fA-F]{1,16}\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]{1,300}|[0-9]{1,300}(?:\.[0-9]{0,300})?)(?:[eE][-+]?[0-9]{1,4})?\Z")
_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
AMBIGUOUS = frozenset("0123456789+-.~tTfFnN")
"""Characters with which a plain scalar that isn't a string may begin."""
_SMALLEST, _LARGEST = -(2**63), 2**64 - 1


def resolve(text: str) -> Scalar:
    """The value of the plain scalar `text`."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in AMBIGUOUS:
        return text
    if _INT.match(text):
        return _within(int(text), text) if len(text) <= 21 else text
    if _OCT.match(text):
        return _within(int(text[2:], 8), text)
    if _HEX.match(text):
        return _within(int(text[2:], 16), text)
    if _FLOAT.match(text):
        value = float(text)
        return value if math.isfinite(value) else text
    return text


def _within(value: int, text: str) -> Scalar:
    return value if _SMALLEST <= value <= _LARGEST else text
