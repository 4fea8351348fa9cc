"""The map's diagrams as SVG. Home is drawn filled, away outlined; every diagram has a table beside it."""

from collections.abc import Sequence

from markupsafe import Markup

from awayteam.contributions.queries.flows import FlowRow, Series, Side
from awayteam.kernel.pages import hue

WIDTH, NODE, GAP, LABELS = 900, 10, 7, 190
MOST = 24
MULTIPLE_WIDTH, MULTIPLE_HEIGHT = 200, 54


def sankey(rows: Sequence[FlowRow], *, most: int = MOST) -> Markup:
    """Flows between different sides, the largest `most`: origins at the left, owners at the right."""
    drawn = [row for row in rows if not row.is_home][:most]
    if not drawn:
        return Markup("")
    left, right = _order(drawn, "origin"), _order(drawn, "target")
    total = sum(row.commits for row in drawn)
    scale = (20 + 18 * max(len(left), len(right))) / total
    starts, ends = _places(left, scale), _places(right, scale)
    height = 14 + max(y + max(n * scale, 11) for places in (starts, ends) for y, n in places.values())
    nodes = Markup("").join(
        [_node(side, y, n * scale, False) for side, (y, n) in starts.items()]
        + [_node(side, y, n * scale, True) for side, (y, n) in ends.items()]
    )
    used: dict[tuple[str, str], float] = {}
    links = Markup("").join(_link(row, starts, ends, used, scale) for row in drawn)
    label = f"The {len(drawn)} largest flows between teams; the table below holds all of them"
    return Markup('<svg class="sankey" viewBox="0 0 {} {:.0f}" role="img" aria-label="{}">{}{}</svg>').format(
        WIDTH, height, label, links, nodes
    )


def _order(rows: Sequence[FlowRow], side: str) -> dict[Side, int]:
    totals: dict[Side, int] = {}
    for row in rows:
        one = getattr(row, side)
        totals[one] = totals.get(one, 0) + row.commits
    return dict(sorted(totals.items(), key=lambda pair: -pair[1]))


def _places(sides: dict[Side, int], scale: float) -> dict[Side, tuple[float, int]]:
    """The top of each side's bar, spaced so that labels don't meet."""
    y, made = 14.0, {}
    for side, commits in sides.items():
        made[side] = (y, commits)
        y += max(commits * scale, 11) + GAP
    return made


def _node(side: Side, y: float, height: float, at_right: bool) -> Markup:
    x = WIDTH - LABELS - NODE if at_right else LABELS
    text_x = x + NODE + 8 if at_right else x - 8
    return Markup(
        '<rect class="bar hue-{}" x="{}" y="{:.1f}" width="{}" height="{:.1f}" rx="2"/>'
        '<text class="label" x="{}" y="{:.1f}" text-anchor="{}">{}</text>'
    ).format(
        hue(side.ref or side.key), x, y, NODE, max(height, 2), text_x, y + max(height, 2) / 2 + 4,
        "start" if at_right else "end", side.label[:26],
    )  # fmt: skip


def _link(
    row: FlowRow,
    starts: dict[Side, tuple[float, int]],
    ends: dict[Side, tuple[float, int]],
    used: dict[tuple[str, str], float],
    scale: float,
) -> Markup:
    thick = max(row.commits * scale, 1.0)
    y1 = starts[row.origin][0] + used.get(("from", row.origin.key), 0.0)
    y2 = ends[row.target][0] + used.get(("to", row.target.key), 0.0)
    used[("from", row.origin.key)] = used.get(("from", row.origin.key), 0.0) + thick
    used[("to", row.target.key)] = used.get(("to", row.target.key), 0.0) + thick
    x1, x2 = LABELS + NODE, WIDTH - LABELS - NODE
    bend = (x1 + x2) / 2
    return Markup(
        '<path class="ribbon hue-{}" d="M{} {:.1f}C{} {:.1f} {} {:.1f} {} {:.1f}'
        'V{:.1f}C{} {:.1f} {} {:.1f} {} {:.1f}Z">'
        "<title>{} into {}: {} commits</title></path>"
    ).format(
        hue(row.origin.ref or row.origin.key), x1, y1, bend, y1, bend, y2, x2, y2, y2 + thick, bend, y2 + thick, bend,
        y1 + thick, x1, y1 + thick, row.origin.label, row.target.label, row.commits,
    )  # fmt: skip


def multiple(series: Series, highest: int) -> Markup:
    """One small chart: a bar for each four weeks, home filled below, away outlined above; all on one scale."""
    count = max(len(series.periods), 1)
    step = MULTIPLE_WIDTH / count
    scale = (MULTIPLE_HEIGHT - 4) / max(highest, 1)
    bars = []
    for number, period in enumerate(series.periods):
        x, width = number * step + 1, max(step - 2, 1.5)
        home, away = period.home * scale, period.away * scale
        base = MULTIPLE_HEIGHT - home
        if home:
            bars.append(_bar("home", x, base, width, home))
        if away:
            bars.append(_bar("away", x + 0.5, base - away + 0.5, width - 1, max(away - 1, 0.5)))
    label = f"{series.side.label}: {series.home} commits from home, {series.away} from away, by four weeks"
    return Markup('<svg class="multiple" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        MULTIPLE_WIDTH, MULTIPLE_HEIGHT, label, Markup("").join(bars)
    )


def _bar(kind: str, x: float, y: float, width: float, height: float) -> Markup:
    return Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
        kind, x, y, width, height
    )
