"""What a question about the away map covers: the window of each repository, the reading, and what was left out."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Q

from awayteam.contributions.models import Reading, Repository, Standing, Stands
from awayteam.contributions.permissions import visible
from awayteam.contributions.rules import back_from, day, iso
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput, NotFound

CHUNK = 100
"""Windows in one statement; more than that are asked for in several."""
COUNTED = (Stands.HOME, Stands.AWAY, Stands.MIXED, Stands.UNOWNED)
LATEST = 4_102_444_800
"""The year 2100: times beyond it are no window's end."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody wants to see. `since` is a span (12mo, 2y, 90d), a date or "all"; `until` a date or "".

    `as_of` is "commit", "head", or "" for the default; `by` is "team" or "unit"; `repository` an id.
    """

    since: str = "12mo"
    until: str = ""
    as_of: str = ""
    by: str = "team"
    repository: int | None = None


@dataclass(frozen=True, slots=True)
class Window:
    repository: int
    start: int | None
    end: int


@dataclass(frozen=True, slots=True)
class Scope:
    """The windows that a choice means for the repositories that the actor may see."""

    choice: Choice
    reading: Reading
    windows: tuple[Window, ...]
    unread: int
    read_at: datetime | None

    @property
    def stands(self) -> str:
        """The column of the class in this reading."""
        return "stands_at_head" if self.reading is Reading.HEAD else "stands"

    @property
    def origin(self) -> str:
        return "origin_at_head" if self.reading is Reading.HEAD else "origin"

    @property
    def at_home(self) -> str:
        return "at_home_at_head" if self.reading is Reading.HEAD else "at_home"

    @property
    def readings(self) -> tuple[Reading, Reading]:
        """The readings of touches that count."""
        return (Reading.BOTH, self.reading)

    @property
    def first(self) -> int | None:
        """The earliest start of a window, None where one is open."""
        starts = [window.start for window in self.windows]
        return None if not starts or None in starts else min(start for start in starts if start is not None)

    @property
    def last(self) -> int | None:
        return max((window.end for window in self.windows), default=None)

    def chunks(self, prefix: str = "") -> Iterator[Q]:
        """Conditions on rows with a repository and a time; every row fits at most one of them."""
        grouped: dict[tuple[int | None, int], list[int]] = defaultdict(list)
        for window in self.windows:
            grouped[(window.start, window.end)].append(window.repository)
        groups = list(grouped.items())
        for at in range(0, len(groups), CHUNK):
            condition = Q()
            for (start, end), repositories in groups[at : at + CHUNK]:
                one = Q(**{f"{prefix}repository__in": repositories, f"{prefix}committed__lte": end})
                condition |= one & Q(**{f"{prefix}committed__gte": start}) if start is not None else one
            yield condition

    def as_json(self) -> dict[str, str | None]:
        return {"from": iso(self.first), "to": iso(self.last)}


def scope(actor: Actor, choice: Choice) -> Scope:
    """Two statements. Raises `InvalidInput` for a window that says nothing, `NotFound` for a repository unseen."""
    end = _checked(choice)
    rows = list(visible(actor, Repository.objects.all()).order_by("pk"))
    if choice.repository is not None:
        rows = [row for row in rows if row.pk == choice.repository]
        if not rows:
            raise NotFound("There is no such repository.", "See the list of repositories.")
    read = [row for row in rows if row.tip and row.newest is not None]
    windows = []
    for row in read:
        last = end if end is not None else row.newest or 0
        windows.append(Window(row.pk, back_from(last, choice.since), last))
    standing = Standing.objects.filter(pk=1).first()
    dated = bool(standing and standing.is_dated) or any(row.rule_versions > 1 for row in read)
    reading = {"commit": Reading.COMMIT, "head": Reading.HEAD}.get(
        choice.as_of, Reading.COMMIT if dated else Reading.HEAD
    )
    times = [row.last_success_at for row in read if row.last_success_at]
    return Scope(choice, reading, tuple(windows), len(rows) - len(read), min(times, default=None))


def _checked(choice: Choice) -> int | None:
    """The end of the window where one was given."""
    problems = {}
    end = None
    try:
        end = day(choice.until, end=True) if choice.until else None
    except ValueError as error:
        problems["until"] = str(error)
    try:
        back_from(end or LATEST, choice.since)
    except ValueError as error:
        problems["since"] = str(error)
    if choice.as_of not in ("", "commit", "head"):
        problems["as_of"] = "choose commit or head"
    if choice.by not in ("team", "unit"):
        problems["by"] = "choose team or unit"
    if problems:
        raise InvalidInput(" ".join(problems.values()).capitalize() + ".", "Correct the address.", problems)
    return end


def at(seconds: int | None) -> datetime | None:
    """A time for people; None where the calendar doesn't reach."""
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
