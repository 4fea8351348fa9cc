"""When use is evidence enough to change an owner, and what contradicts it. Source: specs/usage.md, "Evidence, ranked".

Plain values only; times are aware datetimes, shares 0 to 1.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from json import dumps
from typing import Any

HOUR = timedelta(hours=1)
NAMED = 5
"""Consumers that a sentence names at most."""


@dataclass(frozen=True, slots=True)
class Use:
    """What one consumer was seen to do. `team` is None where nobody knows whose it is. `calls` are estimated from what
    was seen and its sampling."""

    ref: str
    label: str
    team: int | None
    team_label: str
    calls: float
    last: datetime


@dataclass(frozen=True, slots=True)
class Coverage:
    """What one source saw from `since` until `until`: the share `sampling` of all calls, nothing in the `gaps`.

    `lost` is the share of what it saw whose caller it couldn't tell (unpaired, dropped).
    """

    source: str
    since: datetime
    until: datetime
    sampling: float
    gaps: tuple[tuple[datetime, datetime], ...] = ()
    lost: float = 0.0


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of the use of one thing. `owner` is the owning team, None where it is owned by no team."""

    owner: int | None
    uses: tuple[Use, ...]
    coverage: tuple[Coverage, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """From the rulebook: days that a window spans at least, the rarest miss allowed, the calls of the smallest consumer
    that must not be missed, and how long a gap, how large a loss and how old the newest look may be."""

    window_days: int
    miss_max: float
    calls_least: int
    gap_hours: int
    lost_max: float
    fresh_hours: int


class Finding(StrEnum):
    """What the uses say, whatever they are worth."""

    SOLE = "sole"
    NONE = "none"
    OWN = "own"
    SEVERAL = "several"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`team` is the only one that uses the thing, where `finding` is SOLE. `doubts` are sentences why this isn't enough
    to change an owner; empty where it is. `miss` is the chance that the smallest consumer that counts was missed by the
    best source, None where there is no source."""

    finding: Finding
    team: int | None
    doubts: tuple[str, ...]
    miss: float | None
    source: str = ""

    @property
    def enough(self) -> bool:
        return not self.doubts


def miss(sampling: float, calls: int) -> float:
    """The chance of not seeing any of so many calls: (1 - p)^n."""
    if not 0.0 <= sampling <= 1.0:
        raise ValueError(f"sampling is a share between 0 and 1, not {sampling}")
    return (1.0 - sampling) ** max(calls, 0)


def judge(facts: Facts, limits: Limits, now: datetime) -> Verdict:
    """What the use says about who should own the thing, and what speaks against relying on it.

    One source must be good enough alone: two that each see half the time would need to be known to be independent.
    """
    finding, team, doubts = _finding(facts)
    judged = [(doubts_of(one, limits, now), miss(one.sampling, limits.calls_least), one) for one in facts.coverage]
    if not judged:
        return Verdict(finding, team, (*doubts, "Nothing observes its use."), None)
    best = min(judged, key=lambda one: (len(one[0]), one[1], one[2].source))
    return Verdict(finding, team, (*doubts, *best[0]), best[1], best[2].source)


def _finding(facts: Facts) -> tuple[Finding, int | None, tuple[str, ...]]:
    strangers = [one for one in facts.uses if one.team is None]
    if strangers:
        return Finding.UNKNOWN, None, (f"Nobody knows whose these consumers are: {named(strangers)}.",)
    teams = {one.team for one in facts.uses}
    others = sorted(team for team in teams if team is not None and team != facts.owner)
    if not teams:
        return Finding.NONE, None, ()
    if not others:
        return Finding.OWN, None, ("The owning team uses it itself.",)
    if facts.owner in teams:
        return Finding.SEVERAL, None, ("The owning team uses it too.",)
    if len(others) > 1:
        return Finding.SEVERAL, None, (f"{len(others)} teams use it.",)
    return Finding.SOLE, others[0], ()


def doubts_of(coverage: Coverage, limits: Limits, now: datetime) -> tuple[str, ...]:
    """Why this source can't carry a change of owner, as sentences; empty where it can."""
    said = []
    span = coverage.until - coverage.since
    if span < timedelta(days=limits.window_days) - HOUR:
        said.append(f"{coverage.source} looks back {span.days} days; {limits.window_days} cover quarterly jobs.")
    if now - coverage.until > limits.fresh_hours * HOUR:
        said.append(f"{coverage.source} has seen nothing since {coverage.until:%Y-%m-%d}.")
    chance = miss(coverage.sampling, limits.calls_least)
    if chance > limits.miss_max:
        said.append(
            f"{coverage.source} samples {coverage.sampling:.2%}: it misses a consumer of {limits.calls_least:,} calls "
            f"with a chance of {chance:.1%}, and {limits.miss_max:.1%} is allowed."
        )
    holes = [(a, b) for a, b in coverage.gaps if b - a > limits.gap_hours * HOUR]
    if holes:
        said.append(f"{coverage.source} saw nothing for {_hours(holes):,.0f} hours in {len(holes)} gaps.")
    if coverage.lost > limits.lost_max:
        said.append(f"{coverage.source} couldn't tell the caller of {coverage.lost:.1%} of what it saw.")
    return tuple(said)


def _hours(holes: Iterable[tuple[datetime, datetime]]) -> float:
    return sum((b - a) / HOUR for a, b in holes)


def gaps(seen: Iterable[tuple[datetime, datetime]], since: datetime, until: datetime) -> tuple[Any, ...]:
    """The times between `since` and `until` that none of the spans `seen` covers, in order."""
    found, at = [], since
    for start, end in sorted(seen):
        if start > at:
            found.append((at, min(start, until)))
        at = max(at, end)
        if at >= until:
            break
    if at < until:
        found.append((at, until))
    return tuple((a, b) for a, b in found if a < b)


def named(uses: Sequence[Use]) -> str:
    """ "a, b and 3 more": the heaviest first."""
    ordered = sorted(uses, key=lambda one: (-one.calls, one.label))
    labels = [one.label for one in ordered[:NAMED]]
    more = f" and {len(ordered) - NAMED} more" if len(ordered) > NAMED else ""
    return ", ".join(labels) + more


def contradictions(
    facts: Facts, *, expected: frozenset[int], since: datetime, known: frozenset[str] = frozenset()
) -> tuple[str, ...]:
    """What was seen after `since` that the evidence denied: use by the owner, by teams that weren't `expected`, by
    nobody knows whom (but for the references in `known`). Sentences; empty where it still holds."""
    fresh = [one for one in facts.uses if one.last > since]
    said = []
    strange = [one for one in fresh if one.team is None and one.ref not in known]
    if strange:
        said.append(f"Consumers of no known team use it: {named(strange)}.")
    for team in sorted({one.team for one in fresh if one.team is not None and one.team not in expected}):
        mine = [one for one in fresh if one.team == team]
        who = "The owning team" if team == facts.owner else mine[0].team_label
        said.append(f"{who} uses it: {named(mine)}.")
    return tuple(said)


@dataclass(frozen=True, slots=True)
class Belonging:
    """Where something belongs by what was measured: `team` makes `use` of its calls and `changes` of its commits."""

    team: int
    use: float
    changes: float


@dataclass(frozen=True, slots=True)
class BelongingLimits:
    """Least shares of calls and commits, and the least commits of the team that count."""

    use: float
    changes: float
    commits: int


def shares(facts: Facts) -> dict[int, float]:
    """The share of each team in all calls, those of unknown consumers included in the whole."""
    calls: Counter[int | None] = Counter()
    for one in facts.uses:
        calls[one.team] += one.calls  # type: ignore[assignment] # a counter may hold estimates
    whole = sum(calls.values())
    return {team: n / whole for team, n in calls.items() if team is not None} if whole else {}


def belongs(facts: Facts, commits: Mapping[int, int], all_commits: int, limits: BelongingLimits) -> Belonging | None:
    """The team that both uses the thing most and changes it most, where the limits are met; None for the owner."""
    used = shares(facts)
    fit = [
        Belonging(team, used[team], commits[team] / all_commits)
        for team in used.keys() & commits.keys()
        if team != facts.owner and all_commits and commits[team] >= limits.commits
        and used[team] >= limits.use and commits[team] / all_commits >= limits.changes
    ]  # fmt: skip
    return max(fit, key=lambda one: (one.use + one.changes, -one.team), default=None)


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a checklist as the rules see it."""

    number: int
    text: str
    done: bool


def unmet(lines: Iterable[Item]) -> list[str]:
    """What keeps a handover from being accepted, a sentence for each line."""
    return [f"Line {line.number} isn't ticked: {line.text}" for line in lines if not line.done]


@dataclass(frozen=True, slots=True)
class Parties:
    """Of whom a succession is: teams by id, and whether they still are there. `owner` is the owner in force."""

    giver: int | None
    receiver: int | None
    owner: int | None
    receiver_there: bool
    thing_there: bool
    transfer: bool = field(default=True)


def overtaken(parties: Parties) -> str:
    """Why a succession can't go on, as a sentence; "" where it can."""
    if not parties.thing_there:
        return "What it is about is gone."
    if parties.transfer and not parties.receiver_there:
        return "The team that would get it is gone."
    if parties.transfer and parties.owner == parties.receiver:
        return "The team owns it already, by another way."
    if parties.owner != parties.giver:
        return "Its owner changed another way."
    return ""


def frozen(document: Mapping[str, Any]) -> str:
    """The hash of evidence as it is kept: SHA-256 of its JSON with sorted keys and no spaces."""
    text = dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return sha256(text.encode()).hexdigest()
