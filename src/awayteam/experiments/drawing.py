"""Charts of scorecards as SVG drawn by the server, each with the table that it was drawn from."""

from collections.abc import Mapping, Sequence
from math import floor, log10
from typing import Any

from markupsafe import Markup

from awayteam.experiments.words import percent

WIDTH, ROW, LEFT, RIGHT = 640, 30, 190, 16
DAYS_HEIGHT = 170


def intervals(title: str, rows: Sequence[Mapping[str, Any]]) -> Markup:
    """Relative changes with their intervals about zero; margins of guardrails as a mark. Rows are metrics of a card."""
    known = [one for one in rows if one["low"] is not None and one["high"] is not None]
    table = _table(
        title, ("Metric", "Change", "From", "To"),
        [(one["title"], percent(one["change"]), percent(one["low"]), percent(one["high"])) for one in rows],
    )  # fmt: skip
    if not known:
        return Markup('<figure class="chart interval-chart">{}</figure>').format(table)
    reach = _reach(
        [abs(one[name]) for one in known for name in ("low", "high")] + [one["margin"] or 0 for one in known]
    )
    scale = (WIDTH - LEFT - RIGHT) / (2 * reach)
    middle = LEFT + reach * scale
    bottom = len(rows) * ROW + 8
    drawn = _axis(reach, scale, middle, bottom)
    for number, one in enumerate(rows):
        drawn += _row(one, number, scale, middle)
    return _figure(title, drawn, bottom + 22, table, "interval-chart")


def _row(one: Mapping[str, Any], number: int, scale: float, middle: float) -> Markup:
    y = number * ROW + ROW / 2 + 4
    label = one["title"] if len(one["title"]) <= 26 else one["title"][:25] + "…"
    drawn = Markup('<text class="label" x="{}" y="{}" text-anchor="end">{}</text>').format(LEFT - 10, y + 4, label)
    if one["margin"]:
        worst = -one["margin"] if one["direction"] == "up" else one["margin"]
        x = middle + worst * scale
        drawn += Markup('<path class="margin" d="M{0:.1f} {1:.1f}V{2:.1f}"/>').format(x, y - 11, y + 11)
    if one["low"] is None or one["high"] is None:
        return drawn + Markup('<text class="value" x="{:.1f}" y="{:.1f}">no interval</text>').format(middle + 6, y + 4)
    tone = {"improved": "good", "within": "good", "harmed": "bad", "beyond": "bad"}.get(one["standing"], "open")
    low, high, at = (middle + one[name] * scale for name in ("low", "high", "change"))
    return drawn + Markup(
        '<path class="reach reach-{}" d="M{:.1f} {:.1f}H{:.1f}"/>'
        '<circle class="point point-{}" cx="{:.1f}" cy="{:.1f}" r="4.5"/>'
    ).format(tone, low, y, high, tone, at, y)


def _axis(reach: float, scale: float, middle: float, bottom: float) -> Markup:
    step = _step(reach / 3)
    marks = [number * step for number in range(-int(reach / step), int(reach / step) + 1)]
    drawn = Markup("")
    for mark in marks:
        x = middle + mark * scale
        name = "zero" if mark == 0 else "grid"
        drawn += Markup(
            '<path class="{}" d="M{:.1f} 4V{:.1f}"/>'
            '<text class="value" x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>'
        ).format(name, x, bottom, x, bottom + 16, percent(mark, 0 if step >= 0.01 else 2) if mark else "0")
    return drawn


def _reach(values: Sequence[float]) -> float:
    return max([*values, 0.001]) * 1.08


def _step(rough: float) -> float:
    power = 10.0 ** floor(log10(rough))
    return next(size * power for size in (1, 2, 5, 10) if size * power >= rough * 0.999)


def days(title: str, rows: Sequence[Mapping[str, Any]]) -> Markup:
    """One change with its interval by day: a band and a line about zero. Days without an interval leave a gap."""
    table = _table(
        title, ("Day", "Change", "From", "To"),
        [(one["day"], percent(one["change"]), percent(one["low"]), percent(one["high"])) for one in rows],
    )  # fmt: skip
    known = [one for one in rows if one["low"] is not None and one["high"] is not None and one["change"] is not None]
    if len(known) < 2:
        return Markup('<figure class="chart">{}</figure>').format(table)
    first = sorted(max(abs(one["low"]), abs(one["high"])) for one in known)
    reach = max(
        first[len(first) * 3 // 4] * 1.15, 0.001
    )  # the first days are wide; they are cut, and the table has them
    left, top, bottom = 56, 8, DAYS_HEIGHT - 22
    places = {one["day"]: number for number, one in enumerate(rows)}
    step = (WIDTH - left - RIGHT) / max(len(rows) - 1, 1)

    def y(value: float) -> float:
        return float((top + bottom) / 2 - min(max(value, -reach), reach) / reach * (bottom - top) / 2)

    upper = [(left + places[one["day"]] * step, y(one["high"])) for one in known]
    lower = [(left + places[one["day"]] * step, y(one["low"])) for one in reversed(known)]
    line = [(left + places[one["day"]] * step, y(one["change"])) for one in known]
    drawn = Markup("")
    mark = _step(reach / 3)
    for value in (-mark, 0.0, mark):
        drawn += Markup(
            '<path class="{}" d="M{} {:.1f}H{}"/><text class="value" x="{}" y="{:.1f}" text-anchor="end">{}</text>'
        ).format("zero" if value == 0 else "grid", left, y(value), WIDTH - RIGHT, left - 6, y(value) + 4,
                 percent(value, 0 if mark >= 0.01 else 1) if value else "0")  # fmt: skip
    drawn += Markup('<path class="band" d="{}Z"/>').format(_path([*upper, *lower]))
    drawn += Markup('<path class="line" d="{}"/>').format(_path(line))
    for one, anchor, x in ((rows[0], "start", left), (rows[-1], "end", WIDTH - RIGHT)):
        drawn += Markup('<text class="label" x="{}" y="{}" text-anchor="{}">{}</text>').format(
            x, DAYS_HEIGHT - 4, anchor, one["day"]
        )
    return _figure(title, drawn, DAYS_HEIGHT, table, "day-chart")


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> Markup:
    cells = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(
                Markup('<td class="{}">{}</td>').format("num" if number else "", cell)
                for number, cell in enumerate(row)
            )
        )
        for row in rows
    )
    heads = Markup("").join(
        Markup('<th scope="col" class="{}">{}</th>').format("num" if number else "", one)
        for number, one in enumerate(head)
    )
    return Markup(
        '<details><summary>Table</summary><div class="scroll-x" tabindex="0" role="region" aria-label="{0}, table">'
        '<table class="grid-table"><caption>{0}</caption><thead><tr>{1}</tr></thead><tbody>{2}</tbody></table>'
        "</div></details>"
    ).format(title, heads, cells)


def _figure(title: str, drawn: Markup, height: float, table: Markup, name: str) -> Markup:
    return Markup(
        '<figure class="chart {}"><svg viewBox="0 0 {} {:.0f}" role="img" aria-label="{}">{}</svg>{}</figure>'
    ).format(name, WIDTH, height, title, drawn, table)
