"""What people answer: confirm, dismiss, accept, refuse, object, decide, go on, call off."""

from datetime import datetime

from django.db import transaction

from awayteam.catalog.actions import state as things
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput
from awayteam.stories.plot import Held
from awayteam.stories.stepping import check, enter, hold, words_of
from awayteam.succession.actions import following
from awayteam.succession.machine import Kind, Party, State, Verb
from awayteam.succession.models import Succession
from awayteam.succession.plots import SUCCESSION
from awayteam.succession.words import DECISIONS, STATE_WORDS

Row = Succession | int


def held_for(row: Row, verb: Verb, *, actor: Actor, now: datetime, version: int | None) -> Held[Succession]:
    """The row and its thing, locked in this order, and the verb allowed. Raises as `stepping.hold` and `check`."""
    held = hold(SUCCESSION, row, actor=actor, now=now, version=version)
    held.row.entity = things.locked(held.row.entity)
    check(held, verb)
    return held


def confirm(row: Row, *, actor: Actor, now: datetime, words: str = "", version: int | None = None) -> Succession:
    """The evidence is right: both teams are given notice, and may object."""
    with transaction.atomic():
        held = held_for(row, Verb.CONFIRM, actor=actor, now=now, version=version)
        one = held.row
        one.confirmed_by_id = actor.person_id
        one.begun_team = one.receiver if held.party == Party.RECEIVER else one.giver
        text = f"{one.entity} goes from {one.giver or 'nobody'} to {one.receiver} unless somebody objects: {one.words}"
        enter(held, Verb.CONFIRM, State.NOTICE, words=words.strip(), text=text[:2000])
    return held.row


def dismiss(row: Row, *, actor: Actor, now: datetime, words: str, version: int | None = None) -> Succession:
    """The evidence misleads; its owner stays."""
    return _close(row, Verb.DISMISS, State.DISMISSED, actor=actor, now=now, words=words, version=version)


def withdraw(row: Row, *, actor: Actor, now: datetime, words: str, version: int | None = None) -> Succession:
    """Whoever began it calls it off; its owner stays, and what was said of its end is taken back."""
    return _close(row, Verb.WITHDRAW, State.WITHDRAWN, actor=actor, now=now, words=words, version=version)


def _close(
    row: Row, verb: Verb, state: State, *, actor: Actor, now: datetime, words: str, version: int | None
) -> Succession:
    said = words_of(words)
    with transaction.atomic():
        held = held_for(row, verb, actor=actor, now=now, version=version)
        held.row.answer = said
        following.undo_deprecation(held)
        enter(held, verb, state, words=said)
    return held.row


def accept(row: Row, *, actor: Actor, now: datetime, words: str = "", version: int | None = None) -> Succession:
    """Agree to the handover, or, once the checklist is done, take it over: the owner changes in this transaction."""
    with transaction.atomic():
        held = held_for(row, Verb.ACCEPT, actor=actor, now=now, version=version)
        if held.row.state == State.HANDING_OVER:
            following.change_owner(held)
            enter(held, Verb.ACCEPT, State.TRANSFERRED, words=words.strip(), text=following.told_of_change(held))
        else:
            enter(held, Verb.ACCEPT, State.HANDING_OVER, words=words.strip())
            following.prepare(held)
    return held.row


def refuse(row: Row, *, actor: Actor, now: datetime, words: str, version: int | None = None) -> Succession:
    """Not with us: the manager of the lowest unit above both decides."""
    return _dispute(row, Verb.REFUSE, actor=actor, now=now, words=words, version=version)


def object_to(row: Row, *, actor: Actor, now: datetime, words: str, version: int | None = None) -> Succession:
    """Somebody concerned is against it: the manager of the lowest unit above decides."""
    return _dispute(row, Verb.OBJECT, actor=actor, now=now, words=words, version=version)


def _dispute(row: Row, verb: Verb, *, actor: Actor, now: datetime, words: str, version: int | None) -> Succession:
    said = words_of(words)
    with transaction.atomic():
        held = held_for(row, verb, actor=actor, now=now, version=version)
        one = held.row
        one.objected_by_id, one.level = actor.person_id, None
        one.objector_id = _objecting(held)
        enter(held, verb, State.DISPUTED, words=said)
    return held.row


def _objecting(held: Held[Succession]) -> int | None:
    """The side that is against it; of several concerned teams of the actor the first."""
    if held.party != Party.CONSUMER:
        return SUCCESSION.side(held)
    mine = sorted(held.standing.concerned & (held.actor.teams | held.actor.manages))
    return mine[0] if mine else None


def decide(row: Row, *, actor: Actor, now: datetime, choice: str, words: str, version: int | None = None) -> Succession:
    """The manager above both says what becomes of it: "handing-over" (it changes hands), "retiring", or "kept"."""
    said = words_of(words)
    with transaction.atomic():
        held = held_for(row, Verb.DECIDE, actor=actor, now=now, version=version)
        state = _choice(held.row, choice)
        held.row.answer = said
        if state is State.KEPT:
            following.undo_deprecation(held)
        text = f"{actor.label} decided about {SUCCESSION.label(held.row)}: {STATE_WORDS[state]}. {said}"
        following.before(held, state)
        enter(held, Verb.DECIDE, state, words=said, text=text[:2000])
        following.prepare(held)
    return held.row


def _choice(row: Succession, choice: str) -> State:
    usual = State.RETIRING if row.kind == Kind.RETIREMENT else State.HANDING_OVER
    known = {usual.value: usual, State.KEPT.value: State.KEPT}
    if choice not in known:
        said = " or ".join(f"{value} ({DECISIONS[value].lower()})" for value in known)
        raise InvalidInput(f"There is no decision {choice[:40]!r} here.", f"Choose {said}.", {"choice": "unknown"})
    return known[choice]


def go_on(row: Row, *, actor: Actor, now: datetime, words: str, version: int | None = None) -> Succession:
    """What was seen doesn't matter: it goes on where it was halted, with the time that was left."""
    said = words_of(words)
    with transaction.atomic():
        held = held_for(row, Verb.GO_ON, actor=actor, now=now, version=version)
        one = held.row
        state, left = State(one.halted_from), one.halted_minutes
        one.halted_from, one.halted_minutes = "", None
        minutes = None if state is State.RETIRING else max(1, left or 1)
        enter(held, Verb.GO_ON, state, words=said, minutes=minutes)
    return held.row
