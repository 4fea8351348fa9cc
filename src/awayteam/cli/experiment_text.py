"""Scorecards and plans as text: a table, intervals drawn in it, what the rule recommends and what isn't known."""

from collections.abc import Mapping, Sequence
from typing import Any

import typer

from awayteam.cli.shared import table

WIDTH = 31


def show(result: Mapping[str, Any]) -> None:
    """A scorecard for people."""
    arms, srm = result["arms"], result["srm"]
    total = sum(arms.values())
    share = srm["designed"]
    table(
        ("arm", "units", "share", "designed"),
        [(_name(arm, result), f"{n:,}", f"{n / total:.2%}" if total else "", f"{share.get(arm, 0):.2%}")
         for arm, n in arms.items()],
    )  # fmt: skip
    said = "not to be judged" if srm["p"] is None else f"p {_p(srm['p'], sign='= ')}"
    typer.echo(f"Sample ratio: {said}{': BLOCKED, no result below may be believed' if srm['blocked'] else ''}")
    for reason in srm["reasons"]:
        typer.echo(f"  {reason}")
    typer.echo("")
    _rows(result["metrics"], result["alpha"])
    _how(result)
    for segment in result.get("segments", ()):
        blocked = " (sample ratio mismatch)" if segment["srm"]["blocked"] else ""
        typer.echo(f"\nSegment {segment['segment'] if segment['segment'] is not None else '(none)'}{blocked}")
        _rows(segment["metrics"], result["alpha"])
    if result.get("segments"):
        typer.echo("Segments are for ideas: with many of them some differ by chance (--correct holm).")
    for day in result.get("days", ()):
        typer.echo(f"\nUntil {day['day']}: {', '.join(f'{arm} {n:,}' for arm, n in day['arms'].items())}")
        _rows(day["metrics"], result["alpha"])
    _advice(result)


def _name(arm: str, result: Mapping[str, Any]) -> str:
    return f"{arm} (control)" if arm == result["control"] else arm


def _rows(rows: Sequence[Mapping[str, Any]], alpha: float) -> None:
    reach = max((max(map(abs, row["relative_interval"])) for row in rows if row["relative_interval"]), default=0.0)
    table(
        ("metric", "arm", "n", "control", "this arm", "effect", "relative", f"{1 - alpha:.0%} interval", _axis(reach),
         "p", ""),
        [
            (
                row["name"], row["arm"], f"{row['n']:,}", _figure(row["control_mean"]), _figure(row["mean"]),
                _figure(row["effect"], sign=True), _percent(row["relative"]), _between(row),
                drawn(row["relative_interval"], reach), _p(row["p_adjusted"]), _word(row),
            )
            for row in rows
        ],
    )  # fmt: skip


def _axis(reach: float) -> str:
    return f"{_percent(-reach)} … {_percent(reach)}" if reach else ""


def drawn(interval: Sequence[float] | None, reach: float) -> str:
    """An interval on a line from -reach to reach, zero in its middle."""
    if interval is None or not reach:
        return ""
    line = ["·"] * WIDTH
    middle = WIDTH // 2
    low, high = (round(middle + end / reach * middle) for end in interval)
    for at in range(max(0, low), min(WIDTH - 1, high) + 1):
        line[at] = "─"
    line[max(0, low)], line[min(WIDTH - 1, high)] = "├", "┤"
    line[middle] = "┼" if low <= middle <= high else "│"
    return "".join(line)


def _between(row: Mapping[str, Any]) -> str:
    if row["relative_interval"]:
        low, high = row["relative_interval"]
        return f"{_percent(low)} to {_percent(high)}"
    if row["interval"]:
        low, high = row["interval"]
        return f"{_figure(low, sign=True)} to {_figure(high, sign=True)}"
    return "unknown"


def _word(row: Mapping[str, Any]) -> str:
    if row["broken"]:
        return "not computed"
    words = [word for word in ("better", "worse") if row[word]]
    if row["margin"] is not None and row["non_inferior"] is not None:
        words.append(
            "safe" if row["non_inferior"] else "beyond the margin" if row["inferior"] else "margin not settled"
        )
    return ", ".join(words)


def _figure(value: float | None, *, sign: bool = False) -> str:
    if value is None:
        return ""
    digits = f"{value:+,.5g}" if sign else f"{value:,.5g}"
    return digits if "e" not in digits or abs(value) < 1e-4 else f"{value:+,.0f}" if sign else f"{value:,.0f}"


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:+.2%}" if abs(value) < 1 else f"{value:+.0%}"


def _p(value: float | None, *, sign: str = "") -> str:
    return "" if value is None else "< 0.0001" if value < 0.0001 else f"{sign}{value:.4f}"


def _how(result: Mapping[str, Any]) -> None:
    if result["method"] == "sequential":
        found = result["sequence"]
        typer.echo(
            f"Sequential: look as often as you like. Intervals are narrowest at {found['tuned_to'] or 0:,} units "
            f"({found['tuned_by']}{'; name yours with --planned' if found['tuned_by'] != 'plan' else ''})."
        )
    else:
        typer.echo("Fixed: right for one look, at a size settled beforehand. Looking often makes false alarms.")
    if result["correction"] != "none":
        named = {"holm": "Holm", "bh": "Benjamini and Hochberg"}[result["correction"]]
        typer.echo(f"p-values are corrected across metrics and arms after {named}.")
    some = [row for row in result["metrics"] if row.get("posterior")]
    if some and not result["srm"]["blocked"]:
        typer.echo(
            f"Second view, Bayesian with a {some[0]['posterior']['prior']} prior; not protected against looking often:"
        )
        for row in some:
            seen = row["posterior"]
            typer.echo(f"  {row['name']}, {row['arm']}: better with probability {seen['better']:.1%}, "
                       f"expected loss {_figure(seen['loss'])}")  # fmt: skip


def _advice(result: Mapping[str, Any]) -> None:
    typer.echo("")
    for one in result["advice"]:
        typer.echo(f"Rule, arm {one['arm']}: {one['outcome']} ({'; '.join(one['reasons'])})")
    unknown = dict.fromkeys([*result["remarks"], *(text for one in result["advice"] for text in one["unknown"])])
    if unknown:
        typer.echo("Not known:")
        for text in unknown:
            typer.echo(f"  {text}")


def show_plan(result: Mapping[str, Any]) -> None:
    """A design for people."""
    relative = f" ({_percent(result['relative'])} of control)" if result["relative"] is not None else ""
    lines = [
        f"Units:   {result['units']:,} in all, {' : '.join(f'{n:,}' for n in result['units_per_arm'])} by arm",
        f"Effect:  {_figure(result['effect'], sign=True)}{relative}",
        f"Power:   {result['power']:.1%} at alpha {result['alpha']:g}, {result['method']}",
    ]
    if result["days"] is not None:
        weeks = -(-result["days"] // 7)
        lines.append(
            f"Runtime: {result['days']:,} days; {weeks} whole week{'s' if weeks != 1 else ''} weigh all weekdays alike"
        )
    if result["method"] == "sequential":
        lines.append(
            f"Looking {result['looks']} times, it ends after {result['expected_units']:,} units on average "
            "where the effect is real"
        )
    mark = {"units": 0, "effect": 1, "power": 2}[result["solved"]]
    for at, line in enumerate(lines):
        typer.echo(f"{line}   <- computed" if at == mark else line)
