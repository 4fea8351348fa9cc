"""What somebody says when they ask: what it is worth, what it is about, and where it comes from; checked here."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from awayteam.catalog.models import Entity
from awayteam.kernel.errors import InvalidInput
from awayteam.organisation.models import Team
from awayteam.requests import rules
from awayteam.requests.models import Kind
from awayteam.roadmaps.models import Goal

LONGEST_TITLE = 200
LONGEST_NEED = 20_000
LONGEST_PASTED = 50_000
MOST_EFFORT = 1_000


@dataclass(frozen=True, slots=True)
class Worth:
    """What it is worth to one asking team: points for each week of delay with their grounds, who gains, which goal."""

    value_per_week: Decimal = Decimal(0)
    grounds: str = ""
    customer_value: str = ""
    goal: Goal | None = None
    wanted_by: date | None = None


@dataclass(frozen=True, slots=True)
class Aim:
    """What in the home team's hands it is about, and what the asker found it by."""

    entity: Entity | None = None
    operation: str = ""
    path: str = ""
    pasted: str = ""
    routing: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request was before: its key in the other tracker, which is imported once, and its address there."""

    key: str | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """How the home team takes it on: effort in team-weeks (low, likely, high), the rank on its roadmap (None: the end),
    and the promised day (None: the day by which it is done with 85% odds)."""

    effort: tuple[Decimal, Decimal, Decimal]
    rank: int | None = None
    promised: date | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """An item of either team's roadmap that makes room: its new rank, or None to drop it."""

    item: int
    rank: int | None


UNKNOWN_WORTH, ANY_AIM, HERE = Worth(), Aim(), Origin()


def check_ask(kind: str, title: str, need: str, asking_team: Team, home_team: Team) -> None:
    """Raises `InvalidInput` with every field that can't be used."""
    problems: dict[str, str] = {}
    if kind not in Kind.values:
        problems["kind"] = f"choose from {', '.join(Kind.values)}"
    if not title.strip() or len(title) > LONGEST_TITLE or "\0" in title:
        problems["title"] = f"1 to {LONGEST_TITLE} characters"
    if not need.strip() or len(need) > LONGEST_NEED or "\0" in need:
        problems["need"] = "say what you need, in at most 20,000 characters"
    if asking_team.pk == home_team.pk:
        problems["home_team"] = "a team doesn't ask itself; put it on your roadmap"
    elif home_team.dissolved_at is not None:
        problems["home_team"] = f"{home_team} was dissolved; ask the team that owns this now"
    if asking_team.dissolved_at is not None:
        problems["asking_team"] = f"{asking_team} was dissolved"
    if problems:
        raise InvalidInput("This can't be asked like that.", "Mend the named fields.", problems)


def check_worth(worth: Worth) -> None:
    """Raises `InvalidInput`: the value is negative, absurd, or has no grounds."""
    problems: dict[str, str] = {}
    if not 0 <= worth.value_per_week <= rules.MOST_VALUE:
        problems["value_per_week"] = f"between 0 and {rules.MOST_VALUE:,}"
    elif worth.value_per_week and not worth.grounds.strip():
        problems["grounds"] = "say where the figure comes from; a guess is fine if it says so"
    for name in ("grounds", "customer_value"):
        if len(getattr(worth, name)) > 5_000 or "\0" in getattr(worth, name):
            problems[name] = "at most 5,000 characters"
    if problems:
        raise InvalidInput("The value can't be used.", "Mend the named fields.", problems)


def check_effort(effort: tuple[Decimal, Decimal, Decimal]) -> None:
    """Raises `InvalidInput` unless 0 < low <= likely <= high <= 1,000 team-weeks."""
    low, likely, high = effort
    if not 0 < low <= likely <= high <= MOST_EFFORT:
        what = f"low, likely and high must rise, above 0 and up to {MOST_EFFORT:,} team-weeks"
        raise InvalidInput("The effort can't be used.", "Estimate it in team-weeks.", {"effort": what})
