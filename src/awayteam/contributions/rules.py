"""Home and away: the definitions of the away map as pure functions (specs: the away map)."""

import calendar
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum


class Class(StrEnum):
    """How a commit stands to the owned areas that it touches."""

    HOME = "home"
    AWAY = "away"
    MIXED = "mixed"
    UNOWNED = "unowned"


class AuthorClass(StrEnum):
    """Who an author is to the organisation; these stay apart in every number."""

    MEMBER = "member"
    MEMBER_WITHOUT_TEAM = "member without team"
    OUTSIDER = "outsider"
    UNRESOLVED = "unresolved"
    BOT = "bot"


def classify(belongs: Iterable[bool]) -> Class:
    """The class of a commit from one answer for each owned area touched: does the author belong to its owners?"""
    answers = set(belongs)
    if not answers:
        return Class.UNOWNED
    if answers == {True}:
        return Class.HOME
    return Class.AWAY if answers == {False} else Class.MIXED


@dataclass(frozen=True, slots=True)
class Window:
    """Committer times that count, in seconds since 1970 UTC: from inclusive, to inclusive; `start` None is open."""

    start: int | None
    end: int

    def __contains__(self, seconds: int) -> bool:
        return (self.start is None or seconds >= self.start) and seconds <= self.end


_SPAN = re.compile(r"(\d{1,4})\s*(mo|months?|y|years?|w|weeks?|d|days?)\Z")


def back_from(end: int, since: str) -> int | None:
    """Where a window that ends at `end` begins. `since`: `12mo`, `2y`, `6w`, `90d`, a date, or `all` (None).

    Raises `ValueError` that says what is accepted.
    """
    since = since.strip().lower()
    if since == "all":
        return None
    span = _SPAN.match(since)
    if span is None:
        return day(since)
    count, unit = int(span[1]), span[2]
    if unit[0] in "wd":
        return end - count * (604_800 if unit[0] == "w" else 86_400)
    months = count if unit.startswith("mo") else 12 * count
    try:
        moment = datetime.fromtimestamp(end, UTC)
        year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
        last = calendar.monthrange(year, month + 1)[1]
        return int(moment.replace(year=year, month=month + 1, day=min(moment.day, last)).timestamp())
    except (ValueError, OverflowError, OSError, calendar.IllegalMonthError):
        return None


def day(text: str, *, end: bool = False) -> int:
    """The start (or the last second) of a day `YYYY-MM-DD` in UTC, or a full ISO time. Raises `ValueError`."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            moment = datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
            return int((moment + timedelta(days=1, seconds=-1) if end else moment).timestamp())
        moment = datetime.fromisoformat(text)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except ValueError:
        raise ValueError(f"{text!r} is no span (12mo, 2y, 6w, 90d), no date (2025-01-31) and not `all`") from None


def date_of(seconds: int) -> date:
    """The UTC day; times beyond what the calendar holds are taken to its ends."""
    try:
        return datetime.fromtimestamp(seconds, UTC).date()
    except (ValueError, OverflowError, OSError):
        return date.min if seconds < 0 else date.max


def iso(seconds: int | None) -> str | None:
    """A time as JSON has it."""
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return None


DEFINITIONS = {
    "window": "Commits by committer date, counted back from each repository's newest commit unless --until is given; "
    "both ends inclusive, UTC.",
    "commits": "Merges are left out. total = human + bot + duplicates; no_files are human commits that touch no file.",
    "duplicates": "A commit found in several of the repositories (same id, or same author, author time, subject and "
    "file names) counts in the first one named.",
    "area": "The files that one rule decides about.",
    "home": "The author belongs to the owners of every owned area that the commit touches.",
    "away": "The author belongs to the owners of none of the owned areas that the commit touches.",
    "mixed": "The author belongs to the owners of some of the owned areas that the commit touches.",
    "unowned": "Nobody owns any of the commit's files.",
    "belongs": "The author is named in the rule or is a member of a team named there.",
    "members_only": "The same classes, commits of the organisation's members alone.",
    "authors": "resolved: linked to a person of the organisation, or, without organisation files, to a name in the "
    "rules; outsiders: a known login that is neither; unresolved: nothing known; members_without_team are among the "
    "resolved. Bots are counted in commits only.",
    "flows": "Commits and file changes from the author's team to the owners of an area; from and to are the same where "
    "the author belongs to the owners. A commit counts once for each pair.",
    "areas": "commits that touch the area: home where the author belongs to its owners, else away; authors are people; "
    "top_author_share is the share of the commits of the one who made most.",
    "latency": "Hours from the first commit of a branch (author date) to its merge, for branches merged with a merge "
    "commit; a branch is away where one of its commits is. Squashed and rebased branches leave no trace of their "
    "beginning (author date and commit date are those of the merge), so their latency is unknown, not estimated.",
}
