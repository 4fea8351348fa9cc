"""Home: whose turn it is, what moved since yesterday, and how the organisation stands. And everything that happened."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from awayteam.catalog.queries.events import feed
from awayteam.kernel import clockface, panels, subjects
from awayteam.kernel.clockface import ClockFace
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.events import EventName
from awayteam.kernel.models import Clock, ClockState
from awayteam.kernel.pages import render
from awayteam.kernel.requests import Request
from awayteam.kernel.subjects import ShownEvent

CLOCKS = 20
EVENTS_READ = 200
EVENTS_SHOWN = 14
EVENTS_PAGE = 50


@dataclass(frozen=True, slots=True)
class Turn:
    """One running clock, with its face and the address of what it is about."""

    clock: Clock
    face: ClockFace
    address: str


@dataclass(slots=True)
class Run:
    """Neighbouring events of one name by one actor, told as one line: the newest, and how many there were."""

    first: ShownEvent
    count: int


@require_safe
def home(request: Request) -> HttpResponse:
    now = timezone.now()
    turns = _turns(request)
    latest = feed(request.actor, since=now - timedelta(days=1), limit=EVENTS_READ)
    context = {
        "mine": [turn for turn in turns if turn.clock.turn_person_id == request.actor.person_id],
        "teams": [turn for turn in turns if turn.clock.turn_person_id != request.actor.person_id],
        "moved": runs(subjects.shown(request, latest.items))[:EVENTS_SHOWN],
        "panels": panels.build("home", request),
    }
    return render(request, "web/home.html", context)


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


def _turns(request: Request) -> list[Turn]:
    """Running clocks whose turn is this person's or one of their teams', the most pressing first."""
    now, actor = timezone.now(), request.actor
    whose = Q(turn_team_id__in=sorted(actor.teams)) if actor.teams else Q(pk__in=[])
    if actor.person_id is not None:
        whose |= Q(turn_person_id=actor.person_id)
    rows = list(Clock.objects.filter(whose, state=ClockState.RUNNING).order_by("due_at", "pk")[:CLOCKS])
    ids: dict[str, set[int]] = {}
    for clock in rows:
        ids.setdefault(clock.subject_kind, set()).add(clock.subject_id)
    addresses = {kind: subjects.seen(request, kind, wanted) for kind, wanted in ids.items()}
    return [
        Turn(clock, clockface.describe(clock, now), addresses[clock.subject_kind].get(clock.subject_id, ""))
        for clock in rows
    ]


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
