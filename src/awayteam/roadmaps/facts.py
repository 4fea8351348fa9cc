"""What is a good value for a fact of goals, items, documents and notes. Pure; every finding names its field."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from awayteam.kernel.errors import InvalidInput
from awayteam.roadmaps.choices import Direction, GoalKind, ItemKind

LONGEST_TITLE = 300
LONGEST_TEXT = 50_000
LONGEST_WORD = 200
MOST_EFFORT = Decimal(1000)
MOST_VALUE = Decimal(1_000_000_000)
MOST_NUMBER = Decimal(10) ** 15
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2200, 12, 31)
PERIOD = re.compile(r"\d{4}(-(Q[1-4]|0[1-9]|1[0-2]))?")
Problems = dict[str, str]


def refuse(problems: Problems, what: str) -> None:
    """Raise `InvalidInput` where there are problems."""
    if problems:
        raise InvalidInput(what, "Mend what is listed.", problems)


def text(problems: Problems, field: str, value: object, longest: int, *, needed: bool = False) -> None:
    """A text that can be stored, of at most `longest` characters."""
    if not isinstance(value, str):
        problems[field] = "must be a text"
    elif "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        problems[field] = "holds a character that can't be stored"
    elif needed and not value.strip():
        problems[field] = "must not be empty"
    elif len(value) > longest:
        problems[field] = f"has {len(value)} characters; at most {longest} fit"


def choice(problems: Problems, field: str, value: object, values: Sequence[str]) -> None:
    if value not in list(values):
        problems[field] = f"must be one of {', '.join(values)}"


def number(
    problems: Problems, field: str, value: Decimal, *, least: Decimal = -MOST_NUMBER, most: Decimal = MOST_NUMBER
) -> None:
    """A finite number within bounds."""
    if not value.is_finite() or not least <= value <= most:
        problems[field] = f"must be a number from {least:,f} to {most:,f}"


def day(problems: Problems, field: str, value: date) -> None:
    if not FIRST_DAY <= value <= LAST_DAY:
        problems[field] = f"must lie between {FIRST_DAY} and {LAST_DAY}"


def span(problems: Problems, starts: date, ends: date) -> None:
    day(problems, "starts", starts)
    day(problems, "ends", ends)
    if ends < starts:
        problems["ends"] = "lies before the start"


def effort(problems: Problems, low: Decimal, likely: Decimal, high: Decimal) -> None:
    """Team-weeks of at least a hundredth, in order."""
    for name, value in (("effort_low", low), ("effort_likely", likely), ("effort_high", high)):
        number(problems, name, value, least=Decimal("0.01"), most=MOST_EFFORT)
    if not problems.keys() & {"effort_low", "effort_likely", "effort_high"} and not low <= likely <= high:
        problems["effort_likely"] = "must lie between the low and the high effort"


def item(
    problems: Problems, *, title: str, description: str, kind: str, value_per_week: Decimal, promised: date | None
) -> None:
    text(problems, "title", title, LONGEST_TITLE, needed=True)
    text(problems, "description", description, LONGEST_TEXT)
    choice(problems, "kind", kind, [one.value for one in ItemKind])
    number(problems, "value_per_week", value_per_week, least=Decimal(0), most=MOST_VALUE)
    if promised is not None:
        day(problems, "promised_on", promised)


def goal(problems: Problems, *, kind: str, title: str, statement: str, starts: date, ends: date) -> None:
    choice(problems, "kind", kind, [one.value for one in GoalKind])
    text(problems, "title", title, LONGEST_TITLE, needed=True)
    text(problems, "statement", statement, LONGEST_TEXT)
    span(problems, starts, ends)


def key_result(
    problems: Problems, *, title: str, unit: str, baseline: Decimal, target: Decimal, direction: str
) -> None:
    text(problems, "title", title, LONGEST_TITLE, needed=True)
    text(problems, "unit", unit, 60)
    choice(problems, "direction", direction, [one.value for one in Direction])
    number(problems, "baseline", baseline)
    number(problems, "target", target)
    if "target" in problems or "baseline" in problems:
        return
    if target == baseline or (target > baseline) != (direction == Direction.UP):
        problems["target"] = f"doesn't lie {'above' if direction == Direction.UP else 'below'} the baseline"


def figure(problems: Problems, *, name: str, period: str, unit: str, planned: Decimal, actual: Decimal | None) -> None:
    text(problems, "name", name, LONGEST_WORD, needed=True)
    text(problems, "unit", unit, 60)
    if not PERIOD.fullmatch(period):
        problems["period"] = "must be written as 2026, 2026-Q4 or 2026-11"
    number(problems, "planned", planned)
    if actual is not None:
        number(problems, "actual", actual)


def capacity_note(
    problems: Problems, *, starts: date, ends: date, share: Decimal | None, people: Decimal | None
) -> None:
    span(problems, starts, ends)
    if (share is None) == (people is None):
        problems["share"] = "say either the share of the time or the number of people"
    if share is not None:
        number(problems, "share", share, least=Decimal(0), most=Decimal(2))
    if people is not None:
        number(problems, "people", people, least=Decimal(0), most=Decimal(1000))


def slug(title: str) -> str:
    """The title as it stands in an address: small letters, digits and hyphens; "document" where nothing is left."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    made = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:100].strip("-")
    return made if made not in {"", "new"} else "document"


def progress(baseline: Decimal, target: Decimal, value: Decimal | None) -> float | None:
    """How far a key result has come from its baseline (0) to its target (1), or beyond. None: unmeasured."""
    return None if value is None else float((value - baseline) / (target - baseline))
