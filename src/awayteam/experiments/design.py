"""What an experiment was designed to be: pure values, their one written form, and what is wrong with them.

The written form (`plain`) is canonical JSON; its SHA-256 is what a registration is known by. Shares are whole
hundredths of a percent (10,000 are all), so that they add up exactly; effects and margins are relative (0.02 is 2%).
"""

import hashlib
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

WHOLE = 10_000
MOST_ARMS, MOST_METRICS, MOST_SEGMENTS, MOST_RAMP = 10, 20, 8, 10
KEY = re.compile(r"[a-z][a-z0-9_-]{0,62}")
LONGEST_TEXT = 5_000


class MetricKind(StrEnum):
    """How the values of a unit become one number of an arm."""

    MEAN = "mean"
    """The sum of a unit's values, averaged over units; 0 for who has none."""
    PROPORTION = "proportion"
    """The share of units with at least one event."""
    RATIO = "ratio"
    """All values over all values of another event: the average order, clicks for each view."""
    QUANTILE = "quantile"
    """A quantile of single values, by units: the slowest twentieth of pages."""
    RETENTION = "retention"
    """The share of units with an event at least `after_days` after they were first exposed."""


class Direction(StrEnum):
    UP = "up"
    DOWN = "down"


class Role(StrEnum):
    """What a metric is for in one experiment."""

    SUCCESS = "success"
    GUARDRAIL = "guardrail"
    SECONDARY = "secondary"


class Horizon(StrEnum):
    SEQUENTIAL = "sequential"
    FIXED = "fixed"


class Correction(StrEnum):
    HOLM = "holm"
    BH = "benjamini-hochberg"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A metric as it was when it was registered; later changes of its definition don't reach it.

    `winsor` is the quantile above which values of units count as that quantile, 1.0 where none is cut. `cluster`
    names the property of an exposure by which units hang together ("" where each stands for itself).
    """

    key: str
    title: str
    kind: MetricKind
    direction: Direction
    event: str
    over: str = ""
    quantile: float = 0.5
    after_days: int = 0
    winsor: float = 1.0
    cluster: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A metric in this experiment. `effect`: the smallest relative change worth finding; `margin`: the largest relative
    harm that is accepted. `mean` and `deviation` are those of a unit before the experiment, None where unknown."""

    metric: Metric
    role: Role
    effect: float | None = None
    margin: float | None = None
    mean: float | None = None
    deviation: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    key: str
    title: str = ""
    share: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ramp:
    """`traffic` (hundredths of a percent) from `hours` after the start."""

    hours: int
    traffic: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """The first arm is the control. `daily_units` is traffic a day: measured, where `traffic_source` says so."""

    hypothesis: str
    unit: str
    arms: tuple[Arm, ...]
    uses: tuple[Use, ...]
    days: int
    traffic: int = WHOLE
    layer: str = ""
    surface: str = ""
    segments: tuple[str, ...] = ()
    ramp: tuple[Ramp, ...] = ()
    alpha: float = 0.05
    power: float = 0.8
    horizon: Horizon = Horizon.SEQUENTIAL
    correction: Correction = Correction.HOLM
    cuped_days: int = 0
    daily_units: float | None = None
    traffic_source: str = ""
    time_zone: str = "UTC"
    customers: bool = False

    @property
    def control(self) -> Arm:
        return self.arms[0]

    @property
    def treatments(self) -> tuple[Arm, ...]:
        return self.arms[1:]

    def of_role(self, role: Role) -> tuple[Use, ...]:
        return tuple(one for one in self.uses if one.role is role)

    @property
    def needed_share(self) -> int:
        """The share of the layer that it takes at most, with its ramp."""
        return max([self.traffic, *(one.traffic for one in self.ramp)])


EMPTY: dict[str, Any] = {
    "hypothesis": "", "unit": "user", "uses": [], "days": 14,
    "arms": [
        {"key": "control", "title": "As it is", "share": 5_000}, {"key": "treatment", "title": "", "share": 5_000},
    ],
}  # fmt: skip


def plain(design: Design) -> dict[str, Any]:
    """As JSON has it, in the order of the fields."""
    return asdict(design)


def text_of(values: Mapping[str, Any]) -> str:
    """The canonical text that is hashed: sorted keys, no spaces, no NaN. Raises `ValueError` for what isn't JSON."""
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def read(values: Mapping[str, Any]) -> Design:
    """A design from its written form. Raises `ValueError` that says what can't be read."""
    try:
        known = {one.name for one in fields(Design)}
        given = {name: value for name, value in values.items() if name in known}
        given["arms"] = tuple(_arm(one) for one in _many(values, "arms"))
        given["uses"] = tuple(_use(one) for one in _many(values, "uses"))
        given["ramp"] = tuple(
            Ramp(hours=int(one["hours"]), traffic=int(one["traffic"])) for one in _many(values, "ramp")
        )
        given["segments"] = tuple(str(one) for one in _many(values, "segments"))
        for name, kind in (("horizon", Horizon), ("correction", Correction)):
            if name in given:
                given[name] = kind(given[name])
        return Design(**given)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"a part is missing or of the wrong kind: {error}") from error


def _many(values: Mapping[str, Any], name: str) -> Sequence[Any]:
    found = values.get(name) or ()
    if not isinstance(found, list | tuple):
        raise ValueError(f"{name} must be a list")
    return found


def _arm(one: Mapping[str, Any]) -> Arm:
    return Arm(key=str(one["key"]), title=str(one.get("title", "")), share=int(one["share"]))


def _use(one: Mapping[str, Any]) -> Use:
    return Use(**{**one, "metric": metric_of(one["metric"]), "role": Role(one["role"])})


def metric_of(values: Mapping[str, Any]) -> Metric:
    known = {one.name for one in fields(Metric)}
    given = {name: value for name, value in values.items() if name in known}
    return Metric(**given | {"kind": MetricKind(values["kind"]), "direction": Direction(values["direction"])})


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a design, and in which of its fields."""

    field: str
    words: str


@dataclass
class _Found:
    problems: list[Problem] = field(default_factory=list)

    def unless(self, good: bool, name: str, words: str) -> None:
        if not good:
            self.problems.append(Problem(name, words))


def problems(design: Design) -> list[Problem]:
    """Everything that keeps a design from being checked at all; each with the field where it is mended."""
    found = _Found()
    found.unless(
        len(design.hypothesis.strip()) >= 20, "hypothesis", "Say what you change, for whom, and what you expect."
    )
    found.unless(len(design.hypothesis) <= LONGEST_TEXT, "hypothesis", f"At most {LONGEST_TEXT:,} characters.")
    found.unless(bool(KEY.fullmatch(design.unit)), "unit", "One word in small letters: user, account, device.")
    found.unless(1 <= design.days <= 366, "days", "From 1 to 366 days.")
    found.unless(1 <= design.traffic <= WHOLE, "traffic", "More than 0% and at most 100%.")
    found.unless(0.0001 <= design.alpha <= 0.2, "alpha", "From 0.0001 to 0.2.")
    found.unless(0.5 <= design.power <= 0.99, "power", "From 0.5 to 0.99.")
    found.unless(0 <= design.cuped_days <= 90, "cuped_days", "From 0 to 90 days.")
    daily = design.daily_units
    found.unless(daily is None or 0 < daily < 1e12, "daily_units", "A number of units a day above 0.")
    found.unless(_zone(design.time_zone), "time_zone", f"There is no time zone {design.time_zone[:40]!r}.")
    for name, text in (("layer", design.layer), ("surface", design.surface)):
        found.unless(len(text) <= 100 and "\0" not in text, name, "At most 100 characters.")
    found.problems += [*_arms(design.arms), *_uses(design.uses), *_ramp(design), *_segments(design.segments)]
    return found.problems


def _zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _arms(arms: Sequence[Arm]) -> Iterator[Problem]:
    keys = [one.key for one in arms]
    if not 2 <= len(arms) <= MOST_ARMS:
        yield Problem("arms", f"From 2 to {MOST_ARMS} arms; the first is the control.")
    if len(set(keys)) < len(keys):
        yield Problem("arms", "Two arms have the same name.")
    if bad := [one for one in keys if not KEY.fullmatch(one)]:
        yield Problem("arms", f"{bad[0][:40]!r} is no name of an arm: small letters, digits, - and _.")
    if any(one.share < 1 for one in arms):
        yield Problem("arms", "Every arm needs a share above 0%.")
    if sum(one.share for one in arms) != WHOLE:
        yield Problem("arms", f"The shares add up to {sum(one.share for one in arms) / 100:g}%, not to 100%.")


def _uses(uses: Sequence[Use]) -> Iterator[Problem]:
    keys = [one.metric.key for one in uses]
    if len(set(keys)) < len(keys):
        yield Problem("uses", "A metric is named twice.")
    if len(uses) > MOST_METRICS:
        yield Problem("uses", f"At most {MOST_METRICS} metrics.")
    if not any(one.role is Role.SUCCESS for one in uses):
        yield Problem("uses", "Name at least one metric of success, with the smallest change worth finding.")
    for one in uses:
        if one.role is Role.SUCCESS and not (one.effect is not None and 0 < one.effect <= 10):
            yield Problem("uses", f"{one.metric.title}: name the smallest change worth finding, above 0%.")
        if one.role is Role.GUARDRAIL and not (one.margin is not None and 0 < one.margin <= 1):
            yield Problem(
                "uses", f"{one.metric.title}: name the largest harm that you accept, above 0% and at most 100%."
            )


def _ramp(design: Design) -> Iterator[Problem]:
    steps = design.ramp
    if len(steps) > MOST_RAMP:
        yield Problem("ramp", f"At most {MOST_RAMP} steps.")
    if any(not 1 <= one.hours <= 24 * 366 or not 1 <= one.traffic <= WHOLE for one in steps):
        yield Problem("ramp", "Each step names hours after the start, and a share above 0% and at most 100%.")
    pairs = list(itertools.pairwise(steps))
    if any(before.hours >= after.hours for before, after in pairs):
        yield Problem("ramp", "The steps stand in the order of their hours.")
    shares = [design.traffic, *(one.traffic for one in steps)]
    if shares != sorted(shares):
        yield Problem("ramp", "A ramp only goes up: nobody who is enrolled is sent away.")


def _segments(names: Iterable[str]) -> Iterator[Problem]:
    found = list(names)
    if len(found) > MOST_SEGMENTS or len(set(found)) < len(found):
        yield Problem("segments", f"At most {MOST_SEGMENTS} segments, each once.")
    if bad := [one for one in found if not KEY.fullmatch(one)]:
        yield Problem("segments", f"{bad[0][:40]!r} is no name of a segment: small letters, digits, - and _.")


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Which parts of two written designs differ: (name, old, new), in the order of the names."""
    names = sorted({*old, *new})
    return [(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)]
