"""Plots of requests as SVG drawn by the server; the table that they were drawn from stands beside them on the page."""

from collections.abc import Sequence
from math import ceil, floor, log10

from markupsafe import Markup

WIDTH, HEIGHT, LEFT, BOTTOM = 640, 220, 64, 190


def price_of_ranks(rows: Sequence[tuple[int, float, float]]) -> Markup:
    """(rank, what slips costs, what waiting costs) as two lines and their sum; the axis starts at zero."""
    if len(rows) < 2:
        return Markup("")
    sums = [slips + waiting for _, slips, waiting in rows]
    marks = _ticks(max(sums))
    first, last = rows[0][0], rows[-1][0]
    step = (WIDTH - LEFT - 12) / max(last - first, 1)

    def line(values: Sequence[float], name: str) -> Markup:
        points = [
            (LEFT + (row[0] - first) * step, BOTTOM - value / marks[-1] * (BOTTOM - 14))
            for row, value in zip(rows, values, strict=True)
        ]
        path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        return Markup('<path class="line {}" d="{}"/>').format(name, path)

    best = min(range(len(rows)), key=lambda at: sums[at])
    x, y = LEFT + (rows[best][0] - first) * step, BOTTOM - sums[best] / marks[-1] * (BOTTOM - 14)
    grid = Markup("").join(_gridline(mark, marks[-1]) for mark in marks)
    drawn = (
        grid
        + line([slips for _, slips, _ in rows], "line-slips")
        + line([waiting for _, _, waiting in rows], "line-waiting")
        + line(sums, "line-sum")
        + Markup('<circle class="best" cx="{:.1f}" cy="{:.1f}" r="5"/>').format(x, y)
        + Markup('<text class="value" x="{}" y="{}">rank {}</text>').format(LEFT, HEIGHT - 12, first)
        + Markup('<text class="value" x="{}" y="{}" text-anchor="end">rank {}</text>').format(
            WIDTH - 12, HEIGHT - 12, last
        )
    )
    label = f"Cost of each rank: the least is rank {rows[best][0]} with {sums[best]:,.0f}"
    return Markup('<figure class="chart"><svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg></figure>').format(
        WIDTH, HEIGHT, label, drawn
    )


def _ticks(highest: float, wanted: int = 4) -> list[float]:
    if highest <= 0:
        return [0.0, 1.0]
    rough = highest / wanted
    power = 10 ** floor(log10(rough))
    step = next(size * power for size in (1, 2, 5, 10) if size * power >= rough * 0.999)
    return [index * step for index in range(ceil(highest / step - 1e-9) + 1)]


def _gridline(value: float, highest: float) -> Markup:
    y = BOTTOM - value / highest * (BOTTOM - 14)
    return Markup(
        '<path class="grid" d="M{0} {1:.1f}H{2}"/><text class="value" x="{3}" y="{4:.1f}" text-anchor="end">{5}</text>'
    ).format(LEFT, y, WIDTH - 12, LEFT - 6, y + 4, f"{value:,g}")
