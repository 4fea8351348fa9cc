"""Home: whose turn it is, what moved since yesterday, and how the organisation stands. And everything that happened."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from awayteam.catalog.queries.events import feed
from awayteam.kernel import panels, subjects, turns
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.events import EventName
from awayteam.kernel.pages import render
from awayteam.kernel.requests import Request
from awayteam.kernel.subjects import ShownEvent
from awayteam.kernel.turns import Total, TurnRow

EVENTS_READ = (50, 250)
"""Events that are read for what moved: a few, and more where many of them are told as one line."""
EVENTS_SHOWN = 14
EVENTS_PAGE = 50
TICKING = frozenset(
    {EventName.CLOCK_REMINDED.value, EventName.CLOCK_STARTED.value, EventName.CLOCK_STOPPED.value}
)  # fmt: skip
"""Events that come along with others, which tell more."""


@dataclass(frozen=True, slots=True)
class ShownTurn:
    """A row of Home with the address of what it is about ("" where that has no page)."""

    row: TurnRow
    address: str


@dataclass(frozen=True, slots=True)
class ShownList:
    rows: list[ShownTurn]
    left_out: int
    totals: list[Total]


@dataclass(slots=True)
class Run:
    """Neighbouring events of one name by one actor, told as one line: the newest, and how many there were."""

    first: ShownEvent
    count: int


@require_safe
def home(request: Request) -> HttpResponse:
    now = timezone.now()
    context = {"turns": _turns(request, now), "moved": _moved(request, now), "panels": panels.build("home", request)}
    return render(request, "web/home.html", context)


def _moved(request: Request, now: datetime) -> "list[Run]":
    """What happened since yesterday, in few lines; two statements and those of the subjects' kinds, seldom twice."""
    told: list[ShownEvent] = []
    cursor = None
    for limit in EVENTS_READ:
        latest = feed(request.actor, since=now - timedelta(days=1), cursor=cursor, limit=limit)
        told += subjects.shown(request, [one for one in latest.items if one.name not in TICKING])
        cursor, lines = latest.next_cursor, runs(told)
        if cursor is None or len(lines) > EVENTS_SHOWN:
            break
    return sorted(lines[:EVENTS_SHOWN], key=lambda run: run.first.event.at, reverse=True)


@require_safe
def activity(request: Request) -> HttpResponse:
    """Everything that happened, newest first; `?name=` narrows to one event or (`entity`) to all of one thing."""
    name = request.GET.get("name", "")
    names = [one.value for one in EventName if not name or one == name or one.startswith(f"{name}.")]
    if not names:
        raise InvalidInput(f"There is no event {name[:60]!r}.", f"Choose from {', '.join(EventName)}.")
    cursor = request.GET.get("cursor") or None
    page = feed(request.actor, names=names if name else (), cursor=cursor, limit=EVENTS_PAGE)
    things = sorted({one.split(".")[0] for one in EventName})
    context = {"rows": subjects.shown(request, page.items), "next": page.next_cursor, "name": name, "things": things}
    return render(request, "web/activity.html", context)


def _turns(request: Request, now: datetime) -> dict[str, ShownList]:
    """The three lists, with the addresses of those rows whose app didn't give one."""
    lists = turns.gather(request.actor, now)
    ids: dict[str, set[int]] = {}
    for row in (row for one in lists.values() for row in one.rows if not row.url):
        ids.setdefault(row.subject.kind, set()).add(row.subject.id)
    found = {kind: subjects.seen(request, kind, wanted) for kind, wanted in ids.items()}

    def shown(row: TurnRow) -> ShownTurn:
        return ShownTurn(row, row.url or found[row.subject.kind].get(row.subject.id, ""))

    return {
        place.value: ShownList([shown(row) for row in one.rows], one.left_out, one.totals)
        for place, one in lists.items()
    }


def runs(rows: Iterable[ShownEvent]) -> list[Run]:
    """Neighbours of one name, actor and reason become one line, so that an import doesn't drown what people did."""
    found: list[Run] = []
    for row in rows:
        last = found[-1].first.event if found else None
        event = row.event
        if last and (last.name, last.actor_label, last.reason) == (event.name, event.actor_label, event.reason):
            found[-1].count += 1
        else:
            found.append(Run(row, 1))
    return found
