"""Which authors are bots or agents: patterns of the rulebook, `contributions.bots` and `contributions.more_bots`."""

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from awayteam import kernel

_DEFAULTS = Path(kernel.__file__).with_name("rulebook") / "defaults.toml"
_HYPHENS = str.maketrans(" _.+", "----")
_LONGEST = 200


class Bots:
    """Tells bots by name and address. `*` in a pattern stands for any text, nothing else is special; case doesn't
    count, and blanks, dots, underscores and plus signs count as hyphens. A pattern with @ is about addresses."""

    def __init__(self, patterns: Iterable[str] | None = None) -> None:
        """`patterns` None means those that ship."""
        chosen = [normal(pattern) for pattern in (shipped() if patterns is None else patterns)]
        self._name = _any_of(pattern for pattern in chosen if "@" not in pattern)
        self._email = _any_of(pattern for pattern in chosen if "@" in pattern)

    def __call__(self, name: str, email: str) -> bool:
        return bool(self._name.match(normal(name)) or self._email.match(normal(email)))


@cache
def shipped() -> tuple[str, ...]:
    """The patterns of the rulebook as it ships, read without the rest of it: a scan hasn't the time."""
    return tuple(tomllib.loads(_DEFAULTS.read_text(encoding="utf-8"))["contributions"]["bots"])


def normal(text: str) -> str:
    return text.strip()[:_LONGEST].casefold().translate(_HYPHENS)


def _any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    """One expression for all patterns, linear in the text: what a star has taken up is never given back."""
    return re.compile("|".join(map(_expression, patterns)) or r"(?!)", re.DOTALL)


def _expression(pattern: str) -> str:
    first, *rest = (re.escape(piece) for piece in re.split(r"\*+", pattern))
    if not rest:
        return first + r"\Z"
    middle = "".join(f"(?>.*?{piece})" for piece in rest[:-1])
    return f"{first}{middle}.*{rest[-1]}\\Z"
