"""Charts as SVG drawn by the server, each with the table it was drawn from. No pies, no gauges; axes start at zero."""

from collections.abc import Sequence
from math import ceil, floor, log10

from markupsafe import Markup

BAR_HEIGHT, BAR_GAP, CHART_WIDTH = 18, 6, 420
LETTER, LABEL_MOST = 7.2, 250
"""Pixels of a letter of a label, so that it has room; and of all of a label: what is longer is shortened."""


def ticks(highest: float, wanted: int = 4) -> list[float]:
    """Round values from 0 up to at least `highest`: 0, 20, 40, ..."""
    if highest <= 0:
        return [0.0, 1.0]
    rough = highest / wanted
    power = 10 ** floor(log10(rough))
    step = next(size * power for size in (1, 2, 5, 10) if size * power >= rough * 0.999)
    return [index * step for index in range(ceil(highest / step - 1e-9) + 1)]


def bars(title: str, rows: Sequence[tuple[str, float]], unit: str = "") -> Markup:
    """Horizontal bars, one for each (label, value); the table stands behind "Table"."""
    marks = ticks(max((value for _, value in rows), default=0))
    left = round(min(max((len(label) for label, _ in rows), default=0) * LETTER + 8, LABEL_MOST))
    scale = (CHART_WIDTH - left - 60) / marks[-1]
    height = len(rows) * (BAR_HEIGHT + BAR_GAP) + 4
    drawn = Markup("").join(_bar(label, value, index, left, scale) for index, (label, value) in enumerate(rows))
    return _figure(title, drawn, height, rows, unit)


def _bar(label: str, value: float, index: int, left: int, scale: float) -> Markup:
    most = int((LABEL_MOST - 8) / LETTER)
    words = label if len(label) <= most else f"{label[: most - 1]}…"
    top = index * (BAR_HEIGHT + BAR_GAP)
    return Markup(
        '<text class="label" x="{}" y="{}" text-anchor="end">{}</text>'
        '<rect class="bar" x="{}" y="{}" width="{:.1f}" height="{}" rx="2"/>'
        '<text class="value" x="{:.1f}" y="{}">{}</text>'
    ).format(
        left - 8, top + 13, words, left, top, max(value * scale, 1), BAR_HEIGHT,
        left + value * scale + 6, top + 13, f"{value:,g}",
    )  # fmt: skip


def line(
    title: str,
    rows: Sequence[tuple[str, float | None]],
    unit: str = "",
    height: int = 140,
    limits: Sequence[float] = (),
) -> Markup:
    """One line over equally spaced points (label, value), in their order; the axis starts at zero.

    Where a value is None nothing was measured: the line has a gap, and a point between two gaps is a dot. `limits` has
    a value for each point, drawn dashed in steps: what the value should stay below.
    """
    marks = ticks(max((value for value in (*(value for _, value in rows), *limits) if value is not None), default=0))
    left, bottom = 44, height - 20
    step = (CHART_WIDTH - left - 10) / max(len(rows) - 1, 1)
    points = [
        (left + index * step, None if value is None else bottom - value / marks[-1] * (bottom - 8))
        for index, (_, value) in enumerate(rows)
    ]
    grid = Markup("").join(_gridline(left, bottom - mark / marks[-1] * (bottom - 8), mark) for mark in marks)
    ends = Markup("").join(
        Markup('<text class="label" x="{:.1f}" y="{}" text-anchor="{}">{}</text>').format(x, height - 4, anchor, label)
        for (x, _), (label, _), anchor in _ends(points, rows)
    )
    heights = [bottom - limit / marks[-1] * (bottom - 8) for limit in limits]
    steps = _limit([(x, y) for (x, _), y in zip(points, heights, strict=False)])
    return _figure(title, grid + steps + _strokes(points) + ends if rows else grid, height, rows, unit, limits)


def _limit(points: Sequence[tuple[float, float]]) -> Markup:
    """A dashed line in steps."""
    if not points:
        return Markup("")
    drawn = "M{:.1f} {:.1f}".format(*points[0]) + "".join(f"H{x:.1f}V{y:.1f}" for x, y in points[1:])
    return Markup('<path class="line line-limit" d="{}"/>').format(drawn)


def _strokes(points: Sequence[tuple[float, float | None]]) -> Markup:
    """The line through neighbouring points; one that stands alone is a dot."""
    runs: list[list[tuple[float, float]]] = [[]]
    for x, y in points:
        if y is None:
            runs.append([])
        else:
            runs[-1].append((x, y))
    drawn = Markup("")
    for run in runs:
        if len(run) == 1:
            drawn += Markup('<circle class="dot" cx="{:.1f}" cy="{:.1f}" r="2.5"/>').format(*run[0])
        elif run:
            drawn += Markup('<path class="line" d="{}"/>').format("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in run))
    return drawn


def _gridline(left: float, y: float, value: float) -> Markup:
    return Markup(
        '<path class="grid" d="M{0} {1:.1f}H{2}"/><text class="value" x="{3}" y="{4:.1f}" text-anchor="end">{5}</text>'
    ).format(left, y, CHART_WIDTH - 10, left - 6, y + 4, f"{value:,g}")


def _ends(
    points: list[tuple[float, float | None]], rows: Sequence[tuple[str, float | None]]
) -> list[tuple[tuple[float, float | None], tuple[str, float | None], str]]:
    if len(rows) < 2:
        return [(points[0], rows[0], "start")] if rows else []
    return [(points[0], rows[0], "start"), (points[-1], rows[-1], "end")]


def _figure(
    title: str,
    drawn: Markup,
    height: int,
    rows: Sequence[tuple[str, float | None]],
    unit: str,
    limits: Sequence[float] = (),
) -> Markup:
    cells = Markup("").join(
        Markup('<tr><td>{}</td><td class="num">{}</td>{}</tr>').format(
            label,
            "—" if value is None else f"{value:,g}",
            Markup('<td class="num">{}</td>').format(f"{limits[place]:,g}") if place < len(limits) else "",
        )
        for place, (label, value) in enumerate(rows)
    )
    head = Markup('<th scope="col" class="num">Limit</th>') if limits else Markup("")
    return Markup(
        '<figure class="chart"><svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>'
        '<details><summary>Table</summary><table class="grid-table"><caption>{}</caption>'
        '<thead><tr><th scope="col">What</th><th scope="col" class="num">{}</th>{}</tr></thead>'
        "<tbody>{}</tbody></table></details></figure>"
    ).format(CHART_WIDTH, height, title, drawn, title, unit or "Number", head, cells)
