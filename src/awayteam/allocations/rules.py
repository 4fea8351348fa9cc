"""Rates, periods, budgets and growth as pure functions of plain values. Source: P14 of the mission, ADR 0015."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Per(StrEnum):
    """The time that a rate counts requests in."""

    SECOND = "second"
    HOUR = "hour"
    DAY = "day"


A_DAY = {Per.SECOND: 86_400, Per.HOUR: 24, Per.DAY: 1}
"""How often each fits into a day."""
MOST_DAILY = 10**12
"""Calls a day that a rate may come to at most; so the sum over a million of them stays within 64 bits."""
MOST_TEXT = 10_000
EARLIEST, LATEST = date(2000, 1, 1), date(2999, 12, 31)


@dataclass(frozen=True, slots=True)
class Rate:
    """`calls` in each `per`, evenly: 50 a second are 4,320,000 a day. Bursts are for quotas, not for budgets."""

    calls: int
    per: Per

    @property
    def daily(self) -> int:
        """Calls a day."""
        return self.calls * A_DAY[self.per]

    def __str__(self) -> str:
        return f"{self.calls:,} a {self.per}"


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day to the last, both included."""

    starts: date
    ends: date

    @property
    def days(self) -> int:
        return (self.ends - self.starts).days + 1

    def holds(self, day: date) -> bool:
        return self.starts <= day <= self.ends

    def meets(self, other: "Period") -> bool:
        """Whether they have a day in common."""
        return self.starts <= other.ends and other.starts <= self.ends


def wrong_rate(rate: Rate) -> dict[str, str]:
    """What is wrong with a rate, by field."""
    if rate.calls < 1:
        return {"rate": "must be 1 at least"}
    if rate.calls > MOST_DAILY // A_DAY[rate.per]:
        return {"rate": f"can be {MOST_DAILY // A_DAY[rate.per]:,} a {rate.per} at most"}
    return {}


def wrong_period(period: Period, today: date, days_max: int, *, past: bool = False) -> dict[str, str]:
    """What is wrong with a period that somebody asks for, by field; with `past` it may have begun before today."""
    wrong: dict[str, str] = {}
    if not EARLIEST <= period.starts <= LATEST:
        wrong["starts"] = f"lies outside the years {EARLIEST.year} to {LATEST.year}"
    elif period.starts < today and not past:
        wrong["starts"] = "lies before today"
    elif period.starts > today + timedelta(days=days_max):
        wrong["starts"] = f"lies more than {days_max} days ahead"
    if not EARLIEST <= period.ends <= LATEST:
        wrong["ends"] = f"lies outside the years {EARLIEST.year} to {LATEST.year}"
    elif period.ends < period.starts:
        wrong["ends"] = "lies before the first day"
    elif period.ends < today:
        wrong["ends"] = "lies before today"
    elif period.days > days_max:
        wrong["ends"] = f"is more than {days_max} days after the first day; renew it later"
    return wrong


def needs_reason(asked: Rate, granted: Rate, *, capacity: int | None, given: int) -> str:
    """Why a grant needs a reason: it is less than asked, or more than the provider has; "" where it needs none.

    `given` are the calls a day that others were granted in the same days; `capacity` None where nobody says.
    """
    if granted.daily < asked.daily:
        return "Less is granted than was asked"
    if capacity is not None and given + granted.daily > capacity:
        return f"With it {given + granted.daily:,} calls a day are granted of {capacity:,} that the provider can serve"
    return ""


class Effect(StrEnum):
    """What a new grant does to an earlier one of the same consumer and provider."""

    AMENDS = "amends"
    RENEWS = "renews"
    NONE = "none"


def effect(earlier: Period, new: Period) -> Effect:
    """A grant that begins after another's last day renews it; one with days in common replaces it from its first on."""
    if new.starts > earlier.ends:
        return Effect.RENEWS
    return Effect.AMENDS if new.meets(earlier) else Effect.NONE


def last_day(earlier: Period, new: Period) -> date:
    """Until when the earlier grant holds beside the new one; before its first day where it never does."""
    return min(earlier.ends, new.starts - timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant as sums need it: calls a day, from the first to the last day."""

    daily: int
    period: Period


def most_granted(grants: Iterable[Grant], within: Period) -> int:
    """The most calls a day that are granted together on any day of `within`."""
    near = [one for one in grants if one.period.meets(within)]
    days = {within.starts, *(one.period.starts for one in near if within.holds(one.period.starts))}
    return max((sum(one.daily for one in near if one.period.holds(day)) for day in days), default=0)


def percent(part: float, whole: float) -> float | None:
    """Part of the whole in per cent; None where there is no whole."""
    return 100 * part / whole if whole > 0 else None


class Kind(StrEnum):
    """Why use is found to grow. The first that fits, in this order, names a finding."""

    STEP = "step"
    SPIKE = "spike"
    RAMP = "ramp"
    SHARE = "share"


@dataclass(frozen=True, slots=True)
class Sign:
    """What the nightly look saw of one use: `level` calls a day now, `usual` expected; `share` of the allocation in
    per cent, None without one. `score` is 0 for what was found by the share alone."""

    kind: Kind
    score: float
    usual: float
    level: float
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """The newest finding about the same use: its state, until when it was answered and at which level (None: not)."""

    state: str
    level: float
    until: date | None
    closed_on: date | None


class Reaction(StrEnum):
    """What a sign leads to."""

    FIND = "find"
    RISE = "rise"
    UPDATE = "update"
    NOTHING = "nothing"


def reaction(sign: Sign, known: Known | None, today: date, *, rise_percent: int, again_days: int) -> Reaction:
    """Whether a sign is a new finding, a further rise of one that was answered, news about an open one, or nothing.

    What was answered isn't asked again until its date or a further rise; what nobody answered comes again later.
    """
    if known is None:
        return Reaction.FIND
    risen = sign.level > known.level * (1 + rise_percent / 100)
    if known.closed_on is None:
        if known.state in ("open", "overdue"):
            return Reaction.UPDATE
        return Reaction.RISE if risen else Reaction.NOTHING
    if known.state == "lapsed" and not risen and today < known.closed_on + timedelta(days=again_days):
        return Reaction.NOTHING
    if known.state == "ended" and sign.kind is Kind.SPIKE and not risen:
        return Reaction.NOTHING
    return Reaction.FIND


def suggested(level: float, per: Per) -> int:
    """The rate that a request for more begins with: a fourth above the level, in round figures."""
    wanted = max(level * 1.25 / A_DAY[per], 1)
    size: int = 10 ** max(len(str(int(wanted))) - 2, 0)
    return min(int(-(-wanted // size)) * size, MOST_DAILY // A_DAY[per])


def answer_wrong(until: date | None, today: date, days_max: int) -> dict[str, str]:
    """What is wrong with the date of an answer, by field."""
    if until is None:
        return {"until": "is needed: until when does it hold?"}
    if until <= today:
        return {"until": "must lie after today"}
    if until > today + timedelta(days=days_max):
        return {"until": f"can lie {days_max} days ahead at most"}
    return {}


def agenda_due(last: date | None, today: date, days: int) -> bool:
    """Whether the next agendas are to be made."""
    return last is None or today >= last + timedelta(days=days)
