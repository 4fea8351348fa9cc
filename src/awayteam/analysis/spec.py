"""What is measured, as people write it: `ctr=ratio(clicks/views, cuped=clicks_before/views_before)`. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

from awayteam.kernel.errors import InvalidInput

Kind = Literal["mean", "proportion", "ratio", "quantile"]
Role = Literal["success", "guardrail", "information"]
KINDS = ("mean", "proportion", "ratio", "quantile")
ROLES = ("success", "guardrail", "information")
PER = ("sum", "mean", "max", "min")
OPTIONS = ("cuped", "winsor", "cluster", "direction", "margin", "role", "per", "fill")
LONGEST, MOST = 2_000, 100
HELP = (
    "Write NAME=KIND(COLUMN, OPTION=VALUE...): spend=mean(spend), back=proportion(kept), ctr=ratio(clicks/views), "
    "slow=quantile(ms, 0.9). Names with other signs stand in double quotes."
)


@dataclass(frozen=True)
class Metric:
    """One metric. `columns`: the column, or those above and below a ratio's line; `covariates` the same before the
    start.

    `winsor`: the shares (low, high) beyond which values are cut to the quantile. `margin`: how much worse is still
    bearable, in the metric's unit or, with `margin_relative`, as a share of control. `per`: how a unit's rows become
    one value. `fill`: what stands for a missing value; None leaves the unit out.
    """

    name: str
    kind: Kind
    columns: tuple[str, ...]
    covariates: tuple[str, ...] = ()
    quantile: float | None = None
    winsor: tuple[float, float] | None = None
    cluster: str | None = None
    up: bool = True
    margin: float | None = None
    margin_relative: bool = False
    role: Role = "success"
    per: str | None = None
    fill: float | None = None
    text: str = field(default="", compare=False)

    @property
    def used(self) -> tuple[str, ...]:
        """Every column that the metric reads."""
        return (*self.columns, *self.covariates, *((self.cluster,) if self.cluster else ()))


def parse_all(texts: Sequence[str]) -> list[Metric]:
    """The metrics of a command; raises `InvalidInput`."""
    if not texts:
        raise InvalidInput("Name a metric.", HELP)
    if len(texts) > MOST:
        raise InvalidInput(f"{len(texts)} metrics are more than {MOST}.", "Ask for fewer at once.")
    metrics = [parse(text) for text in texts]
    names = [one.name for one in metrics]
    for name in names:
        if names.count(name) > 1:
            raise InvalidInput(f"Two metrics are called {name}.", "Give each a name of its own: NAME=KIND(...).")
    return metrics


def parse(text: str) -> Metric:
    """One metric from its text; raises `InvalidInput` that says what is wrong in it."""
    if len(text) > LONGEST:
        raise InvalidInput(f"A metric of {len(text):,} characters is too long.", HELP)
    shown = text if len(text) <= 120 else text[:120] + "…"

    def wrong(what: str) -> InvalidInput:
        return InvalidInput(f"Metric {shown!r}: {what}.", HELP)

    found = re.fullmatch(
        r"\s*(?:(?P<name>[^=()\"]+?)\s*=)?\s*(?P<kind>[A-Za-z_]+)\s*\((?P<body>.*)\)\s*", text, re.DOTALL
    )
    if not found:
        raise wrong("it isn't KIND(COLUMN)")
    kind = found["kind"].lower()
    if kind not in KINDS:
        raise wrong(f"{found['kind']!r} is none of {', '.join(KINDS)}")
    try:
        parts = _split(found["body"], ",")
        plain = [part for part in parts if len(_split(part, "=")) == 1]
        options = dict(_option(part) for part in parts if len(_split(part, "=")) != 1)
        if len(options) != len(parts) - len(plain):
            raise ValueError("an option stands twice")
        name = (found["name"] or "").strip() or re.sub(r"\s+", " ", found["body"].split(",")[0]).strip().strip('"')
        return _metric(name, cast(Kind, kind), plain, options, text)
    except ValueError as error:
        raise wrong(str(error)) from None


def _metric(name: str, kind: Kind, plain: list[str], options: dict[str, str], text: str) -> Metric:
    width = 2 if kind == "ratio" else 1
    if len(plain) != (2 if kind == "quantile" else 1):
        raise ValueError("a quantile wants a column and a share: quantile(x, 0.9)" if kind == "quantile"
                         else f"{kind} wants one column, and then options like cuped=COLUMN")  # fmt: skip
    columns = _columns(plain[0])
    if len(columns) != width:
        raise ValueError("a ratio wants two columns: ratio(a/b)" if width == 2 else "one column, not a/b")
    covariates = _columns(options["cuped"]) if "cuped" in options else ()
    if covariates and kind == "quantile":
        raise ValueError("cuped doesn't go with quantiles")
    if covariates and "cluster" in options:
        raise ValueError("cuped and cluster together aren't offered")
    if len(covariates) == 2 and kind != "ratio":
        raise ValueError("cuped=a/b goes with ratios; name one column")
    if kind == "quantile" and "cluster" in options:
        raise ValueError("cluster doesn't go with quantiles")
    if kind != "mean" and "winsor" in options:
        raise ValueError("winsor goes with means")
    up = {"up": True, "down": False}.get(options.get("direction", "up"))
    if up is None:
        raise ValueError("direction is up or down")
    margin, relative = _margin(options.get("margin"))
    role = options.get("role", "guardrail" if margin is not None else "success")
    if role not in ROLES:
        raise ValueError(f"role is one of {', '.join(ROLES)}")
    if options.get("per") not in (None, *PER):
        raise ValueError(f"per is one of {', '.join(PER)}")
    if not name or len(name) > 200:
        raise ValueError("its name is empty" if not name else "its name is too long")
    return Metric(
        name, kind, columns, covariates, _share(plain[1], "the quantile") if kind == "quantile" else None,
        _winsor(options.get("winsor")), _columns(options["cluster"])[0] if "cluster" in options else None, up, margin,
        relative, cast(Role, role), options.get("per"), _number(options["fill"], "fill") if "fill" in options else None,
        text.strip(),
    )  # fmt: skip


def _option(part: str) -> tuple[str, str]:
    key, *rest = _split(part, "=")
    key = key.strip().lower()
    if key not in OPTIONS or len(rest) != 1:
        raise ValueError(f"{key[:40]!r} is no option; there are {', '.join(OPTIONS)}")
    return key, rest[0].strip()


def _split(text: str, sign: str) -> list[str]:
    """Parts between signs that don't stand in double quotes."""
    parts, quoted = [""], False
    for letter in text:
        if letter == '"':
            quoted = not quoted
        if letter == sign and not quoted:
            parts.append("")
        else:
            parts[-1] += letter
    if quoted:
        raise ValueError("a double quote isn't closed")
    return parts


def _columns(text: str) -> tuple[str, ...]:
    names = []
    for part in _split(text, "/"):
        part = part.strip()
        if len(part) >= 2 and part[0] == part[-1] == '"':
            part = part[1:-1].replace('""', '"')
        if not part:
            raise ValueError("a column's name is missing")
        if "\x00" in part:
            raise ValueError("a column's name holds a zero byte")
        names.append(part)
    if len(names) > 2:
        raise ValueError("more than two columns; put a name with a slash in double quotes")
    return tuple(names)


def _number(text: str, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{what} is no number: {text[:40]!r}") from None
    if value - value != 0:
        raise ValueError(f"{what} must be finite")
    return value


def _share(text: str, what: str) -> float:
    value = _number(text.strip(), what)
    if not 0 < value < 1:
        raise ValueError(f"{what} lies between 0 and 1")
    return value


def _winsor(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    low, sign, high = text.rpartition(":")
    ends = (_number(low, "winsor") if sign else 0.0, _share(high, "winsor"))
    if not 0 <= ends[0] < ends[1]:
        raise ValueError("winsor is SHARE or LOW:HIGH")
    return ends


def _margin(text: str | None) -> tuple[float | None, bool]:
    if text is None:
        return None, False
    relative = text.endswith("%")
    value = _number(text.removesuffix("%"), "margin")
    if value < 0:
        raise ValueError("a margin is zero or more")
    return (value / 100 if relative else value), relative
