"""What a scorecard recommends, what forbids to read it, and what a change of allocation may do: pure.

The rule (specs/experiments.md): ship if at least one metric of success improves and every guardrail is non-inferior.
Estimates and intervals are relative changes against the control, signed as measured (not turned by direction).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from awayteam.experiments.design import WHOLE, Direction, Role

SRM = "sample-ratio"
TWO_ARMS = "units-in-two-arms"
DEAD_ARM = "traffic-at-zero"
NO_DATA = "no-data"


class Outcome(StrEnum):
    SHIP = "ship"
    DONT_SHIP = "dont-ship"
    DISCUSS = "discuss"
    INVALID = "invalid"


class Standing(StrEnum):
    """What is known of one metric in one arm. `WITHIN`: non-inferior; `BEYOND`: worse by more than the margin."""

    IMPROVED = "improved"
    HARMED = "harmed"
    WITHIN = "within"
    BEYOND = "beyond"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Measured:
    """One metric in one arm: the relative change and its interval at the corrected level; None where none can be
    told. `significant` is after correction."""

    metric: str
    title: str
    role: Role
    direction: Direction
    change: float | None
    low: float | None
    high: float | None
    margin: float | None = None
    significant: bool = False

    @property
    def good(self) -> tuple[float, float] | None:
        """The interval turned so that more is better."""
        if self.low is None or self.high is None:
            return None
        return (self.low, self.high) if self.direction is Direction.UP else (-self.high, -self.low)


@dataclass(frozen=True, slots=True)
class Blocker:
    """Why a scorecard must not be read: what was found, and what to do."""

    key: str
    words: str
    advice: str


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What the rule says, with its reasons; `arm` is the one to ship, "" where none is. `unknown`: what it doesn't
    know. `early`: the planned sample wasn't reached."""

    outcome: Outcome
    arm: str
    reasons: tuple[str, ...]
    unknown: tuple[str, ...]
    early: bool


def standing(one: Measured) -> Standing:
    """Where a metric stands. A guardrail is judged against its margin, the others against zero."""
    turned = one.good
    if turned is None:
        return Standing.OPEN
    low, high = turned
    if one.role is Role.GUARDRAIL and one.margin is not None:
        if low > -one.margin:
            return Standing.WITHIN
        return Standing.BEYOND if high < -one.margin else Standing.OPEN
    if one.significant and low + high > 0:
        return Standing.IMPROVED
    return Standing.HARMED if one.significant else Standing.OPEN


def recommend(arms: Mapping[str, Sequence[Measured]], blockers: Sequence[Blocker], *, reached: bool) -> Recommendation:
    """What the rule says of all arms: the best that may be shipped, else the mildest of what remains.

    `reached`: the planned sample was reached, so that silence of a metric counts as no effect worth finding.
    """
    early = not reached
    if blockers:
        return Recommendation(Outcome.INVALID, "", tuple(one.words for one in blockers), (), early)
    answers = [(_arm(found, reached), key, _best(found)) for key, found in arms.items()]
    if not answers:
        return Recommendation(Outcome.INVALID, "", ("Nothing was measured.",), (), early)
    order = (Outcome.SHIP, Outcome.DISCUSS, Outcome.DONT_SHIP, Outcome.INVALID)
    (outcome, reasons), arm, _value = min(answers, key=lambda one: (order.index(one[0][0]), -one[2]))
    many = len(answers) > 1
    told = tuple(f"{arm}: {text}" if many else text for text in reasons)
    return Recommendation(outcome, arm if outcome is Outcome.SHIP else "", told, tuple(_unknown(arms, many)), early)


def _best(found: Iterable[Measured]) -> float:
    """The largest gain of a metric of success, to choose between arms that may all be shipped."""
    turned = [one.good for one in found if one.role is Role.SUCCESS]
    return max((sum(pair) / 2 for pair in turned if pair is not None), default=0.0)


def _arm(found: Sequence[Measured], reached: bool) -> tuple[Outcome, list[str]]:
    known = [(one, standing(one)) for one in found]
    improved = [one for one, word in known if one.role is Role.SUCCESS and word is Standing.IMPROVED]
    harmed = [one for one, word in known if one.role is Role.SUCCESS and word is Standing.HARMED]
    beyond = [one for one, word in known if one.role is Role.GUARDRAIL and word is Standing.BEYOND]
    unsure = [one for one, word in known if one.role is Role.GUARDRAIL and word is Standing.OPEN]
    bad = [f"{one.title} is worse by more than its margin." for one in beyond]
    bad += [f"{one.title} got worse." for one in harmed]
    if bad and not improved:
        return Outcome.DONT_SHIP, bad
    if improved and not bad and not unsure:
        reasons = [f"{one.title} improves." for one in improved]
        return Outcome.SHIP, [*reasons, "No guardrail is worse by more than its margin."]
    if improved:
        open_ones = [f"{one.title} may be worse by more than its margin; the data can't tell." for one in unsure]
        return Outcome.DISCUSS, [*(f"{one.title} improves." for one in improved), *bad, *open_ones]
    if reached:
        return Outcome.DONT_SHIP, ["No metric of success improves, with the sample that was planned to find it."]
    return Outcome.DISCUSS, ["No metric of success improves yet, and the planned sample wasn't reached."]


def _unknown(arms: Mapping[str, Sequence[Measured]], many: bool) -> Iterable[str]:
    for key, found in arms.items():
        for one in found:
            if standing(one) is Standing.OPEN:
                where = f"{key}: " if many else ""
                yield f"{where}{one.title}: {_range(one)}"


def _range(one: Measured) -> str:
    if one.low is None or one.high is None:
        return "no interval can be told from these data."
    return f"anything from {one.low:+.1%} to {one.high:+.1%} fits the data."


def follows(chosen: Outcome, recommended: Outcome) -> bool:
    """Whether a decision keeps to the rule. Where the rule leaves it to a discussion, both answers do."""
    if recommended is Outcome.DISCUSS:
        return chosen is not Outcome.INVALID
    return chosen in (recommended, Outcome.DISCUSS) if recommended is not Outcome.INVALID else chosen is recommended


@dataclass(frozen=True, slots=True)
class Counted:
    """Units of an epoch: how many were seen in each arm, and the shares that were designed (out of 10,000)."""

    epoch: int
    seen: Mapping[str, int]
    designed: Mapping[str, int]


def counted_blockers(epochs: Iterable[Counted], in_two_arms: int) -> list[Blocker]:
    """What the counts alone forbid; the test of sample ratios comes with the statistics."""
    found = []
    if in_two_arms:
        found.append(Blocker(
            TWO_ARMS, f"{in_two_arms:,} {'unit was' if in_two_arms == 1 else 'units were'} seen in two arms.",
            "Find what assigns them anew: another key, a cache, a second call before the answer. Then start again.",
        ))  # fmt: skip
    for one in epochs:
        for arm, number in one.seen.items():
            if number and not one.designed.get(arm):
                found.append(Blocker(
                    DEAD_ARM,
                    f"{number:,} units were exposed to {arm} in epoch {one.epoch}, where it has 0% of traffic.",
                    "An exposure is logged that assignment didn't make: look for a default or an override in the code.",
                ))  # fmt: skip
    return found


def wrong_allocation(
    arms: Sequence[str],
    dropped: Sequence[str],
    shares: Mapping[str, int],
    drop: Sequence[str],
    traffic: tuple[int, int],
) -> dict[str, str]:
    """What is wrong with a new allocation: field to words. `shares` count for units that it takes in; `dropped` were
    before, `drop` go now. Whoever is enrolled keeps their arm, so shares change nothing unless traffic grows."""
    wrong: dict[str, str] = {}
    gone, (old, new) = {*dropped, *drop}, traffic
    if set(shares) != set(arms):
        wrong["arms"] = f"name every arm once: {', '.join(arms)}"
    elif any(share < 0 for share in shares.values()) or sum(shares.values()) != WHOLE:
        wrong["arms"] = f"the shares add up to {sum(shares.values()) / 100:g}%, not to 100%"
    elif back := [arm for arm in gone if shares[arm]]:
        wrong["arms"] = f"{min(back)} is dropped and gets nobody; an arm doesn't come back"
    if unknown := sorted(set(drop) - set(arms)):
        wrong["drop"] = f"there is no arm {unknown[0]}"
    elif arms[0] in drop:
        wrong["drop"] = f"{arms[0]} is the control; without it nothing can be compared"
    elif len(set(arms) - gone) < 2:
        wrong["drop"] = "keep two arms at least; else stop the experiment"
    if not 1 <= new <= WHOLE:
        wrong["traffic"] = "more than 0% and at most 100%"
    elif new < old:
        wrong["traffic"] = f"it only goes up from {old / 100:g}%: nobody who is enrolled is sent away"
    elif new == old and not set(drop) - set(dropped):
        wrong["traffic"] = (
            "nothing would change: those who are enrolled keep their arms, so take more traffic or drop one"
        )
    return wrong


def free_range(taken: Sequence[tuple[int, int]], wanted: int) -> tuple[int, int] | None:
    """The first gap of `wanted` slots in a layer, as (with, without); None where there is none."""
    start = 0
    for low, high in sorted(taken):
        if low - start >= wanted:
            return start, start + wanted
        start = max(start, high)
    return (start, start + wanted) if WHOLE - start >= wanted else None
