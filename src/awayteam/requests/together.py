"""Many clocks of requests that run out at once: what `clockwork.expire` does for each, in a few statements for all.

Only ends that give the turn to those who ask, or to nobody, are done here; where a team's or a unit's people must be
looked up, each request is looked at for itself.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db.models import F

from awayteam.kernel import bulk, clocks, events
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.clocks import Handler
from awayteam.kernel.events import Draft
from awayteam.kernel.models import Clock
from awayteam.notifications.actions import Told, tell, tell_many
from awayteam.requests import clockwork, rules, turns
from awayteam.requests.clockwork import note_end, text_of
from awayteam.requests.machine import ASKING_TURN, FINAL, MANAGER_TURN, Party, State, Verb
from awayteam.requests.models import Asker, Request, Step
from awayteam.requests.permissions import Standing
from awayteam.requests.rules import Limits
from awayteam.requests.stepping import (
    EVENTS,
    KIND,
    Held,
    address_of,
    arrive,
    before,
    changes,
    close_clock,
    facts_of,
    limits,
    sentence,
    step_of,
    subject_of,
)

ALONE = MANAGER_TURN | {State.OFFERED}
COLUMNS = (
    *("state", "turn_person_id", "turn_team_id", "level_id", "clock_id", "due_at", "left_minutes"),
    *("lost_refusal_at", "away_tried_at", "rounds", "entered_at", "changed_at", "closed_at", "version"),
)
"""What the end of a clock may change of a request."""


@dataclass
class _Passage:
    """One request on its way from one state to the next: the rows that it will write."""

    held: Held
    ended: Clock
    clock: Clock | None
    step: Step
    draft: Draft
    text: str
    is_restricted: bool


def expire_many(rows: Sequence[Clock], now: datetime) -> set[int]:
    """Let the requests of these clocks go on; returns the ids of the clocks that are done with.

    In the caller's transaction, in some fifteen statements however many there are, and some more for each message about
    restricted things. Left are requests that somebody is acting on, and ends that lead to a team's or manager's turn.
    """
    ended = {clock.pk: clock for clock in rows}
    found = Request.objects.filter(clock__in=list(ended)).annotate(restricted=F("entity__restricted"))
    requests = list(found.select_for_update(skip_locked=True, of=("self",)).select_related("home_team").order_by("pk"))
    askers = _askers(requests)
    bounds = limits()
    passages = []
    for request in requests:
        clock = ended[request.clock_id]  # type: ignore[index]
        target = _target(request, bounds)
        if target is not None and clock.subject_id == request.pk:
            passages.append(_passage(request, clock, target, askers[request.pk], now))
    _write(passages, now)
    return {one.ended.pk for one in passages}


def _askers(requests: Sequence[Request]) -> dict[int, list[Asker]]:
    """Those who still ask, of each request, the first one first."""
    found: dict[int, list[Asker]] = defaultdict(list)
    asking = Asker.objects.filter(request__in=[one.pk for one in requests], left_at__isnull=True)
    for row in asking.select_related("team", "person").order_by("pk"):
        found[row.request_id].append(row)
    return found


def _target(request: Request, bounds: Limits) -> State | None:
    """Where the end of its clock leads; None where people must be looked up for it."""
    if State(request.state) in ALONE:
        return None
    target = rules.target(facts_of(request), Verb.EXPIRE, bounds)
    return target if target in ASKING_TURN or target in FINAL else None


def _passage(request: Any, clock: Clock, target: State, askers: list[Asker], now: datetime) -> _Passage:
    """The request as it is after the end of its clock; `request.restricted` was read with it."""
    request.clock = clock
    state, old = State(request.state), before(request)
    held = Held(request, Standing(SYSTEM, request, now), SYSTEM, now, Party.CLOCK)
    held.standing.askers = askers
    note_end(held, state)
    spent, on_time = close_clock(request, held)
    arrive(request, target, now)
    turn = turns.turn(request, target, held.standing)
    request.turn_person_id, request.turn_team_id, request.level_id, request.due_at = None, None, None, None
    following = None
    if turn is not None:
        following = clocks.prepare(
            KIND, subject=subject_of(request), minutes=turn.minutes, calendar=turn.calendar, now=now,
            turn_person_id=turn.person, turn_team_id=turn.team, data={"state": target.value},
        )  # fmt: skip
        request.turn_person_id, request.turn_team_id, request.level_id = turn.person, turn.team, turn.unit
        request.due_at = following.due_at
    step = step_of(held, Verb.EXPIRE, state.value, "", "", spent, on_time)
    told = {"home_team": request.home_team_id}
    draft = Draft(EVENTS[Verb.EXPIRE], subject_of(request), SYSTEM, now, "", changes(request, old), told)
    return _Passage(
        held,
        clock,
        following,
        step,
        draft,
        text_of(held, state) or sentence(held, Verb.EXPIRE),
        bool(request.restricted),
    )


def _write(passages: Sequence[_Passage], now: datetime) -> None:
    started = [one.clock for one in passages if one.clock is not None]
    Clock.objects.bulk_create(started)
    for one in passages:
        one.held.request.clock = one.clock
    requests = [one.held.request for one in passages]
    bulk.update(Request, COLUMNS, [(row.pk, *(getattr(row, name) for name in COLUMNS)) for row in requests])
    Step.objects.bulk_create([one.step for one in passages])
    drafts = [clocks.started(clock, SYSTEM, now) for clock in started]
    events.append_many([*drafts, *(one.draft for one in passages)])
    tell_many([_told(one) for one in passages if not one.is_restricted], now=now)
    for one in passages:
        if one.is_restricted:  # whoever may not see it must not hear of it
            tell(now=now, **asdict(_told(one)) | {"subject": subject_of(one.held.request)})


def _told(one: _Passage) -> Told:
    request = one.held.request
    return Told(
        subject=subject_of(request),
        event=EVENTS[Verb.EXPIRE],
        text=one.text,
        address=address_of(request),
        persons=frozenset({request.turn_person_id} if request.turn_person_id else ()),
        key=f"request-step-{one.step.pk}",
    )


HANDLER = Handler(KIND, clockwork.expire, clockwork.remind, clockwork.busy, expire_many)
"""What happens with the clocks of requests."""
