"""A request's history as one line of time: its steps, what changed besides, and what people said."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from awayteam.discussions.models import Comment
from awayteam.kernel import businesstime
from awayteam.kernel.actor import Actor
from awayteam.kernel.events import EventName
from awayteam.kernel.models import Event
from awayteam.requests.machine import State
from awayteam.requests.models import Request, Step
from awayteam.requests.queries.rows import Link, person_link, team_link
from awayteam.requests.rules import REASON_WORDS, DeclineReason, spoken
from awayteam.requests.stepping import EVENTS, KIND
from awayteam.requests.words import STEP_WORDS, TONES, points

MOST = 500
"""Entries of each sort that are read; a request with more shows its newest ones."""

DAY_MINUTES = 480
"""Minutes of an ordinary working day, for telling spans in words; calendars of teams may have others."""

BESIDE_STEPS = tuple(
    name.value
    for name in EventName
    if (name.startswith("request.") and name not in EVENTS.values() and name is not EventName.REQUEST_ASKED)
    or name in (EventName.CLOCK_REMINDED, EventName.CLOCK_EXTENDED, EventName.CLOCK_PAUSED, EventName.CLOCK_RESUMED)
)
"""Events that no step tells of already."""

EVENT_WORDS: dict[str, str] = {
    EventName.CLOCK_EXTENDED: "extended the clock",
    EventName.CLOCK_PAUSED: "paused the clock",
    EventName.CLOCK_REMINDED: "reminded whoever has the turn",
    EventName.CLOCK_RESUMED: "let the clock go on",
    EventName.REQUEST_JOINED: "asks for it too",
    EventName.REQUEST_LEFT: "needs it no more",
    EventName.REQUEST_MANAGEMENT_TIME: "counted management time",
    EventName.REQUEST_REASSIGNED: "gave the turn to somebody else",
    EventName.REQUEST_REVISED: "changed what is asked",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `sort` is "step", "event" or "comment"; `words` is the rest of a sentence that begins
    with who did it (`label`), `text` what they said. `state` is the state after a step. `minutes` is working time spent
    in the state before, `on_time` whether its clock still ran (None: it had none)."""

    sort: str
    at: datetime
    label: str
    person: Link | None
    team: Link | None
    words: str
    verb: str = ""
    text: str = ""
    reason: str = ""
    state: State | None = None
    minutes: int | None = None
    on_time: bool | None = None
    changes: dict[str, Sequence[Any]] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    comment_id: int | None = None
    id: int = 0

    @property
    def state_words(self) -> str:
        return spoken(self.state) if self.state else ""

    @property
    def tone(self) -> tuple[str, str]:
        return TONES[self.state] if self.state else ("quiet", "disc")

    @property
    def minutes_words(self) -> str:
        """Working time as people say it; "" where there was none to speak of."""
        return businesstime.spoken(self.minutes, DAY_MINUTES) if self.minutes else ""


def timeline(actor: Actor, request: Request, *, comments: bool = True) -> list[Entry]:
    """Everything that happened to a request, the newest first; four statements. The caller has checked sight."""
    del actor  # whoever sees the request sees its history
    found = [*_steps(request), *_events(request), *(_comments(request) if comments else ())]
    return sorted(found, key=lambda entry: (entry.at, entry.sort == "step", entry.id), reverse=True)


def _steps(request: Request) -> Iterable[Entry]:
    rows = Step.objects.filter(request=request).select_related("person", "team").order_by("-pk")[:MOST]
    for row in rows:
        clock = row.party == "the clock"
        reason = REASON_WORDS.get(DeclineReason(row.reason_code), "") if row.reason_code else ""
        yield Entry(
            sort="step",
            at=row.at,
            label="" if clock else row.label,
            person=person_link(row.person) if row.person else None,
            team=team_link(row.team) if row.team and not clock else None,
            words=STEP_WORDS.get(row.verb, row.verb),
            verb=row.verb,
            text="" if row.verb == "ask" else row.words,
            reason=reason,
            state=State(row.target),
            minutes=row.minutes if row.source else None,
            on_time=row.on_time,
            id=row.pk,
        )


def _events(request: Request) -> Iterable[Entry]:
    rows = Event.objects.filter(subject_kind=KIND, subject_id=request.pk, name__in=BESIDE_STEPS).order_by("-pk")
    events = list(rows[:MOST])
    for event in events:
        changes = event.data.get("changes") or {}
        merged = changes.get("merged")
        yield Entry(
            sort="event",
            at=event.at,
            label=event.actor_label,
            person=None,
            team=None,
            words=f"merged #{merged[1]} into it" if merged else EVENT_WORDS.get(event.name, event.name),
            verb=event.name,
            text=event.reason,
            changes=_shown(changes),
            data={name: value for name, value in event.data.items() if name != "changes"},
            id=event.pk,
        )


HIDDEN = frozenset({"turn_person_id", "turn_team_id", "merged", "team"})
"""Changes that the entry's words say already, or that are numbers of rows."""
VALUES = {"total_value_per_week": "value a week together", "value_per_week": "value a week"}


def _shown(changes: Mapping[str, Sequence[Any]]) -> dict[str, Sequence[Any]]:
    """What people read of the changes of an event: without numbers of rows, values as they are said."""
    return {
        VALUES.get(name, name): [points(Decimal(one)) if one else one for one in pair] if name in VALUES else pair
        for name, pair in changes.items()
        if name not in HIDDEN
    }


def _comments(request: Request) -> Iterable[Entry]:
    rows = Comment.objects.filter(subject_kind=KIND, subject_id=request.pk, deleted_at__isnull=True)
    for row in rows.select_related("author").order_by("-pk")[:MOST]:
        yield Entry(
            sort="comment",
            at=row.at,
            label=str(row.author) if row.author else "somebody",
            person=person_link(row.author) if row.author else None,
            team=None,
            words="commented",
            text=row.text,
            comment_id=row.pk,
            id=row.pk,
        )
