"""The one way in which a story changes its state: turn, clock, step, event and messages, in one transaction."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from awayteam.kernel import businesstime, clocks, events
from awayteam.kernel.actor import Actor, ActorKind
from awayteam.kernel.businesstime import Calendar
from awayteam.kernel.errors import Conflict, InvalidInput, NotFound
from awayteam.kernel.events import EventName
from awayteam.kernel.machines import CLOCK, Transition
from awayteam.kernel.models import ClockState
from awayteam.kernel.permissions import Decision, may_write
from awayteam.notifications.actions import tell
from awayteam.notifications.rules import Group
from awayteam.stories import hooks
from awayteam.stories.models import Story, StoryStep
from awayteam.stories.plot import Held, Plot, Turn

M = TypeVar("M", bound=Story)
LONGEST_WORDS = 20_000
ITSELF = Decision(True, "The software itself.", "system")


def hold(plot: Plot[M], row: M | int, *, actor: Actor, now: datetime, version: int | None = None) -> Held[M]:
    """Lock a row that the actor may see; call it inside a transaction.

    Raises `NotFound`, and `Conflict` where it isn't at `version` any more.
    """
    pk = row if isinstance(row, int) else row.pk
    seen = plot.visible(actor, plot.model._default_manager.filter(pk=pk), now)
    found = seen.select_for_update(of=("self",)).select_related(*plot.related, "clock").first()
    if found is None:
        raise NotFound(f"There is no {plot.name} {pk}.", "Look at the list.")
    if version is not None and found.version != version:
        what = f"The {plot.name} has changed since you looked at it (version {found.version}, not {version})."
        raise Conflict(what, "Look at it again, and decide anew.", extra={"version": found.version})
    return Held(plot, found, actor, now)


def look(plot: Plot[M], row: M, *, actor: Actor, now: datetime) -> Held[M]:
    """A row as the actor finds it, without a lock: for pages that show what can be done."""
    return Held(plot, row, actor, now)


def check(held: Held[M], verb: StrEnum) -> None:
    """Refuse `verb` where the state, the history or the person doesn't allow it. Raises `Conflict`, `NotAllowed`."""
    plot, row = held.plot, held.row
    found = plot.machine.find(plot.machine.states(row.state), verb)
    if found is None:
        said = row.state.replace("-", " ")
        raise Conflict(
            f"The {plot.name} is {said}; this can't be done with it now.",
            "Look at it again; what can be done now stands there.",
        )
    if why := plot.why_not(held, verb):
        raise Conflict(why, "Look at it again; what can be done now stands there.")
    held.party, decision = _party(held, found)
    decision.require()


def _party(held: Held[M], transition: Transition) -> tuple[str, Decision]:
    """As which of the transition's parties the actor may make it; the first one's refusal where as none."""
    if held.actor.kind is ActorKind.SYSTEM:
        return transition.by[0], ITSELF
    if not (writes := may_write(held.actor)):
        return transition.by[0], writes
    answers = [(party, held.plot.of(held, party)) for party in transition.by if party != CLOCK]
    refused = (transition.by[0], Decision(False, "Nobody does this; it follows by itself.", "clock"))
    return next((one for one in answers if one[1]), answers[0] if answers else refused)


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that could be done now: with `decision`, whether this actor may; `why_not` is of the row's history."""

    verb: StrEnum
    transition: Transition
    decision: Decision
    why_not: str

    @property
    def possible(self) -> bool:
        return bool(self.decision) and not self.why_not


def offers(held: Held[M]) -> list[Offer]:
    """Every transition out of the present state that a person makes, with whether this actor may."""
    plot = held.plot
    leaving = plot.machine.leaving(plot.machine.states(held.row.state))
    return [
        Offer(one.verb, one, _party(held, one)[1], plot.why_not(held, one.verb))
        for one in leaving
        if one.by != (CLOCK,)
    ]


def words_of(text: str, *, what: str = "words") -> str:
    """The text that goes with a step, checked. Raises `InvalidInput` where it is empty or too long."""
    text = text.strip()
    if not text:
        raise InvalidInput("Say why.", "A sentence is enough; it stands in the story.", {what: "say why"})
    if len(text) > LONGEST_WORDS or "\0" in text:
        raise InvalidInput(f"At most {LONGEST_WORDS:,} characters.", "Shorten it.", {what: "too long"})
    return text


def begin(
    plot: Plot[M], row: M, verb: StrEnum, *, actor: Actor, now: datetime, party: str,
    words: str = "", text: str = "", data: Mapping[str, Any] | None = None, persons: Iterable[int] = (),
) -> StoryStep:  # fmt: skip
    """Save a row that was just made, in the state that it names, and give the first turn. Call it in a transaction."""
    held = Held(plot, row, actor, now, party)
    row.created_at = row.entered_at = row.changed_at = now
    row.version = 1
    row.save(force_insert=True)
    _take_turn(held, _turn(held, None), words)
    row.save()
    return _record(held, verb, "", words, "", 0, None, data, text, persons)


def enter(
    held: Held[M],
    verb: StrEnum,
    state: StrEnum,
    *,
    words: str = "",
    reason_code: str = "",
    minutes: int | None = None,
    data: Mapping[str, Any] | None = None,
    text: str = "",
    persons: Iterable[int] = (),
    urgent: bool = False,
) -> StoryStep:
    """Bring a held row into `state`. What the caller changed of the row before is saved with it.

    `minutes` overrides the time that the plot gives for the turn; `text` is what people are told (else the plot's
    sentence), `persons` hear it beside who has the turn.
    """
    row, source = held.row, held.row.state
    _allowed(held, verb, source, state)
    spent, on_time = _close_clock(held)
    final = state in held.plot.machine.terminal
    row.state = state.value
    row.entered_at = row.changed_at = held.now
    row.closed_at = held.now if final else None
    row.version += 1
    held.__dict__.pop("standing", None)
    _take_turn(held, None if final else _turn(held, minutes), words)
    row.save()
    step = _record(held, verb, source, words, reason_code, spent, on_time, data, text, persons, urgent=urgent)
    hooks.tell(held, verb, source)
    return step


def _allowed(held: Held[M], verb: StrEnum, source: str, state: StrEnum) -> None:
    machine = held.plot.machine
    found = machine.find(machine.states(source), verb)
    if found is None or state not in found.targets:
        raise AssertionError(f"{machine.name}: {verb} doesn't lead from {source} to {state}")


def touch(held: Held[M]) -> None:
    """Save a held row whose state stays: the version counts, so that nobody overwrites it unseen."""
    held.row.changed_at = held.now
    held.row.version += 1
    held.row.save()


def hand_on(held: Held[M], *, words: str, name: EventName) -> bool:
    """Give the turn of the present state to whoever the plot says now, where somebody left or a team is gone.

    The clock goes on with the time it has left. False where the turn is right as it is.
    """
    row = held.row
    turn = _turn(held, None)
    if (turn.person, turn.team) == (row.turn_person_id, row.turn_team_id):
        return False
    before = {"turn_person": row.turn_person_id, "turn_team": row.turn_team_id}
    row.turn_person_id, row.turn_team_id = turn.person, turn.team
    if row.clock is not None:
        row.clock.turn_person_id, row.clock.turn_team_id = turn.person, turn.team
        row.clock.save(update_fields=["turn_person_id", "turn_team_id"])
    touch(held)
    changes = {key: (old, getattr(row, f"{key}_id")) for key, old in before.items()}
    events.append(name, subject=held.subject, actor=held.actor, now=held.now, reason=words, changes=changes)
    tell(
        now=held.now, subject=held.subject, event=name, text=f"It is your turn with {held.plot.label(row)}: {words}",
        address=held.plot.address(row), persons=[turn.person] if turn.person else [], group=Group.TURN, actor=None,
        key=f"{held.plot.kind}-{row.pk}-turn-{row.version}",
    )  # fmt: skip
    return True


def run_out(held: Held[M]) -> None:
    """The machine's own transition by the clock, where it has one target."""
    machine = held.plot.machine
    found = next(one for one in machine.leaving(machine.states(held.row.state)) if CLOCK in one.by)
    if len(found.targets) != 1:
        raise AssertionError(f"{machine.name}: the clock of {held.row.state} leads to several states")
    enter(held, found.verb, found.targets[0])


def _turn(held: Held[M], minutes: int | None) -> Turn:
    state = held.plot.machine.states(held.row.state)
    turn = held.plot.turn(held, state)
    return turn if minutes is None else Turn(turn.person, turn.team, minutes, turn.calendar)


def _take_turn(held: Held[M], turn: Turn | None, words: str) -> None:
    row = held.row
    row.clock = None
    if turn is None:
        row.turn_person_id = row.turn_team_id = row.due_at = None
        return
    row.turn_person_id, row.turn_team_id = turn.person, turn.team
    row.clock = clocks.start(
        held.plot.kind, subject=held.subject, minutes=turn.minutes, calendar=turn.calendar, actor=held.actor,
        now=held.now, turn_person_id=turn.person, turn_team_id=turn.team, data={"state": row.state}, reason=words,
    )  # fmt: skip
    row.due_at = row.clock.due_at


def _close_clock(held: Held[M]) -> tuple[int, bool | None]:
    """Stop the clock that ran (one that ran out ends itself); working minutes in the state, and whether in time."""
    row, clock = held.row, held.row.clock
    if clock is None:
        return 0, None
    calendar = Calendar.from_data(clock.calendar)
    spent = businesstime.between(calendar, row.entered_at, held.now) if held.now > row.entered_at else 0
    ran_out = held.party == CLOCK
    if clock.state in (ClockState.RUNNING, ClockState.PAUSED) and not ran_out:
        clocks.stop(clock, actor=held.actor, now=held.now)
    return spent, held.now < clock.due_at and not ran_out


def _record(
    held: Held[M], verb: StrEnum, source: str, words: str, reason_code: str, spent: int, on_time: bool | None,
    data: Mapping[str, Any] | None, text: str, persons: Iterable[int], *, urgent: bool = False,
) -> StoryStep:  # fmt: skip
    """The step, its event, and what people are told. The event repeats what the step says, so that it can be read
    alone: `team` is the side that acted, `minutes` the working time in the state before, `on_time` None without clock.
    """
    plot, row = held.plot, held.row
    said: dict[str, Any] = {
        "story": row, "at": held.now, "verb": verb.value, "source": source, "target": row.state, "party": held.party,
        "person_id": held.actor.person_id, "label": held.actor.label[:200], "team_id": plot.side(held),
        "reason_code": reason_code, "words": words, "minutes": spent, "on_time": on_time,
    }  # fmt: skip
    step = plot.steps(**said)
    step.save(force_insert=True)
    told = {
        "party": held.party, "team": said["team_id"], "minutes": spent, "on_time": on_time,
        **({"reason": reason_code} if reason_code else {}), **(data or {}),
    }  # fmt: skip
    changes = {"state": (source or None, row.state)} if source != row.state else {}
    name = plot.events[verb]
    events.append(name, subject=held.subject, actor=held.actor, now=held.now, reason=words, changes=changes, data=told)
    hears = {*persons, *([row.turn_person_id] if row.turn_person_id else [])}
    tell(
        now=held.now, subject=held.subject, event=name, text=text or plot.sentence(held, verb),
        address=plot.address(row), persons=sorted(hears), teams=sorted(_teams(held)), urgent=urgent, group=Group.TURN,
        actor=None if held.party == CLOCK else held.actor, key=f"{plot.kind}-step-{step.pk}",
    )  # fmt: skip
    return step


def _teams(held: Held[M]) -> Collection[int]:
    """Teams that hear of the step: the plot's, and the one whose turn it is where no person is named."""
    row = held.row
    own = {row.turn_team_id} if row.turn_team_id is not None and row.turn_person_id is None else set()
    return {*held.plot.listeners(row), *own}
