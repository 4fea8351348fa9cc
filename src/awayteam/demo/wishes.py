"""What the teams of the demonstration ask of each other just now, and what became of it so far; see wishes.toml."""

import tomllib
from dataclasses import dataclass, field
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class Move:
    """A verb that was done `days` ago by whoever had the turn then; "expire" lets the clock run out."""

    verb: str
    days: float
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Join:
    """Another team that asks for the same since `days` ago."""

    team: str
    value: int
    grounds: str
    days: float


@dataclass(frozen=True, slots=True)
class Say:
    """A comment of somebody of a team."""

    team: str
    words: str
    days: float


@dataclass(frozen=True, slots=True)
class Wish:
    """What `asking` asked of `home` `days` ago. `left` (minutes) has its clock end that soon instead. `into` is the key
    of the wish into which the home team merged it."""

    key: str
    kind: str
    asking: str
    home: str
    service: str
    title: str
    need: str
    value: int
    grounds: str
    days: float
    for_whom: str = ""
    away: str = ""
    left: int = 0
    into: str = ""
    wanted_in: int = 0
    operation: str = ""
    pasted: str = ""
    moves: tuple[Move, ...] = ()
    joins: tuple[Join, ...] = ()
    says: tuple[Say, ...] = ()


def _wish(row: dict[str, Any]) -> Wish:
    parts = {"moves": (Move, "move"), "joins": (Join, "join"), "says": (Say, "say")}
    made: dict[str, Any] = {name: tuple(kind(**one) for one in row.pop(key, ())) for name, (kind, key) in parts.items()}
    return Wish(**row, **made)


def read() -> tuple[Wish, ...]:
    """All of them, in the order of the file."""
    text = resources.files("awayteam.demo").joinpath("wishes.toml").read_text(encoding="utf-8")
    return tuple(_wish(row) for row in tomllib.loads(text)["wish"])


WISHES = read()
