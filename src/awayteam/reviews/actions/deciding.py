"""What the decider does with a recommendation: follow it, or override it in public; and what silence does."""

from datetime import date, datetime, timedelta

from django.db import transaction

from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.machines import CLOCK
from awayteam.reviews import chain, hooks
from awayteam.reviews.actions import checking
from awayteam.reviews.actions.assigning import find_for, keep_choice, pass_on
from awayteam.reviews.machine import EntryParty, EntryState, EntryVerb, State, Verb
from awayteam.reviews.models import Kind, RegisterEntry, Review
from awayteam.reviews.plots import ENTRY_PLOT, REVIEW
from awayteam.stories.plot import Held
from awayteam.stories.stepping import begin, check, enter, hold, words_of


def follow(
    review: Review | int, *, words: str = "", actor: Actor, now: datetime, version: int | None = None
) -> Review:  # fmt: skip
    """The decider does as the bar raiser recommends. Raises `NotFound`, `NotAllowed`, `Conflict`."""
    with transaction.atomic():
        held = hold(REVIEW, review, actor=actor, now=now, version=version)
        check(held, Verb.FOLLOW)
        _followed(held, Verb.FOLLOW, words.strip())
    return held.row


def _followed(held: Held[Review], verb: Verb, words: str) -> None:
    row = held.row
    row.decided_at = held.now
    enter(held, verb, State.FOLLOWED, words=words, persons=_parties(row))
    hooks.decided(row, actor=held.actor, now=held.now)


def _parties(row: Review) -> list[int]:
    return [one for one in (row.requester_id, row.bar_raiser_id, row.decider_id) if one is not None]


def override(
    review: Review | int, *, reason: str, look_again_on: date | None = None, actor: Actor, now: datetime,
    version: int | None = None,
) -> RegisterEntry:  # fmt: skip
    """The decider decides against the recommendation. The entry of the public register is written in this transaction
    and told to everybody above; on `look_again_on` (rulebook) the decider says what happened.

    Raises `NotFound`, `NotAllowed`, `Conflict`, `InvalidInput` (no reason).
    """
    reason = words_of(reason, what="reason")
    on = look_again_on or now.date() + timedelta(days=rulebook.current().reviews.look_again_days)
    checking.refuse(checking.ahead("look_again_on", on, now.date()))
    with transaction.atomic():
        held = hold(REVIEW, review, actor=actor, now=now, version=version)
        check(held, Verb.OVERRIDE)
        row = held.row
        row.decided_at = now
        enter(held, Verb.OVERRIDE, State.OVERRIDDEN, words=reason, persons=_parties(row), urgent=True)
        entry = RegisterEntry(
            kind=Kind.OVERRIDE, review=row, field=row.field, title=row.title, entity=row.entity, team=row.team,
            decider=row.decider, decider_label=str(row.decider)[:200], recommendation=row.opinion.recommendation,
            reason=reason, data=row.opinion.evidence, decided_at=now, look_again_on=on,
            state=EntryState.STANDING.value,
        )  # fmt: skip
        text = f"{entry.decider_label} overrode {row.opinion.label}: {ENTRY_PLOT.label(entry)}."
        enter_register(entry, actor=actor, now=now, text=text)
        hooks.decided(row, actor=actor, now=now)
    return entry


def in_public(entry: RegisterEntry, words: str) -> str:
    """Words for events and messages, which everybody reads; those about something restricted stay with the entry."""
    return "" if entry.entity is not None and entry.entity.restricted else words


def enter_register(entry: RegisterEntry, *, actor: Actor, now: datetime, text: str) -> None:
    """Begin an entry of the register, and tell everybody above whoever decided."""
    persons = chain.managers_above(entry.decider_id, entry.team, now)
    data = {"kind": str(entry.kind), "field": entry.field, "look_again_on": entry.look_again_on.isoformat()}
    begin(
        ENTRY_PLOT, entry, EntryVerb.ENTER, actor=actor, now=now, party=EntryParty.DECIDER,
        words=in_public(entry, entry.reason),
        text=text, data=data, persons=persons,
    )  # fmt: skip


def run_out(held: Held[Review]) -> None:
    """What follows when a review's clock ran out: another try, another bar raiser, or silence that follows."""
    row = held.row
    held.party = CLOCK
    if row.state == State.DELIVERED:
        _followed(held, Verb.EXPIRE, "The decider was silent; silence follows the recommendation.")
    elif row.state == State.ASSIGNED:
        pass_on(held, Verb.EXPIRE, words=f"{row.bar_raiser} was silent.", why="Was silent until the clock ran out.")
    else:
        choice = find_for(row, list(row.teams.all()), held.now)
        keep_choice(row, choice, now=held.now, by="Awayteam")
        state = State.UNASSIGNED if choice.person is None else State.ASSIGNED
        asked = chain.keepers((row.requester_id, row.decider_id), held.now) if choice.person is None else []
        enter(held, Verb.EXPIRE, state, words=choice.reasons[0], data={"bar_raiser": choice.name}, persons=asked)
