"""The timeline of a roadmap and the small line of a key result, as SVG. Each has its table beside it."""

from collections.abc import Sequence
from datetime import date, timedelta

from markupsafe import Markup

from awayteam.kernel.pages import hue
from awayteam.roadmaps.queries import KeyResultView, RoadmapView, Row, Tie

WIDTH, LABELS, ROW, BAR, HEAD = 1000, 250, 24, 12, 24
MOST = 40
LONGEST_WEEKS = 78
SPARK_WIDTH, SPARK_HEIGHT = 120, 28


def timeline(view: RoadmapView, address: str, most: int = MOST) -> Markup:
    """The first `most` ranked items: solid until their end at 50%, lighter until 85%, promised days and needs marked.

    `address` is that of an item's page with 0 in the place of its number.
    """
    rows = [row for row in view.ranked if row.slot.begins is not None][:most]
    if not rows:
        return Markup("")
    ends = [day for row in rows for day in (row.slot.p85, row.item.promised) if day]
    last = min(max(ends), view.today + timedelta(weeks=LONGEST_WEEKS))
    scale = _Scale(view.today, max((last - view.today).days, 28) + 3)
    height = HEAD + len(rows) * ROW + 6
    drawn = [_months(scale, height), _today(height), _funded(scale, view.funded_until, height)]
    drawn += [_row(row, number, scale, address) for number, row in enumerate(rows)]
    label = f"When the first {len(rows)} items of {view.team} are done; the list says the same"
    return Markup('<svg class="roadmap-chart" viewBox="0 0 {} {}" role="group" aria-label="{}">{}</svg>').format(
        WIDTH, height, label, Markup("").join(drawn)
    )


class _Scale:
    def __init__(self, first: date, days: int) -> None:
        self.first, self.days = first, days

    def x(self, day: date) -> float:
        """Where the day begins; beyond the end, the end."""
        number = min(max((day - self.first).days, 0), self.days)
        return LABELS + number * (WIDTH - LABELS - 10) / self.days


def _months(scale: _Scale, height: int) -> Markup:
    made, month = [], (scale.first.replace(day=1) + timedelta(days=32)).replace(day=1)
    last = scale.first + timedelta(days=scale.days)
    while month < last:
        x = scale.x(month)
        words = f"{month:%b %Y}" if month.month == 1 else f"{month:%b}"
        made.append(
            Markup('<path class="grid" d="M{0:.1f} 18V{1}"/><text class="value" x="{0:.1f}" y="13">{2}</text>').format(
                x, height, words
            )
        )
        month = (month + timedelta(days=32)).replace(day=1)
    return Markup("").join(made)


def _today(height: int) -> Markup:
    return Markup(
        '<path class="today" d="M{0} 18V{1}"/><text class="label" x="{0}" y="13" text-anchor="end">today</text>'
    ).format(LABELS, height)


def _funded(scale: _Scale, until: date, height: int) -> Markup:
    if (until - scale.first).days >= scale.days:
        return Markup("")
    return Markup('<path class="funded" d="M{:.1f} 18V{}"><title>Funded until {}</title></path>').format(
        scale.x(until), height, until
    )


def _row(row: Row, number: int, scale: _Scale, address: str) -> Markup:
    slot, top = row.slot, HEAD + number * ROW
    assert slot.begins is not None
    assert slot.p50 is not None
    day = timedelta(days=1)
    start, middle = scale.x(slot.begins), scale.x(slot.p50 + day)
    end = scale.x((slot.p85 or slot.p50) + day)
    late = " late" if row.risk == "late" else ""
    parts = [
        Markup('<a href="{}"><text class="label" x="{}" y="{}" text-anchor="end">{}. {}</text></a>').format(
            address.replace("/0/", f"/{row.item.id}/"), LABELS - 10, top + 14, slot.rank, _cut(row.item.title)
        ),
        Markup('<rect class="late-part" x="{:.1f}" y="{}" width="{:.1f}" height="{}" rx="2"/>').format(
            start, top + 4, max(end - start, 2), BAR
        ),
        Markup(
            '<rect class="bar{}{}" x="{:.1f}" y="{}" width="{:.1f}" height="{}" rx="2"><title>{}</title></rect>'
        ).format(" begun" if row.plan.started else "", late, start, top + 4, max(middle - start, 2), BAR, _spoken(row)),
    ]
    parts += [_need(tie, row, top, scale) for tie in row.needs]
    if row.item.promised:
        x = scale.x(row.item.promised + day)
        parts.append(
            Markup(
                '<path class="promise{}" d="M{:.1f} {}l5 6l-5 6l-5 -6z"><title>Promised for {}</title></path>'
            ).format(late, x, top + 4, row.item.promised)
        )
    return Markup("").join(parts)


def _need(tie: Tie, row: Row, top: int, scale: _Scale) -> Markup:
    """The end of what the item waits for in another team."""
    if tie.p50 is None or tie.team.pk == row.item.team:
        return Markup("")
    return Markup(
        '<circle class="need hue-{}" cx="{:.1f}" cy="{}" r="4"><title>Waits for {} of {}</title></circle>'
    ).format(hue(tie.team.ref), scale.x(tie.p50 + timedelta(days=1)), top + 10, tie.title, tie.team)


def _spoken(row: Row) -> str:
    slot = row.slot
    return f"{row.item.title}: {slot.begins} to {slot.p50} at 50%, {slot.p85 or 'never'} at 85%"


def _cut(title: str) -> str:
    return title if len(title) <= 31 else title[:30].rstrip() + "…"


def sparkline(view: KeyResultView) -> Markup:
    """The measurements of a key result over their time, with baseline and target as lines; empty without any."""
    points: Sequence[tuple[float, float]] = [(one.at.timestamp(), float(one.value)) for one in view.measurements]
    if not points:
        return Markup("")
    base, target = float(view.row.baseline), float(view.row.target)
    values = [base, target, *(value for _, value in points)]
    low, high = min(values), max(values)
    first, last = points[0][0], points[-1][0]

    def place(at: float, value: float) -> tuple[float, float]:
        x = 3 + (SPARK_WIDTH - 6) * ((at - first) / (last - first) if last > first else 1.0)
        return x, 3 + (SPARK_HEIGHT - 6) * (1 - (value - low) / (high - low))

    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in (place(*point) for point in points))
    x, y = place(*points[-1])
    goal = place(last, target)[1]
    label = f"{view.row.title}: {len(points)} measurements, the last {points[-1][1]:g} {view.row.unit}".rstrip()
    return Markup(
        '<svg class="spark" viewBox="0 0 {} {}" role="img" aria-label="{}"><path class="grid" d="M3 {:.1f}H{}"/>'
        '<path class="line" d="{}"/><circle class="end" cx="{:.1f}" cy="{:.1f}" r="2.5"/></svg>'
    ).format(SPARK_WIDTH, SPARK_HEIGHT, label, goal, SPARK_WIDTH - 3, path, x, y)
