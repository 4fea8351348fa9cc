"""The machine's checks of a design, over plain values: what forbids it, what should be known, what is fine."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

from awayteam.experiments.design import WHOLE, Design, Role


class Level(StrEnum):
    """`STOP` forbids the start; `WARN` stands on the design for everybody to see."""

    FINE = "fine"
    WARN = "warn"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Finding:
    key: str
    level: Level
    words: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Powered:
    """Power of one metric of success: units needed in all, None where the past isn't known."""

    metric: str
    title: str
    units: float | None
    detectable: float | None = None


@dataclass(frozen=True, slots=True)
class Other:
    """Another experiment at the same time. `share` is what it takes of the layer at most, out of 10,000."""

    pk: int
    title: str
    layer: str
    surface: str
    share: int


@dataclass(frozen=True, slots=True)
class AaRun:
    """False alarms among `runs` random splits of past units, at level `alpha`."""

    metric: str
    runs: int
    alarms: int
    alpha: float


def power(design: Design, found: Sequence[Powered]) -> list[Finding]:
    """Whether the planned days bring the sample that each metric of success needs."""
    if design.daily_units is None:
        advice = "Let it be measured from past traffic, or say how many units come each day."
        return [Finding("power", Level.STOP, "Nobody knows how many units come each day.", advice)]
    expected = design.daily_units * design.days * design.traffic / WHOLE
    made = []
    for one in found:
        if one.units is None or not isfinite(one.units):
            made.append(Finding(
                "power", Level.STOP,
                f"{one.title}: its past mean and spread aren't known, so nobody can tell its power.",
                "Measure it first, or enter both from what you know.",
            ))  # fmt: skip
        elif one.units > expected:
            days = one.units / max(design.daily_units * design.traffic / WHOLE, 1e-9)
            smallest = f"; these days find changes of {one.detectable:.2%} or more" if one.detectable else ""
            made.append(Finding(
                "power", Level.STOP,
                f"{one.title}: {one.units:,.0f} units are needed, {expected:,.0f} come in {design.days} days"
                f"{smallest}.",
                f"Run for {days:,.0f} days, take more traffic, or look for a larger change.",
            ))  # fmt: skip
        else:
            words = f"{one.title}: {one.units:,.0f} units are needed, {expected:,.0f} come."
            made.append(Finding("power", Level.FINE, words))
    return made


def guardrails(design: Design) -> list[Finding]:
    if design.of_role(Role.GUARDRAIL):
        return [Finding("guardrails", Level.FINE, "Guardrails are named, with their margins.")]
    advice = "Name at least one: how fast it is, errors, what people complain about, revenue."
    return [Finding("guardrails", Level.STOP, "No guardrail is named.", advice)]


def collisions(design: Design, others: Iterable[Other]) -> list[Finding]:
    """Experiments on the same surface outside of a common layer, and layers that are full."""
    made, known = [], list(others)
    for one in known:
        if design.surface and one.surface == design.surface and (one.layer != design.layer or not design.layer):
            made.append(Finding(
                "collisions", Level.WARN,
                f"Experiment {one.pk}, {one.title}, runs on the same surface outside of this layer.",
                "Put both into one layer, so that nobody sees both; or say why they don't touch.",
            ))  # fmt: skip
    taken = sum(one.share for one in known if design.layer and one.layer == design.layer)
    if design.layer and taken + design.needed_share > WHOLE:
        made.append(Finding(
            "collisions", Level.STOP,
            f"The layer {design.layer} has {(WHOLE - taken) / 100:g}% left; this experiment takes "
            f"{design.needed_share / 100:g}%.",
            "Take less traffic, wait, or choose another layer.",
        ))  # fmt: skip
    return made or [Finding("collisions", Level.FINE, "Nothing else runs on this surface or fills this layer.")]


def ratio(design: Design) -> list[Finding]:
    """Whether a sample ratio could be tested at all: every arm must expect enough units."""
    if design.daily_units is None:
        return []
    expected = design.daily_units * design.days * design.traffic / WHOLE
    thin = [one for one in design.arms if expected * one.share / WHOLE < 100]
    if thin:
        words = (
            f"{thin[0].key} expects {expected * thin[0].share / WHOLE:,.0f} units: too few to see a wrong sample ratio."
        )
        return [Finding("ratio", Level.STOP, words, "Give each arm at least a hundred units.")]
    return [Finding("ratio", Level.FINE, "Each arm expects enough units to see a wrong sample ratio.")]


def weeks(design: Design) -> list[Finding]:
    """Whole weeks, so that each weekday counts the same."""
    if design.days >= 7 and design.days % 7 == 0:
        return []
    advice = "People behave differently on weekends: whole weeks count each weekday the same."
    return [Finding("weeks", Level.WARN, f"{design.days} days are no whole weeks.", advice)]


def past(runs: Iterable[AaRun], *, missing: str = "") -> list[Finding]:
    """A/A runs: too many false alarms mean that units hang together or that values are too wild."""
    made = []
    for one in runs:
        rate = one.alarms / one.runs
        limit = one.alpha + 3 * (one.alpha * (1 - one.alpha) / one.runs) ** 0.5
        words = f"A/A on the past, {one.metric}: {one.alarms} false alarms in {one.runs} splits ({rate:.1%})."
        if rate > limit:
            advice = "Units may hang together (name a cluster), or a few values decide (winsorise them)."
            made.append(Finding("aa", Level.STOP, words, advice))
        else:
            made.append(Finding("aa", Level.FINE, words))
    if missing:
        made.append(
            Finding("aa", Level.WARN, f"No A/A run on past data: {missing}", "It runs once there are past data.")
        )
    return made


def forbid(found: Iterable[Finding]) -> list[Finding]:
    return [one for one in found if one.level is Level.STOP]
