"""What people are told: states, outcomes, and how numbers of a scorecard read."""

from typing import Any

from awayteam.experiments.machine import State
from awayteam.experiments.rules import Outcome, Standing

STATES = {
    State.DRAFT: "draft", State.CHECKED: "checked", State.IN_REVIEW: "in review", State.READY: "ready to start",
    State.RUNNING: "running", State.STOPPED: "to be decided", State.DECIDED: "decided", State.CLEANED_UP: "done",
    State.WITHDRAWN: "withdrawn",
}  # fmt: skip
DOING = {
    State.DRAFT: "finish the design and have it checked", State.CHECKED: "register the design",
    State.IN_REVIEW: "follow or override what the bar raiser says", State.READY: "start it",
    State.RUNNING: "leave it alone until it ends", State.STOPPED: "read the scorecard and decide",
    State.DECIDED: "remove the flag and the losing code",
}  # fmt: skip
OUTCOMES = {
    Outcome.SHIP: "ship", Outcome.DONT_SHIP: "don’t ship", Outcome.DISCUSS: "discuss", Outcome.INVALID: "invalid",
}  # fmt: skip
STANDINGS = {
    Standing.IMPROVED: "improves", Standing.HARMED: "gets worse", Standing.WITHIN: "within its margin",
    Standing.BEYOND: "beyond its margin", Standing.OPEN: "can’t be told",
}  # fmt: skip


def percent(value: float | None, digits: int = 1) -> str:
    """A relative change with its sign: "+2.3%"; "—" where there is none."""
    if value is None:
        return "—"
    text = f"{value:+.{digits}%}"
    return text.replace("-", "\N{MINUS SIGN}")


def interval(low: float | None, high: float | None) -> str:
    return "no interval" if low is None or high is None else f"{percent(low)} to {percent(high)}"


def value(number: float | None, one: dict[str, Any]) -> str:
    """A metric's own value in its unit."""
    if number is None:
        return "—"
    if one.get("is_share"):
        return f"{number:.2%}"
    text = f"{number:,.4g}" if abs(number) < 1e6 else f"{number:,.0f}"
    return f"{text} {one['unit']}".strip()


def share(out_of_ten_thousand: int) -> str:
    return f"{out_of_ten_thousand / 100:g}%"
