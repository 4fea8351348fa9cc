"""An engagement's history as one line of time: its steps, those of its contracts, what changed besides, comments."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from awayteam.discussions.models import Comment
from awayteam.engagements.machine import ContractVerb, Verb
from awayteam.engagements.models import ContractStep, Engagement, EngagementStep
from awayteam.engagements.plots import ENGAGEMENT
from awayteam.engagements.words import STEP_WORDS, TONES, spoken
from awayteam.kernel import businesstime
from awayteam.kernel.events import EventName
from awayteam.kernel.machines import CLOCK
from awayteam.kernel.models import Event
from awayteam.requests.queries.rows import Link, person_link, team_link

MOST = 300
"""Entries of each sort that are read; an engagement with more shows its newest ones."""
DAY_MINUTES = 480
"""Minutes of an ordinary working day, for telling spans in words."""
SITTING = timedelta(hours=1)
"""Edits of a draft by one person within this time are told as one."""
SILENT = frozenset({EventName.CLOCK_STARTED.value, EventName.CLOCK_STOPPED.value, EventName.CLOCK_EXPIRED.value})
CONTRACT_WORDS: dict[str, str] = {
    ContractVerb.WRITE: "proposed amendment {number}",
    ContractVerb.SIGN: "signed amendment {number}",
    ContractVerb.DECLINE: "declined amendment {number}",
    ContractVerb.WITHDRAW: "took amendment {number} back",
    ContractVerb.EXPIRE: "nobody signed amendment {number} in time",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `sort` is "step", "event" or "comment"; `words` is the rest of a sentence that begins
    with who did it (`label`), `text` what they said. `state` is the state after a step. `minutes` is working time spent
    in the state before, `on_time` whether its clock still ran (None: it had none). `name` is the event's."""

    sort: str
    at: datetime
    label: str
    person: Link | None
    team: Link | None
    words: str
    verb: str = ""
    text: str = ""
    state: str = ""
    minutes: int | None = None
    on_time: bool | None = None
    changes: dict[str, Sequence[Any]] = field(default_factory=dict)
    comment_id: int | None = None
    name: str = ""
    id: int = 0

    @property
    def state_words(self) -> str:
        return spoken(self.state)

    @property
    def tone(self) -> tuple[str, str]:
        return TONES.get(self.state, ("quiet", "disc"))

    @property
    def minutes_words(self) -> str:
        """Working time as people say it; "" where there was none to speak of."""
        return businesstime.spoken(self.minutes, DAY_MINUTES) if self.minutes else ""


def timeline(engagement: Engagement, amendments: Mapping[int, int]) -> list[Entry]:
    """Everything that happened to an engagement, the newest first; at most four statements.

    `amendments` are the numbers of its amendments by id. The caller has checked sight.
    """
    found = [*_steps(engagement), *_contracts(amendments), *_events(engagement), *_comments(engagement)]
    return sorted(found, key=lambda entry: (entry.at, entry.sort == "step", entry.id), reverse=True)


def _steps(engagement: Engagement) -> Iterable[Entry]:
    rows = EngagementStep.objects.filter(story=engagement).select_related("person", "team").order_by("-pk")[:MOST]
    for row in rows:
        yield _entry(row, STEP_WORDS.get(row.verb, row.verb), row.target, "" if row.verb == Verb.OPEN else row.words)


def _contracts(amendments: Mapping[int, int]) -> Iterable[Entry]:
    """Steps of amendments; those of the first contract are the engagement's own."""
    if not amendments:
        return
    rows = ContractStep.objects.filter(story__in=amendments).select_related("person", "team")
    for row in rows.order_by("-pk")[:MOST]:
        words = CONTRACT_WORDS.get(row.verb, row.verb).format(number=amendments[row.story_id])
        yield _entry(row, words, "", row.words)


def _entry(row: EngagementStep | ContractStep, words: str, state: str, text: str) -> Entry:
    clock = row.party == CLOCK
    return Entry(
        sort="step",
        at=row.at,
        label="" if clock else row.label,
        person=person_link(row.person) if row.person and not clock else None,
        team=team_link(row.team) if row.team and not clock else None,
        words=words,
        verb=row.verb,
        text=text,
        state=state if row.source != row.target else "",
        minutes=row.minutes if row.source else None,
        on_time=row.on_time,
        id=row.pk,
    )


def _events(engagement: Engagement) -> Iterable[Entry]:
    """What no step tells of: members and places, extensions, reminders, turns that were handed on."""
    told = SILENT | {name.value for name in ENGAGEMENT.events.values()}
    rows = Event.objects.filter(subject_kind=ENGAGEMENT.kind, subject_id=engagement.pk).exclude(name__in=sorted(told))
    for event in together(rows.order_by("-pk")[:MOST]):
        changes = event.data.get("changes") or {}
        yield Entry(
            sort="event",
            at=event.at,
            label=event.actor_label,
            person=None,
            team=None,
            words="",
            text=event.reason,
            changes={
                name: pair for name, pair in changes.items() if not name.endswith(("_id", "turn_person", "turn_team"))
            },
            name=event.name,
            id=event.pk,
        )


def together(events: Iterable[Event]) -> list[Event]:
    """What one person filled in within an hour as one event: the newest, with all that changed since the oldest."""
    found: list[Event] = []
    for event in events:  # the newest first
        last = found[-1] if found else None
        edited = last is not None and {last.name, event.name} == {EventName.ENGAGEMENT_EDITED.value}
        if last is not None and edited and last.actor_label == event.actor_label and last.at - event.at < SITTING:
            changes = dict(event.data.get("changes") or {})
            for name, (before, after) in (last.data.get("changes") or {}).items():
                changes[name] = (changes[name][0] if name in changes else before, after)
            last.data = {**last.data, "changes": changes}
        else:
            found.append(event)
    return found


def _comments(engagement: Engagement) -> Iterable[Entry]:
    rows = Comment.objects.filter(subject_kind=ENGAGEMENT.kind, subject_id=engagement.pk, deleted_at__isnull=True)
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
