"""The rules of flags: what they are for, when one decides nothing any more, and what a definition must be.

Pure functions over definitions, dates and `now`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from awayteam.flags.evaluating import BadDefinition, Flag, Problem, line_of, misspelt, read
from awayteam.flags.evaluating.flag import LONGEST_DEFINITION, LONGEST_KEY
from awayteam.flags.evaluating.text import written

KEY = re.compile(r"[^\W_](?:[\w.:-]*[^\W_])?")
RESERVED = frozenset({"environments", "new", "plans", "tokens"})
"""Words that stand in addresses where a key could."""
ENVIRONMENT = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")


class Purpose(StrEnum):
    """What a flag is for. Releases and experiments end; switches of operations and permissions stay."""

    EXPERIMENT = "experiment"
    OPERATIONS = "operations"
    PERMISSION = "permission"
    RELEASE = "release"


PASSING = frozenset({Purpose.EXPERIMENT, Purpose.RELEASE})


class Deed(StrEnum):
    """What a plan does."""

    DEFINE = "define"
    KILL = "kill"
    RELEASE = "release"


class Reach(StrEnum):
    """How far a token goes: `server` reads the ruleset and asks, `client` only asks."""

    CLIENT = "client"
    SERVER = "server"


class Lifecycle(StrEnum):
    """Where a flag stands in its life, as lists show it."""

    ARCHIVED = "archived"
    LIVE = "live"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Written:
    """A definition that was read: its JSON, the flag made from it, and what is doubtful though legal."""

    data: dict[str, Any]
    flag: Flag
    doubts: tuple[Problem, ...]


def read_definition(key: str, text: str, evaluators: Mapping[str, Any], *, as_is: bool = False) -> Written:
    """The definition of a flag from JSON. Raises `BadDefinition` with every problem and its line.

    `as_is` takes what has problems inside too, as flagd does: such a flag answers PARSE_ERROR.
    """
    data = read(text, LONGEST_DEFINITION)
    flag = Flag(key, data, evaluators)
    found = [Problem(written(path), what, line_of(text, path)) for path, what in flag.problems]
    if not isinstance(data, dict) or flag.kind is None or (found and not as_is):
        raise BadDefinition(found or [Problem("", "a flag is an object with variants", 1)])
    doubts = [Problem(written(path), what, line_of(text, path)) for path, what in misspelt(flag, data)]
    return Written(data, flag, tuple(doubts))


def wrong_key(key: str) -> str:
    """What is wrong with a new flag's key, "" where nothing is."""
    if len(key) > 200 or not KEY.fullmatch(key):
        return "letters, digits, and . : _ - between them; at most 200"
    return f"{key} is a word of ours; choose another" if key in RESERVED else ""


def everybody(data: Mapping[str, Any]) -> str:
    """The one variant that a definition can give ("" where several can, or the default in the code).

    Looks at what `if`, `fractional` and `experiment` lead to, and never evaluates.
    """
    variants = data.get("variants") if isinstance(data.get("variants"), dict) else {}
    if data.get("state", "ENABLED") != "ENABLED":
        return ""
    default = data.get("defaultVariant")
    targeting = data.get("targeting") or None
    found = {default} if targeting is None else _outcomes(targeting, default)
    only = next(iter(found)) if len(found) == 1 else None
    if not isinstance(only, str) or only not in (variants or {}):
        return ""
    return only if len(only) <= LONGEST_KEY and "\0" not in only else ""


UNKNOWN = object()


def _outcomes(rule: Any, default: Any, depth: int = 0) -> set[Any]:
    """Everything that a rule may give: names, None for the default in the code, `UNKNOWN` for what can't be told."""
    if rule is None:
        return {default}
    if isinstance(rule, bool):
        return {"true" if rule else "false"}
    if isinstance(rule, str):
        return {rule}
    if not isinstance(rule, dict) or len(rule) != 1 or depth > 64:
        return {UNKNOWN}
    name, args = next(iter(rule.items()))
    found: set[Any] = set()
    if name in ("if", "?:") and isinstance(args, list) and args:
        results = [one for number, one in enumerate(args) if number % 2 or number == len(args) - 1]
        for one in results if len(args) % 2 else [*results, None]:
            found |= _outcomes(one, default, depth + 1)
        return found
    if name == "fractional" and isinstance(args, list):
        for one in args:
            if isinstance(one, list) and one and not (len(one) > 1 and one[1] == 0):
                found |= _outcomes(one[0], default, depth + 1)
        return found | {default}
    return {UNKNOWN}


def stale(
    purpose: str, remove_on: date | None, kept_until: date | None, unmoved_since: date | None, today: date, days: int
) -> str:
    """Why a flag's team is asked whether it may go, "" where nothing speaks for it.

    `unmoved_since` is since when every environment has given everybody the same variant (None: some still decides).
    """
    if kept_until is not None and today < kept_until:
        return ""
    if remove_on is not None and remove_on < today:
        return f"Its date of removal was {remove_on:%-d %B %Y}."
    if purpose in PASSING and unmoved_since is not None and unmoved_since + timedelta(days=days) <= today:
        return f"Everybody has had the same variant since {unmoved_since:%-d %B %Y}."
    return ""
