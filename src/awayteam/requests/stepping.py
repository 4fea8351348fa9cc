"""The one way in which a request changes its state: turn, clock, step, event and messages, in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.urls import reverse

from awayteam.kernel import businesstime, clocks, events, rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.businesstime import Calendar
from awayteam.kernel.errors import Conflict, InvalidInput, NotFound
from awayteam.kernel.events import EventName, Subject
from awayteam.kernel.models import Clock, ClockState
from awayteam.notifications.actions import tell
from awayteam.notifications.rules import Group
from awayteam.requests import permissions, rules, turns
from awayteam.requests.machine import FINAL, Party, State, Verb
from awayteam.requests.models import Request, Step
from awayteam.requests.permissions import Standing
from awayteam.requests.rules import Facts, Limits

KIND = "request"
"""The kind of the subject in events, clocks and notifications, and of the clock's handler."""
LONGEST_WORDS = 20_000
RELATED = ("home_team", "offered_team", "asking_team", "level", "entity", "asker", "clock", "item")


@dataclass
class Held:
    """A request that is locked until the transaction ends, as `actor` found it."""

    request: Request
    standing: Standing
    actor: Actor
    now: datetime
    party: Party = Party.HOME
    before: dict[str, Any] = field(default_factory=dict)

    @property
    def facts(self) -> Facts:
        return facts_of(self.request)


def subject_of(request: Request) -> Subject:
    """What events, clocks and messages call a request."""
    return Subject(KIND, request.pk, f"#{request.pk} {request.title}"[:300])


def address_of(request: Request) -> str:
    """The path of its page."""
    return reverse("request", args=[request.pk])


def facts_of(request: Request, *, at_top: bool = False, new_home: bool = False) -> Facts:
    """What the rules need to know of a row."""
    return Facts(
        state=State(request.state),
        can_send_away=request.can_send_away,
        lost_refusal=request.lost_refusal_at is not None,
        away_refused=request.away_refused,
        away_tried=request.away_tried_at is not None,
        upheld=request.upheld_at is not None,
        fixed_home=request.fixed_home,
        at_top=at_top,
        new_home=new_home,
        moves=request.moves,
        rounds=request.rounds,
        askers=request.askers_count,
    )


def limits() -> Limits:
    book = rulebook.current().requests
    return Limits(moves_max=book.moves_max, rounds_max=book.rounds_max)


def hold(request: Request | int, *, actor: Actor, now: datetime, version: int | None = None) -> Held:
    """Lock a request that the actor may see; call it inside a transaction.

    Raises `NotFound`, and `Conflict` where it isn't at `version` any more.
    """
    pk = request if isinstance(request, int) else request.pk
    seen = permissions.visible(actor, Request.objects.filter(pk=pk), now, few=True)
    found = seen.select_for_update(of=("self",)).select_related(*RELATED).first()
    if found is None:
        raise NotFound(f"There is no request #{pk}.", "Look at the list of requests.")
    if version is not None and found.version != version:
        what = f"#{pk} has changed since you looked at it (version {found.version}, not {version})."
        raise Conflict(what, "Look at it again, and decide anew.", extra={"version": found.version})
    return Held(found, Standing(actor, found, now), actor, now)


def check(held: Held, verb: Verb) -> None:
    """Refuse `verb` where the state, the history or the person doesn't allow it. Raises `Conflict`, `NotAllowed`."""
    if why := rules.why_not(held.facts, verb):
        raise Conflict(why, "Look at the request again; what can be done now stands there.")
    held.party, decision = permissions.can_as(held.standing, verb)
    decision.require()


def words_of(text: str, *, what: str = "words") -> str:
    """The text that goes with a step, checked. Raises `InvalidInput` where it is empty or too long."""
    text = text.strip()
    if not text:
        raise InvalidInput("Say why.", "A sentence is enough; it stands in the story.", {what: "say why"})
    if len(text) > LONGEST_WORDS or "\0" in text:
        raise InvalidInput(f"At most {LONGEST_WORDS:,} characters.", "Shorten it.", {what: "too long"})
    return text


def enter(
    held: Held,
    verb: Verb,
    state: State,
    *,
    words: str = "",
    reason_code: str = "",
    minutes: int | None = None,
    data: Mapping[str, Any] | None = None,
    text: str = "",
) -> Step:
    """Bring a held request into `state`. What the caller changed of the row before is saved with it.

    `minutes` overrides the rulebook's time for the turn; `text` is what people are told (else the machine's sentence).
    """
    request, now = held.request, held.now
    old = before(request)
    spent, on_time = close_clock(request, held)
    request.state = state.value
    held.standing = Standing(held.actor, request, now)
    turn = turns.turn(request, state, held.standing, minutes=minutes)
    _take_turn(request, turn, state, held, words)
    arrive(request, state, now)
    request.save()
    step = step_of(held, verb, old["state"], words, reason_code, spent, on_time)
    step.save(force_insert=True)
    told = {"home_team": request.home_team_id, **({"reason": reason_code} if reason_code else {}), **(data or {})}
    events.append(
        EVENTS[verb],
        subject=subject_of(request),
        actor=held.actor,
        now=now,
        reason=words,
        changes=changes(request, old),
        data=told,
    )
    _tell(held, verb, step, text)
    return step


def before(request: Request) -> dict[str, Any]:
    """What an event of a step says of the request before it."""
    return {name: getattr(request, name) for name in ("state", "turn_person_id", "turn_team_id", "due_at")}


def changes(request: Request, old: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What is different from what `before` gave, as (old, new)."""
    return {name: (value, getattr(request, name)) for name, value in old.items() if value != getattr(request, name)}


def arrive(request: Request, state: State, now: datetime) -> None:
    """Note that the request is in `state` since now, and closed where that is final."""
    request.state = state.value
    request.entered_at = request.changed_at = now
    request.closed_at = now if state in FINAL else None
    request.version += 1


def begin(held: Held) -> None:
    """Give the first turn, with its clock, of a request that was just made."""
    request = held.request
    state = State(request.state)
    _take_turn(request, turns.turn(request, state, held.standing), state, held, "")
    request.save()


def start(held: Held) -> Step:
    """Let a request that was just made begin its life: the home team's turn, or a manager's where nobody is there."""
    request = held.request
    begin(held)
    step = Step.objects.create(
        request=request,
        at=held.now,
        verb="ask",
        target=request.state,
        party=held.party.value,
        person_id=held.actor.person_id,
        label=held.actor.label[:200],
        team_id=request.asking_team_id,
        home_team_id=request.home_team_id,
        words=request.title,
    )
    told = {"home_team": request.home_team_id, "asking_team": request.asking_team_id, "kind": request.kind}
    value = {"value_per_week": str(request.value_per_week)}
    events.append(
        EventName.REQUEST_ASKED, subject=subject_of(request), actor=held.actor, now=held.now, data={**told, **value}
    )
    tell(
        now=held.now,
        subject=subject_of(request),
        event=EventName.REQUEST_ASKED,
        text=f"{request.asking_team} asks {request.home_team}: {request.title}",
        address=address_of(request),
        persons=[request.turn_person_id] if request.turn_person_id else [],
        teams=[request.home_team_id],
        actor=held.actor,
        key=f"request-step-{step.pk}",
    )
    return step


def close_clock(request: Request, held: Held) -> tuple[int, bool | None]:
    """Stop the clock that ran (one that ran out ends itself); working minutes spent in the state, and whether the clock
    still ran."""
    clock = request.clock
    if clock is None:
        return 0, None
    calendar = Calendar.from_data(clock.calendar)
    spent = businesstime.between(calendar, request.entered_at, held.now) if held.now > request.entered_at else 0
    on_time = held.now < clock.due_at
    if clock.state in (ClockState.RUNNING, ClockState.PAUSED) and held.party is not Party.CLOCK:
        clocks.stop(clock, actor=held.actor, now=held.now)
    request.left_minutes = _left(clock, calendar, held) if request.state == State.ASKED else request.left_minutes
    request.clock = None
    return spent, on_time and held.party is not Party.CLOCK


def _left(clock: Clock, calendar: Calendar, held: Held) -> int:
    return businesstime.between(calendar, held.now, clock.due_at) if clock.due_at > held.now else 0


def _take_turn(request: Request, turn: turns.Turn | None, state: State, held: Held, words: str) -> None:
    if turn is None:
        request.turn_person_id = request.turn_team_id = request.due_at = request.level_id = None
        return
    request.turn_person_id, request.turn_team_id, request.level_id = turn.person, turn.team, turn.unit
    if state is State.ASKED:
        request.decider_id = turn.person
    request.clock = clocks.start(
        KIND,
        subject=subject_of(request),
        minutes=turn.minutes,
        calendar=turn.calendar,
        actor=held.actor,
        now=held.now,
        turn_person_id=turn.person,
        turn_team_id=turn.team,
        data={"state": state.value},
        reason=words,
    )
    request.due_at = request.clock.due_at


def step_of(
    held: Held, verb: Verb, source: str, words: str, reason_code: str, spent: int, on_time: bool | None
) -> Step:
    """The step that brought a request to where it is now, unsaved."""
    request, asking = held.request, held.party is Party.ASKING
    return Step(
        request=request,
        at=held.now,
        verb=verb.value,
        source=source,
        target=request.state,
        party=held.party.value,
        person_id=held.actor.person_id,
        label=held.actor.label[:200],
        team_id=request.asking_team_id if asking else request.home_team_id,
        home_team_id=request.home_team_id,
        reason_code=reason_code,
        words=words,
        minutes=spent,
        on_time=on_time,
    )


def _tell(held: Held, verb: Verb, step: Step, text: str) -> None:
    """Whoever has the turn now is told so; those who follow the request hear what happened."""
    request = held.request
    said = text or sentence(held, verb)
    tell(
        now=held.now,
        subject=subject_of(request),
        event=EVENTS[verb],
        text=said,
        address=address_of(request),
        persons=[request.turn_person_id] if request.turn_person_id else [],
        actor=held.actor if held.party is not Party.CLOCK else None,
        urgent=verb is Verb.ESCALATE,
        group=Group.TURN,
        key=f"request-step-{step.pk}",
    )


def sentence(held: Held, verb: Verb) -> str:
    """What people are told of a step that has no words of its own."""
    request = held.request
    if held.party is Party.CLOCK:
        return f"The clock of #{request.pk} {request.title} ran out: it is {rules.spoken(State(request.state))} now."
    return f"{held.actor.label}: #{request.pk} {request.title} was {rules.DONE_WORDS[verb]}."


EVENTS: dict[Verb, EventName] = {
    Verb.ACCEPT: EventName.REQUEST_ACCEPTED,
    Verb.ANSWER: EventName.REQUEST_ANSWERED,
    Verb.ASK_BACK: EventName.REQUEST_ASKED_BACK,
    Verb.ASSIGN: EventName.REQUEST_ASSIGNED,
    Verb.CONFIRM: EventName.REQUEST_CONFIRMED,
    Verb.DECLINE: EventName.REQUEST_DECLINED,
    Verb.DELIVER: EventName.REQUEST_DELIVERED,
    Verb.DISPUTE: EventName.REQUEST_DISPUTED,
    Verb.DUPLICATE: EventName.REQUEST_DUPLICATED,
    Verb.ESCALATE: EventName.REQUEST_ESCALATED,
    Verb.EXPIRE: EventName.REQUEST_EXPIRED,
    Verb.FINISH_AWAY: EventName.REQUEST_AWAY_FINISHED,
    Verb.GIVE_UP: EventName.REQUEST_GIVEN_UP,
    Verb.LOSE_HOME: EventName.REQUEST_HOME_LOST,
    Verb.MERGE: EventName.REQUEST_MERGED,
    Verb.MOVE: EventName.REQUEST_MOVED,
    Verb.POSTPONE: EventName.REQUEST_POSTPONED,
    Verb.RESHUFFLE: EventName.REQUEST_RESHUFFLED,
    Verb.RULE_AWAY: EventName.REQUEST_RULED_AWAY,
    Verb.SEND_AWAY: EventName.REQUEST_AWAY_SENT,
    Verb.SEND_BACK: EventName.REQUEST_SENT_BACK,
    Verb.STOP_AWAY: EventName.REQUEST_AWAY_STOPPED,
    Verb.TAKE_OVER: EventName.REQUEST_TAKEN_OVER,
    Verb.UPHOLD: EventName.REQUEST_REFUSAL_UPHELD,
    Verb.WAIT: EventName.REQUEST_ASKED_AGAIN,
    Verb.WELCOME: EventName.REQUEST_AWAY_WELCOMED,
    Verb.WITHDRAW: EventName.REQUEST_WITHDRAWN,
}

__all__ = [
    "Held",
    "address_of",
    "begin",
    "check",
    "enter",
    "facts_of",
    "hold",
    "limits",
    "start",
    "subject_of",
    "words_of",
]
