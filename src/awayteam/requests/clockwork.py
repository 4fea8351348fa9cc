"""What the clocks of requests do: the reminder, and what follows when time runs out. Runs in the worker."""

from collections.abc import Collection
from datetime import datetime

from awayteam.kernel import clocks
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.errors import NotFound
from awayteam.kernel.models import Clock
from awayteam.notifications.actions import tell
from awayteam.requests import rules
from awayteam.requests.actions.escalating import pass_up
from awayteam.requests.actions.moving import return_it
from awayteam.requests.machine import Party, State, Verb
from awayteam.requests.models import Request
from awayteam.requests.stepping import Held, address_of, enter, hold, limits, subject_of


def _held(clock: Clock, now: datetime) -> Held | None:
    """The request whose running clock this is; None where it has gone on already."""
    try:
        held = hold(clock.subject_id, actor=SYSTEM, now=now)
    except NotFound:
        return None
    held.party = Party.CLOCK
    return held if held.request.clock_id == clock.pk else None


def expire(clock: Clock, now: datetime) -> None:
    """The turn's time is over: what the machine says follows, at once, with its event and messages."""
    held = _held(clock, now)
    if held is None:
        return
    state = State(held.request.state)
    if state is State.OFFERED:
        return_it(held, Verb.EXPIRE, "")
    elif state in (State.ARBITRATION, State.ESCALATED):
        pass_up(held)
    else:
        _expire_plainly(held, state)


def _expire_plainly(held: Held, state: State) -> None:
    target = rules.target(held.facts, Verb.EXPIRE, limits())
    note_end(held, state)
    enter(held, Verb.EXPIRE, target, text=text_of(held, state))


def note_end(held: Held, state: State) -> None:
    """What the end of a state's clock means for the rest of the request's life."""
    row = held.request
    if state in (State.ASKED, State.ACCEPTED):
        row.lost_refusal_at = row.lost_refusal_at or held.now
    if state is State.AWAY:
        row.away_tried_at = held.now
    if state is State.OVERDUE:
        row.rounds += 1


def text_of(held: Held, state: State) -> str:
    """What people are told when the clock of `state` ran out; "" for the usual sentence."""
    row, subject = held.request, subject_of(held.request).label
    what = {
        State.ASKED: f"{row.home_team} didn't answer {subject} in time: it can't refuse an away team any more.",
        State.ACCEPTED: f"The day promised for {subject} has passed; {row.home_team} can't refuse an away team.",
    }
    return what.get(state, "")


def remind(clock: Clock, now: datetime) -> None:
    """Tell whoever has the turn how much time is left."""
    held = _held(clock, now)
    if held is None or (turn := held.request.turn_person_id) is None:
        return
    row = held.request
    face = clocks.describe(clock, now)
    tell(
        now=now,
        subject=subject_of(row),
        event="clock.reminded",
        text=f"Your turn: #{row.pk} {row.title} — {face.text}.",
        address=address_of(row),
        persons=[turn],
        urgent=face.last_quarter,
        key=f"clock-{clock.pk}-{clock.next_at}",
    )


def busy(subjects: Collection[int]) -> set[int]:
    """Requests that somebody is just acting on; the others are locked."""
    return clocks.busy(Request.objects.filter(pk__in=subjects))
